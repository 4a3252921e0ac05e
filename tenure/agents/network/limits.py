"""What one endpoint may be asked, and whose turn it is; no I/O and no clock.

Times are seconds on any clock that only goes forward.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import NamedTuple

MAX_HOLD_S = 600
"""An endpoint that asks everybody to wait longer is not waited for: its requests fail at once."""
_MINUTE_S = 60
_SLACK_S = 1
"""How much lost time a pace makes up for at once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What all episodes of a run together may ask of one endpoint; `None` is no limit.

    Attributes:
        requests_per_minute: Requests begun in any 60 seconds, >= 1.
        tokens_per_minute: Tokens read and written in any 60 seconds, >= 1; the largest single
            request may go beyond it.
        max_connections: Requests under way at a time, >= 1.
    """

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    max_connections: int | None = None


UNLIMITED = Limits()


class Pace:
    """An even flow of so much a minute.

    Whoever comes pays afterwards: the next may come when what was spent has flowed by. With a cost
    of 1 each no 60 seconds see more than the rate. (The generic cell rate algorithm, with a
    tolerance of a second; ITU-T I.371.)

    Args:
        per_minute: The rate; `None` for no limit.
    """

    def __init__(self, per_minute: int | None) -> None:
        self._seconds_each = (_MINUTE_S + _SLACK_S) / per_minute if per_minute else 0.0
        self._paid_until_s = -math.inf

    @property
    def ready_s(self) -> float:
        """The earliest time at which somebody may come."""
        return self._paid_until_s - _SLACK_S

    def spend(self, now_s: float, cost: int) -> None:
        """Let somebody come who costs so much."""
        self._paid_until_s = max(self._paid_until_s, now_s) + cost * self._seconds_each

    def correct(self, cost: int) -> None:
        """Learn that something cost so much more, or less if negative."""
        self._paid_until_s += cost * self._seconds_each


class _Ticket(NamedTuple):
    """A place in the queue: the smallest goes first."""

    start: int
    number: int
    client: Hashable
    tokens: int


class Queue:
    """Who may ask an endpoint next, and when.

    Clients take turns: of those that wait, the one served least since they all wait goes first, and
    among equals the one that has waited longest (start-time fair queueing; Goyal, Vin and Cheng,
    1996). A client that comes late, or back, gains no credit for the time it asked nothing.

    Args:
        limits: What the endpoint may be asked.
    """

    def __init__(self, limits: Limits) -> None:
        self._requests = Pace(limits.requests_per_minute)
        self._tokens = Pace(limits.tokens_per_minute)
        self._room = limits.max_connections or math.inf
        self._held_until_s = -math.inf
        self.holds_s = 0.0
        """For how long nobody could or can go for being held, in all; also what is to come."""
        self._waiting: list[_Ticket] = []
        self._gone: set[int] = set()
        self._turns: dict[Hashable, int] = {}
        self._turn = 0
        self._number = 0

    def __len__(self) -> int:
        return len(self._waiting) - len(self._gone)

    @property
    def ready_s(self) -> float:
        """The earliest time at which the first may go; infinity while all connections are used."""
        if self._room <= 0:
            return math.inf
        return max(self._requests.ready_s, self._tokens.ready_s, self._held_until_s)

    def join(self, client: Hashable, tokens: int) -> int:
        """Stand in line with a request of so many tokens; return its number."""
        self._number += 1
        start = max(self._turn, self._turns.get(client, 0))
        self._turns[client] = start + 1
        heappush(self._waiting, _Ticket(start, self._number, client, tokens))
        return self._number

    def give_up(self, number: int) -> None:
        """Leave the line."""
        self._gone.add(number)

    def admit(self, now_s: float) -> int | None:
        """Let the first in line go if it may; return its number, else `None`."""
        self._forget_the_gone()
        if not self._waiting or now_s < self.ready_s:
            return None
        ticket = heappop(self._waiting)
        self._turn = ticket.start
        self._spend(now_s, ticket.tokens)
        if not self._waiting:  # with nobody there to compare with, all are equal again
            self._turns.clear()
            self._turn = 0
        return ticket.number

    def leave(self) -> None:
        """A request that was let go is over."""
        self._room += 1

    def correct(self, tokens: int) -> None:
        """Learn that a request used so many tokens more than was said, or less if negative."""
        self._tokens.correct(tokens)

    def hold(self, now_s: float, until_s: float) -> None:
        """Let nobody go before a time; an earlier one changes nothing."""
        longer_s = until_s - max(self._held_until_s, now_s)
        if longer_s > 0:
            self.holds_s += longer_s
            self._held_until_s = until_s

    def held_s(self, now_s: float) -> float:
        """Return for how long nobody could go for being held, in all and so far."""
        return self.holds_s - max(0.0, self._held_until_s - now_s)

    def _spend(self, now_s: float, tokens: int) -> None:
        self._requests.spend(now_s, 1)
        self._tokens.spend(now_s, tokens)
        self._room -= 1

    def _forget_the_gone(self) -> None:
        while self._waiting and self._waiting[0].number in self._gone:
            self._gone.discard(heappop(self._waiting).number)
