"""The gate before one endpoint: requests wait here for their turn."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from tenure.agents.network.limits import MAX_HOLD_S, Limits, Queue


class Gate:
    """Lets requests to one endpoint go as its limits, its wishes and fairness allow.

    Args:
        limits: What the endpoint may be asked.
    """

    def __init__(self, limits: Limits) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue = Queue(limits)
        self._waiters: dict[int, asyncio.Future[None]] = {}
        self._alarm: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def passage(self, client: Hashable, tokens: int) -> AsyncIterator[None]:
        """Wait for the turn of a client's request, and keep its place while it is under way."""
        await self._enter(client, tokens)
        try:
            yield
        finally:
            self._queue.leave()
            self._let_go()

    def hold(self, seconds: float) -> None:
        """Let no request go for so long; a wish beyond `MAX_HOLD_S` is not heeded."""
        if 0 < seconds <= MAX_HOLD_S:
            self._queue.hold(self._loop.time() + seconds)

    def correct(self, tokens: int) -> None:
        """Learn that a request used so many tokens more than was said, or less if negative."""
        self._queue.correct(tokens)
        self._let_go()

    async def _enter(self, client: Hashable, tokens: int) -> None:
        number = self._queue.join(client, tokens)
        waiter = self._waiters[number] = self._loop.create_future()
        self._let_go()
        try:
            await waiter
        except asyncio.CancelledError:
            self._withdraw(number, waiter)
            raise

    def _withdraw(self, number: int, waiter: asyncio.Future[None]) -> None:
        """Leave the line, or give the turn back if it had just come."""
        if self._waiters.pop(number, None) is not None:
            self._queue.give_up(number)
        elif not waiter.cancelled():
            self._queue.leave()
        self._let_go()

    def _let_go(self) -> None:
        """Let go whoever may, and come back when the next one may."""
        now_s = self._loop.time()
        while (number := self._queue.admit(now_s)) is not None:
            waiter = self._waiters.pop(number)
            if waiter.cancelled():  # its task has not been told yet
                self._queue.leave()
            else:
                waiter.set_result(None)
        self._set_alarm()

    def _set_alarm(self) -> None:
        due_s = self._queue.ready_s if self._waiters else math.inf
        if self._alarm is not None:
            if self._alarm.when() == due_s:
                return
            self._alarm.cancel()
            self._alarm = None
        if due_s < math.inf:
            self._alarm = self._loop.call_at(due_s, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        self._let_go()
