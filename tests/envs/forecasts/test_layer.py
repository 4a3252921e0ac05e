"""The lemonade stand, asked for forecasts: what the agent reads, and what the record keeps."""

import subprocess
import sys
from dataclasses import replace
from functools import partial

import pytest

from tenure.envs.checker import (
    check_run_out,
    check_snapshots,
    check_steps,
    check_tools,
)
from tenure.envs.forecasts import Ask, Distribution, Question
from tenure.envs.tools import tool
from tests import lemonade
from tests.envs.forecasts.stand import ASKS, CUSTOMERS, JOB, QUESTIONS, RICH, stand

SEVEN = [2, 4, 8, 11, 14, 18, 20]


def sleep(world, days=1):
    """Sleep and return the last step with the events of all."""
    events = []
    for _ in range(days):
        step = world.call("close_for_today")
        events += step.events
    return step, [one for one in events if one["kind"].startswith("forecast_")]


def answer(world, number=1, **said):
    return world.call("answer_forecast", forecast=number, **said)


# --- a world with asks ---------------------------------------------------------------------------


def test_a_world_without_asks_is_the_jobs_own():
    assert type(JOB.make({}, 3)) is lemonade.Stand
    assert JOB.make({}, 3).digest() == lemonade.JOB.make({}, 3).digest()


def test_a_world_with_asks_is_drawn_and_earns_as_without():
    plain, asked = lemonade.JOB.make({"horizon_days": 7}, 2), stand()
    assert asked.customers == plain.customers
    while not plain.ended:
        assert asked.call("close_for_today").figures == plain.call("close_for_today").figures
    assert asked.ended == "horizon"


def test_the_opening_asks_and_the_last_line_is_still_the_jobs():
    lines = stand().opening().splitlines()
    assert "answer_forecast" in lines[0]
    assert lines[1].startswith(
        "Forecast 1, to answer by the end of day 1: "
        "How many customers will come in days 2 to 3 together?"
    )
    assert "costs 4 customers" in lines[1]
    assert lines[-2:] == ["Forecasts to answer: 1", "[day 1]"]


def test_an_answered_question_is_resolved_when_its_days_are_over():
    world = stand()
    assert answer(world, quantiles=SEVEN).fault is None
    _, before = sleep(world, 2)
    step, (resolved,) = sleep(world)
    assert before == []
    assert resolved["answer"] == SEVEN
    assert resolved["outcome"] == sum(world.customers[1:3])
    assert (resolved["truth"]["start"], len(resolved["truth"]["weights"])) == (0, 23)
    assert (resolved["dont_know_price_milli"], resolved["unit"]) == (4000, "customers")
    assert f"outcome is {resolved['outcome']} customers; you said 2, 4, 8" in step.text


def test_the_last_answer_before_the_window_closes_counts():
    world = stand()
    answer(world, quantiles=[0] * 7)
    answer(world, dont_know=True)
    answer(world, quantiles=SEVEN)
    sleep(world)
    late = answer(world, quantiles=[0] * 7)
    assert late.fault == "refused"
    assert "not open any more. Open now: 2" in late.text
    assert sleep(world, 2)[1][0]["answer"] == SEVEN


def test_not_knowing_and_silence_are_told_apart():
    unsure, silent = stand(), stand()
    answer(unsure, dont_know=True)
    assert sleep(unsure, 3)[1][0]["answer"] == "dont_know"
    assert "answer" not in sleep(silent, 3)[1][0]


def test_a_probability_is_one_number_and_a_world_may_know_no_truth():
    world = stand()
    sleep(world)
    answer(world, 2, probability_percent=30)
    _, events = sleep(world, 6)
    (rich,) = [event for event in events if event["question"] == "rich"]
    assert (rich["answer"], rich["outcome"], rich["form"]) == (30, 0, "probability")
    assert "truth" not in rich


@pytest.mark.parametrize(
    ("number", "said", "complaint"),
    [
        (1, {"quantiles": [1, 2, 3]}, "Give seven"),
        (1, {"quantiles": [7, 6, 5, 4, 3, 2, 1]}, "must not fall. In order they are 1, 2, 3"),
        (1, {"probability_percent": 10}, "Give quantiles"),
        (1, {"quantiles": SEVEN, "dont_know": True}, "Give one of"),
        (2, {"probability_percent": 10}, "has not been asked. Open now: 1"),
        (9, {"dont_know": True}, "has not been asked"),
    ],
)
def test_what_is_no_answer_is_refused_with_what_would_be(number, said, complaint):
    step = answer(stand(), number, **said)
    assert step.fault == "refused"
    assert complaint in step.text


def test_numbers_that_are_none_are_bad_arguments():
    for said in ({"quantiles": [1.5] * 7}, {"probability_percent": 101}, {"quantiles": [10**13]}):
        assert answer(stand(), **said).fault == "bad_arguments"


def test_a_question_can_be_read_again():
    assert "How many customers" in answer(stand()).text


def test_what_the_window_froze_is_there_when_the_outcome_is_due():
    seen = []

    def outcome(_, asked):
        seen.append(dict(asked.frozen))
        return 1

    question = Question(
        lambda _: "Well?",
        "",
        "probability",
        outcome,
        freeze=lambda world, _: {"cups": world.state.cups},
    )
    job = replace(JOB, questions={"well": question})
    ask = Ask(question="well", first_day=1, days_ahead=2, dont_know_price_milli=0)
    world = job.make({"horizon_days": 5}, 2, [ask])
    world.call("make_pitchers", count=5)
    copy = job.make({"horizon_days": 5}, 2, [ask])
    sleep(world)
    copy.restore(world.snapshot())
    for one in (world, copy):
        one.call("make_pitchers", count=1)
        sleep(one, 2)
    left = 20 - min(20, world.customers[0])
    assert seen == [{"cups": left}, {"cups": left}]


def test_the_truth_is_told_of_the_moment_at_which_the_window_closed():
    days = []
    question = Question(
        lambda _: "Well?",
        "days",
        "quantiles",
        lambda _, asked: asked.due_day,
        lambda world, _: days.append(world.state.now_minutes // 1440),
    )
    job = replace(JOB, questions={"well": question})
    ask = Ask(question="well", first_day=2, days_to_answer=2, dont_know_price_milli=0)
    sleep(job.make({"horizon_days": 6}, 2, [ask]), 6)
    assert days == [3]


def test_a_question_can_rest_on_the_moment_at_which_it_was_asked():
    question = replace(
        JOB.questions["rich"],
        as_of="open",
        truth=lambda world, _: Distribution.of_event(1000 * world.state.cups),
    )
    job = replace(JOB, questions={"rich": question})
    world = job.make({"horizon_days": 4}, 2, [RICH.model_copy(update={"first_day": 1})])
    world.call("make_pitchers", count=5)  # more than a day's customers can drink
    copy = job.make({"horizon_days": 4}, 2, [RICH.model_copy(update={"first_day": 1})])
    copy.restore(world.snapshot())
    for one in (world, copy):
        _, (resolved,) = sleep(one, 4)
        assert resolved["truth"] == {"start": 0, "weights": [1_000_000, 0]}


# --- time ----------------------------------------------------------------------------------------


def test_time_that_runs_out_resolves_everything():
    world = stand()
    events = [event for event in world.run_out() if event["kind"] == "forecast_resolved"]
    assert [(event["id"], event["question"]) for event in events] == [
        (1, "customers"),
        (3, "customers"),
        (2, "rich"),
        (4, "customers"),
    ]


def test_questions_of_an_episode_that_ends_early_are_resolved_if_their_window_had_closed():
    class Brittle(lemonade.Stand):
        def advance(self, minutes: int) -> str:
            told = super().advance(minutes)
            if self.state.now_minutes >= 4 * 1440:
                self.state.ended = "bankrupt"
            return told

    job = replace(JOB, world=Brittle)
    late = RICH.model_copy(update={"first_day": 4, "days_to_answer": 2})
    world = job.make({"horizon_days": 7}, 2, [RICH, late])
    _, events = sleep(world, 4)
    assert world.ended == "bankrupt"
    assert [(event["kind"], event["id"]) for event in events] == [
        ("forecast_resolved", 1),
        ("forecast_void", 2),
    ]


class Weekly(lemonade.Stand):
    """A stand whose owner may sleep for a week at a time."""

    @tool(minutes=0, writes=True)
    def close_for_a_week(self) -> str:
        """Sleep for seven days."""
        return self.advance(7 * 1440)


@pytest.mark.parametrize("as_of", ["close", "open"])
def test_a_question_whose_window_passed_within_a_step_is_void(as_of):
    """An answer to it could rest on what came after the window."""
    question = replace(QUESTIONS["customers"], as_of=as_of)
    job = replace(JOB, world=Weekly, questions={"customers": question})
    missed = CUSTOMERS.model_copy(update={"first_day": 2, "every_days": None, "days_ahead": 60})
    seen = missed.model_copy(update={"first_day": 8})
    world = job.make({"horizon_days": 90}, 2, [missed, seen])
    step = world.call("close_for_a_week")
    (void,) = step.events[-1:]
    assert (void["kind"], void["id"], void["form"]) == ("forecast_void", 1, "quantiles")
    assert "Forecast 1," not in step.text
    assert "Forecast 2, to answer by the end of day 8" in step.text
    assert answer(world, 1, quantiles=SEVEN).fault == "refused"
    assert "until the end of day 8" in answer(world, 2, quantiles=SEVEN).text


# --- the world contract --------------------------------------------------------------------------


def test_the_layer_keeps_the_world_contract():
    world = JOB.make({"horizon_days": 7}, 7, ASKS)
    check_tools(type(world))
    check_steps(partial(JOB.make, {"horizon_days": 7}, 7, ASKS))
    check_run_out(JOB.make({"horizon_days": 7}, 7, ASKS))
    check_snapshots(partial(JOB.make, {"horizon_days": 30}, 7, ASKS), max_steps=200)


SCRIPT = """
from tests.envs.forecasts.stand import stand
world = stand()
world.call("answer_forecast", forecast=1, quantiles=[2, 4, 8, 11, 14, 18, 20])
for _ in range(3):
    world.call("close_for_today")
print(world.digest())
"""


def test_the_same_seed_and_actions_give_the_same_bytes_in_another_process():
    world = stand()
    answer(world, quantiles=SEVEN)
    sleep(world, 3)
    there = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == world.digest()
