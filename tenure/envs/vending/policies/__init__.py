"""Scripted agents, weakest first. They know the job's brief and what its tools tell them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tenure.envs.jobs import Briefing, Policy
from tenure.envs.vending.policies.shopkeeper import shopkeeper
from tenure.envs.vending.policies.simple import naive, null, random

POLICIES: Mapping[str, Callable[[Briefing], Policy]] = {
    "null": null,
    "random": random,
    "naive": naive,
    "shopkeeper": shopkeeper,
}
