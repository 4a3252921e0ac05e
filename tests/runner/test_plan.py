from typing import get_args

import pytest

from tenure.agents import AgentSpec
from tenure.envs.memory import Kind
from tenure.errors import UsageError
from tenure.runner.plan import (
    assignments,
    check_folder,
    default_folder,
    draw_up,
    settled,
    with_limits,
    with_memory,
)
from tenure.scenarios import Scenario, departures, load
from tests.runner.stand import plan, scenario


def test_each_agent_plays_each_seed_and_the_seeds_go_in_turn(tmp_path):
    planned = assignments(tmp_path, plan("idle", "two-a-day", seeds=range(3, 5)))
    assert [item.name for item in planned] == [
        "idle, seed 3",
        "two-a-day, seed 3",
        "idle, seed 4",
        "two-a-day, seed 4",
    ]
    assert planned[0].path == tmp_path / "episodes" / "idle" / "seed-3.jsonl.zst"


def test_the_same_plan_has_the_same_default_folder_and_another_plan_another():
    folder = default_folder(plan(seeds=[1, 2]))
    assert folder == default_folder(plan(seeds=[1, 2]))
    assert folder.parent.name == "runs"
    assert folder.name.startswith("lemonade-summer-")
    assert len(folder.name) == len("lemonade-summer-") + 8
    others = [plan(seeds=[1]), plan("idle", seeds=[1, 2]), plan(seeds=[1, 2], steps=9)]
    assert folder not in [default_folder(other) for other in others]


def test_another_version_of_tenure_makes_no_other_plan():
    manifest = plan()
    later = manifest.model_copy(update={"tenure": "99.0"})
    assert default_folder(later) == default_folder(manifest)


def test_an_agent_stands_in_a_plan_once():
    with pytest.raises(UsageError, match="'idle' stands twice"):
        plan("idle", "idle")


def test_other_memory_tools_are_a_departure_of_the_scenario():
    tools = {
        kinds: set(with_memory(scenario(), kinds).make_world(1).toolbox.tools)
        for kinds in [(), ("scratchpad",), ("vector", "scratchpad")]
    }
    assert "write_scratchpad" not in tools[()]
    assert tools["scratchpad",] == tools[()] | {
        "write_scratchpad",
        "read_scratchpad",
        "erase_scratchpad",
    }
    week = with_memory(load("vending/week"), ["vector", "scratchpad"])
    assert departures(week) == ['memory is ["scratchpad","vector"], not absent']
    classic = with_memory(load("vending/classic"), [])
    assert departures(classic) == ['memory is absent, not ["scratchpad","key_value","vector"]']


def test_no_memory_where_there_is_none_changes_nothing():
    assert with_memory(load("vending/year"), []) == load("vending/year")


@pytest.mark.parametrize("name", ["vending/year", "supply-line/year", "bookings/smoke"])
def test_every_job_takes_memory_tools(name):
    tools = with_memory(load(name), get_args(Kind)).make_world(1).toolbox.tools
    assert {"write_scratchpad", "set_kv_value", "search_vector_db"} <= set(tools)


def test_a_contest_takes_no_memory_tools():
    with pytest.raises(UsageError, match="no layers"):
        with_memory(load("vending-arena/week"), ["vector"])


def test_a_plan_has_what_a_scenario_recommends_for_each_seat():
    content = load("vending/classic").model_dump()
    own = {"window_tokens": 4_000, "policy": "clear"}
    context = {"policy": "summary", "remind_every": 20, "sub_agent": own}
    classic = Scenario.model_validate(content | {"context": context})
    (agent,) = draw_up(classic, [AgentSpec(name="openai/m")], [1]).agents
    assert (agent["context"], agent["remind_every"]) == ("summary", 20)
    assert agent["sub_agent"] == {"window_tokens": 4_000, "context": "clear"}
    assert agent["by_scenario"] == ["context", "remind_every", "sub_agent"]


def test_a_lower_step_limit_is_part_of_the_scenario():
    assert with_limits(scenario(steps=400), {"steps": 7}).limits.steps == 7


def test_a_step_limit_cannot_be_raised():
    with pytest.raises(UsageError, match="ends after 400 steps; the limit can only be lowered"):
        with_limits(scenario(steps=400), {"steps": 401})


def test_a_folder_is_free_if_it_is_missing_or_empty_or_holds_the_same_plan(tmp_path):
    check_folder(tmp_path / "missing", plan())
    check_folder(tmp_path, plan())
    plan().write(tmp_path)
    check_folder(tmp_path, plan())


def test_a_folder_with_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("...")
    with pytest.raises(UsageError, match="holds something else than a run"):
        check_folder(tmp_path, plan())


def test_a_folder_with_another_plan_is_refused_with_what_differs(tmp_path):
    plan("idle", seeds=[1, 2], steps=50).write(tmp_path)
    with pytest.raises(UsageError) as refusal:
        check_folder(tmp_path, plan("idle", "two-a-day", seeds=[1]))
    message = str(refusal.value)
    assert "agents.two-a-day is absent there and present here" in message
    assert "scenario.limits.steps is 50 there and 400 here" in message
    assert "seeds is [1,2] there and [1] here" in message


def test_long_texts_are_shown_where_they_differ(tmp_path):
    there, here = plan(), plan()
    brief = "word " * 100
    there, here = (
        manifest.model_copy(
            update={"scenario": manifest.scenario.model_copy(update={"brief": brief + end})}
        )
        for manifest, end in ((there, "old tail"), (here, "new tail"))
    )
    there.write(tmp_path)
    with pytest.raises(UsageError) as refusal:
        check_folder(tmp_path, here)
    words = "word word word word"
    assert f"scenario.brief is ...{words} old tail there and ...{words} new tail here" in str(
        refusal.value
    )


def test_two_processes_cannot_play_in_one_folder_at_a_time(tmp_path):
    with (
        settled(tmp_path, plan()),
        pytest.raises(UsageError, match="Another tenure is playing"),
        settled(tmp_path, plan()),
    ):
        pass
    with settled(tmp_path, plan()):
        pass


def test_a_kill_while_the_manifest_is_written_leaves_the_folder_usable(tmp_path):
    (tmp_path / ".run.json.draft").write_text('{"form')
    with settled(tmp_path, plan()):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.json"]


def test_a_folder_that_another_plan_took_meanwhile_is_refused(tmp_path):
    check_folder(tmp_path, plan())
    plan("idle", "two-a-day", seeds=[9]).write(tmp_path)
    with pytest.raises(UsageError, match="holds another plan"), settled(tmp_path, plan()):
        pass


PROVIDERS = """
lab:
  base_url: https://llm.lab.example/v1
  prices: [{models: [m], input: 0.25, output: 0.5, from: 2020-01-01, source: a bill}]
"""


def test_a_plan_is_the_same_when_list_prices_have_changed_and_keeps_its_own(tmp_path, monkeypatch):
    (tmp_path / "providers.yaml").write_text(PROVIDERS)
    monkeypatch.setenv("TENURE_PROVIDERS", str(tmp_path / "providers.yaml"))
    manifest = draw_up(scenario(), [AgentSpec(name="lab/m")], [1])
    assert manifest.agents[0]["output_usd_per_mtok"] == 0.5
    dearer = {**manifest.agents[0], "output_usd_per_mtok": 9.0, "price_source": "later"}
    later = manifest.model_copy(update={"agents": [dearer]})
    assert default_folder(later) == default_folder(manifest)
    manifest.write(tmp_path / "run")
    assert check_folder(tmp_path / "run", later) == manifest
    stated = {**dearer, "by_catalogue": [], "price_source": None}
    with pytest.raises(UsageError, match="holds another plan"):
        check_folder(tmp_path / "run", manifest.model_copy(update={"agents": [stated]}))
