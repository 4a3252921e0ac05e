"""The contract test of any world: run it on yours before anyone else does.

    from tenure.envs.checker import check_job
    check_job("vending")

`tenure check` runs these checks, and those of `tenure.kit` that play whole scenarios. Each check
is a function that raises `ContractError` with the rule that is broken and where.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from typing import Any

import orjson

from tenure.envs import jobs
from tenure.envs.chance import OWN_FUTURE, Future
from tenure.envs.clock import MINUTES_PER_DAY, day_of
from tenure.envs.face import ToolEnv
from tenure.envs.plain import misfit
from tenure.envs.spaces import ToolCallSpace
from tenure.envs.tools import Mistake
from tenure.envs.watch import digest_of, watched
from tenure.envs.world import Step, World
from tenure.errors import ContractError, nearest, told

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
_MOST_WAITING = 16
"""For how many steps the clock of a world with seats may wait for seats that are behind."""
_HOSTILE_VALUES: tuple[Any, ...] = (
    None, True, -1, 2**63, 1e308, "", "\x00", "x" * 5_000, "🧨", [], [[]], {}, {"a": {}},
)  # fmt: skip


def check_job(
    name: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    seed: int = 7,
    max_steps: int = 2_000,
) -> None:
    """Check that a job keeps the world contract.

    Args:
        name: The job's name.
        parameters: The job's parameters; a short horizon makes the check quick.
        seed: The world that is played.
        max_steps: How long a random episode is followed if it does not end before.

    Raises:
        ContractError: At the first broken rule.
        UsageError: If there is no such job.
    """
    job, chosen = jobs.load(name), dict(parameters or {})
    make = partial(job.make, chosen, seed)
    check_parts(job)
    check_tools(job.world)
    check_steps(make)
    check_figures(make, max_steps=max_steps)
    check_run_out(make())
    check_snapshots(make, max_steps=min(max_steps, 200))
    check_futures(partial(_in_future, job, chosen), seed, max_steps=min(max_steps, 200))
    check_determinism(jobs.reference(name), chosen, seed, max_steps=max_steps)


def check_parts(job: jobs.Job) -> None:
    """A job has a ladder of at least two scripts, a floor that is one of them, and its figures."""
    if len(job.policies) < 2:
        raise ContractError(f"The job has {len(job.policies)} policies; a ladder has two or more.")
    if job.floor not in job.policies:
        raise ContractError(
            f"The floor {job.floor!r} is no policy of the job. {nearest(job.floor, job.policies)}"
        )
    both = sorted({*job.policies} & {*job.exploits})
    if both:
        raise ContractError(f"{both[0]!r} is both a policy and an exploit; rename one of them.")
    told = sorted({*job.oracles} & {*job.policies, *job.exploits, "floor", "best"})
    if told:
        raise ContractError(
            f"{told[0]!r} names a privileged script and another; rename one of them."
        )
    for name, field in job.world.Parameters.model_fields.items():
        if field.is_required():
            raise ContractError(
                f"The parameter {name} has no default; a scenario may leave it out."
            )
    _check_figure_names(job.world)


def _check_figure_names(world: type[World[Any]]) -> None:
    by_name = {figure.name: figure for figure in world.figures}
    if len(by_name) < len(world.figures):
        raise ContractError("Two figures have one name.")
    for figure in world.figures:
        if figure.low > figure.high:
            raise ContractError(f"The figure {figure.name} has low {figure.low} above its high.")
    if world.luck and not by_name[world.luck].hidden:
        raise ContractError(f"The agent sees {world.luck}; luck must be a hidden figure.")


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


def check_steps(make: Callable[[], World[Any]], actions: Iterable[str] | None = None) -> None:
    """What a call may do, and what telling of the world may not.

    No action raises, each takes time, no valid call is a fault; reading, refusals, `opening`,
    `stamp` and `measure` change nothing. The actions are hostile and random ones unless others
    are given.

    Args:
        make: Builds the world, the same one each time.
        actions: What is done.
    """
    world, waiting = watched(make()), 0
    _check_telling(world, "opening", "measure")
    for action in _any_actions(world) if actions is None else actions:
        if world.ended:
            world = watched(make())
        before = world.state.now_minutes
        step = _try_step(world, action)
        if isinstance(world.toolbox.parse(action), Mistake) and not step.fault:
            raise ContractError(f"{action[:200]!r} is not a valid call, yet it was no fault.")
        waiting = waiting + 1 if step.minute <= before and not step.ended else 0
        if waiting > (_MOST_WAITING if step.seat else 0):
            raise ContractError(f"{action[:200]!r} took no time: an agent could stand still on it.")
        _check_telling(world, "stamp", "measure")


def _any_actions(world: World[Any]) -> Iterator[str]:
    yield from HOSTILE_ACTIONS
    yield from _hostile_calls(world)
    yield from random_actions(world, world.chance.seed, 20 * len(world.toolbox.tools))


def _check_telling(world: World[Any], *methods: str) -> None:
    """Verification and resumption tell of a world more often than play does."""
    for name in methods:
        before = digest_of(world)
        getattr(world, name)()
        if digest_of(world) != before:
            raise ContractError(f"{name}() changes the state; it may only tell what is there.")


def check_figures(make: Callable[[], World[Any]], *, max_steps: int) -> None:
    """At every step of a random episode each figure is a whole number within its range."""
    world = make()
    check_measured(world)
    for action in random_actions(world, world.chance.seed, max_steps):
        _try_step(world, action)
        check_measured(world)
        if world.ended:
            return


def check_measured(world: World[Any]) -> None:
    """The present values of a world's figures are whole numbers within their ranges."""
    if len(world.measured) != len(world.figures):
        raise ContractError(
            f"measure() returns {len(world.measured)} values for {len(world.figures)} figures."
        )
    for figure, value in zip(world.figures, world.measured, strict=True):
        if type(value) is not int:
            raise ContractError(f"{figure.name} is {value!r}; figures are whole numbers (int).")
        if not figure.low <= value <= figure.high:
            raise ContractError(
                f"{figure.name} is {value:,}, outside its range {figure.low:,} to {figure.high:,}."
            )


def check_faces(name: str, job: jobs.Job) -> None:
    """Gymnasium's `check_env` passes on the job's tool-call face and on every registered one."""
    import gymnasium
    from gymnasium.utils.env_checker import check_env

    tool_face = type("ToolFace", (ToolEnv,), {"World": job.world})
    makers: dict[str, Callable[[], Any]] = {"the tool-call face": tool_face}
    makers |= {face.id: partial(gymnasium.make, face.id) for face in jobs.faces(name)}
    for label, make in makers.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # advice; what breaks the interface is raised
            try:
                check_env(make().unwrapped, skip_render_check=True)
            except Exception as error:
                raise ContractError(f"check_env on {label}: {told(error)}") from error


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
    make: Callable[[], World[Any]], *, max_steps: int, actions: Iterable[str] | None = None
) -> None:
    """Restoring a snapshot, taken at any step, continues as the original does.

    Before each step a twin is restored and lives through that step. Those of steps 0, 1, 2, 4, 8
    and so on live until the next of these, the last one to the end of the episode.

    Args:
        make: Builds the world, the same one each time.
        max_steps: At how many steps a snapshot is taken.
        actions: What is done; random ones if left out.
    """
    original, lasting, since = make(), make(), 0
    chosen = random_actions(original, original.chance.seed, max_steps)
    for number, action in enumerate(chosen if actions is None else actions):
        if original.ended:
            break
        twins = {since: lasting}
        if number < max_steps:
            twins[number] = _restored(make, original, number)
            if number & (number - 1) == 0:
                since, lasting = number, twins[number]
        here = _try_step(original, action), original.digest()
        for at, twin in twins.items():
            _compare_twin(at, action, (_try_step(twin, action), twin.digest()), here)
    there_at_end, here_at_end = (
        ((world.run_out(), world.measured), world.digest()) for world in (lasting, original)
    )
    _compare_twin(since, "waiting for the end", there_at_end, here_at_end)


def _restored(make: Callable[[], World[Any]], original: World[Any], number: int) -> World[Any]:
    if fault := misfit(original.state):
        raise ContractError(fault)
    twin = make()
    twin.restore(original.snapshot())
    if twin.digest() != original.digest():
        raise ContractError(f"Restored at step {number}, the state has another digest.")
    return twin


def _compare_twin(
    number: int, action: str, twin: tuple[Any, str], original: tuple[Any, str]
) -> None:
    if twin[0] != original[0]:
        raise ContractError(f"Restored at step {number}, {action} leads to something else.")
    if twin[1] != original[1]:
        raise ContractError(f"Restored at step {number}, {action} leads to another state.")


def check_futures(
    make: Callable[[int, Future], World[Any]],
    seed: int,
    *,
    max_steps: int,
    actions: Sequence[str] | None = None,
    seeds: int = 5,
) -> int:
    """A world in another future is the seed's own until that begins, built anew or restored.

    Args:
        make: Builds the world of a seed in a future.
        seed: The first world that is looked at.
        max_steps: How many steps are taken.
        actions: What is done; random ones if left out.
        seeds: How many worlds are looked at.

    Returns:
        How many worlds are others once the future has begun; none if all chance is in the facts.
    """
    return sum(
        _differs_later(partial(make, one), one, max_steps, actions)
        for one in range(seed, seed + seeds)
    )


def _differs_later(
    make: Callable[[Future], World[Any]], seed: int, max_steps: int, actions: Sequence[str] | None
) -> bool:
    """Live through the seed's own world and through one with another future from its middle on."""
    own = make(OWN_FUTURE)
    chosen = list(random_actions(own, seed, max_steps)) if actions is None else actions
    days = [day_of(own.state.now_minutes)]
    for action in itertools.takewhile(lambda _: not own.ended, chosen[:max_steps]):
        _try_step(own, action)
        days.append(day_of(own.state.now_minutes))
    turn = days[len(days) // 2] + 1
    here, there = make(OWN_FUTURE), make(Future(1, turn))
    if here.opening() != there.opening() or here.digest() != there.digest():
        raise ContractError(f"The world with another future from day {turn} on begins otherwise.")
    restored = None
    for number, action in enumerate(chosen[: len(days) - 1]):
        if days[number + 1] >= turn:
            restored = make(Future(1, turn))
            restored.restore(here.snapshot())
            chosen = chosen[number : len(days) - 1]
            break
        if (_try_step(here, action), here.digest()) != (_try_step(there, action), there.digest()):
            raise ContractError(
                f"With another future from day {turn} on, step {number}, on day {days[number]}, "
                f"leads to something else: what a day brings must come from chance.on(day) or "
                f"chance.series, of the day on which it can first be seen."
            )
    if restored is None:
        return False
    return _lived_alike(restored, there, chosen) != _lived(here, chosen)


def _lived_alike(restored: World[Any], built: World[Any], actions: Iterable[str]) -> list[Any]:
    """Return what a world brings that was restored in a future, and built anew in it."""
    actions = list(actions)
    found = _lived(built, actions)
    if _lived(restored, actions) != found:
        raise ContractError(
            "Restored in another future, the world goes on otherwise than built anew in it."
        )
    return found


def _lived(world: World[Any], actions: Iterable[str]) -> list[Any]:
    told: list[Any] = [
        (_try_step(world, action), world.digest()) for action in actions if not world.ended
    ]
    return [*told, world.run_out(), world.measured, world.digest()]


def _in_future(
    job: jobs.Job, parameters: Mapping[str, Any], seed: int, future: Future
) -> World[Any]:
    return job.make(parameters, seed, future=future)


def check_determinism(
    import_string: str, parameters: Mapping[str, Any], seed: int, *, max_steps: int
) -> None:
    """Equal seed and actions give equal bytes, here and in a process with other hash seeds."""
    job = jobs.resolve(import_string)
    here = fingerprint(job, parameters, seed, max_steps)
    chosen = job.world.Parameters.model_validate(parameters).model_dump_json(round_trip=True)
    if elsewhere(_FINGERPRINT, import_string, chosen, str(seed), str(max_steps)) != here:
        raise ContractError("The same seed and actions gave other bytes in a second process.")


def elsewhere(code: str, *arguments: str) -> str:
    """Run code in a second process with other hash seeds and return the last word it prints.

    Raises:
        ContractError: If it does not run there.
    """
    there = subprocess.run(  # noqa: S603  our own interpreter and code
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": _hash_seed()},
    )
    if there.returncode:
        raise ContractError(f"The job does not run in a second process:\n{there.stderr}")
    return there.stdout.split()[-1]


_FINGERPRINT = """
import json, sys
from tenure.envs.checker import fingerprint
from tenure.envs.jobs import resolve
job, parameters, seed, max_steps = sys.argv[1:]
print(fingerprint(resolve(job), json.loads(parameters), int(seed), int(max_steps)))
"""


def _hash_seed() -> str:
    """Return a seed of Python's string hashes that is not this process's own."""
    return "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"


def fingerprint(job: jobs.Job, parameters: Mapping[str, Any], seed: int, max_steps: int) -> str:
    """Play a random episode and return a hash of all that was seen and of every state."""
    world = job.make(parameters, seed)
    return trace(world, random_actions(world, seed, max_steps))


def trace(world: World[Any], actions: Iterable[str]) -> str:
    """Play actions and return a hash of all that was seen and of every state: 32 hex digits."""
    whole = blake2b(world.opening().encode(), digest_size=16)
    for action in actions:
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
    except ContractError:
        raise
    except Exception as error:
        raise ContractError(f"The action {action[:200]!r} raised {told(error)}.") from error
