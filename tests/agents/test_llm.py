import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.agents.context import CUT_MARK, DROPPED_NOTE
from tenure.agents.contract import Turn
from tenure.agents.protocols import EMPTY, NOT_RUN
from tenure.errors import ProviderError, TrajectoryError
from tests.agents.endpoint import BRIEF, CLOSE, Endpoint, answer, calls, live, says

TOO_LONG = httpx.Response(400, json={"error": {"code": "context_length_exceeded"}})
SMALL = {"window_tokens": 1_024, "max_output_tokens": 16}


def text_agent(endpoint, **options):
    return endpoint.agent(protocol="json", **options)


def test_the_first_request_holds_the_brief_and_the_opening():
    endpoint = Endpoint([answer(CLOSE)])
    live(endpoint.agent(), ["The stand opens."])
    assert endpoint.requests[0]["messages"] == [
        {"role": "system", "content": BRIEF},
        {"role": "user", "content": "The stand opens."},
    ]
    assert [tool["function"]["name"] for tool in endpoint.requests[0]["tools"]] == [
        "make_pitchers",
        "close_for_today",
    ]


def test_a_call_is_answered_with_what_it_led_to():
    endpoint = Endpoint([answer(CLOSE), answer(CLOSE)])
    turns = live(endpoint.agent(), ["The stand opens.", "Sold 3 cups."])
    assert turns[0].action == '{"name":"close_for_today","arguments":{}}'
    assert endpoint.requests[1]["messages"][2:] == [
        {"role": "assistant", "content": None, "tool_calls": CLOSE["tool_calls"]},
        {"role": "tool", "tool_call_id": "id-0", "content": "Sold 3 cups."},
    ]


def test_several_calls_are_all_recorded_and_all_answered():
    both = calls(("make_pitchers", '{"count":1}'), ("close_for_today", "{}"))
    endpoint = Endpoint([answer(both), answer(CLOSE)])
    turns = live(endpoint.agent(), ["The stand opens.", "4 cups are ready."])
    assert turns[0].action == '{"name":"make_pitchers","arguments":{"count":1}}'
    assert turns[0].exchange["message"]["tool_calls"] == both["tool_calls"]
    assert [message["content"] for message in endpoint.requests[1]["messages"][3:]] == [
        "4 cups are ready.",
        NOT_RUN,
    ]


def test_silence_is_a_step_and_stands_in_the_conversation():
    endpoint = Endpoint([answer(says(None)), answer(CLOSE)])
    turns = live(endpoint.agent(), ["The stand opens.", "Error: No tool was called."])
    assert turns[0].action == ""
    assert endpoint.requests[1]["messages"][2:] == [
        {"role": "assistant", "content": EMPTY},
        {"role": "user", "content": "Error: No tool was called."},
    ]


def test_the_exchange_holds_only_what_is_new():
    usage = {
        "prompt_tokens": 1_000,
        "completion_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 900},
    }
    endpoint = Endpoint([httpx.Response(503), answer(CLOSE) | {"usage": usage}])
    exchange = live(endpoint.agent(input_usd_per_mtok=1, output_usd_per_mtok=5), ["Open."])[0][1]
    assert exchange.pop("latency_ms") >= 0
    assert exchange == {
        "message": {"role": "assistant", "tool_calls": CLOSE["tool_calls"]},
        "model": "test-model-1",
        "usage": {
            "input_tokens": 1_000,
            "cached_tokens": 900,
            "cache_write_tokens": 0,
            "output_tokens": 20,
            "reasoning_tokens": 0,
        },
        "cost_usd": 0.0011,
        "finish": "stop",
        "retries": 1,
        "failures": ["it answered 503 Service Unavailable"],
    }


def test_an_overlong_observation_is_cut_where_the_model_can_see_it():
    endpoint = Endpoint([answer(CLOSE)])
    live(endpoint.agent(**SMALL), ["x" * 5_000])
    shown = endpoint.requests[0]["messages"][1]["content"]
    assert len(shown) == 1_024
    assert shown.endswith(CUT_MARK)


def test_old_turns_go_when_the_window_is_full_and_the_exchange_says_how_many_messages():
    counts = [300, 600, 900, 1_025, 700]
    endpoint = Endpoint([answer(CLOSE, count) for count in counts])
    turns = live(endpoint.agent(**SMALL), ["open", "a", "b", "c", "d"])
    # the turn that led to "d" is estimated small, so some 1,025 tokens are to become 624 or fewer:
    # the turns that led to "a" and "b" have 300 each
    assert turns[4].exchange["dropped"] == 4
    assert "dropped" not in turns[3].exchange
    contents = [message["content"] for message in endpoint.requests[4]["messages"]]
    assert contents == [BRIEF, f"open\n\n{DROPPED_NOTE}", None, "c", None, "d"]


def test_a_prompt_that_proves_too_long_is_trimmed_once_more():
    endpoint = Endpoint([answer(CLOSE, 100), answer(CLOSE, 200), TOO_LONG, answer(CLOSE, 150)])
    turns = live(endpoint.agent(), ["open", "a", "b"])
    assert turns[2].exchange["dropped"] == 2
    assert len(endpoint.requests[3]["messages"]) == len(endpoint.requests[2]["messages"]) - 2


def test_a_prompt_that_stays_too_long_is_an_error():
    endpoint = Endpoint([answer(CLOSE, 100), answer(CLOSE, 200), TOO_LONG, TOO_LONG])
    with pytest.raises(ProviderError, match="too long"):
        live(endpoint.agent(), ["open", "a", "b"])


def test_a_brief_that_is_too_long_is_an_error():
    with pytest.raises(ProviderError, match="too long"):
        live(Endpoint([TOO_LONG]).agent(), ["open"])


# --- recall ------------------------------------------------------------------------------------


def recalled(turns, observations, **options):
    """Return the body of the request that follows recorded turns, made by a new agent."""
    endpoint = Endpoint([answer(CLOSE)])
    agent = endpoint.agent(**options)
    for observation, turn in zip(observations, turns, strict=False):
        stored = orjson.loads(orjson.dumps(turn.exchange))
        agent.recall(observation, Turn(turn.action, stored))
    live(agent, [observations[len(turns)]])
    return endpoint.bodies[0]


def nested(levels):
    return [nested(levels - 1)] if levels else []


said = st.sampled_from(
    [
        says("hm", reasoning_details=nested(300)),
        says(None, tool_calls=[{"function": {"name": "x", "arguments": {"a": nested(300)}}}]),
        calls(("close_for_today", "{}")) | {"reasoning_details": [{"n": nested(98), "x": 0.1}]},
        CLOSE,
        says("thinking aloud"),
        says(None),
        says(None, refusal="no"),
        calls(("make_pitchers", '{"count": 2'), ("x y", "")),
        calls(("close_for_today", ""), text="so be it"),
        says(None, tool_calls=[{"function": {"name": "close_for_today", "arguments": "{}"}}]),
    ]
)


@settings(max_examples=40, deadline=None)
@given(
    lived=st.lists(
        st.tuples(said, st.integers(1, 1_500), st.text(max_size=900)), min_size=2, max_size=12
    ),
    protocol=st.sampled_from(["tools", "json"]),
    broken_after=st.integers(1, 11),
)
def test_after_a_resume_the_next_request_is_the_same_to_the_byte(lived, protocol, broken_after):
    options = SMALL | {"protocol": protocol}
    endpoint = Endpoint([answer(message, count) for message, count, _ in lived])
    observations = [observation for *_, observation in lived]
    turns = live(endpoint.agent(**options), observations)
    kept = min(broken_after, len(turns) - 1)
    assert recalled(turns[:kept], observations, **options) == endpoint.bodies[kept]


def test_a_resume_knows_of_a_prompt_that_had_proved_too_long():
    observations = ["open", "a", "b", "c"]
    replies = [answer(CLOSE, 100), answer(CLOSE, 200), TOO_LONG, answer(CLOSE), answer(CLOSE)]
    endpoint = Endpoint(replies)
    turns = live(endpoint.agent(), observations)
    assert recalled(turns[:3], observations) == endpoint.bodies[4]


def test_recalling_asks_nobody():
    endpoint = Endpoint([])
    turn = Turn("", {"message": CLOSE, "usage": None})
    endpoint.agent().recall("open", turn)
    assert endpoint.bodies == []


def test_a_turn_without_exchange_cannot_be_recalled():
    with pytest.raises(TrajectoryError, match="without exchange"):
        Endpoint([]).agent().recall("open", Turn("{}"))


# --- growth ------------------------------------------------------------------------------------


def test_what_a_turn_sends_does_not_grow_with_the_episode():
    turns = 1_500
    endpoint = Endpoint(answer(CLOSE) | {"usage": None} for _ in range(turns))
    live(endpoint.agent(**SMALL), [f"turn {n} " + "x" * 100 for n in range(turns)])
    sizes = [len(body) for body in endpoint.bodies]
    assert max(sizes[-300:]) <= max(sizes[:300]) + 100


def test_between_trims_a_request_begins_with_the_one_before():
    turns = 200
    endpoint = Endpoint(answer(says('{"name":"x"}')) | {"usage": None} for _ in range(turns))
    live(text_agent(endpoint, **SMALL), [f"turn {n} " + "x" * 100 for n in range(turns)])
    trims = 0
    for before, after in zip(endpoint.requests, endpoint.requests[1:], strict=False):
        prefix = before["messages"]
        trims += after["messages"][: len(prefix)] != prefix
    assert trims < turns / 5


def test_where_calls_may_be_parallel_each_is_a_turn_and_the_model_hears_of_all_at_once():
    both = calls(("make_pitchers", '{"count":1}'), ("close_for_today", "{}"))
    observations = ["The stand opens.", "4 cups are ready.", "Day 2."]
    endpoint = Endpoint([answer(both), answer(CLOSE)])
    turns = live(endpoint.agent(parallel=True), observations)
    assert [turn.action for turn in turns] == [
        '{"name":"make_pitchers","arguments":{"count":1}}',
        '{"name":"close_for_today","arguments":{}}',
        '{"name":"close_for_today","arguments":{}}',
    ]
    assert [turn.exchange is not None for turn in turns] == [True, False, True]
    heard = endpoint.requests[1]["messages"][3:]
    assert [message["content"] for message in heard] == ["4 cups are ready.", "Day 2."]


@pytest.mark.parametrize("recorded", [1, 2])
def test_parallel_calls_are_lived_through_again_without_asking(recorded):
    both = calls(("make_pitchers", '{"count":1}'), ("close_for_today", "{}"))
    observations = ["The stand opens.", "4 cups are ready.", "Day 2."]
    first = Endpoint([answer(both), answer(CLOSE)])
    turns = live(first.agent(parallel=True), observations)
    second = Endpoint([answer(CLOSE)])
    agent = second.agent(parallel=True)
    for observation, turn in list(zip(observations, turns, strict=True))[:recorded]:
        agent.recall(observation, turn)
    assert live(agent, observations[recorded:])[-1].action == turns[2].action
    assert second.bodies == first.bodies[1:]
