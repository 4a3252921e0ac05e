"""What stops a run between two answers: what the whole run may take, or a person who ends it.

Nothing that was paid for is lost: who is waiting for an answer records it and stops then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tenure.scenarios import Limits
from tenure.scoring.limits import Meter
from tenure.scoring.records import Episode

GRACE_S = 60
"""How long a person who ends a run waits at most for answers that are paid for."""
LONG_GRACE_S = 600
"""The same where a limit ends it, and nobody waits: as long as one request may take."""
_MOST_TURNS = 10**9


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may take, over all commands that played it; `None` is no limit.

    It is no part of the plan: whoever raises it goes on.

    Attributes:
        turns: Steps of all episodes.
        tokens: Tokens that models read and write.
        usd: US dollars for models.
        minutes: Minutes by the clock, of this command alone.
    """

    turns: int | None = None
    tokens: int | None = None
    usd: float | None = None
    minutes: float | None = None

    @property
    def counts_before(self) -> bool:
        """Whether what earlier commands recorded matters."""
        return self != Budget(minutes=self.minutes)


class Brake:
    """Stops all episodes of a run, each before it asks again.

    Args:
        budget: Pulls the brake once it is used up.

    Attributes:
        reason: Why it was pulled: a field of `Budget` that is used up, `untold` if an answer did
            not tell what is limited, or the word of who pulled it; empty while it was not.
    """

    def __init__(self, budget: Budget | None = None) -> None:
        self.budget = budget or Budget()
        self.reason = ""
        self._grace_s: float = GRACE_S
        self._pulled = asyncio.Event()
        self._meter = _metering(self.budget)

    @property
    def spent(self) -> dict[str, float | None]:
        """What was counted so far, by the fields of `Budget`; `None` if an answer did not tell."""
        meter = self._meter
        return {
            "turns": meter.steps,
            "tokens": None if "tokens" in meter.unknown else meter.tokens,
            "usd": None if "usd" in meter.unknown else meter.usd,
        }

    @property
    def untold(self) -> str:
        """What is limited and was not told of some answer; empty if all was."""
        return self._meter.untold

    def pull(self, reason: str, grace_s: float = GRACE_S) -> None:
        """Stop the run; the first reason stays.

        Args:
            reason: Why.
            grace_s: How long answers under way are waited for at most, in seconds.
        """
        if not self.reason:
            self.reason, self._grace_s = reason, grace_s
            self._pulled.set()

    def count(self, exchange: Mapping[str, Any] | None, outside: Mapping[str, Any]) -> None:
        """Count a recorded step, and stop the run if that uses up its budget."""
        self._meter.add(exchange, outside)
        self._heed_the_meter()

    def count_elsewhere(self, used: Meter) -> None:
        """Count steps that were recorded elsewhere, likewise."""
        self._meter.merge(used)
        self._heed_the_meter()

    def hand_over(self) -> Meter:
        """Return what was counted since the last call, for another brake to count."""
        used, self._meter = self._meter, _metering(self.budget)
        return used

    def _heed_the_meter(self) -> None:
        if reached := self._meter.reached:
            self.pull("turns" if reached == "steps" else reached, LONG_GRACE_S)
        elif self._meter.untold:
            self.pull("untold", LONG_GRACE_S)

    def count_before(self, episode: Episode) -> None:
        """Count what was recorded before."""
        for step in episode.own_steps:
            self.count(step.get("exchange"), step.get("outside", {}))

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Let the budget's minutes pass by the clock."""
        if self.budget.minutes is None:
            yield
            return
        seconds = self.budget.minutes * 60
        timer = asyncio.get_running_loop().call_later(seconds, self.pull, "minutes")
        try:
            yield
        finally:
            timer.cancel()

    async def pulled(self) -> tuple[str, float]:
        """Wait until it is pulled; return why, and how long answers are waited for then."""
        await self._pulled.wait()
        return self.reason, self._grace_s

    async def attend(self, tasks: Collection[asyncio.Task[Any]]) -> None:
        """Wait for tasks; once the brake is pulled for a while only, and then cancel them."""
        if not tasks:
            return
        everybody = asyncio.ensure_future(asyncio.wait(tasks))
        pulled = asyncio.ensure_future(self._pulled.wait())
        try:
            await asyncio.wait({everybody, pulled}, return_when=asyncio.FIRST_COMPLETED)
            if not everybody.done():
                await asyncio.wait({everybody}, timeout=self._grace_s)
        finally:
            everybody.cancel()
            pulled.cancel()
        for task in tasks:
            task.cancel()


def _metering(budget: Budget) -> Meter:
    return Meter(
        Limits(steps=budget.turns or _MOST_TURNS, tokens=budget.tokens, usd=budget.usd),
    )
