"""The manifest of a run: which episodes were planned, before any was played."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple, Self, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tenure import __version__
from tenure.envs.chance import OWN_FUTURE, Future
from tenure.errors import UsageError
from tenure.scenarios import Scenario
from tenure.scoring.files import write_whole
from tenure.scoring.records import HIGHEST_SEED, Episode

FILE_NAME = "run.json"
SUITE_FILE_NAME = "suite.json"
ARENA_FILE_NAME = "arena.json"
EPISODES = "episodes"
SUFFIX = ".jsonl.zst"
PARENT = f"parent{SUFFIX}"
"""Where the folder of a fork keeps the record that it continues."""
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")

_Plan = TypeVar("_Plan", bound=BaseModel)


class Slot(NamedTuple):
    """A planned episode: whose, on which seed, and its 0-based attempt on it."""

    label: str
    seed: int
    attempt: int = 0


class Origin(BaseModel):
    """Where the episodes of a fork come from.

    Attributes:
        hash: Running hash of the parent's record before the step: 64 hex digits.
        step: The first step that is taken anew, from 0.
        agent: The specification of who took the steps before it.
        context: Whether the agent begins there (`fresh`), or remembers all before (`kept`).
        action: What is done at the step in place of what an agent would do.
        future_day: The first 0-based day of other futures.
        futures: The numbers of the futures that attempts meet in turn; none for the seed's own.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    hash: str = Field(pattern="^[0-9a-f]{64}$")
    step: int = Field(ge=0)
    agent: dict[str, Any]
    context: Literal["fresh", "kept"] = "fresh"
    action: str | None = None
    future_day: int = Field(default=0, ge=0)
    futures: list[int] = []

    def future(self, attempt: int) -> Future:
        """Return the future that an attempt meets."""
        if not self.futures:
            return OWN_FUTURE
        return Future(self.futures[attempt % len(self.futures)], self.future_day)

    def record(self, attempt: int) -> dict[str, Any]:
        """Return the header's `parent` of an attempt."""
        told: dict[str, Any] = {
            "hash": self.hash,
            "step": self.step,
            "agent": self.agent,
            "context": self.context,
        }
        if self.action is not None:
            told["action"] = self.action
        if self.futures:
            told["future"] = self.future(attempt)._asdict()
        return told


class Manifest(BaseModel):
    """What a run plans: every agent plays every seed of one scenario.

    Raises:
        UsageError: If labels or seeds are not unique, or not such as files can be named by.

    Attributes:
        agents: The agents' specifications. `name` is needed; `label` names the agent's folder
            and, when left out, is made from the name.
        seeds: The worlds' seeds, each once.
        voice: The specification of the model that words what counterparts say; `None` for the
            world's own words.
        attempts: How many episodes an agent plays on each seed.
        origin: Of a fork, where its episodes come from.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal["tenure.run"] = "tenure.run"
    version: Literal[1] = 1
    tenure: str = __version__
    scenario: Scenario
    agents: list[dict[str, Any]] = Field(min_length=1)
    seeds: list[int] = Field(min_length=1)
    voice: dict[str, Any] | None = None
    attempts: int = Field(default=1, ge=1)
    origin: Origin | None = None

    @model_validator(mode="after")
    def _check_plan(self) -> Self:
        if not all(_is_named(one) for one in (*self.agents, *filter(None, [self.voice]))):
            raise UsageError("Every agent needs a name, and so does a voice.")
        for label in self.labels:
            check_label(label)
        for seed in self.seeds:
            check_seed(seed)
        for what, values in (("label", self.labels), ("seed", self.seeds)):
            for value, count in Counter(values).items():
                if count > 1:
                    raise UsageError(f"The {what} {value!r} is there {count} times.")
        return self

    @property
    def labels(self) -> list[str]:
        """The agents' labels, in the order of `agents`."""
        return [label_of(agent) for agent in self.agents]

    def planned(self) -> Iterator[Slot]:
        """Yield each planned episode."""
        for label in self.labels:
            for seed in self.seeds:
                for attempt in range(self.attempts):
                    yield Slot(label, seed, attempt)

    def agent(self, label: str) -> dict[str, Any]:
        """Return the specification with a label."""
        return self.agents[self.labels.index(label)]

    def episode_path(self, agent_label: str, seed: int, attempt: int = 0) -> PurePosixPath:
        """Return where an episode's trajectory stands, relative to the run folder."""
        again = f"-attempt-{attempt}" if attempt else ""
        return PurePosixPath(EPISODES, agent_label, f"seed-{seed}{again}{SUFFIX}")

    def disagreement(self, slot: Slot, episode: Episode) -> str:
        """Tell how an episode differs from the one that was planned; empty if it does not."""
        header = episode.header
        if header["scenario"] != self.scenario.model_dump(mode="json"):
            return f"it was played on another scenario ({episode.scenario_id})"
        if episode.seed != slot.seed:
            return f"it was played on seed {episode.seed}, not {slot.seed}"
        if _without_label(header["agent"]) != _without_label(self.agent(slot.label)):
            return f"it was played by another agent ({episode.agent_name!r})"
        if header.get("voice") != self.voice:
            return "what counterparts say was not worded as planned"
        return self._other_place(episode, slot.attempt)

    def _other_place(self, episode: Episode, attempt: int) -> str:
        """Tell if an episode is another attempt, or goes on from elsewhere, than was planned."""
        if episode.attempt != attempt:
            return f"it was attempt {episode.attempt}, not {attempt}"
        if episode.header.get("parent") != (self.origin.record(attempt) if self.origin else None):
            return "it does not go on from where the plan says"
        return ""

    def write(self, run_dir: Path) -> None:
        """Write `run.json`."""
        content = self.model_dump(mode="json", exclude=self._unsaid)
        run_dir.mkdir(parents=True, exist_ok=True)
        whole = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        write_whole(run_dir / FILE_NAME, whole)

    @property
    def _unsaid(self) -> set[str]:
        """The fields that say nothing in a plain run."""
        return {
            *(() if self.attempts > 1 else ("attempts",)),
            *(() if self.origin else ("origin",)),
        }

    @classmethod
    def read(cls, run_dir: Path) -> Self:
        """Read `run.json`.

        Raises:
            UsageError: If the folder holds no run, or one that this version cannot read.
        """
        path = run_dir / FILE_NAME
        if (run_dir / SUITE_FILE_NAME).is_file():
            runs = ", ".join(str(path.parent) for path in sorted(run_dir.glob(f"*/*/{FILE_NAME}")))
            raise UsageError(
                f"{run_dir} is the run of a whole suite. Name one of its runs: {runs}."
            )
        if (run_dir / ARENA_FILE_NAME).is_file():
            raise UsageError(
                f"{run_dir} is the run of a contest, whose ratings hold among those who met; "
                "this takes runs in which each agent plays alone."
            )
        if not path.is_file():
            raise UsageError(f"{run_dir} is not a run: it has no {FILE_NAME}.")
        return read_plan(cls, path)


def read_plan(model: type[_Plan], path: Path) -> _Plan:
    """Read the file of a plan, which is there.

    Raises:
        UsageError: If this version cannot read it; the message says where.
    """
    try:
        return model.model_validate_json(path.read_bytes())
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in detail["loc"])
        raise UsageError(f"{path}: {where or 'content'}: {detail['msg']}.") from None
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def check_label(label: str) -> None:
    """See that a label can name a folder.

    Raises:
        UsageError: If it cannot.
    """
    if not _SAFE.fullmatch(label):
        raise UsageError(f"The label {label!r} cannot name a folder.")


def check_seed(seed: int) -> None:
    """See that a seed is one that records hold.

    Raises:
        UsageError: If it is not.
    """
    if not 0 <= seed <= HIGHEST_SEED:
        raise UsageError(f"The seed {seed} is not between 0 and {HIGHEST_SEED}.")


def label_of(agent: dict[str, Any]) -> str:
    """Return an agent's label: the one it has, or its name made safe for file systems."""
    if "label" in agent:
        return str(agent["label"])
    return re.sub(r"[^a-z0-9._-]+", "-", str(agent["name"]).lower()).strip("-.")


def _is_named(agent: Mapping[str, Any]) -> bool:
    name = agent.get("name")
    return isinstance(name, str) and bool(name)


def _without_label(agent: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in agent.items() if key != "label"}
