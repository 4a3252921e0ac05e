"""Reads one HTTP/1.1 answer (RFC 9112) from bytes that come in pieces of any size; no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import httpx

MAX_HEAD_BYTES = 256 * 1024
"""The longest head of an answer, interim heads and trailers included."""
MAX_BODY_BYTES = 64 * 2**20
"""The longest body, as it goes over the wire and as it is after decompression."""
_MAX_CHUNK_LINE_BYTES = 4_096

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9])(?: ([^\0\r]*))?")
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")
_LENGTH = re.compile(rb"[0-9]{1,15}")
_KEEP_ALIVE_S = re.compile(rb"(?:^|[,\s])timeout=([0-9]{1,6})\b", re.IGNORECASE)

Headers = list[tuple[bytes, bytes]]


class Answer:
    """An answer, whole once `complete`.

    Args:
        bodiless: Whether the request was one whose answer has no body (HEAD).

    Attributes:
        status: 200 to 999; 0 until it is known.
        reason: The phrase beside the status.
        headers: In the order of the wire.
        body: Without its transfer coding, still compressed if it came so.
        started: Whether anything of it arrived.
        complete: Whether all of it arrived.
        keeps_alive: Whether the connection may carry another exchange.
        surplus: Whether more arrived than belongs to it.
    """

    __slots__ = (
        *("status", "reason", "headers", "body", "started", "complete", "keeps_alive"),
        *("_bodiless", "_buffer", "_searched", "_head_bytes", "_size"),
        *("_chunk_bytes", "_parts", "_read"),
    )

    def __init__(self, *, bodiless: bool = False) -> None:
        self.status = 0
        self.reason = b""
        self.headers: Headers = []
        self.body = b""
        self.started = self.complete = self.keeps_alive = False
        self._bodiless = bodiless
        self._buffer = bytearray()
        self._searched = 0
        self._head_bytes = 0
        self._size = self._chunk_bytes = 0
        self._parts: list[bytes] = []
        self._read: Callable[[Answer], bool] = Answer._read_head  # unbound: no cycle

    @property
    def surplus(self) -> bool:
        return self.complete and bool(self._buffer)

    def feed(self, data: bytes) -> bool:
        """Take in what arrived next; return whether the answer is complete.

        Raises:
            httpx.RemoteProtocolError: If it is no answer in HTTP/1.1, or too large a one.
        """
        self.started = True
        self._buffer += data
        while not self.complete and self._read(self):
            pass
        return self.complete

    def end(self) -> None:
        """Take in that nothing more will come.

        Raises:
            httpx.RemoteProtocolError: If the answer is not whole.
        """
        if self.complete:
            return
        if self._read is Answer._read_to_the_end:
            self._conclude(bytes(self._buffer))
            return
        missing = "before its answer was whole" if self.started else "without an answer"
        raise httpx.RemoteProtocolError(f"The server closed the connection {missing}.")

    @property
    def idle_s(self) -> int | None:
        """How long the server keeps an idle connection, if it says so (`Keep-Alive: timeout=5`)."""
        for stated in _values(self.headers, b"keep-alive"):
            if found := _KEEP_ALIVE_S.search(stated):
                return int(found[1])
        return None

    def _read_head(self) -> bool:
        end = _END_OF_HEAD.search(self._buffer, max(0, self._searched - 2))
        if end is None:
            self._searched = len(self._buffer)
            self._limit_head(self._searched)
            return False
        self._limit_head(end.end())
        self._head_bytes += end.end()
        head = self._take(end.end())
        version = self._parse(head)
        if self.status >= 200:
            self._frame(version)
        elif self.status == 101:
            raise httpx.RemoteProtocolError("The server changes to a protocol nobody asked for.")
        return True

    def _limit_head(self, size: int) -> None:
        if self._head_bytes + size > MAX_HEAD_BYTES:
            raise httpx.RemoteProtocolError(f"The answer's head is over {MAX_HEAD_BYTES:,} bytes.")

    def _parse(self, head: bytes) -> int:
        """Read status and headers; return the minor version."""
        first, *lines = [line.removesuffix(b"\r") for line in head.rstrip(b"\r\n").split(b"\n")]
        status = _STATUS_LINE.fullmatch(first)
        if status is None:
            raise httpx.RemoteProtocolError(
                f"The answer does not begin as HTTP/1.1: {first[:80]!r}."
            )
        self.status, self.reason = int(status[2]), status[3] or b""
        self.headers = [_header(line) for line in _unfolded(lines)]
        return int(status[1])

    def _frame(self, version: int) -> None:
        """Find out how long the body is (RFC 9112, 6.3), and what becomes of the connection."""
        options = _listed(self.headers, b"connection")
        self.keeps_alive = b"close" not in options and (version == 1 or b"keep-alive" in options)
        codings = _listed(self.headers, b"transfer-encoding")
        lengths = set(_listed(self.headers, b"content-length"))
        if self._bodiless or self.status in (204, 304):
            self._conclude(b"")
        elif codings:
            self.keeps_alive = self.keeps_alive and not lengths and version == 1
            self._begin_chunks(codings)
        elif lengths:
            self._size = _length(lengths)
            self._limit_body(self._size)
            self._read = Answer._read_length
        else:
            self.keeps_alive = False
            self._read = Answer._read_to_the_end

    def _begin_chunks(self, codings: list[bytes]) -> None:
        if codings != [b"chunked"]:
            stated = b", ".join(codings)[:80]
            raise httpx.RemoteProtocolError(
                f"The answer has an unknown transfer coding: {stated!r}."
            )
        self._read = Answer._read_chunk_size

    def _read_length(self) -> bool:
        if len(self._buffer) < self._size:
            return False
        self._conclude(self._take(self._size))
        return True

    def _read_to_the_end(self) -> bool:
        self._limit_body(len(self._buffer))
        return False

    def _read_chunk_size(self) -> bool:
        line = self._line(_MAX_CHUNK_LINE_BYTES)
        if line is None:
            return False
        size = line.partition(b";")[0].strip(b" \t")
        if _CHUNK_SIZE.fullmatch(size) is None:
            raise httpx.RemoteProtocolError(f"A chunk has no size: {line[:80]!r}.")
        chunk_bytes = int(size, 16)
        self._limit_body(self._size + chunk_bytes)
        self._size += chunk_bytes
        self._chunk_bytes = chunk_bytes
        self._read = Answer._read_chunk if chunk_bytes else Answer._read_trailer
        return True

    def _read_chunk(self) -> bool:
        if len(self._buffer) < self._chunk_bytes + 2:
            return False
        self._parts.append(self._take(self._chunk_bytes))
        if self._take(2) != b"\r\n":
            raise httpx.RemoteProtocolError("A chunk is longer than its size.")
        self._read = Answer._read_chunk_size
        return True

    def _read_trailer(self) -> bool:
        line = self._line(MAX_HEAD_BYTES)
        if line is None:
            return False
        self._limit_head(len(line))
        self._head_bytes += len(line) + 2
        if not line:
            self._conclude(b"".join(self._parts))
        return True

    def _line(self, limit_bytes: int) -> bytes | None:
        """Take a line off the buffer, without its end; `None` if it is not all there."""
        end = self._buffer.find(b"\r\n", max(0, self._searched - 1))
        if end < 0:
            self._searched = len(self._buffer)
        if max(end, self._searched) > limit_bytes:
            raise httpx.RemoteProtocolError(f"A line is over {limit_bytes:,} bytes.")
        if end < 0:
            return None
        return self._take(end + 2)[:-2]

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._searched = 0
        return taken

    def _limit_body(self, size: int) -> None:
        if size > MAX_BODY_BYTES:
            raise httpx.RemoteProtocolError(f"The answer's body is over {MAX_BODY_BYTES:,} bytes.")

    def _conclude(self, body: bytes) -> None:
        self.body = body
        self.complete = True


def _unfolded(lines: Iterable[bytes]) -> list[bytes]:
    """Join lines that begin with a blank to those before them (RFC 9112, 5.2)."""
    whole: list[bytes] = []
    for line in lines:
        if whole and line[:1] in (b" ", b"\t"):
            whole[-1] += b" " + line.strip(b" \t")
        else:
            whole.append(line)
    return whole


def _header(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon or _TOKEN.fullmatch(name) is None or b"\0" in value or b"\r" in value:
        raise httpx.RemoteProtocolError(f"The answer has a malformed header: {line[:80]!r}.")
    return name, value.strip(b" \t")


def _values(headers: Headers, name: bytes) -> list[bytes]:
    return [value for stated, value in headers if stated.lower() == name]


def _listed(headers: Headers, name: bytes) -> list[bytes]:
    """Return the items of a header that is a list, in lower case."""
    items = b",".join(_values(headers, name)).lower().split(b",")
    return [item for item in map(bytes.strip, items) if item]


def _length(stated: set[bytes]) -> int:
    length = stated.pop()
    if stated or _LENGTH.fullmatch(length) is None:
        raise httpx.RemoteProtocolError("The answer's Content-Length is no number, or several.")
    return int(length)
