"""The vending business: one machine, one year, a bank balance that decides."""

from __future__ import annotations

from tenure.envs.delegation import WORKER, worker
from tenure.envs.jobs import Job
from tenure.envs.vending.bound import upper_bound
from tenure.envs.vending.matters import matter
from tenure.envs.vending.planner import planner
from tenure.envs.vending.policies import POLICIES
from tenure.envs.vending.questions import QUESTIONS
from tenure.envs.vending.reference import reference
from tenure.envs.vending.world import VendingWorld

JOB = Job(
    world=VendingWorld,
    policies=POLICIES,
    floor="naive",
    bound=upper_bound,
    questions=QUESTIONS,
    crew={WORKER: worker},
    oracles={"planner": planner},
    reference=reference,
    matter=matter,
)
