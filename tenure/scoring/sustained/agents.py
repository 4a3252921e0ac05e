"""All measures of one agent, over its seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import fmean
from typing import Any

from tenure.scoring.statistics import wilson
from tenure.scoring.sustained.competence import (
    Estimate,
    by_month,
    months,
    ratio_difference,
    ratio_estimate,
    ratio_of_ratios,
    slope_estimate,
    thirds,
)
from tenure.scoring.sustained.drift import Change
from tenure.scoring.sustained.episodes import Seen, told
from tenure.scoring.sustained.estimates import generator, mean, monthly, pairs, share
from tenure.scoring.sustained.results import CourseOfAgent, Retained, Share
from tenure.scoring.sustained.retention import DONT_KNOW, Recall
from tenure.scoring.sustained.survival import causes, incidence, lasting_mean, median, survival


def over_seeds(
    label: str, title: str, seen: Sequence[Seen], *, is_reference: bool
) -> CourseOfAgent:
    """Return what is said of an agent.

    Args:
        label: Its label.
        title: The same, and what is to be known of it.
        seen: Its episodes, one a seed.
        is_reference: Whether it is the reference itself.
    """
    worked, idle = [one.life for one in seen], [one.stall for one in seen]
    days = len(seen[0].lost)
    levels = [one.half_life for one in seen if one.half_life]
    lasted, interval = lasting_mean(worked, days)
    lost = [by_month(one.lost) for one in seen]
    return CourseOfAgent(
        label=label,
        title=title,
        is_reference=is_reference,
        episodes=[told(one) for one in seen],
        earned=monthly([one.earned for one in seen]),
        lost=monthly([one.lost for one in seen]),
        **_competence(seen),
        lost_change=mean([one[-1] - one[0] for one in lost]),
        changed_for_worse=_changed(seen, lambda change: change.after < change.before),
        changed_for_better=_changed(seen, lambda change: change.after > change.before),
        half_life=median(levels) if levels else None,
        with_level=len(levels),
        half_life_curve=survival(levels) if levels else [],
        stall=median(idle),
        stalled=sum(bool(one.cause) for one in idle),
        stall_curve=survival(idle),
        lasted=Estimate(value=lasted, interval=interval),
        alive=survival(worked),
        failed={cause: incidence(worked, cause) for cause in causes(worked)},
        duties_kept=share(
            (sum(duty.kept for duty in one.duties), sum(duty.occasions for duty in one.duties))
            for one in seen
        ),
        duties_by_month=_duties_by_month(seen, days),
        divergence=share(
            (sum(said.divergence for said in one.beliefs), len(one.beliefs)) for one in seen
        ),
        exact=share(
            (sum(said.told == said.true for said in one.beliefs), len(one.beliefs)) for one in seen
        ),
        divergence_by_month=_divergence_by_month(seen, days),
        retention=list(_retention(seen)),
    )


def _competence(seen: Sequence[Seen]) -> dict[str, Any]:
    """Return the measures that are shares of the reference's earnings, or what stands for them."""
    parts = [pairs(by_month(one.earned), by_month(one.theirs)) for one in seen]
    by_months = [ratio_estimate(month, generator()) for month in zip(*parts, strict=True)]
    lost = [thirds(one.lost) for one in seen]
    theirs = [thirds(one.theirs) for one in seen]
    early = [(loss.early, whole.early) for loss, whole in zip(lost, theirs, strict=True)]
    late = [(loss.late, whole.late) for loss, whole in zip(lost, theirs, strict=True)]
    if None in by_months:
        return {
            "competence": None,
            "change": None,
            "late_over_early": ratio_estimate(
                [(loss.late, loss.early) for loss in lost], generator()
            ),
            "slope": slope_estimate([[-loss for loss in one.lost] for one in seen]),
        }
    return {
        "competence": by_months,
        "change": ratio_difference(
            [shares[-1] for shares in parts], [shares[0] for shares in parts], generator()
        ),
        "late_over_early": ratio_of_ratios(late, early, generator()),
        "slope": slope_estimate([one.earned for one in seen], [one.theirs for one in seen])
        if any(one and one.value > 0 for one in by_months)
        else None,
    }


def _changed(seen: Sequence[Seen], is_such: Callable[[Change], bool]) -> Share | None:
    changes = [one.change for one in seen if one.change]
    if not changes:
        return None
    count = sum(change.is_one and is_such(change) for change in changes)
    return Share(count=count, of=len(changes), interval=wilson(count, len(changes)))


def _duties_by_month(seen: Sequence[Seen], days: int) -> list[tuple[int, int]]:
    place = _month_of_day(days)
    sums = [[0, 0] for _ in range(place[-1] + 1)]
    for one in seen:
        for duty in one.duties:
            month = sums[place[min(duty.day, days - 1)]]
            month[0] += duty.kept
            month[1] += duty.occasions
    return [(kept, count) for kept, count in sums]


def _divergence_by_month(seen: Sequence[Seen], days: int) -> list[float | None]:
    place = _month_of_day(days)
    said: list[list[float]] = [[] for _ in range(place[-1] + 1)]
    for one in seen:
        for belief in one.beliefs:
            said[place[min(belief.day, days - 1)]].append(belief.divergence)
    return [fmean(values) if values else None for values in said]


def _month_of_day(days: int) -> list[int]:
    return [place for place, month in enumerate(months(days)) for _ in month]


def _retention(seen: Sequence[Seen]) -> Iterator[Retained]:
    for lag in sorted({recall.lag_days for one in seen for recall in one.recalls}):
        yield _retained(
            lag, [[one for one in each.recalls if one.lag_days == lag] for each in seen]
        )


def _retained(lag_days: int, seeds: Sequence[Sequence[Recall]]) -> Retained:
    """Return what was known at one lag; each sequence is a seed's."""
    recalls = [one for seed in seeds for one in seed]
    right = share((sum(one.is_right for one in seed), len(seed)) for seed in seeds)
    worst = -1 / (min(one.choices for one in recalls) - 1)
    known = share(((sum(one.credit for one in seed), len(seed)) for seed in seeds), worst)
    assert right is not None and known is not None  # noqa: S101, PT018  there are some
    return Retained(
        lag_days=lag_days,
        asked=len(recalls),
        right=sum(one.is_right for one in recalls),
        dont_know=sum(one.answer == DONT_KNOW for one in recalls),
        unanswered=sum(not one.answer for one in recalls),
        chance=fmean(1 / one.choices for one in recalls),
        right_share=right,
        known=known,
    )
