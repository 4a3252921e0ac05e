"""What a model's turn costs us: our processor time per turn against a bare httpx client's.

    python benchmarks/llm_turn.py [--turns 400] [--late-turn 3000]

A stub in a process of its own answers at once, so that all that is measured is our side. Agent and
bare client take turns, block by block; the bare client sends, with httpx and orjson, the messages
that the agent sent last. Prints two ratios:

* ours / bare with a window of 30,000 tokens (some 117 KB); the goal is 1.3 or less;
* ours after turn 3,000 / after turn 50, window full in both; the goal is 1.2 or less.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import fmean
from typing import Any

import httpx
import orjson

from tenure.agents.context import Message
from tenure.agents.llm import LLMAgent
from tenure.agents.network import Network
from tenure.agents.protocols import ToolProtocol, Way
from tenure.agents.providers import Provider, Reply, connect
from tenure.agents.spec import AgentSpec
from tenure.envs.jobs import Briefing
from tenure.envs.tools import Toolbox

KEY = "k" * 40
WINDOW_TOKENS = 30_000
BLOCK_TURNS = 10
FILLING_TURNS = 130

STUB = """
import asyncio, json
call = {"id": "call", "type": "function", "function": {"name": "wait", "arguments": '{"days": 1}'}}
message = {"role": "assistant", "content": None, "tool_calls": [call]}
choice = {"index": 0, "finish_reason": "tool_calls", "message": message}
HEAD = "HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n"

def answer(length):
    usage = {"prompt_tokens": length // 4, "completion_tokens": 20}
    body = json.dumps({"model": "stub", "choices": [choice], "usage": usage})
    return (HEAD % len(body) + body).encode()

async def handle(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\\r\\n")[0])
            await reader.readexactly(length)
            writer.write(answer(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()

async def main():
    server = await asyncio.start_server(handle, "127.0.0.1", 0, limit=2**20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(input)

try:
    asyncio.run(main())
except EOFError:
    pass
"""


class Overheard:
    """A provider that remembers what it was asked last; `LLMAgent` needs no more of one."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.asked: dict[str, Any] = {}

    def speak(self, way: Way, toolbox: Toolbox, *, parallel: bool = False) -> ToolProtocol:
        return self._provider.speak(way, toolbox, parallel=parallel)

    async def complete(self, messages: list[Message], fields: Mapping[str, Any]) -> Reply:
        self.asked = {"messages": messages, **fields}
        return await self._provider.complete(messages, fields)

    async def close(self) -> None:
        await self._provider.close()


class Ours:
    """An agent that reads observations of a given length."""

    def __init__(self, base_url: str, observation_chars: int, keep_percent: int) -> None:
        spec = AgentSpec(name="openai/stub", window_tokens=WINDOW_TOKENS, keep_percent=keep_percent)
        provider = connect(spec, base_url, KEY, network=Network(trust_env=False))
        self._overheard = Overheard(provider)
        self.agent = LLMAgent(spec, self._overheard)
        self.agent.begin(Briefing("You run a stand. " * 100, "Open.", Toolbox({}), seed=0))
        self._observation = "x" * observation_chars

    async def turn(self) -> None:
        await self.agent.act(self._observation)

    async def turns(self, count: int) -> None:
        for _ in range(count):
            await self.turn()

    def body(self) -> dict[str, Any]:
        """Return a body with the very messages that were sent last."""
        asked = self._overheard.asked
        return {"model": "stub", "max_tokens": 8_192, **asked, "messages": [*asked["messages"]]}


class Bare:
    """The least that httpx and orjson can do: write a body, send it, read the answer."""

    def __init__(self, base_url: str) -> None:
        self._url = f"{base_url}/chat/completions"
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
        self.client = httpx.AsyncClient(headers=headers, timeout=600, trust_env=False)

    async def turn(self, body: dict[str, Any]) -> None:
        response = await self.client.post(self._url, content=orjson.dumps(body))
        orjson.loads(response.content)


async def cpu_ms(turn: Callable[[], Awaitable[None]], turns: int) -> float:
    """Return this process's time per turn."""
    started = time.process_time()
    for _ in range(turns):
        await turn()
    return (time.process_time() - started) * 1_000 / turns


async def compare(base_url: str, turns: int) -> tuple[float, float, float]:
    """Return the mean cost of a turn of ours and of the bare client, and the mean body's bytes."""
    ours, bare = Ours(base_url, observation_chars=1_080, keep_percent=90), Bare(base_url)
    await ours.turns(FILLING_TURNS)
    mine, least, sizes = [], [], []
    for _ in range(turns // BLOCK_TURNS):
        mine.append(await cpu_ms(ours.turn, BLOCK_TURNS))
        body = ours.body()
        sizes.append(len(orjson.dumps(body)))
        least.append(await cpu_ms(lambda body=body: bare.turn(body), BLOCK_TURNS))
    await ours.agent.close()
    await bare.client.aclose()
    return fmean(mine), fmean(least), fmean(sizes)


async def growth(base_url: str, late_turn: int) -> tuple[float, float]:
    """Return the mean cost of a turn after turn 50 and after a late turn.

    A window of observations of 3,000 characters is full after some 38 turns, and is trimmed every
    15: 45 turns are three periods.
    """
    late = Ours(base_url, observation_chars=3_000, keep_percent=61)
    await late.turns(late_turn)
    first, last = [], []
    for _ in range(8):
        early = Ours(base_url, observation_chars=3_000, keep_percent=61)
        await early.turns(50)
        first.append(await cpu_ms(early.turn, 45))
        last.append(await cpu_ms(late.turn, 45))
        await early.agent.close()
    await late.agent.close()
    return fmean(first), fmean(last)


@contextmanager
def stub() -> Iterator[str]:
    """Run the stub; yields its base URL."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", STUB], text=True, **pipes) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        process.communicate()


async def main(turns: int, late_turn: int) -> None:
    with stub() as base_url:
        mine, least, size = await compare(base_url, turns)
        print(
            f"ours / bare at {size / 1_000:.0f} KB: {mine / least:.2f}"
            f"  ({mine:.2f} and {least:.2f} ms of processor time a turn)"
        )
        first, last = await growth(base_url, late_turn)
        print(
            f"turn {late_turn:,} / turn 50: {last / first:.2f}"
            f"  ({last:.2f} and {first:.2f} ms of processor time a turn)"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=400)
    parser.add_argument("--late-turn", type=int, default=3_000)
    options = parser.parse_args()
    asyncio.run(main(options.turns, options.late_turn))
