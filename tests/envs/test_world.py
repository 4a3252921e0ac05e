import gymnasium
import pytest

from tenure.envs.spaces import TextSpace
from tenure.envs.tools import Fault, ToolCall
from tenure.envs.world import FAULT_MINUTES, Figure
from tenure.errors import ContractError, EpisodeOver, UsageError
from tests.lemonade import JOB, Stand


@pytest.fixture
def stand():
    return JOB.make({"horizon_days": 3, "cash_cents": 300}, seed=2)


def test_a_call_does_what_it_says_and_takes_its_time(stand):
    step = stand.call("make_pitchers", count=2)
    assert step.text == "8 cups are ready.\n[day 1]"
    assert step.minute == 8 * 60 + 30
    assert step.figures == (100, 8)
    assert step.reward == -200
    assert step.fault is None


def test_a_refusal_is_told_and_changes_nothing_but_the_time(stand):
    step = stand.call("make_pitchers", count=4)
    assert step.fault == Fault.REFUSED
    assert step.text.startswith("Error: 4 pitchers cost $4.00")
    assert (step.figures, step.minute) == ((300, 0), 8 * 60 + 30)


def test_a_text_that_is_no_call_costs_five_minutes(stand):
    step = stand.step("Let me think about it.")
    assert step.fault == Fault.MALFORMED
    assert step.minute == 8 * 60 + FAULT_MINUTES


def test_facts_are_for_the_record_and_not_for_the_agent(stand):
    step = stand.call("close_for_today")
    assert step.events == ({"kind": "day", "day": 0, "sold": 0},)
    assert "event" not in step.text


def test_after_the_end_no_step_is_possible(stand):
    for _ in range(3):
        step = stand.call("close_for_today")
    assert step.ended == "horizon"
    with pytest.raises(EpisodeOver, match="horizon"):
        stand.call("close_for_today")


def test_rewards_sum_to_the_change_of_the_score(stand):
    total = sum(stand.call("make_pitchers", count=1).reward for _ in range(3))
    total += stand.call("close_for_today").reward
    assert total == stand.measured[0] - 300


def test_a_snapshot_takes_the_world_back(stand):
    snapshot, digest = stand.snapshot(), stand.digest()
    stand.call("make_pitchers", count=1)
    assert stand.digest() != digest
    stand.restore(snapshot)
    assert stand.digest() == digest
    assert stand.measured == (300, 0)


def test_what_an_agent_does_does_not_shift_the_customers():
    idle, busy = JOB.make({}, seed=8), JOB.make({}, seed=8)
    idle.call("close_for_today")
    busy.call("make_pitchers", count=5)
    assert idle.customers == busy.customers


def test_the_face_shows_text_and_figures():
    env = gymnasium.make("tests/Lemonade-v0", parameters={"cash_cents": 500}, render_mode="ansi")
    observation, info = env.reset(seed=3)
    assert observation["text"].startswith("The stand opens.")
    assert list(observation["figures"]) == [500, 0]
    assert info == {"seed": 3}
    observation, reward, terminated, truncated, info = env.step(
        '{"name": "make_pitchers", "arguments": {"count": 1}}'
    )
    assert (reward, terminated, truncated, info["fault"]) == (-100.0, False, False, None)
    assert env.render() == observation["text"]
    assert env.unwrapped.figure_names == ("cash_cents", "cups")


@pytest.mark.parametrize("action", [5, {"name": "make_pitchers"}, ToolCall("make_pitchers")])
def test_an_action_that_is_no_text_is_a_bug_of_the_caller(action):
    env = gymnasium.make("tests/Lemonade-v0", disable_env_checker=True)
    env.reset(seed=3)
    with pytest.raises(TypeError, match="to_json"):
        env.step(action)


def test_without_a_seed_each_episode_is_another_world():
    env = gymnasium.make("tests/Lemonade-v0")
    seeds = {env.reset(seed=1)[1]["seed"], env.reset()[1]["seed"], env.reset()[1]["seed"]}
    assert len(seeds) == 3


def test_an_unknown_parameter_is_refused():
    with pytest.raises(UsageError, match="sugar: there is no such key"):
        gymnasium.make("tests/Lemonade-v0", parameters={"sugar": 1})


def test_a_step_before_the_first_reset_says_what_to_do():
    env = gymnasium.make("tests/Lemonade-v0").unwrapped
    with pytest.raises(EpisodeOver, match="reset the environment first"):
        env.step(ToolCall("close_for_today").to_json())


def test_text_spaces_hold_any_text_up_to_their_length():
    space = TextSpace(5, seed=1)
    assert space.contains("żółć!")
    assert not space.contains("123456")
    assert not space.contains(5)
    assert space.contains(space.sample())
    assert space == TextSpace(5)


def test_when_nobody_works_any_more_time_runs_to_the_end(stand):
    stand.call("make_pitchers", count=2)
    events = stand.run_out()
    assert stand.ended == "horizon"
    assert [event["day"] for event in events] == [0, 1, 2]
    assert stand.measured[0] == 100 + 50 * sum(event["sold"] for event in events)
    assert stand.run_out() == ()


def test_what_luck_has_added_is_no_part_of_what_was_earned(stand):
    class Lucky(Stand):
        luck = "tips_cents"
        figures = (*Stand.figures, Figure("tips_cents", "given by strangers", hidden=True))

        def measure(self) -> tuple[int, ...]:
            return (*super().measure(), 40)

    assert stand.earned == 300
    assert Lucky(stand.parameters, seed=2).earned == 260


class Saver(Stand):
    """A stand whose cups count."""

    def start(self):
        self.score = "cups"
        return super().start()


def test_a_world_may_choose_which_of_its_figures_decides():
    saver = Saver(Saver.Parameters(), 1)
    assert (saver.call("make_pitchers", count=2).reward, saver.earned) == (8, 8)
    assert (Stand.score, Saver.score) == ("cash_cents", "cash_cents")


def test_only_a_figure_can_decide():
    class Lost(Stand):
        def start(self):
            self.score = "cup"
            return super().start()

    with pytest.raises(ContractError, match=r"The score of Lost is 'cup'.*Did you mean 'cups'"):
        Lost(Lost.Parameters(), 1)
