"""The built-in scenarios and the Gymnasium face."""

import warnings

import pytest
from gymnasium.utils.env_checker import check_env

from tenure.envs.supply_line.env import SupplyLineEnv
from tenure.envs.supply_line.notices import CARRIER_DOMAIN, HOUSE_DOMAIN
from tenure.envs.tools import ToolCall
from tenure.scenarios import load, names
from tests.envs.supply_line.play import HOSTILE

WEEKS = {
    "quarter": 13,
    "classic": 52,
    "year": 52,
    "long": 104,
    "regimes": 52,
    "forecast-year": 52,
    "shift": 52,
    "hostile": 52,
}


def brief(name):
    return " ".join(load(f"supply-line/{name}").briefing.split())


def test_all_scenarios_are_tested_here():
    assert {name for name in names() if name.startswith("supply-line/")} == {
        f"supply-line/{name}" for name in WEEKS
    }


@pytest.mark.parametrize(("name", "weeks"), WEEKS.items())
def test_the_scenarios_say_what_they_are(name, weeks):
    scenario = load(f"supply-line/{name}")
    assert scenario.make_world(1).parameters.horizon_weeks == weeks
    assert scenario.limits.steps == 8 * weeks
    assert f"four stages for {weeks} weeks" in scenario.briefing
    assert f"You have {8 * weeks} calls in all, 8 a week," in scenario.briefing
    assert len(scenario.briefing) < 2_800


@pytest.mark.parametrize("name", WEEKS)
def test_the_brief_is_complete(name):
    for sentence in (
        "What counts is the sum of all costs, which should be as low as possible:",
        "Earlier turns may no longer be visible later.",
        "A week without an entry orders 0 at every stage.",
        "goods that are left are worth nothing.",
        "text without a valid call takes 5 minutes.",
        "what is entered for that week is still ordered, and then nothing until the last week.",
    ):
        assert sentence in brief(name)


@pytest.mark.parametrize("name", WEEKS)
def test_the_brief_names_tools_that_exist(name):
    tools = load(f"supply-line/{name}").make_world(1).toolbox.tools
    words = {word.strip(".,:;") for word in brief(name).split()}
    assert {word for word in words if "_" in word} <= set(tools)
    assert {"place_orders", "end_week", "read_terms"} <= words


@pytest.mark.parametrize("name", WEEKS)
def test_the_brief_says_whether_there_is_mail_and_who_tells_the_mood(name):
    world = load(f"supply-line/{name}").make_world(1)
    assert ("There is no mail in this job." in brief(name)) == (not world.mails)
    told = {
        "one": "Demand is alike in all weeks.",
        "observed": "each Monday you are told which it is.",
        "hidden": "nobody tells you which it is.",
    }
    assert [mood for mood, sentence in told.items() if sentence in brief(name)] == [
        world.parameters.regimes
    ]


def test_the_hostile_brief_names_the_genuine_addresses_and_what_counts():
    assert f"ends in @{HOUSE_DOMAIN}, your house, or @{CARRIER_DOMAIN}," in brief("hostile")
    assert "Targets are wishes: costs alone count." in brief("hostile")
    for word in ("hearsay", "cost sheet", "closed", "owed"):
        assert word in brief("hostile")


def test_the_hostile_year_is_the_year_of_told_moods_with_everything_that_can_come_by_mail():
    hostile, regimes = (load(f"supply-line/{name}") for name in ("hostile", "regimes"))
    assert hostile.parameters == regimes.parameters | HOSTILE
    one, other = hostile.make_world(7), regimes.make_world(7)
    assert one.draw.demand_units == other.draw.demand_units


def test_the_classic_line_is_the_published_one():
    for seed in range(3):
        terms = load("supply-line/classic").make_world(seed).draw.terms
        assert terms.lead_weeks == (2, 2, 2, 2)
        assert [regime.mean_units for regime in terms.regimes] == [8]
        assert terms.sheets[0].holding_cents == (100, 75, 50, 25)
        assert terms.sheets[0].backorder_cents == 900


# --- Gymnasium -------------------------------------------------------------------------------


def test_gymnasium_has_nothing_to_complain_of():
    env = SupplyLineEnv(HOSTILE, render_mode="ansi")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env, skip_render_check=True)


def test_rewards_add_up_to_the_result_and_figures_are_as_documented():
    env = SupplyLineEnv({"horizon_weeks": 8})
    observation, _ = env.reset(seed=3)
    total, done = int(observation["figures"][0]), False
    while not done:
        observation, reward, done, truncated, _ = env.step(ToolCall("end_week").to_json())
        total += int(reward)
        assert not truncated
        assert observation in env.observation_space
    assert total == observation["figures"][0] < 0
    for index, figure in enumerate(f for f in env.World.figures if not f.hidden):
        row = next(row for row in SupplyLineEnv.__doc__.splitlines() if f"| {figure.name} " in row)
        cells = [cell.strip() for cell in row.strip(" |").split("|")]
        assert cells[0] == str(index)
        assert cells[3:] == [written(figure.low), written(figure.high)]


def written(limit):
    return {2**53: "2**53", -(2**53): "-2**53"}.get(limit, str(limit))
