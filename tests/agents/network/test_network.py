"""The network of a run: turns, limits and proxies."""

import asyncio

import httpx
import pytest

from tenure.agents.network import Limits, Network
from tenure.agents.network.patience import OutOfPatience, Patience
from tenure.agents.network.pauses import retry_after_s
from tests.agents.endpoint import Hasty
from tests.agents.network.servers import BODY, Script, closes, scripted, sends


class Busy:
    """An endpoint in memory that counts how many requests are under way."""

    def __init__(self, *responses):
        self.responses = iter(responses)
        self.now = self.most = self.asked = 0

    async def __call__(self, _request):
        self.asked += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            for _ in range(3):
                await asyncio.sleep(0)
        finally:
            self.now -= 1
        return next(self.responses, httpx.Response(200))


def network(endpoint, **limits):
    return Network(transport=httpx.MockTransport(endpoint), limits=Limits(**limits))


async def post(net, **options):
    return await net.post("http://endpoint.test/v1", b"x" * 400, {}, timeout_s=10, **options)


def test_no_more_connections_than_allowed_are_used():
    async def asked():
        busy = Busy()
        net = network(busy, max_connections=3)
        await asyncio.gather(*(post(net) for _ in range(20)))
        return busy.asked, busy.most

    assert asyncio.run(asked()) == (20, 3)


def test_who_is_cancelled_while_waiting_or_when_let_go_takes_no_place_with_him():
    async def asked():
        busy = Busy()
        net = network(busy, max_connections=1)
        tasks = [asyncio.create_task(post(net)) for _ in range(9)]
        for number, task in enumerate(tasks):
            for _ in range(number):
                await asyncio.sleep(0)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await post(net)
        return busy.now, busy.most

    assert asyncio.run(asked()) == (0, 1)


def test_a_wish_to_wait_holds_back_every_request_to_that_endpoint_and_no_other():
    async def asked():
        busy = Busy(httpx.Response(429, headers={"Retry-After": "60"}))
        net = network(busy)
        await post(net)
        waiting = asyncio.create_task(post(net))
        await net.post("http://elsewhere.test", b"", {}, timeout_s=10)
        assert busy.asked == 2
        assert not waiting.done()
        waiting.cancel()

    asyncio.run(asked())


def busy(wish_s):
    return httpx.Response(429, headers={"Retry-After": str(wish_s)})


def test_a_wish_to_wait_is_heeded_by_the_clock_that_the_network_is_given():
    async def asked():
        clock = Hasty()
        net = Network(transport=httpx.MockTransport(Busy(busy(60))), clock=clock)
        await post(net)
        response = await post(net)
        return response.status_code, clock.time()

    assert asyncio.run(asked()) == (200, 60)


def test_who_would_be_held_longer_than_it_may_wait_gives_up_and_takes_no_place_with_it():
    async def asked():
        endpoint = Busy(busy(60), busy(90))
        net = network(endpoint, max_connections=2)
        patient, hurried = Patience(100), Patience(80)
        first = [asyncio.create_task(post(net)) for _ in range(2)]  # both are asked to wait
        kept = asyncio.create_task(post(net, patience=patient))
        sent_away = asyncio.create_task(post(net, patience=hurried))
        await asyncio.gather(*first)
        with pytest.raises(OutOfPatience):
            await sent_away
        with pytest.raises(OutOfPatience):
            await post(net, patience=Patience(80))
        waits = not kept.done()
        kept.cancel()
        return waits, endpoint.asked, hurried.left_s <= 80

    assert asyncio.run(asked()) == (True, 2, True)


def test_what_a_request_was_held_is_spent_of_its_patience_and_the_wait_for_its_turn_is_not():
    async def asked():
        net = Network(
            transport=httpx.MockTransport(Busy(busy(60))),
            limits=Limits(requests_per_minute=1),
            clock=Hasty(),
        )
        held, in_line = Patience(100), Patience(100)
        await post(net)
        await post(net, patience=held)  # after 60 s, as its own limit is no longer
        await post(net, patience=in_line)  # another 60 s, for its turn
        return round(held.left_s), round(in_line.left_s), round(net.clock.time())

    assert asyncio.run(asked()) == (40, 100, 121)


@pytest.mark.parametrize(("status", "wish"), [(500, "60"), (429, "0"), (429, "7200"), (503, "x")])
def test_what_is_no_wish_that_can_be_met_holds_nobody_back(status, wish):
    async def asked():
        busy = Busy(httpx.Response(status, headers={"Retry-After": wish}))
        net = network(busy)
        await post(net)
        return (await post(net)).status_code

    assert asyncio.run(asked()) == 200


def test_what_a_request_really_cost_counts():
    async def asked():
        net = network(Busy(), tokens_per_minute=6_100)
        first = await post(net)  # a guess of 100 tokens is a second, which is tolerated
        await post(net, tokens=0)
        net.count(first, 50_000)
        waiting = asyncio.create_task(post(net))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not waiting.done()
        net.count(first, 0)
        waiting.cancel()

    asyncio.run(asked())


def test_waiting_for_a_turn_is_no_part_of_the_time_an_answer_may_take():
    async def asked():
        async def slowly(_request):
            await asyncio.sleep(0.05)
            return httpx.Response(200)

        net = network(slowly, max_connections=1)
        url = "http://endpoint.test"
        answers = await asyncio.gather(*(net.post(url, b"", {}, timeout_s=0.5) for _ in range(15)))
        return max(one.elapsed.total_seconds() for one in answers)

    assert asyncio.run(asked()) < 0.5


def test_a_proxy_of_the_environment_is_used_except_where_it_says_otherwise(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

    async def asked():
        server, proxy = Script(sends(BODY)), Script(*[sends(BODY)] * 40)
        async with scripted(server) as address, scripted(proxy) as proxy_address:
            monkeypatch.setenv("HTTP_PROXY", proxy_address)
            monkeypatch.setenv("NO_PROXY", "127.0.0.1")
            monkeypatch.delenv("REQUEST_METHOD", raising=False)
            async with Network() as net:
                await net.post(address, b"", {}, timeout_s=10)
                url = "http://model.test/v1"
                await asyncio.gather(*(net.post(url, b"", {}, timeout_s=10) for _ in range(40)))
        return server.requests, proxy.requests

    direct, proxied = asyncio.run(asked())
    assert len(direct) == 1
    assert len(proxied) == 40
    assert all(one.startswith(b"POST http://model.test/v1 HTTP/1.1\r\n") for one in proxied)


def test_tls_goes_through_a_proxy_by_a_tunnel(monkeypatch):
    async def asked():
        lines = []

        async def refuse(reader, writer):
            lines.append(await reader.readline())
            writer.write(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            closes(writer)

        server = await asyncio.start_server(refuse, "127.0.0.1", 0)
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        async with server, Network() as net:
            with pytest.raises(httpx.ProxyError):
                await net.post("https://model.test/v1", b"", {}, timeout_s=10)
        return lines

    assert asyncio.run(asked()) == [b"CONNECT model.test:443 HTTP/1.1\r\n"]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": " 20 "}, 20),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        (
            {
                "retry-after": "Fri, 31 Dec 1999 23:59:59 GMT",
                "date": "Fri, 31 Dec 1999 23:59:29 GMT",
            },
            30,
        ),
    ],
)
def test_both_forms_of_retry_after_are_read(headers, seconds):
    assert retry_after_s(headers) == seconds
