"""An episode as a reader follows it: who did what when, what it changed, and what came back.

A record's `text` is what the seat reads that acts *next*. With one seat that is the answer to the
action beside it. With several, the answer stands some records further down; here every action and
its answer are together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from tenure.envs.clock import day_of
from tenure.scoring import speech
from tenure.scoring.records import Episode, StepRecord


class Call(NamedTuple):
    """A tool call: the tool's name, and arguments that may be anything JSON can say."""

    name: str
    arguments: Any

    @property
    def text(self) -> str:
        """The call as a programmer writes it, such as `set_price(slot='A1', cents=150)`."""
        if not isinstance(self.arguments, dict):
            return f"{self.name}({self.arguments!r})"
        given = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        return f"{self.name}({given})"

    def to_json(self) -> str:
        """Return the call as an agent writes it that wastes no space."""
        return orjson.dumps({"name": self.name, "arguments": self.arguments}).decode()


class Scene(NamedTuple):
    """One step.

    Attributes:
        step: Its record.
        began: The simulated minute in which the agent acted.
        opening: What its seat read before, if this is its first turn; else empty.
        call: What it called; `None` if the action is no call, of whatever tool.
        answer: What its seat read next; `None` if that never came.
        changes: Figures that this step changed, by name: their values before and after.
        figures: All figures after the step, by name.
    """

    step: StepRecord
    began: int
    opening: str
    call: Call | None
    answer: str | None
    changes: Mapping[str, tuple[int, int]]
    figures: Mapping[str, int]

    @property
    def day(self) -> int:
        """The day on which the agent acted; 1 is the first, as agents are told it."""
        return day_of(self.began) + 1

    @property
    def exchange(self) -> Mapping[str, Any]:
        """What passed between the agent and its model; empty if nothing did."""
        return self.step.get("exchange") or {}

    @property
    def said(self) -> str:
        """What a model wrote beside its calls; empty if nothing, or if no model acted."""
        return speech.said(self.exchange.get("message"))

    @property
    def reasoning(self) -> str:
        """What a model thought before, as far as its provider shows it; else empty."""
        return speech.reasoning(self.exchange.get("message"))

    @property
    def summaries(self) -> list[str]:
        """What the model wrote of the turns that went from its sight before it acted."""
        found = self.exchange.get("summaries")
        summaries = found if isinstance(found, list) else []
        texts = (one.get("text") for one in summaries if isinstance(one, dict))
        return [text for text in texts if text and isinstance(text, str)]


def scenes(episode: Episode) -> Iterator[Scene]:
    """Yield the steps of an episode, finished or not, in their order."""
    openings, answers = _heard(episode)
    minute = episode.header["minute"]
    figures = dict(zip(episode.figure_names, episode.header["measured"], strict=True))
    for n, step in enumerate(episode.steps):
        new = step.get("figures", {})
        changes = {name: (figures.get(name, 0), value) for name, value in new.items()}
        figures = figures | new
        call = call_of(step)
        yield Scene(step, minute, openings.get(n, ""), call, answers.get(n), changes, figures)
        minute = step["minute"]


def call_of(step: StepRecord) -> Call | None:
    """Return what a step calls, whether or not there is such a tool.

    `None` if it is no call, or one nested so deeply that JSON's writers refuse it.
    """
    if step.get("fault") == "malformed":
        return None
    try:
        said = orjson.loads(step["action"])
        call = Call(str(said["name"]), said.get("arguments", {}))
        call.to_json()
    except (ValueError, LookupError, TypeError, AttributeError):
        return None  # whatever the record claims
    return call


def _heard(episode: Episode) -> tuple[dict[int, str], dict[int, str]]:
    """Return what seats read before their first step and after each, by the number of the step."""
    openings: dict[int, str] = {}
    answers: dict[int, str] = {}
    latest: dict[str, int] = {}
    text = episode.header["opening"]
    for n, step in enumerate(episode.steps):
        seat = step.get("seat", "")
        if seat in latest:
            answers[latest[seat]] = text
        else:
            openings[n] = text
        latest[seat], text = n, step["text"]
    if episode.steps:
        answers[len(episode.steps) - 1] = text
    return openings, answers
