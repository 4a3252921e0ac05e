"""Pacing: how a script that works every day makes do with few calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import wraps

from tenure.envs.delegation.scripts import steps_of
from tenure.envs.jobs import Briefing, Policy
from tenure.envs.tools import ToolCall
from tenure.envs.vending.policies.texts import read_day

_WAIT = ToolCall("wait_for_next_day")
_CALLS = re.compile(r"You have (\d+) calls in all, those of the sub-agent included")
_FREE_DAYS = 14
_REMEMBERED_WORKDAYS = 5
_SPARE_CALLS = 15


def paced(policy: Callable[[Briefing], Policy]) -> Callable[[Briefing], Policy]:
    """Spread a script's work over the days where the brief says that a sub-agent's calls count."""

    @wraps(policy)
    def begin(briefing: Briefing) -> Policy:
        script, found = policy(briefing), _CALLS.search(" ".join(briefing.brief.split()))
        return _spread(script, briefing, int(found[1])) if found else script

    return begin


def _spread(script: Policy, briefing: Briefing, calls: int) -> Policy:
    """Let a script work every few days and wait between, and only wait when calls run out.

    After the first two weeks, in which a business is set up, it rests as many days after each
    workday as make the calls last.
    """
    day, days = read_day(briefing.opening)
    workdays, start = list[int](), calls
    call = next(script)
    while calls - steps_of(call) > days - day + _SPARE_CALLS:
        text = yield call
        calls -= steps_of(call)
        if call == _WAIT:
            workdays.append(start - calls)
            day, _ = read_day(text)
            rest_days = _rest_days(workdays, calls, days - day) if day > _FREE_DAYS else 0
            for _ in range(rest_days):
                text = yield _WAIT
            calls, start = calls - rest_days, calls - rest_days
            day += rest_days
        call = script.send(text)
    while True:
        yield _WAIT


def _rest_days(workdays: Sequence[int], calls: int, days_left: int) -> int:
    """Return how many days to wait so that the calls that are left last for the days left.

    Args:
        workdays: Calls of each workday so far.
        calls: Those left.
        days_left: Until the end.
    """
    recent = workdays[-_REMEMBERED_WORKDAYS:]
    usual, budget = -(-sum(recent) // len(recent)), calls // max(1, days_left)
    return min(max(0, -(-(usual - budget) // max(1, budget - 1))), max(0, days_left - 1))
