"""Runs whose models have a small window: interrupted at any request, they end as undisturbed."""

import asyncio
import signal

import orjson
import pytest

from tenure.agents import AgentSpec
from tenure.cli import main
from tenure.cli.progress import Watch
from tenure.runner.plan import draw_up
from tenure.runner.run import run
from tenure.scenarios import Scenario, load
from tenure.scoring.records import read
from tenure.scoring.spending import spending
from tenure.scoring.verification import verify
from tests.cli.tenure_command import start
from tests.runner.endpoint import ANSWER, Endpoint, endpoint
from tests.runner.stand import SCENARIO_FILE, scenario

POLICIES = ["drop", "clear", "summary"]
STEPS = 6


def wants_summary(request):
    return request["tool_choice"] == "none"


def says(request):
    """What a model says: a summary that follows from all that it was shown, or a call."""
    if wants_summary(request):
        return {"role": "assistant", "content": f"Read {len(orjson.dumps(request))} bytes."}
    return ANSWER


@pytest.fixture
def server(monkeypatch):
    """An endpoint that remembers what it was asked; it counts 1,000 tokens a prompt."""
    asked = []
    monkeypatch.setattr(Endpoint, "says", lambda _, request: asked.append(request) or says(request))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with endpoint() as running:
        running.asked = asked
        yield running


def played(server, folder, policy, job=None):
    """Play on; return the record if the episode is complete by then."""
    prices = {"input_usd_per_mtok": 1, "output_usd_per_mtok": 0}
    options = {"window_tokens": 1_024, "context": policy, "remind_every": 2, **prices}
    agent = AgentSpec(name="openai/m", base_url=server.url, **options)
    manifest = draw_up(job or scenario(steps=STEPS), [agent], [1])
    failures = asyncio.run(run(folder, manifest, Watch(0)))
    (path,) = folder.rglob("seed-1*")
    return None if failures else read(path)


def timeless(episode):
    """The steps without the wall clock."""
    steps = orjson.loads(orjson.dumps(episode.steps))
    for step in steps:
        for one in (step["exchange"], *step["exchange"].get("summaries", ())):
            del one["latency_ms"]
        del step["hash"]
    return steps


@pytest.mark.parametrize("policy", POLICIES)
def test_interrupted_at_any_request_an_episode_goes_on_as_if_nothing_had_been(
    server, tmp_path, policy
):
    whole = played(server, tmp_path / "whole", policy)
    requests = list(server.asked)
    assert len(requests) == STEPS + sum(map(wants_summary, requests))
    for answered in range(1, len(requests)):
        server.asked.clear()
        server.answered, server.patience = 0, answered
        folder = tmp_path / str(answered)
        assert played(server, folder, policy) is None
        server.patience = 10**6
        assert timeless(played(server, folder, policy)) == timeless(whole)
        # only a summary whose own turn was cut short is not on record, and is asked for again
        lost = answered - 1 if wants_summary(requests[answered - 1]) else answered
        assert server.asked == requests[:answered] + requests[lost:]
        assert verify(folder).ok


def test_in_a_suite_each_scenario_has_the_context_that_it_recommends(server, tmp_path):
    content = load(str(SCENARIO_FILE)).model_dump(mode="json")
    for policy in POLICIES:
        own = {"id": f"lemonade/{policy}", "context": {"policy": policy, "window_tokens": 1_024}}
        (tmp_path / f"{policy}.yaml").write_bytes(orjson.dumps(content | own))
    suite = {"id": "suites/policies", "version": 1, "title": "Policies", "scenarios": []}
    suite["scenarios"] = [f"{policy}.yaml" for policy in POLICIES]
    (tmp_path / "suite.yaml").write_bytes(orjson.dumps(suite))
    words = ("run", tmp_path / "suite.yaml", "--agent", "openai/m", "--base-url", server.url)
    options = ("--max-steps", STEPS, "--out", tmp_path / "run", "--quiet")
    assert main([str(word) for word in (*words, *options)]) == 0
    summarised = {
        path.parents[2].name: any("summaries" in step["exchange"] for step in read(path).steps)
        for path in (tmp_path / "run").rglob("seed-1*")
    }
    assert summarised == {"drop": False, "clear": False, "summary": True}


def test_killed_while_it_summarises_a_run_goes_on_with_the_same_command(
    server, tmp_path, monkeypatch
):
    options = ("--context", "summary", "--window-tokens", 1_024, "--max-steps", STEPS)
    words = ("run", SCENARIO_FILE, "--agent", "openai/m", "--base-url", server.url, *options)
    tenure = start(*words, "--out", tmp_path / "killed")
    summaries = 0

    def kill(_, request):
        nonlocal summaries
        server.asked.append(request)
        summaries += wants_summary(request)
        if wants_summary(request) and summaries == 3:
            tenure.send_signal(signal.SIGKILL)
            tenure.wait()
        return says(request)

    monkeypatch.setattr(Endpoint, "says", kill)
    tenure.communicate(timeout=30)
    assert (tenure.returncode, summaries) == (-signal.SIGKILL, 3)
    before = len(server.asked)
    assert main([str(word) for word in (*words, "--out", tmp_path / "killed")]) == 0
    assert server.asked[before] == server.asked[before - 1]  # nothing that is on record
    assert main([str(word) for word in (*words, "--out", tmp_path / "whole")]) == 0
    (killed,), (whole,) = (
        [timeless(read(path)) for path in (tmp_path / name).rglob("seed-1*")]
        for name in ("killed", "whole")
    )
    assert killed == whole


def test_a_run_pays_for_its_summaries(server, tmp_path):
    episode = played(server, tmp_path / "run", "summary")
    spent = spending(episode.steps)
    assert spent.model_calls == len(server.asked) > STEPS
    assert spent.cost_usd == pytest.approx(0.001 * len(server.asked))
    assert spent.tokens.input == 1_000 * len(server.asked)


def test_each_seat_has_the_window_that_was_recommended_for_it(server, tmp_path, monkeypatch):
    content = load("vending/classic").model_dump()
    context = {"window_tokens": 9_000, "sub_agent": {"remind_every": 1}}
    job = Scenario.model_validate(content | {"context": context, "limits": {"steps": 6}})

    def send(_, request):
        server.asked.append(request)
        tools = {one["function"]["name"] for one in request["tools"]}
        name = "run_sub_agent" if "run_sub_agent" in tools else "check_storage"
        arguments = '{"instructions":"Look."}' if name == "run_sub_agent" else "{}"
        call = {"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}
        return {"role": "assistant", "content": None, "tool_calls": [call]}

    monkeypatch.setattr(Endpoint, "says", send)
    agent = AgentSpec(name="openai/m", base_url=server.url)
    manifest = draw_up(job, [agent], [1])
    assert asyncio.run(run(tmp_path / "run", manifest, Watch(0))) == []
    employer, *worker = server.asked
    reminded = [request["messages"][-1]["content"].count("[Remember") for request in worker]
    assert reminded == [0, 1, 1, 1, 1]  # the instructions are its opening
    assert "[Remember" not in orjson.dumps(employer).decode()
    assert verify(tmp_path / "run").ok
