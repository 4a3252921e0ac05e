import asyncio
import logging
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import orjson
import pytest

from tenure.agents.providers import ContextTooLong, Usage
from tenure.agents.spec import AgentSpec
from tenure.errors import ProviderError
from tests.agents.endpoint import MODEL, Endpoint, answer, says

OK = answer(says("hello"))
KEY = "sk-very-secret-0123456789"
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def error(status, message="no", *, headers=None, **fields):
    body = {"error": {"message": message, **fields}}
    return httpx.Response(status, json=body, headers=headers)


def ask(endpoint, *, key="", **options):
    async def once():
        provider = endpoint.provider(AgentSpec(name=MODEL, **options), key)
        try:
            return await provider.complete([{"role": "user", "content": "hi"}], {"tools": []})
        finally:
            await provider.close()

    return asyncio.run(once())


def test_a_request_says_what_the_spec_says_and_nothing_that_it_leaves_open():
    endpoint = Endpoint([OK, OK])
    ask(endpoint)
    ask(endpoint, request_seed=5, temperature=0.5, max_output_tokens=99)
    assert endpoint.requests == [
        {
            "model": "test-model",
            "max_tokens": 8_192,
            "messages": [{"role": "user", "content": "hi"}],
            "tools": [],
        },
        {
            "model": "test-model",
            "max_tokens": 99,
            "temperature": 0.5,
            "seed": 5,
            "messages": [{"role": "user", "content": "hi"}],
            "tools": [],
        },
    ]


def test_a_key_is_sent_and_no_key_is_not():
    endpoint = Endpoint([OK, OK])
    ask(endpoint, key=KEY)
    ask(endpoint)
    assert endpoint.headers[0]["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in endpoint.headers[1]


# --- usage and cost ----------------------------------------------------------------------------


def test_usage_is_what_the_provider_counted():
    stated = {
        "prompt_tokens": 1_000,
        "completion_tokens": 200,
        "prompt_tokens_details": {"cached_tokens": 800, "cache_write_tokens": 90},
        "completion_tokens_details": {"reasoning_tokens": 150},
    }
    reply = ask(Endpoint([OK | {"usage": stated}]))
    assert reply.usage == Usage(
        input_tokens=1_000,
        cached_tokens=800,
        cache_write_tokens=90,
        output_tokens=200,
        reasoning_tokens=150,
    )


@pytest.mark.parametrize("stated", [None, {}, {"prompt_tokens": None}, [], "many"])
def test_usage_and_cost_that_are_not_stated_are_unknown(stated):
    prices = {"input_usd_per_mtok": 1, "output_usd_per_mtok": 1}
    reply = ask(Endpoint([OK | {"usage": stated}]), **prices)
    assert reply.usage is None
    assert reply.cost_usd is None


def test_cost_follows_from_the_prices():
    usage = {
        "prompt_tokens": 1_000_000,
        "completion_tokens": 100_000,
        "prompt_tokens_details": {"cached_tokens": 600_000},
        "cost": 99,
    }
    prices = {"input_usd_per_mtok": 2, "output_usd_per_mtok": 10}
    # 1,000,000 at $2 + 100,000 at $10; then 600,000 of the input at $0.20
    assert ask(Endpoint([OK | {"usage": usage}]), **prices).cost_usd == 3.0
    cheaper = prices | {"cached_usd_per_mtok": 0.2}
    assert ask(Endpoint([OK | {"usage": usage}]), **cheaper).cost_usd == pytest.approx(1.92)
    # and 100,000 of it, written to the cache, at $3
    usage["prompt_tokens_details"]["cache_write_tokens"] = 100_000
    dearer = cheaper | {"cache_write_usd_per_mtok": 3}
    assert ask(Endpoint([OK | {"usage": usage}]), **dearer).cost_usd == pytest.approx(2.02)


def test_a_price_from_the_list_gives_way_to_what_the_provider_says():
    usage = {"prompt_tokens": 1_000_000, "completion_tokens": 0}
    prices = {"input_usd_per_mtok": 2, "output_usd_per_mtok": 10, "price_source": "a page"}
    assert ask(Endpoint([OK | {"usage": usage}]), **prices).cost_usd == 2.0
    assert ask(Endpoint([OK | {"usage": usage | {"cost": 0.25}}]), **prices).cost_usd == 0.25


def test_without_prices_the_providers_own_figure_counts_and_without_it_cost_is_unknown():
    usage = {"prompt_tokens": 10, "completion_tokens": 1}
    assert ask(Endpoint([OK | {"usage": usage | {"cost": 0.25}}])).cost_usd == 0.25
    assert ask(Endpoint([OK | {"usage": usage}])).cost_usd is None
    assert ask(Endpoint([OK | {"usage": usage}]), input_usd_per_mtok=1).cost_usd is None


@pytest.mark.parametrize("wrong", [-5, True, 2**53 + 1, 1.5, "5"])
@pytest.mark.parametrize(
    "place",
    [
        ("prompt_tokens",),
        ("completion_tokens",),
        ("prompt_tokens_details", "cached_tokens"),
        ("completion_tokens_details", "reasoning_tokens"),
    ],
)
def test_a_count_that_cannot_be_one_makes_the_usage_unknown(place, wrong):
    stated = {"prompt_tokens": 10, "completion_tokens": 1}
    stated |= {place[0]: wrong if len(place) == 1 else {place[1]: wrong}}
    reply = ask(Endpoint([OK | {"usage": stated}]), input_usd_per_mtok=1, output_usd_per_mtok=1)
    assert (reply.usage, reply.cost_usd) == (None, None)


def test_the_largest_count_is_two_to_the_53rd():
    usage = {"prompt_tokens": 2**53, "completion_tokens": 0}
    assert ask(Endpoint([OK | {"usage": usage}])).usage["input_tokens"] == 2**53


@pytest.mark.parametrize("wrong", [b"-3", b"-1e-9", b"true", b"1e999", b"NaN", b'"2"', b"[1]"])
def test_a_cost_that_cannot_be_one_is_unknown(wrong):
    body = orjson.dumps(OK | {"usage": {"prompt_tokens": 1, "completion_tokens": 1, "cost": 77}})
    reply = ask(Endpoint([httpx.Response(200, content=body.replace(b"77", wrong))]))
    assert reply.cost_usd is None
    assert reply.usage is not None


def test_more_cached_than_read_tokens_never_make_a_negative_price():
    usage = {
        "prompt_tokens": 1_000_000,
        "completion_tokens": 0,
        "prompt_tokens_details": {"cached_tokens": 5_000_000},
    }
    prices = {"input_usd_per_mtok": 2, "cached_usd_per_mtok": 0.5, "output_usd_per_mtok": 10}
    assert ask(Endpoint([OK | {"usage": usage}]), **prices).cost_usd == 0.5


# --- what passes and what does not -------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_failures_that_may_pass_are_repeated(status):
    endpoint = Endpoint([error(status), error(status), OK])
    reply = ask(endpoint)
    assert reply.message["content"] == "hello"
    assert reply.retries == 2


def test_each_pause_is_about_twice_the_one_before():
    endpoint = Endpoint([error(500)] * 8 + [OK])
    ask(endpoint)
    for pause, least in zip(endpoint.pauses, [1, 2, 4, 8, 16, 32, 60, 60], strict=True):
        assert least <= pause <= min(least + 1, 60)


def test_a_provider_may_say_in_seconds_how_long_to_wait():
    endpoint = Endpoint([error(429, headers={"Retry-After": "17"}), OK])
    ask(endpoint)
    assert endpoint.pauses == [17]


@pytest.mark.parametrize(("seconds", "pause"), [(90, 90), (-90, 0)])
def test_a_provider_may_say_until_when_to_wait(seconds, pause):
    dates = {
        "Date": format_datetime(NOON, usegmt=True),
        "Retry-After": format_datetime(NOON + timedelta(seconds=seconds), usegmt=True),
    }
    endpoint = Endpoint([error(503, headers=dates), OK])
    ask(endpoint)
    assert endpoint.pauses == [pause]


def test_a_wish_that_is_neither_is_ignored():
    endpoint = Endpoint([error(429, headers={"Retry-After": "soon"}), OK])
    ask(endpoint)
    assert 1 <= endpoint.pauses[0] <= 2


def test_a_provider_that_asks_to_wait_for_hours_has_failed():
    with pytest.raises(ProviderError, match="asks to wait 7,200 s"):
        ask(Endpoint([error(429, headers={"Retry-After": "7200"})]))


def test_retries_are_bounded_and_the_error_says_why_and_what_next():
    endpoint = Endpoint([error(500, "the engine is on fire")] * 9)
    with pytest.raises(ProviderError, match=r"failed 3 times.*on fire.*resume"):
        ask(endpoint, max_retries=2)
    assert len(endpoint.bodies) == 3


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (301, "moved"),
        (400, "options"),
        (401, "TEST_API_KEY"),
        (402, "credit"),
        (403, "may use this model"),
        (404, "base URL"),
        (422, "422 no"),
    ],
)
def test_failures_that_will_not_pass_fail_at_once_and_say_what_to_do(status, hint):
    endpoint = Endpoint([error(status)])
    with pytest.raises(ProviderError, match=hint):
        ask(endpoint, key_variable="TEST_API_KEY")
    assert len(endpoint.bodies) == 1


def test_an_empty_account_is_not_a_rate_limit():
    with pytest.raises(ProviderError, match="credit"):
        ask(Endpoint([error(429, "You exceeded your quota", code="insufficient_quota")]))


@pytest.mark.parametrize(
    "passing",
    [
        httpx.Response(200, html="<html>Sign in to the hotel</html>"),
        httpx.Response(200, content=b'{"choices": [{"mess'),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"choices": []}),
        httpx.Response(200, json={"choices": None}),
        httpx.Response(200, json={"choices": [{"message": None}]}),
        httpx.Response(200, json={"error": {"message": "overloaded", "code": 503}}),
        httpx.Response(200, json={"error": {"message": "overloaded", "code": "503"}}),
        httpx.Response(200, json={"error": {"message": "slow down", "code": 1302}}),
        httpx.Response(200, json={"error": "overloaded"}),
        httpx.Response(200, content=b"[" * 5_000 + b"]" * 5_000),
        httpx.Response(502, html="<html>Bad gateway</html>"),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("hung up"),
    ],
)
def test_broken_answers_are_repeated(passing):
    endpoint = Endpoint([passing, OK])
    assert ask(endpoint).retries == 1


def broken_off(**fields):
    choice = {"finish_reason": "error", "message": {"role": "assistant", "content": ""}}
    return {"choices": [choice | fields]}


@pytest.mark.parametrize(
    "broken",
    [
        broken_off(error={"code": 502, "message": "Provider disconnected"}),
        broken_off(error={"code": 429}, message={"content": "half an ans"}, finish_reason="stop"),
        broken_off(error="upstream failed"),
        broken_off(native_finish_reason="error"),
        OK | {"error": {"code": 502, "message": "bad gateway"}},
        OK | {"error": "bad gateway"},
    ],
)
def test_a_provider_that_fails_within_an_answer_is_asked_again(broken):
    endpoint = Endpoint([broken, OK])
    reply = ask(endpoint)
    assert (reply.message["content"], reply.retries) == ("hello", 1)


@pytest.mark.parametrize(
    "hopeless",
    [broken_off(error={"code": 402, "message": "no money"}), OK | {"error": {"code": 402}}],
)
def test_a_hopeless_error_within_an_answer_fails_at_once(hopeless):
    with pytest.raises(ProviderError, match="credit"):
        ask(Endpoint([hopeless]))


@pytest.mark.parametrize("empty", [None, "", {}, {"code": None, "message": None}])
def test_an_error_that_says_nothing_is_none(empty):
    assert ask(Endpoint([OK | {"error": empty}])).message["content"] == "hello"


def test_a_tool_call_that_the_model_itself_broke_is_its_own_answer():
    broken = broken_off(native_finish_reason="MALFORMED_FUNCTION_CALL")
    reply = ask(Endpoint([broken]))
    assert (reply.finish, reply.stop) == ("malformed", "error")
    assert reply.message == {"role": "assistant"}


def test_an_error_with_status_200_that_never_passes_is_an_error():
    refusal = httpx.Response(200, json={"error": {"message": "no such model"}})
    with pytest.raises(ProviderError, match=r"failed 2 times.*no such model"):
        ask(Endpoint([refusal, refusal]), max_retries=1)


def test_a_code_that_is_no_http_status_leaves_the_responses_own():
    with pytest.raises(ProviderError, match="answered 400 no"):
        ask(Endpoint([error(400, code=1211)]))


@pytest.mark.parametrize(
    "refusal",
    [
        error(400, "too long", code="context_length_exceeded"),
        error(400, "exceeds", code=400, type="exceed_context_size_error"),
        error(400, "This model's maximum context length is 4096 tokens."),
    ],
)
def test_a_prompt_that_is_too_long_is_told_apart(refusal):
    with pytest.raises(ContextTooLong):
        ask(Endpoint([refusal]))


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_not_a_prompt_that_is_too_long(status):
    refusal = error(status, "This key's plan has a smaller context window", code=400)
    with pytest.raises(ProviderError) as failure:
        ask(Endpoint([refusal]))
    assert not isinstance(failure.value, ContextTooLong)


@pytest.mark.parametrize("status", [413, 422])
def test_other_statuses_for_a_prompt_that_is_too_long(status):
    with pytest.raises(ContextTooLong):
        ask(Endpoint([error(status, "prompt is too long")]))


DEEP = b"[" * 300 + b"]" * 300


@pytest.mark.parametrize(
    "body", [b'{"error": {"code": 1%s}}' % (b"0" * 30), b'{"error": {"message": %s}}' % DEEP]
)
def test_errors_that_json_cannot_hold_are_still_errors(body):
    with pytest.raises(ProviderError, match="answered 400"):
        ask(Endpoint([httpx.Response(400, content=body)]))


@pytest.mark.parametrize(
    "body", [b"", b"null", b'"why"', b'{"error": "why"}', b'{"error": {"code": {}}}', b"\xff"]
)
def test_errors_come_in_many_shapes(body):
    with pytest.raises(ProviderError, match="answered 400"):
        ask(Endpoint([httpx.Response(400, content=body)]))


# --- answers -----------------------------------------------------------------------------------


def test_a_message_comes_without_its_empty_fields():
    message = says(None, refusal=None, tool_calls=[], annotations=[], reasoning="hm")
    reply = ask(Endpoint([answer(message)]))
    assert reply.message == {"role": "assistant", "reasoning": "hm"}
    assert (reply.model, reply.finish) == ("test-model-1", "stop")


def test_a_content_filter_in_place_of_an_answer_is_an_answer():
    reply = ask(Endpoint([error(400, "filtered", code="content_filter")]))
    assert reply.finish == "content_filter"
    assert "filter" in reply.message["refusal"]


def test_a_content_filter_that_fails_is_no_answer():
    endpoint = Endpoint([error(500, "filter is down", code="content_filter"), OK])
    assert ask(endpoint).message["content"] == "hello"


def test_a_model_cut_off_within_a_character_is_read_all_the_same():
    body = orjson.dumps(OK).replace(b"hello", rb"half \ud83d")
    assert ask(Endpoint([httpx.Response(200, content=body)])).message["content"] == "half ?"


# --- secrets -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "leak",
    [
        error(401, f"Incorrect API key provided: {KEY}"),
        error(400, f"bad header Bearer {KEY}"),
        httpx.Response(404, text=f"no {KEY}"),
        httpx.ConnectError(f"cannot send {KEY}"),
        error(500, KEY),
    ],
)
def test_no_error_and_no_log_shows_the_key(leak, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ProviderError) as failure:
        ask(Endpoint([leak] * 2), key=KEY, max_retries=1)
    assert KEY not in "".join(traceback.format_exception(failure.value))
    assert KEY not in caplog.text


ESCAPED = KEY.replace("-", r"\u002d")


@pytest.mark.parametrize("spelled", [KEY, ESCAPED, ESCAPED.replace("\\", "\\\\")])
def test_no_answer_shows_the_key_however_it_is_spelled(spelled):
    body = orjson.dumps(answer(says("my key is @"))).replace(b"@", spelled.encode())
    reply = ask(Endpoint([httpx.Response(200, content=body)]), key=KEY)
    assert reply.message["content"] == "my key is [key]"


@pytest.mark.parametrize(
    "leak",
    [
        httpx.Response(401, content=b'{"error": {"message": "%s"}}' % ESCAPED.encode()),
        error(401, "x" * 480 + KEY),
        httpx.Response(404, text="", extensions={"reason_phrase": KEY.encode()}),
        httpx.Response(200, text="", headers={"Content-Type": KEY}),
    ],
)
def test_no_error_shows_a_part_of_the_key(leak):
    with pytest.raises(ProviderError) as failure:
        ask(Endpoint([leak]), key=KEY, max_retries=0)
    assert KEY[:12] not in str(failure.value)
    assert ESCAPED not in str(failure.value)


def test_a_placeholder_for_a_key_is_not_taken_for_a_secret():
    reply = ask(Endpoint([answer(says("the machine is EMPTY"))]), key="EMPTY")
    assert reply.message["content"] == "the machine is EMPTY"
