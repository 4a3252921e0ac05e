"""An episode played by the official client of the Model Context Protocol, in this process."""

import asyncio
from contextlib import asynccontextmanager
from functools import partial

import pytest
from mcp.client.client import Client
from mcp_types import Implementation

from tenure.agents.mcp import BRIEF_URI, Desk, Face
from tenure.agents.relay import Reception
from tenure.cli.progress import Watch
from tenure.runner.inline import play_here
from tenure.runner.run import Conditions, run
from tenure.scoring.records import read, read_partial
from tenure.scoring.replay import replay
from tenure.scoring.spending import spending
from tests.runner.stand import plan, scenario

FILE = "episodes/mcp-me/seed-1.jsonl.zst"
modes = pytest.mark.parametrize("mode", ["legacy", "auto"])


@asynccontextmanager
async def meeting(folder, mode, **options):
    """Give a client at a server of one episode, and the task that plays it."""
    reception = Reception()
    world = scenario().make_world(1)
    face = Face(Desk(reception, 1, shared=True), scenario().briefing, world.offered)
    place = partial(play_here, staffing=reception.staff)
    playing = run(folder, plan("mcp/me", **options), Watch(1), Conditions(place=place))
    running = asyncio.create_task(playing)
    info = Implementation(name="tester", version="9")
    async with Client(face.server("tenure", "1"), mode=mode, client_info=info) as client:
        yield client, running
    reception.close("The client has gone.")
    await running


def text_of(result):
    (content,) = result.content
    assert not result.is_error
    return content.text


@modes
def test_every_client_is_told_its_job(tmp_path, mode):
    async def ask():
        async with meeting(tmp_path, mode) as (client, _):
            prompt = (await client.get_prompt("start_work")).messages[0].content.text
            resource = (await client.read_resource(BRIEF_URI)).contents[0].text
            tool = text_of(await client.call_tool("start_work"))
            listed = (await client.list_tools()).tools
            return client.instructions, prompt, resource, tool, listed

    instructions, prompt, resource, tool, listed = asyncio.run(ask())
    brief, opening = scenario().briefing, scenario().make_world(1).opening()
    assert instructions.startswith(brief)
    assert prompt == resource == tool == f"{brief}\n\n{opening}"
    assert [each.name for each in listed] == ["start_work", "make_pitchers", "close_for_today"]
    toolbox = scenario().make_world(1).offered
    assert listed[1].input_schema == toolbox.tools["make_pitchers"].schema
    assert read_partial(tmp_path / FILE).steps == []


@modes
def test_what_a_client_calls_is_recorded_replayed_and_of_unknown_cost(tmp_path, mode):
    async def play():
        async with meeting(tmp_path, mode, steps=4) as (client, running):
            calls = [
                ("make_pitchers", {"count": 2}),
                ("make_pitchers", {"count": 10**30}),
                ("fly", {}),
                ("close_for_today", None),
            ]
            told = [text_of(await client.call_tool(*call)) for call in calls]
            after = text_of(await client.call_tool("close_for_today"))
            assert await running == []
            return told, after

    told, after = asyncio.run(play())
    episode = read(tmp_path / FILE)
    texts = [step["text"] for step in episode.steps]
    over = "The episode is over (steps); nothing more can be done. Thank you."
    assert told == [*texts[:3], f"{texts[3]}\n{over}"]
    assert after == over
    faults = [step.get("fault") for step in episode.steps]
    assert faults == [None, "bad_arguments", "unknown_tool", None]
    assert episode.steps[0]["exchange"]["client"] == {"name": "tester", "version": "9"}
    assert spending(episode.steps).cost_usd is None
    assert replay(episode).divergence is None


@modes
def test_parallel_calls_are_taken_one_after_another(tmp_path, mode):
    async def play():
        async with meeting(tmp_path, mode, steps=6) as (client, running):
            calls = [client.call_tool("make_pitchers", {"count": 1}) for _ in range(6)]
            told = [text_of(result) for result in await asyncio.gather(*calls)]
            await running
            return told

    told = asyncio.run(play())
    texts = [step["text"] for step in read(tmp_path / FILE).steps]
    assert [text.partition("\nThe episode")[0] for text in told] == texts
    assert [text.split()[0] for text in texts] == ["4", "8", "12", "16", "20", "24"]


def test_who_comes_back_is_told_where_it_stands(tmp_path):
    async def begin():
        async with meeting(tmp_path, "auto", steps=3) as (client, _):
            return text_of(await client.call_tool("make_pitchers", {"count": 1}))

    async def go_on():
        async with meeting(tmp_path, "auto", steps=3) as (client, running):
            told = text_of(await client.call_tool("start_work"))
            await client.call_tool("close_for_today")
            await client.call_tool("close_for_today")
            await running
            return told

    last = asyncio.run(begin())
    assert not read_partial(tmp_path / FILE).complete
    told = asyncio.run(go_on())
    assert told.endswith(f"You go on after 1 calls; the last one led to:\n\n{last}")
    assert len(read(tmp_path / FILE).steps) == 3
