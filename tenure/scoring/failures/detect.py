"""All detectors over one walk through an episode."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from tenure.envs.audit import Audit
from tenure.scoring.failures.beliefs import Beliefs
from tenure.scoring.failures.classes import CODE_OF
from tenure.scoring.failures.control import Idleness, Loops, Thrash
from tenure.scoring.failures.failure import Failure
from tenure.scoring.failures.forecasts import Calibration
from tenure.scoring.failures.sights import Sight, sights
from tenure.scoring.past import Past

_LIMITS = ("steps", "tokens", "usd", "minutes")
_APART_STEPS = 40
"""Failures of one class and matter that follow within so many steps are one."""


def detect(past: Past) -> list[Failure]:
    """Find what went wrong in an episode, finished or not.

    Returns:
        Failures in the order of their steps; those of one class that follow each other without a
        break are one, with `until` as its last step.

    Raises:
        TrajectoryError: If a step comes out otherwise than recorded.
    """
    audit = past.scenario.job.audit()
    found = list(_found(past, audit))
    steps = past.episode.steps
    end = past.episode.end
    if end and end["reason"] in _LIMITS and steps:
        last = len(steps) - 1
        what = f"the limit of {end['reason']} ended it after {len(steps):,} steps"
        day = steps[-1]["minute"] // 1440 + 1
        found.append(Failure("X3", last, day, what, last, {"limit": end["reason"]}))
    return _joined(found)


def _found(past: Past, audit: Audit) -> Iterator[Failure]:
    header = past.episode.header
    start = dict(zip(past.episode.figure_names, header["measured"], strict=True))
    tools = list(past.scenario.make_world(past.episode.seed).toolbox.tools)
    beliefs = Beliefs(audit, header["score"], start, tools)
    loops, thrash, calibration = Loops(), Thrash(), Calibration()
    idleness = Idleness(audit.idle_days)
    days: dict[int, int] = {}
    for sight in sights(past, audit):
        days[sight.n] = sight.scene.day
        yield from _faults(sight, audit)
        yield from _outside(sight)
        yield from _facts(sight, days)
        yield from beliefs.judge(sight)
        looping = list(loops.judge(sight))
        yield from looping
        yield from thrash.judge(sight, loops=bool(looping))
        yield from idleness.judge(sight)
        yield from calibration.judge(sight)
    yield from idleness.close(is_end=True)


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


def _facts(sight: Sight, days: dict[int, int]) -> Iterator[Failure]:
    """What the job's audit tells, as far as it is a failure whatever else is known."""
    for fact in sight.facts:
        if fact.kind not in CODE_OF:
            continue
        step = sight.n if fact.step is None else fact.step
        evidence = {**fact.evidence, **({"matter": fact.matter} if fact.matter else {})}
        until = sight.n if fact.matter else step
        yield Failure(
            CODE_OF[fact.kind], step, days.get(step, sight.scene.day), fact.what, until, evidence
        )


def _joined(found: Iterable[Failure]) -> list[Failure]:
    """Make one of the failures of a class, and a matter, that go on into each other."""
    whole: list[Failure] = []
    latest: dict[tuple[str, str], int] = {}
    for one in sorted(found, key=lambda one: (one.step, one.code)):
        key = (one.code, _matter(one))
        at = latest.get(key)
        if at is not None and one.step <= whole[at].until + _gap(one):
            whole[at] = whole[at]._replace(until=max(whole[at].until, one.until))
        else:
            latest[key] = len(whole)
            whole.append(one)
    return whole


def _matter(one: Failure) -> str:
    return str(one.evidence.get("matter", one.evidence.get("tool", "")))


def _gap(one: Failure) -> int:
    if "matter" in one.evidence:
        return _APART_STEPS
    return 1 if one.code in _RUNNING else -1


_RUNNING = frozenset(chain(("A1", "A2", "A3", "P2"), ("T3", "T4"), ("X1", "X2")))
"""Classes whose failures at neighbouring steps are one."""
