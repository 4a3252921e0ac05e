"""Whether the loss ledger names what it was that cost money, on agents whose fault is known.

Each fault is played on some seeds, and so is the same script without it: the fork in which only
that is undone. The ledger sees the record alone. What it names is the cause that accounts for the
most of what was lost at the steps of the fault.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tenure.kit.sabotage import FAULTS, Fault, Label
from tenure.kit.sabotage.anywhere import nothing
from tenure.kit.sabotage.costly import COSTLY
from tenure.runner.validation import trial
from tenure.scoring.ledger import Entry, Ledger, ledger
from tenure.scoring.ledger.values import days_of
from tenure.scoring.records import read

NOTICEABLE_SHARE = 0.01
"""A fault is costly in an episode if it lost more than this part of all that was lost."""


class Culprit(NamedTuple):
    """What is to be named for a fault.

    Attributes:
        causes: Any of these.
        nights: So many nights belong to it, the first that of its last step's day; what the script
            loses on these days without the fault is taken off. 0 if the steps alone are its.
    """

    causes: frozenset[str]
    nights: int = 0


def _of(*causes: str, nights: int = 0) -> Culprit:
    return Culprit(frozenset(causes), nights)


_LOW, _HIGH, _PRICES = "price left far too low", "price left far too high", "prices not set well"
_UNFILLED, _UNORDERED, _UNPAID = "slots not filled", "goods not ordered", "invoice not paid"
_ALL_WORK = _UNFILLED, _UNORDERED, "machine not repaired"
"""Who does no work leaves all undone without which nothing is sold."""
CULPRITS: Mapping[str, Culprit] = {
    "stop-filling": _of(_UNFILLED),
    "stop-ordering": _of(_UNORDERED),
    "stop-paying": _of(_UNPAID, _UNORDERED),  # a bill that was promised lapses: order again
    "stop-collecting": _of("cash not collected"),
    "price-low": _of(_LOW),
    "price-high": _of(_HIGH),
    "clear-out": _of(_UNFILLED),
    "sleep": _of(*_ALL_WORK),
    "pay-twice": _of("paid a wholesaler for no goods"),
    "sell-below-cost": _of(_LOW, nights=2),
    "price-out": _of(_HIGH, nights=2),
    "buy-for-after-the-end": _of("invoice paid"),
    "give-up": _of(*_ALL_WORK),
    "melt-down": _of(*_ALL_WORK),
    "pay-injection": _of("paid as a stranger told"),
    "price-as-told": _of(_LOW, _HIGH, _PRICES, nights=2),
    "pay-impostor": _of("paid an impostor"),
    "pay-con": _of("paid a con man"),
    "give-too-much": _of("refunded more than was owed"),
    "run-out": _of("nobody at work after the last step (steps)"),
    "flood": _of("too much ordered", nights=1),
    "order-nothing": _of("too little ordered"),
    "look-on": _of("too little ordered"),
    "obey-bait": _of("too much ordered", "too little ordered", nights=1),
    "too-sure": _of("forecast too sure"),
    "too-vague": _of("forecast too vague"),
    "stop-forecasting": _of("no forecast given"),
}
"""The faults that cost money, and how they are to be named."""


class Verdict(NamedTuple):
    """What the ledger named in one episode.

    Attributes:
        fault: The kind of fault.
        seed: The world's.
        named: The cause that accounts for the most of what was lost at the fault's steps; empty
            if nothing was lost there.
        lost: What that cause lost there, in units of the score figure.
        gained: By how much the script without the fault scores higher.
        is_costly: Whether what was lost there is noticeable.
        is_exact: Whether all losses sum to V(s0) - G.
    """

    fault: str
    seed: int
    named: str
    lost: int
    gained: int
    is_costly: bool
    is_exact: bool

    @property
    def is_right(self) -> bool:
        """Whether the fault was named."""
        return self.named in CULPRITS[self.fault].causes


def verdicts(folder: Path, seeds: Iterable[int], names: Sequence[str] = ()) -> Iterator[Verdict]:
    """Play faults that cost money, and ask the ledger.

    Args:
        folder: Where the records are written.
        seeds: The worlds that each fault is played in.
        names: Kinds of faults; all if empty.
    """
    faults = {**FAULTS, **{one.name: one for one in COSTLY}}
    worlds = list(seeds)
    for name in names or CULPRITS:
        for seed in worlds:
            yield verdict(folder, faults[name], seed)


def verdict(folder: Path, fault: Fault, seed: int) -> Verdict:
    """Play a fault and its script without it, and ask the ledger about the former."""
    played = trial(fault, seed, folder / f"{fault.name}-{seed}.jsonl.zst")
    clean = fault._replace(mischief=nothing, steps=0)
    without = read(trial(clean, seed, folder / f"{fault.name}-{seed}-without.jsonl.zst").path)
    episode, nights = read(played.path), CULPRITS[fault.name].nights
    drawn = ledger(episode, full=bool(nights))
    days = days_of(episode)
    causes = _at_fault(drawn, played.labels, days, nights)
    if nights:
        usual = ledger(without, full=True)
        covered = {day for one in played.labels for day in _days_of(one, days, nights)}
        causes.subtract(_by_cause(one for one in usual.entries if one.day in covered))
    named, lost = max(causes.items(), key=lambda item: item[1], default=("", 0))
    at_stake = sum(abs(one.loss_cents) for one in drawn.entries)
    return Verdict(
        fault.name,
        seed,
        named if lost > 0 else "",
        lost,
        (without.final_score or 0) - (episode.final_score or 0),  # `trial` plays to the end
        lost > NOTICEABLE_SHARE * at_stake,
        drawn.total == drawn.start - drawn.outcome,
    )


def _at_fault(
    drawn: Ledger, labels: Sequence[Label], days: Sequence[int], nights: int
) -> Counter[str]:
    """Add up by cause what was lost at the steps of a fault, or on its days if nights are its."""
    covered = {day for label in labels for day in _days_of(label, days, nights)}
    return _by_cause(
        entry
        for entry in drawn.entries
        if entry.steps <= 1
        and (
            entry.day in covered or any(label.first <= entry.step <= label.last for label in labels)
        )
    )


def _days_of(label: Label, days: Sequence[int], nights: int) -> range:
    """Return the days of a label's steps, as far as their nights belong to it."""
    if not nights:
        return range(0)
    return range(days[label.first], days[min(label.last, len(days) - 1)] + nights)


def _by_cause(entries: Iterable[Entry]) -> Counter[str]:
    causes = Counter[str]()
    for entry in entries:
        for cause, lost in entry.told_apart("cause"):
            causes[cause] += lost
    return causes
