"""Delegation: a layer that gives some tools of a job to a sub-agent alone (`delegation: ...`)."""

from tenure.envs.delegation.layer import WORKER, Delegation, delegating

__all__ = ["WORKER", "Delegation", "delegating"]
