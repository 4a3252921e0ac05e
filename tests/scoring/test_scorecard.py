import shutil
from dataclasses import replace

import orjson
import pytest
import zstandard

from tenure.scenarios import References
from tenure.scoring.manifest import Manifest
from tenure.scoring.records import read, read_partial
from tenure.scoring.scorecard import (
    EpisodeScore,
    Scorecard,
    Unscored,
    score_episode,
    score_run,
    series,
)
from tenure.scoring.spending import Tokens, spending
from tests.scoring.episodes import BREW, SCENARIO, SLEEP, play, scripted

BIG_BREW = '{"name":"make_pitchers","arguments":{"count":20}}'
ACTIONS = [BREW, SLEEP, "what?", '{"name":"sing"}', BIG_BREW, SLEEP, SLEEP, SLEEP, SLEEP]


@pytest.fixture
def episode(tmp_path):
    return read(play(tmp_path / "e", ACTIONS))


def answered(tokens_in: int | None, tokens_out: int | None, cost: float | None) -> dict:
    usage = {"input_tokens": tokens_in, "cached_tokens": 10, "output_tokens": tokens_out}
    return {"usage": usage, "cost_usd": cost}


def spent(folder, *exchanges):
    path = play(folder / "e", [SLEEP] * len(exchanges), exchanges=exchanges, finish=False)
    return spending(read_partial(path).steps)


# --- an episode --------------------------------------------------------------------------------


def test_an_episode_is_scored_by_its_last_figures(episode):
    # $10.00, a pitcher for $1.00, four cups at 50 cents, all of them sold
    score = score_episode(episode)
    assert isinstance(score, EpisodeScore)
    assert (score.score, score.floor, score.bound) == (1100, 1000, 1775)
    assert score.normalised == pytest.approx(100 / 775)
    assert score.figures == {"cash_cents": 1100, "cups": 0}
    assert (score.reason, score.ended_early) == ("horizon", False)
    assert (score.days, score.steps) == (5, 9)


def test_a_score_is_normalised_without_luck(episode):
    lucky = replace(episode, header=episode.header | {"luck": "cups"})
    lucky.end["measured"][1] = 50
    score = score_episode(lucky)
    assert (score.score, score.luck, score.earned) == (1100, 50, 1050)
    assert score.normalised == pytest.approx(50 / 775)


def test_faults_are_counted_by_kind_and_tools_by_name(episode):
    score = score_episode(episode)
    assert score.faults == {"malformed": 1, "refused": 1, "unknown_tool": 1}
    assert score.tools == {"close_for_today": 5, "make_pitchers": 2}


def test_a_turns_summaries_are_calls_whose_price_is_in_the_turns():
    asked = [{"text": "Rain.", "usage": None}, {"text": "", "error": "too long"}]
    total = spending([{"exchange": answered(9, 9, 0.5) | {"summaries": asked}}])
    assert (total.model_calls, total.cost_usd) == (2, 0.5)


@pytest.mark.parametrize("cost", [-1.0, -5, True, float("inf"), float("nan"), 1e308])
def test_a_cost_that_cannot_be_is_unknown(cost):
    total = spending([{"exchange": answered(1, 1, cost)}, {"exchange": answered(1, 1, 0.5)}])
    assert (total.cost_usd, total.known_cost_usd) == (None, 0.5)


@pytest.mark.parametrize("count", [-1, True, 1.5, 9 * 10**18])
def test_a_count_of_tokens_that_cannot_be_is_unknown(count):
    total = spending([{"exchange": answered(count, 1, 0.5)}, {"exchange": answered(2, 1, 0.5)}])
    assert total.tokens is None
    assert total.known_tokens == Tokens(input=2, cached=10, output=1)


def test_an_agent_is_named_by_its_label_or_its_name(episode):
    assert score_episode(episode).agent == "fixed"
    assert score_episode(episode, "folder").agent == "folder"


def test_an_unfinished_episode_has_no_score(tmp_path):
    path = play(tmp_path / "e", ACTIONS[:3], exchanges=[answered(5, 5, 0.5)] * 3, finish=False)
    outcome = score_episode(read_partial(path))
    assert isinstance(outcome, Unscored)
    assert (outcome.kind, outcome.steps) == ("unfinished", 3)
    assert outcome.spending.cost_usd == 1.5
    assert not hasattr(outcome, "score")


def test_the_limit_of_the_scenario_is_an_early_end(tmp_path):
    limits = SCENARIO.limits.model_copy(update={"steps": 3})
    short = SCENARIO.model_copy(update={"limits": limits})
    score = score_episode(read(play(tmp_path / "e", ACTIONS, scenario=short)))
    assert (score.reason, score.ended_early) == ("steps", True)


def test_floor_is_zero_and_bound_is_one():
    points = References(floor=1000, bound=3000)
    assert [points.normalised(score) for score in (1000, 2000, 3000)] == [0, 0.5, 1]
    assert points.normalised(500) == -0.25


def test_without_room_between_floor_and_bound_nothing_is_normalised():
    assert References(1000, 1000).normalised(1000) is None


# --- an episode by day -------------------------------------------------------------------------


def test_an_episode_by_day(episode):
    by_day = series(episode)
    assert by_day.days == 6
    assert by_day.figures["cash_cents"] == [900, 1050, 1100, 1100, 1100, 1100]
    assert by_day.calls == {
        "close_for_today": [1, 1, 1, 1, 1, 0],
        "make_pitchers": [1, 1, 0, 0, 0, 0],
    }
    assert by_day.faults == [0, 3, 0, 0, 0, 0]


def test_after_a_step_limit_the_series_goes_on_to_the_end_of_the_world(tmp_path):
    limited = SCENARIO.model_copy(
        update={"limits": SCENARIO.limits.model_copy(update={"steps": 2})}
    )
    episode = read(play(tmp_path / "e", [BREW, BREW, SLEEP], scenario=limited))
    cash = score_episode(episode).series.figures["cash_cents"]
    assert cash[0] == 800
    assert len(cash) == SCENARIO.make_world(1).parameters.horizon_days + 1
    assert cash[-1] == score_episode(episode).score


def test_the_series_agrees_with_the_totals(tmp_path):
    score = score_episode(read(play(tmp_path / "e", scripted("two-a-day", 2), seed=2)))
    assert {name: sum(days) for name, days in score.series.calls.items()} == score.tools
    assert {name: days[-1] for name, days in score.series.figures.items()} == score.figures


# --- spending ----------------------------------------------------------------------------------


def test_an_agent_without_a_model_spends_nothing(episode):
    nothing = spending(episode.steps)
    assert (nothing.model_calls, nothing.tokens, nothing.cost_usd) == (0, Tokens(), 0)


def test_tokens_and_cost_are_added_up(tmp_path):
    total = spent(tmp_path, answered(100, 20, 0.25), answered(50, 5, 0.5))
    assert total.tokens == Tokens(input=150, cached=20, output=25)
    assert (total.model_calls, total.cost_usd, total.known_cost_usd) == (2, 0.75, 0.75)


def test_tokens_written_to_a_cache_are_added_up_where_the_provider_tells_of_them(tmp_path):
    storing = answered(100, 20, 0.25)
    storing["usage"]["cache_write_tokens"] = 60
    total = spent(tmp_path, storing, answered(50, 5, 0.5))
    assert total.tokens == Tokens(input=150, cached=20, cache_write=60, output=25)


def test_an_unknown_price_leaves_the_cost_unknown_and_the_known_part_beside_it(tmp_path):
    total = spent(tmp_path, answered(100, 20, 0.25), answered(50, 5, None))
    assert (total.cost_usd, total.known_cost_usd) == (None, 0.25)
    assert total.tokens == Tokens(input=150, cached=20, output=25)


def test_unreported_tokens_leave_the_tokens_unknown(tmp_path):
    total = spent(tmp_path, answered(100, 20, 0.25), answered(None, 5, 0.5), {"cost_usd": 0.0})
    assert total.tokens is None
    assert total.known_tokens == Tokens(input=100, cached=10, output=20)
    assert total.cost_usd == 0.75


@pytest.mark.parametrize(
    "odd", [{"usage": "many", "cost_usd": "cheap"}, {"usage": {"input_tokens": "7"}}, {}]
)
def test_what_is_no_number_is_unknown(tmp_path, odd):
    total = spent(tmp_path, odd)
    assert (total.model_calls, total.tokens, total.cost_usd) == (1, None, None)
    assert (total.known_tokens, total.known_cost_usd) == (Tokens(), 0)


# --- a run -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    agents = [{"name": "two-a-day"}, {"name": "idle"}]
    plan = Manifest(scenario=SCENARIO, agents=agents, seeds=list(range(1, 11)))
    plan.write(folder)
    for label, seed, _ in plan.planned():
        path = folder / plan.episode_path(label, seed)
        play(path, scripted(label, seed), seed=seed, agent={"name": label})
    return folder


@pytest.fixture
def run(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "run")


def test_a_run_has_one_entry_an_agent(finished):
    card = score_run(finished)
    assert (card.planned, card.complete) == (20, 20)
    assert [(agent.label, agent.name) for agent in card.agents] == [
        ("two-a-day", "two-a-day"),
        ("idle", "idle"),
    ]
    assert card.score_figure == "cash_cents"
    assert card.figure_meanings["cups"] == "cups ready to sell"


def test_an_agents_numbers_rest_on_its_episodes(finished):
    busy, idle = score_run(finished).agents
    scores = [episode.score for episode in busy.scored]
    assert busy.score.mean == pytest.approx(sum(scores) / 10)
    assert (busy.score.worst, busy.score.best) == (min(scores), max(scores))
    assert busy.score.cvar10 == min(scores)
    assert busy.score.interval.method == "bootstrap-t"
    assert busy.score.interval.low < busy.score.mean < busy.score.interval.high
    assert busy.tools == {"close_for_today": 50, "make_pitchers": 50}
    assert idle.normalised.mean == 0
    assert idle.reasons == {"horizon": 10}
    assert (idle.ended_early, idle.ended_early_share.low) == (0, 0)


def test_staying_above_the_floor_is_told_as_pass_hat_k(finished):
    busy, idle = score_run(finished).agents
    wins = sum(episode.score > episode.floor for episode in busy.scored)
    assert busy.above_floor[1] == pytest.approx(wins / 10)
    assert idle.above_floor == {1: 0, 2: 0, 4: 0, 8: 0}


def test_attempts_at_one_seed_are_one_value_and_tell_pass_hat_k(tmp_path):
    plan = Manifest(scenario=SCENARIO, agents=[{"name": "two"}], seeds=[1, 2], attempts=4)
    plan.write(tmp_path)
    for label, seed, attempt in plan.planned():
        works = attempt < 3 and seed == 1
        path = tmp_path / plan.episode_path(label, seed, attempt)
        actor = scripted("two-a-day" if works else "idle", seed)
        play(path, actor, seed=seed, agent={"name": label}, attempt=attempt)
    (agent,) = score_run(tmp_path).agents
    passes = sum(one.earned > one.floor for one in agent.scored)
    assert (agent.complete, passes) == (8, 3)
    # seed 1: C(3,k)/C(4,k) of 4 attempts, seed 2: 0
    assert agent.reliability[1].share == pytest.approx((3 / 4 + 0) / 2)
    assert agent.reliability[2].share == pytest.approx((3 / 6 + 0) / 2)
    assert agent.reliability[4].share == 0
    assert (agent.reliability[1].seeds, agent.reliability[1].interval) == (2, None)
    assert list(agent.above_floor) == [1, 2]
    won = next(one.score for one in agent.scored if one.earned > one.floor)
    assert agent.score.worst == 1000
    assert agent.score.best == pytest.approx((3 * won + 1000) / 4)


def test_the_interval_of_a_chance_ends_where_chances_do(tmp_path):
    plan = Manifest(scenario=SCENARIO, agents=[{"name": "two"}], seeds=[1, 2, 3, 5, 7], attempts=2)
    plan.write(tmp_path)
    for label, seed, attempt in plan.planned():
        actor = scripted("idle" if seed == 7 else "two-a-day", seed)
        path = tmp_path / plan.episode_path(label, seed, attempt)
        play(path, actor, seed=seed, agent={"name": label}, attempt=attempt)
    (agent,) = score_run(tmp_path).agents
    # shares 1, 1, 1, 1, 0: their mean 0.8, and Student's 2.776 errors of 0.2 to each side
    found = agent.reliability[2]
    assert found.share == pytest.approx(0.8)
    assert found.interval.low == pytest.approx(0.8 - 2.776445 * 0.2)
    assert found.interval.high == 1


def test_a_seed_without_all_its_attempts_tells_no_pass_hat_k(tmp_path):
    plan = Manifest(scenario=SCENARIO, agents=[{"name": "idle"}], seeds=[1], attempts=2)
    plan.write(tmp_path)
    play(tmp_path / plan.episode_path("idle", 1), scripted("idle", 1), agent={"name": "idle"})
    (agent,) = score_run(tmp_path).agents
    assert (agent.complete, agent.reliability) == (1, {})


def test_agents_are_compared_on_shared_seeds(run):
    (run / "episodes/idle/seed-3.jsonl.zst").unlink()
    card = score_run(run)
    (pair,) = card.comparisons
    assert (pair.first, pair.second) == ("two-a-day", "idle")
    assert pair.score.seeds == (1, 2, 4, 5, 6, 7, 8, 9, 10)
    busy = [episode.score for episode in card.agents[0].scored if episode.seed != 3]
    assert pair.score.mean == pytest.approx(sum(busy) / 9 - 1000)
    assert pair.score.smallest_detectable > 0


def leave_unfinished(path):
    unpacked = zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
    *lines, _ = unpacked.splitlines(keepends=True)
    compressor = zstandard.ZstdCompressor().compressobj()
    flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK
    path.write_bytes(compressor.compress(b"".join(lines)) + compressor.flush(flush))


def test_what_was_planned_and_not_played_is_shown_and_counted(run):
    (run / "episodes/idle/seed-2.jsonl.zst").unlink()
    torn = run / "episodes/idle/seed-4.jsonl.zst"
    leave_unfinished(torn)
    damaged = run / "episodes/idle/seed-5.jsonl.zst"
    damaged.write_bytes(damaged.read_bytes() + b"!")
    shutil.copy(run / "episodes/idle/seed-1.jsonl.zst", run / "episodes/idle/seed-6.jsonl.zst")
    idle = score_run(run).agents[1]
    assert (idle.planned, idle.complete) == (10, 6)
    assert [one.kind for one in idle.episodes if isinstance(one, Unscored)] == [
        "missing",
        "unfinished",
        "damaged",
        "damaged",
    ]
    assert idle.score.mean == 1000
    assert idle.spending is None


def test_a_run_that_was_never_begun_has_no_numbers(tmp_path):
    Manifest(scenario=SCENARIO, agents=[{"name": "idle"}], seeds=[1, 2]).write(tmp_path)
    card = score_run(tmp_path)
    (agent,) = card.agents
    assert (agent.planned, agent.complete, agent.score, agent.normalised) == (2, 0, None, None)
    assert (agent.ended_early_share, agent.above_floor, agent.figures) == (None, {}, {})
    assert card.comparisons == []


def test_few_seeds_have_a_mean_and_no_interval(finished, tmp_path):
    run = shutil.copytree(finished, tmp_path / "run")
    plan = Manifest.read(run).model_copy(update={"seeds": [1, 2, 3, 4]})
    plan.write(run)
    summary = score_run(run).agents[0].score
    assert summary.mean > 0
    assert summary.interval is None


def test_an_agents_interval_does_not_depend_on_the_others(run):
    together = score_run(run).agents[1]
    plan = Manifest.read(run).model_copy(update={"agents": [{"name": "idle"}]})
    plan.write(run)
    assert score_run(run).agents[0] == together


# --- scorecard.json ----------------------------------------------------------------------------


def test_the_same_run_gives_the_same_bytes_wherever_it_lies(finished, run):
    assert score_run(finished).to_json() == score_run(run).to_json()


def test_a_scorecard_reads_back_without_its_series(run):
    card = score_run(run)
    path = card.write(run)
    read_back = Scorecard.read(run)
    assert path.name == "scorecard.json"
    assert read_back.to_json() == card.to_json()
    assert read_back.agents[0].scored[0].series is None


def test_floats_are_written_with_nine_digits(run):
    text = score_run(run).to_json()
    mean = orjson.loads(text)["agents"][0]["normalised"]["mean"]
    assert mean == float(f"{mean:.9g}")
