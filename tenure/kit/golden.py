"""Golden hashes: `golden.json` beside a job says what its scenarios led to when it was released.

    {"vending/week": {"version": 1, "seeds": {"1": "393c6e3d...", "2": "..."}}}

A hash stands for all that decides a score on a seed: what the model reads (the scenario and its
tools), what random calls lead to, what the floor does and what that leads to, and the bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, TypeGuard

import orjson

from tenure.envs.checker import trace
from tenure.errors import ContractError
from tenure.kit.attacks import random_calls
from tenure.kit.trials import Trials
from tenure.scenarios import Scenario

FILE_NAME = "golden.json"
SEEDS = (1, 2)
_MOST_STEPS = 2_000


class UnrecordedError(ContractError):
    """The file is behind the scenarios; nothing speaks against writing it anew."""


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
    whole = [scenario.digest, world.toolbox.digest, at_random, by_rule, bound]
    return blake2b(orjson.dumps(whole), digest_size=16).hexdigest()


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
    """Write the file into a job's folder and return its path.

    Raises:
        ContractError: If a scenario leads to something else than the file says of its version, or
            the file is none of this kind. It is then left as it is.
    """
    path, now = folder / FILE_NAME, golden(scenarios)
    known = _read(path) if path.is_file() else {}
    for name in sorted({*known, *now}):
        _check_same(name, known.get(name), now.get(name))
    path.write_bytes(orjson.dumps(now, option=orjson.OPT_INDENT_2) + b"\n")
    return path


def compare(folder: Path, scenarios: Iterable[Scenario]) -> str:
    """Compare a job's file with what its scenarios lead to now.

    Returns:
        What was compared, in words.

    Raises:
        UnrecordedError: If there is no such file, or it is behind the scenarios' versions.
        ContractError: If a scenario leads to something else in one and the same version.
    """
    path, now = folder / FILE_NAME, golden(scenarios)
    if not path.is_file():
        raise UnrecordedError(f"There is no {FILE_NAME} beside the job.")
    known = _read(path)
    every = sorted({*known, *now})
    for name in every:
        _check_same(name, known.get(name), now.get(name))
    for name in every:
        _check_recorded(name, known.get(name), now.get(name))
    return f"{len(now)} scenario{'' if len(now) == 1 else 's'} as recorded"


def _read(path: Path) -> dict[str, Any]:
    try:
        said = orjson.loads(path.read_bytes())
    except ValueError as error:
        raise ContractError(f"{path} is not JSON: {error}.") from None
    if not isinstance(said, dict):
        raise ContractError(f"{path} does not map scenarios to hashes.")
    return said


def _check_same(name: str, known: object, now: Mapping[str, Any] | None) -> None:
    """No scenario leads to something else than its version once did, and no version is lowered."""
    if now is None or not _is_entry(known):
        return
    if known["version"] > now["version"]:
        raise ContractError(
            f"{name} has version {now['version']}, {FILE_NAME} knows version {known['version']} "
            "already."
        )
    if known["version"] == now["version"] and known["seeds"] != now["seeds"]:
        raise ContractError(
            f"{name} version {now['version']} no longer leads to what it led to, so its scores "
            "cannot be compared with older ones: give the scenario a higher version."
        )


def _check_recorded(name: str, known: object, now: Mapping[str, Any] | None) -> None:
    if now is None:
        raise UnrecordedError(
            f"{FILE_NAME} knows {name}, which is no scenario of the job any more."
        )
    if known is None:
        raise UnrecordedError(f"{FILE_NAME} does not know {name}.")
    if not _is_entry(known):
        raise UnrecordedError(f"{FILE_NAME} does not say the version and the seeds of {name}.")
    if known["version"] != now["version"]:
        raise UnrecordedError(
            f"{name} has version {now['version']}, {FILE_NAME} knows version {known['version']}."
        )


def _is_entry(known: object) -> TypeGuard[Mapping[str, Any]]:
    return (
        isinstance(known, dict)
        and known.keys() == {"version", "seeds"}
        and isinstance(known["version"], int)
    )
