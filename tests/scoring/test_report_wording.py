"""Numbers and names as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.agents import AgentSpec
from tenure.scoring.report import settings, wording


@pytest.mark.parametrize(
    ("cents", "said"),
    [(123456, "$1,234.56"), (-5, "\u2212$0.05"), (0, "$0.00"), (-0.2, "$0.00"), (None, "\u2013")],
)
def test_figures_in_cents_are_said_in_dollars(cents, said):
    assert wording.amount("bank_cents", cents) == said


@pytest.mark.parametrize(
    ("value", "said"), [(1234, "1,234"), (2.5, "2.5"), (-3, "\u22123"), (2.0, "2")]
)
def test_other_figures_are_grouped_numbers(value, said):
    assert wording.amount("units_sold", value) == said


@pytest.mark.parametrize(
    ("name", "title"), [("net_worth_cents", "Net worth"), ("units_sold", "Units sold")]
)
def test_a_name_becomes_a_heading(name, title):
    assert wording.title(name) == title


@pytest.mark.parametrize(
    ("value", "said"), [(950, "950"), (12_345, "12.3k"), (4_560_000, "4.56M"), (999_999, "1M")]
)
def test_large_numbers_are_shortened(value, said):
    assert wording.short(value) == said


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 agents"), (1, "1 agent"), (1200, "1,200 agents")]
)
def test_one_thing_is_not_said_as_many(count, said):
    assert wording.counted(count, "agent") == said


@pytest.mark.parametrize(
    ("cost", "said"), [(None, "unknown"), (0.0, "$0.00"), (0.0042, "$0.0042"), (12.5, "$12.50")]
)
def test_an_unknown_cost_is_not_zero(cost, said):
    assert wording.usd(cost) == said


@pytest.mark.parametrize(
    ("count", "said"), [(1, "1 file"), (2, "2 files"), (0, "0 files"), (1.5, "1.5 files")]
)
def test_one_is_singular(count, said):
    assert wording.counted(count, "file") == said


@pytest.mark.parametrize(
    ("name", "defaults"),
    [("openai/any", settings.MODEL_DEFAULTS), ("local/any", settings.LOCAL_DEFAULTS)],
)
def test_the_known_defaults_are_those_of_the_agents(name, defaults):
    record = AgentSpec(name=name).record()
    assert {key: record[key] for key in record if key != "name"} == dict(defaults)


def test_settings_that_somebody_chose_come_apart_from_the_defaults():
    spec = AgentSpec(name="openai/any", temperature=0.5, output_usd_per_mtok=2).record()
    said = settings.settings(spec)
    assert said.chosen == "temperature 0.5"
    assert said.rest.startswith("protocol auto; window tokens 69000")
    assert "output usd per mtok 2.0" in said.rest
    assert "base url" not in said.rest


def test_a_sub_agents_own_settings_are_said_in_words():
    spec = AgentSpec(name="openai/any").in_context({}, {"window_tokens": 4_000, "context": "clear"})
    said = settings.settings(spec.record()).chosen
    assert said.startswith("sub agent window tokens 4000, context clear; by scenario sub_agent")


def test_scripts_have_no_settings():
    assert settings.settings(AgentSpec(name="naive").model_dump()) == ("naive", "", "")


def test_seeds_in_a_row_are_joined():
    assert wording.ranges([7, 1, 2, 3, 9, 10]) == "1\u20133, 7, 9\u201310"


@given(st.sets(st.integers(0, 60), min_size=1))
def test_no_seed_is_lost_when_they_are_joined(seeds):
    found = set()
    for part in wording.ranges(list(seeds)).split(", "):
        first, *last = map(int, part.split(wording.DASH))
        found |= set(range(first, (last or [first])[0] + 1))
    assert found == seeds
