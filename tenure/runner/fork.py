"""Forks: a recorded episode goes on from one of its steps, with something changed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from tenure.agents.spec import AgentSpec
from tenure.errors import UsageError
from tenure.runner.episode import Watcher
from tenure.runner.inline import Failure
from tenure.runner.plan import assignments, check_folder, draw_up, settled, with_limits
from tenure.runner.run import USUAL, Conditions, play_out
from tenure.scoring.files import write_whole
from tenure.scoring.manifest import PARENT, Manifest, Origin
from tenure.scoring.past import Past
from tenure.scoring.records import Episode, read_partial


class Change(NamedTuple):
    """What a fork does otherwise.

    Attributes:
        agents: Who goes on; with none, who recorded the episode.
        action: What is done first, in place of what an agent would do; `None` to let it decide.
        keeps_context: Whether who recorded the episode remembers it. Any other begins at the fork,
            with the last observation for its opening.
        episodes: How many times each goes on, in each future.
        futures: How many other futures are met; 0 for the recorded one.
        limits: Lower limits of the episode, by their names in `Limits`.
    """

    agents: Sequence[AgentSpec] = ()
    action: str | None = None
    keeps_context: bool = False
    episodes: int = 1
    futures: int = 0
    limits: Mapping[str, float] = {}


def draw_up_fork(parent: Path, at: str, change: Change) -> Manifest:
    """Plan the episodes of a fork.

    Args:
        parent: The file of a recorded episode, finished or not.
        at: `day:43`, the first step on day 43 or after it (1 is the first day), or `step:512`,
            counted from 0.
        change: What is done otherwise.

    Raises:
        UsageError: If there is no such step, or the change does not fit the record.
        TrajectoryError: If the record is damaged.
    """
    if not parent.is_file():
        raise UsageError(
            f"There is no episode {str(parent)!r}; name a file such as seed-1.jsonl.zst."
        )
    past = Past(read_partial(parent))
    episode, step = past.episode, step_at(past, at)
    check(past, step, change)
    agents = [*change.agents] or [recorder_of(episode)]
    plan = draw_up(with_limits(past.scenario, change.limits), agents, [episode.seed])
    manifest = plan.model_copy(
        update={
            "attempts": change.episodes * max(1, change.futures),
            "origin": _origin(past, step, change),
            "voice": episode.header.get("voice"),
        }
    )
    _check_plan(manifest, step, change)
    return manifest


def _origin(past: Past, step: int, change: Change) -> Origin:
    episode = past.episode
    luck = past.future(step, 1) if change.futures else episode.future
    return Origin(
        hash=episode.head_before(step),
        step=step,
        agent=dict(episode.header["agent"]),
        context="kept" if change.keeps_context else "fresh",
        action=change.action,
        future_day=luck.first_day,
        futures=[*range(1, change.futures + 1)] or [luck.number] * bool(luck.number),
    )


def _check_plan(plan: Manifest, step: int, change: Change) -> None:
    """See that a fork's agents can go on at a step, and that there is time to.

    Raises:
        UsageError: If its limit is reached there, a script follows a plan made on the first day for
            all days, or code has changed of which something is to be remembered.
    """
    if step >= plan.scenario.limits.steps:
        raise UsageError(
            f"The fork is at step {step:,} and the episode ends after "
            f"{plan.scenario.limits.steps:,}."
        )
    for agent in plan.agents:
        if agent.get("oracle"):
            raise UsageError(
                f"{agent['name']} plans the whole episode before its first day, so it cannot go on "
                "in the middle of one; name another agent."
            )
    if change.keeps_context and (names := changed_code(plan)):
        raise UsageError(
            f"The code of {' and '.join(names)} has changed since the episode was recorded, so it "
            "cannot remember what it did: put the code back as it was, or let the agent begin "
            "fresh, without --keep-context."
        )


def changed_code(manifest: Manifest) -> list[str]:
    """Return the import paths of those who recorded a fork's parent with other code than now.

    Who takes over from another has no code of before.
    """
    recorded = _sources(manifest.origin.agent) if manifest.origin else {}
    now = {name: source for agent in manifest.agents for name, source in _sources(agent).items()}
    return [name for name, source in recorded.items() if now.get(name, source) != source]


def _sources(agent: Mapping[str, Any]) -> dict[str, str]:
    """Return the hash of the code of an agent and of its sub-agent, by import path."""
    own = {agent["name"]: agent["source"]} if agent.get("source") else {}
    employee = agent.get("sub_agent")
    return {**own, **_sources(employee)} if isinstance(employee, Mapping) else own


async def fork(
    folder: Path,
    parent: Path,
    manifest: Manifest,
    watcher: Watcher,
    conditions: Conditions = USUAL,
) -> list[Failure]:
    """Play what is not complete yet of a fork, beside a copy of its parent.

    Args:
        folder: Where the fork lives; made if it is not there.
        parent: The file of the recorded episode.
        manifest: The plan, as `draw_up_fork` returns it.
        watcher: Is told of every step.
        conditions: How it is played.

    Returns:
        The episodes that an outside failure or a damaged record left unfinished.

    Raises:
        UsageError: If the folder is not this plan's, or an agent cannot be had.
    """
    manifest = check_folder(folder, manifest)
    hold = _settled_beside_parent(folder, parent, manifest)
    return await play_out(assignments(folder, manifest), hold, watcher, conditions)


@contextmanager
def _settled_beside_parent(folder: Path, parent: Path, manifest: Manifest) -> Iterator[None]:
    """Hold the fork's folder, with a copy of its parent's record."""
    with settled(folder, manifest):
        copy = folder / PARENT
        if not copy.exists():
            write_whole(copy, parent.read_bytes())
        yield


def step_at(past: Past, at: str) -> int:
    """Return the step that `day:43` or `step:512` names; the one after the last is one too.

    Raises:
        UsageError: If there is no such step.
    """
    kind, _, number = at.partition(":")
    if kind not in ("day", "step") or not number.isdecimal():
        raise UsageError(f"--at is {at!r}; it is day:43 (1 is the first) or step:512 (from 0 on).")
    if kind == "day" and not int(number):
        raise UsageError("Days count from 1, as agents are told: the first is day:1.")
    if kind == "day":
        return past.first_of_day(int(number))
    if int(number) > len(past):
        raise UsageError(f"There is no step {number}: the episode has {len(past):,}, from 0 on.")
    return int(number)


def command(parent: Path, at: str, change: Change, out: Path) -> str:
    """Return what a person types to play a fork; lower limits are left out."""
    flags = {
        "--action": change.action,
        "--keep-context": change.keeps_context,
        "--episodes": change.episodes if change.episodes > 1 else None,
        "--futures": change.futures,
    }
    agents = [word for agent in change.agents for word in ("--agent", agent.name)]
    said = [
        word
        for flag, value in flags.items()
        if value
        for word in ((flag,) if value is True else (flag, str(value)))
    ]
    return shlex.join(
        ["tenure", "fork", str(parent), "--at", at, *agents, *said, "--out", str(out)]
    )


def check(past: Past, step: int, change: Change) -> None:
    """See that a change fits a record.

    Raises:
        UsageError: If it does not.
    """
    episode = past.episode
    if past.scenario.job.is_contest:
        raise UsageError("A match of several agents cannot be forked.")
    if step == len(past) and episode.complete:
        raise UsageError(f"The episode is over after its {len(past):,} steps; fork it before.")
    if change.keeps_context and change.agents:
        raise UsageError(
            "Only who recorded an episode can remember it: leave out --agent or --keep-context."
        )
    parent = episode.header.get("parent")
    if change.keeps_context and parent and ("action" in parent or parent["context"] == "fresh"):
        raise UsageError(
            "The episode is a fork, and not all that came before is its agent's own doing, so the "
            "agent cannot remember it: let it begin fresh, without --keep-context."
        )


def recorder_of(episode: Episode) -> AgentSpec:
    """Return who recorded an episode.

    Raises:
        UsageError: If this Tenure cannot ask it again.
    """
    try:
        spec = AgentSpec.model_validate(episode.header["agent"])
    except ValidationError:
        raise UsageError(
            f"{episode.agent_name} cannot be asked again from its record; name another agent."
        ) from None
    if spec.kind in ("human", "mcp"):
        raise UsageError(f"{spec.name} came from outside; name another agent.")
    return spec
