"""What a model said, read from a record in any API's form."""

import pytest

from tenure.agents.providers import dialect_of
from tenure.agents.spec import AgentSpec
from tenure.scoring.speech import reasoning, said
from tests.agents.apis import APIS, CLOSE, Said

EVERY_API = pytest.mark.parametrize("api", list(APIS.values()), ids=list(APIS))


def message_of(api, words):
    """Return what is recorded of an answer that the vendor's own types built."""
    dialect = dialect_of(AgentSpec(name="openai/m", api=api.name))
    return dialect.read(api.answer(words)).message


@EVERY_API
@pytest.mark.parametrize(
    "words",
    [
        Said("I need cups."),
        Said("I need cups.", CLOSE.calls, stop="tool_calls"),
        Said("I need cups.", CLOSE.calls, thought=True, stop="tool_calls"),
        Said("I need cups.", stop="refusal"),
    ],
    ids=["text", "and a call", "after a thought", "a refusal"],
)
def test_what_was_said_is_read_in_the_form_of_every_api(api, words):
    assert said(message_of(api, words)) == "I need cups."


@EVERY_API
def test_a_mere_call_says_nothing(api):
    assert (said(message_of(api, CLOSE)), reasoning(message_of(api, CLOSE))) == ("", "")


@EVERY_API
def test_a_filter_in_place_of_an_answer_is_read_too(api):
    dialect = dialect_of(AgentSpec(name="openai/m", api=api.name))
    assert said(dialect.filtered()) == "The provider's content filter refused to answer."


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "content": "x", "reasoning_content": "Two days\nleft."},
        {"role": "assistant", "reasoning": "Two days\nleft."},
        {
            "role": "assistant",
            "reasoning": "Two days\nleft.",
            "reasoning_details": [{"type": "reasoning.text", "text": "Two days\nleft."}],
        },
        {
            "role": "assistant",
            "reasoning_details": [
                {"type": "reasoning.summary", "summary": "Two days"},
                {"type": "reasoning.encrypted", "data": "c2ln"},
                {"type": "reasoning.text", "text": "left."},
            ],
        },
        {
            "role": "assistant",
            "output": [
                {
                    "type": "reasoning",
                    "summary": [
                        {"type": "summary_text", "text": "Two days"},
                        {"type": "summary_text", "text": "left."},
                    ],
                },
                {"type": "message", "content": [{"type": "output_text", "text": "x"}]},
            ],
        },
        {
            "role": "assistant",
            "output": [
                {
                    "type": "reasoning",
                    "summary": [{"type": "summary_text", "text": "Little time."}],
                    "content": [{"type": "reasoning_text", "text": "Two days\nleft."}],
                }
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Two days\nleft.", "signature": "c2ln"},
                {"type": "redacted_thinking", "data": "c2ln"},
                {"type": "text", "text": "x"},
            ],
        },
        {
            "role": "model",
            "parts": [{"text": "Two days\nleft.", "thought": True}, {"text": "x"}],
        },
    ],
    ids=[
        *("reasoning_content", "reasoning", "both", "reasoning_details", "summaries"),
        *("open reasoning", "thinking", "thoughts"),
    ],
)
def test_what_was_thought_is_read_wherever_a_provider_shows_it(message):
    assert reasoning(message) == "Two days\nleft."
    assert said(message) in {"", "x"}


def test_an_agent_of_ones_own_may_record_mere_text():
    assert (said("I need cups."), reasoning("I need cups.")) == ("I need cups.", "")


@pytest.mark.parametrize(
    "message",
    [
        *(None, 5, [], {}, {"content": 5}, {"content": [5, {"text": 5}]}),
        *({"output": {}}, {"output": [{"type": "message", "content": "x"}]}),
        *({"parts": [[], {"text": None}]}, {"reasoning": {}}, {"reasoning_details": ["x"]}),
    ],
)
def test_what_is_no_message_says_nothing(message):
    assert (said(message), reasoning(message)) == ("", "")
