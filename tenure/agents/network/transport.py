"""HTTP/1.1 over asyncio behind httpx's interface, for thousands of requests at a time.

httpx's own pool looks at all its connections for each request. Here an idle connection is taken off
a stack, and a busy one is known to nobody but its request, so a request costs the same whatever
else goes on. Answers are read whole; there is no streaming. What was measured is in
docs/design/network.md.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import httpx

from tenure.agents.network.answer import Answer

CONNECT_TIMEOUT_S = 10
IDLE_S = 60
"""How long an idle connection is kept; less if the server says so."""
ADDRESSES_S = 60
"""How long the addresses of a host are believed."""
PIECE_BYTES = 16 * 1024
REPEATABLE = "tenure_repeatable"
"""The extension of a request that says that sending it twice does no harm."""

_IDEMPOTENT = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"}
_PORTS = {"http": 80, "https": 443}
_BREAK = re.compile(rb"[\r\n\0]")


Write = Callable[[], bytes]
"""Returns bytes to be sent, the same each time."""


class Body(httpx.AsyncByteStream):
    """A request's body, which is not kept once it was read: answers are waited for much longer.

    Args:
        write: Returns it, the same each time.

    Attributes:
        size: Its length in bytes.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._written = write()
        self.size = len(self._written)

    def read(self) -> bytes:
        """Return it, written anew if it was read before."""
        written, self._written = self._written, b""
        return written or self._write()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.read()


class Transport(httpx.AsyncBaseTransport):
    """Connections to any number of servers, each kept alive for the next request.

    A request that meets a connection which the server has just closed is sent once more, on a new
    one, if nothing of an answer arrived and its method is idempotent or it says `REPEATABLE`.

    Args:
        ssl_context: Makes the context of all connections with TLS, when the first one is needed.
    """

    def __init__(self, ssl_context: Callable[[], ssl.SSLContext]) -> None:
        self._ssl_context = ssl_context
        self._origins: dict[tuple[bytes, bytes, int | None], _Origin] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the whole answer.

        Raises:
            httpx.ConnectError, httpx.ConnectTimeout: If there was no connection to be had.
            httpx.ReadError: If the connection failed.
            httpx.RemoteProtocolError: If what came is no whole answer in HTTP/1.1.
            httpx.LocalProtocolError, httpx.UnsupportedProtocol: If the request cannot be sent.
        """
        head, body = _head(request), request.stream
        if not isinstance(body, Body):
            body = Body(partial(bytes, await request.aread()))
        origin = self._origin(request.url)
        repeatable = request.method in _IDEMPOTENT or request.extensions.get(REPEATABLE, False)
        answer = await origin.exchange(
            partial(_written, head, body, chunked="transfer-encoding" in request.headers),
            bodiless=request.method == "HEAD",
            repeatable=repeatable,
        )
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Pieces(answer.body),
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": answer.reason},
        )

    async def aclose(self) -> None:
        """Close all connections, also those in use."""
        for origin in self._origins.values():
            await origin.close()

    def _origin(self, url: httpx.URL) -> _Origin:
        key = url.raw_scheme, url.raw_host, url.port
        if key not in self._origins:
            if url.scheme not in _PORTS or not url.host:
                raise httpx.UnsupportedProtocol(
                    f"The address must begin with http:// or https:// and a host, not {url}."
                )
            context = self._ssl_context() if url.scheme == "https" else None
            self._origins[key] = _Origin(
                url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme], context
            )
        return self._origins[key]


class _Origin:
    """The connections to one server.

    Args:
        host: A name or an address.
        port: 1 to 65535.
        context: For TLS; `None` without.
    """

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None) -> None:
        self._host, self._port, self._context = host, port, context
        self._wires: set[_Wire] = set()
        self._idle: dict[_Wire, None] = {}  # the last one is the one used last
        self._addresses: asyncio.Future[list[str]] | None = None
        self._addresses_until_s = 0.0

    async def exchange(self, write: Write, *, bodiless: bool, repeatable: bool) -> Answer:
        """Carry a request over an idle connection, or a new one."""
        wire = self._rested()
        if wire is not None:
            try:
                return await self._carry(wire, write, bodiless)
            except (httpx.ReadError, httpx.RemoteProtocolError):
                if wire.heard or not repeatable:
                    raise
        return await self._carry(await self._connected(), write, bodiless)

    async def close(self) -> None:
        """Close all connections."""
        if self._addresses is not None:
            self._addresses.cancel()
        for wire in tuple(self._wires):
            wire.abort()
        while self._wires:  # noqa: ASYNC110  each leaves as soon as the loop has told it
            await asyncio.sleep(0)

    def met(self, wire: _Wire) -> None:
        """Take note of a new connection."""
        self._wires.add(wire)

    def lost(self, wire: _Wire) -> None:
        """Take note that a connection is no more."""
        self._wires.discard(wire)
        self._idle.pop(wire, None)

    def _rested(self) -> _Wire | None:
        """Take an idle connection that is still open, if there is one."""
        while self._idle:
            wire, _ = self._idle.popitem()
            if wire.is_open:
                return wire
        return None

    async def _carry(self, wire: _Wire, write: Write, bodiless: bool) -> Answer:  # noqa: FBT001  a fact of a request
        answer = await wire.exchange(write, Answer(bodiless=bodiless))
        if wire.rest(answer):
            self._idle[wire] = None
        return answer

    async def _connected(self) -> _Wire:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                return await self._reached()
        except TimeoutError:
            raise httpx.ConnectTimeout(
                f"{self._host} took no connection within {CONNECT_TIMEOUT_S} s."
            ) from None
        except (OSError, UnicodeError) as error:  # a host may be no name at all
            raise httpx.ConnectError(str(error)) from error

    async def _reached(self) -> _Wire:
        """Connect to the first of the host's addresses that can be reached, and remember it."""
        addresses = await self._resolved()
        *others, last = addresses
        for address in others:
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT_S / 4):
                    wire = await self._dialled(address)
            except OSError:  # a time-out is one too
                continue
            return wire
        wire = await self._dialled(last)
        addresses.sort(key=last.__ne__)
        return wire

    async def _dialled(self, address: str) -> _Wire:
        tls: dict[str, Any] = {}
        if self._context:
            tls = {"ssl": self._context, "server_hostname": self._host}
        _, wire = await asyncio.get_running_loop().create_connection(
            lambda: _Wire(self), address, self._port, **tls
        )
        return wire

    async def _resolved(self) -> list[str]:
        """Return the host's addresses; a thousand episodes ask for them once."""
        now_s = asyncio.get_running_loop().time()
        asked = self._addresses
        if asked is None or (asked.done() and now_s >= self._addresses_until_s):
            asked = self._addresses = asyncio.ensure_future(self._resolve())
        return await asyncio.shield(asked)

    async def _resolve(self) -> list[str]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        self._addresses_until_s = loop.time() + ADDRESSES_S
        return list(dict.fromkeys(_numeric(address) for *_, address in found))


class _Wire(asyncio.Protocol):
    """One connection: it carries an exchange, or rests."""

    def __init__(self, origin: _Origin) -> None:
        self._origin = origin
        self._loop = asyncio.get_running_loop()
        self._transport: Any = None
        self._answer: Answer | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self.heard = False
        """Whether anything of the last answer arrived."""

    @property
    def is_open(self) -> bool:
        return not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._origin.met(self)

    def data_received(self, data: bytes) -> None:
        if self._answer is None:  # nobody asked: a farewell, or garbage
            self.abort()
            return
        self.heard = True
        try:
            if self._answer.feed(data):
                self._settle(None)
        except httpx.RemoteProtocolError as error:
            self._settle(error)

    def eof_received(self) -> None:
        if self._answer is None:
            return
        try:
            self._answer.end()
        except httpx.RemoteProtocolError as error:
            self._settle(error)
        else:
            self._settle(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._settle(httpx.ReadError(str(error or "The connection was closed.")))
        self._rouse()
        self._origin.lost(self)

    async def exchange(self, write: Write, answer: Answer) -> Answer:
        """Send a request and wait for its answer; a wire that fails in this is closed."""
        self._rouse()
        self.heard = False
        self._answer = answer
        self._waiter = self._loop.create_future()
        try:
            self._transport.write(write())
            await self._waiter
        except BaseException:
            self.abort()
            raise
        finally:
            self._answer = self._waiter = None
        return answer

    def rest(self, answer: Answer) -> bool:
        """Wait for the next request; return whether this wire can carry one."""
        idle_s = IDLE_S if answer.idle_s is None else min(IDLE_S, answer.idle_s - 1)
        clean = answer.keeps_alive and not answer.surplus and self.is_open
        if not clean or idle_s <= 0 or self._transport.get_write_buffer_size():
            self.abort()
            return False
        self._expiry = self._loop.call_later(idle_s, self.abort)
        return True

    def abort(self) -> None:
        """Close the connection at once."""
        self._transport.abort()

    def _rouse(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None

    def _settle(self, error: Exception | None) -> None:
        if self._waiter is None or self._waiter.done():
            return
        if error is None:
            self._waiter.set_result(None)
        else:
            self._waiter.set_exception(error)


class _Pieces(httpx.AsyncByteStream):
    """A body in pieces, so that a reader can stop a small one that unpacks into a vast one."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), PIECE_BYTES):
            yield self._body[start : start + PIECE_BYTES]


def _head(request: httpx.Request) -> bytes:
    """Return a request's lines as they go over the wire.

    Raises:
        httpx.LocalProtocolError: If a header would break out of its line.
    """
    lines = [b"%s %s HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    lines += [b"%s: %s" % header for header in request.headers.raw]
    head = b"\r\n".join(lines)
    if b"\0" in head or {head.count(b"\r"), head.count(b"\n")} != {len(lines) - 1}:
        name = next(name for name, value in request.headers.raw if _BREAK.search(name + value))
        raise httpx.LocalProtocolError(f"The header {name!r} holds a line break.")
    return head


def _written(head: bytes, body: Body, *, chunked: bool) -> bytes:
    """Return a request as it goes over the wire."""
    content = body.read()
    if chunked:
        content = (b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content)) if content else b"0\r\n\r\n"
    return b"%s\r\n\r\n%s" % (head, content)


def _numeric(address: tuple[Any, ...]) -> str:
    """Return an address as text, with the zone that a link-local one needs."""
    zone = address[3] if len(address) == 4 else 0
    return f"{address[0]}%{zone}" if zone and "%" not in address[0] else str(address[0])
