"""The embedded model, end to end: a real server and real weights."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tenure.agents import AgentSpec, local, staff
from tenure.envs.tools import Fault
from tenure.errors import ProviderError, UsageError
from tests.agents.endpoint import briefing
from tests.lemonade import JOB

SPEC = AgentSpec(name="local/smollm2-135m", max_output_tokens=64)
ENTER_AND_HANG = """
import asyncio
from tenure.agents.local import serve

async def main():
    async with serve("smollm2-135m") as base_url:
        print(base_url, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.fixture
def _model():
    try:
        local.find_weights("smollm2-135m")
    except UsageError as missing:
        pytest.skip(str(missing))


async def play(steps):
    """Let the model work in the toy job; return its turns and what they led to."""
    world = JOB.make({}, 1)
    played = []
    async with staff(SPEC, JOB) as hire:
        agent = hire(0)
        agent.begin(briefing())
        text = world.opening()
        for _ in range(steps):
            turn = await agent.act(text)
            step = world.step(turn.action)
            played.append((turn, step))
            text = step.text
        await agent.close()
    return played


@pytest.mark.llm
@pytest.mark.usefixtures("_model")
def test_the_embedded_model_makes_valid_calls_and_its_tokens_are_counted():
    played = asyncio.run(play(steps=3))
    assert all(step.fault in (None, Fault.REFUSED) for _, step in played)
    exchanges = [turn.exchange for turn, _ in played]
    read = [exchange["usage"]["input_tokens"] for exchange in exchanges]
    assert read == sorted(set(read)), "each prompt is longer than the one before"
    assert exchanges[2]["usage"]["cached_tokens"] > 0, "the server remembers the prompt so far"
    assert {exchange["model"] for exchange in exchanges} == {"smollm2-135m"}
    assert {exchange["cost_usd"] for exchange in exchanges} == {0.0}


@pytest.mark.llm
@pytest.mark.usefixtures("_model")
def test_a_killed_run_takes_its_server_with_it():
    run = subprocess.Popen([sys.executable, "-c", ENTER_AND_HANG], stdout=subprocess.PIPE)
    with run:
        health = run.stdout.readline().decode().strip().removesuffix("/v1") + "/health"
        assert answers(health)
        os.kill(run.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while answers(health) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not answers(health)


def answers(url):
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


def test_a_server_that_does_not_start_says_why(monkeypatch, tmp_path):
    broken = Path(tmp_path, "broken.gguf")
    broken.write_bytes(b"not a model")
    monkeypatch.setattr(local, "find_weights", lambda _: broken)

    async def enter():
        async with local.serve("smollm2-135m"):
            pass

    with pytest.raises(ProviderError, match=r"did not start: .+"):
        asyncio.run(enter())
