"""Scripted agents, weakest first. They know the job's brief and what its tools tell them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tenure.envs.delegation.scripts import through_worker
from tenure.envs.jobs import Briefing, Policy
from tenure.envs.vending.policies.pace import paced
from tenure.envs.vending.policies.shopkeeper import shopkeeper
from tenure.envs.vending.policies.simple import naive, null, random

_LADDER: Mapping[str, Callable[[Briefing], Policy]] = {
    "null": null,
    "random": random,
    "naive": naive,
    "shopkeeper": shopkeeper,
}

POLICIES = {name: paced(through_worker(policy)) for name, policy in _LADDER.items()}
"""Where a sub-agent is at the machine they work through it, and keep calls for all nights."""
