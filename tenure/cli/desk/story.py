"""What a person has read and done: scenes, words for completion, and what was given before.

It holds nothing but the briefing's texts, the observations and the person's own actions, so
nothing that an agent may not know can be shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tenure.cli.desk.line import told_action
from tenure.cli.terminal import printable
from tenure.envs.tools import Mistake, Toolbox

MOST_PHRASES = 20_000
"""Beyond it the oldest are forgotten."""

_TAB_CHARS = 4
_BULLET = re.compile(r"^\s*(?:[-*]|\d+[.)]|\[[^\]]*\])\s+")
_SEPARATOR = re.compile(r"[:;,()<>\[\]{}\"]|\s-\s")
_WORD = re.compile(r"[\w.+-]+@[\w.-]+\w|\w[\w.'/-]{2,}\w")
_LONGEST_PHRASE = 60
_MOST_WORDS = 7


@dataclass(frozen=True, slots=True)
class Scene:
    """What the person did, and what was read then.

    Attributes:
        number: How many actions came before it; 0 for the opening.
        call: The action as a line; empty for the opening.
        text: What was read, ready to be shown.
        seat: Who acted, in a world with several seats.
    """

    number: int
    call: str
    text: str
    seat: str = ""


class Story:
    """Everything of one episode that the person knows."""

    def __init__(self) -> None:
        self.scenes: list[Scene] = []
        self.lines: list[str] = []
        """What was done, as lines of the command line, oldest first."""
        self._actions = 0
        self._pending = ("", "")
        self._given: dict[str, dict[str, Any]] = {}
        self._values: dict[tuple[str, str], dict[str, None]] = {}
        self._phrases: dict[str, None] = {}

    @property
    def actions(self) -> int:
        """How many actions were taken."""
        return self._actions

    @property
    def stamp(self) -> str:
        """The last line of the newest text, which tells when it is."""
        return self.scenes[-1].text.rpartition("\n")[2].strip("[]") if self.scenes else ""

    def hear(self, observation: str) -> Scene:
        """Take in what is read, and return the scene."""
        call, seat = self._pending
        scene = Scene(self._actions, call, legible(observation), seat)
        self.scenes.append(scene)
        for phrase in phrases(scene.text):
            _renew(self._phrases, phrase)
        while len(self._phrases) > MOST_PHRASES:
            del self._phrases[next(iter(self._phrases))]
        return scene

    def act(self, action: str, toolbox: Toolbox, seat: str = "") -> None:
        """Take note of what the person did."""
        line = told_action(action, toolbox)
        self._actions += 1
        self._pending = (legible(line), seat)
        self.lines.append(line)
        parsed = toolbox.parse(action)
        if not isinstance(parsed, Mistake):
            self._remember(parsed[0].name, orjson.loads(action).get("arguments", {}))

    def given(self, tool: str) -> Mapping[str, Any]:
        """Return the arguments that a tool was given last; empty if it was not used."""
        return self._given.get(tool, {})

    def seen(self, tool: str, argument: str) -> Iterable[str]:
        """Yield texts that may be meant for an argument: given before, then read; newest first."""
        yield from reversed(self._values.get((tool, argument), {}))
        yield from reversed(self._phrases)

    def _remember(self, tool: str, arguments: Mapping[str, Any]) -> None:
        self._given[tool] = dict(arguments)
        for name, value in arguments.items():
            if isinstance(value, str) and "\n" not in value:
                _renew(self._values.setdefault((tool, name), {}), value)


def legible(text: str) -> str:
    """Return a text that a terminal shows as it is: no control characters, no tabs."""
    return printable(text.replace("\r\n", "\n").expandtabs(_TAB_CHARS))


def phrases(text: str) -> Iterable[str]:
    """Yield the names, addresses and words of a text that one may want to type again."""
    for line in text.splitlines():
        for part in _SEPARATOR.split(_BULLET.sub("", line)):
            words = part.split()
            if 1 < len(words) <= _MOST_WORDS and len(part) <= _LONGEST_PHRASE:
                yield " ".join(words).rstrip(".")
        yield from _WORD.findall(line)


def _renew(seen: dict[str, None], text: str) -> None:
    """Make a text the newest."""
    seen.pop(text, None)
    seen[text] = None
