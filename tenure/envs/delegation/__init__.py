"""Delegation: a layer that gives some tools of a job to a sub-agent alone (`delegation: ...`)."""

from tenure.envs.delegation.layer import WORKER, Delegation, delegating
from tenure.envs.delegation.scripts import through_worker, worker

__all__ = ["WORKER", "Delegation", "delegating", "through_worker", "worker"]
