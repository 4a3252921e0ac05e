"""What a model was asked is rebuilt from a record as it was sent, wherever the model sat."""

import asyncio

import orjson
import pytest

from tenure.agents import AgentSpec
from tenure.cli.progress import Watch
from tenure.errors import UsageError
from tenure.runner.arena import draw_up_arena
from tenure.runner.fork import Change, draw_up_fork, fork
from tenure.runner.plan import draw_up
from tenure.runner.rebuilding import requests
from tenure.runner.run import run, run_arena
from tenure.scenarios import load
from tenure.scoring.past import Past
from tenure.scoring.records import Episode, read
from tests.runner.endpoint import ANSWER, Endpoint, endpoint
from tests.runner.stand import scenario

DAYS = 8
BREW = '{"name":"make_pitchers","arguments":{"count":1}}'


@pytest.fixture
def server(monkeypatch):
    """An endpoint that counts 1,000 tokens a prompt."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with endpoint() as running:
        yield running


def model(server, **options):
    return AgentSpec(name="openai/m", base_url=server.url, quirks=["prompt_cache_key"], **options)


def played(server, folder, *, job=None, attempts=1, **options):
    """Play episodes to their end; return the file of one."""
    plan = draw_up(job or scenario(days=DAYS), [model(server, **options)], [1], attempts=attempts)
    assert asyncio.run(run(folder, plan, Watch(0))) == []
    return next(folder.rglob("seed-1*.zst"))


def forked(folder, parent, at, **change):
    change = Change(**change)
    plan = draw_up_fork(parent, at, change)
    assert asyncio.run(fork(folder, parent, plan, Watch(0))) == []
    return next(folder.rglob("seed-1*.zst"))


def bodies(path, steps=None):
    """Rebuild what was asked before some steps, or before all."""
    past = Past(read(path))
    return [one.body for n in steps or range(len(past)) for one in requests(past, n)]


def test_every_request_is_what_was_sent_to_the_byte(server, tmp_path):
    path = played(server, tmp_path, request_seed=3, remind_every=2)
    assert len(server.bodies) == DAYS
    assert bodies(path) == server.bodies
    sent = orjson.loads(server.bodies[0])
    assert sent["seed"] > 3
    assert sent["prompt_cache_key"]


@pytest.mark.parametrize("policy", ["drop", "clear", "summary"])
def test_what_was_trimmed_is_trimmed_again(server, tmp_path, policy, monkeypatch):
    def says(_, request):
        """Say what follows from all that was read."""
        read_so_far = {"role": "assistant", "content": f"Read {len(orjson.dumps(request))}."}
        return read_so_far if request["tool_choice"] == "none" else ANSWER

    monkeypatch.setattr(Endpoint, "says", says)
    path = played(server, tmp_path, context=policy, window_tokens=1_024)
    assert any("dropped" in step["exchange"] for step in read(path).steps)
    assert bodies(path) == server.bodies
    past = Past(read(path))
    purposes = [one.purpose for n in range(DAYS) for one in requests(past, n)]
    assert ("summary" in purposes) == (policy == "summary")
    assert {one.url for one in requests(past, DAYS - 1)} == {f"{server.url}/chat/completions"}


def test_another_attempt_has_requests_of_its_own(server, tmp_path):
    played(server, tmp_path, attempts=2, request_seed=3)
    first, second = map(bodies, tmp_path.rglob("seed-1*.zst"))
    assert sorted([*first, *second]) == sorted(server.bodies)
    keys = {orjson.loads(body)["prompt_cache_key"] for body in server.bodies}
    assert len(keys) == 2


def test_steps_that_one_message_asked_for_have_its_request(server, tmp_path, monkeypatch):
    brew = {"name": "make_pitchers", "arguments": '{"count":1}'}
    twice = [
        {"id": "0", "type": "function", "function": brew},
        *(ANSWER["tool_calls"]),
    ]
    monkeypatch.setattr(Endpoint, "says", lambda *_: {**ANSWER, "tool_calls": twice})
    job = scenario(days=DAYS).model_copy(update={"parallel_calls": True})
    path = played(server, tmp_path, job=job)
    assert len(server.bodies) == DAYS
    assert bodies(path, range(0, 2 * DAYS, 2)) == server.bodies
    assert bodies(path, range(1, 2 * DAYS, 2)) == server.bodies


# --- forks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", [None, BREW])
@pytest.mark.parametrize("keeps_context", [False, True])
def test_a_forks_requests_are_those_of_who_goes_on(server, tmp_path, keeps_context, action):
    parent = played(server, tmp_path / "parent")
    server.bodies.clear()
    path = forked(tmp_path / "fork", parent, "step:3", keeps_context=keeps_context, action=action)
    first = 3 if action is None else 4
    past = Past(read(path))
    assert bodies(path, range(first, len(past))) == server.bodies
    with pytest.raises(UsageError, match="Step 2 is the parent's"):
        requests(past, 2)
    if action:
        with pytest.raises(UsageError, match="Step 3 was decided when the fork was made"):
            requests(past, 3)


# --- contests ------------------------------------------------------------------------------------


def test_in_a_contest_each_seat_has_its_own_conversation(server, tmp_path, monkeypatch):
    def says(_, request):
        wait = {"name": "wait_for_next_day", "arguments": "{}"}
        return {**ANSWER, "tool_calls": [{"id": "1", "type": "function", "function": wait}]}

    monkeypatch.setattr(Endpoint, "says", says)
    agents = [model(server, temperature=0.5), AgentSpec(name="naive"), model(server)]
    plan = draw_up_arena(load("vending/arena-week"), agents, [], [1])
    assert asyncio.run(run_arena(tmp_path, plan, Watch(plan.planned))) == []
    found = []
    for path in tmp_path.rglob("*.jsonl.zst"):
        past = Past(read(path))
        for n, step in enumerate(past.episode.steps):
            if step.get("exchange"):
                found += bodies(path, [n])
            else:
                with pytest.raises(UsageError, match="naive is no model that a run asks"):
                    requests(past, n)
    assert sorted(found) == sorted(server.bodies)
    assert len(found) > 20


# --- what cannot be rebuilt ----------------------------------------------------------------------


def altered(path, **fields):
    episode = read(path)
    return Episode({**episode.header, **fields}, episode.steps, episode.end, episode.head)


def test_what_cannot_be_rebuilt_is_said(server, tmp_path):
    path = played(server, tmp_path)
    past = Past(read(path))
    for n in (-1, DAYS):
        with pytest.raises(UsageError, match=f"There is no step {n}: the episode has {DAYS}"):
            requests(past, n)
    for agent, problem in (
        ({"name": "idle"}, "idle is no model that a run asks"),
        ({"name": "openai/m", "api": "telepathy"}, "openai/m is no agent that this Tenure knows"),
    ):
        with pytest.raises(UsageError, match=problem):
            requests(Past(altered(path, agent=agent)), 0)


def test_other_tools_than_were_recorded_are_said(server, tmp_path):
    path = played(server, tmp_path)
    with pytest.raises(UsageError, match="whose tools are not worded as those of"):
        requests(Past(altered(path, tools="0" * 16)), 0)
