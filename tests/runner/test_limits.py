"""A limit ends an episode like the limit of steps: for a reason that its record proves."""

import asyncio

import pytest

from tenure.agents import AgentSpec
from tenure.cli.progress import Watch
from tenure.errors import UsageError
from tenure.runner.arena import draw_up_arena
from tenure.runner.plan import default_folder, draw_up, with_limits
from tenure.runner.run import run
from tenure.scenarios import Limits, Scenario, load
from tenure.scoring.records import read, read_partial
from tenure.scoring.report import write_report
from tenure.scoring.scorecard import score_run
from tenure.scoring.verification import verify
from tests.runner.endpoint import endpoint
from tests.runner.stand import plan, scenario

FILE = "episodes/{}/seed-1.jsonl.zst"


@pytest.fixture
def server(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with endpoint() as running:
        yield running


def worker(server, **chosen):
    prices = {"input_usd_per_mtok": 100.0, "output_usd_per_mtok": 1000.0}
    chosen = {"base_url": server.url, "max_retries": 0, **prices, **chosen}
    return AgentSpec(name="openai/worker-1", **chosen)


def limited(agent, **limits):
    """An answer of the endpoint has 1,010 tokens, which cost 11 cents."""
    return draw_up(with_limits(scenario(days=9), limits), [agent], [1])


def play(folder, manifest):
    return asyncio.run(run(folder, manifest, Watch(1)))


def record_of(folder, manifest, reader=read):
    return reader(folder / FILE.format(manifest.labels[0]))


@pytest.mark.parametrize(
    ("limits", "reason", "steps"),
    [
        ({"tokens": 3_000}, "tokens", 3),
        ({"tokens": 3_030}, "tokens", 3),
        ({"tokens": 3_031}, "tokens", 4),
        ({"usd": 0.22}, "usd", 2),
        ({"usd": 0.23}, "usd", 3),
        ({"usd": 100, "tokens": 10**6}, "horizon", 9),
    ],
)
def test_the_answer_that_crosses_a_line_is_taken_and_then_time_runs_out(
    server, tmp_path, limits, reason, steps
):
    manifest = limited(worker(server), **limits)
    assert play(tmp_path, manifest) == []
    record = record_of(tmp_path, manifest)
    assert (record.end["reason"], record.end["steps"]) == (reason, steps)
    assert server.answered == steps
    whole = record.end["minute"] // 1440
    assert whole == 9
    assert verify(tmp_path).ok


def test_minutes_are_read_from_the_record_whatever_time_it_was(server, tmp_path):
    manifest = limited(worker(server), minutes=1e-9)
    assert play(tmp_path, manifest) == []
    record = record_of(tmp_path, manifest)
    waited = [step["exchange"]["latency_ms"] for step in record.steps]
    assert record.end["reason"] == "minutes"
    assert all(ms == 0 for ms in waited[:-1])
    assert waited[-1] >= 1
    assert verify(tmp_path).ok


def test_a_resumed_episode_counts_what_was_used_before(server, tmp_path):
    manifest = limited(worker(server), tokens=5_000)
    server.patience = 2
    (failure,) = play(tmp_path, manifest)
    assert "no such key" in str(failure.error)
    assert len(record_of(tmp_path, manifest, read_partial).steps) == 2
    server.patience = 10**6
    assert play(tmp_path, manifest) == []
    assert record_of(tmp_path, manifest).end["steps"] == 5
    assert server.answered == 5


def test_table_scorecard_and_report_say_so(server, tmp_path):
    manifest = limited(worker(server), tokens=2_000, usd=9, minutes=60)
    play(tmp_path, manifest)
    (agent,) = score_run(tmp_path).agents
    assert agent.reasons == {"tokens": 1}
    assert agent.ended_early == 1
    page = write_report(tmp_path, score_run(tmp_path)).read_text()
    assert "token limit reached" in page
    assert (
        "400 tool calls, 2,000 tokens, $9.00, 60 minutes of waiting for answers an episode" in page
    )


def test_a_limited_plan_is_another_plan_and_one_without_limits_is_what_it_was(server):
    assert default_folder(limited(worker(server), tokens=9)) != default_folder(
        limited(worker(server))
    )
    assert "tokens" not in limited(worker(server)).model_dump(mode="json")["scenario"]["limits"]


def test_limits_can_be_set_and_lowered_and_not_raised():
    low = with_limits(scenario(), {"tokens": 500})
    assert low.limits == Limits(steps=400, tokens=500)
    assert with_limits(low, {"tokens": 400}).limits.tokens == 400
    with pytest.raises(UsageError, match="ends after 500 tokens; the limit can only be lowered"):
        with_limits(low, {"tokens": 501})


def test_scripts_use_nothing(tmp_path):
    low = Limits(steps=400, tokens=1, usd=0.01, minutes=0.01)
    manifest = plan("two-a-day")
    limited = manifest.scenario.model_copy(update={"limits": low})
    manifest = manifest.model_copy(update={"scenario": limited})
    assert play(tmp_path, manifest) == []
    assert read(tmp_path / FILE.format("two-a-day")).end["reason"] == "horizon"


# --- what is not known ---------------------------------------------------------------------------


def test_dollars_cannot_be_limited_where_a_price_is_unknown(server):
    unpriced = AgentSpec(name="openai/mystery", base_url=server.url)
    with pytest.raises(UsageError, match=r"Nobody knows what openai/mystery costs.*--price"):
        limited(unpriced, usd=5)
    week = with_limits(load("vending/week"), {"usd": 5})
    with pytest.raises(UsageError, match="openai/mystery"):
        draw_up(week, [AgentSpec(name="null")], [1], unpriced)
    arena = with_limits(load("vending/arena-week"), {"usd": 5})
    with pytest.raises(UsageError, match="openai/mystery"):
        draw_up_arena(arena, [unpriced, AgentSpec(name="naive")], [], [1])


@pytest.mark.parametrize(("name", "limit"), [("usd", 5), ("tokens", 10_000)])
def test_an_answer_that_does_not_tell_stops_its_episode_and_is_not_asked_again(
    server, tmp_path, name, limit
):
    manifest = limited(worker(server), **{name: limit})
    server.counts_tokens = False
    for _ in range(2):
        (failure,) = play(tmp_path, manifest)
        assert f"an answer did not tell its {name}" in failure.sentence
        assert server.answered == 1
    assert len(record_of(tmp_path, manifest, read_partial).steps) == 1
    (unscored,) = score_run(tmp_path).agents[0].episodes
    assert unscored.status == "unscored"


def test_the_brief_may_name_a_limit():
    said = scenario().model_dump() | {
        "brief": "You have {tokens} tokens.",
        "limits": {"steps": 9, "tokens": 700},
    }
    assert Scenario.model_validate(said).briefing == "You have 700 tokens."
