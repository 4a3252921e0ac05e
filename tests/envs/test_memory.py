"""The lemonade stand with memory tools: what they keep, find and refuse."""

import subprocess
import sys

import pytest

from tenure.envs.checker import check_run_out, check_snapshots, check_steps, check_tools
from tenure.envs.jobs import Layers
from tenure.envs.memory import layer
from tenure.envs.memory.embedding import closest, embed
from tenure.envs.tools import Fault
from tenure.errors import UsageError
from tests import lemonade
from tests.envs.forecasts import stand as asked

ALL = Layers(memory=("scratchpad", "key_value", "vector"))
NOTES = (
    "Sunrise Foods delivers within four days, minimum order $50.",
    "Harbor Wholesale sells soda and water; honest so far.",
    "Potato crisps sell best on Saturdays.",
    "Never pay Quick Supplies before the goods are there.",
    "Slot A3 jams when it is hot.",
)


def stand(layers=ALL, **parameters):
    return lemonade.JOB.make(parameters, 3, (), layers)


def first_line(step):
    return step.text.partition("\n")[0]


def test_a_world_without_layers_is_the_jobs_own():
    assert type(stand(Layers())) is lemonade.Stand
    assert "scratchpad" not in " ".join(stand(Layers()).toolbox.tools)


def test_each_kind_adds_its_tools_and_nothing_else():
    own = set(lemonade.Stand.toolbox.tools)
    tools = {kind: set(stand(Layers(memory=(kind,))).toolbox.tools) - own for kind in ALL.memory}
    assert tools == {
        "scratchpad": {"write_scratchpad", "read_scratchpad", "erase_scratchpad"},
        "key_value": {"set_kv_value", "get_kv_value", "delete_kv_value"},
        "vector": {"add_to_vector_db", "search_vector_db"},
    }


def test_the_order_in_which_kinds_are_named_makes_no_difference():
    other = Layers(memory=ALL.memory[::-1])
    assert type(stand(other)) is type(stand())


def test_a_scratchpad_grows_and_is_erased():
    world = stand()
    world.call("write_scratchpad", text="day 1: sunny")
    assert "19,983 characters are left" in world.call("write_scratchpad", text="sold").text
    assert world.call("read_scratchpad").text.startswith("day 1: sunny\nsold\n")
    world.call("erase_scratchpad")
    assert world.call("read_scratchpad").text.startswith("The scratchpad is empty.")


def test_a_full_scratchpad_refuses_and_keeps_what_it_has():
    world = stand(horizon_days=30)
    for _ in range(4):
        world.call("write_scratchpad", text="x" * 4_990)
    step = world.call("write_scratchpad", text="y" * 100)
    assert step.fault is Fault.REFUSED
    assert "has 37 left; erase_scratchpad" in step.text
    assert "y" not in world.state.agent_memory.scratchpad


def test_a_value_is_kept_replaced_and_deleted():
    world = stand()
    world.call("set_kv_value", key="plan", value="a")
    world.call("set_kv_value", key="plan", value="b")
    assert first_line(world.call("get_kv_value", key="plan")) == "b"
    world.call("delete_kv_value", key="plan")
    assert world.call("get_kv_value", key="plan").fault is Fault.REFUSED


def test_a_misspelt_key_is_told_the_nearest_and_what_there_is():
    world = stand()
    world.call("set_kv_value", key="supplier", value="Sunrise")
    world.call("set_kv_value", key="prices", value="A1 2.50")
    text = world.call("get_kv_value", key="suplier").text
    assert "'supplier'" in text
    assert "Newest keys: supplier, prices." in text


def test_there_is_a_limit_of_keys_and_of_texts(monkeypatch):
    monkeypatch.setattr(layer, "MOST_KEYS", 1)
    monkeypatch.setattr(layer, "MOST_TEXTS", 1)
    world = stand()
    for name, arguments in (
        ("set_kv_value", {"key": "a", "value": "1"}),
        ("add_to_vector_db", {"text": "one"}),
    ):
        assert world.call(name, **arguments).fault is None
    assert "1 keys already" in world.call("set_kv_value", key="b", value="2").text
    assert world.call("set_kv_value", key="a", value="3").fault is None
    assert "it holds 1 texts" in world.call("add_to_vector_db", text="two").text


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("minimum order of Sunrise", 0),
        ("who sells soda", 1),
        ("crisp potatoes on saturday", 2),
        ("pay quick suplies", 3),
        ("is slot A3 jammed", 4),
    ],
)
def test_the_likest_text_is_found_first_despite_other_endings_and_typos(query, index):
    assert closest(query, NOTES, 3)[0].at == index


def test_results_are_the_best_few_with_falling_scores_and_equal_texts_score_one():
    found = closest(NOTES[1], NOTES, 3)
    assert found[0] == (1, 1000)
    assert [one.score_permille for one in found] == sorted(
        (one.score_permille for one in found), reverse=True
    )
    assert len(found) <= 3


def test_what_has_nothing_in_common_is_not_returned():
    world = stand()
    world.call("add_to_vector_db", text="aaaa")
    assert world.call("search_vector_db", query="zzzz").text.startswith("Nothing in the vector")
    assert "1. (likeness 1.000) aaaa" in world.call("search_vector_db", query="AAAA").text


def test_of_equal_texts_the_older_comes_first():
    assert [one.at for one in closest("water", ["water", "soda", "water"], 3)] == [0, 2]


def test_the_state_holds_whole_texts_and_vectors_whole_numbers():
    world = stand()
    world.call("add_to_vector_db", text="Harbor sells soda")
    assert b"Harbor sells soda" in world.snapshot()
    assert all(type(value) is int for value in embed("Harbor sells soda").values())


def test_another_process_finds_the_same():
    use = "from tenure.envs.memory.embedding import closest"
    code = f"{use}; print(closest('soda', {NOTES!r}, 5))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for seed in ("1", "2")
    }
    assert printed == {f"{closest('soda', NOTES, 5)}\n"}


def test_tools_of_the_job_can_be_left_out():
    world = stand(Layers(without_tools=("make_pitchers",)))
    assert "make_pitchers" not in world.toolbox.tools
    assert world.call("make_pitchers", count=1).fault is Fault.UNKNOWN_TOOL
    assert world.call("close_for_today").fault is None


def test_a_tool_that_is_not_there_cannot_be_left_out():
    with pytest.raises(UsageError, match="without_tools: the job has no tool 'make_pitcher'"):
        stand(Layers(without_tools=("make_pitcher",)))


def test_memory_stays_out_of_what_is_earned():
    plain, busy = stand(Layers()), stand()
    busy.call("write_scratchpad", text="x")
    while not plain.ended:
        assert plain.call("close_for_today").reward == busy.call("close_for_today").reward


def test_the_layer_keeps_the_world_contract_also_below_forecasts():
    for asks in ((), asked.ASKS):

        def make(asks=asks):
            return asked.JOB.make({"horizon_days": 7}, 5, asks, ALL)

        check_tools(type(make()))
        check_steps(make)
        check_run_out(make())
        check_snapshots(make, max_steps=80)
