"""A person at work: reads what a model would read, and takes as long as it takes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from tenure.agents import Hire
from tenure.agents.contract import Turn
from tenure.envs.jobs import Briefing


class Desk(Protocol):
    """Where a person sits: is told what an agent is told, and asked for what to do."""

    def briefed(self, seat: str, briefing: Briefing) -> None:
        """Learn the job of a seat; called once a seat, before anything else of it."""

    def recalled(self, seat: str, observation: str, action: str) -> None:
        """Take note of a recorded turn, when an episode goes on."""

    async def asked(self, seat: str, observation: str) -> Turn:
        """Show an observation and wait for what the person does.

        Returns:
            The action; the exchange tells how long it took, see `spent`.
        """

    def ended(self, observation: str) -> None:
        """Show what the last action led to; told once for each seat that was taken."""


class Person:
    """A person in one seat of one episode.

    Args:
        desk: Where the person sits.
        seat: Which seat of the world, if it has several.
    """

    def __init__(self, desk: Desk, seat: str = "") -> None:
        self._desk = desk
        self._seat = seat

    def begin(self, briefing: Briefing) -> None:
        self._desk.briefed(self._seat, briefing)

    async def act(self, observation: str) -> Turn:
        return await self._desk.asked(self._seat, observation)

    def recall(self, observation: str, turn: Turn) -> None:
        self._desk.recalled(self._seat, observation, turn.action)

    def end(self, observation: str, reason: str) -> None:
        del reason
        self._desk.ended(observation)

    async def close(self) -> None:
        pass


@asynccontextmanager
async def seated(desk: Desk) -> AsyncIterator[Hire]:
    """Hire the person at a desk for every seat, in place of `tenure.agents.staff`."""
    yield lambda _, seat="": Person(desk, seat)


def spent(latency_ms: int, active_ms: int) -> dict[str, int]:
    """Return the exchange of a person's turn.

    Args:
        latency_ms: From when the observation was shown to the action, in milliseconds of the
            real clock. Time while the episode was closed is no part of it.
        active_ms: The same without long pauses.
    """
    return {"latency_ms": latency_ms, "active_ms": active_ms}
