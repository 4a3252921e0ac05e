"""Scripted agents, weakest first. They know the job's brief and what its tools tell them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from tenure.envs.jobs import Briefing, Policy

_LADDER = {"null": "simple", "random": "simple", "naive": "simple", "shopkeeper": "shopkeeper"}
"""Each script's name, and the module that has it."""


def _script(name: str, module: str) -> Callable[[Briefing], Policy]:
    """Return a script whose module is imported when it is to work: a model's run needs none."""

    def begin(briefing: Briefing) -> Policy:
        from tenure.envs.delegation.scripts import through_worker
        from tenure.envs.vending.policies.pace import paced

        script: Callable[[Briefing], Policy] = getattr(import_module(f"{__name__}.{module}"), name)
        return paced(through_worker(script))(briefing)

    return begin


POLICIES: Mapping[str, Callable[[Briefing], Policy]] = {
    name: _script(name, module) for name, module in _LADDER.items()
}
"""Where a sub-agent is at the machine they work through it, and keep calls for all nights."""
