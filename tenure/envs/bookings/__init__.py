"""The bookings desk: pure forecasting of a count whose level now and then changes."""

from tenure.envs.bookings.audit import BookingsAudit
from tenure.envs.bookings.bound import best_score
from tenure.envs.bookings.policies import POLICIES
from tenure.envs.bookings.reference import matter, reference
from tenure.envs.bookings.world import BookingsWorld
from tenure.envs.jobs import Job

JOB = Job(
    world=BookingsWorld,
    policies=POLICIES,
    floor="last-8",
    bound=best_score,
    audit=BookingsAudit,
    reference=reference,
    matter=matter,
)
