"""ATIF, held to a schema written from Harbor's documentation, and to Harbor's own models."""

import orjson
import pytest
from jsonschema import Draft202012Validator

from tenure.scoring.export.atif import action_of, trajectory, write

TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
OBJECT = {"type": "object"}


def closed(required, **properties):
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


CALL = closed(
    "tool_call_id function_name arguments",
    tool_call_id=TEXT,
    function_name=TEXT,
    arguments=OBJECT,
    extra=OBJECT,
)
RESULT = closed("content", source_call_id=TEXT, content=TEXT, extra=OBJECT)
METRICS = closed(
    "",
    prompt_tokens=COUNT,
    completion_tokens=COUNT,
    cached_tokens=COUNT,
    cost_usd={"type": "number"},
    extra=OBJECT,
)
STEP = closed(
    "step_id source message",
    step_id={"type": "integer", "minimum": 1},
    source={"enum": ["system", "user", "agent"]},
    message=TEXT,
    model_name=TEXT,
    reasoning_content=TEXT,
    tool_calls={"type": "array", "items": CALL},
    observation=closed("results", results={"type": "array", "items": RESULT}),
    metrics=METRICS,
    llm_call_count=COUNT,
    extra=OBJECT,
) | {
    "allOf": [
        {
            "if": {"properties": {"source": {"enum": ["system", "user"]}}},
            "then": {
                "properties": dict.fromkeys(
                    ("tool_calls", "metrics", "model_name", "reasoning_content"), False
                )
            },
        },
        {
            "if": {"properties": {"llm_call_count": {"const": 0}}, "required": ["llm_call_count"]},
            "then": {"properties": {"metrics": False}},
        },
    ]
}
TRAJECTORY = closed(
    "schema_version agent steps",
    schema_version={"const": "ATIF-v1.7"},
    session_id=TEXT,
    trajectory_id=TEXT,
    agent=closed("name version", name=TEXT, version=TEXT, extra=OBJECT),
    steps={"type": "array", "minItems": 1, "items": STEP},
    notes=TEXT,
    final_metrics=closed(
        "",
        total_prompt_tokens=COUNT,
        total_completion_tokens=COUNT,
        total_cached_tokens=COUNT,
        total_cost_usd={"type": "number"},
        total_steps=COUNT,
    ),
    extra=OBJECT,
)


def told(step):
    return step["extra"]["tenure"]


@pytest.fixture
def exported(modelled):
    return trajectory(modelled)


def test_it_fits_the_schema(any_episode):
    found = trajectory(any_episode)
    Draft202012Validator(TRAJECTORY).validate(found)
    assert [step["step_id"] for step in found["steps"]] == list(range(1, len(found["steps"]) + 1))
    for step in found["steps"]:
        calls = {call["tool_call_id"] for call in step.get("tool_calls", ())}
        for result in step.get("observation", {}).get("results", ()):
            assert result.get("source_call_id") in calls | {None}


@pytest.mark.frameworks
def test_harbors_own_models_take_it(any_episode):
    trajectories = pytest.importorskip("harbor.models.trajectories", reason="needs harbor")
    found = trajectory(any_episode)
    read = trajectories.Trajectory.model_validate_json(orjson.dumps(found))
    assert read.to_json_dict()["steps"] == found["steps"]


def test_every_action_comes_back_to_the_character(any_episode):
    steps = [step for step in trajectory(any_episode)["steps"] if step["source"] == "agent"]
    assert [action_of(step) for step in steps] == [step["action"] for step in any_episode.steps]


def test_every_text_that_was_read_comes_back_once(any_episode):
    steps = trajectory(any_episode)["steps"]
    openings = [step["message"] for step in steps if step["source"] == "user"]
    answers = [
        result["content"]
        for step in steps
        for result in step.get("observation", {}).get("results", ())
    ]
    recorded = [any_episode.header["opening"], *(step["text"] for step in any_episode.steps)]
    assert sorted([*openings, *answers]) == sorted(recorded)


def test_what_was_thought_and_said_comes_back(exported):
    _, _, _, second, third, *_ = exported["steps"]
    assert (second["reasoning_content"], second["message"]) == ("None are left.", "I need cups.")
    assert "reasoning_content" not in third


def test_tokens_and_cost_come_back(exported):
    _, _, first, second, third, *_ = exported["steps"]
    metrics = {
        "prompt_tokens": 1200,
        "completion_tokens": 30,
        "cached_tokens": 1000,
        "extra": {"reasoning_tokens": 10, "cache_write_tokens": 150},
        "cost_usd": 0.0012,
    }
    assert first["metrics"] == second["metrics"] == metrics
    assert (first["llm_call_count"], third["llm_call_count"]) == (1, 0)
    assert "metrics" not in third
    assert exported["final_metrics"] == {
        "total_steps": 12,
        "total_prompt_tokens": 2400,
        "total_completion_tokens": 60,
        "total_cached_tokens": 2000,
        "total_cost_usd": 0.0024,
    }


def test_what_a_model_said_stands_beside_its_call(exported):
    _, _, first, second, *_ = exported["steps"]
    assert (first["message"], second["message"]) == (told(first)["action"], "I need cups.")
    assert (first["model_name"], first["tool_calls"][0]["function_name"]) == (
        "small-1",
        "make_pitchers",
    )
    assert "action" not in told(second)


def test_seed_scenario_digests_and_unknown_fields_are_in_extra(modelled, exported):
    header = exported["extra"]["tenure"]["header"]
    assert (header["seed"], header["scenario"]["id"]) == (1, "lemonade/week")
    assert (header["digest"], header["weather"]) == (modelled.header["digest"], "mild")
    assert exported["trajectory_id"] == modelled.head
    assert exported["extra"]["tenure"]["end"]["digest"] == modelled.end["digest"]
    assert (
        exported["extra"]["tenure"]["end"]["figures"]["cash_cents"] == modelled.end["measured"][0]
    )
    first, second, third = exported["steps"][2:5]
    assert told(first)["mood"] == ["fine"]
    assert (told(first)["began"], told(first)["minute"], told(first)["day"]) == (480, 510, 1)
    assert told(second)["digest"] == modelled.steps[1]["digest"]
    assert (told(third)["fault"], told(third)["lone_surrogates"]) == ("malformed", [[5, 0xD800]])


def test_in_a_contest_an_answer_stands_with_the_call_of_its_own_seat(contest):
    first, second = [one for one in trajectory(contest)["steps"] if one["source"] == "agent"][:2]
    assert (told(first)["seat"], told(second)["seat"]) == ("seat_1", "seat_2")
    (result,) = first["observation"]["results"]
    assert result["content"] == contest.steps[1]["text"]


def test_the_same_record_gives_the_same_bytes(modelled, tmp_path):
    for name in ("a", "b"):
        write([modelled], tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
