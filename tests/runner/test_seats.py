"""A world may have several seats, and may take in more than actions; records hold both."""

import asyncio
from itertools import islice

import pytest

import tests.franchise  # registers the job
from tenure.agents import AgentSpec, staff
from tenure.agents.contract import Turn
from tenure.cli.progress import Watch
from tenure.envs.tools import Fault
from tenure.errors import ContractError
from tenure.runner.episode import Assignment, play
from tenure.runner.plan import draw_up
from tenure.runner.run import run
from tenure.scenarios import Limits, References, Scenario, references
from tenure.scoring.records import read
from tenure.scoring.replay import replay
from tenure.scoring.verification import verify
from tests.franchise import HELPER, Franchise
from tests.lemonade import Stand

FRANCHISE = Scenario(
    id="franchise/week",
    version=1,
    title="A week",
    brief="You own a lemonade stand.",
    parameters={"horizon_days": 7},
    limits=Limits(steps=40),
)


class Chatty:
    """A script that claims to be a model which wrote ten tokens for every action."""

    def __init__(self, agent):
        self._agent = agent
        self.begin, self.close = agent.begin, agent.close

    async def act(self, observation):
        turn = await self._agent.act(observation)
        return Turn(turn.action, {"usage": {"output_tokens": 10}})

    def recall(self, observation, turn):
        self._agent.recall(observation, turn)


async def play_chattily(path):
    spec = AgentSpec(name="owner")
    async with staff(spec, FRANCHISE.job) as hire:
        item = Assignment(FRANCHISE, spec, 3, path)
        known = References(1000, 2000)
        await play(item, lambda seed, seat="": Chatty(hire(seed, seat)), known, Watch(0))


@pytest.fixture
def world():
    return FRANCHISE.make_world(3)


def test_the_seat_whose_turn_it_is_has_its_own_tools(world):
    assert world.seat == ""
    assert world.call("make_pitchers", count=1).fault == Fault.UNKNOWN_TOOL
    step = world.call("send_helper", errand="one pitcher")
    assert (step.seat, world.seat) == ("", HELPER)
    assert step.text.startswith("Your errand: one pitcher")
    assert world.call("close_for_today").fault == Fault.UNKNOWN_TOOL
    assert world.call("make_pitchers", count=1).seat == HELPER
    assert world.call("report", text="done").text.startswith("The helper reports: done")
    assert world.seat == ""


def test_a_script_works_with_its_crew_and_a_reference_is_played_so(world):
    assert references(FRANCHISE, 3).floor == 1000
    job = FRANCHISE.job
    assert job.script("owner") is tests.franchise.owner
    assert job.script("owner", HELPER) is tests.franchise.helper


def test_a_run_records_who_acted_and_can_be_verified(tmp_path):
    plan = draw_up(FRANCHISE, [AgentSpec(name="owner")], [3])
    assert asyncio.run(run(tmp_path, plan, Watch(0))) == []
    record = read(tmp_path / "episodes/owner/seed-3.jsonl.zst")
    assert [step.get("seat", "") for step in islice(record.steps, 5)] == [
        "",
        HELPER,
        HELPER,
        "",
        "",
    ]
    assert all("outside" not in step for step in record.steps)
    assert verify(tmp_path).ok


def test_what_came_from_outside_is_recorded_replayed_and_lived_through_again(tmp_path):
    asyncio.run(play_chattily(tmp_path / "a.zst"))
    record = read(tmp_path / "a.zst")
    assert all(step["outside"] == {"output_tokens": 10} for step in record.steps)
    played = replay(record, known=lambda _: References(1000, 2000))
    assert played.explanation == ""
    record.steps[2] = record.steps[2] | {"outside": {"output_tokens": 11}}
    assert replay(record, known=lambda _: References(1000, 2000)).divergence.field == "outside"
    record.steps[2] = record.steps[2] | {"exchange": {"usage": {"output_tokens": 11}}}
    assert replay(record, known=lambda _: References(1000, 2000)).divergence.field == "digest"


def test_a_world_without_use_for_it_takes_nothing_from_outside():
    stand = Stand(Stand.Parameters(), 1)
    with pytest.raises(ContractError, match="takes nothing in but actions; it was given weather"):
        stand.step("{}", {"weather": "sunny"})


def test_tokens_that_nobody_counted_are_not_made_up():
    assert Turn("{}").output_tokens is None
    assert Turn("{}", {"usage": None}).output_tokens is None
    assert Turn("{}", {"usage": {"output_tokens": 7}}).output_tokens == 7
    assert Franchise(Franchise.Parameters(), 1).counts_tokens
