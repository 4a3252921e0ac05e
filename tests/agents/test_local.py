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

from tenure import scenarios
from tenure.agents import AgentSpec, local, staff
from tenure.envs.jobs import Briefing
from tenure.envs.tools import Fault
from tenure.errors import ProviderError, UsageError
from tests.agents.endpoint import BRIEF
from tests.lemonade import JOB

SPEC = AgentSpec(name="local/smollm2-135m", max_output_tokens=64)
ENTER_AND_HANG = """
import asyncio
from tenure.agents.local import serve

async def main():
    async with serve("smollm2-135m") as server:
        print(server.base_url, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.fixture
def _model():
    try:
        local.find_weights("smollm2-135m")
    except UsageError as missing:
        pytest.skip(str(missing))


async def play(hire, world, brief=BRIEF, steps=3):
    """Let the model work; return its turns and what they led to."""
    played = []
    agent = hire(0)
    text = world.opening()
    agent.begin(Briefing(brief, text, world.toolbox, seed=0))
    for _ in range(steps):
        turn = await agent.act(text)
        step = world.step(turn.action)
        played.append((turn, step))
        text = step.text
    await agent.close()
    return played


def actions(played):
    return [turn.action for turn, _ in played]


@pytest.mark.llm
@pytest.mark.usefixtures("_model")
def test_the_embedded_model_makes_valid_calls_and_its_tokens_are_counted():
    async def work():
        async with staff(SPEC, JOB) as hire:
            return await play(hire, JOB.make({}, 1))

    played = asyncio.run(work())
    assert all(step.fault in (None, Fault.REFUSED) for _, step in played)
    exchanges = [turn.exchange for turn, _ in played]
    read = [exchange["usage"]["input_tokens"] for exchange in exchanges]
    assert read == sorted(set(read)), "each prompt is longer than the one before"
    assert exchanges[0]["usage"]["cached_tokens"] == 0, "an episode begins with a cold cache"
    assert exchanges[2]["usage"]["cached_tokens"] > read[0], "and then has its own"
    assert {exchange["model"] for exchange in exchanges} == {"smollm2-135m"}
    assert {exchange["cost_usd"] for exchange in exchanges} == {0.0}


@pytest.mark.llm
@pytest.mark.usefixtures("_model")
def test_an_episode_does_not_depend_on_the_company_it_is_played_in():
    async def work():
        async with staff(SPEC, JOB) as hire:
            alone = await play(hire, JOB.make({}, 1))
            in_company = await asyncio.gather(*(play(hire, JOB.make({}, 1)) for _ in range(2)))
            return [actions(played) for played in (alone, *in_company)]

    alone, *in_company = asyncio.run(work())
    assert in_company == [alone, alone]


@pytest.mark.llm
@pytest.mark.usefixtures("_model")
def test_the_vending_job_leaves_the_embedded_model_most_of_its_window():
    scenario = scenarios.load("vending/week")

    async def work():
        async with staff(SPEC, scenario.job) as hire:
            return await play(hire, scenario.make_world(1), scenario.briefing, steps=1)

    [(turn, _)] = asyncio.run(work())
    assert turn.exchange["usage"]["input_tokens"] < SPEC.window_tokens / 4


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
