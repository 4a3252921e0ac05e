"""What an episode holds while it waits for its model."""

import asyncio
import gc
import tracemalloc
from contextlib import AsyncExitStack

import httpx

from tenure.agents import AgentSpec, staff
from tenure.agents.network import Network
from tenure.cli.progress import Watch
from tenure.runner.episode import Assignment, play
from tenure.scenarios import References, load

SPEC = AgentSpec(name="openai/silent", base_url="http://silent.test/v1")
FEW, MANY = 5, 20


class Silent(httpx.AsyncBaseTransport):
    """Takes requests and answers none; `heard` is set whenever as many came as are awaited."""

    def __init__(self):
        self.requests, self.awaited, self.heard = 0, 0, asyncio.Event()

    async def handle_async_request(self, request):
        assert [part async for part in request.stream]
        self.requests += 1
        if self.requests == self.awaited:
            self.heard.set()
        await asyncio.Event().wait()

    async def hear(self, requests):
        self.awaited = requests
        self.heard.clear()
        await self.heard.wait()


async def held_bytes(folder, scenario_id):
    """Return what Python holds for one episode more, of another seed, that waits for an answer."""
    scenario, silent = load(scenario_id), Silent()
    begun = []
    async with AsyncExitStack() as stack:
        network = await stack.enter_async_context(Network(transport=silent))
        hire = await stack.enter_async_context(staff(SPEC, scenario.job, network))

        async def traced_with(episodes):
            for seed in range(len(begun), episodes):
                item = Assignment(scenario, SPEC, seed, folder / f"{seed}.jsonl.zst")
                playing = play(item, hire, References(0, 1), Watch(MANY))
                begun.append(asyncio.create_task(playing))
            await silent.hear(episodes)
            gc.collect()
            return tracemalloc.get_traced_memory()[0]

        held = await traced_with(FEW), await traced_with(MANY)
        for playing in begun:
            playing.cancel()
        await asyncio.gather(*begun, return_exceptions=True)
    return (held[1] - held[0]) / (MANY - FEW)


def test_a_live_episode_of_a_month_holds_less_than_96_kib(tmp_path, monkeypatch):
    """It was 63 when this was written, and 125 before; docs/design/network.md tells of what."""
    monkeypatch.setenv("OPENAI_API_KEY", "k" * 40)
    tracemalloc.start()
    try:
        held = asyncio.run(held_bytes(tmp_path, "vending/month"))
    finally:
        tracemalloc.stop()
    assert held < 96 * 1024
