"""Proxies named in the environment, which httpx knows how to speak to.

httpx's pool is slow with many requests at a time, so they are spread over clients of a few each.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from urllib.request import getproxies, proxy_bypass

import httpx

CONNECT_TIMEOUT_S = 10
REQUESTS_A_CLIENT = 16
"""How many requests at a time a client of httpx carries well."""


def proxied(
    direct: httpx.AsyncBaseTransport, ssl_context: Callable[[], ssl.SSLContext]
) -> httpx.AsyncBaseTransport:
    """Return a transport that goes through the environment's proxies where it names some.

    Args:
        direct: For everything else.
        ssl_context: Makes the context of all connections.
    """
    if any(scheme in getproxies() for scheme in ("http", "https", "all")):
        return _Proxied(direct, ssl_context)
    return direct


class _Proxied(httpx.AsyncBaseTransport):
    """Sends through proxies what the environment wants sent so.

    Each client stands among the free ones as often as it can take another request.
    """

    def __init__(
        self, direct: httpx.AsyncBaseTransport, ssl_context: Callable[[], ssl.SSLContext]
    ) -> None:
        self._direct = direct
        self._ssl_context = ssl_context
        self._clients: list[httpx.AsyncClient] = []
        self._free: list[httpx.AsyncClient] = []
        self._proxies = getproxies()
        self._places: dict[tuple[str, bytes], bool] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self._is_proxied(request.url):
            return await self._direct.handle_async_request(request)
        client = self._free.pop() if self._free else self._opened()
        try:
            return await client.send(request)
        finally:
            self._free.append(client)

    async def aclose(self) -> None:
        await self._direct.aclose()
        for client in self._clients:
            await client.aclose()

    def _is_proxied(self, url: httpx.URL) -> bool:
        place = url.scheme, url.netloc
        if place not in self._places:
            named = url.scheme in self._proxies or "all" in self._proxies
            self._places[place] = named and not proxy_bypass(url.netloc.decode("ascii"))
        return self._places[place]

    def _opened(self) -> httpx.AsyncClient:
        """Open another client and take its first place."""
        client = httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT_S), verify=self._ssl_context()
        )
        self._clients.append(client)
        self._free += [client] * (REQUESTS_A_CLIENT - 1)
        return client
