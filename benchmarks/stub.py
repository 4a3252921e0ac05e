"""An endpoint for Chat Completions that always calls one tool, in a process of its own.

    python -m benchmarks.stub TOOL LATENCY_MS SESSIONS

It answers nobody before as many requests as there are sessions have come, so that all of them are
under way from then on, however long they took to begin. Prints its port, and serves until its
standard input ends. What it costs is nobody's processor time but its own.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"


def message(tool: str) -> dict[str, object]:
    """Return what the model always says."""
    call = {"id": "call-1", "type": "function", "function": {"name": tool, "arguments": "{}"}}
    return {"role": "assistant", "content": "I look at the machine.", "tool_calls": [call]}


def answer(tool: str) -> bytes:
    """Return the whole answer, head and body."""
    choice = {"index": 0, "finish_reason": "tool_calls", "message": message(tool)}
    usage = {"prompt_tokens": 1_000, "completion_tokens": 20, "total_tokens": 1_020}
    facts = {"id": "stub", "object": "chat.completion", "created": 0, "model": "stub"}
    body = json.dumps({**facts, "choices": [choice], "usage": usage})
    return (HEAD.format(len(body)) + body).encode()


class Assembly:
    """Holds back answers until so many requests have come."""

    def __init__(self, sessions: int, latency_s: float) -> None:
        self._missing, self._latency_s = sessions, latency_s
        self._held: list[Callable[[], None]] = []

    def answer(self, write: Callable[[], None]) -> None:
        """Write an answer after the latency, once all are there."""
        self._held.append(write)
        self._missing -= 1
        if self._missing <= 0:
            loop = asyncio.get_running_loop()
            for held in self._held:
                loop.call_later(self._latency_s, held)
            self._held.clear()


class Connection(asyncio.Protocol):
    """Answers each request after the latency."""

    def __init__(self, reply: bytes, assembly: Assembly) -> None:
        self._reply, self._assembly = reply, assembly
        self._pieces: list[bytes] = []
        self._missing = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            self._pieces.append(data)
            whole = b"".join(self._pieces)
            head, end, body = whole.partition(b"\r\n\r\n")
            if not end:
                return
            self._pieces.clear()
            length = head.lower().split(b"content-length:")[1].split(b"\r\n")[0]
            self._missing = int(length) - len(body)
        else:
            self._missing -= len(data)
        if self._missing == 0:
            self._missing = -1
            self._assembly.answer(self._write)

    def _write(self) -> None:
        self._transport.write(self._reply)


async def serve(tool: str, latency_s: float, sessions: int) -> None:
    loop = asyncio.get_running_loop()
    reply, assembly = answer(tool), Assembly(sessions, latency_s)
    server = await loop.create_server(
        lambda: Connection(reply, assembly), "127.0.0.1", 0, backlog=2_048
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    over = asyncio.Event()
    threading.Thread(target=_wait_for_the_end, args=(loop, over), daemon=True).start()
    await over.wait()
    server.close()


def _wait_for_the_end(loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    sys.stdin.read()
    loop.call_soon_threadsafe(over.set)


@contextmanager
def running(tool: str, latency_ms: int, sessions: int = 1) -> Iterator[str]:
    """Run the stub; yields its base URL."""
    command = [sys.executable, "-m", "benchmarks.stub", tool]
    command += [str(latency_ms), str(sessions)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        process.communicate()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]) / 1_000, int(sys.argv[3])))
