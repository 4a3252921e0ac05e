"""The vending business: one machine, one year, a bank balance that decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from tenure.envs.delegation import WORKER, worker
from tenure.envs.jobs import Job, OverTime, Policy, Shock, Truth
from tenure.envs.tools import ToolCall
from tenure.envs.vending.at_hand import at_hand
from tenure.envs.vending.audit import VendingAudit
from tenure.envs.vending.bound import upper_bound
from tenure.envs.vending.matters import matter
from tenure.envs.vending.policies import POLICIES
from tenure.envs.vending.questions import QUESTIONS
from tenure.envs.vending.undone import parts
from tenure.envs.vending.world import VendingWorld
from tenure.envs.world import World


def _planner(truth: Truth) -> Policy:
    """Play as the planner does, which is imported when somebody asks for it."""
    from tenure.envs.vending.planner import planner

    return planner(truth)


def _reference(world: World[Any]) -> Iterator[ToolCall]:
    """Yield a good manager's day; likewise imported when somebody asks for it."""
    from tenure.envs.vending.reference import reference

    return reference(world)


def _outlook(world: World[Any]) -> str:
    return cast("VendingWorld", world).outlook()


JOB = Job(
    world=VendingWorld,
    policies=POLICIES,
    floor="naive",
    bound=upper_bound,
    questions=QUESTIONS,
    crew={WORKER: worker},
    oracles={"planner": _planner},
    over_time=OverTime(
        worth="net_worth_cents",
        works=(
            "send_mail",
            "send_payment",
            "stock_slot",
            "empty_slot",
            "set_price",
            "collect_cash",
            "call_technician",
            "report_to_owner",
        ),
        duties=("promise", "refund_owed", "owner_report", "clarification"),
        shocks={
            "fault": Shock("fault", "machine_faults_per_1000_days", ("call_technician",)),
            "jam": Shock("jam", "coin_jams_per_1000_days", ("collect_cash",)),
            "theft": Shock("theft", "thefts_per_1000_days"),
        },
    ),
    audit=VendingAudit,
    reference=_reference,
    matter=matter,
    parts=parts,
    outlook=_outlook,
    at_hand=at_hand,
)
