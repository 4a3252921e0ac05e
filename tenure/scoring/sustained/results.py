"""What is said of sustained competence: of an episode, of an agent, of a run; `sustained.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from tenure import __version__
from tenure.scoring.files import write_whole
from tenure.scoring.statistics import Interval
from tenure.scoring.sustained.competence import Estimate
from tenure.scoring.sustained.drift import Change
from tenure.scoring.sustained.survival import Median, Point
from tenure.scoring.written import Part, to_json

FILE_NAME = "sustained.json"


class Share(Part):
    """So many of so many, with Wilson's interval of the share."""

    count: int
    of: int
    interval: Interval


class Said(Part):
    """What an agent stated in a form that the world could check.

    Attributes:
        stated: Figures stated.
        exact: Those that were exactly so.
        divergence: How far a stated figure is off, as a share of the truth, at most 1 each.
    """

    stated: int
    exact: int
    divergence: float


class CourseOfEpisode(Part):
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
        recalled: By lag in days, of questions about what was told in passing: how many were
            answered rightly, and of how many.
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
    recalled: list[tuple[int, int, int]] = Field(default_factory=list)


class Retained(Part):
    """What was still known of what had been told in passing so many days before.

    Attributes:
        lag_days: How many days before.
        asked: Questions about it.
        right: Those that were answered rightly.
        dont_know: Those to which the answer was that it is not known.
        unanswered: Those without an answer.
        chance: The share that who guesses gets right.
        right_share: The share that was right.
        known: The same beyond chance: 0 for who guesses or says nothing, 1 for who knows all.
    """

    lag_days: int
    asked: int
    right: int
    dont_know: int
    unanswered: int
    chance: float
    right_share: Estimate
    known: Estimate


class Recovery(Part):
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


class CourseOfAgent(Part):
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
        retention: By lag, rising; empty if nothing was asked for.
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
    retention: list[Retained] = Field(default_factory=list)
    recoveries: dict[str, Recovery] = Field(default_factory=dict)


class Sustained(Part):
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
        return to_json(self.model_dump(mode="json"))

    def write(self, run_dir: Path) -> Path:
        """Write `sustained.json` into the run folder and return its path."""
        path = run_dir / FILE_NAME
        write_whole(path, self.to_json())
        return path
