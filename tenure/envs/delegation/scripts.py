"""Scripts in a delegating world: one that sends, and one that is sent.

A job's script knows no sub-agent. `through_worker` puts a foreman before it, who collects the calls
that the main seat cannot make and sends the worker with a list of them as JSON; `worker` makes them
one by one and reports what each led to. So a call that is collected is answered at once with a
standing text: whoever needs to know whether it came off must look.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import orjson

from tenure.envs.delegation.layer import ASKED, INSTRUCTED
from tenure.envs.tools import ToolCall

if TYPE_CHECKING:
    from tenure.envs.jobs import Briefing, Policy

_RUN = "run_sub_agent"
_STEPS = re.compile(r"at most (\d+) calls")
_REPORT_CHARS = 4_500
_INSTRUCTION_CHARS = 4_500


def through_worker(policy: Callable[[Briefing], Policy]) -> Callable[[Briefing], Policy]:
    """Let a script that knows no sub-agent work in a delegating world; elsewhere as it was."""

    @wraps(policy)
    def begin(briefing: Briefing) -> Policy:
        script = policy(briefing)
        return _foreman(script, briefing) if _RUN in briefing.toolbox.tools else script

    return begin


def _foreman(script: Policy, briefing: Briefing) -> Policy:
    """Make a script's calls, those of the worker's tools through the worker."""
    most = int(_STEPS.findall((yield ToolCall("sub_agent_specs")))[-1]) - 1
    heard, errands = briefing.opening, list[ToolCall]()
    call = next(script)
    while True:
        if call.name not in briefing.toolbox.tools:
            errands.append(call)
        else:
            while errands:
                count = _fitting(errands, most)
                sent, errands = errands[:count], errands[count:]
                yield ToolCall(_RUN, {"instructions": _written(sent)})
            heard = yield call
        call = script.send(heard)


def _fitting(errands: Sequence[ToolCall], most: int) -> int:
    """Return how many of some errands the worker can be given at once, at least one."""
    count = max(1, min(most, len(errands)))
    while count > 1 and len(_written(errands[:count])) > _INSTRUCTION_CHARS:
        count -= 1
    return count


def _written(errands: Sequence[ToolCall]) -> str:
    calls = [{"name": one.name, "arguments": dict(one.arguments)} for one in errands]
    return orjson.dumps(calls).decode()


def steps_of(call: ToolCall) -> int:
    """Return how many steps of the episode a foreman's call takes, with those of the worker."""
    if call.name != _RUN:
        return 1
    return 2 + len(orjson.loads(call.arguments["instructions"]))


def worker(briefing: Briefing) -> Policy:
    """Carry out instructions that are a JSON list of calls, and report what each led to."""
    heard, report = briefing.opening, "I have done nothing yet."
    while True:
        if heard.startswith(ASKED):
            heard = yield ToolCall("answer", {"text": report})
            continue
        told = []
        for call in _read(heard, briefing.toolbox.tools):
            heard = yield call
            if heard.startswith((INSTRUCTED, ASKED)):  # brought back, and sent again
                break
            told.append(heard.partition("\n")[0])
        else:
            report = "\n".join(told)[:_REPORT_CHARS] or "There was nothing that I could do."
            heard = yield ToolCall("finish", {"report": report})


def _read(instructions: str, known: object) -> list[ToolCall]:
    """Return the calls of the worker's tools in instructions; none if they are no such list."""
    text = instructions.removeprefix(INSTRUCTED).lstrip()
    try:
        said, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return []
    return [_call(one) for one in said if _is_call(one, known)] if isinstance(said, list) else []


def _is_call(said: object, known: Any) -> bool:
    return (
        isinstance(said, dict)
        and said.get("name") in known
        and isinstance(said.get("arguments", {}), dict)
    )


def _call(said: Any) -> ToolCall:
    return ToolCall(said["name"], said.get("arguments", {}))
