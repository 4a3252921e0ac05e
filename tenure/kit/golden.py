"""Golden hashes: `golden.json` beside a job says what its scenarios led to when it was released.

    {"vending/week": {"version": 1, "seeds": {"1": "393c6e3d...", "2": "..."}}}

A hash stands for all that decides a score on a seed: what random calls lead to, what the floor
does and what that leads to, and the bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from tenure.envs.checker import trace
from tenure.errors import ContractError
from tenure.kit.attacks import random_calls
from tenure.kit.trials import Trials
from tenure.scenarios import Scenario

FILE_NAME = "golden.json"
SEEDS = (1, 2)
_MOST_STEPS = 2_000


def golden(scenarios: Iterable[Scenario]) -> dict[str, Any]:
    """Return what the file of these scenarios should say now."""
    return {
        scenario.id: {
            "version": scenario.version,
            "seeds": {str(seed): golden_hash(scenario, seed) for seed in SEEDS},
        }
        for scenario in scenarios
    }


def golden_hash(scenario: Scenario, seed: int) -> str:
    """Return the hash of all that decides a score on a seed: 32 hex digits."""
    world = scenario.make_world(seed)
    steps = min(scenario.limits.steps, _MOST_STEPS)
    at_random = trace(world, islice(random_calls(world.toolbox, seed), steps))
    floor = Trials(scenario, [seed]).policy_on(scenario.job.floor, seed)
    by_rule = trace(scenario.make_world(seed), floor.actions)
    bound = scenario.job.bound(scenario.world_parameters, seed)
    return blake2b(orjson.dumps([at_random, by_rule, bound]), digest_size=16).hexdigest()


def ladder_hash(scenario: Scenario, seed: int) -> str:
    """Return the hash of random calls, of what every script does, and of what both lead to."""
    world = scenario.make_world(seed)
    steps = min(scenario.limits.steps, _MOST_STEPS)
    whole = [trace(world, islice(random_calls(world.toolbox, seed), steps))]
    trials = Trials(scenario, [seed])
    for name in scenario.job.policies:
        actions = trials.policy_on(name, seed).actions
        whole += [*actions, trace(scenario.make_world(seed), actions)]
    return blake2b(orjson.dumps(whole), digest_size=16).hexdigest()


def write(folder: Path, scenarios: Iterable[Scenario]) -> Path:
    """Write the file into a job's folder and return its path."""
    path = folder / FILE_NAME
    path.write_bytes(orjson.dumps(golden(scenarios), option=orjson.OPT_INDENT_2) + b"\n")
    return path


def compare(folder: Path, scenarios: Iterable[Scenario]) -> str:
    """Compare a job's file with what its scenarios lead to now.

    Returns:
        What was compared, in words.

    Raises:
        ContractError: If there is no such file, or it says something else.
    """
    known = _read(folder / FILE_NAME)
    now = golden(scenarios)
    for name in sorted({*known, *now}):
        _compare(name, known.get(name), now.get(name))
    return f"{len(now)} scenarios as recorded"


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ContractError(f"There is no {path.name} beside the job.")
    try:
        said = orjson.loads(path.read_bytes())
    except ValueError as error:
        raise ContractError(f"{path} is not JSON: {error}.") from None
    if not isinstance(said, dict):
        raise ContractError(f"{path} does not map scenarios to hashes.")
    return said


def _compare(name: str, known: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> None:
    if now is None:
        raise ContractError(f"{FILE_NAME} knows {name}, which is no scenario of the job any more.")
    if known is None:
        raise ContractError(f"{FILE_NAME} does not know {name}.")
    if not isinstance(known, dict) or known.keys() != now.keys():
        raise ContractError(f"{FILE_NAME} does not say the version and the seeds of {name}.")
    if known["version"] != now["version"]:
        raise ContractError(
            f"{name} has version {now['version']}, {FILE_NAME} knows version {known['version']}."
        )
    if known["seeds"] != now["seeds"]:
        raise ContractError(
            f"{name} version {now['version']} no longer leads to what it led to, so its scores "
            "cannot be compared with older ones: give the scenario a higher version."
        )
