"""What forecasts are worth, from the record alone."""

import shutil

import numpy as np
import pytest

from tenure.envs.bookings import JOB as BOOKINGS
from tenure.envs.bookings.rules import predictions
from tenure.envs.forecasts import LEVELS_PERCENT, Distribution
from tenure.errors import TrajectoryError
from tenure.scenarios import load
from tenure.scoring.forecasts import pool_forecasts, score_forecasts
from tenure.scoring.manifest import Manifest
from tenure.scoring.records import Episode, read
from tenure.scoring.replay import replay
from tenure.scoring.report import write_report
from tenure.scoring.scorecard import Scorecard, Unscored, score_episode, score_run
from tests.scoring import reported

SMOKE = load("bookings/smoke")
DIE = Distribution(1, (1,) * 6)
NAMES = ("climatology", "bayes", "null")


def event(answer=None, outcome=3, truth=DIE, form="quantiles", **said):
    told = {} if truth is None else {"start": truth.start, "weights": list(truth.weights)}
    return {
        "kind": "forecast_resolved",
        "id": 1,
        "question": "die",
        "unit": "eyes",
        "form": form,
        "outcome": outcome,
        "dont_know_price_milli": 1500,
        **({"answer": answer} if answer is not None else {}),
        **({"truth": told} if told else {}),
        **said,
    }


def chance(percent, outcome, truth=None):
    """A probability, and the true one in percent."""
    known = None if truth is None else Distribution(0, (100 - truth, truth))
    return event(percent, outcome, known, "probability", unit="")


def recorded(*events):
    """An episode of one step with these events."""
    return Episode(header={}, steps=[{"events": list(events)}], end=None, head="")


def score(*events):
    (found,) = score_forecasts(recorded(*events)).values()
    return found


def generator():
    return np.random.Generator(np.random.PCG64(1))


# --- quantiles -----------------------------------------------------------------------------------


def test_the_crps_of_seven_quantiles_is_worked_out_by_hand():
    # outcome 3: 5 + 10 + 25 below by 2, 2, 1; above by 1, 2, 3, 3 with 50, 25, 10, 5 hundredths
    found = score(event([1, 1, 2, 4, 5, 6, 6]))
    pinball = 2 * 5 + 2 * 10 + 1 * 25 + 1 * 50 + 2 * 25 + 3 * 10 + 3 * 5
    assert found.answered_loss == pytest.approx(2 * pinball / 700)
    assert (found.asked, found.answered, found.loss) == (1, 1, found.answered_loss)


def test_the_true_quantiles_have_no_excess_whatever_comes():
    best = quantiles_of(DIE)
    for outcome in range(1, 7):
        found = score(event(best, outcome))
        assert found.excess_loss == 0
        assert found.truth_loss == found.answered_loss


def test_the_excess_is_the_mean_of_the_loss_over_all_outcomes_beyond_the_best():
    answer = [2, 2, 2, 2, 2, 2, 2]
    each = [score(event(answer, outcome)) for outcome in range(1, 7)]
    beyond = sum(one.answered_loss - one.truth_loss for one in each) / 6
    assert each[0].excess_loss == pytest.approx(beyond)
    assert beyond > 0


def test_not_knowing_and_silence_cost_their_price_and_are_counted_apart():
    best = quantiles_of(DIE)
    found = score(event(best), event("dont_know"), event(), event())
    assert (found.asked, found.answered, found.dont_know, found.unanswered) == (4, 1, 1, 2)
    assert found.loss == pytest.approx((found.answered_loss + 3 * 1.5) / 4)


def test_what_rests_on_no_answer_is_no_number():
    found = score(event("dont_know"), event())
    assert (found.answered_loss, found.truth_loss, found.excess_loss) == (None, None, None)
    assert (found.coverage, found.loss) == ({}, 1.5)


def test_where_the_world_does_not_tell_the_truth_there_is_none():
    found = score(event([1, 1, 2, 3, 5, 6, 6], truth=None))
    assert found.answered_loss > 0
    assert (found.truth_loss, found.excess_loss, found.coverage[90].truth) == (None, None, None)


def test_an_interval_holds_its_ends():
    answers = [event([2, 2, 3, 3, 4, 5, 5], outcome) for outcome in (1, 2, 3, 4, 5, 6)]
    found = score(*answers)
    assert (found.coverage[90].covered, found.coverage[50].covered) == (4, 2)
    assert found.coverage[90].share == pytest.approx(4 / 6)
    assert found.coverage[90].interval.method == "wilson"
    # a die's own 5 to 95 % is 1 to 6, and its 25 to 75 % is 2 to 5
    assert (found.coverage[90].truth, found.coverage[50].truth) == (1, pytest.approx(4 / 6))


def quantiles_of(truth):
    return [truth.quantile(level) for level in LEVELS_PERCENT]


def shrunk(quantiles, part):
    """Pull the quantiles to their median."""
    middle = quantiles[3]
    return [middle + round(part * (quantile - middle)) for quantile in quantiles]


def test_shrunk_intervals_cost_little_crps_and_much_coverage():
    """Why coverage stands beside the loss: an agent that is far too sure hardly shows in it."""
    events = {"climatology": [], "honest": [], "sure": []}
    for seed in range(30):
        world = BOOKINGS.make({}, seed)
        climatology = quantiles_of(predictions([])[0])
        for truth, outcome in zip(world.truths, world.bookings[4:], strict=True):
            best = quantiles_of(truth)
            events["climatology"].append(event(climatology, outcome, truth))
            events["honest"].append(event(best, outcome, truth))
            events["sure"].append(event(shrunk(best, 0.3), outcome, truth))
    climatology, honest, sure = (score(*found) for found in events.values())
    skill_lost = sure.excess_loss / (climatology.excess_loss - honest.excess_loss)
    assert skill_lost == pytest.approx(0.30, abs=0.01)
    assert sure.answered_loss / honest.answered_loss == pytest.approx(1.22, abs=0.01)
    assert honest.coverage[90].share == pytest.approx(0.906, abs=0.001)
    assert sure.coverage[90].share == pytest.approx(0.544, abs=0.001)


# --- probabilities -------------------------------------------------------------------------------


def test_the_brier_score_and_the_distance_to_the_true_probability():
    found = score(chance(80, 1, truth=60), chance(20, 1, truth=60))
    assert found.answered_loss == pytest.approx((0.04 + 0.64) / 2)
    assert found.truth_loss == pytest.approx(0.16)
    assert found.excess_loss == pytest.approx((0.04 + 0.16) / 2)
    assert found.coverage == {}


def test_who_was_sure_and_wrong_is_counted():
    found = score(chance(90, 0), chance(10, 1), chance(95, 1), chance(0, 0), chance(89, 0))
    assert (found.sure, found.sure_and_wrong) == (4, 2)


# --- an agent ------------------------------------------------------------------------------------


def test_each_seed_counts_once_and_answers_count_for_coverage():
    best = quantiles_of(DIE)
    short = score_forecasts(recorded(event(best)))
    long = score_forecasts(recorded(*[event([6] * 7, 1)] * 3))
    pooled = pool_forecasts([short, long, {}], generator)["die"]
    one, three = short["die"].answered_loss, long["die"].answered_loss
    assert pooled.answered_loss.mean == pytest.approx((one + three) / 2)
    assert (pooled.answered_loss.seeds, pooled.answered_loss.interval) == (2, None)
    assert (pooled.coverage[90].covered, pooled.coverage[90].answers) == (1, 4)
    assert pooled.asked == 4


def test_the_coverage_of_the_truth_counts_answers_as_that_of_the_answers_does():
    many, few = Distribution(1, (1,) * 6), Distribution(0, (1, 99))
    short = score_forecasts(recorded(event([1] * 7, truth=few)))
    long = score_forecasts(recorded(*[event([6] * 7, truth=many)] * 3))
    one, three = (of["die"].coverage[90].truth for of in (short, long))
    assert one != three
    pooled = pool_forecasts([short, long], generator)["die"]
    assert pooled.coverage[90].truth == pytest.approx((one + 3 * three) / 4)


def test_the_share_of_sure_and_wrong_has_an_interval_or_is_none():
    sure = score_forecasts(recorded(chance(95, 0), chance(95, 1)))
    unsure = score_forecasts(recorded(chance(50, 0)))
    assert pool_forecasts([sure], generator)["die"].sure_and_wrong_share.method == "wilson"
    assert pool_forecasts([unsure], generator)["die"].sure_and_wrong_share is None


def test_what_is_void_is_counted_and_costs_nothing():
    void = {"kind": "forecast_void", "question": "die", "unit": "eyes", "form": "quantiles"}
    found = score(void)
    assert (found.void, found.asked, found.loss) == (1, 0, None)
    assert pool_forecasts([{"die": found}], generator)["die"].loss is None


def test_an_episode_without_forecasts_has_none():
    assert score_forecasts(recorded({"kind": "day"})) == {}


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        (event([3, 2, 1, 4, 5, 6, 7]), "do not fall"),
        (event([1, 2, 3]), "seven"),
        (event(50), "0 to 100"),
        (event(101, 1, None, "probability"), "0 to 100"),
        (event(50, 2, None, "probability"), "0 or 1"),
        (event(outcome=1.5), "integer"),
        (event(truth=None) | {"truth": {"start": 0, "weights": [0]}}, "weights"),
        (event(truth=None) | {"dont_know_price_milli": -1}, "greater"),
        (event(truth=None) | {"form": "poem"}, "quantiles"),
    ],
)
def test_an_event_that_is_none_names_its_record(bad, complaint):
    with pytest.raises(TrajectoryError, match=rf"^Record 1: .*{complaint}"):
        score_forecasts(recorded(bad))


def test_one_question_has_one_form():
    with pytest.raises(TrajectoryError, match="asked for probability, and before for quantiles"):
        score_forecasts(recorded(event(), chance(50, 1)))


# --- a run ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "bookings"
    reported.run(folder, agents=[{"name": name} for name in NAMES], scenario=SMOKE)
    return folder


def test_the_losses_of_the_bookings_job_are_its_score(played):
    plan = Manifest.read(played)
    for label, seed, _ in plan.planned():
        episode = read(played / plan.episode_path(label, seed))
        told = score_episode(episode)
        assert told.forecasts["tomorrow"].loss * 12_000 == pytest.approx(-told.score, abs=12)
        assert replay(episode).divergence is None


def test_the_exact_filter_has_no_excess_and_its_intervals_hold(played):
    climatology, bayes, silent = score_run(played).agents
    assert bayes.forecasts["tomorrow"].excess_loss.mean == 0
    assert bayes.forecasts["tomorrow"].excess_loss.interval.low == 0
    assert climatology.forecasts["tomorrow"].excess_loss.mean > 1
    assert 0.8 < bayes.forecasts["tomorrow"].coverage[90].share <= 1
    assert silent.forecasts["tomorrow"].unanswered == 60
    assert silent.forecasts["tomorrow"].answered_loss is None


def test_the_scorecard_reads_back_with_its_forecasts(played):
    card = score_run(played)
    card.write(played)
    assert Scorecard.read(played).to_json() == card.to_json()


def test_a_forged_forecast_leaves_the_episode_unscored(played, tmp_path):
    folder = shutil.copytree(played, tmp_path / "run")
    plan = Manifest.read(folder)
    label, seed = next(iter(plan.planned()))

    def forge(records):
        records[1]["events"][0]["answer"] = [9, 1, 1, 1, 1, 1, 1]

    reported.reseal(folder / plan.episode_path(label, seed), forge)
    outcome = score_run(folder).agents[0].episodes[0]
    assert isinstance(outcome, Unscored)
    assert (outcome.kind, outcome.problem[:8]) == ("damaged", "Record 1")


def test_a_question_that_one_episode_was_asked_in_another_form_is_not_the_scenarios(
    played, tmp_path
):
    folder = shutil.copytree(played, tmp_path / "run")
    plan = Manifest.read(folder)
    label, seed = next(iter(plan.planned()))

    def forge(records):
        for record in records:
            for one in record.get("events", ()):
                if one["kind"] == "forecast_resolved":
                    one.update(form="probability", answer=50, outcome=1)

    reported.reseal(folder / plan.episode_path(label, seed), forge)
    card = score_run(folder)
    outcome = card.agents[0].episodes[0]
    assert isinstance(outcome, Unscored)
    assert "asked 'tomorrow' as probability" in outcome.problem
    assert card.complete == card.planned - 1
    assert write_report(folder, card).exists()


def test_the_report_shows_a_table_where_there_are_forecasts(played):
    html = write_report(played, score_run(played)).read_text(encoding="utf-8")
    assert '<h2 id="forecasts">' in html
    assert "90% interval holds" in html
    assert "60 silent" in html


def test_the_report_says_nothing_where_there_are_none(tmp_path):
    reported.run(tmp_path, seeds=(1,))
    html = write_report(tmp_path, score_run(tmp_path)).read_text(encoding="utf-8")
    assert 'id="forecasts"' not in html
