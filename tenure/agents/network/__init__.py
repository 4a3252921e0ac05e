"""The network: the one seam through which requests leave this process.

All episodes of a run share its connections and its limits.

    async with Network(limits=Limits(requests_per_minute=600)) as network:
        response = await network.post(url, body, headers, timeout_s=600)

`transport` is HTTP/1.1 for thousands of requests at a time, `answer` reads what comes back,
`limits` and `gate` say whose turn it is, `sender` tries again what failed; what was measured is in
docs/design/network.md.
"""

from __future__ import annotations

import asyncio
import base64
import math
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache, lru_cache, partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tenure import __version__
from tenure.agents.network.clock import Clock
from tenure.agents.network.limits import UNLIMITED, Limits
from tenure.agents.network.patience import Patience

if TYPE_CHECKING:
    import httpx

    from tenure.agents.network.gate import Gate

__all__ = ["Limits", "Network"]

BYTES_PER_TOKEN = 4
"""The estimate for a body that nobody has counted."""
_TOKENS = "tenure_tokens"
_HEADERS = {"User-Agent": f"tenure/{__version__}", "Accept-Encoding": "gzip, deflate"}


class Network:
    """Connections to any number of endpoints; a context manager that closes them.

    Args:
        transport: Takes the place of the network, in tests.
        trust_env: Whether proxies named in the environment are used.
        limits: What may be asked of each endpoint; an endpoint is a host and a port.
        clock: By which requests wait.
    """

    def __init__(
        self,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        trust_env: bool = True,
        limits: Limits = UNLIMITED,
        clock: Clock | None = None,
    ) -> None:
        self._transport = transport
        self._trust_env = trust_env
        self._limits = limits
        self.clock = clock or Clock()
        self._gates: dict[bytes, Gate] = {}

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
        self,
        url: str,
        content: bytes | Callable[[], bytes],
        headers: Mapping[str, str],
        timeout_s: float,
        *,
        tokens: int | None = None,
        repeatable: bool = False,
        patience: Patience | None = None,
    ) -> httpx.Response:
        """Wait for this task's turn, send a body and return the whole answer, whatever its status.

        An answer 429 or 503 with a `Retry-After` holds back all requests to its endpoint. Turns go
        by the name of the asyncio task, which is its episode's.

        Args:
            url: Where to.
            content: The body, or what returns it, the same each time; then it is not kept while the
                answer is waited for.
            headers: Beside `Host` and `Content-Length`.
            timeout_s: How long the answer may take; waiting for a turn does not count.
            tokens: How many tokens it may cost, for the limits; `None` for a guess by its length.
                Say with `count` what it did cost.
            repeatable: Whether sending it twice does no harm. If so, it is sent again at once where
                the server had just closed an idle connection.
            patience: How long it may take and be held back; both are spent of it. `None` for ever.

        Returns:
            The answer, read; `elapsed` is the time since it was sent.

        Raises:
            OutOfPatience: If it would be held back for longer than it may wait.
            TimeoutError: If the answer was not complete after `timeout_s` seconds.
            httpx.ConnectError: If there was no connection to be had.
            httpx.TransportError: If a connection failed.
            httpx.DecodingError: If the answer's compressed body is damaged.
        """
        request = _request(url, content, headers, tokens=tokens, repeatable=repeatable)
        gate = self._gate(request.url)
        patience = patience or Patience(math.inf)
        async with gate.passage(_client(), request.extensions[_TOKENS], patience):
            response = await self._sent(request, timeout_s, patience)
            gate.hold(_wish_s(response))
        return response

    def count(self, response: httpx.Response, tokens: int) -> None:
        """Learn how many tokens the request cost that a response answers."""
        guess: int = response.request.extensions[_TOKENS]
        self._gate(response.request.url).correct(tokens - guess)

    async def close(self) -> None:
        """Close all connections."""
        if self._transport is not None:
            await self._transport.aclose()

    async def _sent(
        self, request: httpx.Request, timeout_s: float, patience: Patience
    ) -> httpx.Response:
        started_s = time.perf_counter()
        try:
            async with asyncio.timeout(timeout_s):
                response = await _read(await self._opened().handle_async_request(request))
        finally:
            elapsed_s = time.perf_counter() - started_s
            patience.spend(elapsed_s)
        response.request = request
        response.elapsed = timedelta(seconds=elapsed_s)
        return response

    def _gate(self, url: httpx.URL) -> Gate:
        if url.netloc not in self._gates:
            from tenure.agents.network.gate import Gate

            self._gates[url.netloc] = Gate(self._limits, self.clock)
        return self._gates[url.netloc]

    def _opened(self) -> httpx.AsyncBaseTransport:
        if self._transport is None:
            from tenure.agents.network.proxies import proxied
            from tenure.agents.network.transport import Transport

            direct = Transport(_ssl_context)
            self._transport = proxied(direct, _ssl_context) if self._trust_env else direct
        return self._transport


def _client() -> str:
    task = asyncio.current_task()
    return task.get_name() if task else ""


def _request(
    url: str,
    content: bytes | Callable[[], bytes],
    headers: Mapping[str, str],
    *,
    tokens: int | None,
    repeatable: bool,
) -> httpx.Request:
    """Return what is sent; it carries what it may cost, and whether it may be sent twice."""
    import httpx

    from tenure.agents.network.transport import REPEATABLE, Body

    body = Body(content if callable(content) else partial(bytes, content))
    told = httpx.Headers(_told(url, tuple(headers.items())))
    told["Content-Length"] = str(body.size)
    request = httpx.Request("POST", _address(url), headers=told, stream=body)
    tokens = body.size // BYTES_PER_TOKEN if tokens is None else tokens
    request.extensions.update({_TOKENS: tokens, REPEATABLE: repeatable})
    return request


def _wish_s(response: httpx.Response) -> float:
    """Return for how long an endpoint wishes to be left alone."""
    if response.status_code not in (429, 503):
        return 0
    from tenure.agents.network.pauses import retry_after_s

    return retry_after_s(response.headers) or 0


@lru_cache(maxsize=64)
def _told(url: str, headers: tuple[tuple[str, str], ...]) -> httpx.Headers:
    """Return all headers but the body's; to make them takes ten times as long as to copy them."""
    import httpx

    address = _address(url)
    host = {"Host": address.netloc.decode("ascii")}
    return httpx.Headers({**host, **_HEADERS, **dict(headers), **_login(address)})


def _login(address: httpx.URL) -> dict[str, str]:
    """Return the header for a name and a password in an address."""
    if not address.userinfo:
        return {}
    words = f"{address.username}:{address.password}".encode()
    return {"Authorization": f"Basic {base64.b64encode(words).decode()}"}


async def _read(response: httpx.Response) -> httpx.Response:
    """Return a response with its body read and decompressed.

    Raises:
        httpx.DecodingError: If it cannot be, or becomes larger than any answer is.
    """
    if "content-encoding" not in response.headers:
        await response.aread()
        return response
    return await _decompressed(response)


async def _decompressed(response: httpx.Response) -> httpx.Response:
    import httpx

    from tenure.agents.network.answer import MAX_BODY_BYTES

    parts, size = [], 0
    async for part in response.aiter_bytes():
        parts.append(part)
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise httpx.DecodingError(f"The body unpacks to over {MAX_BODY_BYTES:,} bytes.")
    packing = ("content-encoding", "content-length", "transfer-encoding")
    headers = [(name, value) for name, value in response.headers.items() if name not in packing]
    return httpx.Response(
        response.status_code,
        headers=headers,
        content=b"".join(parts),
        extensions=response.extensions,
    )


@lru_cache(maxsize=64)
def _address(url: str) -> httpx.URL:
    import httpx

    return httpx.URL(url)


@cache
def _ssl_context() -> ssl.SSLContext:
    """Return the one context of this process; making one costs some 20 ms."""
    import httpx

    context = httpx.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
