"""The gate before one endpoint: requests wait here for their turn."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import NamedTuple

from tenure.agents.network.clock import Clock
from tenure.agents.network.limits import MAX_HOLD_S, Limits, Queue
from tenure.agents.network.patience import OutOfPatience, Patience


class _Waiter(NamedTuple):
    """A request in line.

    Attributes:
        turn: Is done when it may go.
        most_held_s: How long the endpoint may have been held in all before it gives up.
    """

    turn: asyncio.Future[None]
    most_held_s: float


class Gate:
    """Lets requests to one endpoint go as its limits, its wishes and fairness allow.

    Args:
        limits: What the endpoint may be asked.
        clock: By which they wait.
    """

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._clock = clock
        self._queue = Queue(limits)
        self._waiters: dict[int, _Waiter] = {}
        self._alarm: asyncio.Handle | None = None
        self._alarm_s = math.inf

    @asynccontextmanager
    async def passage(
        self, client: Hashable, tokens: int, patience: Patience
    ) -> AsyncIterator[None]:
        """Wait for the turn of a client's request, and keep its place while it is under way.

        Args:
            client: Whose request it is.
            tokens: How many tokens it may cost.
            patience: How long it may be held; what was held of that is spent.

        Raises:
            OutOfPatience: If it would be held longer.
        """
        await self._enter(client, tokens, patience)
        try:
            yield
        finally:
            self._queue.leave()
            self._let_go()

    def hold(self, seconds: float) -> None:
        """Let no request go for so long; a wish beyond `MAX_HOLD_S` is not heeded."""
        if 0 < seconds <= MAX_HOLD_S:
            now_s = self._clock.time()
            self._queue.hold(now_s, now_s + seconds)
            self._let_give_up()

    def correct(self, tokens: int) -> None:
        """Learn that a request used so many tokens more than was said, or less if negative."""
        self._queue.correct(tokens)
        self._let_go()

    async def _enter(self, client: Hashable, tokens: int, patience: Patience) -> None:
        held_s = self._queue.held_s(self._clock.time())
        waiter = _Waiter(asyncio.get_running_loop().create_future(), held_s + patience.left_s)
        if waiter.most_held_s < self._queue.holds_s:
            raise OutOfPatience
        number = self._queue.join(client, tokens)
        self._waiters[number] = waiter
        self._let_go()
        try:
            await waiter.turn
        except asyncio.CancelledError:
            self._withdraw(number, waiter.turn)
            raise
        finally:
            patience.spend(self._queue.held_s(self._clock.time()) - held_s)

    def _withdraw(self, number: int, turn: asyncio.Future[None]) -> None:
        """Leave the line, or give the turn back if it had just come."""
        if self._waiters.pop(number, None) is not None:
            self._queue.give_up(number)
        elif not turn.cancelled() and turn.exception() is None:
            self._queue.leave()
        self._let_go()

    def _let_give_up(self) -> None:
        """Send away those that would be held longer than they may."""
        held_s = self._queue.holds_s
        for number in [n for n, one in self._waiters.items() if one.most_held_s < held_s]:
            turn = self._waiters.pop(number).turn
            self._queue.give_up(number)
            if not turn.cancelled():
                turn.set_exception(OutOfPatience())

    def _let_go(self) -> None:
        """Let go whoever may, and come back when the next one may."""
        now_s = self._clock.time()
        while (number := self._queue.admit(now_s)) is not None:
            turn = self._waiters.pop(number).turn
            if turn.cancelled():  # its task has not been told yet
                self._queue.leave()
            else:
                turn.set_result(None)
        self._set_alarm()

    def _set_alarm(self) -> None:
        due_s = self._queue.ready_s if self._waiters else math.inf
        if self._alarm is not None:
            if self._alarm_s == due_s:
                return
            self._alarm.cancel()
            self._alarm = None
        if due_s < math.inf:
            self._alarm, self._alarm_s = self._clock.call_at(due_s, self._ring), due_s

    def _ring(self) -> None:
        self._alarm = None
        self._let_go()
