"""What a person sees of a run that goes on."""

import asyncio
import io
import sys

import pytest
from pydantic import BaseModel
from rich.console import Console

from tenure.agents import AgentSpec
from tenure.cli import progress
from tenure.cli.progress import Lines, Tally, Watch, watching
from tenure.errors import ProviderError
from tenure.runner.plan import assignments
from tests.runner.stand import plan, scenario

EXCHANGE = {"usage": {"input_tokens": 1000, "output_tokens": 10}, "cost_usd": 0.25}


@pytest.fixture
def world():
    return scenario(days=10).make_world(1)


@pytest.fixture
def assignment(tmp_path):
    return assignments(tmp_path, plan("idle", days=10, steps=100))[0]


def _shown(watch, width=120):
    console = Console(file=io.StringIO(), width=width)
    console.print(watch.view())
    return [line.split() for line in console.file.getvalue().splitlines()]


def test_a_running_episode_shows_day_score_steps_tokens_and_cost(world, assignment):
    watch = Watch(1)
    watch.began(assignment, world, 0)
    world.call("close_for_today")
    watch.stepped(assignment, EXCHANGE)
    world.call("close_for_today")
    watch.stepped(assignment, EXCHANGE)
    _, row, caption = _shown(watch)
    assert row[:-1] == ["idle,", "seed", "1", "3", "$10.00", "2", "2,020", "$0.50"]
    assert caption == ["0", "of", "1", "episodes", "complete"]


def test_a_cost_that_is_not_known_stays_unknown(world):
    tally = Tally(world, 0, 100)
    tally.add({**EXCHANGE, "cost_usd": None})
    tally.add(EXCHANGE)
    assert tally.cells()[3:5] == ("2,020", "?")


def test_a_script_shows_neither_tokens_nor_cost(world):
    assert Tally(world, 0, 100).cells()[3:5] == ("-", "-")


def test_the_time_left_follows_from_the_pace_of_this_process(world):
    tally = Tally(world, 50, 100)
    assert tally.seconds_left is None
    tally.steps, tally.began_s = 75, tally.began_s - 30
    assert tally.seconds_left == pytest.approx(30, abs=1)  # a quarter took 30 s, one is left


def test_the_days_count_where_they_are_further_than_the_steps(world):
    tally = Tally(world, 1, 100)
    for _ in range(5):
        world.call("close_for_today")
    assert tally.shares == (0.5, 0.01)


def test_a_horizon_may_be_in_weeks(world):
    class Weeks(BaseModel):
        horizon_weeks: int = 2

    world.parameters = Weeks()
    tally = Tally(world, 1, 100)
    world.state.now_minutes = 7 * 1440
    assert tally.shares == (0.5, 0.01)


def test_the_time_left_is_the_smaller_of_both_estimates(world):
    tally = Tally(world, 0, 100)
    for _ in range(5):
        world.call("close_for_today")
    tally.steps, tally.began_s = 20, tally.began_s - 30
    assert tally.seconds_left == pytest.approx(32, abs=1)  # by steps it would be 120


def test_the_first_steps_say_nothing_of_the_time_left(world):
    tally = Tally(world, 0, 100)
    tally.steps, tally.began_s = 9, tally.began_s - 30
    assert tally.seconds_left is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "-"), (59.6, "1m00s"), (61, "1m01s"), (7322, "2h02m")]
)
def test_spans_are_written_for_people(seconds, text):
    assert progress._span(seconds) == text


def test_what_failed_stays_on_the_screen(world, assignment):
    watch = Watch(2)
    watch.began(assignment, world, 0)
    watch.failed(assignment, ProviderError("no network"))
    *_, last = _shown(watch)
    assert " ".join(last) == "idle, seed 1 is unfinished: no network"


def test_a_retry_is_on_the_screen_until_the_next_step(world, assignment):
    watch = Watch(1)
    watch.began(assignment, world, 0)
    watch.noticed(assignment.name, "the connection was refused; retry 2 of 8 in 4 s")
    assert "refused;" in _shown(watch)[-1]
    watch.stepped(assignment, None)
    assert "refused;" not in _shown(watch)[-1]


def test_columns_that_no_agent_fills_are_left_out(world, assignment):
    watch = Watch(1)
    watch.began(assignment, world, 0)
    assert _shown(watch)[0] == ["episode", "day", "score", "steps", "left"]


def test_a_narrow_screen_cuts_no_number(world, assignment):
    watch = Watch(1)
    watch.began(assignment, world, 0)
    watch.stepped(assignment, EXCHANGE)
    words = [word for line in _shown(watch, width=46) for word in line]
    assert {"$10.00", "1,010", "$0.25"} <= set(words)


def test_a_long_episode_without_a_terminal_is_a_line_now_and_then(
    world, assignment, capsys, monkeypatch
):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
    lines = Lines(1)
    lines.began(assignment, world, 0)
    lines.stepped(assignment, EXCHANGE)
    assert capsys.readouterr().err.startswith(
        "idle, seed 1: day 1, score $10.00, steps 1, tokens 1,010, cost $0.25, left "
    )


def test_of_a_thousand_episodes_some_are_shown_and_the_others_counted(world, tmp_path, capsys):
    watch = Lines(1_000)
    for item in assignments(tmp_path, plan("idle", seeds=range(1_000))):
        watch.began(item, world, 0)
    for seed in range(6):
        watch.notices[f"idle, seed {seed}"] = "it answered 503"
    rows = [" ".join(row) for row in _shown(watch)]
    assert rows[12].startswith("idle, seed 11 ")
    assert rows[13:15] == ["and 988 more running", "0 of 1000 episodes complete"]
    assert rows[15].startswith("idle, seed 2: ")
    assert rows[-1] == "and 2 more like that"
    watch._say_what_runs()
    assert capsys.readouterr().err.splitlines()[-1] == "and 988 more running"


def test_on_a_terminal_it_is_live_and_leaves_nothing_behind(world, assignment, monkeypatch):
    screen = io.StringIO()
    screen.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with watching(1, quiet=False) as watch:
        watch.began(assignment, world, 0)
    assert "idle, seed 1" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K")


def test_models_with_different_options_have_different_names(tmp_path):
    specs = [AgentSpec(name="openai/x"), AgentSpec(name="openai/x", temperature=0)]
    assert specs[0].label != specs[1].label


def test_who_waits_long_is_spoken_of_until_the_next_step(world, assignment, capsys, monkeypatch):
    now_s = 1000.0
    monkeypatch.setattr(progress, "monotonic", lambda: now_s)
    lines = Lines(1)
    lines.began(assignment, world, 6)
    now_s += progress.LONG_WAIT_S - 1
    assert lines.waits == []
    now_s += 11
    lines.remind()
    said = "idle, seed 1: has waited 2m10s for step 7"
    assert capsys.readouterr().err.splitlines()[-1] == said
    assert said.split() in _shown(lines)
    lines.stepped(assignment, None)
    assert lines.waits == []


def test_the_reminder_comes_of_itself_while_an_episode_goes_on(
    world, assignment, capsys, monkeypatch
):
    monkeypatch.setattr(progress, "LONG_WAIT_S", 0)

    async def waiting():
        lines = Lines(1)
        lines.began(assignment, world, 0)
        for _ in range(3):
            await asyncio.sleep(0)
        lines.ended(assignment, "horizon")

    asyncio.run(waiting())
    assert capsys.readouterr().err.count("has waited 0m00s for step 1") >= 2
