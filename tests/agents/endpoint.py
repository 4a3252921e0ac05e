"""Endpoints for tests: one in memory, and one on a real socket that misbehaves as it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson

from tenure.agents.llm import LLMAgent
from tenure.agents.network import Network
from tenure.agents.network.clock import Clock
from tenure.agents.providers import Provider, connect
from tenure.agents.spec import AgentSpec
from tenure.envs.jobs import Briefing
from tests.lemonade import JOB

MODEL = "openai/test-model"
BASE_URL = "http://endpoint.test/v1"
BRIEF = "You run a lemonade stand."


def answer(message: dict[str, Any], prompt_tokens: int = 100, **rest: Any) -> dict[str, Any]:
    """Return a whole response body around an assistant's message."""
    return {
        "model": "test-model-1",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": prompt_tokens, "completion_tokens": 7},
    } | rest


def says(text: str | None, **rest: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, **rest}


def calls(*functions: tuple[str, str], text: str | None = None) -> dict[str, Any]:
    """Return an assistant's message with native calls of the given names and arguments."""
    tool_calls = [
        {"id": f"id-{n}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for n, (name, arguments) in enumerate(functions)
    ]
    return says(text, tool_calls=tool_calls)


CLOSE = calls(("close_for_today", "{}"))


class Hasty(Clock):
    """A clock that whoever waits puts forward: nobody waits.

    Attributes:
        pauses: How long was slept, in seconds.
    """

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self._now_s = 0.0

    def time(self) -> float:
        return self._now_s

    def call_at(self, when_s: float, callback: Callable[[], None]) -> asyncio.Handle:
        def arrive() -> None:
            self._now_s = max(self._now_s, when_s)
            callback()

        return asyncio.get_running_loop().call_soon(arrive)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        due_s = self._now_s + seconds
        await asyncio.sleep(0)
        self._now_s = max(self._now_s, due_s)


class Endpoint:
    """An endpoint in memory that gives its answers in turn and remembers what it was asked."""

    def __init__(self, answers: Iterable[Any]) -> None:
        self._answers = iter(answers)
        self.bodies: list[bytes] = []
        self.headers: list[httpx.Headers] = []
        self._clock = Hasty()

    @property
    def requests(self) -> list[Any]:
        return [orjson.loads(body) for body in self.bodies]

    @property
    def pauses(self) -> list[float]:
        return self._clock.pauses

    def provider(self, spec: AgentSpec, key: str = "") -> Provider:
        return connect(
            spec,
            BASE_URL,
            key,
            network=Network(transport=httpx.MockTransport(self._respond), clock=self._clock),
            agent_seed=0,
        )

    def agent(self, *, parallel: bool = False, **options: Any) -> LLMAgent:
        """Return an agent that has learned the toy job."""
        spec = AgentSpec(**{"name": MODEL} | options)
        agent = LLMAgent(spec, self.provider(spec))
        agent.begin(briefing()._replace(parallel_calls=parallel))
        return agent

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(request.content)
        self.headers.append(request.headers)
        given = next(self._answers)
        if isinstance(given, Exception):
            raise given
        return given if isinstance(given, httpx.Response) else httpx.Response(200, json=given)


def briefing() -> Briefing:
    world = JOB.make({}, 1)
    return Briefing(BRIEF, world.opening(), world.toolbox, seed=0)


def live(agent: Any, observations: Sequence[str]) -> list[Any]:
    """Let an agent answer the observations one after the other."""

    async def turns() -> list[Any]:
        return [await agent.act(observation) for observation in observations]

    return asyncio.run(turns())


Misbehaviour = Callable[[asyncio.StreamWriter], Any]


@asynccontextmanager
async def socket_server(script: Sequence[Misbehaviour]) -> AsyncIterator[str]:
    """Serve on 127.0.0.1: the n-th request meets the n-th behaviour. Yields the base URL."""
    behaviours = iter(script)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lengths = [
                    line
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                ]
                await reader.readexactly(int(lengths[0].split(b":")[1]))
                result = next(behaviours)(writer)
                if asyncio.iscoroutine(result):
                    await result
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"http://127.0.0.1:{port}/v1"


def response(
    status: int = 200,
    body: bytes = b"{}",
    kind: str = "application/json",
    extra: str = "",
    missing_bytes: int = 0,
) -> Misbehaviour:
    """Answer; with `missing_bytes` the answer promises more than it sends, and hangs up."""

    def write(writer: asyncio.StreamWriter) -> None:
        length = len(body) + missing_bytes
        writer.write(
            f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n"
            f"{extra}\r\n".encode()
            + body
        )
        if missing_bytes:
            writer.close()

    return write


def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def half_close(writer: asyncio.StreamWriter) -> None:
    """End our half of the connection within an answer, and go on listening."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
    writer.write_eof()


def slow(seconds: float, then: Misbehaviour) -> Misbehaviour:
    async def wait(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        then(writer)

    return wait
