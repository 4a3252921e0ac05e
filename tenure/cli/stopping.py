"""How a run is stopped before its end, by a person or by a limit, and what is said of it."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from tenure.cli.exits import Exit
from tenure.cli.terminal import remark
from tenure.runner.budget import GRACE_S, Brake

INTERRUPTED, TERMINATED = "interrupted", "terminated"
_REASONS = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}
_EXITS = {INTERRUPTED: Exit.INTERRUPTED, TERMINATED: Exit.TERMINATED}
_UNITS = {"turns": "turns", "tokens": "tokens", "usd": "dollars", "minutes": "minutes"}


@contextmanager
def heeding_signals(brake: Brake) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM pull the brake, and the second of them cancel the running task.

    A third one, while nothing else is listened to, is a `KeyboardInterrupt`. A signal that whoever
    started us has set to be ignored stays ignored, as in a shell's background.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    heard: list[int] = []

    def hear(number: int, _: FrameType | None) -> None:
        heard.append(number)
        if len(heard) > 2:
            raise KeyboardInterrupt
        loop.call_soon_threadsafe(heed, _REASONS[signal.Signals(number)])

    def heed(reason: str) -> None:
        if len(heard) > 1 and task:
            task.cancel()
            return
        remark(
            f"{reason.capitalize()}: nobody is asked any more; answers under way are waited for, "
            f"at most {GRACE_S} s. Once more stops at once."
        )
        brake.pull(reason)

    taken = {
        number: signal.signal(number, hear)
        for number in _REASONS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, before in taken.items():
            signal.signal(number, before)


def was_ended(brake: Brake) -> bool:
    """Tell whether a person, and no limit, has stopped a run."""
    return brake.reason in _EXITS


def exit_of(brake: Brake) -> Exit:
    """Return the exit code of a run that was stopped."""
    return _EXITS.get(brake.reason, Exit.LIMIT)


def stopped(brake: Brake, line: str) -> dict[str, Any]:
    """Return what a JSON document says of a run that was stopped.

    Args:
        brake: What stopped it.
        line: The command that was typed.
    """
    return {
        "reason": brake.reason,
        "limit": getattr(brake.budget, brake.reason, None),
        "spent": brake.spent,
        "advice": _advice(brake),
        "command": _higher(brake, line),
    }


def explanation(brake: Brake, line: str) -> str:
    """Return what stopped a run at a limit, what was spent, and how to go on."""
    return f"tenure: {_what(brake)} {_spent(brake)}\n{_advice(brake)}\n  {_higher(brake, line)}"


def _what(brake: Brake) -> str:
    if brake.reason == "untold":
        return f"An answer did not tell its {brake.untold}, so the limit of them cannot be kept."
    limit = getattr(brake.budget, brake.reason)
    return f"The run has reached its limit of {limit:,g} {_UNITS[brake.reason]}."


def _spent(brake: Brake) -> str:
    spent = brake.spent
    tokens = "unknown" if spent["tokens"] is None else f"{spent['tokens']:,}"
    cost = "an unknown cost" if spent["usd"] is None else f"${spent['usd']:,.2f}"
    return f"Spent so far: {spent['turns']:,} turns, {tokens} tokens, {cost}."


def _higher(brake: Brake, line: str) -> str:
    """Return the command that was typed, with a place for a higher limit if it reached one."""
    if brake.reason in ("turns", "tokens", "usd") and not was_ended(brake):
        return re.sub(rf"(--max-{brake.reason})[= ]\S+", r"\1 MORE", line)
    return line


def _advice(brake: Brake) -> str:
    if brake.reason == "minutes":
        return "The same command goes on for as long again:"
    if brake.reason == "untold":
        return f"To go on without it, leave out --max-{brake.untold}:"
    if was_ended(brake):
        return "To go on:"
    return f"To go on, name a higher --max-{brake.reason}:"
