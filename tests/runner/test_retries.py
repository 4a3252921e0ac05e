"""How a provider tries again, and says so."""

import asyncio
import logging
import socket

import httpx
import pytest

from tenure.agents.providers import connect
from tenure.agents.spec import AgentSpec
from tenure.errors import ProviderError
from tests.agents.endpoint import Unhurried

OK = httpx.Response(200, json={"choices": [{"message": {"content": "hello"}}]})
BUSY = httpx.Response(503, json={"error": {"message": "busy"}}, headers={"Retry-After": "4"})
REFUSED = httpx.ConnectError("no")


async def _at_once(_):
    pass


def ask(answers, *, turns=1, max_retries=8, url="http://endpoint.test/v1"):
    """Ask that many times; the endpoint gives its answers in turn."""
    given = iter(answers)

    def respond(_):
        answer = next(given)
        if isinstance(answer, Exception):
            raise answer
        return answer

    transport = httpx.MockTransport(respond) if answers else None

    async def talk():
        spec = AgentSpec(name="openai/x", max_retries=max_retries)
        async with Unhurried(transport=transport, trust_env=False) as network:
            provider = connect(spec, url, network=network, pause=_at_once)
            for _ in range(turns):
                await provider.complete([], {})

    asyncio.run(talk())


def test_each_retry_after_the_first_is_a_warning(caplog):
    ask([BUSY, BUSY, BUSY, OK])
    assert caplog.record_tuples == [
        ("tenure.agents", logging.WARNING, "it answered 503 busy; retry 2 of 8 in 4 s"),
        ("tenure.agents", logging.WARNING, "it answered 503 busy; retry 3 of 8 in 4 s"),
    ]


def test_an_endpoint_that_was_never_reached_is_tried_three_times():
    with pytest.raises(ProviderError, match=r"failed 3 times.*the connection failed \(no\)"):
        ask([REFUSED] * 3)


def test_fewer_retries_than_that_stay_fewer():
    with pytest.raises(ProviderError, match="failed 1 times"):
        ask([REFUSED], max_retries=0)


def test_an_endpoint_that_was_reached_before_is_given_all_retries():
    ask([OK, *[REFUSED] * 8, OK], turns=2)
    ask([BUSY, *[REFUSED] * 7, OK])


def test_a_port_that_nobody_listens_on_refuses():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/v1"
        with pytest.raises(ProviderError, match=r"failed 3 times.*the connection was refused\."):
            ask([], url=url)


def test_a_host_that_nobody_knows_is_said_so():
    with pytest.raises(ProviderError, match=r"failed 3 times.*the host is unknown\."):
        ask([], url="http://no-such-host.invalid/v1")
