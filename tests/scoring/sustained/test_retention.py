"""What is remembered, measured on scripts whose memory is known."""

import numpy as np
import orjson
import pytest

from tenure import scenarios
from tenure.envs.retention import Retention
from tenure.envs.vending.policies import POLICIES
from tenure.errors import TrajectoryError
from tenure.scoring.manifest import Manifest
from tenure.scoring.records import read
from tenure.scoring.replay import replay
from tenure.scoring.report import telling, write_report, write_sustained
from tenure.scoring.scorecard import score_run
from tenure.scoring.sustained.estimates import share
from tenure.scoring.sustained.measures import sustained_run
from tenure.scoring.sustained.results import Sustained
from tenure.scoring.sustained.retention import Recall, recalls
from tests.scoring.sustained import kiosk, memories

SEEDS = range(1, 9)


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "talk"
    return kiosk.record(folder, memories.TALK, SEEDS, memories.SCRIPTS)


@pytest.fixture(scope="module")
def found(talk):
    return sustained_run(talk, score_run(talk))


@pytest.fixture(scope="module")
def known(found):
    """By script, the share known at each lag."""
    return {
        agent.label: {one.lag_days: one.known for one in agent.retention} for agent in found.agents
    }


def values(estimates):
    return {lag: round(one.value, 2) for lag, one in estimates.items()}


# --- one answer ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "credit"), [("red", 1), ("blue", -1 / 7), ("dont_know", 0), ("", 0)]
)
def test_a_wrong_answer_costs_what_makes_guessing_worth_nothing(answer, credit):
    assert Recall(7, 8, "red", answer).credit == pytest.approx(credit)
    assert 1 / 8 + 7 / 8 * Recall(7, 8, "red", "blue").credit == pytest.approx(0)


def test_nineteen_of_twenty_intervals_hold_what_is_known():
    """Eight seeds of 30 questions, of which half are known and the others guessed."""
    dice, held, runs = np.random.default_rng(1), 0, 200
    for _ in range(runs):
        right = dice.binomial(30, 9 / 16, size=8)
        wrong = Recall(7, 8, "red", "blue").credit
        found = share(((count + (30 - count) * wrong, 30) for count in right), wrong)
        held += found.interval.low <= 1 / 2 <= found.interval.high
    assert 0.91 <= held / runs <= 0.985


# --- scripts with known memories -----------------------------------------------------------------


def test_who_remembers_all_knows_all_at_every_lag(known):
    assert values(known["all"]) == {1: 1, 7: 1, 30: 1, 90: 1}
    assert min(one.interval.low for one in known["all"].values()) > 0.6


def test_who_remembers_ten_days_knows_all_up_to_seven_and_nothing_from_thirty_on(known):
    assert values(known["ten-days"]) == {1: 1, 7: 1, 30: 0, 90: 0}
    edge = known["ten-days-then-guess"]
    assert (edge[1].value, edge[7].value) == (1, 1)
    assert edge[30].interval.low <= 0 <= edge[30].interval.high < edge[7].interval.low
    assert edge[90].interval.low <= 0 <= edge[90].interval.high < edge[7].interval.low


@pytest.mark.parametrize("script", ["none", "guess", "stubborn", "silent"])
def test_who_remembers_nothing_is_at_chance_however_it_answers(known, script):
    for one in known[script].values():
        assert one.interval.low <= 0 <= one.interval.high < 0.5


def test_what_is_right_by_luck_is_counted_as_right_and_not_as_known(found):
    guess = next(agent for agent in found.agents if agent.label == "guess")
    right, asked = (
        sum(getattr(one, name) for one in guess.retention) for name in ("right", "asked")
    )
    assert {one.chance for one in guess.retention} == {1 / 8}
    assert right / asked == pytest.approx(1 / 8, abs=0.05)
    assert {one.dont_know + one.unanswered for one in guess.retention} == {0}


def test_who_does_not_know_and_who_says_nothing_are_told_apart(found):
    agents = {agent.label: agent for agent in found.agents}
    for label, kinds in (("none", (True, False)), ("silent", (False, True))):
        for one in agents[label].retention:
            assert (one.dont_know == one.asked, one.unanswered == one.asked) == kinds


def test_lags_have_about_as_many_questions_as_the_time_allows(found):
    """Of 119 remarks a quarter has each lag, and those of the last days are not asked for."""
    asked = {one.lag_days: one.asked / len(SEEDS) for one in found.agents[0].retention}
    assert asked == pytest.approx({1: 118 / 4, 7: 112 / 4, 30: 89 / 4, 90: 29 / 4}, abs=1)


def test_the_counts_of_episodes_add_up_to_those_of_the_agent(found):
    for agent in found.agents:
        for at in agent.retention:
            each = [
                one for seed in agent.episodes for one in seed.recalled if one[0] == at.lag_days
            ]
            assert (sum(one[1] for one in each), sum(one[2] for one in each)) == (
                at.right,
                at.asked,
            )


def test_answers_earn_nothing_and_lose_nothing(found):
    assert {agent.label: agent.earned for agent in found.agents} == dict.fromkeys(
        memories.SCRIPTS, found.agents[0].earned
    )


def test_a_shopkeeper_earns_the_same_whatever_it_remembers(tmp_path):
    quarter = scenarios.load("vending/quarter")
    talk = quarter.model_copy(update={"retention": Retention(lags_days=(1, 30), every_days=1)})
    keeper = POLICIES["shopkeeper"]
    scripts = {
        "shopkeeper": keeper,
        "ten-days": memories.script(memories.remembering(10), keeper),
        "all": memories.script(memories.remembering(1_000), keeper),
    }
    folder = kiosk.record(tmp_path, talk, (1, 3), scripts)
    silent, ten, everything = sustained_run(folder, score_run(folder)).agents
    assert [
        values({one.lag_days: one.known for one in agent.retention}) for agent in (ten, everything)
    ] == [
        {1: 1, 30: 0},
        {1: 1, 30: 1},
    ]
    assert silent.earned == ten.earned == everything.earned
    plain = kiosk.record(tmp_path / "plain", quarter, (1, 3), {"shopkeeper": keeper})
    assert score_run(plain).agents[0].score == score_run(folder).agents[0].score


# --- records and pages ---------------------------------------------------------------------------


def test_an_episode_with_questions_is_replayed_to_the_byte(talk):
    manifest = Manifest.read(talk)
    for label in ("all", "silent"):
        found = replay(read(talk / manifest.episode_path(label, 1)))
        assert (found.explanation, found.steps > 200) == ("", True)


def test_an_event_that_is_none_is_named_with_its_record(talk):
    episode = read(talk / Manifest.read(talk).episode_path("all", 1))
    step = next(step for step in episode.steps if "retention_settled" in str(step.get("events")))
    next(one for one in step["events"] if one["kind"] == "retention_settled")["choices"] = 1
    with pytest.raises(TrajectoryError, match=r"Record \d+: its event 'retention_settled' is none"):
        recalls(episode)


def test_the_terminal_has_a_column_a_lag(found):
    table = next(one for one in telling.tables(found) if one.heading == "What it remembers")
    assert table.heads[:4] == ["After 1 day", "After 7 days", "After 30 days", "After 90 days"]
    rows = {row.label: [cell.text for cell in row.cells] for row in table.rows}
    assert rows["ten-days"][:4] == ["100%", "100%", "0%", "0%"]
    assert rows["silent"][5].startswith(rows["none"][4].split(" of ")[0])
    assert "(12%)" in table.note or "(13%)" in table.note


def test_the_file_and_the_pages_have_it(talk, found):
    said = Sustained.model_validate_json(found.write(talk).read_bytes())
    assert said.agents[1].retention[0].known.value == 1
    assert orjson.loads((talk / "sustained.json").read_bytes())["agents"][1]["retention"]
    own = write_sustained(talk, found, list(memories.SCRIPTS)).read_text(encoding="utf-8")
    report = write_report(talk, score_run(talk)).read_text(encoding="utf-8")
    for page in (own, report):
        assert "What it remembers, by how long ago it was told" in page


def test_a_run_without_questions_says_nothing_of_it(tmp_path):
    folder = kiosk.record(tmp_path, kiosk.SEASON, (1,), {"one-a-day": kiosk.one_a_day})
    found = sustained_run(folder, score_run(folder))
    assert found.agents[0].retention == []
    assert "What it remembers" not in {table.heading for table in telling.tables(found)}
