"""Agents of a user's own, from the shell's point of view."""

import pytest

OWN = "tests.runner.own_agents"


def test_a_function_of_ones_own_gets_a_score(play):
    code, out, _ = play("--agent", f"{OWN}:sleeper", "--max-steps", 3)
    assert code == 0
    assert "own_agents-sleeper" in out


def test_an_agents_own_error_is_shown_with_the_line_of_its_code_and_none_of_ours(play):
    code, _, err = play("--agent", f"{OWN}:broken")
    assert code == 1
    assert err.startswith("Traceback (most recent call last):\n  File ")
    assert 'return {"name": observation.nme}' in err
    assert "/tenure/agents/" not in err
    assert err.splitlines()[-1].startswith(f"tenure: The agent {OWN}:broken raised AttributeError")


def test_the_time_an_agent_of_ones_own_may_take_can_be_said(play):
    code, _, err = play("--agent", f"{OWN}:hung", "--timeout", 0.05)
    assert code == 3
    assert "did not act within 0.05 s" in err


@pytest.mark.parametrize(
    ("agent", "option"), [("idle", "--timeout"), (f"{OWN}:sleeper", "--temperature")]
)
def test_what_an_agent_has_no_use_for_is_refused(play, agent, option):
    code, _, err = play("--agent", agent, option, 1)
    assert code == 2
    assert err.startswith(f"tenure: {option} would mean nothing: {agent} asks no model.")
