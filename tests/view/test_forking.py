"""Forks that the page asks for: what it may start, where they go, how their parents are found."""

import json
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from tenure.cli import main
from tenure.errors import UsageError
from tenure.runner.fork import fork
from tenure.scoring.records import read
from tenure.scoring.verification import verify
from tenure.view import forking
from tenure.view.forking import MOST_FUTURES, Forks, Wish, offer, wish_of
from tenure.view.library import Library
from tenure.view.server import MOST_BODY_BYTES, make_app
from tests.runner.stand import contents
from tests.scoring import reported
from tests.view import served

PORT = 4321
ORIGIN = {"origin": f"http://127.0.0.1:{PORT}"}
TWO = "week/episodes/two-a-day/seed-1.jsonl.zst"


@pytest.fixture
def folder(tmp_path):
    reported.run(tmp_path / "runs/week", seeds=(1,))
    return tmp_path / "runs"


@pytest.fixture
def ask(folder):
    """Ask the server, in this process."""
    return served.asking(make_app(folder, PORT), PORT)


def wished(ask, headers=ORIGIN, **wish):
    return ask("/api/fork", "POST", headers, json.dumps({"path": TWO, "step": 6, **wish}))


def played(ask, **wish):
    """Ask for a fork, and look at it until it is over."""
    told = wished(ask, **wish).json()
    while told.get("state") == "working":
        told = ask("/api/fork/state", id=told["id"]).json()
    return told


def refusal(ask, **wish):
    answer = wished(ask, **wish)
    assert answer.status_code == 404
    return answer.json()["error"]


# --- what is played ------------------------------------------------------------------------------


def test_another_script_goes_on_beside_the_run_and_is_set_beside_its_parent(ask, folder):
    told = played(ask, agent="idle")
    assert (told["state"], told["problems"], told["ended"], told["planned"]) == ("done", [], 1, 1)
    (row,) = told["episodes"]
    assert row["path"].startswith("week-forks/step-6-")
    assert (row["agent"], row["forked_at"]) == ("idle", 6)
    parent, child = read(folder / TWO), read(folder / row["path"])
    assert row["difference"] == child.end["measured"][0] - parent.end["measured"][0]
    assert verify(folder / "week-forks" / told["folder"].rpartition("/")[2]).ok


def test_what_the_page_played_is_what_the_command_it_names_plays(ask):
    told = played(ask, agent="idle", futures=2, tool="make_pitchers", arguments='{"count": 3}')
    folder = Path(told["folder"])
    before = contents(folder)
    shutil.rmtree(folder)
    assert main([*shlex.split(told["command"])[1:], "--quiet"]) == 0
    assert contents(folder) == before


def test_who_remembers_goes_on_as_it_did(ask):
    (row,) = played(ask, keeps_context=True)["episodes"]
    assert row["difference"] == 0


def test_a_decision_is_taken_in_place_of_the_agents(ask, folder):
    told = played(ask, tool="make_pitchers", arguments='{"count": 3}')
    episode = read(folder / told["episodes"][0]["path"])
    action = '{"name":"make_pitchers","arguments":{"count":3}}'
    assert episode.header["parent"]["action"] == action
    assert episode.steps[6]["action"] == action


def test_other_futures_are_an_episode_each(ask):
    told = played(ask, keeps_context=True, futures=3)
    assert [(row["attempt"], row["future"]) for row in told["episodes"]] == [(0, 1), (1, 2), (2, 3)]


def test_the_same_wish_again_is_there_already(ask):
    assert played(ask, agent="idle")["folder"] == played(ask, agent="idle")["folder"]


def test_one_fork_is_played_at_a_time_and_can_be_stopped(folder, monkeypatch):
    async def once_stopped(*words):
        await words[-1].brake.pulled()
        return await fork(*words)

    monkeypatch.setattr(forking, "fork", once_stopped)
    forks = Forks(Library(folder))
    wish = Wish(path=TWO, step=6, agent="idle")
    told = forks.start(wish)
    assert told["state"] == "working"
    assert forks.under_way == told["id"]
    with pytest.raises(UsageError, match="Another fork is being played"):
        forks.start(wish)
    told = forks.stop(told["id"])
    assert (told["state"], told["episodes"], forks.under_way) == ("stopped", [], 0)
    monkeypatch.undo()
    forks.start(wish)
    forks.wait()
    assert forks.state(2)["state"] == "done"


def test_what_goes_wrong_while_it_is_played_is_told(ask, folder):
    (folder / "week-forks").write_text("no folder")
    told = played(ask, agent="idle")
    assert told["state"] == "failed"
    assert "week-forks" in told["problems"][0]


# --- what is not ---------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", [{}, {"origin": "http://evil.example"}, {"origin": "null"}])
def test_only_the_page_itself_can_have_a_fork_played_or_stopped(ask, folder, origin):
    assert wished(ask, origin, agent="idle").status_code == 403
    assert ask("/api/fork/stop", "POST", origin, id=1).status_code == 403
    assert not (folder / "week-forks").exists()


@pytest.mark.parametrize(
    ("agent", "why"),
    [
        ("openai/gpt-5-mini", "openai/gpt-5-mini is a model. It takes a key and money"),
        ("local/smollm2-135m", "local/smollm2-135m is a model."),
        ("os:system", "os:system is code outside the job"),
        ("http://127.0.0.1:1/act", "http://127.0.0.1:1/act answers at an address of its own"),
    ],
)
def test_whatever_costs_money_or_runs_other_code_is_a_command_to_copy(ask, folder, agent, why):
    told = wished(ask, agent=agent, futures=2).json()
    assert told["state"] == "elsewhere"
    assert told["problem"].startswith(why)
    assert f"--at step:6 --agent {agent} --futures 2 --out " in told["command"]
    assert not (folder / "week-forks").exists()


def recorded_by(folder, name):
    """A library with one episode that an agent of that name is said to have recorded."""
    reported.run(folder, [1], [{"name": "two-a-day"}])
    path = folder / "episodes/two-a-day/seed-1.jsonl.zst"
    reported.reseal(path, lambda records: records[0].update(agent={"name": name}))
    return Library(folder)


def test_a_model_that_recorded_the_episode_is_not_asked_again_by_a_page(tmp_path):
    library = recorded_by(tmp_path, "openai/gpt-5-mini")
    (name,) = library.names()
    assert offer(library.reading(name), 3)["fresh"] == ""
    told = Forks(library).start(Wish(path=name, step=3))
    assert told["state"] == "elsewhere"
    assert "--agent" not in told["command"]


def test_a_script_that_the_job_no_longer_has_cannot_go_on(tmp_path):
    library = recorded_by(tmp_path / "run", "retired")
    (name,) = library.names()
    sentence = "There is no script 'retired' here. Known: best, floor, idle, two-a-day."
    assert offer(library.reading(name), 3)["fresh"] == sentence
    with pytest.raises(UsageError, match=sentence):
        Forks(library).start(Wish(path=name, step=3))
    assert not (tmp_path / "run-forks").exists()


def test_code_that_a_record_names_is_never_imported(tmp_path, monkeypatch):
    (tmp_path / "bomb.py").write_text("class Agent: pass")
    monkeypatch.syspath_prepend(tmp_path)
    library = recorded_by(tmp_path / "run", "bomb:Agent")
    (name,) = library.names()
    assert offer(library.reading(name), 3)["fresh"] == ""
    for agent in (None, "bomb:Agent"):
        told = Forks(library).start(Wish(path=name, step=3, agent=agent))
        assert told["problem"].startswith("bomb:Agent is code outside the job")
    assert "bomb" not in sys.modules


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"agent": "idel"}, "There is no script 'idel' here. Did you mean 'idle'?"),
        ({"agent": ""}, "agent: String should have at least 1 character."),
        ({"agent": "clairvoyant"}, "clairvoyant plans the whole episode before its first day"),
        ({"agent": "human/ann"}, "human/ann comes from outside"),
        ({"step": 99}, "There is no step 99"),
        ({"path": "../secret.jsonl.zst"}, "There is no episode '../secret.jsonl.zst' here."),
        ({"tool": "make_pitchers", "arguments": "{"}, "The arguments are no JSON"),
        ({"tool": "make_pitchers", "arguments": "3"}, "The arguments are a JSON object"),
        ({"tool": "make_pitchers", "arguments": "{}"}, "make_pitchers: count: "),
        ({"tool": "fly"}, "There is no tool 'fly'."),
        ({"agent": "idle", "keeps_context": True}, "Only who recorded an episode can remember it"),
        ({"futures": MOST_FUTURES + 1}, "futures: Input should be less than or equal to 20."),
        ({"step": "6"}, "step: Input should be a valid integer."),
        ({"out": "elsewhere"}, "out: Extra inputs are not permitted."),
    ],
)
def test_what_does_not_fit_is_a_sentence_and_plays_nothing(ask, folder, wish, sentence):
    assert refusal(ask, **wish).startswith(sentence)
    assert not (folder / "week-forks").exists()


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"null"])
def test_a_body_that_is_no_wish_is_refused(body):
    with pytest.raises(UsageError, match=r"\.$"):
        wish_of(body)


def test_a_long_body_is_not_read(ask):
    answer = ask("/api/fork", "POST", ORIGIN, b" " * (MOST_BODY_BYTES + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "At most 65,536 bytes are read.")


# --- what the page offers ------------------------------------------------------------------------


def test_the_page_is_told_what_can_be_changed(ask):
    found = ask("/api/fork/offer", path=TWO, n=6).json()
    assert found["agents"] == ["idle", "two-a-day", "floor", "best"]
    assert [(one["name"], one["signature"]) for one in found["tools"]] == [
        ("make_pitchers", "count: integer"),
        ("close_for_today", "none"),
    ]
    assert (found["fresh"], found["kept"], found["futures"]) == ("", "", "")
    assert found["under_way"] is None


def test_the_page_is_told_what_a_fork_cannot_change_again(ask):
    told = played(ask, tool="make_pitchers", arguments='{"count": 3}', futures=1)
    found = ask("/api/fork/offer", path=told["episodes"][0]["path"], n=8).json()
    assert "cannot remember it" in found["kept"]
    assert "itself in future 1" in found["futures"]


# --- parents -------------------------------------------------------------------------------------


def test_a_fork_tells_its_parent_and_what_was_changed(ask):
    told = played(ask, tool="make_pitchers", arguments='{"count": 3}', futures=1)
    found = ask("/api/episode", path=told["episodes"][0]["path"]).json()["parent"]
    assert found == {
        "step": 6,
        "agent": "two-a-day",
        "context": "fresh",
        "action": '{"name":"make_pitchers","arguments":{"count":3}}',
        "future": 1,
        "path": TWO,
    }
    assert ask("/api/episode", path=TWO).json()["parent"] is None


def test_the_copy_of_a_parent_is_no_episode_but_stands_in_for_one_that_is_gone(ask, folder):
    told = played(ask, agent="idle")
    path = told["episodes"][0]["path"]
    assert ask("/api/episodes").json()["total"] == 3
    (folder / TWO).unlink()
    found = ask("/api/episode", path=path).json()["parent"]
    assert found["path"] == f"{path.partition('/episodes/')[0]}/parent.jsonl.zst"
    assert ask("/api/episode", path=found["path"]).json()["episode"]["agent"] == "two-a-day"
    reported.run(folder / "week", seeds=(2,))
    shutil.copy(folder / "week/episodes/idle/seed-2.jsonl.zst", folder / found["path"])
    assert ask("/api/episode", path=path).json()["parent"]["path"] == ""  # that is another's


@pytest.mark.parametrize("place", ["week", TWO])
def test_forks_are_listed_beside_what_is_viewed_also_by_who_comes_later(folder, place):
    forks = Forks(library := Library(folder / place))
    name = TWO.removeprefix("week/") if place == "week" else "seed-1.jsonl.zst"
    forks.start(Wish(path=name, step=6, agent="idle"))
    forks.wait()
    path = forks.state(1)["episodes"][0]["path"]
    assert library.path(path).resolve().is_relative_to(folder.resolve() / "week-forks")
    later = Library(folder / place)
    assert later.row(path)["forked_at"] == 6
    assert later.names()[-1] == path
    with pytest.raises(UsageError, match="no episode"):
        later.path("../week-forks-of-others/seed-1.jsonl.zst")


def test_a_suite_keeps_forks_out_of_its_folder(tmp_path):
    run = tmp_path / "suite/lemonade/week"
    reported.run(run, seeds=(1,))
    (tmp_path / "suite/suite.json").write_text("{}")
    assert forking.nursery(run / "episodes/idle/seed-1.jsonl.zst") == (
        tmp_path.resolve() / "suite-forks"
    )
    assert forking.nursery(tmp_path / "alone.jsonl.zst") == tmp_path.resolve() / "forks"
