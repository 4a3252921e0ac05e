"""What an agent's model calls took: tokens and dollars, in all and by seat.

What a provider did not report, or cannot be, is unknown and never 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from tenure.scoring.limits import told_count, told_usd
from tenure.scoring.records import StepRecord
from tenure.scoring.written import Part

MAIN_SEAT = "main"
"""What the seat without a name is called among others."""

_TOKEN_PARTS = ("cached", "cache_write", "reasoning")


class Tokens(Part):
    """Tokens of all model calls.

    `cached` (read from a cache) and `cache_write` (written to one) are parts of `input`,
    `reasoning` of `output`.
    """

    input: int = 0
    cached: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0


class Spending(Part):
    """What an agent's model calls took.

    Attributes:
        model_calls: Turns that a model answered.
        tokens: All tokens; `None` if the provider did not report those of every call.
        known_tokens: The tokens that were reported.
        cost_usd: The whole cost; `None` if the price of any call is unknown.
        known_cost_usd: The part of the cost that is known.
        seats: The same by seat, `main` for that without a name; empty where one seat alone acted,
            or no model at all.
    """

    model_calls: int
    tokens: Tokens | None
    known_tokens: Tokens
    cost_usd: float | None
    known_cost_usd: float
    seats: dict[str, Spending] = Field(default_factory=dict)

    @model_serializer(mode="wrap")
    def _without_seats_if_one(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = written(self)
        if not self.seats:
            content.pop("seats", None)
        return content


def spending(steps: Iterable[StepRecord]) -> Spending:
    """Add up what the model calls of some steps took, in all and by seat."""
    by_seat: dict[str, list[StepRecord]] = {}
    for step in steps:
        by_seat.setdefault(step.get("seat", MAIN_SEAT), []).append(step)
    return _added_up({seat: _spending(own) for seat, own in by_seat.items()})


def added(parts: Iterable[Spending]) -> Spending:
    """Add up what episodes took, in all and by seat."""
    by_seat: dict[str, list[Spending]] = {}
    for part in parts:
        for seat, own in (part.seats or {MAIN_SEAT: part}).items():
            by_seat.setdefault(seat, []).append(own)
    return _added_up({seat: _total(own) for seat, own in by_seat.items()})


def tokens_of(exchange: Mapping[str, Any]) -> Tokens | None:
    """Return what a provider reported: input and output must be there, the parts of them need not.

    `None` if it is unknown, or no number that a call can have.
    """
    usage = exchange.get("usage")
    if not isinstance(usage, dict):
        return None
    given, written = told_count(usage, "input_tokens"), told_count(usage, "output_tokens")
    if given is None or written is None:
        return None
    parts = {name: told_count(usage, f"{name}_tokens") or 0 for name in _TOKEN_PARTS}
    return Tokens(input=given, output=written, **parts)


def _added_up(seats: Mapping[str, Spending]) -> Spending:
    """Return what seats took together, and by seat if there are several and a model acted."""
    total = _total(list(seats.values()))
    if len(seats) > 1 and total.model_calls:
        return total.model_copy(update={"seats": dict(seats)})
    return total


def _spending(steps: Iterable[StepRecord]) -> Spending:
    exchanges = [step["exchange"] for step in steps if _asked_a_model(step)]
    usages = [tokens_of(exchange) for exchange in exchanges]
    known = _sum_tokens(usage for usage in usages if usage is not None)
    costs = [told_usd(exchange) for exchange in exchanges]
    known_cost = sum(cost for cost in costs if cost is not None)
    return Spending(
        model_calls=sum(map(_calls, exchanges)),
        tokens=None if None in usages else known,
        known_tokens=known,
        cost_usd=None if None in costs else known_cost,
        known_cost_usd=known_cost,
    )


def _calls(exchange: Mapping[str, Any]) -> int:
    """Count the requests that were answered in a turn: the turn's own, and those for summaries."""
    summaries = exchange.get("summaries")
    if not isinstance(summaries, list):
        return 1
    return 1 + sum(isinstance(one, dict) and "usage" in one for one in summaries)


def _asked_a_model(step: StepRecord) -> bool:
    """Tell whether a turn was a model's; a person's exchange tells only how long it took."""
    return "exchange" in step and "active_ms" not in step["exchange"]


def _total(parts: Sequence[Spending]) -> Spending:
    known_cost = sum(part.known_cost_usd for part in parts)
    known_tokens = _sum_tokens(part.known_tokens for part in parts)
    return Spending(
        model_calls=sum(part.model_calls for part in parts),
        tokens=None if any(part.tokens is None for part in parts) else known_tokens,
        known_tokens=known_tokens,
        cost_usd=None if any(part.cost_usd is None for part in parts) else known_cost,
        known_cost_usd=known_cost,
    )


def _sum_tokens(parts: Iterable[Tokens]) -> Tokens:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part.model_dump())
    return Tokens(**total)
