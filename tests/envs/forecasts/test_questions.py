"""What a scenario may ask, and when it is asked."""

import pytest
from pydantic import BaseModel, ValidationError

from tenure.envs.forecasts import Ask, schedule
from tenure.errors import UsageError
from tests.envs.forecasts.stand import QUESTIONS
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
