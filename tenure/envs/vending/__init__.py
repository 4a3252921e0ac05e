"""The vending business: one machine, one year, a bank balance that decides."""

from __future__ import annotations

from tenure.envs.jobs import Briefing, Job, Policy
from tenure.envs.tools import ToolCall
from tenure.envs.vending.bound import upper_bound
from tenure.envs.vending.world import VendingWorld


def null(_: Briefing) -> Policy:
    """Wait."""
    while True:
        yield ToolCall("wait_for_next_day")


JOB = Job(world=VendingWorld, policies={"null": null}, floor="null", bound=upper_bound)
