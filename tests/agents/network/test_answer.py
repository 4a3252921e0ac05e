"""What a server sends becomes an answer, however it is cut; what is none is said to be none."""

from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.agents.network import answer as module
from tenure.agents.network.answer import Answer

OK = b"HTTP/1.1 200 OK\r\n"


def read(*pieces, bodiless=False, ended=False):
    answer = Answer(bodiless=bodiless)
    for piece in pieces:
        answer.feed(piece)
    if ended:
        answer.end()
    return answer


def cut(data, places):
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def chunked(chunks, extension=b"", trailer=b""):
    lines = [b"%x%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks]
    return b"".join([*lines, b"0\r\n", trailer, b"\r\n"])


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=8), st.lists(st.integers(0, 10**6)))
def test_a_chunked_body_is_the_same_however_its_bytes_arrive(chunks, places):
    wire = OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(chunks, b";a=b", b"Sum: 1\r\n")
    answer = read(*cut(wire, places))
    assert (answer.status, answer.body, answer.complete) == (200, b"".join(chunks), True)
    assert answer.keeps_alive
    assert not answer.surplus


@given(st.binary(max_size=300), st.lists(st.integers(0, 10**6)), st.binary(max_size=5))
def test_a_body_of_known_length_is_the_same_however_its_bytes_arrive(body, places, surplus):
    wire = OK + b"Content-Length: %d\r\n\r\n" % len(body) + body + surplus
    answer = read(*cut(wire, places))
    assert (answer.body, answer.complete, answer.surplus) == (body, True, bool(surplus))


@given(st.binary(max_size=400))
def test_garbage_is_an_answer_or_a_protocol_error_and_nothing_else(data):
    for head in (b"", OK, OK + b"Transfer-Encoding: chunked\r\n\r\n"):
        answer = Answer()
        try:
            answer.feed(head + data)
            answer.end()
        except httpx.RemoteProtocolError:
            assert not answer.complete


def test_a_body_without_a_length_lasts_until_the_connection_ends():
    answer = read(OK + b"\r\nhel", b"lo")
    assert not answer.complete
    answer.end()
    assert answer.body == b"hello"
    assert not answer.keeps_alive


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_some_answers_have_no_body_whatever_they_say(status):
    answer = read(b"HTTP/1.1 " + status + b"\r\nContent-Length: 5\r\n\r\n")
    assert (answer.complete, answer.body, answer.keeps_alive) == (True, b"", True)


def test_the_answer_to_head_has_no_body():
    assert read(OK + b"Content-Length: 5\r\n\r\n", bodiless=True).complete


def test_interim_answers_are_passed_over():
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
    answer = read(early + OK + b"Content-Length: 1\r\n\r\nx")
    assert (answer.status, answer.body, answer.headers) == (200, b"x", [(b"Content-Length", b"1")])


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close\r\n", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x, close\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n", True),
        (b"HTTP/1.1 200\r\nContent-Length: 0\r\nContent-Length: 0\r\n", True),
    ],
)
def test_the_server_says_whether_the_connection_lasts(head, kept):
    assert read(head + b"\r\n").keeps_alive is kept


def test_a_chunked_answer_that_also_states_a_length_ends_its_connection():
    both = b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = read(OK + both + chunked([b"hello"]))
    assert (answer.body, answer.keeps_alive) == (b"hello", False)


def test_bare_line_feeds_and_folded_headers_are_understood():
    answer = read(b"HTTP/1.1 200 OK\nA: one\n  two\nContent-Length: 0\n\n")
    assert answer.headers[0] == (b"A", b"one two")
    assert answer.complete


def test_the_server_says_how_long_it_waits():
    head = OK + b"Content-Length: 0\r\nKeep-Alive: timeout=%s\r\n\r\n"
    assert read(head % b"5, max=100").idle_s == 5
    assert read(head % b"soon").idle_s is None


@pytest.mark.parametrize(
    "wire",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        OK + b"no colon\r\n\r\n",
        OK + b"space : x\r\n\r\n",
        OK + b": x\r\n\r\n",
        OK + b"A: nul\0\r\n\r\n",
        OK + b"A: b\rc\r\n\r\n",
        OK + b"Content-Length: five\r\n\r\n",
        OK + b"Content-Length: -5\r\n\r\n",
        OK + b"Content-Length: 5, 6\r\n\r\n",
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
        OK + b"Content-Length: 99999999999999999999\r\n\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n99999999999999999\r\n",
    ],
)
def test_what_is_no_answer_is_refused_at_once(wire):
    with pytest.raises(httpx.RemoteProtocolError):
        read(wire)


@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.1 200 OK\r\nContent-Le",
        OK + b"Content-Length: 5\r\n\r\nhell",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n",
    ],
)
def test_an_answer_cut_short_is_none(wire):
    with pytest.raises(httpx.RemoteProtocolError, match="before its answer was whole"):
        read(wire, ended=True)


def test_a_connection_closed_without_a_word_is_told_apart():
    with pytest.raises(httpx.RemoteProtocolError, match="without an answer"):
        read(ended=True)


def test_heads_lines_and_bodies_have_limits(monkeypatch):
    monkeypatch.setattr(module, "MAX_HEAD_BYTES", 100)
    monkeypatch.setattr(module, "MAX_BODY_BYTES", 10)
    chunks = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    for wire in (
        OK + b"A: " + b"x" * 100,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 5,
        OK + b"Content-Length: 11\r\n\r\n",
        OK + b"\r\n" + b"x" * 11,
        chunks + b"b\r\n",
        chunks + b"6\r\nhellos\r\n5\r\n",
        chunks + b"1;" + b"x" * 5_000,
        chunks + b"0\r\n" + b"A: x\r\n" * 20,
    ):
        with pytest.raises(httpx.RemoteProtocolError, match="over"):
            read(wire)
