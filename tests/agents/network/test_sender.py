"""What is sent again, how often, after which pauses, and when a request is given up."""

import asyncio
import logging
import socket

import httpx
import pytest

from tenure.agents.network import Limits, Network
from tenure.agents.network.sender import Odd, Passing, Sender, is_passing
from tenure.errors import ProviderError
from tests.agents.endpoint import Hasty

OK = httpx.Response(200)
REFUSED = httpx.ConnectError("no")


def busy(retry_after_s=None):
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return httpx.Response(503, headers=headers)


def read(response):
    """Take 200 for an answer, 204 for nonsense."""
    if response.status_code == httpx.codes.NO_CONTENT:
        raise Odd("it sent nothing")
    if is_passing(response.status_code):
        wish = response.headers.get("retry-after")
        raise Passing(f"it answered {response.status_code}", wish and float(wish))
    return response.status_code


def ask(answers, *, turns=1, max_retries=8, url="http://endpoint.test/v1", clock=None):
    """Send that many bodies; return why the last one failed, and the pauses."""
    given = iter(answers)
    clock = clock or Hasty()

    def respond(_):
        answer = next(given)
        if isinstance(answer, Exception):
            raise answer
        return answer

    transport = httpx.MockTransport(respond) if answers else None

    async def talk():
        async with Network(transport=transport, trust_env=False, clock=clock) as network:
            sender = Sender(network, url, {}, timeout_s=600, max_retries=max_retries)
            for _ in range(turns):
                answer, failures = await sender.send(b"", read)
                assert answer == httpx.codes.OK
        return failures

    return asyncio.run(talk()), clock.pauses


def test_pauses_double_up_to_a_minute_with_up_to_a_second_of_chance():
    _, pauses = ask([*[busy()] * 8, OK])
    for pause, shortest in zip(pauses, [1, 2, 4, 8, 16, 32, 60, 60], strict=True):
        assert shortest <= pause <= min(shortest + 1, 60)


def test_a_wish_to_wait_takes_the_place_of_our_own_pause():
    assert ask([busy(4), busy(600), OK]) == (("it answered 503",) * 2, [4, 600])


def test_a_wish_to_wait_for_longer_than_ten_minutes_is_given_up_at_once():
    clock = Hasty()
    with pytest.raises(
        ProviderError, match=r"asks to wait 601 s.*it answered 503\. Run again after"
    ):
        ask([busy(601)], clock=clock)
    assert clock.pauses == []


def test_a_request_waits_for_half_an_hour_in_all_and_no_longer():
    assert ask([*[busy(600)] * 2, busy(595), OK])[1] == [600, 600, 595]
    clock = Hasty()
    with pytest.raises(
        ProviderError, match=r"more than 1,800 s in all.*it answered 503\. Run again"
    ):
        ask([*[busy(600)] * 3, busy(1)], clock=clock)
    assert sum(clock.pauses) <= 1_800


def test_each_request_has_half_an_hour_of_its_own():
    assert ask([busy(600), busy(600), OK, busy(600), busy(600), OK], turns=2)[1] == [600] * 4


def test_a_request_that_others_wishes_keep_from_being_sent_is_given_up_too():
    """Each of four episodes is asked to wait for ten minutes when it gets its turn."""

    class Stubborn(httpx.AsyncBaseTransport):
        async def handle_async_request(self, _):
            return httpx.Response(429, headers={"Retry-After": "600"})

    async def talk():
        limits = Limits(max_connections=1)
        async with Network(transport=Stubborn(), limits=limits, clock=Hasty()) as network:
            sender = Sender(network, "http://h", {}, timeout_s=9, max_retries=99)
            asked = [sender.send(b"", read) for _ in range(4)]
            return await asyncio.gather(*asked, return_exceptions=True)

    for error in asyncio.run(talk()):
        assert isinstance(error, ProviderError)
        assert "would be more than 1,800 s in all." in str(error)


def test_the_same_nonsense_four_times_is_a_broken_endpoint():
    odd = httpx.Response(204)
    assert ask([*[odd] * 3, busy(), *[odd] * 3, OK])[0][-1] == "it sent nothing"
    with pytest.raises(ProviderError, match=r"failed 4 times.*it sent nothing\. Run again"):
        ask([odd] * 4)


def test_what_the_reader_says_will_not_pass_is_not_repeated():
    def refuse(_):
        raise ProviderError("no")

    async def talk():
        transport = httpx.MockTransport(lambda _: OK)
        async with Network(transport=transport) as network:
            await Sender(network, "http://h", {}, timeout_s=9, max_retries=9).send(b"", refuse)

    with pytest.raises(ProviderError, match=r"^no$"):
        asyncio.run(talk())


def test_each_retry_after_the_first_is_a_warning(caplog):
    ask([*[busy(4)] * 3, OK])
    assert caplog.record_tuples == [
        ("tenure.agents", logging.WARNING, "it answered 503; retry 2 of 8 in 4 s"),
        ("tenure.agents", logging.WARNING, "it answered 503; retry 3 of 8 in 4 s"),
    ]


def test_an_endpoint_that_was_never_reached_is_tried_three_times():
    with pytest.raises(ProviderError, match=r"failed 3 times.*the connection failed \(no\)"):
        ask([REFUSED] * 3)


def test_fewer_retries_than_that_stay_fewer():
    with pytest.raises(ProviderError, match=r"/v1 failed because the connection failed \(no\)\."):
        ask([REFUSED], max_retries=0)


def test_an_endpoint_that_was_reached_before_is_given_all_retries():
    ask([OK, *[REFUSED] * 8, OK], turns=2)
    ask([busy(), *[REFUSED] * 7, OK])


def test_a_port_that_nobody_listens_on_refuses():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/v1"
        with pytest.raises(ProviderError, match=r"failed 3 times.*the connection was refused\."):
            ask([], url=url)


def test_a_host_that_nobody_knows_is_said_so():
    with pytest.raises(ProviderError, match=r"failed 3 times.*the host is unknown\."):
        ask([], url="http://no-such-host.invalid/v1")
