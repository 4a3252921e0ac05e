"""Sends requests to one address, and again where they failed in passing.

What a response means is its reader's affair: it returns what it read, or raises `Passing` or `Odd`
if the request is to be repeated, and anything else if it is not.
"""

from __future__ import annotations

import logging
import random
import socket
from collections.abc import Callable, Mapping
from typing import TypeVar

import httpx

from tenure.agents.network import Network
from tenure.agents.network.limits import MAX_HOLD_S
from tenure.agents.network.patience import MAX_WAIT_S, OutOfPatience, Patience
from tenure.agents.wire import NO_SECRET, Secret
from tenure.errors import ProviderError

FIRST_PAUSE_S = 1
"""The pause before the first repetition; each is twice the last, plus up to a second of chance."""
MAX_PAUSE_S = 60
"""The longest pause of our own choosing."""
UNREACHED_RETRIES = 2
"""How often at most an address is tried again at which nobody was met so far."""
ODD_RETRIES = 3
"""How often at most an address is asked again that keeps sending the same nonsense."""

_LOGGER = logging.getLogger("tenure.agents")
_PASSING_STATUSES = {408, 409, 425, 429}
_MAX_FAILURE_CHARS = 160

Read = TypeVar("Read")


class Passing(Exception):  # noqa: N818  it is caught where requests are repeated
    """A failure that may pass; its text ends the sentence "It failed because ...".

    Attributes:
        retry_after_s: How long the other side asks to wait, or `None`.
    """

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class Odd(Passing):
    """What came was no answer, and no error that says when to ask again."""


class _Unreached(Passing):
    """There was no connection to be had."""


class Sender:
    """What one agent asks of one address.

    Args:
        network: Carries the requests.
        url: Where to.
        headers: Of every request, beside `Host` and `Content-Length`.
        timeout_s: How long one answer may take.
        max_retries: How often a request is repeated.
        secret: In no reason of a failure.
    """

    def __init__(
        self,
        network: Network,
        url: str,
        headers: Mapping[str, str],
        *,
        timeout_s: float,
        max_retries: int,
        secret: Secret = NO_SECRET,
    ) -> None:
        self._network = network
        self._url = url
        self._headers = headers
        self._timeout_s = timeout_s
        self._max_retries = max_retries
        self._secret = secret
        self._reached = False

    async def send(
        self, body: bytes | Callable[[], bytes], read: Callable[[httpx.Response], Read]
    ) -> tuple[Read, tuple[str, ...]]:
        """Send a body until there is an answer to it.

        Args:
            body: As `Network.post` takes it.
            read: Reads a response.

        Returns:
            What `read` made of the response, and why the attempts before it failed, each in a few
            words.

        Raises:
            ProviderError: If it failed too often, or would have to wait longer than is waited.
        """
        patience = Patience()
        failures: list[Passing] = []
        while True:
            try:
                answer = read(await self._post(body, patience))
            except Passing as failure:
                failures.append(failure)
            except OutOfPatience:
                raise self._impatience(failures) from None
            else:
                return answer, tuple(map(_in_short, failures))
            await self._pause(failures, patience)

    async def _post(self, body: bytes | Callable[[], bytes], patience: Patience) -> httpx.Response:
        try:
            response = await self._network.post(
                self._url, body, self._headers, self._timeout_s, repeatable=True, patience=patience
            )
        except TimeoutError:
            raise Passing(f"it did not answer within {self._timeout_s:g} s") from None
        except httpx.ConnectError as error:
            raise _Unreached(self._secret.hidden(_why_unreached(error))) from None
        except httpx.TransportError as error:
            reason = f"{type(error).__name__}: {error}".rstrip(": ")
            raise Passing(f"the connection failed ({self._secret.hidden(reason)})") from None
        except httpx.DecodingError:
            raise Passing("it sent a damaged compressed body") from None
        self._reached = True
        return response

    async def _pause(self, failures: list[Passing], patience: Patience) -> None:
        """Wait before the next attempt, if there is to be one."""
        last, retries = failures[-1], self._retries(failures)
        if len(failures) > retries:
            times = f" {len(failures)} times, the last time" if len(failures) > 1 else ""
            raise ProviderError(
                f"{self._url} failed{times} because {last}. Run again to resume the episode."
            )
        pause_s = _pause_s(failures)
        if pause_s > MAX_HOLD_S:
            raise ProviderError(
                f"{self._url} asks to wait {pause_s:,.0f} s, and no more than {MAX_HOLD_S} s are"
                f" waited at a time: {last}. Run again after that to resume the episode."
            )
        if pause_s > patience.left_s:
            raise self._impatience(failures)
        if len(failures) > 1:  # most failures are mended by the first repetition
            retry = f"retry {len(failures)} of {retries}"
            _LOGGER.warning("%s; %s in %.0f s", last, retry, pause_s)
        patience.spend(pause_s)
        await self._network.clock.sleep(pause_s)

    def _retries(self, failures: list[Passing]) -> int:
        """Return how often to try again: seldom where the address itself seems to be wrong."""
        if isinstance(failures[-1], _Unreached) and not self._reached:
            return min(UNREACHED_RETRIES, self._max_retries)
        if isinstance(failures[-1], Odd) and _repeats(failures) > ODD_RETRIES:
            return 0
        return self._max_retries

    def _impatience(self, failures: list[Passing]) -> ProviderError:
        last = f" The last time it failed because {failures[-1]}." if failures else ""
        return ProviderError(
            f"{self._url} keeps this request waiting: with pauses, wishes to wait and attempts that"
            f" failed it would be more than {MAX_WAIT_S:,} s in all.{last} Run again later to"
            " resume the episode."
        )


def is_passing(status: int) -> bool:
    """Tell whether an HTTP status says that the same request may succeed later."""
    return status in _PASSING_STATUSES or status >= 500


def _pause_s(failures: list[Passing]) -> float:
    wish_s = failures[-1].retry_after_s
    if wish_s is not None:
        return wish_s
    growing_s = FIRST_PAUSE_S * 2.0 ** (len(failures) - 1) + random.random()
    return min(growing_s, MAX_PAUSE_S)


def _repeats(failures: list[Passing]) -> int:
    """Return how many failures at the end are the same."""
    said = list(map(_in_short, failures))
    return next((n for n, one in enumerate(reversed(said)) if one != said[-1]), len(said))


def _in_short(failure: Passing) -> str:
    return str(failure)[:_MAX_FAILURE_CHARS]


def _why_unreached(error: httpx.ConnectError) -> str:
    """Say why there is no connection, by the system's error that lies beneath httpx's."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(cause, socket.gaierror):
            return "the host is unknown"
        cause = cause.__cause__ or cause.__context__
    return f"the connection failed ({error})"
