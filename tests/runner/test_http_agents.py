"""Agents over HTTP: what is asked of them, and what happens when they or the way to them fail."""

import asyncio
import json
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import jsonschema
import pytest

from tenure.agents import AgentSpec
from tenure.agents.http_schema import json_schema
from tenure.cli.progress import Watch
from tenure.errors import ProviderError, TrajectoryError
from tenure.runner.plan import draw_up
from tenure.runner.run import run
from tenure.scenarios import load
from tenure.scoring.records import read
from tenure.scoring.replay import replay
from tenure.scoring.spending import spending
from tests.agents.endpoint import Hasty
from tests.runner.stand import scenario
from tests.runner.test_python_agents import cut, record_in

ROOT = Path(__file__).parent.parent.parent
SCHEMA = json_schema()
TOO_MANY = 429
SLEEP = {"name": "close_for_today", "arguments": {}}


class Worker(ThreadingHTTPServer):
    """An agent that answers what a test says, after as many faults as the test says.

    Attributes:
        asked: All requests that were answered.
        replies: By type of request; `act` may be a list, of an answer for each step.
        faults: What befalls the next requests: a status, or bytes that are sent before the
            connection is closed.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked, self.faults = [], []
        self.replies = {"begin": {}, "recall": {}, "end": {}, "act": {"action": SLEEP}}

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/agent"

    def types(self):
        return [request["type"] for request in self.asked]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fault = self.server.faults.pop(0) if self.server.faults else None
        if isinstance(fault, bytes):
            self.wfile.write(fault)
            self.close_connection = True
            return
        reply = self.server.replies[request["type"]]
        if isinstance(reply, list):
            reply = reply[request["step"]]
        self.server.asked.append(request)
        body = json.dumps(reply).encode() if isinstance(reply, dict) else b""
        self.send_response(fault or (reply if isinstance(reply, int) else 200))
        self.send_header("Content-Length", str(len(body)))
        if reply == TOO_MANY:
            self.send_header("Retry-After", "600")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def worker():
    with Worker() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def hasty(monkeypatch):
    """Let nobody wait for pauses."""
    monkeypatch.setattr("tenure.agents.network.Clock", Hasty)


def play(folder, url, *, steps=3, **options):
    spec = AgentSpec(name=url, **options)
    manifest = draw_up(scenario(steps=steps), [spec], [1])
    return asyncio.run(run(folder, manifest, Watch(0)))


def test_the_published_schema_is_that_of_the_code():
    """Written with python -m tenure.agents.http_schema."""
    published = json.loads((ROOT / "docs/tenure-agent-1.schema.json").read_text())
    assert published == SCHEMA
    jsonschema.Draft202012Validator.check_schema(published)


def test_it_is_told_of_the_job_asked_step_by_step_and_told_of_the_end(tmp_path, worker):
    assert play(tmp_path, worker.url) == []
    begin, *acts, end = worker.asked
    for request in worker.asked:
        jsonschema.validate(request, SCHEMA)
    episode = read(record_in(tmp_path))
    heard = [episode.header["opening"], *(step["text"] for step in episode.steps)]
    assert worker.types() == ["begin", "act", "act", "act", "end"]
    assert len({request["episode"] for request in worker.asked}) == 1
    assert begin["opening"] == heard[0]
    assert begin["limits"] == {"steps": 3}
    assert [tool["name"] for tool in begin["tools"]] == ["make_pitchers", "close_for_today"]
    assert [(act["step"], act["observation"]) for act in acts] == list(enumerate(heard[:3]))
    assert (end["observation"], end["reason"]) == (heard[3], "steps")
    assert replay(episode).divergence is None


def test_what_it_says_it_spent_is_counted_and_what_it_does_not_say_is_unknown(tmp_path, worker):
    usage = {"input_tokens": 7, "output_tokens": 3}
    full = {"action": SLEEP, "usage": usage, "cost_usd": 0.5, "model": "m-1", "note": ["why"]}
    jsonschema.validate(full, SCHEMA | {"oneOf": [{"$ref": "#/$defs/Action"}]})
    worker.replies["act"] = [full, full, {"action": SLEEP}]
    play(tmp_path, worker.url)
    steps = read(record_in(tmp_path)).steps
    spent = spending(steps)
    assert (spent.known_tokens.input, spent.known_tokens.output, spent.tokens) == (14, 6, None)
    assert (spent.known_cost_usd, spent.cost_usd) == (1.0, None)
    assert (steps[0]["exchange"]["model"], steps[0]["exchange"]["note"]) == ("m-1", ["why"])


def test_what_is_no_call_is_a_faulty_step(tmp_path, worker):
    bad = [5, None, [SLEEP], "hm", {"name": "fly"}, {"name": "make_pitchers", "arguments": 2}]
    worker.replies["act"] = [{"action": action} for action in bad]
    assert play(tmp_path, worker.url, steps=6) == []
    faults = [step["fault"] for step in read(record_in(tmp_path)).steps]
    assert faults == [*["malformed"] * 4, "unknown_tool", "bad_arguments"]


@pytest.mark.parametrize(
    "fault",
    [
        503,
        429,
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
    ],
)
def test_what_failed_on_the_way_is_asked_again(tmp_path, worker, fault, hasty):
    worker.faults = [fault, 200, fault, fault]
    assert play(tmp_path, worker.url) == []
    steps = [request["step"] for request in worker.asked if request["type"] == "act"]
    assert sorted(set(steps)) == [0, 1, 2]
    assert len(read(record_in(tmp_path)).steps) == 3
    exchange = read(record_in(tmp_path)).steps[0]["exchange"]
    assert exchange["retries"] == len(exchange["failures"]) == 2


def test_a_kept_connection_that_was_closed_meanwhile_costs_no_retry(tmp_path, worker, hasty):
    worker.faults = [200, b"", b""]  # the second one meets a new connection
    assert play(tmp_path, worker.url) == []
    assert len(read(record_in(tmp_path)).steps) == 3
    assert read(record_in(tmp_path)).steps[0]["exchange"]["retries"] == 1


def test_an_episode_that_is_kept_waiting_for_too_long_is_unscored_and_goes_on_later(
    tmp_path, worker, hasty
):
    """Three steps are recorded; then it asks to wait for ten minutes, again and again."""
    plenty = {"action": SLEEP}
    worker.replies["act"] = [plenty, plenty, plenty, TOO_MANY]
    (failure,) = play(tmp_path, worker.url, steps=5)
    assert isinstance(failure.error, ProviderError)
    assert "it would be more than 1,800 s in all" in failure.sentence
    assert worker.types().count("act") == 3 + 3
    with pytest.raises(TrajectoryError, match="the file is cut off"):
        read(record_in(tmp_path))
    worker.replies["act"] = plenty
    worker.asked.clear()
    assert play(tmp_path, worker.url, steps=5) == []
    assert worker.types() == ["begin", "recall", "act", "act", "end"]
    assert read(record_in(tmp_path)).end["reason"] == "steps"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (404, "answered 404"),
        ({"act": SLEEP}, "does not fit tenure.agent/1: action: Field required"),
        ({"action": SLEEP, "usage": {"input_tokens": 1}}, "usage.output_tokens: Field required"),
        ({"action": SLEEP, "cost_usd": -1}, "cost_usd: Input should be greater than or equal"),
    ],
)
def test_what_does_not_fit_leaves_the_episode_resumable(tmp_path, worker, reply, said):
    worker.replies["act"] = [{"action": SLEEP}, reply]
    (failure,) = play(tmp_path, worker.url)
    assert isinstance(failure.error, ProviderError)
    assert said in failure.sentence
    assert "end" not in worker.types()
    worker.replies["act"] = {"action": SLEEP}
    assert play(tmp_path, worker.url) == []


def test_an_address_without_anybody_is_told_soon(tmp_path, hasty):
    (failure,) = play(tmp_path, f"http://127.0.0.1:{free_port()}/agent")
    assert "failed 3 times, the last time because the connection was refused" in failure.sentence


def test_a_resumed_episode_is_lived_through_again_with_its_notes(tmp_path, worker):
    worker.replies["act"] = [{"action": SLEEP, "note": note} for note in ("a", None, "c", "d")]
    play(tmp_path, worker.url, steps=4)
    whole = read(record_in(tmp_path))
    cut(tmp_path, steps=2)
    worker.asked.clear()
    assert play(tmp_path, worker.url, steps=4) == []
    assert worker.types() == ["begin", "recall", "act", "act", "end"]
    for request in worker.asked:
        jsonschema.validate(request, SCHEMA)
    action = whole.steps[0]["action"]
    assert worker.asked[1]["steps"] == [
        {"step": 0, "observation": whole.header["opening"], "action": action, "note": "a"},
        {"step": 1, "observation": whole.steps[0]["text"], "action": action, "note": None},
    ]
    assert [request.get("step") for request in worker.asked[2:4]] == [2, 3]
    texts = [step["text"] for step in read(record_in(tmp_path)).steps]
    assert texts == [step["text"] for step in whole.steps]


def test_an_agent_that_cannot_recall_says_501(tmp_path, worker):
    play(tmp_path, worker.url)
    cut(tmp_path, steps=2)
    worker.replies["recall"] = 501
    (failure,) = play(tmp_path, worker.url)
    assert isinstance(failure.error, TrajectoryError)
    assert "cannot go on in the middle of an episode" in failure.sentence


# --- the examples --------------------------------------------------------------------------------


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def started(*command):
    """Run an example on a free port, and wait until it listens."""
    port = free_port()
    with subprocess.Popen([*command, str(port)], stderr=subprocess.PIPE) as process:
        try:
            while process.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except ConnectionRefusedError:
                    continue
            assert process.poll() is None, process.stderr.read()
            yield f"http://127.0.0.1:{port}/agent"
        finally:
            process.kill()


@pytest.mark.parametrize(
    "command",
    [
        pytest.param((sys.executable, "examples/http_agent.py"), id="python"),
        pytest.param(
            (shutil.which("node"), "examples/http_agent.mjs"),
            id="node",
            marks=pytest.mark.skipif(not shutil.which("node"), reason="Node.js is not installed"),
        ),
    ],
)
def test_an_example_plays_a_week(command, tmp_path):
    with started(command[0], ROOT / command[1]) as url:
        manifest = draw_up(load("vending/week"), [AgentSpec(name=url)], [1])
        assert asyncio.run(run(tmp_path, manifest, Watch(0))) == []
    episode = read(record_in(tmp_path))
    assert episode.end["reason"] == "horizon"
    assert {step["action"] for step in episode.steps} == {
        '{"name":"wait_for_next_day","arguments":{}}'
    }
