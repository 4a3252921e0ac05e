"""The plan of an arena run: its matches, and the folder that holds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tenure.agents import Agent, Hire, appoint
from tenure.agents.spec import AgentSpec
from tenure.errors import UsageError
from tenure.runner.episode import Assignment
from tenure.runner.plan import (
    check_free,
    check_prices,
    check_same,
    check_sub_agents,
    folder_for,
    locked,
    unpriced,
    write_if_new,
)
from tenure.scenarios import Scenario
from tenure.scoring.arena.manifest import FILE_NAME, MOST_AGENTS, ArenaManifest, Match

POOL = ("naive", "undercutter", "shopkeeper", "price-keeper")
"""The scripted opponents that `--pool` adds."""


@dataclass(frozen=True)
class LineUp:
    """Who plays a match; a `Party`.

    Attributes:
        manifest: The plan.
        match: Which of its matches.
    """

    manifest: ArenaManifest
    match: Match

    @cached_property
    def label(self) -> str:
        """Who sits where, `seat_1` first."""
        return " / ".join(self.match.labels)

    @property
    def is_script(self) -> bool:
        """True: matches belong to their job."""
        return True

    @cached_property
    def specs(self) -> dict[str, AgentSpec]:
        """The agents' specifications by label."""
        return {
            label: AgentSpec.model_validate({key: agent[key] for key in agent if key != "label"})
            for label, agent in zip(self.manifest.labels, self.manifest.agents, strict=True)
        }

    def record(self) -> dict[str, Any]:
        """Return what the match's record says of who plays."""
        return self.manifest.line_up(self.match)

    def hiring(self, hires: Mapping[str, Hire]) -> Hire:
        """Return what hires the agent of each seat.

        Args:
            hires: By label.
        """

        def hire(seed: int, seat: str = "") -> Agent:
            place = int(seat.removeprefix("seat_"))
            return hires[self.match.labels[place - 1]](seat_seed(seed, place), "")

        return hire


def seat_seed(seed: int, place: int) -> int:
    """Return the seed of the chance of the agent in a seat, in [0, 2**31)."""
    return int.from_bytes(blake2b(b"%d in seat %d" % (seed, place), digest_size=4).digest()) >> 1


def draw_up_arena(
    scenario: Scenario, agents: Sequence[AgentSpec], pool: Sequence[str], seeds: Sequence[int]
) -> ArenaManifest:
    """Plan the matches between agents; the same agent may be named twice.

    Args:
        scenario: Of a job that is a contest; it gets as many seats as there are agents.
        agents: Who plays.
        pool: Scripts of the job that play too and anchor the ratings.
        seeds: The worlds.

    Raises:
        UsageError: If there are too few or too many agents, the pool is unknown to the job, or
            dollars are limited and a price is unknown, or a sub-agent is named.
    """
    check_sub_agents(scenario, agents)
    check_prices(scenario, agents)
    entrants = [*agents, *(AgentSpec(name=name) for name in pool)]
    if not 2 <= len(entrants) <= MOST_AGENTS:
        raise UsageError(
            f"{scenario.id} is a contest of 2 to {MOST_AGENTS} agents, and there would be "
            f"{len(entrants)}{f', {len(pool)} of them the pool' if pool else ''}. Every --agent is "
            "one; the same agent may be named twice."
        )
    if strangers := [name for name in pool if name not in scenario.job.policies]:
        raise UsageError(f"The pool's {strangers[0]!r} is no script of {scenario.id}.")
    appointed = [appoint(agent, scenario.job) for agent in entrants]
    labels = list(_told_apart([agent.label for agent in entrants]))
    parameters = {**scenario.parameters, "seats": len(entrants)}
    return ArenaManifest(
        scenario=scenario.model_copy(update={"parameters": parameters}),
        agents=[
            {"label": label, **agent.record()}
            for label, agent in zip(labels, appointed, strict=True)
        ],
        pool=labels[len(agents) :],
        seeds=list(seeds),
    )


def _told_apart(labels: Sequence[str]) -> Iterator[str]:
    """Yield the labels, a number behind those that have been there: `naive`, `naive-2`."""
    seen: Counter[str] = Counter()
    for label in labels:
        seen[label] += 1
        yield f"{label}-{seen[label]}" if seen[label] > 1 else label


def default_arena_folder(manifest: ArenaManifest) -> Path:
    """Return the folder of a plan, so that the same command finds its own run again."""
    return folder_for(manifest.scenario.id, _contents_of(manifest))


def check_arena_folder(folder: Path, manifest: ArenaManifest) -> ArenaManifest:
    """See that a folder is free for a plan, or holds it already; return the plan as it is held.

    Raises:
        UsageError: If it holds another plan (the message says what differs), or other things.
    """
    if not (folder / FILE_NAME).exists():
        check_free(folder, "an arena run")
        return manifest
    held = ArenaManifest.read(folder)
    check_same(folder, _contents_of(held), _contents_of(manifest))
    return held


@contextmanager
def settled_arena(folder: Path, manifest: ArenaManifest) -> Iterator[None]:
    """Hold a folder with its manifest, so that no other process plays in it at the same time.

    Raises:
        UsageError: If another process plays there, or what `check_arena_folder` raises.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        check_arena_folder(folder, manifest)
        write_if_new(folder, FILE_NAME, manifest)
        yield


def match_assignments(folder: Path, manifest: ArenaManifest) -> list[Assignment]:
    """Return the planned matches as episodes, seed by seed."""
    return [
        Assignment(manifest.scenario, LineUp(manifest, match), match.seed, folder / match.path)
        for match in manifest.matches()
    ]


def _contents_of(manifest: ArenaManifest) -> dict[str, Any]:
    """Return what makes two plans the same; the version of Tenure does not."""
    return {
        "scenario": manifest.scenario.model_dump(mode="json"),
        "agents": [unpriced(agent) for agent in manifest.agents],
        "pool": manifest.pool,
        "seeds": manifest.seeds,
    }
