"""The transport against servers that misbehave, servers with TLS, and servers none of us wrote."""

import asyncio
import gzip
import zlib

import httpx
import pytest
from aiohttp import web

from tenure.agents.network import Network, answer
from tenure.agents.network.transport import Transport
from tests.agents.network.servers import (
    BODY,
    Authority,
    Script,
    closes,
    never,
    resets,
    scripted,
    sends,
)


def ask(script, times=1, *, repeatable=False, timeout_s=10, path="/", **options):
    """Post to a scripted server, one request after the other; returns what came of each."""

    async def asked():
        async with scripted(script, **options) as address, Network(trust_env=False) as network:
            return [
                await outcome(
                    network.post(
                        address + path, b"hello", {}, timeout_s=timeout_s, repeatable=repeatable
                    )
                )
                for _ in range(times)
            ]

    return asyncio.run(asked())


async def outcome(request):
    try:
        response = await request
    except (httpx.HTTPError, TimeoutError) as error:
        return error
    return response


def texts(outcomes):
    return [one.text if isinstance(one, httpx.Response) else type(one) for one in outcomes]


def test_a_request_says_what_it_must_and_what_it_was_given():
    script = Script(sends(BODY))
    (response,) = ask(script, path="/v1/x?a=b c")
    assert (response.status_code, response.text, response.reason_phrase) == (200, "ok", "OK")
    assert response.elapsed.total_seconds() > 0
    head = script.requests[0].decode()
    assert head.startswith("POST /v1/x?a=b%20c HTTP/1.1\r\n")
    assert "\r\nHost: 127.0.0.1:" in head
    assert head.endswith("Content-Length: 5\r\n\r\nhello")


def test_connections_are_kept_for_the_next_request():
    script = Script(*[sends(BODY)] * 5)
    assert texts(ask(script, 5)) == ["ok"] * 5
    assert script.connections == 1


def test_answers_torn_at_every_byte_are_read():
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nok\r\n0\r\nA: b\r\n\r\n"
    pieces = [bytes([byte]) for byte in chunks]
    script = Script(sends(*pieces), sends(b"HTTP/1.1 100 Continue\r\n\r\n", BODY), sends(BODY))
    assert texts(ask(script, 3)) == ["ok", "ok", "ok"]
    assert script.connections == 1


@pytest.mark.parametrize(
    "act",
    [
        sends(BODY.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)),
        sends(BODY + b"garbage"),
        sends(BODY + BODY),
        sends(BODY, then=closes),
        sends(b"HTTP/1.1 200 OK\r\n\r\nok", then=closes),
        sends(BODY.replace(b"1.1", b"1.0")),
    ],
)
def test_a_connection_that_is_not_clean_is_not_used_again(act):
    script = Script(act, sends(BODY))
    assert texts(ask(script, 2, repeatable=True)) == ["ok", "ok"]
    assert script.connections == 2


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (sends(then=closes), httpx.TransportError),
        (sends(then=resets), httpx.TransportError),
        (sends(b"HTTP/1.1 200 OK\r\nConte", then=closes), httpx.TransportError),
        (sends(BODY[:-1], then=closes), httpx.TransportError),
        (sends(BODY[:-1], then=resets), httpx.TransportError),
        (sends(b"HTTP/1.1 200 OK\r\nA: " + b"x" * 300_000), httpx.RemoteProtocolError),
        (sends(b"hello\r\n\r\n"), httpx.RemoteProtocolError),
        (sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: br\r\n\r\n"), httpx.RemoteProtocolError),
    ],
)
def test_a_broken_answer_is_an_error_and_its_connection_is_closed(act, error):
    script = Script(act, sends(BODY))
    first, second = ask(script, 2, repeatable=True)
    assert isinstance(first, error)
    assert second.text == "ok"
    assert script.connections == 2
    assert len(script.requests) == 2  # nothing was sent twice


def test_an_idle_connection_that_dies_at_the_next_request_is_replaced_once():
    script = Script(sends(BODY), sends(then=resets), sends(BODY))
    assert texts(ask(script, 2, repeatable=True)) == ["ok", "ok"]
    assert (script.connections, len(script.requests)) == (2, 3)
    script = Script(sends(BODY), sends(then=resets), sends(then=resets), sends(BODY))
    assert isinstance(ask(script, 2, repeatable=True)[1], httpx.TransportError)
    assert len(script.requests) == 3


def test_a_body_is_written_once_and_anew_if_it_is_sent_again():
    script, written = Script(sends(BODY), sends(then=resets), sends(BODY)), []

    def write():
        written.append(len(script.requests))
        return b"hello"

    async def asked():
        async with scripted(script) as address, Network(trust_env=False) as network:
            for _ in range(2):
                await network.post(address, write, {}, timeout_s=10, repeatable=True)

    asyncio.run(asked())
    assert written == [0, 1, 2]  # the second request was sent twice
    assert [one.endswith(b"\r\n\r\nhello") for one in script.requests] == [True] * 3


def test_what_may_not_be_sent_twice_is_not():
    script = Script(sends(BODY), sends(then=resets), sends(BODY))
    assert isinstance(ask(script, 2)[1], httpx.TransportError)
    assert len(script.requests) == 2


def test_once_something_of_an_answer_came_nothing_is_sent_again():
    script = Script(sends(BODY), sends(b"H", then=closes), sends(BODY))
    assert isinstance(ask(script, 2, repeatable=True)[1], httpx.RemoteProtocolError)
    assert len(script.requests) == 2


def test_a_time_out_never_leaves_a_half_used_connection_behind():
    script = Script(sends(BODY), never(), sends(BODY))
    first, second, third = ask(script, 3, timeout_s=0.2)
    assert (first.text, type(second), third.text) == ("ok", TimeoutError, "ok")
    assert script.connections == 2


def test_a_cancelled_request_never_leaves_a_half_used_connection_behind():
    async def asked():
        script = Script(sends(BODY[:-1]), sends(BODY))
        async with scripted(script) as address, Network(trust_env=False) as network:
            first = asyncio.create_task(network.post(address, b"", {}, timeout_s=10))
            await script.asked.wait()
            first.cancel()
            second = await network.post(address, b"", {}, timeout_s=10)
            assert first.cancelled()
            return second.text, script.connections

    assert asyncio.run(asked()) == ("ok", 2)


def test_an_idle_connection_on_which_something_arrives_is_closed():
    async def asked():
        script = Script(sends(BODY, b"HTTP/1.1 408 Request Timeout\r\n\r\n"), sends(BODY))
        async with scripted(script) as address, Network(trust_env=False) as network:
            await network.post(address, b"", {}, timeout_s=10)
            await script.writers[0].wait_closed()
            second = await network.post(address, b"", {}, timeout_s=10)
            return second.text, script.connections

    assert asyncio.run(asked()) == ("ok", 2)


def test_a_server_that_keeps_a_connection_for_a_second_is_not_asked_on_it_again():
    kept = BODY.replace(b"\r\n", b"\r\nKeep-Alive: timeout=1\r\n", 1)
    script = Script(sends(kept), sends(BODY))
    ask(script, 2)
    assert script.connections == 2


def test_idle_connections_are_closed_after_a_while(monkeypatch):
    monkeypatch.setattr("tenure.agents.network.transport.IDLE_S", 0.01)

    async def asked():
        script = Script(sends(BODY), sends(BODY))
        async with scripted(script) as address, Network(trust_env=False) as network:
            await network.post(address, b"", {}, timeout_s=10)
            await script.writers[0].wait_closed()
            await network.post(address, b"", {}, timeout_s=10)
            return script.connections

    assert asyncio.run(asked()) == 2


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip", "identity"])
def test_compressed_bodies_are_unpacked(coding):
    packed = {
        "gzip": gzip.compress(b"hello"),
        "deflate": zlib.compress(b"hello"),
        "gzip, gzip": gzip.compress(gzip.compress(b"hello")),
        "identity": b"hello",
    }[coding]
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(packed)}\r\n\r\n"
    (response,) = ask(Script(sends(head.encode() + packed)))
    assert response.content == b"hello"


def test_a_damaged_or_a_monstrous_compressed_body_is_an_error(monkeypatch):
    monkeypatch.setattr(answer, "MAX_BODY_BYTES", 2**20)
    for packed in (b"\x1f\x8bno", gzip.compress(bytes(2**22))):
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
        (error,) = ask(Script(sends(head % len(packed) + packed)))
        assert isinstance(error, httpx.DecodingError)


def test_a_header_that_would_begin_another_one_is_not_sent():
    async def asked():
        async with Network(trust_env=False) as network:
            headers = {"Authorization": "a\r\nB: c"}
            await network.post("http://127.0.0.1:9", b"", headers, timeout_s=10)

    with pytest.raises(httpx.LocalProtocolError, match="line break"):
        asyncio.run(asked())


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("http://127.0.0.1:1", httpx.ConnectError),
        ("http://nowhere.invalid", httpx.ConnectError),
        (f"http://{'x' * 70}.test", httpx.ConnectError),
        ("ftp://127.0.0.1", httpx.UnsupportedProtocol),
    ],
)
def test_where_nobody_answers_there_is_no_connection(address, error):
    async def asked():
        async with Network(trust_env=False) as network:
            await network.post(address, b"", {}, timeout_s=10)

    with pytest.raises(error):
        asyncio.run(asked())


def test_ipv6_is_spoken():
    script = Script(sends(BODY))
    assert texts(ask(script, host="::1")) == ["ok"]
    assert b"Host: [::1]:" in script.requests[0]


def test_the_name_and_the_password_in_an_address_authorise():
    script = Script(sends(BODY))

    async def asked():
        async with scripted(script) as address, Network(trust_env=False) as network:
            signed = address.replace("//", "//user:pass@")
            await network.post(signed, b"", {}, timeout_s=10)

    asyncio.run(asked())
    assert b"Authorization: Basic dXNlcjpwYXNz\r\n" in script.requests[0]


async def over_tls(script, server_context, client_context, times=2):
    transport = Transport(lambda: client_context)
    async with (
        scripted(script, ssl=server_context) as address,
        Network(transport=transport) as network,
    ):
        return [
            await outcome(network.post(address, b"hello", {}, timeout_s=10)) for _ in range(times)
        ]


def test_tls_connections_are_kept_and_cut_answers_are_noticed(tmp_path):
    authority = Authority()
    script = Script(
        sends(BODY), sends(*[bytes([byte]) for byte in BODY]), sends(BODY[:-1], then=resets)
    )
    first, second, third = asyncio.run(
        over_tls(script, authority.serving(tmp_path), authority.trusting(), 3)
    )
    assert (first.text, second.text, script.connections) == ("ok", "ok", 1)
    assert isinstance(third, httpx.TransportError)


def test_a_certificate_must_be_trusted_and_name_the_host(tmp_path):
    authority, stranger = Authority(), Authority()
    for context, trusted in (
        (stranger.serving(tmp_path), authority.trusting()),
        (authority.serving(tmp_path, address="127.0.0.2"), authority.trusting()),
    ):
        script = Script(sends(BODY))
        (error,) = asyncio.run(over_tls(script, context, trusted, 1))
        assert isinstance(error, httpx.ConnectError)
        assert "certificate" in str(error).lower()
        assert not script.requests


def test_a_thousand_requests_at_once_to_a_server_none_of_us_wrote():
    async def asked():
        async def echo(request):
            body = await request.read()
            reply = web.Response(body=body)
            if len(body) % 2:
                reply.enable_compression()
            if len(body) % 3 == 0:
                reply.enable_chunked_encoding()
            return reply

        application = web.Application()
        application.router.add_post("/", echo)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        async with Network(trust_env=False) as network:
            sent = [b"x" * size for size in range(1_000)]
            for _ in range(2):
                answers = await asyncio.gather(
                    *(network.post(address, body, {}, timeout_s=60) for body in sent)
                )
                assert [one.content for one in answers] == sent
        await runner.cleanup()

    asyncio.run(asked())


def test_httpx_can_use_it_as_any_other_transport():
    async def asked():
        script = Script(sends(BODY), sends(BODY[:-2]))
        transport = Transport(lambda: None)
        async with scripted(script) as address, httpx.AsyncClient(transport=transport) as client:
            response = await client.put(address, json={})
            headed = await client.head(address, headers={"Content-Length": "0"})
            return response.text, headed.text, headed.http_version

    assert asyncio.run(asked()) == ("ok", "", "HTTP/1.1")
