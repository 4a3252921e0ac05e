"""The network: the one seam through which requests leave this process.

All episodes of a run share its connections.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import httpx

CONNECT_TIMEOUT_S = 10


class Network:
    """Connections to any number of endpoints; a context manager that closes them.

    Args:
        transport: Takes the place of the network, in tests.
        trust_env: Whether proxies named in the environment are used.
    """

    def __init__(
        self, *, transport: httpx.AsyncBaseTransport | None = None, trust_env: bool = True
    ) -> None:
        self._transport = transport
        self._trust_env = trust_env
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def post(
        self, url: str, content: bytes, headers: Mapping[str, str], timeout_s: float
    ) -> httpx.Response:
        """Send a body and return the whole answer, whatever its status.

        Raises:
            TimeoutError: If the answer was not complete after `timeout_s` seconds.
            httpx.ConnectError: If there was no connection to be had.
            httpx.TransportError: If a connection failed.
            httpx.DecodingError: If the answer's compressed body is damaged.
        """
        async with asyncio.timeout(timeout_s):
            return await self._opened().post(url, content=content, headers=headers)

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.aclose()

    def _opened(self) -> httpx.AsyncClient:
        import httpx  # a run of scripts does not wait for it

        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT_S),
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
                verify=_ssl_context(),
                transport=self._transport,
                trust_env=self._trust_env,
            )
        return self._client


@cache
def _ssl_context() -> ssl.SSLContext:
    """Return the one context of this process; making one costs some 20 ms."""
    import httpx

    return httpx.create_ssl_context()
