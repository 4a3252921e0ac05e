"""All detectors over one walk through an episode."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from tenure.envs.audit import Audit
from tenure.scoring.failures.beliefs import Beliefs
from tenure.scoring.failures.classes import CODE_OF
from tenure.scoring.failures.control import Idleness, Loops, Thrash
from tenure.scoring.failures.failure import Failure
from tenure.scoring.failures.forecasts import Calibration
from tenure.scoring.failures.sights import Sight, auditor, sights
from tenure.scoring.past import Past

_LIMITS = ("steps", "tokens", "usd", "minutes")
_APART_STEPS = 40
"""Failures of one class and matter that follow within so many steps are one."""


def detect(past: Past) -> list[Failure]:
    """Find what went wrong in an episode, finished or not, and in which seat.

    Returns:
        Failures in the order of their steps; those of one class and seat that follow each other
        without a break are one, with `until` as its last step.

    Raises:
        TrajectoryError: If a step comes out otherwise than recorded.
    """
    found = list(_found(past))
    steps = past.episode.steps
    end = past.episode.end
    if end and end["reason"] in _LIMITS and steps:
        last = len(steps) - 1
        what = f"the limit of {end['reason']} ended it after {len(steps):,} steps"
        day = steps[-1]["minute"] // 1440 + 1
        found.append(Failure("X3", last, day, what, last, {"limit": end["reason"]}))
    return _joined(found, [step.get("seat", "") for step in steps])


def tells_facts(past: Past) -> bool:
    """Tell whether the job's audit can find classes that need a job, of a contest by seat."""
    return auditor(past) is not Audit


class _Party:
    """Who has a business of its own: the only agent, one with its worker, or one of several rivals.

    Args:
        past: The episode.
        audit: The job's, or one that tells nothing.
    """

    def __init__(self, past: Past, audit: Audit) -> None:
        tools = past.scenario.make_world(past.episode.seed).toolbox.tools
        self._beliefs = Beliefs(audit, past.episode.header["score"], tools)
        self._idleness = Idleness(audit.idle_days)
        self._loops: defaultdict[str, Loops] = defaultdict(Loops)
        self._thrash: defaultdict[str, Thrash] = defaultdict(Thrash)

    def judge(self, sight: Sight) -> Iterator[Failure]:
        """Look at one more step: its words, and the control that its seat has of itself."""
        yield from self._beliefs.judge(sight)
        looping = list(self._loops[sight.seat].judge(sight))
        yield from looping
        yield from self._thrash[sight.seat].judge(sight, loops=bool(looping))
        yield from self._idleness.judge(sight)

    def close(self) -> Iterator[Failure]:
        """Tell what lasts at the end of the record."""
        yield from self._idleness.close(is_end=True)


def _found(past: Past) -> Iterator[Failure]:
    is_contest = past.scenario.job.is_contest
    audit = auditor(past)()
    calibration = Calibration()
    parties: dict[str, _Party] = {}
    days: dict[int, int] = {}
    for sight in sights(past):
        days[sight.n] = sight.scene.day
        yield from _facts(sight, days, past)
        if sight.is_late:
            continue
        whose = sight.seat if is_contest else ""
        party = parties.get(whose) or parties.setdefault(whose, _Party(past, audit))
        yield from _faults(sight, audit)
        yield from _outside(sight)
        yield from party.judge(sight)
        yield from calibration.judge(sight)
    for party in parties.values():
        yield from party.close()


def _faults(sight: Sight, audit: Audit) -> Iterator[Failure]:
    """A1, A2, A3 and P2: what the world itself did not take."""
    answer = (sight.scene.answer or "").partition("\n")[0]
    code = {"unknown_tool": "A1", "malformed": "A2", "bad_arguments": "A3"}.get(sight.fault, "")
    if sight.fault == "refused":
        code = "A3" if re.search(audit.nothing, answer.lower()) else "P2"
    if sight.fault == "malformed" and _is_cut_off(sight):
        return
    if code:
        yield Failure.of(code, sight, answer.removeprefix("Error: "), {"tool": sight.tool})


def _is_cut_off(sight: Sight) -> bool:
    return sight.scene.exchange.get("finish") in ("length", "content_filter")


def _outside(sight: Sight) -> Iterator[Failure]:
    """X1 and X2: what went wrong between the agent and its model."""
    exchange = sight.scene.exchange
    finish, failures = exchange.get("finish"), exchange.get("failures")
    if failures:
        yield Failure.of("X1", sight, f"requests failed: {failures}", {"failures": failures})
    if finish == "content_filter":
        yield Failure.of("X1", sight, "the provider kept the answer back", {"finish": finish})
    if finish == "length":
        yield Failure.of("X2", sight, "the answer was cut off", {"finish": finish})
    summaries = exchange.get("summaries")
    for summary in summaries if isinstance(summaries, list) else ():
        if isinstance(summary, dict) and summary.get("error"):
            what = "the conversation was too long to be summed up"
            yield Failure.of("X2", sight, what, {"error": summary["error"]})


def _facts(sight: Sight, days: dict[int, int], past: Past) -> Iterator[Failure]:
    """What the job's audit tells, as far as it is a failure whatever else is known."""
    for fact in sight.facts:
        if fact.kind not in CODE_OF:
            continue
        step = sight.n if fact.step is None else fact.step
        evidence = {**fact.evidence, **({"matter": fact.matter} if fact.matter else {})}
        until = sight.n if fact.matter else step
        day, seat = days.get(step, sight.scene.day), past.episode.steps[step].get("seat", "")
        yield Failure(CODE_OF[fact.kind], step, day, fact.what, until, evidence, seat)


def _joined(found: Iterable[Failure], seats: Sequence[str]) -> list[Failure]:
    """Make one of the failures of a class, a matter and a seat that go on into each other.

    Args:
        found: The failures.
        seats: Who took each step; a seat's failures adjoin if its own steps do.
    """
    turns = _turns(seats)
    whole: list[Failure] = []
    latest: dict[tuple[str, str, str], int] = {}
    for one in sorted(found, key=lambda one: (one.step, one.code)):
        key = (one.code, _matter(one), one.seat)
        at = latest.get(key)
        if at is not None and turns[one.step] <= turns[whole[at].until] + _gap(one):
            whole[at] = whole[at]._replace(until=max(whole[at].until, one.until))
        else:
            latest[key] = len(whole)
            whole.append(one)
    return whole


def _turns(seats: Sequence[str]) -> list[int]:
    """Return for each step how many its seat has taken before."""
    taken: Counter[str] = Counter()
    turns = []
    for seat in seats:
        turns.append(taken[seat])
        taken[seat] += 1
    return turns


def _matter(one: Failure) -> str:
    return str(one.evidence.get("matter", one.evidence.get("tool", "")))


def _gap(one: Failure) -> int:
    if "matter" in one.evidence:
        return _APART_STEPS
    return 1 if one.code in _RUNNING else -1


_RUNNING = frozenset(chain(("A1", "A2", "A3", "P2"), ("T3", "T4"), ("X1", "X2")))
"""Classes whose failures at neighbouring steps are one."""
