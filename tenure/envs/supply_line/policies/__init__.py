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
from tenure.envs.supply_line.policies.weekly import informed

POLICIES: Mapping[str, Callable[[Briefing], Policy]] = {
    "null": null,
    "random": informed(random),
    "pass-through": informed(pass_through),
    "mean-demand": informed(mean_demand),
    "sterman": informed(sterman),
    "local-base-stock": informed(local_base_stock),
    "echelon-base-stock": informed(echelon_base_stock),
}
