"""Somebody outside plays an episode like any other agent."""

import asyncio
from contextlib import asynccontextmanager
from functools import partial

import pytest

from tenure.agents.relay import Reception
from tenure.cli.progress import Watch
from tenure.errors import ProviderError
from tenure.runner.inline import play_here
from tenure.runner.run import Conditions, run
from tenure.scoring.records import read, read_partial
from tenure.scoring.replay import replay
from tests.runner.stand import plan

FILE = "episodes/mcp-me/seed-1.jsonl.zst"
PITCHERS = '{"name":"make_pitchers","arguments":{"count":2}}'
SLEEP = '{"name":"close_for_today","arguments":{}}'


@asynccontextmanager
async def at_work(folder, **options):
    """Give the relay of the plan's only episode, and the task that plays it."""
    reception = Reception()
    manifest = plan("mcp/me", **options)
    place = partial(play_here, staffing=reception.staff)
    running = asyncio.create_task(run(folder, manifest, Watch(1), Conditions(place=place)))
    try:
        yield await reception.next(), running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def test_what_is_done_outside_is_recorded_and_can_be_replayed(tmp_path):
    async def play():
        async with at_work(tmp_path, days=2) as (relay, running):
            opening = await relay.hear()
            made = await relay.do(PITCHERS)
            second = await relay.do(SLEEP)
            last = await relay.do(SLEEP)
            assert relay.briefing.brief.startswith("You run a lemonade stand for 2 days.")
            assert await running == []
            return opening, made, second, last

    opening, made, second, last = asyncio.run(play())
    episode = read(tmp_path / FILE)
    assert opening == (episode.header["opening"], 0, "")
    assert made == (episode.steps[0]["text"], 1, "")
    assert second == (episode.steps[1]["text"], 2, "")
    assert last == (episode.steps[2]["text"], 3, "horizon")
    assert [step["action"] for step in episode.steps] == [PITCHERS, SLEEP, SLEEP]
    assert replay(episode).divergence is None


def test_after_the_end_nothing_more_is_done(tmp_path):
    async def play():
        async with at_work(tmp_path, steps=1) as (relay, running):
            last = await relay.do(SLEEP)
            await running
            assert await relay.do(SLEEP) == await relay.hear() == last
            relay.leave("They go home.")
            return await relay.hear()

    assert asyncio.run(play()).ended == "steps"
    assert len(read(tmp_path / FILE).steps) == 1


def test_who_leaves_can_be_followed_by_somebody_who_goes_on(tmp_path):
    async def leave():
        async with at_work(tmp_path, steps=3) as (relay, running):
            await relay.do(PITCHERS)
            relay.leave("The client went away.")
            with pytest.raises(ProviderError, match=r"The client went away\."):
                await relay.do(SLEEP)
            (failure,) = await running
            return failure

    async def go_on():
        async with at_work(tmp_path, steps=3) as (relay, running):
            heard = await relay.hear()
            assert (heard.steps, relay.past[0][1]) == (1, PITCHERS)
            await relay.do(SLEEP)
            await relay.do(SLEEP)
            return await running

    assert asyncio.run(leave()).sentence == "mcp-me, seed 1 is unfinished: The client went away."
    assert not read_partial(tmp_path / FILE).complete
    assert asyncio.run(go_on()) == []
    assert [step["action"] for step in read(tmp_path / FILE).steps] == [PITCHERS, SLEEP, SLEEP]


def test_who_leaves_before_the_first_turn_leaves_an_episode_without_steps(tmp_path):
    async def play():
        async with at_work(tmp_path) as (relay, running):
            relay.leave("They never came.")
            return await running

    (failure,) = asyncio.run(play())
    assert str(failure.error) == "They never came."
    assert read_partial(tmp_path / FILE).steps == []


def test_calls_at_the_same_time_are_taken_one_after_another(tmp_path):
    async def play():
        async with at_work(tmp_path, steps=3) as (relay, running):
            told = await asyncio.gather(relay.do(PITCHERS), relay.do(SLEEP), relay.do("?"))
            await running
            return told

    told = asyncio.run(play())
    steps = read(tmp_path / FILE).steps
    assert [step["action"] for step in steps] == [PITCHERS, SLEEP, "?"]
    assert [heard.observation for heard in told] == [step["text"] for step in steps]


def test_a_call_that_is_not_waited_for_is_taken_all_the_same(tmp_path):
    async def play():
        async with at_work(tmp_path, steps=2) as (relay, running):
            await relay.hear()
            hasty = asyncio.create_task(relay.do(PITCHERS))
            await asyncio.sleep(0)
            hasty.cancel()
            heard = await relay.hear()
            await relay.do(SLEEP)
            await running
            return heard.steps

    assert asyncio.run(play()) == 1
    assert [step["action"] for step in read(tmp_path / FILE).steps] == [PITCHERS, SLEEP]


def test_a_run_that_is_stopped_tells_who_plays(tmp_path):
    async def play():
        async with at_work(tmp_path) as (relay, running):
            await relay.hear()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            with pytest.raises(ProviderError, match="run again to resume it"):
                await relay.do(SLEEP)

    asyncio.run(play())
