"""Failures that any job's record can show, at a stand that tells no facts of its own."""

from collections import Counter
from itertools import count

import pytest

from tenure.scoring.failures import CLASSES, CODE_OF, Failure, detect, incidence
from tenure.scoring.failures.control import entropy_bits
from tenure.scoring.past import Past
from tenure.scoring.records import read, read_partial
from tests.scoring.episodes import BREW, SLEEP, YEAR, play

LOOK = '{"name":"look_around","arguments":{}}'


@pytest.fixture
def found(tmp_path):
    """Record some actions, and return the failures as code, first and last step."""

    numbers = count()

    def record(actions, exchanges=None, **how):
        path = play(tmp_path / f"{next(numbers)}.jsonl.zst", actions, exchanges=exchanges, **how)
        return [(one.code, one.step, one.until) for one in detect(Past(read_partial(path)))]

    return record


def spoke(content="", **more):
    return {"message": {"role": "assistant", "content": content}, "finish": "stop", **more}


def test_an_episode_without_any_has_none(found):
    assert found([BREW, SLEEP, BREW, SLEEP, SLEEP, SLEEP, SLEEP]) == []


def test_a_tool_that_is_not_there_a_text_and_wrong_arguments_are_told_apart(found):
    wrong = '{"name":"make_pitchers","arguments":{"count":"many"}}'
    actions = ['{"name":"fly","arguments":{}}', "Hello!", wrong, SLEEP]
    assert found(actions, finish=False) == [("A1", 0, 0), ("A2", 1, 1), ("A3", 2, 2)]


def test_a_refused_call_is_an_infeasible_plan(found):
    assert found([BREW.replace("1", "20"), SLEEP], finish=False) == [("P2", 0, 0)]


def test_mistakes_that_follow_each_other_without_a_break_are_one(found):
    assert found(["a", "b", SLEEP, "c"], finish=False) == [("A2", 0, 1), ("A2", 3, 3)]


def test_a_text_that_was_cut_off_or_kept_back_is_a_failure_outside(found):
    exchanges = [spoke(finish="length"), spoke(finish="content_filter"), None]
    assert found(["{", "no", SLEEP], exchanges, finish=False) == [("X2", 0, 0), ("X1", 1, 1)]


def test_requests_that_failed_are_a_failure_outside(found):
    exchanges = [spoke(retries=1, failures=["HTTP 503"]), None]
    assert found([BREW, SLEEP], exchanges, finish=False) == [("X1", 0, 0)]


def test_an_answer_shown_as_the_failure_says_why(tmp_path):
    path = play(tmp_path / "e.jsonl.zst", [BREW.replace("1", "20")], finish=False)
    (one,) = detect(Past(read_partial(path)))
    assert (one.day, one.what) == (1, read_partial(path).steps[0]["text"].split("\n")[0][7:])


def test_the_limit_of_steps_is_a_budget_exhausted(found):
    assert found([BREW, SLEEP]) == [("X3", 1, 1)]


def test_a_tool_announced_and_another_called_is_saying_x_and_doing_y(found):
    exchanges = [spoke("I will use make_pitchers first."), spoke("Now I use close_for_today.")]
    assert found([SLEEP, SLEEP], exchanges, finish=False) == [("A4", 0, 0)]


def test_two_tools_named_are_a_plan_and_no_announcement(found):
    exchanges = [spoke("I will use close_for_today, then make_pitchers.")]
    assert found([BREW], exchanges, finish=False) == []


SAYS = "Now I use close_for_today."


@pytest.mark.parametrize(
    "message",
    [
        {"content": SAYS, "tool_calls": [{}, {}]},
        {
            "output": [
                {"type": "message", "content": [{"text": SAYS}]},
                *[{"type": "function_call"}] * 2,
            ]
        },
        {"content": [{"type": "text", "text": SAYS}, *[{"type": "tool_use"}] * 2]},
        {"parts": [{"text": SAYS}, *[{"functionCall": {}}] * 2]},
    ],
)
def test_of_several_calls_in_one_message_none_is_another_than_announced(found, message):
    assert found([BREW], [{"message": message}], finish=False) == []
    one = {name: part[:-1] if isinstance(part, list) else part for name, part in message.items()}
    assert found([BREW], [{"message": one}], finish=False) == [("A4", 0, 0)]


def test_a_year_is_looked_at_in_one_walk(tmp_path):
    path = play(tmp_path / "e.jsonl.zst", ["what?"] * 40, scenario=YEAR, finish=False)
    assert [one.until for one in detect(Past(read_partial(path)))] == [39]


def test_the_entropy_of_two_tools_used_alike_is_one_bit():
    assert entropy_bits(Counter(a=3, b=3)) == 1
    assert entropy_bits(Counter(a=9)) == 0


def test_incidence_counts_episodes_and_first_days():
    def at(code, day):
        return Failure(code, 0, day, "", 0)

    found = incidence([[at("T3", 9), at("T3", 4)], [], [at("T3", 6), at("A1", 1)], []])
    assert list(found) == ["A1", "T3"]
    loops = found["T3"]
    assert (loops.first_days, loops.failures, loops.median_first_day) == ((4, 6), 3, 4)
    assert [loops.by_day(day) for day in (3, 4, 6)] == [0, 0.25, 0.5]
    assert loops.to_json()["with"] == 2


def test_every_fact_that_a_job_can_tell_has_a_class():
    assert set(CODE_OF.values()) <= set(CLASSES)


def test_a_record_whose_events_are_none_is_refused_with_the_step(tmp_path):
    from tenure.errors import TrajectoryError
    from tests.scoring.failures.vending_month import month

    path = month(tmp_path, days=2)
    episode = read(path)
    episode.steps[3]["events"] = [{"kind": "sent"}]
    with pytest.raises(TrajectoryError, match=r"Step 3 has an event"):
        detect(Past(episode))
