"""`tenure play`, from the shell's point of view."""

import os
import pty
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tenure.cli import desk
from tenure.scoring.records import read_partial
from tenure.scoring.scorecard import score_run
from tests.cli.desk.person import sit
from tests.cli.desk.test_playing import record


def test_without_a_terminal_it_says_what_is_needed(tenure, tmp_path):
    code, out, err = tenure("play", "vending/week", "--out", tmp_path / "run")
    assert (code, out) == (2, "")
    assert "A person plays at a terminal" in err
    assert not (tmp_path / "run").exists()


def test_without_textual_it_says_what_to_install(tenure, monkeypatch):
    monkeypatch.setitem(sys.modules, "textual", None)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    code, _, err = tenure("play", "vending/week")
    assert (code, err) == (2, "tenure: The interface needs Textual: pip install 'tenure[play]'\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["vending-arena/week"], "is a contest of several agents"),
        (["suites/quick"], "is a suite; play one of its scenarios"),
        (["vending/week", "--as", "a b"], "letters, digits, dots, dashes"),
        (["vending/weak"], "vending/week"),
    ],
)
def test_what_no_person_can_play_is_refused_with_what_would_be_right(tenure, words, says):
    code, _, err = tenure("play", *words)
    assert code == 2
    assert says in err


def test_a_person_cannot_be_hired_by_a_run(tenure, tmp_path):
    code, _, err = tenure("run", "vending/week", "--agent", "human/ada", "--out", tmp_path)
    assert code == 2
    assert "plays with `tenure play`" in err


def test_help_imports_no_interface():
    code = "import sys; from tenure.cli import main; main(['play', '--help'])\n"
    code = "try:\n    " + code.replace("; main", "\n    main") + "except SystemExit: pass\n"
    code += "sys.exit('textual' in sys.modules or 'pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, stdout=-3).returncode == 0


def test_an_episode_that_is_over_is_scored_against_floor_and_bound(tenure, tmp_path):
    async def act(here):
        while not here.app._is_over:
            await here.type("wait_for_tomorrow")

    sit("bookings/smoke", tmp_path / "run", act)
    code, out, err = tenure("play", "bookings/smoke", "--as", "ada", "--out", tmp_path / "run")
    assert code == 0
    assert "was played to its end before" in err
    (agent,) = score_run(tmp_path / "run").agents
    assert agent.spending.model_calls == 0  # a person's turns are no model's
    assert out.split()[:2] == ["agent", "human/ada"]
    assert "floor, bound" in out
    assert "Time at work: 0 min" in out
    assert out.rstrip().endswith("report.html")


# --- in a real terminal --------------------------------------------------------------------------


@contextmanager
def terminal(*words):
    """Run `tenure` in a pseudo-terminal of 80 by 24; yields the process and its other end."""
    mine, theirs = pty.openpty()
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # `nohup` hands on that it is ignored
    environment = os.environ | {"TERM": "xterm-256color", "LINES": "24", "COLUMNS": "80"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tenure.cli", *map(str, words)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        start_new_session=True,
    )
    signal.signal(signal.SIGHUP, before)
    os.close(theirs)
    try:
        yield process, mine
    finally:
        process.kill()
        process.wait()
        os.close(mine)


def until(mine, wanted):
    seen = b""
    while wanted not in seen:
        seen += os.read(mine, 65536)
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGHUP])
def test_a_terminal_that_goes_away_loses_no_call(how, tmp_path):
    async def begin(here):
        await here.type("forecast 1 2 3 4 5 6 7")

    sit("bookings/smoke", tmp_path, begin)
    with terminal("play", "bookings/smoke", "--as", "ada", "--out", tmp_path) as (process, mine):
        until(mine, b"Type a call")
        for number in (2, 3):
            os.write(mine, b"forecast 1 2 3 4 5 6 7\r")
            until(mine, b"%d > forecast_tomorrow" % number)
        process.send_signal(how)
        process.wait()
    steps = read_partial(record(tmp_path)).steps
    assert len(steps) == 3

    async def act(here):
        assert here.app.story.actions == len(steps)
        assert here.history.count("forecast_tomorrow quantiles=[1,2,3,4,5,6,7]") == len(steps)
        while not here.app._is_over:
            await here.type("wait_for_tomorrow")

    sit("bookings/smoke", tmp_path, act)
    assert read_partial(record(tmp_path)).complete


def test_only_a_limit_that_the_brief_tells_is_shown():
    from tenure.scenarios import load

    week = load("vending/week")
    assert desk._told_limit(week) == 200
    silent = week.model_copy(update={"brief": "Run the business."})
    assert desk._told_limit(silent) == 0
