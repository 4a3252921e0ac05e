import statistics
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.envs.bookings import JOB
from tenure.envs.jobs import Briefing
from tenure.scenarios import load, references

SMOKE = load("bookings/smoke")
SEVEN = [1, 3, 6, 10, 14, 18, 22]
GOLDEN = "c070477b130ee1466ec04cfc1aa1fb65"


def make(seed=1, **parameters):
    return JOB.make(parameters, seed)


def play(policy, seed, **parameters):
    world = make(seed, **parameters)
    script = JOB.policies[policy](Briefing("", world.opening(), world.toolbox, seed=seed))
    call = next(script)
    while not (step := world.step(call.to_json())).ended:
        assert not step.fault
        call = script.send(step.text)
    return world


def test_an_evening_is_settled_by_the_count_of_the_next_day():
    world = make()
    step = world.call("forecast_tomorrow", quantiles=[world.bookings[4]] * 7)
    assert step.text.startswith(f"Bookings of day 2: {world.bookings[4]}. Loss: 0.00.")
    assert (step.reward, world.measured[:3]) == (0, (0, 2, 1))


def test_a_miss_costs_its_distance_and_its_luck_is_what_it_cost_beyond_the_expected():
    world = make()
    far = [world.bookings[4] + 10] * 7
    step = world.call("forecast_tomorrow", quantiles=far)
    assert step.reward == -10_000
    assert world.measured[0] - world.measured[3] == world.earned
    assert world.earned < 0


def test_not_knowing_and_silence_have_their_price_and_no_luck():
    for name, said in (("forecast_tomorrow", {"dont_know": True}), ("wait_for_tomorrow", {})):
        world = make(dont_know_price_milli=7_500)
        assert world.call(name, **said).reward == -7_500
        assert world.measured[3] == 0


def test_an_evening_can_be_talked_away():
    world = make()
    for _ in range(24 * 12):
        step = world.step("hm")
    assert step.events[0]["kind"] == "forecast_resolved"
    assert "answer" not in step.events[0]
    assert world.measured[1] == 2


def test_the_record_has_all_that_scoring_needs():
    world = make()
    (event,) = world.call("forecast_tomorrow", quantiles=SEVEN).events
    assert (event["kind"], event["id"], event["answer"]) == ("forecast_resolved", 1, SEVEN)
    assert event["outcome"] == world.bookings[4]
    assert sum(event["truth"]["weights"]) == 1_000_000


@pytest.mark.parametrize(
    "said", [{}, {"quantiles": SEVEN, "dont_know": True}, {"quantiles": [3, 2, 1, 4, 5, 6, 7]}]
)
def test_what_is_no_answer_is_refused(said):
    assert make().call("forecast_tomorrow", **said).fault == "refused"


def test_who_stops_loses_the_price_of_every_evening_left():
    world = make(horizon_days=3)
    world.run_out()
    assert (world.ended, world.measured[0]) == ("horizon", -18_000)


# --- the references ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_exact_filter_is_the_bound_to_the_last_digit(seed):
    assert play("bayes", seed).earned == JOB.bound(make().parameters, seed)


def test_not_knowing_is_best_where_it_is_cheap():
    cheap = play("bayes", 1, dont_know_price_milli=3_000)
    assert 0 < cheap.measured[2] < 12
    assert cheap.earned == JOB.bound(cheap.parameters, 1)


QUANTILES = st.lists(st.integers(0, 120), min_size=7, max_size=7).map(sorted)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 50), st.lists(QUANTILES | st.none(), min_size=3, max_size=3))
def test_nobody_exceeds_the_bound(seed, answers):
    world = make(seed, horizon_days=3)
    for answer in answers:
        said = {"dont_know": True} if answer is None else {"quantiles": answer}
        world.call("forecast_tomorrow", **said)
    assert world.earned <= JOB.bound(world.parameters, seed)


def test_luck_has_mean_zero_whatever_is_answered():
    random = Random(1)
    luck = []
    for seed in range(400):
        world = make(seed, horizon_days=4)
        while not world.ended:
            last = world.bookings[3 + world.measured[1] - 1]
            answer = sorted(max(0, last + random.randint(-9, 9)) for _ in range(7))
            world.call("forecast_tomorrow", quantiles=answer)
        luck.append(world.measured[3] / 1_000)
    error = statistics.stdev(luck) / 20
    assert abs(statistics.mean(luck)) < 3 * error


def test_the_rungs_stand_in_their_order():
    seeds = range(1, 41)
    earned = [statistics.mean(play(name, seed).earned for seed in seeds) for name in JOB.policies]
    assert earned == sorted(earned)
    assert list(JOB.policies)[-2:] == [JOB.floor, "bayes"]


def test_the_smoke_scenario_is_normalised_by_the_better_naive_script_and_the_optimum():
    known = references(SMOKE, 3)
    assert known.floor == play("last-8", 3).earned
    assert known.bound == play("bayes", 3).earned
    assert known.floor < known.bound


def test_the_recorded_evenings_are_still_the_same():
    """A new digest means that results change: then it is time for a new version of the
    environment (`tenure/Bookings-v2`) and of the built-in scenario.
    """
    assert play("bayes", 2026).digest() == GOLDEN
