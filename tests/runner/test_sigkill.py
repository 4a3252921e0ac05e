"""A run killed at any moment of its writing goes on to the bytes it would have had.

No paid answer that was recorded is asked for again: at most those under way when it was killed,
one a running episode, or one a seat where all are asked at the same time.
"""

import random
from functools import cache
from itertools import count

import pytest

from tests.runner.endpoint import ANSWER, endpoint
from tests.runner.killing import CONCLUSION, PLANS, survives

UNDER_WAY = {"several_at_a_time": 3, "contest_of_models": 2}
"""How many answers can be under way; one in all other plans."""
STRIDES = {"contest": 7, "contest_of_models": 7, "voiced": 5}
"""Of the longer plans, which have no other kinds of moments, only each so manieth is tried."""
RANDOM_SEEDS = range(8)


def says(request):
    """What the endpoint answers: a voice repeats, a worker ends the day, twice if it may."""
    if "tools" not in request:
        return {"role": "assistant", "content": request["messages"][-1]["content"]}
    offered = [tool["function"]["name"] for tool in request["tools"]]
    ends = [name for name in ("close_for_today", "wait_for_next_day") if name in offered]
    call = {"type": "function", "function": {"name": (ends or offered)[0], "arguments": "{}"}}
    calls = 2 if request["parallel_tool_calls"] else 1
    return ANSWER | {"tool_calls": [{"id": str(n), **call} for n in range(calls)]}


@pytest.fixture(scope="module")
def server():
    with endpoint() as running:
        running.says = says
        yield running


@pytest.fixture(scope="module")
def whole(server, tmp_path_factory):
    """The files of a plan that nobody killed, and how many answers they took."""

    @cache
    def played(plan):
        folder, before = tmp_path_factory.mktemp(plan), server.answered
        assert survives(plan, folder, server.url)
        return files(folder), server.answered - before

    return played


def files(folder):
    found = sorted(folder.rglob("*"))
    return {str(one.relative_to(folder)): one.read_bytes() for one in found if one.is_file()}


def goes_on(plan, folder, server, whole, moments):
    """Play with a kill at each moment in turn and then to the end; tell how often it was hit."""
    content, answers = whole(plan)
    kills, before = 0, server.answered
    for fatal in moments:
        if survives(plan, folder, server.url, fatal):
            break
        kills += 1
    else:
        assert survives(plan, folder, server.url)
    assert files(folder) == content
    assert answers <= server.answered - before <= answers + kills * UNDER_WAY.get(plan, 1)
    return kills


@pytest.mark.parametrize("fatal", [1, 4, 9, 15, 16])
def test_a_kill_within_an_episode(server, whole, tmp_path, fatal):
    assert goes_on("one_scenario", tmp_path, server, whole, [fatal]) == 1


@pytest.mark.slow
@pytest.mark.parametrize("plan", PLANS)
def test_a_kill_at_each_moment(server, whole, tmp_path, plan):
    for fatal in count(1, STRIDES.get(plan, 1)):
        if not goes_on(plan, tmp_path / str(fatal), server, whole, [fatal]):
            break
    assert fatal > 20


@pytest.mark.slow
@pytest.mark.parametrize("seed", RANDOM_SEEDS)
@pytest.mark.parametrize("plan", ["one_scenario", "contest", "voiced"])
def test_kills_at_random_moments_again_and_again(server, whole, tmp_path, plan, seed):
    chance = random.Random(seed)
    moments = [chance.randint(1, 30) for _ in range(8)]
    assert goes_on(plan, tmp_path, server, whole, moments), f"seed {seed}: {moments}"


@pytest.mark.slow
def test_a_kill_while_scorecard_and_report_are_written(server, tmp_path):
    assert survives("one_scenario", tmp_path, server.url)
    assert survives(CONCLUSION, tmp_path, server.url)
    content = files(tmp_path)
    for fatal in count(1):
        if survives(CONCLUSION, tmp_path, server.url, fatal):
            break
        for name in ("scorecard.json", "report.html"):
            assert files(tmp_path)[name] == content[name]
    assert fatal > 6
    assert files(tmp_path) == content
