"""The provider against a real socket that misbehaves, in every API."""

import asyncio
import logging
import time
import traceback

import orjson
import pytest

from tenure.agents.network import Network
from tenure.agents.providers import ContextTooLong, connect
from tenure.agents.spec import AgentSpec
from tenure.errors import ProviderError
from tests.agents.apis import APIS, Said
from tests.agents.endpoint import Hasty, half_close, hang_up, response, slow, socket_server

KEY = "sk-very-secret-0123456789"
EVERY_API = pytest.mark.parametrize("api", list(APIS.values()), ids=list(APIS))
HTML = response(body=b"<html>hotel</html>", kind="text/html")
ERROR_500 = response(500, b'{"error": {"message": "on fire"}}')


def ask(api, *script, key="", **options):
    """Return the reply to one request that meets the behaviours in turn, and the pauses made."""
    clock = Hasty()

    async def once():
        async with (
            socket_server(script) as base_url,
            Network(trust_env=False, clock=clock) as network,
        ):
            spec = AgentSpec(name="openai/m", api=api.name, **options)
            provider = connect(spec, base_url, key, network=network)
            words = provider.speak("text", None)
            reply = await provider.complete([words.system("brief"), words.user("hi")], {})
            return reply, words.text(reply.message)

    reply, text = asyncio.run(once())
    return reply, text, clock.pauses


def good(api, text="hello"):
    return response(body=orjson.dumps(api.answer(Said(text))))


def error(status, content, extra=""):
    return response(status, orjson.dumps(content), extra=extra)


RATE_LIMITS = {
    "chat": {"error": {"message": "slow down", "code": "rate_limit_exceeded"}},
    "responses": {"error": {"message": "slow down", "code": "rate_limit_exceeded"}},
    "messages": {
        "type": "error",
        "error": {"type": "rate_limit_error", "message": "slow down"},
    },
    "gemini": {"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}},
}
HALF = {name: orjson.dumps(api.answer(Said("half")))[:60] for name, api in APIS.items()}


@EVERY_API
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (response(429, b"{}"), "429"),
        (ERROR_500, "it answered 500 on fire"),
        (response(503, b"busy", kind="text/plain"), "503"),
        (response(529, b'{"error": {"type": "overloaded_error"}}'), "529"),
        ("cut off", "the connection failed"),
        ("half", "application/json that is not whole JSON"),
        (hang_up, "the connection failed"),
        (half_close, "the connection failed"),
        (HTML, "it sent text/html that is not whole JSON"),
        (response(body=b"{}"), "its answer"),
        (response(body=b"[]"), "not a JSON object"),
        (response(extra="Content-Encoding: gzip\r\n", body=b"not gzip"), "damaged compressed"),
    ],
    ids=[
        *("429", "500", "503 in plain text", "529", "cut off", "half JSON", "hung up"),
        *("half closed", "HTML", "nothing in it", "a list", "bad gzip"),
    ],
)
def test_a_fault_is_outlived_and_the_record_says_what_it_was(api, fault, told):
    if fault == "cut off":
        fault = response(body=HALF[api.name], missing_bytes=400)
    elif fault == "half":
        fault = response(body=HALF[api.name])
    reply, text, pauses = ask(api, fault, good(api), max_retries=1)
    assert text == "hello"
    assert reply.retries == len(pauses) == 1
    assert told in reply.failures[0]


@EVERY_API
def test_several_faults_in_a_row_are_outlived(api):
    reply, text, _ = ask(api, hang_up, ERROR_500, HTML, response(429), good(api))
    assert (text, reply.retries) == ("hello", 4)
    assert reply.usage["input_tokens"] == 1_000, "only the answer is counted"


@EVERY_API
@pytest.mark.parametrize("status", [429, 503])
def test_a_wish_to_wait_is_honoured(api, status):
    limited = error(status, RATE_LIMITS[api.name], "Retry-After: 3\r\n")
    assert ask(api, limited, good(api))[2] == [3]


@EVERY_API
def test_a_rate_limit_without_a_wish_is_waited_for_as_long_as_we_choose(api):
    _, _, [pause] = ask(api, error(429, RATE_LIMITS[api.name]), good(api))
    assert 1 <= pause <= 2


def test_gemini_says_in_the_body_how_long_to_wait():
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17.5s"}
    limit = {"error": {**RATE_LIMITS["gemini"]["error"], "details": [{"@type": "x"}, info]}}
    assert ask(APIS["gemini"], error(429, limit), good(APIS["gemini"]))[2] == [17.5]
    assert ask(APIS["gemini"], error(429, [limit]), good(APIS["gemini"]))[2] == [17.5]
    info["retryDelay"] = "infs"
    assert ask(APIS["gemini"], error(429, limit), good(APIS["gemini"]))[2][0] <= 2


def test_a_response_that_failed_with_status_200_is_asked_for_again():
    api = APIS["responses"]
    failed = api.answer(Said("")) | {
        "status": "failed",
        "error": {"code": "server_error", "message": "oops"},
    }
    reply, text, _ = ask(api, error(200, failed), good(api))
    assert (text, reply.failures) == ("hello", ("it answered 500 oops",))
    unfinished = api.answer(Said("")) | {"status": "in_progress"}
    assert "is not finished" in ask(api, error(200, unfinished), good(api))[0].failures[0]


def test_an_answer_that_geminis_account_limits_cut_off_is_nobodys_step():
    api = APIS["gemini"]
    answer = api.answer(Said("half"))
    answer["candidates"][0]["finishReason"] = "PUP_LIMITED_DISABLED"
    with pytest.raises(ProviderError, match="403 the account is limited"):
        ask(api, error(200, answer))


@EVERY_API
def test_an_endpoint_that_keeps_sending_the_same_nonsense_is_given_up_early(api):
    with pytest.raises(ProviderError, match=r"failed 4 times.*text/html"):
        ask(api, *[HTML] * 9)


@EVERY_API
def test_errors_that_stay_the_same_are_not_repeated_for_ever(api):
    with pytest.raises(ProviderError, match=r"failed 3 times.*on fire"):
        ask(api, *[ERROR_500] * 9, max_retries=2)


FILTERS = {
    "chat": error(400, {"error": {"message": "filtered", "code": "content_filter"}}),
    "responses": error(400, {"error": {"message": "flagged", "code": "invalid_prompt"}}),
    "messages": error(
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "Output blocked by content filtering policy",
            },
        },
    ),
    "gemini": error(200, {"promptFeedback": {"blockReason": "SAFETY"}, "modelVersion": "m"}),
}


@EVERY_API
def test_a_content_filter_in_place_of_an_answer_is_a_step_of_its_own_kind(api):
    reply, _, pauses = ask(api, FILTERS[api.name])
    assert (reply.finish, reply.usage, reply.cost_usd, pauses) == ("content_filter", None, None, [])


TOO_LONG = {
    "chat": {"error": {"message": "too long", "code": "context_length_exceeded"}},
    "responses": {"error": {"message": "Your input exceeds the context window of this model"}},
    "messages": {
        "type": "error",
        "error": {
            "type": "invalid_request_error",
            "message": "prompt is too long: 250000 tokens > 200000 maximum",
        },
    },
    "gemini": {
        "error": {
            "code": 400,
            "status": "INVALID_ARGUMENT",
            "message": "The input token count (1048600) exceeds the maximum number of tokens",
        }
    },
}


@EVERY_API
def test_a_prompt_that_is_too_long_is_told_apart(api):
    with pytest.raises(ContextTooLong):
        ask(api, error(400, TOO_LONG[api.name]))


@EVERY_API
@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_failures_that_will_not_pass_fail_at_once(api, status):
    with pytest.raises(ProviderError, match=f"answered {status} no"):
        ask(api, error(status, {"error": {"message": "no"}}))


# --- time --------------------------------------------------------------------------------------


@EVERY_API
def test_an_answer_that_takes_too_long_is_given_up_and_asked_for_again(api):
    started = time.monotonic()
    late = slow(30, good(api))
    reply, text, _ = ask(api, late, good(api, "late"), timeout_s=0.2)
    assert (text, reply.failures) == ("late", ("it did not answer within 0.2 s",))
    assert time.monotonic() - started < 10


def test_a_patient_client_waits_for_a_slow_answer():
    api = APIS["chat"]
    reply, text, pauses = ask(api, slow(0.1, good(api)), timeout_s=20)
    assert (text, pauses) == ("hello", [])
    assert reply.latency_ms >= 100


@EVERY_API
def test_nobody_listening_is_an_error_that_names_the_address(api):
    async def once():
        async with socket_server([]) as base_url:
            pass
        spec = AgentSpec(name="openai/m", api=api.name, max_retries=0)
        async with Network(trust_env=False) as network:
            provider = connect(spec, base_url, network=network)
            await provider.complete([provider._dialect.system("brief")], {})

    with pytest.raises(ProviderError, match=r"http://127\.0\.0\.1:\d+" + api.path):
        asyncio.run(once())


# --- secrets -----------------------------------------------------------------------------------


@EVERY_API
@pytest.mark.parametrize(
    "echo",
    [
        error(401, {"error": {"message": f"invalid key {KEY}"}}),
        error(400, {"error": {"message": f"header Bearer {KEY} is no good", "status": KEY}}),
        error(500, {"error": KEY}),
        response(404, f"no {KEY}".encode(), kind="text/plain"),
        response(200, b"<html>", kind=KEY),
    ],
)
def test_a_key_that_the_server_echoes_is_in_no_error_and_no_log(api, echo, caplog):
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="tenure")
    with pytest.raises(ProviderError) as failure:
        ask(api, *[echo] * 3, key=KEY, max_retries=2)
    assert KEY not in "".join(traceback.format_exception(failure.value))
    assert KEY not in caplog.text


@EVERY_API
def test_a_key_that_the_model_says_is_in_no_record(api):
    leak = error(500, {"error": {"message": f"key {KEY} is busy"}})
    reply, text, _ = ask(api, leak, good(api, f"It is {KEY}."), key=KEY)
    assert text == "It is [key]."
    assert KEY not in str(reply)
    assert reply.failures == ("it answered 500 key [key] is busy",)


@EVERY_API
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_who_is_sent_elsewhere_does_not_go_there_with_the_key(api, status):
    arrived = []

    async def once():
        async with (
            socket_server([arrived.append]) as elsewhere,
            socket_server([response(status, extra=f"Location: {elsewhere}\r\n")]) as base_url,
            Network(trust_env=False) as network,
        ):
            spec = AgentSpec(name="openai/m", api=api.name, max_retries=0)
            provider = connect(spec, base_url, KEY, network=network)
            await provider.complete([provider._dialect.system("brief")], {})

    with pytest.raises(ProviderError, match=f"answered {status} .*the address that it has moved"):
        asyncio.run(once())
    assert arrived == []


@EVERY_API
def test_the_key_is_in_its_header_and_nowhere_in_the_address(api):
    spec = AgentSpec(name="openai/m", api=api.name)
    endpoint = connect(spec, "http://h/v1", KEY, network=Network())
    headers = {name.lower(): value for name, value in endpoint._sender._headers.items()}
    assert [name for name, value in headers.items() if KEY in value] == [api.key_header]
    assert KEY not in endpoint._url
