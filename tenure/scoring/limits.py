"""What an episode has used of its limits: a function of its recorded steps alone.

So the runner that ends an episode, the one that resumes it and the replay that verifies it agree.

| limit | what counts |
|---|---|
| `steps` | tool calls, faulty ones included |
| `tokens` | those that models read (cached ones included) and wrote (reasoning included) |
| `usd` | what their answers cost, each rounded to a billionth of a dollar |
| `minutes` | `latency_ms` of every answer, also of answers given at the same time |

All seats of an episode count together, and so does its voice, except for minutes: how long a voice
took is not recorded. Pauses between retries, failed requests and our own queues are in no
`latency_ms`, so they do not count. The step whose answer crosses a line is taken and counts; what
else its message holds is not taken, as at the limit of steps. Steps that a fork has from its
parent count as steps, and what they cost does not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenure.envs.world import NOTHING
from tenure.scenarios import Limits

MOST_TOKENS_A_CALL = 10**9
MOST_USD_A_CALL = 10**6
"""No call takes more. What claims to is unknown, and sums stay numbers that JSON can hold."""

_NANOUSD = 10**9
_MOST_LATENCY_MS = 10**12
_MS_A_MINUTE = 60_000


class Meter:
    """Counts what the steps of an episode use.

    Attributes:
        steps: How many were counted.
        tokens: Read and written by models.
        nanousd: What models cost, in billionths of a dollar.
        latency_ms: How long answers were waited for.
        unknown: Which limits some answer did not tell of; the counts are those of the others.
    """

    def __init__(self, limits: Limits) -> None:
        self.steps = self.tokens = self.nanousd = self.latency_ms = 0
        self._most = limits.steps
        self._lines = _lines(limits)
        self.unknown: set[str] = set()

    @property
    def reached(self) -> str:
        """The first limit that is reached, in the order of the table; empty if none is."""
        if self.steps >= self._most:
            return "steps"
        if self._lines:
            used = {"tokens": self.tokens, "usd": self.nanousd, "minutes": self.latency_ms}
            return next((name for name, line in self._lines.items() if used[name] >= line), "")
        return ""

    @property
    def usd(self) -> float:
        """What models cost, in dollars."""
        return self.nanousd / _NANOUSD

    @property
    def untold(self) -> str:
        """What is limited and was not told of some answer; empty if all was.

        An episode that is not over cannot go on then: the limit could not be kept.
        """
        return next((name for name in self._lines if name in self.unknown), "")

    def add_step(
        self,
        exchange: Mapping[str, Any] | None,
        outside: Mapping[str, Any],
        *,
        inherited: bool,
    ) -> None:
        """Count a step of an episode; one that a fork has from its parent has cost it nothing."""
        if inherited:
            self.add(None)
        else:
            self.add(exchange, outside)

    def add(self, exchange: Mapping[str, Any] | None, outside: Mapping[str, Any] = NOTHING) -> None:
        """Count one step.

        Args:
            exchange: What passed between the agent and its model; `None` if nothing did.
            outside: What came in beside the action; the voice's answers are in it.
        """
        self.steps += 1
        if exchange is not None:
            self._pay(exchange)
            self.latency_ms += self._known("minutes", _told_latency_ms(exchange))
        if isinstance(voice := outside.get("voice"), dict):
            self._pay(voice)

    def merge(self, other: Meter) -> None:
        """Count what another meter has counted."""
        self.steps += other.steps
        self.tokens += other.tokens
        self.nanousd += other.nanousd
        self.latency_ms += other.latency_ms
        self.unknown |= other.unknown

    def _pay(self, bill: Mapping[str, Any]) -> None:
        self.tokens += self._known("tokens", told_tokens(bill))
        self.nanousd += self._known("usd", told_nanousd(bill))

    def _known(self, name: str, told: int | None) -> int:
        if told is None:
            self.unknown.add(name)
        return told or 0


def _lines(limits: Limits) -> dict[str, int]:
    """Return the limits but for that of steps, in the units of a `Meter`."""
    lines: dict[str, int] = {}
    if limits.tokens is not None:
        lines["tokens"] = limits.tokens
    if limits.usd is not None:
        lines["usd"] = nanousd(limits.usd)
    if limits.minutes is not None:
        lines["minutes"] = max(1, round(limits.minutes * _MS_A_MINUTE))
    return lines


def nanousd(usd: float) -> int:
    """Return dollars as billionths, at least one: sums of whole numbers lose nothing."""
    return max(1, round(usd * _NANOUSD))


def told_tokens(bill: Mapping[str, Any]) -> int | None:
    """Return the tokens that an exchange or a voice tells of; `None` if it does not."""
    usage = bill.get("usage")
    if not isinstance(usage, dict):
        return None
    read, written = told_count(usage, "input_tokens"), told_count(usage, "output_tokens")
    return None if read is None or written is None else read + written


def told_nanousd(bill: Mapping[str, Any]) -> int | None:
    """Return the price that an exchange or a voice tells of; `None` if it does not."""
    usd = told_usd(bill)
    return None if usd is None else round(usd * _NANOUSD)


def told_usd(bill: Mapping[str, Any]) -> float | None:
    """Return the same in dollars."""
    value = bill.get("cost_usd")
    if type(value) is not float and type(value) is not int:
        return None
    return float(value) if 0 <= value <= MOST_USD_A_CALL else None


def told_count(usage: Mapping[str, Any], name: str) -> int | None:
    """Return one of the counts of a `usage`; `None` if it tells of none."""
    value = usage.get(name)
    return value if type(value) is int and 0 <= value <= MOST_TOKENS_A_CALL else None


def _told_latency_ms(exchange: Mapping[str, Any]) -> int | None:
    value = exchange.get("latency_ms")
    return value if type(value) is int and 0 <= value <= _MOST_LATENCY_MS else None
