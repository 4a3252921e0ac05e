"""Everything Tenure raises on purpose.

TenureError
├── UsageError            the person who called can fix it: wrong name, wrong file, wrong option
├── ProviderError         an outside service failed; the episode stays unscored and resumable
├── TrajectoryError       a record is damaged, incomplete or of an unknown version
├── ContractError         a job, or an agent by import path, breaks its contract; the message says
│                         which rule and where
└── EpisodeOver           a step was asked of an episode that has ended

An agent's mistake is none of these: it is a recorded observation. A bug of ours is a plain Python
exception with its traceback.
"""

from __future__ import annotations

import difflib
import importlib
import os
import traceback
from collections.abc import Iterable
from pathlib import Path

_OURS = str(Path(__file__).parent) + os.sep


class TenureError(Exception):
    """Base of all errors that Tenure raises on purpose."""


class UsageError(TenureError):
    """What was asked for does not exist or does not fit; the message says what would be right."""


class ProviderError(TenureError):
    """A model provider or the network failed for good. The episode can be resumed."""


class TrajectoryError(TenureError):
    """A trajectory cannot be trusted or read.

    Attributes:
        record: 0-based index of the first bad record, or `None` when the file as a whole is bad.
    """

    def __init__(self, message: str, record: int | None = None) -> None:
        super().__init__(message)
        self.record = record


class ContractError(TenureError):
    """A job does not keep the world contract, or somebody's agent its own.

    Its cause, if it has one, is what their code raised.
    """


class EpisodeOver(TenureError):  # noqa: N818  the name of a state, as in StopIteration
    """The episode has ended; reset before the next step."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a sentence that names the nearest valid choice, or lists all of them."""
    choices = sorted(known)
    close = difflib.get_close_matches(name.lower(), choices, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Known: {', '.join(choices) or 'none'}."


def told(error: BaseException) -> str:
    """Return what an exception of somebody else's code says, and where in that code."""
    said = error.msg if isinstance(error, SyntaxError) else str(error).partition("\n")[0]
    return f"{type(error).__name__}: {said}{_place(error)}"


def their_traceback(error: BaseException) -> str:
    """Return the traceback of an exception of somebody else's code, from where that code begins."""
    trace = error.__traceback__
    while trace and trace.tb_next and trace.tb_frame.f_code.co_filename.startswith(_OURS):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace))


def _place(error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f" ({error.filename}, line {error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    others = (_OURS, "<frozen ", importlib.__file__)
    theirs = [one for one in frames if not one.filename.startswith(others)]
    if isinstance(error, ImportError) and not theirs:
        return ""  # there is no such module, and so no place in it
    last = (theirs or frames)[-1:]
    return "".join(f" ({one.filename}, line {one.lineno})" for one in last)
