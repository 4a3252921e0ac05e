"""A scripted agent with a fault: it works as the script does until it misbehaves, and says so.

A mischief is a generator that is asked before every call of the script. It yields `None` to let the
script have its way, or a `Deed`. It may look into the world, so it knows what it does; it never
changes the world but through actions.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tenure.envs.chance import Chance, below
from tenure.envs.clock import day_of
from tenure.envs.tools import ToolCall

EXCHANGE: Mapping[str, Any] = {
    "model": "none",
    "usage": None,
    "cost_usd": None,
    "latency_ms": 0,
    "finish": "tool_calls",
}
"""What a record says of a model's turn; no model acts here."""


class Label(NamedTuple):
    """What is known to be wrong.

    Attributes:
        code: The class of the failure.
        first: The step from which on it may be found.
        last: The last step at which it may be found.
        last_day: The last day on which it may; 1 is the first. The later of the two counts.
    """

    code: str
    first: int
    last: int
    last_day: int = 0

    def covers(self, code: str, step: int, day: int) -> bool:
        """Tell whether a detection is this failure."""
        return (
            code == self.code and step >= self.first and (step <= self.last or day <= self.last_day)
        )


class Deed(NamedTuple):
    """What is done instead of the script's next call, or before it.

    Attributes:
        call: A call; `None` for the script's own, with the words.
        text: An action that is no call.
        said: What is said beside it.
        drops: Whether the script's own call is dropped: it is told this one's answer.
        exchange: What else the record says of the turn.
    """

    call: ToolCall | None = None
    text: str = ""
    said: str = ""
    drops: bool = False
    exchange: Mapping[str, Any] = {}


@dataclass
class Stage:
    """An episode as a mischief sees it.

    Attributes:
        world: The world; only to be looked at.
        chance: Draws what is left to chance.
        waits: The tool that lets time pass.
        n: The number of the next step.
        pending: The script's next call.
        heard: What the latest step led to.
        is_morning: Whether the script's next call is its first of a day.
        is_suppressed: Calls of the script that are not to be made; it hears that they failed.
        labels: What was done wrong.
        paid: Payments of the script that were made.
    """

    world: Any  # a job's own, which the mischief knows
    chance: Chance
    waits: str
    n: int = 0
    pending: ToolCall = field(default_factory=lambda: ToolCall(""))
    heard: str = ""
    is_morning: bool = False
    is_suppressed: Callable[[ToolCall], bool] = lambda _: False
    labels: list[Label] = field(default_factory=list)
    paid: list[ToolCall] = field(default_factory=list)

    @property
    def day(self) -> int:
        """Today; 1 is the first."""
        return day_of(self.world.state.now_minutes) + 1

    @property
    def is_evening(self) -> bool:
        """Whether the script is about to let time pass."""
        return self.pending.name == self.waits

    def draw(self, low: int, high: int, purpose: str = "onset") -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + below(self.chance.word(f"sabotage {purpose}"), high - low + 1)

    def pick(self, words: Sequence[str]) -> str:
        """Choose one of several ways to say something; the seed's number goes round them."""
        return words[self.chance.seed % len(words)]

    def label(self, code: str, steps: int = 1, *, last_day: int = 0) -> None:
        """Write down that the next steps are wrong."""
        self.labels.append(Label(code, self.n, self.n + steps - 1, last_day))


Mischief = Callable[[Stage], Generator[Deed | None, None, None]]


class Fault(NamedTuple):
    """A kind of fault.

    Attributes:
        name: A few words, with hyphens.
        code: The class of failure that it is.
        scenario: In which scenario it is played.
        base: The script that works otherwise.
        mischief: What is done.
        parameters: What differs in the scenario.
        also: Classes that follow from it, where both are right.
        steps: The limit of steps; 0 for the scenario's.
    """

    name: str
    code: str
    scenario: str
    base: str
    mischief: Mischief
    parameters: Mapping[str, Any] = {}
    also: tuple[str, ...] = ()
    steps: int = 0


class Action(NamedTuple):
    """What an agent gives: the action, and the exchange to record, if it spoke."""

    action: str
    exchange: Mapping[str, Any] | None


def perform(
    stage: Stage, script: Callable[[str], str], mischief: Mischief, opening: str
) -> Iterator[Action]:
    """Yield the actions of a script with a fault; `stage.heard` must be set after each.

    Args:
        stage: The episode; its `n` and `heard` are moved on by who plays.
        script: Is told what was heard, and returns the next action.
        mischief: The fault.
        opening: What is heard first.
    """
    trouble = mischief(stage)
    heard, day = opening, stage.day
    while True:
        stage.pending = _next_call(stage, script, heard)
        stage.is_morning, day = stage.day != day, stage.day
        deed = next(trouble, None)
        while deed is not None and not _is_own(deed):
            yield _acted(deed)
            if deed.drops:
                break
            deed = next(trouble, None)
        if deed is None or _is_own(deed):
            yield Action(stage.pending.to_json(), _spoken(deed) if deed else None)
            if stage.pending.name == "send_payment" and not stage.heard.startswith("Error"):
                stage.paid.append(stage.pending)
        heard = stage.heard


def _next_call(stage: Stage, script: Callable[[str], str], heard: str) -> ToolCall:
    """Return the script's next call that is not suppressed."""
    import orjson

    while True:
        said = orjson.loads(script(heard))
        call = ToolCall(said["name"], said.get("arguments", {}))
        if not stage.is_suppressed(call):
            return call
        heard = f"Error: it did not work.\n{stage.world.stamp()}"


def _is_own(deed: Deed) -> bool:
    """Tell whether a deed is the script's own call with words."""
    return deed.call is None and not deed.text


def _acted(deed: Deed) -> Action:
    action = deed.call.to_json() if deed.call else deed.text
    spoken = deed.said or deed.text or deed.exchange
    return Action(action, _spoken(deed) if spoken else None)


def _spoken(deed: Deed) -> Mapping[str, Any]:
    message = {"role": "assistant", "content": deed.said or deed.text}
    return {"message": message, **EXCHANGE, **deed.exchange}
