"""The contract test of any job: run it on yours before anyone else does.

    from tenure.envs.checker import check_job
    check_job("vending")

Each check is a function that raises `ContractError` with the rule that is broken and where.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

import orjson

from tenure.envs import jobs
from tenure.envs.clock import MINUTES_PER_DAY
from tenure.envs.spaces import ToolCallSpace
from tenure.envs.tools import Mistake
from tenure.envs.world import Step, World
from tenure.errors import ContractError

HOSTILE_ACTIONS = (
    "",
    "null",
    "[]",
    "{}",
    "I would rather not.",
    '{"name": 1}',
    '{"name": "no_such_tool", "arguments": {}}',
    '{"name": "no_such_tool", "arguments": {}, "more": 1}',
    "[" * 5_000,
    '{"a":' * 5_000,
    "\x00\ud800\U0001f600",
    "9" * 100_001,
)
"""Texts that are no tool calls of any world."""

_MOST_DAYS = 10_000
_HOSTILE_VALUES: tuple[Any, ...] = (
    None, True, -1, 2**63, 1e308, "", "\x00", "x" * 5_000, "🧨", [], [[]], {}, {"a": {}},
)  # fmt: skip


def check_job(
    name: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    seed: int = 7,
    max_steps: int = 2_000,
    module: str = "tenure.envs",
) -> None:
    """Check that a registered job keeps the world contract.

    Args:
        name: The job's registered name.
        parameters: The job's parameters; a short horizon makes the check quick.
        seed: The world that is played.
        max_steps: How long a random episode is followed if it does not end before.
        module: The module whose import registers the job, for the second process.

    Raises:
        ContractError: At the first broken rule.
    """
    job, chosen = jobs.load(name), dict(parameters or {})
    check_tools(job.world)
    check_steps(job, chosen, seed)
    check_run_out(job.make(chosen, seed))
    check_snapshots(job, chosen, seed, max_steps=min(max_steps, 200))
    check_determinism(name, chosen, seed, max_steps=max_steps, module=module)


def check_tools(world: type[World[Any]]) -> None:
    """Every tool says what it does, fits its own schema, and cannot be used without end."""
    space = ToolCallSpace(world.toolbox, seed=0)
    if not world.toolbox.tools:
        raise ContractError(f"{world.__name__} offers no tools; mark its methods with @tool.")
    for tool in world.toolbox.tools.values():
        if not tool.description:
            raise ContractError(f"{tool.name} has no docstring; it is what the model reads.")
        if tool.minutes < 0:
            raise ContractError(f"{tool.name} takes {tool.minutes} minutes; time cannot run back.")
    for _ in range(20 * len(world.toolbox.tools)):
        call = space.sample()
        parsed = world.toolbox.parse(call)
        if isinstance(parsed, Mistake):
            raise ContractError(f"A sampled call does not fit its schema: {call}: {parsed.advice}")


def check_steps(job: jobs.Job, parameters: Mapping[str, Any], seed: int) -> None:
    """No action raises, every action takes time, and what is no valid call is a fault."""
    world = job.make(parameters, seed)
    sampled = random_actions(world, seed, 20 * len(world.toolbox.tools))
    for action in (*HOSTILE_ACTIONS, *_hostile_calls(world), *sampled):
        if world.ended:
            world = job.make(parameters, seed)
        before = world.state.now_minutes
        step = _try_step(world, action)
        if isinstance(world.toolbox.parse(action), Mistake) and not step.fault:
            raise ContractError(f"{action[:200]!r} is not a valid call, yet it was no fault.")
        if step.minute <= before and not step.ended:
            raise ContractError(f"{action[:200]!r} took no time: an agent could stand still on it.")


def check_run_out(world: World[Any]) -> None:
    """Time alone ends the episode."""
    for _ in range(_MOST_DAYS):
        if world.ended:
            return
        before = world.state.now_minutes
        world.advance(MINUTES_PER_DAY)
        if world.state.now_minutes <= before and not world.ended:
            raise ContractError("advance() does not move the clock.")
    raise ContractError(f"The episode has not ended after {_MOST_DAYS} days without an action.")


def check_snapshots(
    job: jobs.Job, parameters: Mapping[str, Any], seed: int, *, max_steps: int
) -> None:
    """Restoring a snapshot, taken at any step, continues as the original does."""
    original = job.make(parameters, seed)
    actions = list(random_actions(original, seed, max_steps))
    for number, action in enumerate(actions):
        if original.ended:
            return
        snapshot, digest = original.snapshot(), original.digest()
        _check_plain(orjson.loads(snapshot), "state")
        twin = job.make(parameters, seed)
        twin.restore(snapshot)
        if twin.digest() != digest:
            raise ContractError(f"Restored at step {number}, the state has another digest.")
        if twin.step(action) != _try_step(original, action):
            raise ContractError(f"Restored at step {number}, {action} leads to something else.")


def check_determinism(
    name: str, parameters: Mapping[str, Any], seed: int, *, max_steps: int, module: str
) -> None:
    """Equal seed and actions give equal bytes, here and in a process with other hash seeds."""
    here = fingerprint(name, parameters, seed, max_steps)
    call = f"fingerprint({name!r}, {dict(parameters)!r}, {seed}, {max_steps})"
    code = f"import {module}; from tenure.envs.checker import fingerprint; print({call})"
    there = subprocess.run(  # noqa: S603  our own interpreter and code
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    if there.returncode:
        raise ContractError(f"The job does not run in a second process:\n{there.stderr}")
    if there.stdout.strip() != here:
        raise ContractError("The same seed and actions gave other bytes in a second process.")


def fingerprint(name: str, parameters: Mapping[str, Any], seed: int, max_steps: int) -> str:
    """Play a random episode and return a hash of all that was seen and of every state."""
    world = jobs.load(name).make(parameters, seed)
    whole = blake2b(world.opening().encode(), digest_size=16)
    for action in random_actions(world, seed, max_steps):
        step = _try_step(world, action)
        whole.update(orjson.dumps((step.text, step.minute, step.figures, step.events)))
        whole.update(world.digest().encode())
        if step.ended:
            break
    return whole.hexdigest()


def random_actions(world: World[Any], seed: int, count: int) -> Iterator[str]:
    """Yield seeded valid calls, with a hostile text in every tenth place."""
    space = ToolCallSpace(world.toolbox, seed=seed)
    for number in range(count):
        hostile = HOSTILE_ACTIONS[number // 10 % len(HOSTILE_ACTIONS)]
        yield hostile if number % 10 == 9 else space.sample()


def _hostile_calls(world: World[Any]) -> Iterator[str]:
    for tool in world.toolbox.tools.values():
        for value in _HOSTILE_VALUES:
            arguments = dict.fromkeys(tool.schema.get("properties", {}), value)
            yield orjson.dumps({"name": tool.name, "arguments": arguments}).decode()
            yield orjson.dumps({"name": tool.name, "arguments": value}).decode()
        yield f'{{"name": "{tool.name}", "arguments": {"[" * 1_000}{"]" * 1_000}}}'


def _try_step(world: World[Any], action: str) -> Step:
    try:
        return world.step(action)
    except Exception as error:
        raise ContractError(f"The action {action[:200]!r} raised {error!r}.") from error


def _check_plain(value: Any, where: str) -> None:
    if isinstance(value, float):
        raise ContractError(f"{where} holds the float {value!r}; keep whole numbers in the state.")
    if isinstance(value, dict):
        for key, item in value.items():
            _check_plain(item, f"{where}.{key}")
    if isinstance(value, list):
        for index, item in enumerate(value):
            _check_plain(item, f"{where}[{index}]")
