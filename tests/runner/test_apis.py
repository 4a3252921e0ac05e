"""A week at the vending machine through each API, recorded, replayed, resumed and priced."""

import asyncio
import json
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tenure.agents import AgentSpec, local, staff
from tenure.agents.network import Network
from tenure.agents.providers.catalogue import FILE_VARIABLE, url_variable
from tenure.agents.providers.catalogue import load as load_catalogue
from tenure.cli.progress import Watch
from tenure.errors import UsageError
from tenure.runner.inline import play_here
from tenure.runner.plan import draw_up, with_limits
from tenure.runner.run import Conditions, run
from tenure.scenarios import load
from tenure.scoring.records import read, read_partial
from tenure.scoring.scorecard import score_run
from tenure.scoring.verification import verify
from tests.agents.apis import APIS, Said
from tests.runner.endpoint import serving

KEY = "sk-very-secret-0123456789"
EVERY_API = pytest.mark.parametrize("api", list(APIS.values()), ids=list(APIS))
WORK = (
    Said("I look around.", (("check_inbox", {}),), thought=True, stop="tool_calls"),
    Said("Hm.", stop="length"),
    Said(calls=(("wait_until_tomorrow", {}),), thought=True, stop="tool_calls"),
)
PRICES = {"input_usd_per_mtok": 2, "cached_usd_per_mtok": 0.5, "output_usd_per_mtok": 10}


class Server(ThreadingHTTPServer):
    """Answers in an API's own form, built with the vendor's types, from request to request."""

    daemon_threads = True
    answered = 0
    patience = 10**6

    def __init__(self, api):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api
        self.url = f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if not self.path.startswith(self.server.api.path.partition("m:")[0]):
            self._reply(404, {"error": {"message": f"no {self.path}"}})
        elif KEY not in self.headers[self.server.api.key_header]:
            self._reply(401, {"error": {"message": "no key"}})
        elif self.server.answered >= self.server.patience:
            self._reply(403, {"error": {"message": f"no more for {KEY}"}})
        else:
            said = WORK[self.server.answered % len(WORK)]
            self.server.answered += 1
            self._reply(200, self.server.api.answer(said))

    def _reply(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def played(folder, server, **options):
    given = {"base_url": server.url, "api": server.api.name, "max_retries": 0, **options}
    spec = AgentSpec(name="openai/m", **given)
    scenario = with_limits(load("vending/week"), {"steps": 12})
    failures = asyncio.run(run(folder, draw_up(scenario, [spec], [1]), Watch(0)))
    (file,) = (folder / "episodes").glob("*/seed-1.jsonl.zst")
    return failures, read_partial(file)


def timeless(record):
    """Leave out what differs from run to run: how long answers took."""
    steps = [{**step, "exchange": {**step["exchange"]}} for step in record.steps]
    for step in steps:
        del step["exchange"]["latency_ms"], step["hash"]
    return steps


@EVERY_API
def test_a_week_is_recorded_replayed_and_priced(api, tmp_path):
    with serving(Server(api)) as server:
        failures, record = played(tmp_path, server, **PRICES)
    assert failures == []
    assert verify(tmp_path).ok
    assert KEY not in str(record)
    agent = record.header["agent"]
    assert (agent["api"], agent["base_url"], agent["key_variable"]) == (
        *(api.name, server.url, "OPENAI_API_KEY"),
    )
    exchange = record.steps[0]["exchange"]
    stored = 0 if api.name == "gemini" else 100
    assert exchange["usage"] == {
        "input_tokens": 1_000,
        "cached_tokens": 600,
        "cache_write_tokens": stored,
        "output_tokens": 50,
        "reasoning_tokens": 20,
    }
    # 400 at $2, 600 at $0.50 and 50 at $10, each per million
    assert exchange["cost_usd"] == pytest.approx(0.0016)
    assert exchange["finish"] == "tool_calls"
    assert [step["exchange"]["finish"] for step in record.steps[1:3]] == ["length", "tool_calls"]
    spending = score_run(tmp_path).agents[0].spending
    assert spending.cost_usd == pytest.approx(12 * 0.0016)
    assert spending.tokens.input == 12_000


@EVERY_API
def test_a_week_without_prices_costs_nobody_knows_what(api, tmp_path):
    with serving(Server(api)) as server:
        _, record = played(tmp_path, server)
    assert record.steps[0]["exchange"]["cost_usd"] is None
    assert score_run(tmp_path).agents[0].spending.cost_usd is None


@EVERY_API
def test_a_week_cut_short_goes_on_as_if_nothing_had_been(api, tmp_path):
    with serving(Server(api)) as server:
        _, whole = played(tmp_path / "whole", server)
        server.answered, server.patience = 0, 5
        failures, _ = played(tmp_path / "cut", server)
        assert len(failures) == 1
        assert KEY not in str(failures)
        server.patience = 10**6
        failures, resumed = played(tmp_path / "cut", server)
    assert failures == []
    assert timeless(resumed) == timeless(whole)


SERVICES = {name: service for name, service in load_catalogue({}).items() if service.base_url}


@pytest.mark.parametrize("name", list(SERVICES))
def test_every_provider_of_the_catalogue_plays_a_week_at_its_own_address(
    name, tmp_path, monkeypatch
):
    """No request leaves this process: the network's transport answers with the vendor's types."""
    service, asked = SERVICES[name], []
    for variable in {url_variable(name, service), FILE_VARIABLE}:
        monkeypatch.delenv(variable, raising=False)
    if service.key_variable:
        monkeypatch.setenv(service.key_variable, KEY)
    sleep = APIS[service.api].answer(Said(calls=(("wait_for_next_day", {}),), stop="tool_calls"))

    def answer(request):
        asked.append(request)
        return httpx.Response(200, json=sleep)

    def staffing(spec, job, _):
        return staff(spec, job, Network(transport=httpx.MockTransport(answer)))

    manifest = draw_up(load("vending/week"), [AgentSpec(name=f"{name}/m")], [1])
    place = partial(play_here, staffing=staffing)
    assert asyncio.run(run(tmp_path, manifest, Watch(0), Conditions(place=place))) == []
    (file,) = tmp_path.rglob("seed-1.jsonl.zst")
    assert read(file).end["reason"] == "horizon"
    assert verify(tmp_path).ok
    assert len(asked) == 7
    for request in asked:
        assert str(request.url).startswith(service.base_url)
        header = request.headers.get(APIS[service.api].key_header, "")
        assert (KEY in header) == bool(service.key_variable)
        assert KEY not in str(request.url)
        assert KEY not in request.content.decode()
    assert KEY not in str(read(file))


@pytest.mark.llm
@pytest.mark.parametrize("api", ["chat", "responses", "messages"])
def test_the_embedded_server_is_spoken_to_in_each_of_its_apis(api, tmp_path):
    try:
        local.find_weights("smollm2-135m")
    except UsageError as missing:
        pytest.skip(str(missing))

    async def play():
        async with local.serve("smollm2-135m") as server:
            spec = AgentSpec(
                name="llamacpp/smollm2-135m",
                api=api,
                base_url=server.base_url,
                protocol="json",
                max_output_tokens=48,
                window_tokens=7_936,
                temperature=0,
                **PRICES,
            )
            scenario = with_limits(load("vending/week"), {"steps": 6})
            return await run(tmp_path, draw_up(scenario, [spec], [1]), Watch(0))

    assert asyncio.run(play()) == []
    assert verify(tmp_path).ok
    (file,) = (tmp_path / "episodes").glob("*/seed-1.jsonl.zst")
    exchanges = [step["exchange"] for step in read(file).steps]
    assert len(exchanges) == 6
    assert all(
        one["usage"]["input_tokens"] > 0 < one["usage"]["output_tokens"] for one in exchanges
    )
    assert all(one["cost_usd"] > 0 for one in exchanges)
    assert {one["finish"] for one in exchanges} <= {"stop", "length"}
    assert {one["model"] for one in exchanges} == {"smollm2-135m"}
