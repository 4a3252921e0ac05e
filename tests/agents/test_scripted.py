import asyncio

import pytest

from tenure.agents.contract import Turn
from tenure.agents.scripted import ScriptedAgent
from tenure.envs.tools import ToolCall
from tenure.errors import TrajectoryError
from tests.agents.endpoint import briefing, live
from tests.lemonade import JOB, two_a_day

MAKE = '{"name":"make_pitchers","arguments":{"count":2}}'
CLOSE = '{"name":"close_for_today","arguments":{}}'


def begun(policy, seed=0):
    agent = ScriptedAgent("some-policy", policy, seed)
    agent.begin(briefing())
    return agent


def test_it_does_what_its_policy_yields():
    turns = live(begun(two_a_day), ["opening", "8 cups are ready.", "Sold 3 cups."])
    assert turns == [Turn(MAKE), Turn(CLOSE), Turn(MAKE)]


def test_its_policy_reads_what_the_world_says():
    def parrot(_):
        heard = ""
        while True:
            heard = yield ToolCall("say", {"heard": heard})

    turns = live(begun(parrot), ["opening", "one", "two"])
    assert [turn.action for turn in turns] == [
        '{"name":"say","arguments":{"heard":""}}',
        '{"name":"say","arguments":{"heard":"one"}}',
        '{"name":"say","arguments":{"heard":"two"}}',
    ]


def test_its_policy_gets_the_agents_own_seed():
    def tells_seed(start):
        yield ToolCall("seed", {"is": start.seed})

    assert live(begun(tells_seed, seed=7), ["opening"])[0].action.endswith('{"is":7}}')


def test_a_policy_that_ends_before_its_episode_is_a_bug_that_names_it():
    def quitter(_):
        yield ToolCall("close_for_today")

    agent = begun(quitter)
    with pytest.raises(RuntimeError, match="some-policy"):
        live(agent, ["opening", "next"])


def test_after_recalling_turns_it_goes_on_as_if_it_had_lived_them():
    agent = begun(two_a_day)
    agent.recall("opening", Turn(MAKE))
    agent.recall("8 cups are ready.", Turn(CLOSE))
    assert live(agent, ["Sold 3 cups."]) == [Turn(MAKE)]


def test_a_record_made_by_another_version_of_the_policy_cannot_be_recalled():
    agent = begun(JOB.policies["idle"])
    with pytest.raises(TrajectoryError, match="another version"):
        agent.recall("opening", Turn(MAKE))


def test_closing_runs_the_policys_own_clean_up():
    closed = []

    def tidy(_):
        try:
            while True:
                yield ToolCall("close_for_today")
        finally:
            closed.append(True)

    agent = begun(tidy)
    live(agent, ["opening"])
    asyncio.run(agent.close())
    assert closed == [True]
