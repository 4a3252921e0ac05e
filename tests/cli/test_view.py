"""`tenure view`: it tells where it is, answers there, and ends with Ctrl-C."""

import signal

import httpx

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


def test_a_place_that_is_not_there_is_a_sentence(tenure, tmp_path):
    code, out, err = tenure("view", tmp_path / "nowhere", "--no-browser")
    assert (code, out) == (2, "")
    assert err == f"tenure: There is no {tmp_path / 'nowhere'}.\n"
