"""A relay: an agent whose actions come from somebody outside, such as a person or a client.

The runner plays it like any other agent. Whoever plays it from outside, in the same event loop,
reads and acts:

    reception = Reception()
    place = partial(play_here, staffing=reception.staff)
    running = asyncio.create_task(run(folder, manifest, watcher, Conditions(place=place)))
    relay = await reception.next()
    heard = await relay.hear()
    while not heard.ended:
        heard = await relay.do(answer(heard.observation))
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from tenure.agents.contract import Turn
from tenure.agents.spec import AgentSpec
from tenure.envs.jobs import Briefing, Job
from tenure.errors import ProviderError

if TYPE_CHECKING:
    from tenure.agents import Hire
    from tenure.agents.network import Network

_STOPPED = "The episode was stopped; run again to resume it."
REMEMBERED_TURNS = 20
"""How many of the latest turns are kept for whoever takes over."""


class Heard(NamedTuple):
    """What is to be read next.

    Attributes:
        observation: What the last action led to; at first the opening.
        steps: How many steps the episode has behind it.
        ended: Why the episode is over; empty while it goes on.
    """

    observation: str
    steps: int
    ended: str = ""


class Relay:
    """Hands each observation out and waits for an action, however long that takes.

    To be made and used in a running event loop.

    Args:
        seat: Where it works, in a world with several seats.

    Attributes:
        seat: As given.
        briefing: What there is to know of the job; there as soon as `hear` has returned.
        past: The latest turns, oldest first: what was read, and the action that answered it.
    """

    briefing: Briefing

    def __init__(self, seat: str = "") -> None:
        self.seat = seat
        self.past: deque[tuple[str, str]] = deque(maxlen=REMEMBERED_TURNS)
        self._steps = 0
        self._ended = False
        self._gone: ProviderError | None = None
        self._turn: asyncio.Future[Turn] | None = None
        self._heard: asyncio.Future[Heard] = _future()
        self._one_at_a_time = asyncio.Lock()

    # --- for the runner --------------------------------------------------------------------------

    def begin(self, briefing: Briefing) -> None:
        self.briefing = briefing

    async def act(self, observation: str) -> Turn:
        if self._gone:
            raise self._gone
        self._turn = _future()
        self._heard.set_result(Heard(observation, self._steps))
        turn = await self._turn
        self.recall(observation, turn)
        return turn

    def recall(self, observation: str, turn: Turn) -> None:
        self.past.append((observation, turn.action))
        self._steps += 1

    def end(self, observation: str, reason: str) -> None:
        self._ended = True
        self._heard.set_result(Heard(observation, self._steps, reason))

    @property
    def over(self) -> bool:
        """Whether the episode has come to its end."""
        return self._ended

    async def close(self) -> None:
        """Tell whoever still plays that nothing follows; after a proper end they know."""
        if not self._ended:
            self._expect_news()
            self._heard.set_exception(self._gone or ProviderError(_STOPPED))
            self._heard.exception()  # it may be that nobody asks any more

    # --- for whoever plays -----------------------------------------------------------------------

    async def hear(self) -> Heard:
        """Return what is to be read, as soon as it is there; the same until the next action.

        Raises:
            ProviderError: If the episode was stopped before its end.
        """
        return await asyncio.shield(self._heard)

    async def do(self, action: str, exchange: Mapping[str, Any] | None = None) -> Heard:
        """Take a step and return what it led to.

        Calls that come while a step is under way are taken one after another. Who is cancelled
        while it waits for the answer has taken the step all the same; `hear` has the answer.

        Args:
            action: JSON text of a tool call; any other text is a faulty step.
            exchange: What is to be recorded beside it; see `Turn`.

        Returns:
            What it led to; unchanged if the episode was over before.

        Raises:
            ProviderError: If the episode was stopped before its end.
        """
        async with self._one_at_a_time:
            heard = await self.hear()
            if heard.ended or self._turn is None:
                return heard
            self._expect_news()
            self._turn.set_result(Turn(action, exchange))
            return await self.hear()

    def leave(self, reason: str) -> None:
        """Stop playing: the episode stays unfinished and can be resumed; nothing if it is over.

        Args:
            reason: A sentence for the person who started the run.
        """
        self._gone = ProviderError(reason)
        if self._turn and not self._turn.done():
            self._expect_news()
            self._turn.set_exception(self._gone)

    def _expect_news(self) -> None:
        if self._heard.done():
            self._heard = _future()


class Reception:
    """Where the relays of a run wait for whoever plays them, in the order of the plan."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Relay | None] = asyncio.Queue()
        self._relays: list[Relay] = []
        self._closed = ""

    @asynccontextmanager
    async def staff(
        self,
        spec: AgentSpec,  # noqa: ARG002  as in tenure.agents.staff
        job: Job,  # noqa: ARG002
        network: Network | None = None,  # noqa: ARG002
    ) -> AsyncIterator[Hire]:
        """Take the place of `tenure.agents.staff` in a run whose agents all come from outside."""
        yield self._hire

    async def next(self) -> Relay:
        """Return the relay of the next episode, as soon as that begins.

        Raises:
            ProviderError: If none will.
        """
        relay = await self._waiting.get()
        if relay is None:
            self._waiting.put_nowait(None)  # the others who wait are told too
            raise ProviderError(self._closed)
        return relay

    @property
    def over(self) -> bool:
        """Whether nobody plays: all that began is over, or was left."""
        began = bool(self._relays) and all(relay.over for relay in self._relays)
        return began or bool(self._closed)

    def close(self, reason: str) -> None:
        """Leave all episodes that are not over, those to come too.

        Args:
            reason: A sentence for the person who started the run, and for whoever waits.
        """
        self._closed = reason
        self._waiting.put_nowait(None)
        for relay in self._relays:
            relay.leave(reason)

    def _hire(self, seed: int, seat: str = "") -> Relay:  # noqa: ARG002  they bring their own chance
        relay = Relay(seat)
        self._relays.append(relay)
        self._waiting.put_nowait(relay)
        if self._closed:
            relay.leave(self._closed)
        return relay


def _future() -> asyncio.Future[Any]:
    return asyncio.get_running_loop().create_future()
