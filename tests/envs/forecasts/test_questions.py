"""What a scenario may ask, and when it is asked."""

from dataclasses import replace

import pytest
from pydantic import BaseModel, ValidationError

from tenure.envs.forecasts import Ask, schedule
from tenure.envs.forecasts.checks import check_questions
from tenure.errors import ContractError, UsageError
from tests.envs.forecasts.stand import ASKS, CUSTOMERS, JOB, QUESTIONS, RICH
from tests.lemonade import StandParameters


class Endless(BaseModel):
    """Parameters of a job without a horizon."""


def plan(days=10, **said):
    ask = Ask(**{"question": "customers", "first_day": 1, "dont_know_price_milli": 0} | said)
    return [
        (one.opens_day, one.closes_day, one.due_day)
        for one in schedule(QUESTIONS, [ask], StandParameters(horizon_days=days))
    ]


def test_the_outcome_lies_in_the_days_after_the_window():
    assert plan(first_day=3, days_to_answer=2, days_ahead=5) == [(2, 4, 9)]


def test_without_days_ahead_the_outcome_is_known_at_the_end():
    assert plan(first_day=3) == [(2, 3, 10)]


def test_what_would_be_known_only_after_the_end_is_not_asked():
    assert plan(first_day=2, every_days=3, days_ahead=2) == [(1, 2, 4), (4, 5, 7), (7, 8, 10)]
    assert plan(9, first_day=2, every_days=3, days_ahead=2) == [(1, 2, 4), (4, 5, 7)]


def test_questions_are_numbered_as_they_are_asked():
    asks = [
        Ask(question="customers", first_day=5, dont_know_price_milli=0),
        Ask(question="customers", first_day=1, every_days=7, dont_know_price_milli=0),
    ]
    found = schedule(QUESTIONS, asks, StandParameters(horizon_days=10))
    assert [(one.id, one.opens_day) for one in found] == [(1, 0), (2, 4), (3, 7)]


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"question": "customer"}, r"forecasts.0.question: .*Did you mean 'customers'"),
        ({"first_day": 10}, "would never be asked"),
        ({"first_day": 5, "days_ahead": 9}, "would never be asked"),
        ({"threshold": 3}, "'customers' has no threshold"),
        ({"question": "rich"}, "'rich' asks about a threshold"),
    ],
)
def test_what_does_not_fit_the_job_is_named(said, complaint):
    with pytest.raises(UsageError, match=complaint):
        plan(**said)


@pytest.mark.parametrize("said", [{"first_day": 0}, {"every_days": 0}, {"often": 3}])
def test_what_no_ask_can_say_is_refused(said):
    with pytest.raises(ValidationError):
        plan(**said)


def test_a_horizon_may_be_in_weeks():
    class Weeks(BaseModel):
        horizon_weeks: int = 2

    ask = Ask(question="customers", first_day=8, dont_know_price_milli=0)
    (one,) = schedule(QUESTIONS, [ask], Weeks())
    assert (one.opens_day, one.closes_day, one.due_day) == (7, 8, 14)


def test_a_job_that_does_not_say_how_long_it_lasts_cannot_be_asked():
    ask = Ask(question="customers", first_day=1, dont_know_price_milli=0)
    with pytest.raises(UsageError, match="no parameter horizon_days"):
        schedule(QUESTIONS, [ask], Endless())


# --- what a job's author gets wrong ---------------------------------------------------------------


def asked(name, **changes):
    """The stand with a question that has other parts."""
    questions = QUESTIONS | {name: replace(QUESTIONS[name], **changes)}
    return replace(JOB, questions=questions)


@pytest.mark.parametrize("part", [{"form": "quantile"}, {"as_of": "later"}])
def test_a_word_that_a_question_does_not_know_is_refused_at_once(part):
    with pytest.raises(ValueError, match=r"must be '\w+' or '\w+', got"):
        replace(QUESTIONS["rich"], **part)


@pytest.mark.parametrize(
    ("ask", "outcome", "sentence"),
    [
        (CUSTOMERS, 1.5, "'customers' is 1.5; it must be a whole number"),
        (CUSTOMERS, "x", "'customers' is 'x'; it must be a whole number"),
        (CUSTOMERS, 10**16, "from -10\\*\\*15 to"),
        (RICH, True, "'rich' is True; it must be a whole number"),
        (RICH, 2, "'rich' is 2; that of a probability is 1 for yes or 0 for no"),
    ],
)
def test_an_outcome_that_cannot_be_scored_stops_the_world(ask, outcome, sentence):
    job = asked(ask.question, outcome=lambda *_: outcome)
    world = job.make({"horizon_days": 7}, 1, [ask])
    with pytest.raises(ContractError, match=sentence):
        world.run_out()


def _thirsty(world, _):
    world.state.cups += 1
    return {}


def test_functions_that_only_read_pass_the_check():
    check_questions(JOB, {"horizon_days": 7}, ASKS, 1)


@pytest.mark.parametrize("part", ["outcome", "truth", "freeze"])
def test_a_function_that_changes_the_world_is_named(part):
    job = asked("customers", **{part: _thirsty})
    with pytest.raises(ContractError, match=rf"{part}\(\) of the question 'customers' changes"):
        check_questions(job, {"horizon_days": 7}, ASKS, 1)


def test_a_function_that_fails_is_named():
    job = asked("rich", outcome=lambda *_: 1 // 0)
    with pytest.raises(ContractError, match=r"outcome\(\) of the question 'rich': ZeroDivision"):
        check_questions(job, {"horizon_days": 7}, ASKS, 1)
