"""The ledger: what an episode's decisions cost, step by step, and sums of it that are exact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self

OTHER_DAYS = "(whole days)"
"""What the sums call days that were not resolved into steps."""
NOBODY = "(nobody at work)"
"""What they call the time between the last step and the end."""


class Share(NamedTuple):
    """A part of a loss that one thing among several accounts for.

    Attributes:
        product: What it was about, if the job tells.
        counterparty: With whom.
        cause: In which way.
        loss_cents: The part, negative where leaving it undone was better.
    """

    product: str
    counterparty: str
    cause: str
    loss_cents: int


class Entry(NamedTuple):
    """A step, or several that were not told apart, and what it cost.

    Attributes:
        step: The first step, from 0; for the time after the last step, how many there were.
        steps: How many: 1 for a decision, more for a day that was not resolved, 0 for the time
            after the last step.
        day: On which day, 1 for the first.
        tool: What was called; empty for several steps, and for an action that is no call.
        product: What it was about, if the job tells.
        counterparty: With whom.
        cause: In which way, in a few words; losses of one cause can be added up.
        loss_cents: By how much it lowered the score that the reference would reach, in units of
            the score figure. Negative where it did better than the reference would have.
        known: The figures that the agent could see before, by name.
        did: What was done; where the day passed, after the latest changes that were made on it.
        would: What the reference would have done from there until the day was over.
        luckless: The mean loss over other futures, of a decision for which they were asked for.
        error: Its standard error.
        at_hand: What the agent's tools would have shown besides, by name, in words.
        shares: How the loss is shared among several causes; they sum to it exactly, and `product`,
            `counterparty` and `cause` are those of the largest. Empty where there is one cause.
    """

    step: int
    steps: int
    day: int
    tool: str = ""
    product: str = ""
    counterparty: str = ""
    cause: str = ""
    loss_cents: int = 0
    known: Mapping[str, int] = {}
    did: str = ""
    would: tuple[str, ...] = ()
    luckless: float | None = None
    error: float | None = None
    at_hand: Mapping[str, str] = {}
    shares: tuple[Share, ...] = ()

    @property
    def is_decision(self) -> bool:
        """Whether it is one step."""
        return self.steps == 1

    def told_apart(self, key: str) -> list[tuple[str, int]]:
        """Return the loss by a field, share by share where it is shared."""
        if self.shares and key in Share._fields:
            return [(getattr(part, key), part.loss_cents) for part in self.shares]
        if key == "tool" and not self.is_decision:
            return [(OTHER_DAYS if self.steps else NOBODY, self.loss_cents)]
        return [(str(getattr(self, key)), self.loss_cents)]


@dataclass(frozen=True)
class Decisive:
    """Which step decided whether the outcome reached a bar.

    Attributes:
        bar: The score to be reached.
        bar_name: What it is, in words.
        reached: Whether the outcome reached it as things were.
        step: The earliest step whose correction lifts the outcome to the bar or over it; `None` if
            the bar was reached, or no correction of one suffices.
        outcome: The score after that correction.
        last_chance: The last moment known, by the number of the step that follows, at which the
            reference could still have reached the bar; `None` if it never could.
        tried: Of how many steps the correction was tried; of a long episode the dearest alone.
    """

    bar: int
    bar_name: str
    reached: bool
    step: int | None = None
    outcome: int | None = None
    last_chance: int | None = None
    tried: int = 0


@dataclass(frozen=True)
class Ledger:
    """What an episode's decisions cost.

    Attributes:
        scenario: Its id.
        agent: Its name.
        seed: The world's.
        head: The hash of the last record: which episode it was.
        tenure: The version that computed this.
        score: The figure that is lost, such as `bank_cents`.
        start: What the reference reaches from the first moment on: V(s0).
        outcome: What the episode reached: G; of one that is unfinished, what the reference reaches
            from its last moment on.
        complete: Whether the episode is finished.
        entries: In the order of the steps; their losses sum to `start - outcome` exactly.
        decisive: The decisive step.
        futures: How many other futures the entries with a `luckless` loss were averaged over.
    """

    scenario: str
    agent: str
    seed: int
    head: str
    tenure: str
    score: str
    start: int
    outcome: int
    complete: bool
    entries: tuple[Entry, ...]
    decisive: Decisive
    futures: int = 0

    @property
    def total(self) -> int:
        """The sum of all losses; always `start - outcome`."""
        return sum(entry.loss_cents for entry in self.entries)

    def worst(self, count: int = 10) -> list[Entry]:
        """Return the most expensive decisions, the worst first; the earlier of equal ones first."""
        found = [entry for entry in self.entries if entry.is_decision and entry.loss_cents > 0]
        return sorted(found, key=lambda entry: (-entry.loss_cents, entry.step))[:count]

    def sums(self, key: str) -> dict[str, int]:
        """Return total losses by a field of the entries, the largest first.

        Args:
            key: `day`, `tool`, `product`, `counterparty` or `cause`. Entries that say nothing of
                it count under an empty text; together the sums are the total. A loss that is
                shared among causes counts share by share.
        """
        sums: dict[str, int] = {}
        for entry in self.entries:
            for name, cents in entry.told_apart(key):
                sums[name] = sums.get(name, 0) + cents
        return dict(sorted(sums.items(), key=lambda item: (-abs(item[1]), item[0])))

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        plain = asdict(self)
        plain["entries"] = [_plain(entry) for entry in self.entries]
        return {**plain, "total": self.total}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Return what `to_json` was made of."""
        values = {name: value for name, value in plain.items() if name != "total"}
        values["entries"] = tuple(map(_entry, plain["entries"]))
        values["decisive"] = Decisive(**plain["decisive"])
        return cls(**values)


def _plain(entry: Entry) -> dict[str, Any]:
    values = {**entry._asdict(), "shares": [part._asdict() for part in entry.shares]}
    return {name: value for name, value in values.items() if value not in ("", None, [], {})}


def _entry(plain: Mapping[str, Any]) -> Entry:
    shares = tuple(Share(**part) for part in plain.get("shares", ()))
    return Entry(**{**plain, "would": tuple(plain.get("would", ())), "shares": shares})


Progress = Callable[[str], None]
"""Is told in a few words what is being computed."""
