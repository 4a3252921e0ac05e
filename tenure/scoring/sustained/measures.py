"""All measures of a run's sustained competence: per episode, and per agent over its seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any, Literal, NamedTuple

import numpy as np
import orjson
from pydantic import BaseModel, ConfigDict, Field

from tenure import __version__
from tenure.envs.jobs import Shock
from tenure.errors import UsageError, nearest
from tenure.scenarios import Scenario
from tenure.scoring.files import write_whole
from tenure.scoring.manifest import Manifest, label_of
from tenure.scoring.records import Episode, read
from tenure.scoring.replay import recorded_scenario
from tenure.scoring.scorecard import Scorecard, rounded
from tenure.scoring.statistics import FEWEST_FOR_INTERVAL, Interval, wilson
from tenure.scoring.sustained import course, failing, recovery, word
from tenure.scoring.sustained.competence import (
    LEAST_DAYS,
    Estimate,
    by_month,
    mean_estimate,
    months,
    ratio_difference,
    ratio_estimate,
    ratio_of_ratios,
    slope_estimate,
    thirds,
)
from tenure.scoring.sustained.drift import Change, change_point
from tenure.scoring.sustained.recovery import Shocked
from tenure.scoring.sustained.survival import (
    Life,
    Median,
    Point,
    causes,
    incidence,
    lasting_mean,
    median,
    survival,
)

FILE_NAME = "sustained.json"
_SEED = 20_260_103

Losses = Mapping[tuple[str, int], Sequence[float]]
"""Daily losses by label and seed, in the unit of the job's worth."""

Twins = Callable[[str, int, Shock], Sequence[float] | None]
"""Returns the worth by morning of an agent's episode on a seed without a shock, if there is one."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Share(_Part):
    """So many of so many, with Wilson's interval of the share."""

    count: int
    of: int
    interval: Interval


class Said(_Part):
    """What an agent stated in a form that the world could check.

    Attributes:
        stated: Figures stated.
        exact: Those that were exactly so.
        divergence: How far a stated figure is off, as a share of the truth, at most 1 each.
    """

    stated: int
    exact: int
    divergence: float


class CourseOfEpisode(_Part):
    """One episode.

    Attributes:
        seed: The world's seed.
        earned: Mean earned a day, by month.
        lost: Mean of a day's loss against the reference, by month.
        change: The likeliest change of level while it lasted; `None` below 24 weeks, and for who
            earned nothing where the reference did. Its means are of what a day earned beyond the
            episode's mean share of the reference's earnings; beyond the reference's own where that
            earns nothing.
        stalled: Whether work ever stopped for 14 days.
        stall_day: The first day of the first stall, 1 being the first, or the last day seen.
        failure: Of what it failed for good; empty if it did not.
        failure_day: When, or the last day seen.
        halved: Whether competence fell to half for good; `None` if it had no level.
        half_life_days: After how many days, or how many were seen.
        duties: Commitments that came to a verdict.
        duties_kept: Those that were kept.
        said: What it stated; `None` if nothing.
    """

    seed: int
    earned: list[float]
    lost: list[float]
    change: Change | None
    stalled: bool
    stall_day: int
    failure: str
    failure_day: int
    halved: bool | None
    half_life_days: int | None
    duties: int
    duties_kept: int
    said: Said | None


class Recovery(_Part):
    """What shocks of one kind did.

    Attributes:
        shocks: Shocks that had 37 days to themselves, in all episodes that have a twin.
        left_out: Those that had not.
        recovered_days: Mean days until earning as the twin does, at most 30 each.
        noticed_days: Mean days until a remedy was called, at most 30 each; `None` without remedy.
        lost: Mean loss of a shock until it was over, in the unit of the job's worth.
        lost_in_all: What all of them cost an episode: the twin's last worth less its own.
        gaps: Mean gap to the twin on each of the 30 days, over seeds.
    """

    shocks: int
    left_out: int
    recovered_days: Estimate | None
    noticed_days: Estimate | None
    lost: Estimate | None
    lost_in_all: Estimate | None
    gaps: list[Estimate]


class CourseOfAgent(_Part):
    """One agent over its scored seeds; every interval's unit is the seed.

    Attributes:
        label: The agent's label.
        title: The same, and what is to be known of it.
        is_reference: Whether it is the reference itself, whose losses are all zero.
        episodes: Its scored episodes.
        earned: Mean earned a day, by month.
        lost: Mean of a day's loss, by month.
        competence: Earnings as a share of the reference's, by month; `None` in all months where
            the reference does not earn in each.
        change: Competence of the last month less that of the first; `None` without competence.
        lost_change: The same of a day's loss.
        late_over_early: Loss in the last third over loss in the first, as shares of what the
            reference earned in each where it earns; `None` if there is no early loss.
        slope: How much competence rises in 30 days; what a day earns more than the reference,
            where that does not earn.
        changed_for_worse: Episodes that earned less from a change point on, of those that can be
            told; `None` if none can.
        changed_for_better: Those that earned more.
        half_life: Median days until competence is halved; `None` if no episode has a level.
        with_level: Episodes that had a level to halve.
        half_life_curve: Share that is not halved.
        stall: Median days until the first stall.
        stalled: Episodes with a stall.
        stall_curve: Share without a stall so far.
        lasted: Mean days before failing for good, of all days.
        alive: Share that has not failed for good.
        failed: By cause, the share that it has ended for good.
        duties_kept: Share of commitments that were kept; `None` if none came to a verdict.
        duties_by_month: By month: how many were kept, and of how many.
        divergence: How far a stated figure is off; `None` if none was stated.
        exact: Share of stated figures that were exactly so.
        divergence_by_month: By month, over all figures stated in it; `None` in one without.
        recoveries: By shock; empty if no twin was played.
    """

    label: str
    title: str
    is_reference: bool
    episodes: list[CourseOfEpisode]
    earned: list[Estimate]
    lost: list[Estimate]
    competence: list[Estimate] | None
    change: Estimate | None
    lost_change: Estimate
    late_over_early: Estimate | None
    slope: Estimate | None
    changed_for_worse: Share | None
    changed_for_better: Share | None
    half_life: Median | None
    with_level: int
    half_life_curve: list[Point]
    stall: Median
    stalled: int
    stall_curve: list[Point]
    lasted: Estimate
    alive: list[Point]
    failed: dict[str, list[Point]]
    duties_kept: Estimate | None
    duties_by_month: list[tuple[int, int]]
    divergence: Estimate | None
    exact: Estimate | None
    divergence_by_month: list[float | None]
    recoveries: dict[str, Recovery] = {}


class Sustained(_Part):
    """What a run says of sustained competence.

    Attributes:
        scenario: The scenario's id.
        days: Days of an episode.
        worth: The figure whose change is what a day has earned.
        reference: What losses are measured against: a script on the same seed, or `ledger`.
        reference_earned: What it earned a day, by month, mean over seeds.
        agents: The agents with a scored episode, in the order of the run.
        unscored: Planned episodes without a score, which are in none of the numbers.
    """

    format: Literal["tenure.sustained"] = "tenure.sustained"
    version: Literal[1] = 1
    tenure: str = __version__
    scenario: str
    days: int
    worth: str
    reference: str
    reference_earned: list[float]
    agents: list[CourseOfAgent] = Field(min_length=1)
    unscored: int

    def to_json(self) -> bytes:
        """Return the content of `sustained.json`: the same bytes for the same run."""
        content = rounded(self.model_dump(mode="json"))
        return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    def write(self, run_dir: Path) -> Path:
        """Write `sustained.json` into the run folder and return its path."""
        path = run_dir / FILE_NAME
        write_whole(path, self.to_json())
        return path


class _Seen(NamedTuple):
    """What of an episode is needed beyond its own measures."""

    seed: int
    earned: list[float]
    lost: list[float]
    theirs: list[float]
    life: Life
    stall: Life
    half_life: Life | None
    duties: list[word.Duty]
    beliefs: list[word.Belief]
    change: Change | None


class Entrant(NamedTuple):
    """An agent whose episodes are measured.

    Attributes:
        label: Its label.
        title: The same, and what is to be known of it.
        script: The script that it is, or its name.
        seeds: Its seeds.
        load: Returns the whole episode on one of them.
    """

    label: str
    title: str
    script: str
    seeds: Sequence[int]
    load: Callable[[int], Episode]


def sustained_run(
    run_dir: Path,
    scorecard: Scorecard,
    *,
    against: str = "",
    twins: Twins | None = None,
    losses: Losses | None = None,
) -> Sustained | None:
    """Measure a run's sustained competence.

    Args:
        run_dir: The run's folder.
        scorecard: What `score_run` says of it.
        against: The script that is the reference; the job's best if empty.
        twins: Finds the same episode without a shock, for times of recovery.
        losses: Daily losses to use instead of the script's, in units of worth.

    Returns:
        `None` if nothing is scored, episodes are too short (`sustained`), or several belong to one
        seed, as forks do: they are no sample of seeds, and have no seed's own course.

    Raises:
        UsageError: If the job is not installed or has no such script.
        TrajectoryError: If an episode that has a score can no longer be read.
    """
    manifest = Manifest.read(run_dir)
    if manifest.origin or manifest.attempts > 1:
        return None

    def load(label: str, seed: int) -> Episode:
        return read(run_dir / manifest.episode_path(label, seed))

    entrants = [
        Entrant(
            agent.label,
            agent.title,
            _script(agent.spec),
            [one.seed for one in agent.scored],
            partial(load, agent.label),
        )
        for agent in scorecard.agents
        if agent.scored
    ]
    found = sustained(manifest.scenario, entrants, against=against, twins=twins, losses=losses)
    missing = scorecard.planned - scorecard.complete
    return found and found.model_copy(update={"unscored": missing})


def sustained_episode(episode: Episode, *, against: str = "") -> Sustained | None:
    """Measure one episode that came to its end; of one there are no intervals.

    Raises:
        UsageError: If the job is not installed or has no such script.
        TrajectoryError: If the header describes no scenario that this Tenure knows.
    """
    label = label_of(dict(episode.header["agent"]))
    script = _script(episode.header["agent"])
    one = Entrant(label, label, script, [episode.seed], lambda _: episode)
    return sustained(recorded_scenario(episode), [one], against=against)


def sustained(
    scenario: Scenario,
    entrants: Sequence[Entrant],
    *,
    against: str = "",
    twins: Twins | None = None,
    losses: Losses | None = None,
) -> Sustained | None:
    """Measure the sustained competence of some agents on the same scenario.

    The reference is played on every seed on which none of them is it. The other arguments are those
    of `sustained_run`.

    Returns:
        `None` if there is no agent, or the scenario has no 90 days: no early and no late.

    Raises:
        UsageError: If the job is not installed or has no such script.
    """
    script = against or list(scenario.job.policies)[-1]
    _check_script(scenario, script)
    over_time = scenario.job.over_time
    mornings = dict(_of_reference(scenario, entrants, script))
    days = max((len(worth) - 1 for worth in mornings.values()), default=0)
    if days < LEAST_DAYS:
        return None
    reference = {seed: course.earned(worth, days) for seed, worth in mornings.items()}
    measure = partial(_agent, scenario, reference=reference, losses=losses, twins=twins)
    return Sustained(
        scenario=scenario.id,
        days=days,
        worth=over_time.worth or scenario.make_world(0).score,
        reference="ledger" if losses else script,
        reference_earned=_mean_by_month(list(reference.values())),
        agents=[measure(entrant, is_reference=entrant.script == script) for entrant in entrants],
        unscored=0,
    )


def _of_reference(
    scenario: Scenario, entrants: Sequence[Entrant], script: str
) -> Iterator[tuple[int, list[float]]]:
    """Yield each seed with the reference's worth by morning, from its record if it is there."""
    worth = scenario.job.over_time.worth
    for seed in sorted({seed for entrant in entrants for seed in entrant.seeds}):
        own = (one for one in entrants if one.script == script and seed in one.seeds)
        if itself := next(own, None):
            yield seed, course.recorded(itself.load(seed), worth)
        else:
            yield seed, course.played(scenario, seed, script, worth)


def _check_script(scenario: Scenario, script: str) -> None:
    known = {**scenario.job.policies, **scenario.oracles}
    if script not in known:
        raise UsageError(
            f"The job {scenario.job_name} has no script {script!r} to measure against. "
            f"{nearest(script, known)}"
        )


def _script(spec: Mapping[str, Any]) -> str:
    """Return the script that an agent is, if it is one."""
    return str(spec.get("policy") or spec.get("name"))


def _agent(
    scenario: Scenario,
    entrant: Entrant,
    *,
    is_reference: bool,
    reference: Mapping[int, Sequence[float]],
    losses: Losses | None,
    twins: Twins | None,
) -> CourseOfAgent:
    seen, shocks = [], _Shocks(scenario.job.over_time.shocks)
    for seed in entrant.seeds:
        episode = entrant.load(seed)
        given = losses[entrant.label, seed] if losses else None
        one = _seen(episode, scenario, reference[seed], given)
        seen.append(one)
        if twins:
            shocks.add(episode, one.earned, partial(twins, entrant.label, seed))
    found = _over_seeds(entrant, seen, is_reference=is_reference)
    return found.model_copy(update={"recoveries": shocks.summary()})


def _over_seeds(entrant: Entrant, seen: Sequence[_Seen], *, is_reference: bool) -> CourseOfAgent:
    worked, idle = [one.life for one in seen], [one.stall for one in seen]
    days = len(seen[0].lost)
    levels = [one.half_life for one in seen if one.half_life]
    mean, interval = lasting_mean(worked, days)
    lost = [by_month(one.lost) for one in seen]
    return CourseOfAgent(
        label=entrant.label,
        title=entrant.title,
        is_reference=is_reference,
        episodes=[_told(one) for one in seen],
        earned=_by_month([one.earned for one in seen]),
        lost=_by_month([one.lost for one in seen]),
        **_competence(seen),
        lost_change=_mean([months[-1] - months[0] for months in lost]),
        changed_for_worse=_changed(seen, lambda change: change.after < change.before),
        changed_for_better=_changed(seen, lambda change: change.after > change.before),
        half_life=median(levels) if levels else None,
        with_level=len(levels),
        half_life_curve=survival(levels) if levels else [],
        stall=median(idle),
        stalled=sum(bool(one.cause) for one in idle),
        stall_curve=survival(idle),
        lasted=Estimate(value=mean, interval=interval),
        alive=survival(worked),
        failed={cause: incidence(worked, cause) for cause in causes(worked)},
        duties_kept=_share(
            (sum(duty.kept for duty in one.duties), sum(duty.occasions for duty in one.duties))
            for one in seen
        ),
        duties_by_month=_duties_by_month(seen, days),
        divergence=_share(
            (sum(said.divergence for said in one.beliefs), len(one.beliefs)) for one in seen
        ),
        exact=_share(
            (sum(said.told == said.true for said in one.beliefs), len(one.beliefs)) for one in seen
        ),
        divergence_by_month=_divergence_by_month(seen, days),
    )


# --- one episode ---------------------------------------------------------------------------------


def _seen(
    episode: Episode,
    scenario: Scenario,
    reference: Sequence[float],
    losses: Sequence[float] | None,
) -> _Seen:
    over_time, days = scenario.job.over_time, len(reference)
    reason = episode.end["reason"] if episode.end else ""
    mornings = course.recorded(episode, over_time.worth)
    earned = course.earned(mornings, days)
    lost = _fitted(losses, days) if losses else _difference(reference, earned)
    lasted = min(days, course.days_lasted(episode))
    theirs = [own + less for own, less in zip(earned, lost, strict=True)]
    idle = failing.stalls(course.busy_days(episode, over_time, scenario), lasted, lost)
    return _Seen(
        seed=episode.seed,
        earned=earned,
        lost=lost,
        theirs=theirs,
        life=failing.failure(mornings, idle, lasted, theirs, reason),
        stall=Life(idle[0].start, "stall") if idle else Life(lasted),
        half_life=failing.half_life(earned, theirs),
        duties=word.duties(episode, over_time.duties),
        beliefs=word.beliefs(episode),
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


def _told(one: _Seen) -> CourseOfEpisode:
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
    )


def _said(beliefs: Sequence[word.Belief]) -> Said | None:
    if not beliefs:
        return None
    return Said(
        stated=len(beliefs),
        exact=sum(said.told == said.true for said in beliefs),
        divergence=fmean(said.divergence for said in beliefs),
    )


# --- over seeds ----------------------------------------------------------------------------------


def _by_month(daily: Sequence[Sequence[float]]) -> list[Estimate]:
    return [_mean(values) for values in zip(*map(by_month, daily), strict=True)]


def _mean_by_month(daily: Sequence[Sequence[float]]) -> list[float]:
    return [fmean(values) for values in zip(*map(by_month, daily), strict=True)]


def _mean(values: Sequence[float]) -> Estimate:
    found = mean_estimate(values, _generator())
    assert found is not None  # noqa: S101  an agent is measured only with an episode
    return found


def _competence(seen: Sequence[_Seen]) -> dict[str, Any]:
    """Return the measures that are shares of the reference's earnings, or what stands for them."""
    pairs = [_pairs(by_month(one.earned), by_month(one.theirs)) for one in seen]
    shares = [ratio_estimate(month, _generator()) for month in zip(*pairs, strict=True)]
    lost, theirs = ([thirds(daily) for daily in kind] for kind in _losses_and_theirs(seen))
    early = [(loss.early, whole.early) for loss, whole in zip(lost, theirs, strict=True)]
    late = [(loss.late, whole.late) for loss, whole in zip(lost, theirs, strict=True)]
    if None in shares:
        return {
            "competence": None,
            "change": None,
            "late_over_early": ratio_estimate(
                [(loss.late, loss.early) for loss in lost], _generator()
            ),
            "slope": slope_estimate([[-loss for loss in one.lost] for one in seen]),
        }
    return {
        "competence": shares,
        "change": ratio_difference(
            [months[-1] for months in pairs], [months[0] for months in pairs], _generator()
        ),
        "late_over_early": ratio_of_ratios(late, early, _generator()),
        "slope": slope_estimate([one.earned for one in seen], [one.theirs for one in seen])
        if any(share and share.value > 0 for share in shares)
        else None,
    }


def _pairs(ones: Sequence[float], others: Sequence[float]) -> list[tuple[float, float]]:
    return list(zip(ones, others, strict=True))


def _losses_and_theirs(seen: Sequence[_Seen]) -> tuple[list[list[float]], list[list[float]]]:
    return [one.lost for one in seen], [one.theirs for one in seen]


def _share(parts: Iterable[tuple[float, float]]) -> Estimate | None:
    """Return the sum of firsts over that of seconds, with an interval over seeds, inside [0, 1].

    Where all seeds have none, or all have all, it is Wilson's for so many seeds.
    """
    pairs = list(parts)
    found = ratio_estimate(pairs, _generator())
    if found is None:
        return None
    if found.value in {0.0, 1.0} and len(pairs) >= FEWEST_FOR_INTERVAL:
        seeds = sum(whole > 0 for _, whole in pairs)
        return Estimate(value=found.value, interval=wilson(round(found.value) * seeds, seeds))
    return _clipped(found, 1.0)


def _clipped(one: Estimate, highest: float) -> Estimate:
    """Return an estimate of what lies between 0 and `highest`, its interval too."""
    if one.interval is None:
        return one
    ends = replace(
        one.interval, low=max(0.0, one.interval.low), high=min(highest, one.interval.high)
    )
    return Estimate(value=one.value, interval=ends)


def _changed(seen: Sequence[_Seen], is_such: Callable[[Change], bool]) -> Share | None:
    changes = [one.change for one in seen if one.change]
    if not changes:
        return None
    count = sum(change.is_one and is_such(change) for change in changes)
    return Share(count=count, of=len(changes), interval=wilson(count, len(changes)))


def _duties_by_month(seen: Sequence[_Seen], days: int) -> list[tuple[int, int]]:
    place = _month_of_day(days)
    sums = [[0, 0] for _ in range(place[-1] + 1)]
    for one in seen:
        for duty in one.duties:
            month = sums[place[min(duty.day, days - 1)]]
            month[0] += duty.kept
            month[1] += duty.occasions
    return [(kept, count) for kept, count in sums]


def _divergence_by_month(seen: Sequence[_Seen], days: int) -> list[float | None]:
    place = _month_of_day(days)
    said: list[list[float]] = [[] for _ in range(place[-1] + 1)]
    for one in seen:
        for belief in one.beliefs:
            said[place[min(belief.day, days - 1)]].append(belief.divergence)
    return [fmean(values) if values else None for values in said]


def _month_of_day(days: int) -> list[int]:
    return [place for place, month in enumerate(months(days)) for _ in month]


# --- shocks --------------------------------------------------------------------------------------


class _Shocks:
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
        return ratio_estimate(_pairs(sums, counts), _generator())

    has_remedy = any(one.noticed_days is not None for clear, _, _ in found for one in clear)
    return Recovery(
        shocks=sum(counts),
        left_out=sum(left_out for _, left_out, _ in found),
        recovered_days=_within_watch(mean_of(lambda one: one.recovered_days)),
        noticed_days=_within_watch(mean_of(lambda one: one.noticed_days or 0))
        if has_remedy
        else None,
        lost=mean_of(lambda one: one.lost),
        lost_in_all=mean_estimate([cost for _, _, cost in found], _generator()),
        gaps=list(_mean_gaps(found)),
    )


def _within_watch(one: Estimate | None) -> Estimate | None:
    return one and _clipped(one, recovery.WATCHED_DAYS)


def _mean_gaps(found: Sequence[tuple[list[Shocked], int, float]]) -> Iterator[Estimate]:
    """Yield the mean gap on each day after a shock; of a seed's shocks their mean."""
    seeds = [clear for clear, _, _ in found if clear]
    for day in range(recovery.WATCHED_DAYS if seeds else 0):
        gap = mean_estimate(
            [fmean(one.gaps[day] for one in clear) for clear in seeds], _generator()
        )
        if gap:
            yield gap


def _generator() -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(_SEED))
