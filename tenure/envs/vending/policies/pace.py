"""Pacing: how a script that works every day makes do with few calls."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps

from tenure.envs.delegation.scripts import steps_of
from tenure.envs.jobs import Briefing, Policy
from tenure.envs.tools import ToolCall
from tenure.envs.vending.policies.texts import read_day

_WAIT = ToolCall("wait_for_next_day")
_CALLS = re.compile(r"You have (\d+) calls in all, those of the sub-agent included")
_SPARE_CALLS = 15


def paced(policy: Callable[[Briefing], Policy]) -> Callable[[Briefing], Policy]:
    """Let a script keep a call for each night where the brief says that a sub-agent's calls count.

    It works as long as its calls last, and then only waits. To rest on every second day, or on
    more, makes the better scripts worse: they learn from each morning report.
    """

    @wraps(policy)
    def begin(briefing: Briefing) -> Policy:
        script, found = policy(briefing), _CALLS.search(" ".join(briefing.brief.split()))
        return _sparing(script, briefing, int(found[1])) if found else script

    return begin


def _sparing(script: Policy, briefing: Briefing, calls: int) -> Policy:
    """Let a script work until the calls that are left are needed to wait for the end."""
    day, days = read_day(briefing.opening)
    call = next(script)
    while calls - steps_of(call) > days - day + _SPARE_CALLS:
        text = yield call
        calls -= steps_of(call)
        if call == _WAIT:
            day, _ = read_day(text)
        call = script.send(text)
    while True:
        yield _WAIT
