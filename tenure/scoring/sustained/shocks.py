"""What shocks of each kind did to an agent, over its seeds, against the twins without them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean

from tenure.envs.jobs import Shock
from tenure.scoring.records import Episode
from tenure.scoring.sustained import course, recovery
from tenure.scoring.sustained.competence import Estimate, mean_estimate, ratio_estimate
from tenure.scoring.sustained.estimates import clipped, generator, pairs
from tenure.scoring.sustained.recovery import Shocked
from tenure.scoring.sustained.results import Recovery


class Shocks:
    """Gathers what shocks did to an agent's episodes."""

    def __init__(self, shocks: Mapping[str, Shock]) -> None:
        self._shocks = shocks
        self._found: dict[str, list[tuple[list[Shocked], int, float]]] = {}

    def add(
        self,
        episode: Episode,
        earned: Sequence[float],
        twin_of: Callable[[Shock], Sequence[float] | None],
    ) -> None:
        for name, shock in self._shocks.items():
            twin = twin_of(shock)
            if twin is None:
                continue
            theirs = course.earned(twin, len(earned))
            days = recovery.days_of_events(episode, shock.event)
            remedied = recovery.days_of_calls(episode, shock.remedies) if shock.remedies else None
            clear = recovery.shocked(earned, theirs, days, remedied)
            cost = sum(theirs) - sum(earned)
            self._found.setdefault(name, []).append((clear, len(days) - len(clear), cost))

    def summary(self) -> dict[str, Recovery]:
        return {name: _recovery(found) for name, found in self._found.items()}


def _recovery(found: Sequence[tuple[list[Shocked], int, float]]) -> Recovery:
    counts = [len(clear) for clear, _, _ in found]

    def mean_of(value: Callable[[Shocked], float]) -> Estimate | None:
        sums = [sum(value(one) for one in clear) for clear, _, _ in found]
        return ratio_estimate(pairs(sums, counts), generator())

    has_remedy = any(one.noticed_days is not None for clear, _, _ in found for one in clear)
    return Recovery(
        shocks=sum(counts),
        left_out=sum(left_out for _, left_out, _ in found),
        recovered_days=_within_watch(mean_of(lambda one: one.recovered_days)),
        noticed_days=_within_watch(mean_of(lambda one: one.noticed_days or 0))
        if has_remedy
        else None,
        lost=mean_of(lambda one: one.lost),
        lost_in_all=mean_estimate([cost for _, _, cost in found], generator()),
        gaps=list(_mean_gaps(found)),
    )


def _within_watch(one: Estimate | None) -> Estimate | None:
    return one and clipped(one, recovery.WATCHED_DAYS)


def _mean_gaps(found: Sequence[tuple[list[Shocked], int, float]]) -> Iterator[Estimate]:
    """Yield the mean gap on each day after a shock; of a seed's shocks their mean."""
    seeds = [clear for clear, _, _ in found if clear]
    for day in range(recovery.WATCHED_DAYS if seeds else 0):
        gap = mean_estimate([fmean(one.gaps[day] for one in clear) for clear in seeds], generator())
        if gap:
            yield gap
