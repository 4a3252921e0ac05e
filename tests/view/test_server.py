"""What the viewer's server answers, to whom, and what it refuses."""

import orjson
import pytest

from tenure.errors import UsageError
from tenure.scoring.records import read_partial
from tenure.scoring.scenes import scenes
from tenure.view.diagnosing import Diagnoses
from tenure.view.library import Library
from tenure.view.server import make_app
from tests.scoring import episodes
from tests.view import served

PORT = 4321
HOST = f"127.0.0.1:{PORT}"
IDLE = "week/episodes/idle/seed-1.jsonl.zst"
TWO = "week/episodes/two-a-day/seed-1.jsonl.zst"
SLOW = "limited/episodes/slow/seed-1.jsonl.zst"
EVIL = "hostile/episodes/evil/seed-1.jsonl.zst"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return served.runs(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def ask(folder):
    """Ask the server, in this process; headers may be given."""
    app = make_app(folder, PORT)

    return served.asking(app, PORT)


# --- who is answered -----------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "[::1]"])
def test_a_name_that_is_rebound_to_this_machine_is_refused(ask, host):
    assert ask("/api/episodes", headers={"host": host}).status_code == 403
    assert ask("/", headers={"host": host}).status_code == 403


@pytest.mark.parametrize("origin", [{}, {"origin": "http://evil.example"}, {"origin": "null"}])
def test_only_the_page_itself_makes_the_server_act(ask, origin):
    answer = ask("/api/episode/diagnosis", "POST", origin, path=IDLE)
    assert answer.status_code == 403
    assert ask("/api/episode/diagnosis", path=IDLE).json() == {"state": "absent"}


def test_every_answer_forbids_foreign_scripts_and_readers(ask):
    for path in ("/", "/app.js", "/api/episodes", "/nothing"):
        headers = ask(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "path", ["../secret.jsonl.zst", "/etc/passwd", "week/run.json", "", "week/episodes/idle"]
)
def test_nothing_but_the_episodes_below_the_folder_is_read(ask, folder, path):
    (folder.parent / "secret.jsonl.zst").write_bytes(b"")
    answer = ask("/api/episode", path=path)
    assert answer.status_code == 404
    assert answer.json()["error"] == f"There is no episode {path!r} here."


# --- lists ---------------------------------------------------------------------------------------


def test_the_list_tells_how_each_episode_went(ask):
    found = ask("/api/episodes").json()
    assert found["total"] == 6
    rows = {row["path"]: row for row in found["rows"]}
    idle = rows[IDLE]
    assert (idle["run"], idle["agent"], idle["seed"]) == ("week", "idle", "1")
    assert (idle["complete"], idle["faults"], idle["cost_usd"]) == (True, 0, None)
    slow = rows[SLOW]
    assert (slow["complete"], slow["reason"]) == (True, "steps")
    evil = rows[EVIL]
    assert (evil["complete"], evil["reason"], evil["steps"]) == (False, None, 4)
    assert (evil["faults"], evil["tokens"], evil["cost_usd"]) == (1, 4 * 940, 1.0)


def test_a_damaged_file_is_listed_with_what_is_wrong(tmp_path):
    (tmp_path / "bad.jsonl.zst").write_bytes(b"not zstd")
    row = Library(tmp_path).row("bad.jsonl.zst")
    assert row["error"].startswith("bad.jsonl.zst: It is no Tenure record.")


def test_episodes_come_in_the_order_of_seeds_and_attempts(folder, tmp_path):
    names = [f"seed-{n}.jsonl.zst" for n in ("1", "1-attempt-1", "1-attempt-10", "2", "10")]
    for name in reversed(names):
        (tmp_path / name).write_bytes(b"")
    assert Library(tmp_path).names() == names


def test_one_file_is_a_library_of_its_own(folder):
    library = Library(folder / IDLE)
    assert library.names() == ["seed-1.jsonl.zst"]
    with pytest.raises(UsageError, match="no episode"):
        library.path("seed-2.jsonl.zst")


def test_an_episode_that_has_grown_is_read_again(tmp_path, folder):
    grown = tmp_path / "seed-1.jsonl.zst"
    grown.write_bytes((folder / EVIL).read_bytes())
    library = Library(tmp_path)
    assert not library.reading(grown.name).episode.complete
    grown.write_bytes((folder / IDLE).read_bytes())
    assert library.reading(grown.name).episode.complete


# --- an episode ----------------------------------------------------------------------------------


def test_the_timeline_has_a_place_for_every_step_and_figure(ask, folder):
    found = ask("/api/episode", path=TWO).json()
    episode = read_partial(folder / TWO)
    steps = found["steps"]
    assert steps["began"][0] == episode.header["minute"]
    assert len(steps["began"]) == len(steps["tool"]) == len(steps["fault"]) == len(episode.steps)
    called = [steps["tools"][place] for place in steps["tool"]]
    assert called == [scene.call.name for scene in scenes(episode)]
    score = next(one for one in found["figures"] if one["name"] == episode.header["score"])
    assert score["steps"][0] == -1
    assert score["values"][-1] == found["episode"]["score"]


def test_a_step_is_told_in_full(ask):
    found = ask("/api/episode/step", path=EVIL, n=1).json()
    assert found["call"] == {"name": "make_pitchers", "arguments": {"count": 1}}
    assert found["exchange"] == served.EXCHANGE
    first = ask("/api/episode/step", path=EVIL, n=0).json()
    assert first["call"] is None
    assert first["fault"] == "malformed"
    assert first["action"] == served.HOSTILE
    assert found["observation"] == first["answer"]


def test_a_step_tells_how_to_fork_there(ask, folder):
    command = ask("/api/episode/step", path=IDLE, n=2).json()["fork"]
    assert command == f"tenure fork {folder / IDLE} --at step:2 --out fork-step-2"


def test_steps_come_in_pages(ask):
    rows = ask("/api/episode/steps", **{"path": EVIL, "from": 1, "count": 2}).json()["rows"]
    assert [row["n"] for row in rows] == [1, 2]
    assert rows[0]["text"] == "count=1"


@pytest.mark.parametrize("n", ["4", "-1", "1e3", "x", "9" * 30])
def test_a_step_that_is_not_there_is_a_sentence(ask, n):
    answer = ask("/api/episode/step", path=EVIL, n=n)
    assert answer.status_code == 404
    assert answer.json()["error"].endswith(".")


def test_search_finds_steps_whatever_the_case(ask):
    assert ask("/api/episode/search", path=EVIL, q="MAKE_pitchers").json() == {"steps": [1, 3]}
    assert ask("/api/episode/search", path=EVIL, q="").json() == {"steps": []}


def test_the_brief_is_filled_in(ask):
    assert ask("/api/episode/brief", path=IDLE).json()["brief"] == "Sell lemonade for 7 days."


def test_what_a_model_was_asked_is_rebuilt_as_it_was_sent(tmp_path):
    path, sent = served.conversation(tmp_path)
    ask = served.asking(make_app(path, PORT), PORT)
    for n, body in enumerate(sent):
        found = ask("/api/episode/request", path=path.name, n=n).json()
        assert found["note"] == ""
        (request,) = found["requests"]
        assert request["purpose"] == "answer"
        assert request["url"].endswith("/v1/chat/completions")
        assert request["body"] == orjson.loads(body)


def test_where_nobody_was_asked_that_is_said(ask):
    answer = ask("/api/episode/request", path=IDLE, n=1)
    assert answer.status_code == 404
    assert "idle is no model that a run asks" in answer.json()["error"]


def test_a_sub_agent_that_is_another_is_named(tmp_path):
    agent = {"name": "boss/one", "sub_agent": {"name": "hand/two"}}
    episodes.play(tmp_path / "seed-1.jsonl.zst", [episodes.BREW], agent=agent, finish=False)
    assert Library(tmp_path).row("seed-1.jsonl.zst")["agent"] == "boss/one with hand/two"


# --- two episodes --------------------------------------------------------------------------------


def test_two_episodes_part_at_their_first_other_action(ask, folder):
    found = ask("/api/compare", a=IDLE, b=TWO).json()
    idle, two = (read_partial(folder / path).steps for path in (IDLE, TWO))
    assert found["what"] == "action"
    assert found["same_world"] is True
    assert [step["action"] for step in idle[: found["step"]]] == [
        step["action"] for step in two[: found["step"]]
    ]
    assert idle[found["step"]]["action"] != two[found["step"]]["action"]


def test_an_episode_does_not_part_from_itself(ask):
    assert ask("/api/compare", a=IDLE, b=IDLE).json()["step"] is None


def test_other_seeds_are_other_worlds(ask):
    other = IDLE.replace("seed-1", "seed-2")
    assert ask("/api/compare", a=IDLE, b=other).json()["same_world"] is False


# --- diagnosis -----------------------------------------------------------------------------------


def test_a_diagnosis_is_worked_out_once_and_told_when_it_is_done(folder):
    asked = []

    def work(path, progress):
        progress("half")
        asked.append(path)
        return {"failures": [], "ledger": None}

    diagnoses = Diagnoses(Library(folder), work)
    assert diagnoses.state(IDLE) == {"state": "absent"}
    diagnoses.start(IDLE)
    diagnoses.wait()
    assert diagnoses.start(IDLE)["state"] == "done"
    assert diagnoses.state(IDLE) == {"state": "done", "failures": [], "ledger": None}
    assert asked == [folder / IDLE]


def test_a_diagnosis_that_breaks_says_so(folder):
    def work(path, progress):
        raise ZeroDivisionError("by nought")

    diagnoses = Diagnoses(Library(folder), work)
    diagnoses.start(IDLE)
    diagnoses.wait()
    assert diagnoses.state(IDLE) == {"state": "failed", "problem": "ZeroDivisionError: by nought"}
    assert diagnoses.start(IDLE)["state"] == "working"  # and can be tried again
    diagnoses.wait()


def test_failures_and_ledger_of_a_real_episode_reach_the_page(ask):
    origin = {"origin": f"http://{HOST}"}
    assert ask("/api/episode/diagnosis", "POST", origin, path=TWO).json()["state"] == "working"
    while (found := ask("/api/episode/diagnosis", path=TWO).json())["state"] == "working":
        pass
    assert found["state"] == "done"
    assert isinstance(found["failures"], list)
    assert "M1" in found["classes"]


def test_files_that_no_page_can_ask_for_do_not_spoil_the_list(folder, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "out.jsonl.zst").symlink_to(folder / IDLE)
    (home / "odd-\udcff.jsonl.zst").write_bytes(b"")
    (home / "own.jsonl.zst").write_bytes((folder / IDLE).read_bytes())
    library = Library(home)
    assert library.names() == ["own.jsonl.zst"]
    with pytest.raises(UsageError, match="zero byte"):
        library.path("a\0b")
