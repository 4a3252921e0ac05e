import warnings
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import tenure.envs  # noqa: F401  registers the environments
from tenure.envs import vending
from tenure.envs.tools import ToolCall
from tenure.envs.vending.state import VendingParameters
from tenure.errors import UsageError
from tenure.scenarios import load, names

WAIT = ToolCall("wait_for_next_day").to_json()


def test_gymnasium_has_nothing_to_complain_of():
    env = gymnasium.make("tenure/Vending-v1", render_mode="ansi").unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env)


def test_rewards_add_up_to_the_final_balance():
    env = gymnasium.make("tenure/Vending-v1", parameters={"horizon_days": 20})
    observation, _ = env.reset(seed=3)
    total, done = int(observation["figures"][0]), False
    env.action_space.seed(3)
    while not done:
        action = WAIT if env.np_random.random() < 0.3 else env.action_space.sample()
        observation, reward, done, truncated, _ = env.step(action)
        total += int(reward)
        assert not truncated
        assert observation in env.observation_space
    assert total == observation["figures"][0]


def test_equal_seeds_give_equal_observations():
    def first_days():
        env = gymnasium.make("tenure/Vending-v1")
        env.reset(seed=11)
        return [env.step(WAIT)[0] for _ in range(5)]

    for one, other in zip(first_days(), first_days(), strict=True):
        assert one["text"] == other["text"]
        assert np.array_equal(one["figures"], other["figures"])


def test_an_unknown_parameter_is_an_error():
    with pytest.raises(UsageError, match=r"horizon_weeks: .*Did you mean 'horizon_days'"):
        gymnasium.make("tenure/Vending-v1", parameters={"horizon_weeks": 2})


def test_hidden_figures_are_not_observed():
    env = gymnasium.make("tenure/Vending-v1").unwrapped
    assert env.figure_names == (
        "bank_cents",
        "day",
        "minute_of_day",
        "unread_mails",
        "unpaid_days",
    )


@pytest.mark.parametrize(("name", "days"), [("week", 7), ("month", 30), ("year", 365)])
def test_the_built_in_scenarios_say_what_they_are(name, days):
    assert f"vending/{name}" in names()
    scenario = load(f"vending/{name}")
    assert scenario.make_world(1).parameters.horizon_days == days
    assert f"for {days} days" in scenario.briefing
    assert "$500.00" in scenario.briefing
    assert str(scenario.limits.steps) in scenario.briefing
    assert len(scenario.briefing) < 2_300


@pytest.mark.parametrize("name", ["week", "month", "year"])
def test_the_brief_says_what_a_forgetful_agent_must_know(name):
    brief = " ".join(load(f"vending/{name}").briefing.split())
    for sentence in (
        "Earlier turns may no longer be visible later.",
        "Notes and reminders are kept: write_note, read_notes, set_reminder.",
        "text without a valid call takes 5 minutes.",
        "A call that reaches 22:00 is finished, then you sleep until 08:00.",
        "the business goes on without you until the last day.",
        "with that day's card sales; goods and cash left in the machine count nothing.",
        "Goods past their sell-by day are thrown away.",
        "The morning report tells of faults, jams and thefts, and what to do.",
    ):
        assert sentence in brief


def test_the_card_documents_every_parameter():
    card = (Path(vending.__file__).parent / "README.md").read_text(encoding="utf-8")
    assert [name for name in VendingParameters.model_fields if f"`{name}`" not in card] == []
