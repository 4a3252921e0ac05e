"""The lemonade stand that tells something in passing and asks for it later."""

from functools import partial
from itertools import pairwise

import pytest

from tenure.envs.checker import (
    check_futures,
    check_run_out,
    check_snapshots,
    check_steps,
    check_tools,
    random_actions,
)
from tenure.envs.delegation import Delegation
from tenure.envs.jobs import Layers
from tenure.envs.retention import Retention
from tenure.envs.tools import Fault
from tenure.errors import UsageError
from tests import lemonade
from tests.envs.forecasts.stand import ASKS
from tests.envs.retention.stand import (
    DAYS,
    RETENTION,
    recalls,
    remarks,
    sleep,
    sleep_until,
    stand,
)


def answer(world, remark, **said):
    return world.call("answer_question", question=remark.id, **said)


def other_than(truth, remark):
    return next(choice for choice in remark.topic.choices if choice != truth)


# --- telling and asking --------------------------------------------------------------------------


def test_a_world_without_it_is_the_jobs_own():
    assert type(lemonade.JOB.make({}, 3, (), Layers())) is lemonade.Stand


def test_each_remark_is_told_once_on_its_day_and_asked_for_after_its_lag():
    world = stand()
    read = [world.opening(), *(sleep(world).text for _ in range(DAYS))]
    for remark in remarks(world):
        assert [day for day, text in enumerate(read) if remark.told in text] == [remark.day]
        asked = [day for day, text in enumerate(read) if remark.asked in text]
        assert asked == ([remark.asked_day] if remark.asked_day < DAYS else [])
        assert remark.truth in remark.told
        assert remark.truth in remark.asked, "the choices do not give it away"


def test_a_question_waits_in_every_observation_of_its_day():
    world = stand()
    first = remarks(world)[0]
    sleep_until(world, first.asked_day)
    assert first.asked in world.call("make_pitchers", count=1).text
    assert first.asked not in sleep(world).text


def test_the_last_line_is_still_the_jobs():
    world = stand()
    assert sleep_until(world, remarks(world)[0].asked_day).text.splitlines()[-1].startswith("[day")


def test_no_tool_shows_again_what_was_told():
    world = stand()
    told = {remark.told for remark in remarks(world)}
    seen = world.opening()
    for action in random_actions(world, 1, 300):
        if world.ended:
            break
        seen += world.step(action).text
    assert world.state.retention_book.told > 2
    assert max(seen.count(remark) for remark in told) == 1


# --- answers -------------------------------------------------------------------------------------


def test_an_answer_is_written_down_beside_the_truth_and_the_agent_is_not_told_it():
    world = stand()
    first = remarks(world)[0]
    sleep_until(world, first.asked_day)
    wrong = other_than(first.truth, first)
    step = answer(world, first, answer=f" {wrong.upper()} ")
    assert recalls(step) == [
        {
            "kind": "retention_settled",
            "id": 1,
            "topic": first.topic.name,
            "told_day": 2,
            "lag_days": first.lag_days,
            "truth": first.truth,
            "choices": 8,
            "answer": wrong,
        }
    ]
    assert first.truth not in step.text
    assert first.asked not in step.text


def test_the_first_answer_is_the_only_one():
    world = stand()
    first = remarks(world)[0]
    sleep_until(world, first.asked_day)
    answer(world, first, dont_know=True)
    again = answer(world, first, answer=first.truth)
    assert again.fault is Fault.REFUSED
    assert "no question 1 today. Open now: none" in again.text


def test_silence_is_written_down_when_the_day_is_over():
    world = stand()
    first = remarks(world)[0]
    assert recalls(sleep_until(world, first.asked_day)) == []
    (event,) = recalls(sleep(world))
    assert (event["id"], event["kind"]) == (1, "retention_settled")
    assert "answer" not in event


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ({"answer": "purple"}, "Give one of: "),
        ({"answer": "crow", "dont_know": True}, "Give either an answer or dont_know"),
        ({}, "Give either an answer or dont_know"),
        ({"answer": "  "}, "Give either an answer or dont_know"),
    ],
)
def test_what_is_no_answer_is_refused_with_what_would_be(said, advice):
    world = stand()
    first = remarks(world)[0]
    sleep_until(world, first.asked_day)
    step = answer(world, first, **said)
    assert (step.fault, recalls(step)) == (Fault.REFUSED, [])
    assert advice in step.text


def test_answers_change_nothing_that_is_earned():
    plain, asked = lemonade.JOB.make({"horizon_days": DAYS}, 3), stand()
    while not plain.ended:
        for number in list(asked.state.retention_book.open):
            asked.call("answer_question", question=number, dont_know=True)
        for name, said in (("make_pitchers", {"count": 1}), ("close_for_today", {})):
            here, there = plain.call(name, **said), asked.call(name, **said)
            assert here.figures == there.figures
    assert asked.ended == plain.ended


# --- days that pass ------------------------------------------------------------------------------


def test_what_passes_within_one_step_is_neither_told_nor_asked():
    world = stand(retention=Retention(lags_days=(1,), every_days=1))
    sleep(world)  # to day 2
    world.advance(4 * 1440)  # to day 6
    step = sleep(world)  # to day 7
    kinds = [(event["kind"], event["id"]) for event in step.events if "id" in event]
    assert kinds == [("retention_void", 1)], (
        "of day 2, and asked for on day 3; 3 to 5 were not told"
    )
    assert "Question 5" in step.text, "of day 6"


def test_who_is_not_at_work_any_more_is_asked_nothing():
    world = stand()
    sleep_until(world, remarks(world)[0].asked_day)
    kinds = [event["kind"] for event in world.run_out() if event["kind"] != "day"]
    assert kinds == ["retention_void"]


def test_the_last_question_closes_with_the_last_day():
    world = stand(retention=Retention(lags_days=(1,), first_day=DAYS - 1))
    step = sleep_until(world, DAYS)
    assert world.ended
    assert [event["kind"] for event in recalls(step)] == ["retention_settled"]


# --- the plan ------------------------------------------------------------------------------------


def test_lags_take_turns_in_random_order():
    found = [remark.lag_days for remark in remarks(stand())]
    assert [sorted(pair) for pair in zip(found[:8:2], found[1:8:2], strict=True)] == [[1, 4]] * 4
    assert len({tuple(pair) for pair in pairwise(found)}) > 1


def test_every_answer_is_as_likely_as_the_others():
    drawn = [
        remark.topic.choices.index(remark.truth)
        for seed in range(200)
        for remark in remarks(stand(seed))
    ]
    counts = [drawn.count(place) for place in range(8)]
    # 2,000 draws, 250 of each expected; the sum is chi-squared with 7 degrees of freedom.
    assert sum((count - 250) ** 2 / 250 for count in counts) < 24.3  # exceeded once in 1,000


def test_another_future_tells_other_things_from_its_day_on_and_asks_for_what_was_told():
    actions = ['{"name": "close_for_today", "arguments": {}}'] * DAYS

    def make(seed, future):
        return stand(seed, future=future)

    assert check_futures(make, 3, max_steps=DAYS, actions=actions, seeds=3) == 3


@pytest.mark.parametrize("asks", [(), ASKS])
@pytest.mark.parametrize("layers", [Layers(), Layers(memory=("scratchpad",))])
def test_it_keeps_the_world_contract_also_with_memory_and_below_forecasts(layers, asks):
    make = partial(stand, layers=layers, asks=asks)
    world = make()
    first = remarks(world)[0]
    sleep = '{"name": "close_for_today", "arguments": {}}'
    say = (
        f'{{"name": "answer_question", "arguments": {{"question": 1, "answer": "{first.truth}"}}}}'
    )
    actions = [sleep] * first.asked_day + [say] + [sleep] * 5
    check_tools(type(world))
    check_steps(make)
    check_steps(make, actions)
    check_run_out(make())
    check_snapshots(make, max_steps=80)
    check_snapshots(make, max_steps=20, actions=actions)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"lags_days": (7, 1)}, r"lags must rise; write \[1, 7\]"),
        ({"lags_days": ()}, "at least 1 item"),
        ({"every_days": 0}, "greater than or equal to 1"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(said, complaint):
    with pytest.raises(ValueError, match=complaint):
        Retention(**said)


def test_a_lag_that_the_job_is_too_short_for_is_refused():
    with pytest.raises(UsageError, match=r"asked for 30 days later.* has 20 days; at most 18"):
        stand(retention=Retention(lags_days=(1, 30)))


def test_a_sub_agent_and_questions_do_not_go_together():
    layers = Layers(delegation=Delegation(tools=("make_pitchers",)), retention=RETENTION)
    with pytest.raises(UsageError, match="a scenario with a sub-agent takes none"):
        lemonade.JOB.make({"horizon_days": DAYS}, 3, (), layers)
