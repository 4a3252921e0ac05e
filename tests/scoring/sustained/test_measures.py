"""A run's sustained competence, from real records."""

import re
from pathlib import Path

import orjson
import pytest

from tenure import scenarios
from tenure.envs.vending.policies import POLICIES
from tenure.errors import UsageError
from tenure.scoring.manifest import Manifest
from tenure.scoring.records import read, read_partial
from tenure.scoring.report import figures, telling, write_report, write_sustained
from tenure.scoring.report.figures import Axis, Line, Spot
from tenure.scoring.scorecard import score_run
from tenure.scoring.sustained.drift import Change
from tenure.scoring.sustained.measures import sustained_episode, sustained_run
from tenure.scoring.sustained.results import Sustained
from tenure.scoring.sustained.twins import PlayedTwins, RecordedTwins, without
from tests.scoring import reported
from tests.scoring.sustained import kiosk
from tests.scoring.sustained.decay import decaying

SHORT_YEAR = scenarios.load("vending/quarter")


@pytest.fixture(scope="module")
def season(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "season"
    return kiosk.record(folder, kiosk.SEASON, range(1, 7), kiosk.SCRIPTS)


@pytest.fixture(scope="module")
def measured(season):
    found = sustained_run(season, score_run(season))
    return {agent.label: agent for agent in found.agents}


def test_the_best_script_of_the_job_is_the_reference(season, measured):
    found = sustained_run(season, score_run(season))
    assert (found.reference, found.worth, found.days) == ("one-a-day", "cash_cents", 120)
    best = measured["one-a-day"]
    assert best.is_reference
    assert {one.value for one in best.lost} == {0}
    assert {one.value for one in best.competence} == {1}


def test_the_reference_is_the_same_from_its_record_and_played(season, tmp_path):
    others = {name: kiosk.SCRIPTS[name] for name in ("fading", "idle")}
    alone = kiosk.record(tmp_path, kiosk.SEASON, range(1, 7), others)
    both = sustained_run(season, score_run(season)), sustained_run(alone, score_run(alone))
    assert both[0].reference_earned == both[1].reference_earned
    assert both[0].agents[1] == both[1].agents[0]


def test_what_earns_and_what_is_lost_make_what_the_reference_earns(season, measured):
    found = sustained_run(season, score_run(season))
    for agent in measured.values():
        sums = [own.value + lost.value for own, lost in zip(agent.earned, agent.lost, strict=True)]
        assert sums == pytest.approx(found.reference_earned)


def test_who_fades_is_as_good_in_month_1_and_not_in_month_4(measured):
    fading = measured["fading"]
    first, last = fading.competence[0], fading.competence[-1]
    assert first.value == 1
    assert last.value < 0.2
    assert fading.change.value == pytest.approx(last.value - 1)
    assert fading.change.interval.high < 0
    assert fading.slope.interval.high < 0


def test_who_fades_stalls_and_is_halved_on_the_day_it_stops(measured):
    fading = measured["fading"]
    assert {(one.failure, one.failure_day) for one in fading.episodes} == {("abandonment", 61)}
    assert {one.stall_day for one in fading.episodes} == {61}
    assert {one.half_life_days for one in fading.episodes} == {60}
    assert (fading.lasted.value, fading.half_life.days) == (pytest.approx(60), 60)
    assert fading.failed["abandonment"][-1].share == pytest.approx(1)


def test_who_is_half_as_good_from_the_start_does_not_decline(measured):
    lazy = measured["lazy"]
    assert 0.3 < lazy.competence[0].value < 0.7
    assert lazy.change.interval.low < 0 < lazy.change.interval.high
    assert (lazy.failed, lazy.stalled, lazy.half_life.days) == ({}, 0, None)


def test_who_never_works_has_no_level_to_halve(measured):
    idle = measured["idle"]
    assert (idle.half_life, idle.with_level, idle.slope) == (None, 0, None)
    assert idle.stall.days == 0
    assert idle.changed_for_worse is None


def test_what_a_job_does_not_tell_is_not_told(measured):
    for agent in measured.values():
        assert (agent.duties_kept, agent.divergence, agent.recoveries) == (None, None, {})


def test_a_ledgers_losses_take_the_place_of_the_scripts(season):
    scorecard = score_run(season)
    losses = {(label, seed): [7.0] * 119 for label in kiosk.SCRIPTS for seed in scorecard.seeds}
    found = sustained_run(season, scorecard, losses=losses)
    assert found.reference == "ledger"
    assert found.agents[0].lost[0].value == 7
    assert found.agents[0].lost[-1].value == pytest.approx(7 * 29 / 30)


def test_another_script_can_be_the_reference(season):
    found = sustained_run(season, score_run(season), against="idle")
    assert found.reference == "idle"
    assert found.agents[0].competence is None, "nothing is a share of what idle earns"
    with pytest.raises(UsageError, match=r"no script 'idel'.*idle"):
        sustained_run(season, score_run(season), against="idel")


def test_an_episode_alone_has_values_and_no_intervals(season):
    path = season / Manifest.read(season).episode_path("fading", 1)
    (agent,) = sustained_episode(read(path)).agents
    assert agent.change.interval is None
    assert agent.episodes[0].failure == "abandonment"


def test_what_has_no_three_months_has_no_early_and_late(tmp_path):
    reported.run(tmp_path, seeds=(1,))
    assert sustained_run(tmp_path, score_run(tmp_path)) is None


def test_episodes_without_a_score_are_counted_and_left_out(tmp_path):
    folder = kiosk.record(tmp_path, kiosk.SEASON, (1, 2), {"one-a-day": kiosk.one_a_day})
    path = folder / Manifest.read(folder).episode_path("one-a-day", 2)
    path.write_bytes(path.read_bytes()[:-100])
    assert read_partial(path).end is None
    found = sustained_run(folder, score_run(folder))
    assert found.unscored == 1
    assert [one.seed for one in found.agents[0].episodes] == [1]


def test_the_same_run_gives_the_same_bytes_and_they_can_be_read_back(season):
    found = sustained_run(season, score_run(season))
    path = found.write(season)
    assert path.read_bytes() == sustained_run(season, score_run(season)).to_json()
    assert Sustained.model_validate_json(path.read_bytes()).days == 120
    assert orjson.loads(path.read_bytes())["format"] == "tenure.sustained"


# --- words and pages -----------------------------------------------------------------------------


def test_the_first_thing_said_is_month_1_and_the_last(season):
    found = sustained_run(season, score_run(season))
    lines = {line.label: line for line in telling.headlines(found)}
    assert lines["fading"].text.startswith("earned 100% of what one-a-day did in month 1, ")
    assert lines["fading"].verdict == "it declined"
    assert lines["lazy"].verdict == "no change that can be told"
    assert lines["one-a-day"].text.startswith("the reference itself; ")
    assert lines["idle"].verdict == "it earned nothing in either"


def test_what_nobody_has_come_to_is_said_to_be_longer_and_how_many_did(season):
    found = sustained_run(season, score_run(season))
    (lasting,) = (one for one in telling.tables(found) if one.heading == "How long it lasts")
    assert lasting.heads[-2:] == ["Median days to stall", "Median half-life, days"]
    cells = {row.label: row.cells[-2] for row in lasting.rows}
    assert cells["one-a-day"] == ("> 120", "0 of 6 stalled")
    assert cells["fading"] == ("60", "60 to 60; 6 of 6 stalled")


def test_losses_late_and_early_and_half_lives_are_drawn(season):
    page = write_report(season, score_run(season)).read_text(encoding="utf-8")
    for heading in ("Late over early", "Trend", "Competence not halved"):
        assert f">{heading}</h" in page


@pytest.mark.parametrize(
    ("change", "drawn"),
    [
        (Change(day=61, before=5, after=1, p=0.01), ["worse"]),
        (Change(day=61, before=1, after=5, p=0.01), ["better"]),
        (Change(day=61, before=5, after=1, p=0.5), []),
    ],
)
def test_change_points_are_drawn_on_their_days(season, tmp_path, change, drawn):
    found = sustained_run(season, score_run(season))
    (agent,) = (one for one in found.agents if one.label == "fading")
    changed = agent.episodes[0].model_copy(update={"change": change})
    told = agent.model_copy(update={"episodes": [changed]})
    page = write_sustained(tmp_path, found.model_copy(update={"agents": [told]}), [agent.label])
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"Changes for the (\w+)\. [\w-]+: 61\.", text) == drawn


def test_an_interval_far_wider_than_values_differ_does_not_squash_them():
    spots = [Spot(1, 0.3, -4.5, 0.6), Spot(2, 0.1, 0, 0.2)]
    drawing = figures.lines("Shares", "", "month", Axis("share", "share"), [Line(0, "a", spots)])
    ticks = [int(text) for text in re.findall(r">\N{MINUS SIGN}?(\d+)%</text>", drawing.svg)]
    assert max(ticks) <= 45, "from 15 % below 0, half of what 0, 0.3 and 0.1 span, to 45 %"


def test_a_report_of_a_long_run_tells_it_and_one_of_a_short_run_does_not(season, tmp_path):
    page = write_report(season, score_run(season)).read_text(encoding="utf-8")
    assert "Does it last?" in page
    assert "Competence, month by month" in page
    assert "Failed: abandonment" in page
    reported.run(tmp_path, seeds=(1,))
    short = write_report(tmp_path, score_run(tmp_path)).read_text(encoding="utf-8")
    assert "Does it last?" not in short


def test_the_page_of_its_own_loads_nothing(season):
    found = sustained_run(season, score_run(season))
    page = write_sustained(season, found, list(kiosk.SCRIPTS)).read_text(encoding="utf-8")
    assert "Month 1 and month 4 of kiosk/season" in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")


# --- vending -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def quarter(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "quarter"
    scripts = {name: POLICIES[name] for name in ("naive", "shopkeeper")}
    return kiosk.record(folder, SHORT_YEAR, (1, 3), scripts)


def test_a_shopkeeper_keeps_its_word_and_states_what_is_so(quarter):
    found = sustained_run(quarter, score_run(quarter))
    naive, keeper = found.agents
    assert found.worth == "net_worth_cents"
    assert (keeper.duties_kept.value, keeper.exact.value, keeper.divergence.value) == (1, 1, 0)
    assert sum(count for _, count in keeper.duties_by_month) > 5
    assert naive.duties_kept.value == 0
    assert naive.divergence is None, "it never states a figure"


def test_the_twin_without_a_shock_tells_what_the_shock_cost(quarter):
    twins = PlayedTwins(Manifest.read(quarter))
    found = sustained_run(quarter, score_run(quarter), twins=twins)
    for agent in found.agents:
        assert set(agent.recoveries) == {"fault", "jam", "theft"}
        for recovery in agent.recoveries.values():
            assert len(recovery.gaps) == (30 if recovery.shocks else 0)


def test_a_recorded_twin_says_the_same_as_a_played_one(quarter, tmp_path):
    shock = SHORT_YEAR.job.over_time.shocks["fault"]
    scripts = {name: POLICIES[name] for name in ("naive", "shopkeeper")}
    calm = kiosk.record(tmp_path, without(SHORT_YEAR, shock), (1, 3), scripts)
    manifest = Manifest.read(quarter)
    recorded, played = RecordedTwins(manifest, [calm]), PlayedTwins(manifest)
    for label, seed, _ in manifest.planned():
        assert recorded(label, seed, shock) == played(label, seed, shock)
    jam = SHORT_YEAR.job.over_time.shocks["jam"]
    assert recorded("naive", 1, jam) is None


@pytest.mark.parametrize("changes", [{}, {"start_balance_cents": 1}])
def test_a_run_that_is_no_twin_is_refused(quarter, tmp_path, changes):
    other = SHORT_YEAR.model_copy(update={"parameters": {**SHORT_YEAR.parameters, **changes}})
    Manifest(scenario=other, agents=[{"name": "naive"}], seeds=[1]).write(tmp_path)
    with pytest.raises(UsageError, match="no twin of this run: it must be the same scenario with"):
        RecordedTwins(Manifest.read(quarter), [Path(tmp_path)])


@pytest.mark.slow
def test_a_shopkeeper_that_restocks_less_and_less_is_found_out(tmp_path):
    year = scenarios.load("vending/year")
    scripts = {"decaying": decaying, "shopkeeper": POLICIES["shopkeeper"]}
    folder = kiosk.record(tmp_path, year, range(1, 6), scripts)
    found = sustained_run(folder, score_run(folder))
    agent = found.agents[0]
    assert agent.competence[0].value == 1
    assert agent.change.interval.high < -0.9
    assert agent.slope.interval.high < -0.08
    assert (agent.changed_for_worse.count, agent.changed_for_better.count) == (5, 0)
    assert all(150 < one.change.day < 280 for one in agent.episodes)
    assert {one.failure for one in agent.episodes} == {"meltdown"}
    assert all(280 < one.failure_day < 336 for one in agent.episodes)
    assert 180 < agent.half_life.days < 280
    assert agent.duties_kept.value == 1, "it still keeps its word"


def test_forks_are_no_sample_of_seeds(tmp_path):
    manifest = Manifest(
        scenario=scenarios.load("vending/year"), agents=[{"name": "idle"}], seeds=[1], attempts=3
    )
    manifest.write(tmp_path)
    assert sustained_run(tmp_path, score_run(tmp_path)) is None
