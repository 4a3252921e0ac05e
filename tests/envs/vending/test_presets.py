"""The presets: what they are, that scripts play them to their end, and that records verify."""

import asyncio
import json

import pytest
import yaml

from tenure.agents import AgentSpec, local, staff
from tenure.cli import main
from tenure.envs.jobs import Briefing
from tenure.envs.tools import Fault
from tenure.errors import UsageError
from tenure.runner.plan import draw_up
from tenure.scenarios import load
from tenure.scenarios.playing import acting, play
from tenure.scoring.records import read
from tests.runner.endpoint import Endpoint, endpoint

CLASSIC, MODERN = load("vending/classic"), load("vending/modern")
HANDS = {"stock_slot", "empty_slot", "set_price", "collect_cash"}


def shortened(scenario, days, **parameters):
    """The scenario on fewer days."""
    changed = {**scenario.parameters, "horizon_days": days, **parameters}
    return scenario.model_copy(update={"parameters": changed})


@pytest.mark.parametrize(
    ("name", "days", "steps"),
    [("quarter", 91, 1900), ("classic", 365, 2000), ("modern", 365, 6000)],
)
def test_the_presets_say_what_they_are(name, days, steps):
    scenario = load(f"vending/{name}")
    world = scenario.make_world(1)
    assert (world.parameters.horizon_days, scenario.limits.steps) == (days, steps)
    assert f"{days} days" in scenario.briefing
    assert f"{steps} calls in all" in " ".join(scenario.briefing.split())


def test_classic_has_published_memory_tools_and_no_others():
    tools = set(CLASSIC.make_world(1).toolbox.tools)
    assert {"write_scratchpad", "get_kv_value", "search_vector_db"} <= tools
    assert not tools & {"write_note", "read_notes", "delete_note", "set_reminder"}


def test_in_classic_the_sub_agent_alone_can_touch_the_machine():
    world = CLASSIC.make_world(1)
    assert not HANDS & set(world.offered.tools)
    assert {"check_machine", "check_storage", "call_technician"} <= set(world.offered.tools)
    world.call("run_sub_agent", instructions="Look around.")
    looking = {"check_machine", "check_storage"}
    assert set(world.offered.tools) == HANDS | looking | {"finish", "answer"}


def test_in_classic_net_worth_decides_and_in_modern_words_cost():
    assert CLASSIC.make_world(1).score == "net_worth_cents"
    assert MODERN.make_world(1).counts_tokens
    assert "$100.00 for a million output tokens" in MODERN.briefing


@pytest.mark.parametrize(
    ("scenario", "window", "keep"), [(CLASSIC, 30_000, 90), (MODERN, 69_000, 61)]
)
def test_a_plan_takes_the_presets_window_for_models(scenario, window, keep):
    chosen = AgentSpec(name="openai/m2", window_tokens=20_000)
    plan = draw_up(scenario, [AgentSpec(name="openai/m"), chosen, AgentSpec(name="floor")], [1])
    model, other, floor = plan.agents
    assert (model["window_tokens"], model["keep_percent"]) == (window, keep)
    assert other["window_tokens"] == 20_000
    assert "window_tokens" not in floor


@pytest.mark.parametrize("name", ["null", "random", "naive", "shopkeeper"])
def test_every_script_plays_classic_to_its_end(name):
    scenario = shortened(CLASSIC, 20)
    world = scenario.make_world(2)
    played = play(world, world.opening(), acting(scenario, world, name), scenario.limits.steps)
    assert played.finished
    if name in ("naive", "shopkeeper"):
        assert world.state.units_sold > 50


def test_a_script_keeps_a_call_for_each_night():
    scenario = shortened(CLASSIC, 120)
    scenario = scenario.model_copy(
        update={"limits": scenario.limits.model_copy(update={"steps": 400})}
    )
    world = scenario.make_world(1)
    played = play(world, world.opening(), acting(scenario, world, "shopkeeper"), 400)
    assert (played.finished, world.ended) == (True, "horizon")
    assert 350 < len(played.actions) <= 400


# --- from the command line -----------------------------------------------------------------------


@pytest.fixture
def tenure(capsys, monkeypatch):
    """The command; returns the exit code."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    def call(*words):
        code = main([str(word) for word in words])
        capsys.readouterr()
        return code

    return call


def written(scenario, folder):
    """Write a scenario of one's own into a folder, and return the file."""
    path = folder / "own.yaml"
    content = scenario.model_dump(mode="json") | {"id": "vending/own"}
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "name",
    ["quarter", *(pytest.param(name, marks=pytest.mark.slow) for name in ("classic", "modern"))],
)
def test_scripts_play_a_preset_to_its_end_and_the_records_verify(tenure, tmp_path, name):
    agents = [word for agent in ("null", "random", "floor", "best") for word in ("--agent", agent)]
    run = tmp_path / "run"
    assert tenure("run", f"vending/{name}", *agents, "--out", run, "--quiet") == 0
    assert {read(path).end["reason"] for path in run.rglob("seed-*")} <= {"horizon", "bankrupt"}
    assert tenure("verify", run) == 0


def says(request):
    """What a model says: the main seat sends the worker or sleeps; that looks and reports."""
    tools = {one["function"]["name"] for one in request["tools"]}
    turns = sum(message["role"] == "assistant" for message in request["messages"])
    name, arguments = ("check_storage", {}) if turns % 2 else ("finish", {"report": "All well."})
    if "run_sub_agent" in tools:
        name, arguments = ("wait_for_next_day", {})
        if turns % 2:
            name, arguments = ("run_sub_agent", {"instructions": "Look into the storage."})
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "function": function}]}


def test_a_models_seats_and_tokens_are_recorded_resumed_and_verified(tenure, tmp_path, monkeypatch):
    monkeypatch.setattr(Endpoint, "says", lambda _, request: says(request))
    own = written(shortened(CLASSIC, 9, token_price_cents_per_million=10**6), tmp_path)
    run = tmp_path / "run"
    with endpoint() as server:
        command = ("run", own, "--agent", "openai/m", "--base-url", server.url, "--out", run)
        server.patience = 7
        assert tenure(*command, "--quiet") != 0
        server.patience = 10**6
        assert tenure(*command, "--quiet") == 0
    (path,) = run.rglob("seed-1*")
    episode = read(path)
    assert episode.header["agent"]["window_tokens"] == 30_000
    assert {step.get("seat", "") for step in episode.steps} == {"", "worker"}
    assert all(step["outside"] == {"output_tokens": 10} for step in episode.steps)
    bills = [event for step in episode.steps for event in step.get("events", ())
             if event["kind"] == "token_bill"]  # fmt: skip
    assert sum(bill["cents"] for bill in bills) == 10 * len(episode.steps)
    assert tenure("verify", run) == 0


# --- with the embedded model ---------------------------------------------------------------------


@pytest.fixture
def _model():
    try:
        local.find_weights("smollm2-135m")
    except UsageError as missing:
        pytest.skip(str(missing))


class Office:
    """The embedded model in every seat of a world."""

    def __init__(self, scenario, hire):
        self.scenario, self.hire, self.crew, self.steps = scenario, hire, {}, []
        self.world = scenario.make_world(1)
        self.heard = self.world.opening()

    async def work(self, turns):
        """Let whoever's turn it is work for some turns."""
        for _ in range(turns):
            turn = await (await self.on_turn()).act(self.heard)
            counted = {"output_tokens": turn.output_tokens} if self.world.counts_tokens else {}
            self.note(self.world.step(turn.action, counted))

    async def on_turn(self):
        seat = self.world.seat
        if seat not in self.crew:
            brief = self.world.role(seat) or self.scenario.briefing
            self.crew[seat] = self.hire(0, seat)
            self.crew[seat].begin(Briefing(brief, self.heard, self.world.offered, 0))
        return self.crew[seat]

    def note(self, step):
        self.steps.append(step)
        self.heard = step.text


async def some_days(scenario, days):
    """Let the model work for some turns a day, in classic also as the worker that is sent."""
    spec = AgentSpec(name="local/smollm2-135m", max_output_tokens=48)
    async with staff(spec, scenario.job) as hire:
        office = Office(scenario, hire)
        for _ in range(days):
            await office.work(1)
            if "run_sub_agent" in office.world.offered.tools:
                office.note(office.world.call("run_sub_agent", instructions="Look into storage."))
            await office.work(2)
            if office.world.seat:
                office.note(office.world.call("finish", report="I have looked."))
            office.note(office.world.call("wait_for_next_day"))
        for agent in office.crew.values():
            await agent.close()
    return office


@pytest.mark.llm
@pytest.mark.usefixtures("_model")
@pytest.mark.parametrize("scenario", [CLASSIC, MODERN], ids=["classic", "modern"])
def test_the_embedded_model_works_on_some_days(scenario):
    office = asyncio.run(some_days(scenario, days=2))
    assert office.world.today >= 2
    assert set(office.crew) == ({"", "worker"} if scenario is CLASSIC else {""})
    calls = [step for step in office.steps if step.fault in (None, Fault.REFUSED)]
    assert 2 * len(calls) > len(office.steps)  # an answer that was cut off is a step, too
    assert (office.world.state.token_microcents > 0) == (scenario is MODERN)


def test_the_planner_does_all_itself_and_so_cannot_play_where_a_sub_agent_must():
    assert "planner" in MODERN.oracles
    assert not CLASSIC.oracles
    with pytest.raises(UsageError, match="planner does all itself"):
        draw_up(CLASSIC, [AgentSpec(name="planner")], [1])
