"""The arena: several vending businesses at one location, who share its customers."""

from __future__ import annotations

from tenure.envs.jobs import Job
from tenure.envs.vending.arena.bound import total_bound
from tenure.envs.vending.arena.policies import POLICIES
from tenure.envs.vending.arena.world import ArenaWorld
from tenure.envs.vending.audit import VendingAudit

JOB = Job(
    world=ArenaWorld,
    policies=POLICIES,
    floor="naive",
    bound=total_bound,
    audit=VendingAudit,
    is_contest=True,
)
