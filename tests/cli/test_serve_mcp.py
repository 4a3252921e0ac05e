"""`tenure serve-mcp`: a process that the official client talks to over both transports."""

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager, suppress
from subprocess import PIPE

import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tenure.scoring.records import read, read_partial
from tests.cli.tenure_command import _CODE, start
from tests.runner.stand import SCENARIO_FILE, plan

SERVE = ("serve-mcp", SCENARIO_FILE, "--as", "me", "--max-steps", 4)
FILE = "episodes/mcp-me/seed-{}.jsonl.zst"


def text_of(result):
    return result.content[0].text


def at_stdio(folder, errors=None):
    """A client of a new server over standard input and output."""
    words = [str(word) for word in (*SERVE, "--out", folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    parameters = StdioServerParameters(
        command=sys.executable, args=["-c", _CODE, *words], env=environment
    )
    return Client(stdio_client(parameters, errlog=errors or sys.__stderr__))


def test_a_client_that_started_the_server_plays_and_is_scored(tmp_path, tenure):
    async def play():
        with (tmp_path / "errors").open("w") as errors:
            async with at_stdio(tmp_path / "run", errors) as client:
                await client.call_tool("start_work")
                return [text_of(await client.call_tool("close_for_today")) for _ in range(5)]

    told = asyncio.run(play())
    assert "The episode is over (steps)" in told[3]
    assert told[4].startswith("The episode is over (steps)")
    assert len(read(tmp_path / "run" / FILE.format(1)).steps) == 4
    assert (tmp_path / "run/scorecard.json").exists()
    assert '"mcpServers"' in (tmp_path / "errors").read_text()
    assert tenure("verify", tmp_path / "run")[0] == 0


def test_a_server_that_was_killed_goes_on_with_the_same_command(tmp_path, tenure):
    """Talks raw JSON, so that the process is known; nothing but protocol stands in its output."""
    words = (*SERVE, "--out", tmp_path / "run")
    with _RawClient(words) as client:
        client.initialize()
        first = client.call("make_pitchers", {"count": 1})
        second = client.call("make_pitchers", [1])
        client.process.kill()
    assert not read_partial(tmp_path / "run" / FILE.format(1)).complete
    with _RawClient(words) as client:
        client.initialize()
        assert client.call("start_work", {}).endswith(
            f"You go on after 2 calls; the last one led to:\n\n{second}"
        )
        client.call("close_for_today", {})
        client.call(17, {})
        client.process.stdin.close()
        assert client.process.wait() == 0
    steps = read(tmp_path / "run" / FILE.format(1)).steps
    assert [step["text"] for step in steps[:2]] == [first, second]
    faults = [step.get("fault") for step in steps]
    assert faults == [None, "bad_arguments", None, "malformed"]
    assert tenure("verify", tmp_path / "run")[0] == 0


def test_a_damaged_record_is_not_served(tmp_path, tenure):
    plan("mcp/me", steps=4).write(tmp_path)
    path = tmp_path / FILE.format(1)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no record")
    code, _, err = tenure(*SERVE, "--out", tmp_path)
    assert code == 1
    assert "seed-1.jsonl.zst" in err


def test_a_server_can_be_interrupted_and_says_how_to_go_on(tmp_path):
    async def play():
        async with serving(tmp_path) as (process, url):
            async with Client(url) as client:
                await client.call_tool("make_pitchers", {"count": 1})
            process.send_signal(signal.SIGINT)
            _, errors = await asyncio.to_thread(process.communicate)
            return errors, process.returncode

    errors, code = asyncio.run(play())
    assert code == 130
    assert "to go on:\n  tenure serve-mcp" in errors
    assert len(read_partial(tmp_path / FILE.format(1)).steps) == 1


class _RawClient:
    """Speaks the handshake era's protocol, line by line."""

    def __init__(self, words):
        self.process = start(*words, stdin=PIPE)
        self.sent = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with suppress(BrokenPipeError):
                pipe.close()
        self.process.wait()

    def ask(self, method, **params):
        self.sent += 1
        self.tell(method, id=self.sent, params=params)
        answer = json.loads(self.process.stdout.readline())
        assert answer["id"] == self.sent
        return answer["result"]

    def tell(self, method, **more):
        line = json.dumps({"jsonrpc": "2.0", "method": method, **more})
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def initialize(self):
        info = {"name": "raw", "version": "1"}
        version = "2025-06-18"
        self.ask("initialize", protocolVersion=version, capabilities={}, clientInfo=info)
        self.tell("notifications/initialized")

    def call(self, name, arguments):
        result = self.ask("tools/call", name=name, arguments=arguments)
        assert not result.get("isError")
        return result["content"][0]["text"]


@asynccontextmanager
async def serving(folder, *more):
    """A server over HTTP: gives its process and address."""
    process = start(*SERVE, "--out", folder, "--transport", "http", "--port", 0, *more)
    try:
        line = await asyncio.to_thread(process.stderr.readline)
        yield process, line.split()[2]
    finally:
        process.kill()
        process.communicate()


async def play_out(url, **options):
    async with Client(url, **options) as client:
        await client.call_tool("start_work")
        for _ in range(4):
            result = await client.call_tool("close_for_today")
        return text_of(result)


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_sessions_over_http_each_take_the_next_episode(tmp_path, tenure, mode):
    async def play():
        async with serving(tmp_path, "--episodes", 2) as (process, url):
            told = await asyncio.gather(*(play_out(url, mode=mode) for _ in range(2)))
            out, _ = await asyncio.to_thread(process.communicate)
            return told, out, process.returncode

    told, out, code = asyncio.run(play())
    assert all("The episode is over (steps)" in text for text in told)
    assert code == 0
    assert out.splitlines()[1].split()[:2] == ["mcp-me", "2/2"]
    assert [len(read(tmp_path / FILE.format(seed)).steps) for seed in (1, 2)] == [4, 4]
    assert tenure("verify", tmp_path)[0] == 0


def test_a_killed_http_server_goes_on_with_the_same_command(tmp_path):
    async def begin():
        with suppress(ExceptionGroup):  # what the client says of a server that is gone
            async with serving(tmp_path) as (process, url), Client(url) as client:
                await client.call_tool("make_pitchers", {"count": 1})
                process.kill()
                await client.call_tool("close_for_today")

    async def go_on():
        async with serving(tmp_path) as (process, url):
            async with Client(url) as client:
                told = text_of(await client.call_tool("start_work"))
                for _ in range(3):
                    await client.call_tool("close_for_today")
            await asyncio.to_thread(process.communicate)
            return told, process.returncode

    asyncio.run(begin())
    assert len(read_partial(tmp_path / FILE.format(1)).steps) == 1
    told, code = asyncio.run(go_on())
    assert "You go on after 1 calls" in told
    assert code == 0
    assert len(read(tmp_path / FILE.format(1)).steps) == 4


def test_a_session_that_ended_is_followed_by_the_next_and_no_more_than_planned_are_let_in(tmp_path):
    async def play():
        async with serving(tmp_path, "--episodes", 2) as (_, url):
            async with Client(url) as one, Client(url) as other:
                await one.call_tool("make_pitchers", {"count": 1})
                await other.call_tool("make_pitchers", {"count": 2})
                async with Client(url) as third:
                    refused = await third.call_tool("start_work")
                assert refused.is_error
            async with Client(url) as next_one:
                told = text_of(await next_one.call_tool("start_work"))
            return text_of(refused), told

    refused, told = asyncio.run(play())
    assert "over or played by others" in refused
    assert "You go on after 1 calls" in told


@pytest.mark.parametrize("name", ["vending-arena/week", "vending/classic"])
def test_several_seats_are_refused_with_a_sentence(tenure, name):
    code, _, err = tenure("serve-mcp", name)
    assert code == 2
    assert f"{name} has several seats, and an MCP client plays one." in err
