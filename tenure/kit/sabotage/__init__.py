"""Scripted agents with known faults, on which failure detectors are validated.

Each fault is a script of a job that works as it should until it misbehaves, at a time drawn from
the seed, and writes down which class of failure it is and at which steps.
"""

from tenure.kit.sabotage.others import FAULTS as _OTHERS
from tenure.kit.sabotage.saboteur import Action, Fault, Label, Stage, perform
from tenure.kit.sabotage.vending import FAULTS as _VENDING

FAULTS: dict[str, Fault] = {fault.name: fault for fault in (*_VENDING, *_OTHERS)}
"""All kinds of faults by name."""

__all__ = ["FAULTS", "Action", "Fault", "Label", "Stage", "perform"]
