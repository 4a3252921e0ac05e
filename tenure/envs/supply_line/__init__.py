"""Supply Line: four stages, goods that take weeks, and an optimum that is known exactly."""

from __future__ import annotations

from tenure.envs.jobs import Job
from tenure.envs.supply_line.audit import SupplyLineAudit
from tenure.envs.supply_line.bound import optimum_cents
from tenure.envs.supply_line.policies import POLICIES
from tenure.envs.supply_line.questions import QUESTIONS
from tenure.envs.supply_line.reference import matter, reference
from tenure.envs.supply_line.world import SupplyLineWorld

JOB = Job(
    world=SupplyLineWorld,
    policies=POLICIES,
    floor="mean-demand",
    bound=optimum_cents,
    questions=QUESTIONS,
    audit=SupplyLineAudit,
    reference=reference,
    matter=matter,
)
