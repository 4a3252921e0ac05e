"""`tenure view`: it tells where it is, answers there, and ends with Ctrl-C."""

import shlex
import signal

import httpx

from tenure.scoring.verification import verify
from tests.cli.tenure_command import start
from tests.scoring import reported


def test_it_prints_its_address_answers_there_and_ends_with_ctrl_c(tmp_path):
    reported.run(tmp_path, seeds=[1])
    with start("view", tmp_path, "--no-browser") as command:
        address = command.stdout.readline().split()[0]
        assert address.startswith("http://127.0.0.1:")
        assert httpx.get(f"{address}api/episodes", trust_env=False).json()["total"] == 2
        assert "<title>Tenure</title>" in httpx.get(address, trust_env=False).text
        command.send_signal(signal.SIGINT)
        out, err = command.communicate(timeout=60)
    assert (command.returncode, out, err) == (0, "", "")


def test_ctrl_c_ends_a_fork_that_the_page_asked_for_and_its_command_goes_on(tenure, tmp_path):
    assert tenure("run", "vending/week", "--agent", "naive", "--out", tmp_path / "run")[0] == 0
    with start("view", tmp_path / "run", "--no-browser") as command:
        address = command.stdout.readline().split()[0]
        wish = {"path": "episodes/naive/seed-1.jsonl.zst", "step": 9, "futures": 20}
        origin = {"origin": address.removesuffix("/")}
        answer = httpx.post(f"{address}api/fork", json=wish, headers=origin, trust_env=False)
        command.send_signal(signal.SIGINT)
        out, err = command.communicate(timeout=60)
    assert (command.returncode, out, err) == (0, "", "")
    assert tenure(*shlex.split(answer.json()["command"])[1:])[0] == 0
    (folder,) = (tmp_path / "run-forks").iterdir()
    assert verify(folder).ok
    assert len(list(folder.glob("episodes/naive/*"))) == 20


def test_a_place_that_is_not_there_is_a_sentence(tenure, tmp_path):
    code, out, err = tenure("view", tmp_path / "nowhere", "--no-browser")
    assert (code, out) == (2, "")
    assert err == f"tenure: There is no {tmp_path / 'nowhere'}.\n"
