"""A sub-agent may be another model than its employer, behind another API, with a key of its own."""

import asyncio
import json
import logging
import re
import signal
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import pytest

from tenure.agents import AgentSpec, local, staff
from tenure.cli import main
from tenure.cli.marks import conclude
from tenure.cli.progress import Watch
from tenure.errors import UsageError
from tenure.runner.arena import draw_up_arena
from tenure.runner.budget import Brake, Budget
from tenure.runner.on_ray import play_on_ray
from tenure.runner.plan import contents_of, draw_up, with_limits
from tenure.runner.processes import play_in_processes
from tenure.runner.rebuilding import requests
from tenure.runner.run import run
from tenure.scenarios import Scenario, load
from tenure.scoring.export.inspect_log import log
from tenure.scoring.export.otel import spans
from tenure.scoring.manifest import Manifest
from tenure.scoring.past import Past
from tenure.scoring.records import read, read_partial
from tenure.scoring.replay import replay
from tenure.scoring.scorecard import score_run
from tenure.scoring.verification import verify
from tests.agents.apis import APIS, Said
from tests.cli.tenure_command import start
from tests.runner.endpoint import serving

KEYS = {"messages": "sk-ant-employer-0123456789", "chat": "sk-worker-9876543210"}
STEPS = 12
LLM_STEPS = 53
"""The shopkeeper sends its sub-agent with its 51st call; two of the model's follow."""
SEND = Said(
    "I send it.", (("run_sub_agent", {"instructions": "Look at the machine."}),), thought=True
)
LOOK = Said(calls=(("check_machine", {}),), stop="tool_calls")
REPORT = Said(calls=(("finish", {"report": "All is well."}),), stop="tool_calls")


class Server(ThreadingHTTPServer):
    """Answers in one API what follows from the conversation alone, so that it can be asked again.

    Attributes:
        asked: The requests.
        patience: How many are answered.
        before: Is called with each request first.
    """

    daemon_threads = True
    patience = 10**6

    def __init__(self, api):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api, self.asked = APIS[api], []
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.before = lambda: None

    def says(self, request):
        """The employer sends its sub-agent; who has a report to write looks, and then reports."""
        tools = orjson.dumps(request["tools"]).decode()
        if "run_sub_agent" in tools:
            return SEND._replace(stop="tool_calls")
        heard = request["messages"][-1]["content"]
        return LOOK if heard.startswith("Instructions from your employer:") else REPORT


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self):
        server = self.server
        request = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.before()
        if KEYS[server.api.name] not in self.headers.get(server.api.key_header, ""):
            self._reply(401, {"error": {"message": f"no such key: {dict(self.headers)}"}})
        elif len(server.asked) >= server.patience:
            self._reply(403, {"error": {"message": f"no more for {KEYS[server.api.name]}"}})
        else:
            server.asked.append(request)
            self._reply(200, server.api.answer(server.says(request)))

    def _reply(self, status, content):
        body = json.dumps(content).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:  # the client was killed
            self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def employer(monkeypatch):
    monkeypatch.delenv("ANTHROPIC_BASE_URL", raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEYS["messages"])
    with serving(Server("messages")) as server:
        yield server


@pytest.fixture
def worker(monkeypatch):
    monkeypatch.delenv("DEEPSEEK_BASE_URL", raising=False)
    monkeypatch.setenv("DEEPSEEK_API_KEY", KEYS["chat"])
    with serving(Server("chat")) as server:
        yield server


def model(server, **options):
    names = {"messages": "anthropic/boss", "chat": "deepseek/hand"}
    return AgentSpec(name=names[server.api.name], base_url=server.url, max_retries=0, **options)


def pair(employer, worker, **options):
    """An employer at $1 per million tokens read, and a sub-agent at $0.10."""
    prices = {"output_usd_per_mtok": 0, "cached_usd_per_mtok": 0, "cache_write_usd_per_mtok": 0}
    own = model(worker, input_usd_per_mtok=0.1, **prices, **options)
    return model(employer, input_usd_per_mtok=1, **prices, sub_agent=own)


def plan(agent, steps=STEPS, seeds=(1,), **limits):
    scenario = with_limits(a_week(), {"steps": steps, **limits})
    return draw_up(scenario, [agent], seeds)


def a_week():
    """Return the scenario in short, so that a script has calls enough for each day."""
    said = load("vending/classic").model_dump()
    short = {**said, "parameters": {**said["parameters"], "horizon_days": 7}}
    return Scenario.model_validate(short)


def play(folder, manifest, **options):
    return asyncio.run(run(folder, manifest, Watch(0), **options))


def record(folder):
    (path,) = folder.rglob("seed-1.jsonl.zst")
    return read_partial(path)


def timeless(episode):
    """The steps without the wall clock."""
    steps = orjson.loads(orjson.dumps(episode.steps))
    for step in steps:
        del step["exchange"]["latency_ms"], step["hash"]
    return steps


def test_each_is_asked_in_its_own_api_with_its_own_key_and_paid_at_its_own_price(
    tmp_path, employer, worker
):
    assert play(tmp_path, plan(pair(employer, worker))) == []
    assert verify(tmp_path).ok
    episode = record(tmp_path)
    # sent, looked, reported; and so on, four times
    assert [step.get("seat", "") for step in episode.steps] == ["", "worker", "worker"] * 4
    assert (len(employer.asked), len(worker.asked)) == (4, 8)
    agent = episode.header["agent"]
    assert (agent["name"], agent["api"], agent["key_variable"]) == (
        *("anthropic/boss", "messages", "ANTHROPIC_API_KEY"),
    )
    own = agent["sub_agent"]
    assert (own["name"], own["api"], own["base_url"], own["key_variable"]) == (
        *("deepseek/hand", "chat", worker.url, "DEEPSEEK_API_KEY"),
    )
    # 300 of the 1,000 tokens of a prompt are neither from nor into a cache
    spent = score_run(tmp_path).agents[0].spending
    assert spent.model_calls == 12
    assert spent.tokens.input == 12_000
    assert spent.cost_usd == pytest.approx(4 * 0.0003 + 8 * 0.00003)
    assert {seat: one.tokens.input for seat, one in spent.seats.items()} == {
        "main": 4_000,
        "worker": 8_000,
    }
    assert spent.seats["worker"].cost_usd == pytest.approx(8 * 0.00003)
    assert spent.seats["main"].cost_usd == pytest.approx(4 * 0.0003)


def test_the_requests_of_each_can_be_rebuilt(tmp_path, employer, worker):
    assert play(tmp_path, plan(pair(employer, worker, remind_every=2))) == []
    past = Past(record(tmp_path))
    found = {"": [], "worker": []}
    for n, step in enumerate(past.episode.steps):
        found[step.get("seat", "")] += [orjson.loads(one.body) for one in requests(past, n)]
    assert found == {"": employer.asked, "worker": worker.asked}


def test_a_price_that_nobody_knows_is_unknown_for_its_seat_and_in_all(tmp_path, employer, worker):
    agent = model(employer, input_usd_per_mtok=1, output_usd_per_mtok=1, sub_agent=model(worker))
    assert play(tmp_path, plan(agent)) == []
    spent = score_run(tmp_path).agents[0].spending
    assert spent.cost_usd is None
    assert spent.seats["worker"].cost_usd is None
    assert spent.seats["main"].cost_usd == spent.known_cost_usd > 0
    with pytest.raises(UsageError, match="Nobody knows what deepseek/hand costs"):
        plan(agent, usd=1)


def test_dollars_and_tokens_of_both_count_towards_limits(tmp_path, employer, worker):
    # 0.0003 for being sent, 0.00003 each for the look and the report
    play(tmp_path / "usd", plan(pair(employer, worker), usd=0.000_350))
    assert [step.get("seat", "") for step in record(tmp_path / "usd").steps] == [
        "",
        "worker",
        "worker",
    ]
    assert record(tmp_path / "usd").end["reason"] == "usd"
    play(tmp_path / "tokens", plan(pair(employer, worker), tokens=2_000))
    assert record(tmp_path / "tokens").end["steps"] == 2
    brake = Brake(Budget(usd=0.000_620))
    play(tmp_path / "run", plan(pair(employer, worker)), brake=brake)
    assert (brake.reason, len(record(tmp_path / "run").steps)) == ("usd", 4)


def test_interrupted_at_any_request_of_either_nothing_paid_is_asked_again(
    tmp_path, employer, worker
):
    play(tmp_path / "whole", plan(pair(employer, worker)))
    whole = timeless(record(tmp_path / "whole"))
    asked = list(employer.asked), list(worker.asked)
    for server, every in ((employer, asked[0]), (worker, asked[1])):
        for answered in range(len(every)):
            employer.asked.clear()
            worker.asked.clear()
            folder = tmp_path / f"{server.api.name}-{answered}"
            server.patience = answered
            assert len(play(folder, plan(pair(employer, worker)))) == 1
            server.patience = 10**6
            assert play(folder, plan(pair(employer, worker))) == []
            assert timeless(record(folder)) == whole
            assert (employer.asked, worker.asked) == asked
            assert verify(folder).ok


def words(employer, worker, *more):
    own = (f"base-url={worker.url}", "price=0.1,0.4", "temperature=0.5")
    chosen = [word for one in own for word in ("--sub-agent-option", one)]
    names = ("--agent", "anthropic/boss", "--base-url", employer.url, "--price", 1, 2)
    seats = (*names, "--sub-agent", "deepseek/hand", *chosen)
    return ("run", "vending/classic", *seats, "--max-steps", STEPS, "--seed", 1, *more)


@pytest.mark.parametrize("seat", ["employer", "worker"])
def test_killed_while_either_is_asked_the_same_command_goes_on(tmp_path, employer, worker, seat):
    folder = tmp_path / "run"
    command = words(employer, worker, "--out", folder, "--episodes", 1)
    tenure = start(*command)
    victim = {"employer": employer, "worker": worker}[seat]

    def kill():
        if len(victim.asked) == 3:
            tenure.send_signal(signal.SIGKILL)
            tenure.wait()

    victim.before = kill
    tenure.communicate(timeout=60)
    assert tenure.returncode == -signal.SIGKILL
    victim.before = lambda: None
    before = len(employer.asked) + len(worker.asked)
    recorded = len(record(folder).steps)
    assert before == recorded + 1  # the answer that a dead process did not get
    again = start(*command)
    again.communicate(timeout=60)
    assert again.returncode == 0
    assert len(employer.asked) + len(worker.asked) == STEPS + 1
    assert verify(folder).ok


def test_the_command_line_says_who_it_is_and_how_it_is_asked(tmp_path, employer, worker):
    more = ("--window-tokens", 9_000, "--sub-agent-option", "context=clear")
    again = start(*words(employer, worker, "--out", tmp_path, *more, "--episodes", 1))
    out, err = again.communicate(timeout=60)
    assert again.returncode == 0, err
    rows = [line.split() for line in out.splitlines()]
    (label,) = Manifest.read(tmp_path).labels
    # a prompt of 1,000 tokens, an answer of 50; at $1 and $2, and at $0.10 and $0.40, per million
    assert [label, "main", "4,200", "$0.00"] in rows
    assert [label, "worker", "8,400", "$0.00"] in rows
    (agent,) = Manifest.read(tmp_path).agents
    own = agent["sub_agent"]
    assert agent["label"].startswith("anthropic-boss-with-deepseek-hand-")
    assert (agent["temperature"], own["temperature"]) == (None, 0.5)
    assert (agent["input_usd_per_mtok"], own["input_usd_per_mtok"]) == (1, 0.1)
    assert (agent["base_url"], own["base_url"]) == (employer.url, worker.url)
    # the window's settings hold for both, unless something else is said
    assert (agent["window_tokens"], own["window_tokens"]) == (9_000, 9_000)
    assert (agent["context"], own["context"]) == ("drop", "clear")
    # what the scenario recommends and nobody said
    assert (agent["keep_percent"], own["keep_percent"]) == (90, 90)
    assert (agent["by_scenario"], own["by_scenario"]) == (["keep_percent"], ["keep_percent"])
    assert {"label": label, **record(tmp_path).header["agent"]} == agent


def test_no_key_is_in_a_record_a_log_or_an_error(tmp_path, employer, worker, caplog):
    caplog.set_level(logging.DEBUG)
    worker.patience = 2
    (failure,) = play(tmp_path, plan(pair(employer, worker)))
    assert "no more for [key]" in failure.sentence
    employer.patience = 3
    worker.patience = 10**6
    (other,) = play(tmp_path, plan(pair(employer, worker)))
    assert "no more for [key]" in other.sentence
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    told = [failure.sentence, other.sentence, caplog.text, str(record(tmp_path)), str(written)]
    told.append(score_run(tmp_path).to_json().decode())
    for key in KEYS.values():
        assert not any(key in one for one in told)


def test_without_its_key_nothing_is_begun(tmp_path, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEYS["messages"])
    monkeypatch.delenv("DEEPSEEK_API_KEY", raising=False)
    for name in ("DEEPSEEK_BASE_URL", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    agent = AgentSpec(name="anthropic/boss", sub_agent=AgentSpec(name="deepseek/hand"))
    with pytest.raises(UsageError, match="deepseek/hand needs a key: set DEEPSEEK_API_KEY"):
        play(tmp_path / "run", plan(agent))
    assert not (tmp_path / "run").exists()


def test_page_report_and_spans_tell_them_apart(tmp_path, employer, worker, capsys):
    assert play(tmp_path, plan(pair(employer, worker))) == []
    (path,) = tmp_path.rglob("seed-1*")
    assert main(["show", str(path), "--seat", "worker"]) == 0
    shown = capsys.readouterr().out
    assert "agent anthropic/boss\n  worker: deepseek/hand\n" in shown
    assert main(["score", str(path)]) == 0
    # prompts of 1,000 tokens and answers of 50
    assert re.search(r"^of worker +8,400, \$0\.00$", capsys.readouterr().out, re.MULTILINE)
    _, report = conclude(tmp_path)
    page = report.read_text()
    assert "anthropic/boss with sub-agent deepseek/hand" in page
    # at $1 and $0.10 per million, 300 of each 1,000 tokens
    assert ": main 4.2k tokens, $0.0012; worker 8.4k tokens, $0.0002." in page
    providers = [
        each["value"]["stringValue"]
        for span in spans(read(path))
        for each in span["attributes"]
        if each["key"] == "gen_ai.provider.name" and span["name"].startswith("chat")
    ]
    assert providers == ["anthropic", "deepseek", "deepseek"] * 4


@pytest.mark.frameworks
def test_inspect_reads_what_each_model_took(tmp_path, employer, worker):
    pytest.importorskip("inspect_ai.log", reason="needs the extra `inspect`")
    assert play(tmp_path, plan(pair(employer, worker))) == []
    usage = log(record(tmp_path)).stats.model_usage
    assert {name: one.total_tokens for name, one in usage.items()} == {
        "anthropic/boss": 4_200,
        "deepseek/hand": 8_400,
    }


def test_in_processes_the_records_are_the_same(tmp_path, employer, worker):
    manifest = plan(pair(employer, worker), seeds=(1, 2))
    assert play(tmp_path / "here", manifest) == []
    place = partial(play_in_processes, workers=2)
    assert play(tmp_path / "there", manifest, place=place) == []
    for path in sorted((tmp_path / "here").rglob("*.zst")):
        other = tmp_path / "there" / path.relative_to(tmp_path / "here")
        assert timeless(read(path)) == timeless(read(other))


@pytest.mark.frameworks
@pytest.mark.filterwarnings("default")  # Ray's own are not ours to mend
def test_on_a_cluster_the_records_are_the_same(tmp_path, employer, worker):
    manifest = plan(pair(employer, worker))
    assert play(tmp_path / "here", manifest) == []
    assert play(tmp_path / "there", manifest, place=partial(play_on_ray, workers=1)) == []
    assert timeless(record(tmp_path / "there")) == timeless(record(tmp_path / "here"))


@pytest.mark.llm
def test_the_embedded_model_in_both_seats_is_one_server(monkeypatch):
    try:
        local.find_weights("smollm2-135m")
    except UsageError as missing:
        pytest.skip(str(missing))
    served, serve = [], local.serve
    monkeypatch.setattr(local, "serve", lambda model: served.append(model) or serve(model))
    hand = AgentSpec(name="local/smollm2-135m", window_tokens=4_000)
    spec = AgentSpec(name="local/smollm2-135m", sub_agent=hand)

    async def hired():
        async with staff(spec, a_week().job) as hire:
            return [hire(1, seat)._spec.window_tokens for seat in ("", "worker")]

    assert asyncio.run(hired()) == [7_936, 4_000]
    assert served == ["smollm2-135m"]


@pytest.mark.llm
def test_the_embedded_model_can_work_for_a_script(tmp_path):
    try:
        local.find_weights("smollm2-135m")
    except UsageError as missing:
        pytest.skip(str(missing))
    hand = AgentSpec(name="local/smollm2-135m", max_output_tokens=48)
    manifest = plan(AgentSpec(name="shopkeeper", sub_agent=hand), 120)
    brake = Brake(Budget(turns=LLM_STEPS))
    assert play(tmp_path, manifest, brake=brake) == []
    episode = record(tmp_path)
    said = [step["exchange"] for step in episode.steps if step.get("seat") == "worker"]
    assert said
    assert {one["cost_usd"] for one in said} == {0}
    assert "exchange" not in episode.steps[0]
    assert play(tmp_path, manifest, brake=Brake(Budget(turns=LLM_STEPS + 1))) == []
    assert len(record(tmp_path).steps) == LLM_STEPS + 1
    assert replay(record(tmp_path)).divergence is None


def test_a_script_can_work_for_a_model(tmp_path, employer):
    errand = [{"name": "check_storage", "arguments": {}}]
    said = {"instructions": orjson.dumps(errand).decode()}
    employer.says = lambda _: Said(calls=(("run_sub_agent", said),), stop="tool_calls")
    agent = model(employer, sub_agent=AgentSpec(name="best"))
    assert play(tmp_path, plan(agent)) == []
    assert verify(tmp_path).ok
    episode = record(tmp_path)
    assert [orjson.loads(step["action"])["name"] for step in episode.steps[:4]] == [
        *("run_sub_agent", "check_storage", "finish", "run_sub_agent"),
    ]
    assert len(employer.asked) == 4
    assert episode.header["agent"]["sub_agent"] == {"name": "best", "policy": "shopkeeper"}
    spent = score_run(tmp_path).agents[0].spending
    assert (spent.seats["main"].model_calls, spent.seats["worker"].model_calls) == (4, 0)


def test_a_fork_goes_on_with_both_who_remember(tmp_path, employer, worker):
    assert play(tmp_path / "run", plan(pair(employer, worker))) == []
    (path,) = (tmp_path / "run").rglob("seed-1*")
    asked = employer.asked[:], worker.asked[:]
    employer.asked.clear()
    worker.asked.clear()
    words = (
        "fork",
        path,
        "--at",
        "step:7",
        "--keep-context",
        "--out",
        tmp_path / "fork",
        "--quiet",
    )
    assert main([str(word) for word in words]) == 0
    # of the seven steps before it three were the employer's and four its sub-agent's
    assert (employer.asked, worker.asked) == (asked[0][3:], asked[1][4:])
    assert verify(tmp_path / "fork").ok
    assert main(["fork", str(path), "--at", "step:7", "--sub-agent", "best"]) == 2


def test_an_agent_of_ones_own_can_work_for_a_model(tmp_path, employer):
    own = AgentSpec(name="tests.runner.own_agents:reporter")
    assert play(tmp_path, plan(model(employer, sub_agent=own))) == []
    assert verify(tmp_path).ok
    assert [step.get("seat", "") for step in record(tmp_path).steps] == ["", "worker"] * 6
    assert employer.asked[1]["messages"][-1]["content"][0]["content"].startswith(
        "The sub-agent reports:\nI looked."
    )
    assert record(tmp_path).header["agent"]["sub_agent"]["source"]


def test_a_model_can_work_for_a_script(tmp_path, worker):
    manifest = plan(AgentSpec(name="shopkeeper", sub_agent=model(worker)), 120)
    assert play(tmp_path / "whole", manifest) == []
    assert verify(tmp_path / "whole").ok
    seats = [step.get("seat", "") for step in record(tmp_path / "whole").steps]
    assert 0 < seats.count("worker") == len(worker.asked)
    told = worker.asked[0]["messages"][1]["content"]
    assert told.startswith("Instructions from your employer:")
    # interrupted, the script goes on with what its sub-agent reported
    once = list(worker.asked)
    worker.asked.clear()
    worker.patience = 2
    assert len(play(tmp_path / "again", manifest)) == 1
    worker.patience = 10**6
    assert play(tmp_path / "again", manifest) == []
    assert worker.asked == once
    assert [step["text"] for step in record(tmp_path / "again").steps] == [
        step["text"] for step in record(tmp_path / "whole").steps
    ]


def test_the_plan_is_the_same_when_list_prices_of_the_sub_agent_have_changed(tmp_path):
    hand = AgentSpec(name="openai/gpt-6-luna")
    manifest = plan(AgentSpec(name="anthropic/boss", sub_agent=hand))
    (agent,) = manifest.agents
    dearer = {**agent, "sub_agent": {**agent["sub_agent"], "input_usd_per_mtok": 99.0}}
    later = manifest.model_copy(update={"agents": [dearer]})
    assert agent["sub_agent"]["price_source"]
    assert contents_of(later) == contents_of(manifest)


def test_a_scenario_without_a_sub_agent_has_no_seat_for_one():
    agent = AgentSpec(name="shopkeeper", sub_agent=AgentSpec(name="best"))
    with pytest.raises(UsageError, match="vending/week has no sub-agent, who could be best"):
        draw_up(load("vending/week"), [agent], [1])
    with pytest.raises(UsageError, match="has no sub-agent"):
        draw_up_arena(load("vending/arena-week"), [agent, agent], [], [1])
