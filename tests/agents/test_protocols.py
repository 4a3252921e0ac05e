from typing import Annotated

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from tenure.agents.protocols import (
    EMPTY,
    NOT_RUN,
    JsonText,
    NativeTools,
    call_schema,
    speak,
)
from tenure.agents.providers.chat import Chat
from tenure.agents.spec import AgentSpec
from tenure.envs.spaces import ToolCallSpace
from tenure.envs.tools import Fault, Mistake, Toolbox, tool
from tests.agents.endpoint import calls, says
from tests.lemonade import Stand

TOOLBOX = Stand.toolbox
CHAT = Chat(AgentSpec(name="openai/m"))
NATIVE = NativeTools(CHAT, TOOLBOX)
TEXT = JsonText(CHAT, TOOLBOX)


def fault_of(action):
    parsed = TOOLBOX.parse(action)
    return parsed.fault if isinstance(parsed, Mistake) else None


# --- native tools ------------------------------------------------------------------------------


def test_native_tools_are_offered_with_their_schemas_one_call_at_a_time():
    assert NATIVE.fields["parallel_tool_calls"] is False
    assert NATIVE.fields["tools"][0] == {
        "type": "function",
        "function": {
            "name": "make_pitchers",
            "description": "Make pitchers of lemonade, four cups each.",
            "parameters": {
                "type": "object",
                "properties": {"count": {"type": "integer", "minimum": 1, "maximum": 20}},
                "required": ["count"],
                "additionalProperties": False,
            },
        },
    }


def test_a_native_call_becomes_the_worlds_action():
    action = NATIVE.actions(calls(("make_pitchers", '{"count": 2}')))[0]
    assert action == '{"name":"make_pitchers","arguments":{"count": 2}}'


@pytest.mark.parametrize("nothing", ["", "  ", "{}", None])
def test_no_arguments_can_be_written_in_several_ways(nothing):
    assert fault_of(NATIVE.actions(calls(("close_for_today", nothing)))[0]) is None


def test_of_several_calls_the_first_is_run_and_the_others_are_told_so():
    message = calls(("make_pitchers", '{"count":1}'), ("close_for_today", "{}"), ("x", "{}"))
    assert NATIVE.actions(message)[0] == '{"name":"make_pitchers","arguments":{"count":1}}'
    assert NATIVE.answers(NATIVE.spoken(message), ["4 cups are ready."]) == [
        {"role": "tool", "tool_call_id": "id-0", "content": "4 cups are ready."},
        {"role": "tool", "tool_call_id": "id-1", "content": NOT_RUN},
        {"role": "tool", "tool_call_id": "id-2", "content": NOT_RUN},
    ]


def test_where_calls_may_be_parallel_all_are_run_and_each_is_answered():
    parallel = NativeTools(CHAT, TOOLBOX, parallel=True)
    message = calls(("make_pitchers", '{"count":1}'), ("close_for_today", "{}"))
    assert parallel.fields["parallel_tool_calls"] is True
    assert parallel.actions(message) == [
        '{"name":"make_pitchers","arguments":{"count":1}}',
        '{"name":"close_for_today","arguments":{}}',
    ]
    assert parallel.answers(parallel.spoken(message), ["4 cups are ready.", "Day 2."]) == [
        {"role": "tool", "tool_call_id": "id-0", "content": "4 cups are ready."},
        {"role": "tool", "tool_call_id": "id-1", "content": "Day 2."},
    ]


def test_text_without_a_call_is_an_action_as_it_stands_and_is_answered_as_by_a_user():
    message = says("Let me think.")
    assert NATIVE.actions(message)[0] == "Let me think."
    assert NATIVE.answers(NATIVE.spoken(message), ["Error"]) == [
        {"role": "user", "content": "Error"}
    ]


@pytest.mark.parametrize(
    ("message", "action"),
    [
        (says(None), ""),
        (says(""), ""),
        (says(None, refusal="I cannot help with that."), "I cannot help with that."),
        (says(None, tool_calls=[]), ""),
        (says([{"type": "text", "text": "in "}, {"type": "text", "text": "parts"}]), "in parts"),
    ],
)
def test_refusals_and_empty_answers_are_steps_too(message, action):
    assert NATIVE.actions(message)[0] == action
    assert fault_of(action) is Fault.MALFORMED
    assert NATIVE.spoken(message)[0]["content"] == (action or EMPTY)


def test_arguments_that_are_no_json_are_for_the_world_to_explain():
    message = calls(("make_pitchers", '{"count": 2'))
    assert fault_of(NATIVE.actions(message)[0]) is Fault.BAD_ARGUMENTS


def test_what_endpoints_would_not_take_back_is_mended_in_the_conversation_but_not_in_the_action():
    message = calls(("functions.make pitchers", '{"count": 2'))
    call = NATIVE.spoken(message)[0]["tool_calls"][0]
    assert call["function"] == {
        "name": "functions_make_pitchers",
        "arguments": '{"not_an_object":"{\\"count\\": 2"}',
    }
    assert fault_of(NATIVE.actions(message)[0]) is Fault.UNKNOWN_TOOL


def test_a_call_without_an_id_gets_one():
    message = says(None, tool_calls=[{"function": {"name": "close_for_today", "arguments": "{}"}}])
    spoken = NATIVE.spoken(message)
    answer = NATIVE.answers(spoken, [""])[0]
    assert spoken[0]["tool_calls"][0]["id"] == answer["tool_call_id"] != ""


def test_signatures_of_thoughts_are_sent_back():
    call = {"id": "1", "function": {"name": "a", "arguments": "{}"}, "extra_content": {"sign": "s"}}
    message = says(None, tool_calls=[call], reasoning_content="hm", annotations=[1])
    (spoken,) = NATIVE.spoken(message)
    assert spoken["tool_calls"][0]["extra_content"] == {"sign": "s"}
    assert spoken["reasoning_content"] == "hm"
    assert "annotations" not in spoken


whole_numbers = st.integers(-(2**63), 2**64 - 1)
"""Larger ones do not come in: see `tenure.agents.wire`."""
json_values = st.recursive(
    st.none() | st.booleans() | whole_numbers | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
functions = st.fixed_dictionaries(
    {}, optional={"name": json_values, "arguments": st.text() | json_values}
)
messages = st.fixed_dictionaries(
    {"role": st.just("assistant")},
    optional={
        "content": json_values,
        "refusal": json_values,
        "tool_calls": json_values
        | st.lists(
            st.fixed_dictionaries(
                {}, optional={"id": json_values, "function": json_values | functions}
            ),
            max_size=3,
        ),
    },
)


@pytest.mark.parametrize("protocol", [NATIVE, TEXT])
@given(message=messages)
def test_whatever_a_model_says_is_an_action_and_every_call_of_it_is_answered(protocol, message):
    (action,) = protocol.actions(message)
    TOOLBOX.parse(action)
    spoken = protocol.spoken(message)
    answers = protocol.answers(spoken, ["observation"])
    assert answers[0]["content"] == "observation"
    asked = [call["id"] for call in spoken[0].get("tool_calls", [])]
    assert [reply.get("tool_call_id") for reply in answers] == (asked or [None])
    orjson.dumps([spoken, *answers])


def test_arguments_nested_without_end_are_passed_on_as_they_stand():
    nested = "[" * 900 + "]" * 900
    action = NATIVE.actions(calls(("make_pitchers", nested)))[0]
    assert action == f'{{"name":"make_pitchers","arguments":{nested}}}'


# --- JSON text ---------------------------------------------------------------------------------


def test_the_system_prompt_lists_the_tools_one_a_line():
    content = TEXT.system("Run the stand.")["content"]
    assert content.startswith("Run the stand.\n")
    assert (
        "\n- make_pitchers(count: integer): Make pitchers of lemonade, four cups each.\n" in content
    )
    assert "\n- close_for_today(): Sleep until tomorrow.\n" in content


def test_the_schema_fits_exactly_the_calls_of_the_toolbox():
    validator = Draft202012Validator(TEXT.fields["response_format"]["json_schema"]["schema"])
    space = ToolCallSpace(TOOLBOX, seed=1)
    for _ in range(50):
        validator.validate(orjson.loads(space.sample()))
    for wrong in (
        {"name": "make_pitchers"},
        {"name": "make_pitchers", "arguments": {"count": 21}},
        {"name": "steal", "arguments": {}},
        {"name": "close_for_today", "arguments": {"why": "tired"}},
    ):
        assert not validator.is_valid(wrong)


class Line(BaseModel):
    item: str
    count: Annotated[int, Field(ge=1)]


class Orders:
    @tool(minutes=5)
    def order(self, lines: list[Line]) -> str:
        """Order things."""
        return str(lines)


def test_definitions_shared_by_schemas_are_found_from_the_root():
    validator = Draft202012Validator(call_schema(Toolbox.of(Orders)))
    call = {"name": "order", "arguments": {"lines": [{"item": "chips", "count": 1}]}}
    assert validator.is_valid(call)
    call["arguments"]["lines"][0]["count"] = 0
    assert not validator.is_valid(call)


def test_a_text_answer_is_the_action_as_it_stands():
    assert (
        TEXT.actions(says('{ "name":\n"close_for_today" }'))[0] == '{ "name":\n"close_for_today" }'
    )


def test_protocols_have_names():
    assert isinstance(speak(CHAT, "tools", TOOLBOX), NativeTools)
    assert isinstance(speak(CHAT, "json", TOOLBOX), JsonText)
