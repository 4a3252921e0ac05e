"""One measurement of `benchmarks.concurrency`, in a process of its own: many sessions at a time.

    python -m benchmarks.sessions WHO BASE_URL SESSIONS TURNS

WHO is ours (the runner, LLM agents, records, vending/month), inspect (inspect_ai's
OpenAI-compatible provider), or a client alone with a conversation that grows: raw (asyncio streams
and orjson), network (ours), httpx, httpx2, httpx-aiohttp, sharded (16 sessions for each client of
httpx). Prints JSON.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

TOOL = "check_machine"
RESULT = "x" * 500
AGENTS = 100
"""Episodes of several agents share their seeds, so that few bounds are computed."""
EDGES = (10, 200, 1_000)
WIDTH = 10


class Stamp(NamedTuple):
    """Where a process stands."""

    clock_s: float
    cpu_s: float
    waited_s: float
    """How long it was ready to run while others used the processors; 0 where nobody tells."""
    rss_kib: int
    turns: int


class Meter:
    """Stamps of processor time and clock, one a turn of any session.

    Measured is from the moment when the last session has had its first turn, which the stub has all
    of them have at a time, to the moment when the first session ends.
    """

    def __init__(self, sessions: int) -> None:
        self._sessions = sessions
        self._begun: set[Any] = set()
        self._all_began: Stamp | None = None
        self._first_ended: Stamp | None = None
        self._turns = 0
        self._cpu_s: list[float] = []

    def turn(self, session: Any, last: bool) -> None:  # noqa: FBT001  a fact of a turn
        self._turns += 1
        if self._sessions == 1:
            self._cpu_s.append(time.process_time())
        if self._all_began is None:
            self._begun.add(session)
            if len(self._begun) == self._sessions:
                self._all_began = self._now()
        if last and self._first_ended is None:
            self._first_ended = self._now()

    def _now(self) -> Stamp:
        clocks = time.perf_counter(), time.process_time(), waited_s()
        return Stamp(*clocks, rss_kib(), self._turns)

    def result(self) -> dict[str, Any]:
        """Return rates while all sessions ran, processor time by turn, and memory."""
        start, end = self._all_began, self._first_ended
        assert start is not None, "Not all sessions had a turn."
        assert end is not None, "No session came to its last turn."
        turns, passed_s = end.turns - start.turns, end.clock_s - start.clock_s
        return {
            "cpu_s": time.process_time(),
            "rss_kib_first": start.rss_kib,
            "rss_kib_last": end.rss_kib,
            "turns": end.turns / self._sessions,
            "turns_per_s": turns / passed_s,
            "cpu_ms": (end.cpu_s - start.cpu_s) * 1_000 / turns,
            "waited": (end.waited_s - start.waited_s) / passed_s,
            **{f"cpu_ms_turn_{turn}": self._cpu_ms(turn) for turn in EDGES if self._had(turn)},
        }

    def _had(self, turn: int) -> bool:
        return turn <= len(self._cpu_s)

    def _cpu_ms(self, turn: int) -> float:
        """Return the mean processor time of some turns up to one."""
        before = max(0, turn - 1 - WIDTH)
        spent_s = self._cpu_s[turn - 1] - self._cpu_s[before]
        return spent_s * 1_000 / (turn - 1 - before)


def rss_kib() -> int:
    """Return this process's resident memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def waited_s() -> float:
    """Return how long this process was kept from running by others; 0 where Linux does not say."""
    told = Path("/proc/self/schedstat")
    return int(told.read_text().split()[1]) / 1e9 if told.exists() else 0.0


def ours(base_url: str, sessions: int, turns: int) -> Meter:
    """Play episodes of vending/month with the runner."""
    from tenure.agents.spec import AgentSpec
    from tenure.cli.progress import Watch
    from tenure.runner.plan import draw_up, with_limits
    from tenure.runner.run import Conditions, run
    from tenure.scenarios import load

    meter = Meter(sessions)

    class Watching(Watch):
        def stepped(self, assignment: Any, exchange: Any) -> None:
            super().stepped(assignment, exchange)
            name = assignment.name
            meter.turn(name, self.running[name].steps == turns)

    agents = min(AGENTS, sessions)
    specs = [
        AgentSpec(
            name="openai/stub",
            base_url=base_url,
            window_tokens=10**6,
            temperature=round(number / 100, 2),
        )
        for number in range(agents)
    ]
    manifest = draw_up(
        with_limits(load("vending/month"), {"steps": turns}), specs, range(sessions // agents)
    )
    with TemporaryDirectory() as folder:
        failures = asyncio.run(
            run(
                Path(folder) / "run", manifest, Watching(sessions), Conditions(concurrency=sessions)
            )
        )
    assert not failures, failures[0].sentence
    return meter


def inspect(base_url: str, sessions: int, turns: int) -> Meter:
    """Have inspect_ai play samples that call a tool."""
    os.environ.update(STUB_API_KEY="k", STUB_BASE_URL=base_url)
    from inspect_ai import Task, eval  # noqa: A004  its name
    from inspect_ai.dataset import Sample
    from inspect_ai.solver import generate, use_tools
    from inspect_ai.tool import tool
    from inspect_ai.util import store

    meter = Meter(sessions)

    @tool(name=TOOL)
    def look() -> Any:
        async def execute() -> str:
            """Look at the machine."""
            held = store()
            held.set("turns", held.get("turns", 0) + 1)
            meter.turn(id(held), held.get("turns") == turns - 1)
            return RESULT

        return execute

    task = Task(
        dataset=[Sample(input="You run a stand. " * 100, id=number) for number in range(sessions)],
        solver=[use_tools(look()), generate(tool_calls="loop")],
        message_limit=2 * turns,
    )
    with TemporaryDirectory() as folder:
        logs = eval(
            task,
            model="openai-api/stub/stub",
            log_dir=folder,
            log_realtime=False,
            display="none",
            max_connections=sessions,
            max_samples=sessions,
            max_retries=0,
            score=False,
        )
    assert logs[0].status == "success", logs[0].error
    return meter


async def talk(
    ask: Callable[[bytes], Awaitable[bytes]], meter: Meter, session: int, turns: int
) -> None:
    """Hold a conversation that grows by an answer and a tool's result a turn."""
    import orjson

    messages: list[Any] = [{"role": "system", "content": "You run a stand. " * 100}]
    for turn in range(turns):
        body = orjson.dumps({"model": "stub", "messages": messages})
        said = orjson.loads(await ask(body))["choices"][0]["message"]
        messages += [said, {"role": "tool", "tool_call_id": "call-1", "content": RESULT}]
        meter.turn(session, turn == turns - 1)


def raw(url: str) -> Callable[[], Awaitable[Callable[[bytes], Awaitable[bytes]]]]:
    host, port = url.split("/")[2].split(":")

    async def connected() -> Callable[[bytes], Awaitable[bytes]]:
        reader, writer = await asyncio.open_connection(host, int(port))

        async def ask(body: bytes) -> bytes:
            writer.write(b"POST /v1 HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            head = await reader.readuntil(b"\r\n\r\n")
            return await reader.readexactly(int(head.split(b"Content-Length: ")[1].split(b"\r")[0]))

        return ask

    return connected


def network(url: str) -> Callable[[], Awaitable[Callable[[bytes], Awaitable[bytes]]]]:
    from tenure.agents.network import Network

    net = Network(trust_env=False)

    async def connected() -> Callable[[bytes], Awaitable[bytes]]:
        async def ask(body: bytes) -> bytes:
            return (await net.post(url, body, {}, timeout_s=600)).content

        return ask

    return connected


def client(who: str, url: str) -> Callable[[], Awaitable[Callable[[bytes], Awaitable[bytes]]]]:
    """Return what gives each session a client of httpx or a kin of it."""
    import httpx
    import httpx2

    opened: list[Any] = []
    sessions = 0

    def make() -> Any:
        library: Any = httpx2 if who == "httpx2" else httpx
        options: dict[str, Any] = {"timeout": 600, "trust_env": False}
        if who == "httpx-aiohttp":
            from aiohttp import ClientSession, TCPConnector
            from httpx_aiohttp import AiohttpTransport

            options["transport"] = AiohttpTransport(
                client=lambda: ClientSession(connector=TCPConnector(limit=0))
            )  # by itself it holds all but a hundred back, and the stub answers nobody then
        limits = library.Limits(max_connections=None, max_keepalive_connections=None)
        return library.AsyncClient(limits=limits, verify=False, **options)

    async def connected() -> Callable[[bytes], Awaitable[bytes]]:
        nonlocal sessions
        if not opened or (who == "sharded" and sessions % 16 == 0):
            opened.append(make())
        sessions += 1
        own = opened[-1]

        async def ask(body: bytes) -> bytes:
            content: bytes = (await own.post(url, content=body)).content
            return content

        return ask

    return connected


def alone(who: str, base_url: str, sessions: int, turns: int) -> Meter:
    """Let a client alone hold conversations."""
    meter = Meter(sessions)
    url = f"{base_url}/chat/completions"

    async def all_of_them() -> None:
        known = {"raw": raw, "network": network}
        connected = known[who](url) if who in known else client(who, url)

        async def one(session: int) -> None:
            await talk(await connected(), meter, session, turns)

        await asyncio.gather(*(one(session) for session in range(sessions)))

    asyncio.run(all_of_them())
    return meter


def main(who: str, base_url: str, sessions: int, turns: int) -> None:
    logging.disable(logging.WARNING)
    whole = {"ours": ours, "inspect": inspect}
    if who in whole:
        meter = whole[who](base_url, sessions, turns)
    else:
        meter = alone(who, base_url, sessions, turns)
    print(json.dumps(meter.result()))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
