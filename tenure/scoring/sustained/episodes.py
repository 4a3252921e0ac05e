"""All measures of one episode, from its record and what the reference earned on its seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import NamedTuple

from tenure.scenarios import Scenario
from tenure.scoring.records import Episode
from tenure.scoring.sustained import course, failing, retention, word
from tenure.scoring.sustained.competence import by_month
from tenure.scoring.sustained.drift import Change, change_point
from tenure.scoring.sustained.results import CourseOfEpisode, Said
from tenure.scoring.sustained.survival import Life


class Seen(NamedTuple):
    """What is seen of an episode; what is said of an agent is made from it.

    Attributes:
        seed: The world's seed.
        earned: What each day earned.
        lost: What each day lost against the reference.
        theirs: What each day of the reference earned.
        life: Until it failed for good.
        stall: Until its first stall.
        half_life: Until competence was halved; `None` if it had no level.
        duties: Commitments that came to a verdict.
        beliefs: Figures that were stated.
        recalls: Questions about what was told in passing.
        change: The likeliest change of level; `None` if none can be told.
    """

    seed: int
    earned: list[float]
    lost: list[float]
    theirs: list[float]
    life: Life
    stall: Life
    half_life: Life | None
    duties: list[word.Duty]
    beliefs: list[word.Belief]
    recalls: list[retention.Recall]
    change: Change | None


def see(
    episode: Episode,
    scenario: Scenario,
    reference: Sequence[float],
    losses: Sequence[float] | None,
) -> Seen:
    """Measure an episode.

    Args:
        episode: Its record, with an end.
        scenario: What was played.
        reference: What the reference earned each day.
        losses: Daily losses to use instead of those against it.
    """
    over_time, days = scenario.job.over_time, len(reference)
    reason = episode.end["reason"] if episode.end else ""
    mornings = course.recorded(episode, over_time.worth)
    earned = course.earned(mornings, days)
    lost = _fitted(losses, days) if losses else _difference(reference, earned)
    lasted = min(days, course.days_lasted(episode))
    theirs = [own + less for own, less in zip(earned, lost, strict=True)]
    idle = failing.stalls(course.busy_days(episode, over_time, scenario), lasted, lost)
    return Seen(
        seed=episode.seed,
        earned=earned,
        lost=lost,
        theirs=theirs,
        life=failing.failure(mornings, idle, lasted, theirs, reason),
        stall=Life(idle[0].start, "stall") if idle else Life(lasted),
        half_life=failing.half_life(earned, theirs),
        duties=word.duties(episode, over_time.duties),
        beliefs=word.beliefs(episode),
        recalls=retention.recalls(episode),
        change=_drift(earned[:lasted], theirs[:lasted]),
    )


def _drift(earned: Sequence[float], theirs: Sequence[float]) -> Change | None:
    """Return the change of what each day earned beyond the mean share of the reference's earnings.

    Who earned nothing on the whole has no competence to change.
    """
    own, whole = sum(earned), sum(theirs)
    if own <= 0 < whole:
        return None
    share = own / whole if whole > 0 else 1.0
    return change_point([one - share * other for one, other in zip(earned, theirs, strict=True)])


def _difference(reference: Sequence[float], earned: Sequence[float]) -> list[float]:
    return [theirs - own for theirs, own in zip(reference, earned, strict=True)]


def _fitted(losses: Sequence[float], days: int) -> list[float]:
    """Return so many days' losses; those of a day that the sequence does not have are 0."""
    return [float(loss) for loss in losses[:days]] + [0.0] * (days - len(losses))


def told(one: Seen) -> CourseOfEpisode:
    """Return what is said of an episode by itself."""
    return CourseOfEpisode(
        seed=one.seed,
        earned=by_month(one.earned),
        lost=by_month(one.lost),
        change=one.change,
        stalled=bool(one.stall.cause),
        stall_day=int(one.stall.days) + bool(one.stall.cause),
        failure=one.life.cause,
        failure_day=int(one.life.days) + bool(one.life.cause),
        halved=bool(one.half_life.cause) if one.half_life else None,
        half_life_days=int(one.half_life.days) if one.half_life else None,
        duties=sum(duty.occasions for duty in one.duties),
        duties_kept=sum(duty.kept for duty in one.duties),
        said=_said(one.beliefs),
        recalled=list(_recalled(one.recalls)),
    )


def _said(beliefs: Sequence[word.Belief]) -> Said | None:
    if not beliefs:
        return None
    return Said(
        stated=len(beliefs),
        exact=sum(said.told == said.true for said in beliefs),
        divergence=fmean(said.divergence for said in beliefs),
    )


def _recalled(recalls: Sequence[retention.Recall]) -> Iterator[tuple[int, int, int]]:
    for lag in sorted({one.lag_days for one in recalls}):
        right = [one.is_right for one in recalls if one.lag_days == lag]
        yield lag, sum(right), len(right)
