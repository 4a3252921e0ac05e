"""The provider against a real socket that misbehaves."""

import asyncio
import time

import pytest

from tenure.agents.network import Network
from tenure.agents.providers import connect
from tenure.agents.spec import AgentSpec
from tenure.errors import ProviderError
from tests.agents.endpoint import good, hang_up, response, slow, socket_server

HTML = response(body=b"<html>hotel</html>", kind="text/html")
ERROR_500 = response(500, b'{"error": {"message": "on fire"}}')


def ask(*script, **options):
    """Return the reply to one request that meets the behaviours in turn, and the pauses made."""
    pauses = []

    async def pause(seconds):
        pauses.append(seconds)

    async def once():
        async with socket_server(script) as base_url, Network(trust_env=False) as network:
            spec = AgentSpec(name="openai/m", base_url=base_url, **options)
            provider = connect(spec, base_url, "", network=network, pause=pause)
            try:
                return await provider.complete([{"role": "user", "content": "hi"}], {})
            finally:
                await provider.close()

    return asyncio.run(once()), pauses


@pytest.mark.parametrize(
    "fault",
    [
        response(429, b"{}"),
        ERROR_500,
        response(body=b'{"choices": [{"mess', missing_bytes=400),
        response(body=b'{"choices": [{"mess'),
        hang_up,
        HTML,
        response(body=b'{"choices": []}'),
        response(extra="Content-Encoding: gzip\r\n", body=b"not gzip"),
    ],
    ids=["429", "500", "cut off", "half JSON", "hung up", "HTML", "no choices", "bad gzip"],
)
def test_a_fault_is_outlived(fault):
    reply, pauses = ask(fault, good(), max_retries=1)
    assert reply.message["content"] == "hello"
    assert reply.retries == len(pauses) == 1


def test_several_faults_in_a_row_are_outlived():
    reply, _ = ask(hang_up, ERROR_500, HTML, response(429), good())
    assert reply.retries == 4


def test_a_wish_to_wait_is_honoured():
    _, pauses = ask(response(429, extra="Retry-After: 3\r\n"), good())
    assert pauses == [3]


def test_an_answer_that_takes_too_long_is_given_up_and_asked_for_again():
    started = time.monotonic()
    reply, _ = ask(slow(30, good()), good("late"), timeout_s=0.2)
    assert reply.message["content"] == "late"
    assert time.monotonic() - started < 10


def test_a_patient_client_waits_for_a_slow_answer():
    reply, pauses = ask(slow(0.1, good()), timeout_s=20)
    assert (reply.message["content"], pauses) == ("hello", [])
    assert reply.latency_ms >= 100


def test_nobody_listening_is_an_error_that_names_the_address():
    async def once():
        async with socket_server([]) as base_url:
            pass
        spec = AgentSpec(name="openai/m", max_retries=0)
        async with Network(trust_env=False) as network:
            provider = connect(spec, base_url, "", network=network)
            await provider.complete([], {})

    with pytest.raises(ProviderError, match=r"http://127\.0\.0\.1:\d+/v1/chat/completions"):
        asyncio.run(once())
