"""A run is ended by a person or by a limit, loses no answer, and says how to go on."""

import json
import os
import signal
import threading
import time

import pytest

from tenure.cli.stopping import explanation
from tenure.runner.budget import Brake, Budget
from tenure.scoring.records import read_partial
from tests.cli.tenure_command import start
from tests.runner.endpoint import ANSWER
from tests.runner.stand import SCENARIO_FILE

TURNS = 60
"""So many turns has a summer at the stand for an endpoint that always closes the day."""


ANSWER_S = 0.05
"""So long answers take once held ones are released: processes hear of a stop a little later."""


class Held:
    """Lets the endpoint answer so many requests at once and holds those after them back."""

    def __init__(self, server, free):
        self._server, self._free = server, free
        self._arrived, self._released = threading.Event(), threading.Event()
        server.says = self._says

    def _says(self, _):
        if self._server.answered > self._free and not self._released.is_set():
            self._arrived.set()
            assert self._released.wait(30)
        elif self._released.is_set():
            time.sleep(ANSWER_S)  # as a model's answer does
        return ANSWER

    def wait(self):
        assert self._arrived.wait(30)

    def release(self):
        self._released.set()


@pytest.fixture
def worker(server):
    return ("--agent", "openai/worker-1", "--base-url", server.url, "--price", 100, 1000)


def launch(folder, worker, *words, **options):
    return start("run", SCENARIO_FILE, "--out", folder, *worker, *words, **options)


def recorded(folder):
    return [len(read_partial(file).steps) for file in sorted(folder.glob("episodes/*/*.zst"))]


@pytest.mark.parametrize(
    "how",
    [
        (signal.SIGINT, 130, "Interrupted", False),
        (signal.SIGTERM, 143, "Terminated", False),
        (signal.SIGTERM, 143, "Terminated", True),
    ],
)
def test_a_signal_lets_answers_under_way_arrive_and_asks_for_no_more(
    play, server, worker, tmp_path, how
):
    number, code, word, in_background = how
    folder, held = tmp_path / "run", Held(server, free=5)
    process = launch(folder, worker, in_background=in_background)
    held.wait()
    process.send_signal(number)
    said = process.stderr.readline()
    assert said.startswith(f"{word}: nobody is asked any more; answers under way are waited for")
    held.release()
    _, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert f"{word}. What was played is kept in {folder}; to go on:\n  tenure run" in err
    assert recorded(folder) == [server.answered] == [6]
    assert play(*worker)[0] == 0
    assert server.answered == TURNS


@pytest.mark.parametrize("how", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_in_processes_answers_under_way_are_recorded_too_whoever_hears_the_signal(
    play, server, worker, tmp_path, how
):
    number, code = how
    many = ("--episodes", 2, "--workers", 2)
    folder, held = tmp_path / "run", Held(server, free=5)
    process = launch(folder, worker, *many, start_new_session=True)
    held.wait()
    os.killpg(process.pid, number)  # as a terminal does, and who stops a service
    process.stderr.readline()
    held.release()
    _, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert f"What was played is kept in {folder}; to go on:\n  tenure run" in err
    assert sum(recorded(folder)) == server.answered < 2 * TURNS
    assert play(*worker, *many)[0] == 0
    assert server.answered == 2 * TURNS


def test_the_second_signal_stops_at_once(play, server, worker, tmp_path):
    folder, held = tmp_path / "run", Held(server, free=5)
    process = launch(folder, worker)
    held.wait()
    process.send_signal(signal.SIGINT)
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in err) == (130, False)
    assert recorded(folder) == [5]
    held.release()
    assert play(*worker)[0] == 0
    assert server.answered == TURNS + 1  # the answer that nobody waited for


def test_ctrl_c_that_a_shell_has_set_to_be_ignored_stays_so(server, worker, tmp_path):
    held = Held(server, free=5)
    process = launch(tmp_path / "run", worker, in_background=True)
    held.wait()
    process.send_signal(signal.SIGINT)
    held.release()
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_a_run_that_a_person_has_ended_says_so_in_json(server, worker, tmp_path):
    held = Held(server, free=5)
    process = launch(tmp_path / "run", worker, "--json")
    held.wait()
    process.send_signal(signal.SIGINT)
    process.stderr.readline()
    held.release()
    out, _ = process.communicate(timeout=30)
    document = json.loads(out)
    assert (document["stopped"]["reason"], document["scorecard"]) == ("interrupted", None)
    assert document["stopped"]["spent"] == {"turns": 6, "tokens": 6060, "usd": 0.66}


@pytest.mark.parametrize(
    "reached",
    [
        ("--max-turns", 7, "its limit of 7 turns", 7),
        ("--max-tokens", 7_000, "its limit of 7,000 tokens", 7),
        ("--max-usd", 0.66, "its limit of 0.66 dollars", 6),
    ],
)
def test_at_a_limit_of_the_run_it_stops_and_a_higher_one_goes_on(
    play, server, worker, tmp_path, reached
):
    option, limit, told, turns = reached
    code, out, err = play(*worker, option, limit)
    assert (code, recorded(tmp_path / "run"), server.answered) == (5, [turns], turns)
    assert told in err
    assert f"Spent so far: {turns} turns, {turns * 1010:,} tokens, ${turns * 0.11:.2f}." in err
    assert f"To go on, name a higher {option}:\n  tenure run" in err
    assert "0/1" in out
    code, _, err = play(*worker, option, limit)
    assert (code, server.answered) == (5, turns)  # what was recorded counts
    assert told in err
    assert play(*worker, option, 10**6)[0] == 0
    assert server.answered == TURNS


def test_the_limit_is_shared_by_all_episodes(play, server, worker, tmp_path):
    many = ("--episodes", 3, "--concurrency", 3)
    assert play(*worker, *many, "--max-turns", 10)[0] == 5
    assert 10 <= server.answered <= 12  # one answer may be under way in each other episode
    assert sum(recorded(tmp_path / "run")) == server.answered


def test_the_limit_is_shared_by_processes_and_all_that_was_paid_for_counts(
    play, server, worker, tmp_path
):
    many = ("--episodes", 4, "--concurrency", 2, "--workers", 2)
    code, _, err = play(*worker, *many, "--max-turns", 10)
    stopped_at = server.answered
    assert (code, sum(recorded(tmp_path / "run"))) == (5, stopped_at)
    assert 10 <= stopped_at < 4 * TURNS
    assert f"Spent so far: {stopped_at:,} turns, {stopped_at * 1010:,} tokens" in err
    assert play(*worker, *many, "--max-turns", 10)[0] == 5
    assert server.answered == stopped_at
    assert play(*worker, *many)[0] == 0
    assert server.answered == 4 * TURNS


def test_what_stopped_a_run_is_in_the_json_document(play, worker):
    _, out, _ = play(*worker, "--max-turns", 7, "--json")
    document = json.loads(out)
    assert document["stopped"] | {"command": ""} == {
        "reason": "turns",
        "limit": 7,
        "spent": {"turns": 7, "tokens": 7070, "usd": 0.77},
        "advice": "To go on, name a higher --max-turns:",
        "command": "",
    }
    assert json.loads(play(*worker, "--json")[1])["stopped"] is None


def test_minutes_are_by_the_clock_and_the_same_command_goes_on(play, server, worker):
    code, _, err = play(*worker, "--max-minutes", 1e-9)
    assert code == 5
    assert server.answered <= 1
    assert "The same command goes on for as long again:" in err


def test_a_run_that_is_done_at_its_limit_is_done(play, worker):
    assert play(*worker, "--max-turns", TURNS)[0] == 0


def test_dollars_of_a_model_without_a_price_cannot_be_limited(play, server):
    code, _, err = play("--agent", "openai/x", "--base-url", server.url, "--max-usd", 5)
    assert code == 2
    assert "Nobody knows what openai/x costs" in err


def test_an_answer_without_its_price_stops_a_run_with_limited_dollars(play, server, worker):
    server.counts_tokens = False
    for _ in range(2):
        code, _, err = play(*worker, "--max-usd", 5)
        assert (code, server.answered) == (5, 1)
        assert "An answer did not tell its usd" in err
        assert "Spent so far: 1 turns, unknown tokens, an unknown cost." in err


def test_a_limit_that_was_reached_is_not_named_again_as_it_was():
    brake = Brake(Budget(turns=20))
    brake.pull("turns")
    said = explanation(brake, "tenure run vending/week --max-turns 20 --agent naive")
    assert said.endswith("\n  tenure run vending/week --max-turns MORE --agent naive")
