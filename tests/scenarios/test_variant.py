"""Files that say only in what they differ from a built-in scenario."""

from pathlib import Path

import pytest

from tenure.errors import UsageError
from tenure.scenarios import load, load_suite

ABLATIONS = Path(__file__).parents[2] / "docs" / "ablations"
POOR = """
from: vending/classic@1
id: vending/classic-poor
version: 3
parameters: {start_balance_cents: 10000}
context: {window_tokens: 60000}
memory: [scratchpad]
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "poor.yaml"
    path.write_text(POOR)
    return path


def test_a_variant_has_all_of_its_model_but_what_it_says(file):
    poor, classic = load(str(file)), load("vending/classic")
    assert (poor.id, poor.version) == ("vending/classic-poor", 3)
    assert poor.parameters == {**classic.parameters, "start_balance_cents": 10_000}
    assert poor.context.model_dump() == {"window_tokens": 60_000, "keep_percent": 90}
    assert poor.memory == ("scratchpad",)
    assert (poor.delegation, poor.limits) == (classic.delegation, classic.limits)
    assert "$100.00" in poor.briefing
    assert "from" not in poor.model_dump()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("classic@1", "classic"), "name a scenario and its version"),
        (("classic@1", "clasic@1"), "Did you mean 'vending/classic'"),
        (("classic@1", "classic@9"), "has version 1, not 9"),
        (("version: 3\n", ""), "version"),
        (("id: vending/classic-poor\n", ""), "id"),
        (("window_tokens", "window_token"), "Did you mean 'window_tokens'"),
        (("scratchpad", "scratchpat"), "memory"),
        (("memory: [scratchpad]", "without_tools: [read_note]"), "Did you mean 'read_notes'"),
        (("memory: [scratchpad]", "delegation: {tools: [stok]}"), "no tool 'stok'"),
        (("60000}", "60000, policy: clean}"), "should be 'drop', 'clear' or 'summary'"),
        (("60000}", "60000, sub_agent: {}}\ndelegation: null"), "without a delegation"),
    ],
)
def test_what_does_not_fit_is_named(file, change, complaint):
    file.write_text(POOR.replace(*change))
    with pytest.raises(UsageError, match=complaint):
        load(str(file))


def test_what_the_first_benchmark_varied_is_a_suite_of_small_files():
    suite = load_suite(str(ABLATIONS / "suite.yaml"))
    found = [entry.load() for entry in suite.scenarios]
    parameters = [one.world_parameters for one in found]
    assert {one.start_balance_cents for one in parameters} == {10_000, 50_000, 250_000}
    assert {one.daily_fee_cents for one in parameters} == {0, 200, 500}
    assert {one.context.window_tokens for one in found} == {10_000, 30_000, 60_000}
    tools = {one.id.rpartition("-")[2]: set(one.make_world(1).toolbox.tools) for one in found}
    assert "write_scratchpad" in tools["0"]
    assert not {"write_scratchpad", "write_note"} & tools["memory"]
    assert "write_note" in tools["notes"]


def test_what_a_model_sees_of_its_past_is_a_suite_whose_files_vary_one_thing_each():
    found = [entry.load() for entry in load_suite(str(ABLATIONS / "context.yaml")).scenarios]
    classic = load("vending/classic").model_dump()
    varied = {
        one.id.removeprefix("vending/classic"): {
            name
            for name, value in classic.items()
            if name not in ("id", "title") and one.model_dump().get(name) != value
        }
        for one in found
    }
    assert varied == {
        "": set(),
        "-clear": {"context"},
        "-summary": {"context"},
        "-reminders": {"context"},
        "-sub-agent-4k": {"context"},
        "-window-10k": {"context"},
        "-no-memory": {"memory"},
        "-notes": {"memory", "without_tools"},
    }


def test_every_ablation_is_part_of_a_suite():
    suites = [load_suite(str(ABLATIONS / name)) for name in ("suite.yaml", "context.yaml")]
    named = {Path(entry.scenario).name for suite in suites for entry in suite.scenarios}
    assert {path.name for path in ABLATIONS.glob("*.yaml")} == {
        "suite.yaml",
        "context.yaml",
        *(name for name in named if name.endswith(".yaml")),
    }
