"""Agents that do not do the job."""

import json

import pytest

from tenure.envs.clock import day_of
from tenure.kit.attacks import ATTACKS, Stage, least_json, random_calls
from tests.lemonade import Stand
from tests.runner.stand import scenario

SEED = 3


@pytest.fixture
def stage():
    played = scenario(days=50)
    world = played.make_world(SEED)
    return Stage(played, world, SEED, world.opening(), [f"best {i}" for i in range(40)], ["other"])


def first(attack, stage, count):
    script = ATTACKS[attack](stage)
    return [next(script) for _ in range(count)]


def test_the_absent_never_comes(stage):
    assert list(ATTACKS["absent"](stage)) == []


def test_spam_uses_every_tool_in_turn_with_the_least_arguments(stage):
    make = {"name": "make_pitchers", "arguments": {"count": 1}}
    close = {"name": "close_for_today", "arguments": {}}
    assert [json.loads(action) for action in first("spam", stage, 3)] == [make, close, make]


def test_malformed_texts_are_no_calls(stage):
    for action in first("malformed", stage, 20):
        assert stage.world.step(action).fault is not None


def test_the_echo_says_the_brief_and_then_what_it_reads(stage):
    script = ATTACKS["echo"](stage)
    assert next(script) == stage.scenario.briefing
    stage.heard = "No tool was called."
    assert next(script) == "No tool was called."


def test_who_stops_early_does_the_first_tenth_of_what_the_best_does(stage):
    assert list(ATTACKS["early stop"](stage)) == ["best 0", "best 1", "best 2", "best 3"]


def test_the_last_minute_begins_after_nine_tenths_of_the_time(stage):
    next(ATTACKS["last minute"](stage))
    assert day_of(stage.world.state.now_minutes) == 45
    assert stage.world.state.cash_cents == 1000


def test_a_replay_says_what_was_done_on_another_seed(stage):
    assert list(ATTACKS["replay"](stage)) == ["other"]


def test_random_calls_are_valid_and_the_same_for_the_same_seed():
    def some(seed):
        calls = random_calls(Stand.toolbox, seed)
        return [next(calls) for _ in range(300)]

    assert some(1) == some(1) != some(2)
    parsed = [Stand.toolbox.parse(call) for call in some(1)]
    counts = [arguments["count"] for tool, arguments in parsed if arguments]
    assert set(counts) == set(range(1, 21))


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"const": "x"}, "x"),
        ({"enum": ["b", "a"], "type": "string"}, "b"),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, None),
        ({"type": "string", "minLength": 2}, "aa"),
        ({"type": "integer", "minimum": 3}, 3),
        ({"type": "integer", "exclusiveMinimum": 3}, 4),
        ({"type": "integer", "maximum": -2}, -2),
        ({"type": "number", "exclusiveMinimum": 0}, 0.01),
        ({"type": "boolean"}, False),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [0, 0]),
        (
            {"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}, "required": "a"},
            {"a": 0},
        ),
    ],
)
def test_the_least_value_of_a_schema(schema, value):
    assert least_json(schema) == value
