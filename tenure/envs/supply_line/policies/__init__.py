"""Scripted agents, weakest first. They know the job's brief and what its tools tell them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tenure.envs.jobs import Briefing, Policy
from tenure.envs.supply_line.policies.base_stock import echelon_base_stock, local_base_stock
from tenure.envs.supply_line.policies.simple import (
    mean_demand,
    null,
    pass_through,
    random,
    sterman,
)

POLICIES: Mapping[str, Callable[[Briefing], Policy]] = {
    "null": null,
    "random": random,
    "pass-through": pass_through,
    "mean-demand": mean_demand,
    "sterman": sterman,
    "local-base-stock": local_base_stock,
    "echelon-base-stock": echelon_base_stock,
}
