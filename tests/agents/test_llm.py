from itertools import pairwise, repeat
from pathlib import Path

import httpx
import orjson
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from tenure.agents.context import CLEARED_MARK, CUT_MARK, DROPPED_NOTE, SUMMARY_NOTE
from tenure.agents.contract import Turn
from tenure.agents.llm import SUMMARY_REQUEST, reminder
from tenure.agents.protocols import EMPTY, NOT_RUN
from tenure.agents.rebuilding import Rebuilder
from tenure.agents.spec import AgentSpec
from tenure.errors import ProviderError, TrajectoryError
from tests.agents.endpoint import (
    BASE_URL,
    BRIEF,
    CLOSE,
    MODEL,
    Endpoint,
    answer,
    briefing,
    calls,
    live,
    says,
)

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


# --- clearing and summaries ----------------------------------------------------------------------


def contents(request):
    return [message["content"] for message in request["messages"]]


def test_old_answers_are_cleared_when_the_window_is_full_and_the_exchange_says_of_how_many_turns():
    endpoint = Endpoint([answer(CLOSE, count) for count in [300, 600, 900, 700, 800]])
    heard = ["open", "a" * 400, "b" * 400, "c" * 400, "d"]
    turns = live(endpoint.agent(context="clear", keep_percent=80, **SMALL), heard)
    # with "c" it is some 1,055 tokens; 819 are to stay; clearing "a" and "b" frees some 185 each
    cleared = [BRIEF, "open", None, CLEARED_MARK, None, CLEARED_MARK, None, "c" * 400]
    assert contents(endpoint.requests[3]) == cleared
    assert contents(endpoint.requests[4]) == [*cleared, None, "d"]
    assert turns[3].exchange["cleared"] == 2
    assert "dropped" not in turns[3].exchange
    assert "cleared" not in turns[4].exchange


FILLING = [300, 600, 900, 1_025]
"""What the provider counts: the window of 1,024 tokens is full with the last of these."""
HEARD = ["open", "a", "b", "c", "d"]
NOTES = says("Sold out on Monday.")


def test_before_turns_are_dropped_the_model_summarises_them():
    endpoint = Endpoint(
        [answer(CLOSE, count) for count in FILLING] + [answer(NOTES), answer(CLOSE)]
    )
    turns = live(endpoint.agent(context="summary", **SMALL), HEARD)
    summarising, after = endpoint.requests[4:]
    # 1,024 x 61% less 128 for the summary is 496: "a" and "b" with 300 each go
    request = SUMMARY_REQUEST.format(words=64)
    assert contents(summarising) == [BRIEF, "open", None, "a", None, "b", request]
    assert summarising["messages"][:-1] == endpoint.requests[2]["messages"]
    assert (summarising["tool_choice"], summarising["tools"]) == ("none", after["tools"])
    note = f"{SUMMARY_NOTE}\nSold out on Monday."
    assert contents(after) == [BRIEF, f"open\n\n{note}", None, "c", None, "d"]
    assert turns[4].exchange["dropped"] == 4


def test_a_summary_is_recorded_with_all_that_it_took_and_is_paid_with_its_turn():
    replies = [answer(CLOSE, count) for count in FILLING]
    endpoint = Endpoint([*replies, httpx.Response(503), answer(NOTES, 900), answer(CLOSE, 200)])
    prices = {"input_usd_per_mtok": 1, "output_usd_per_mtok": 100}
    exchange = live(endpoint.agent(context="summary", **SMALL, **prices), HEARD)[4].exchange
    (summary,) = exchange["summaries"]
    assert summary.pop("latency_ms") >= 0
    usage = {
        "input_tokens": 900,
        "cached_tokens": 0,
        "cache_write_tokens": 0,
        "output_tokens": 7,
        "reasoning_tokens": 0,
    }
    assert summary == {
        "text": "Sold out on Monday.",
        "model": "test-model-1",
        "usage": usage,
        "cost_usd": 0.0016,
        "finish": "stop",
        "retries": 1,
        "failures": ["it answered 503 Service Unavailable"],
    }
    assert exchange["usage"] == usage | {"input_tokens": 1_100, "output_tokens": 14}
    assert exchange["cost_usd"] == pytest.approx(0.0016 + 0.0009)
    assert "retries" not in exchange


def test_the_page_on_the_trajectory_knows_all_that_an_exchange_can_say():
    page = (Path(__file__).parents[2] / "docs" / "trajectory.md").read_text(encoding="utf-8")
    described = page.partition("`exchange` of a model's turn:")[2].partition("\n\n|")[2]
    described = described.partition("\n\n")[0]
    replies = [answer(CLOSE, count) for count in FILLING]
    busy = httpx.Response(503)
    endpoint = Endpoint([*replies, busy, answer(NOTES), busy, answer(CLOSE)])
    exchange = live(endpoint.agent(context="summary", **SMALL), HEARD)[4].exchange
    names = exchange.keys() | exchange["summaries"][0].keys() | exchange["usage"].keys()
    for name in (*names, "cleared", "error"):
        assert f"`{name}`" in described


def test_what_a_summary_took_is_no_part_of_the_prompt():
    counts = [*FILLING, 800, 200, 400, 600]
    spoken = [CLOSE, CLOSE, CLOSE, CLOSE, NOTES, CLOSE, CLOSE, CLOSE]
    endpoint = Endpoint(answer(*one) for one in zip(spoken, counts, strict=True))
    live(endpoint.agent(context="summary", **SMALL), [*HEARD, "e", "f"])
    assert len(endpoint.bodies) == 8  # 800 and 200 would have filled the window again


def test_a_summary_of_unknown_tokens_makes_those_of_its_turn_unknown():
    replies = [answer(CLOSE, count) for count in FILLING]
    endpoint = Endpoint([*replies, answer(NOTES) | {"usage": None}, answer(CLOSE)])
    exchange = live(endpoint.agent(context="summary", **SMALL), HEARD)[4].exchange
    assert (exchange["usage"], exchange["cost_usd"]) == (None, None)


def summarised(*replies):
    """Live through a window that is full twice: the first summary is `NOTES`, the next is given."""
    turns = [answer(CLOSE, count) for count in FILLING]
    again = [answer(CLOSE, 500), answer(CLOSE, 1_025)]
    endpoint = Endpoint([*turns, answer(NOTES), *again, *replies])
    turns = live(endpoint.agent(context="summary", **SMALL), [*HEARD, "e", "f"])
    return endpoint, turns[6].exchange


def test_a_new_summary_replaces_the_one_that_the_model_has_just_read_again():
    endpoint, _ = summarised(answer(says("Rain.")), answer(CLOSE))
    assert contents(endpoint.requests[7])[1] == f"open\n\n{SUMMARY_NOTE}\nSold out on Monday."
    assert contents(endpoint.requests[8])[1] == f"open\n\n{SUMMARY_NOTE}\nRain."


@pytest.mark.parametrize("nothing", [says(None), says("  "), CLOSE, says(None, refusal="no")])
def test_with_no_new_summary_the_earlier_one_stays_and_the_turns_go(nothing):
    endpoint, exchange = summarised(answer(nothing), answer(CLOSE))
    assert contents(endpoint.requests[8])[1:] == [
        f"open\n\n{SUMMARY_NOTE}\nSold out on Monday.",
        None,
        "f",
    ]
    assert exchange["summaries"][0]["text"] == ""
    assert exchange["usage"]["output_tokens"] == 14


def test_a_conversation_too_long_to_be_summarised_is_dropped_and_the_record_says_why():
    endpoint, exchange = summarised(TOO_LONG, answer(CLOSE))
    assert "Sold out" in contents(endpoint.requests[8])[1]
    (summary,) = exchange["summaries"]
    assert (summary["text"], "too long" in summary["error"]) == ("", True)
    assert exchange["usage"]["output_tokens"] == 7


def test_a_summary_that_is_too_long_is_recorded_whole_and_shown_cut():
    endpoint, exchange = summarised(answer(says("x" * 5_000)), answer(CLOSE))
    shown = contents(endpoint.requests[8])[1].partition(f"{SUMMARY_NOTE}\n")[2]
    assert len(shown) == 1_024 // 2
    assert shown.endswith(CUT_MARK)
    assert exchange["summaries"][0]["text"] == "x" * 5_000


def test_a_summary_that_cannot_be_had_is_an_outside_failure():
    with pytest.raises(ProviderError, match="401"):
        summarised(httpx.Response(401))


def test_a_prompt_that_proves_too_long_is_summarised_too():
    replies = [answer(CLOSE, 100), answer(CLOSE, 200), TOO_LONG, answer(NOTES), answer(CLOSE)]
    endpoint = Endpoint(replies)
    exchange = live(endpoint.agent(context="summary"), ["open", "a", "b"])[2].exchange
    assert contents(endpoint.requests[4]) == [
        BRIEF,
        f"open\n\n{SUMMARY_NOTE}\nSold out on Monday.",
        None,
        "b",
    ]
    assert exchange["dropped"] == 2


def test_in_json_text_a_summary_is_asked_for_without_schema_and_in_the_users_last_message():
    call = says('{"name":"close_for_today","arguments":{}}')
    replies = [answer(call, 100), answer(call, 200), TOO_LONG, answer(NOTES), answer(call)]
    endpoint = Endpoint(replies)
    live(text_agent(endpoint, context="summary"), ["open", "a", "b"])
    asked = endpoint.requests[3]
    assert "response_format" not in asked
    assert [message["role"] for message in asked["messages"]] == [
        "system",
        "user",
        "assistant",
        "user",
    ]
    assert asked["messages"][-1]["content"].startswith("a\n\n[The turns above")


# --- reminders -----------------------------------------------------------------------------------


def test_every_so_many_observations_the_agent_is_reminded_of_its_job():
    endpoint = Endpoint([answer(CLOSE)] * 5)
    live(endpoint.agent(remind_every=2), ["open", "a", "b", "c", "d" * 80_000])
    reminder = f"\n\n[Remember your job: {BRIEF}]"
    heard = contents(endpoint.requests[4])[1::2]
    assert heard[:4] == ["open", "a", f"b{reminder}", "c"]
    assert heard[4].endswith(CUT_MARK + reminder)


def test_what_reminds_is_the_first_paragraph_of_the_brief():
    assert reminder("You run a stand.\nMake money.\n\nRules:\n- none") == (
        "[Remember your job: You run a stand.\nMake money.]"
    )


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


def rebuilt(turns, observations, *, parallel=False, **options):
    """Return the bodies of all requests that led to recorded turns, rebuilt by who asks nobody."""
    told = briefing()._replace(parallel_calls=parallel)
    rebuilder = Rebuilder(AgentSpec(name=MODEL, base_url=BASE_URL, **options), "", told)
    stored = [Turn(turn.action, orjson.loads(orjson.dumps(turn.exchange))) for turn in turns]
    found = [rebuilder.turn(*each) for each in zip(observations, stored, strict=True)]
    return [request.body for turn in found for request in turn]


def answered(endpoint, replies):
    """Return the bodies of the requests that an endpoint answered, and of refused summaries."""
    return [
        body
        for body, reply in zip(endpoint.bodies, replies, strict=False)
        if reply is not TOO_LONG or b"[The turns above will not be shown" in body
    ]


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


def asked_each_turn(agent, endpoint, observations):
    """Let an agent answer; return its turns, and how many requests each of them took."""
    turns, requests = [], []
    for observation in observations:
        before = len(endpoint.bodies)
        turns += live(agent, [observation])
        requests.append(len(endpoint.bodies) - before)
    return turns, requests


@settings(max_examples=150, deadline=None)
@given(
    lived=st.lists(
        st.tuples(said, st.none() | st.integers(1, 1_500), st.booleans(), st.text(max_size=900)),
        min_size=2,
        max_size=12,
    ),
    options=st.fixed_dictionaries(
        {
            "protocol": st.sampled_from(["tools", "json"]),
            "context": st.sampled_from(["drop", "clear", "summary"]),
            "keep_percent": st.integers(10, 90),
            "remind_every": st.none() | st.integers(1, 3),
            "parallel": st.booleans(),
        }
    ),
    broken_after=st.integers(0, 11),
)
def test_after_a_resume_all_requests_are_the_same_to_the_byte(lived, options, broken_after):
    options = SMALL | options
    replies = []
    for message, count, refused, _ in lived * 4:
        usage = {} if count else {"usage": None}
        replies += [TOO_LONG] * refused + [answer(message, count or 0) | usage]
    observations = [observation for *_, observation in lived]
    first = Endpoint(iter(replies))
    agent = first.agent(**options)
    turns, requests = [], []
    try:
        turns, requests = asked_each_turn(agent, first, observations)
    except ProviderError:  # refused twice in a row, with nothing left to drop
        reject()
    kept = min(broken_after, len(turns) - 1)
    before = sum(requests[:kept])
    second = Endpoint(iter(replies[before:]))
    resumed = second.agent(**options)
    for observation, turn in zip(observations[:kept], turns, strict=False):
        exchange = orjson.loads(orjson.dumps(turn.exchange))
        resumed.recall(observation, Turn(turn.action, exchange))
    live(resumed, observations[kept:])
    assert second.bodies == first.bodies[before:]
    assert rebuilt(turns, observations, **options) == answered(first, replies)


def test_a_resume_knows_of_a_prompt_that_had_proved_too_long():
    observations = ["open", "a", "b", "c"]
    replies = [answer(CLOSE, 100), answer(CLOSE, 200), TOO_LONG, answer(CLOSE), answer(CLOSE)]
    endpoint = Endpoint(replies)
    turns = live(endpoint.agent(), observations)
    assert recalled(turns[:3], observations) == endpoint.bodies[4]


def test_a_resume_shows_the_later_of_two_summaries_before_one_answer():
    counted = [answer(CLOSE, count) for count in FILLING]
    twice = [answer(NOTES), TOO_LONG, answer(says("Rain.")), answer(CLOSE, 300)]
    endpoint = Endpoint([*counted, *twice, answer(CLOSE)])
    turns = live(endpoint.agent(context="summary", **SMALL), [*HEARD, "e"])
    assert [one["text"] for one in turns[4].exchange["summaries"]] == [NOTES["content"], "Rain."]
    assert contents(endpoint.requests[8])[1] == f"open\n\n{SUMMARY_NOTE}\nRain."
    options = SMALL | {"context": "summary"}
    assert recalled(turns[:5], [*HEARD, "e"], **options) == endpoint.bodies[8]


def test_recalling_asks_nobody():
    endpoint = Endpoint([])
    turn = Turn("", {"message": CLOSE, "usage": None})
    endpoint.agent().recall("open", turn)
    assert endpoint.bodies == []


def test_a_turn_without_exchange_cannot_be_recalled():
    with pytest.raises(TrajectoryError, match="without exchange"):
        Endpoint([]).agent().recall("open", Turn("{}"))


# --- growth ------------------------------------------------------------------------------------


POLICIES = ["drop", "clear", "summary"]


@pytest.mark.parametrize("context", POLICIES)
def test_what_a_turn_sends_does_not_grow_with_the_episode(context):
    turns = 1_500
    endpoint = Endpoint(repeat(answer(CLOSE | {"content": "On we go."}) | {"usage": None}))
    agent = endpoint.agent(context=context, remind_every=7, **SMALL)
    live(agent, [f"turn {n} " + "x" * 100 for n in range(turns)])
    sizes = [len(body) for body in endpoint.bodies]
    assert max(sizes[-300:]) <= max(sizes[:300]) + 100
    assert len(sizes) < turns * 1.2


@pytest.mark.parametrize("context", POLICIES)
def test_between_trims_a_request_begins_with_the_one_before(context):
    turns = 200
    endpoint = Endpoint(repeat(answer(says('{"name":"x"}')) | {"usage": None}))
    agent = text_agent(endpoint, context=context, remind_every=5, **SMALL)
    live(agent, [f"turn {n} " + "x" * 100 for n in range(turns)])
    own = [request for request in endpoint.requests if "response_format" in request]
    trims = 0
    for before, after in pairwise(own):
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
