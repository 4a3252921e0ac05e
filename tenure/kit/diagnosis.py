"""What the checks find: each cause once, with what to do about it."""

from __future__ import annotations

import traceback
from collections.abc import Hashable, Iterator
from typing import NamedTuple

from tenure.errors import TenureError, told
from tenure.kit.advice import AdvisedError
from tenure.kit.checks import CHECKS, WRITE_GOLDEN, Case, Check
from tenure.kit.trials import PolicyError


class Finding(NamedTuple):
    """What one check found.

    Attributes:
        check: The check's name.
        ok: Whether the rule is kept.
        text: What was found; if the rule is broken, which and where.
        advice: What to do about it; empty if the rule is kept.
        see: If the rule could not be checked, the check that found why.
    """

    check: str
    ok: bool
    text: str
    advice: str = ""
    see: str = ""


def findings(case: Case, *, write_golden: bool = False) -> Iterator[Finding]:
    """Run every check that fits; each finding comes as soon as it is there.

    Args:
        case: What is checked.
        write_golden: Write `golden.json` instead of comparing with it, if nothing else is broken.
    """
    causes: dict[Hashable, str] = {}
    broken = ""
    for check in CHECKS:
        if check.name == "golden" and (case.subject.folder is None or write_golden):
            continue
        if check.name == "luck" and not case.job.world.luck:
            continue
        finding = _finding(check, case, causes)
        broken = broken or ("" if finding.ok else finding.check)
        yield finding
    if write_golden and not broken:
        yield _finding(WRITE_GOLDEN, case, causes)
    elif write_golden:
        yield Finding("golden", ok=False, text=f"not written: see {broken}", see=broken)


def _finding(check: Check, case: Case, causes: dict[Hashable, str]) -> Finding:
    """Run one check; a cause that an earlier one has told is not told again."""
    try:
        return Finding(check.name, ok=True, text=check.run(case))
    except Exception as error:  # noqa: BLE001  the job's own code: what it raises is the finding
        first = causes.setdefault(_cause(error), check.name)
        if first != check.name:
            text = f"not checked: see {first}"
            return Finding(check.name, ok=False, text=text, see=first)
        return Finding(check.name, ok=False, text=_text(error), advice=_advice(error, check))


def _cause(error: BaseException) -> Hashable:
    """Return what two findings with one cause have in common."""
    if isinstance(error, PolicyError):
        return PolicyError  # one that fails in several ways is one that is to be mended
    while error.__cause__:
        error = error.__cause__
    if isinstance(error, TenureError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = (frames[-1].filename, frames[-1].lineno) if frames else ()
    return (type(error), place)


def _text(error: Exception) -> str:
    return str(error) if isinstance(error, TenureError) else told(error)


def _advice(error: Exception, check: Check) -> str:
    if isinstance(error, AdvisedError):
        return error.advice
    return check.advice if isinstance(error, TenureError) else "Mend what is raised there."
