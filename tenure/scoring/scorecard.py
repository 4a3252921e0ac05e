"""The scorecard: from records alone to numbers with intervals.

`score_episode` is a pure function of one record, `score_run` of a run folder. What was planned and
not played to its end is `Unscored`, shown and counted, and never a zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any, Literal

import numpy as np
import orjson
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from tenure import __version__
from tenure.envs.clock import day_of
from tenure.errors import TrajectoryError
from tenure.scenarios import References
from tenure.scoring.conduct import ConductScore, pool_conduct, score_conduct
from tenure.scoring.files import write_whole
from tenure.scoring.forecasts import (
    ForecastScore,
    ForecastSummary,
    pool_forecasts,
    score_forecasts,
)
from tenure.scoring.forks import ForkScore, score_forks
from tenure.scoring.limits import told_count, told_usd
from tenure.scoring.manifest import Manifest, Slot
from tenure.scoring.records import Episode, HeaderRecord, StepRecord, read_partial
from tenure.scoring.spread import Spread
from tenure.scoring.statistics import (
    Interval,
    PairedDifference,
    cvar,
    mean_interval,
    paired_difference,
    pass_hat_k,
    wilson,
)

FILE_NAME = "scorecard.json"
WORST_TAIL = 0.1
PASS_HAT_KS = (1, 2, 4, 8)
SIGNIFICANT_DIGITS = 9
"""Floats are written with so many digits: the last bits of a mean differ between processors."""

MAIN_SEAT = "main"
"""What the seat without a name is called among others."""

_BOOTSTRAP_SEED = 20_260_101
_TOKEN_PARTS = ("cached", "cache_write", "reasoning")
_NO_CALL = frozenset({"malformed", "unknown_tool"})


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tokens(_Part):
    """Tokens of all model calls.

    `cached` (read from a cache) and `cache_write` (written to one) are parts of `input`,
    `reasoning` of `output`.
    """

    input: int = 0
    cached: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0


class Spending(_Part):
    """What an agent's model calls took.

    Attributes:
        model_calls: Turns that a model answered.
        tokens: All tokens; `None` if the provider did not report those of every call.
        known_tokens: The tokens that were reported.
        cost_usd: The whole cost; `None` if the price of any call is unknown.
        known_cost_usd: The part of the cost that is known.
        seats: The same by seat, `main` for that without a name; empty where one seat alone acted,
            or no model at all.
    """

    model_calls: int
    tokens: Tokens | None
    known_tokens: Tokens
    cost_usd: float | None
    known_cost_usd: float
    seats: dict[str, Spending] = {}

    @model_serializer(mode="wrap")
    def _without_seats_if_one(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = written(self)
        if not self.seats:
            content.pop("seats", None)
        return content


class Series(_Part):
    """An episode by day; item `d` of each list belongs to the 0-based day `d`.

    Attributes:
        figures: By figure, its value when the day's last step was done. A day without a step
            keeps the value of the day before.
        calls: By tool, how often it was called on the day.
        faults: Faulty steps begun on the day.
    """

    figures: dict[str, list[int]]
    calls: dict[str, list[int]]
    faults: list[int]

    @property
    def days(self) -> int:
        """How many days the series has."""
        return len(self.faults)


class EpisodeScore(_Part):
    """The score of a finished episode.

    Attributes:
        score: Final value of the score figure, in its unit.
        luck: What chance alone added to the score, in its unit; 0 if the world does not tell.
        floor: What the naive script reaches on the seed, without luck.
        bound: What no agent can exceed on the seed, without luck.
        normalised: (score - luck - floor) / (bound - floor); `None` if the two coincide.
        figures: Final values of all figures.
        reason: Why it ended: `horizon`, the scenario's limit that was reached (`steps`, `tokens`,
            `usd`, `minutes`), or the world's own word.
        days: Simulated days worked, the last one included.
        steps: Actions, faulty ones included.
        faults: Faulty steps by kind.
        tools: Calls by tool, refused ones included.
        forecasts: By question, what the answers were worth; empty if none was asked.
        conduct: By topic, what was kept and broken; empty if the job tells nothing of it. No part
            of the score.
        series: The episode by day; `None` once read from `scorecard.json`, which leaves it out:
            the trajectories have it.
    """

    status: Literal["scored"] = "scored"
    agent: str
    seed: int
    attempt: int
    score: int
    luck: int = 0
    floor: int
    bound: int
    normalised: float | None
    figures: dict[str, int]
    reason: str
    days: int
    steps: int
    faults: dict[str, int]
    tools: dict[str, int]
    spending: Spending
    forecasts: dict[str, ForecastScore] = {}
    conduct: dict[str, ConductScore] = {}
    series: Series | None = Field(default=None, exclude=True)

    @property
    def earned(self) -> int:
        """The score without luck."""
        return self.score - self.luck

    @property
    def ended_early(self) -> bool:
        """Whether the episode ended before the job's horizon."""
        return self.reason != "horizon"


class Unscored(_Part):
    """A planned episode without a score; a value of its own, never a zero.

    Attributes:
        kind: `missing` (never begun), `unfinished` (can be resumed) or `damaged` (cannot be
            trusted).
        problem: What is wrong, as a sentence.
        steps: Steps that were recorded.
        spending: What they took; `None` if that cannot be read.
    """

    status: Literal["unscored"] = "unscored"
    agent: str
    seed: int
    kind: Literal["missing", "unfinished", "damaged"]
    problem: str
    steps: int = 0
    spending: Spending | None = None


Outcome = Annotated[EpisodeScore | Unscored, Field(discriminator="status")]


class Summary(_Part):
    """One number over the scored seeds.

    Attributes:
        mean: Mean over seeds.
        interval: 95 % interval of the mean; `None` below five seeds.
        worst: The lowest value.
        best: The highest value.
        cvar10: Mean of the worst tenth.
    """

    mean: float
    interval: Interval | None
    worst: float
    best: float
    cvar10: float


class Reliability(_Part):
    """pass^k: the chance that `k` attempts at one seed all pass.

    Attributes:
        share: C(c, k) / C(n, k) with c passes among a seed's n attempts, unbiased; its mean over
            seeds.
        interval: 95 % interval of that mean; `None` below five seeds.
        seeds: On how many seeds it rests: those whose attempts all have a score.
    """

    share: float
    interval: Interval | None
    seeds: int


class AgentScore(_Part):
    """One agent over all planned seeds.

    Where seeds are played several times, means and intervals are over the means of the seeds.

    Attributes:
        label: The agent's folder in the run.
        spec: The agent's specification.
        planned: Episodes planned.
        complete: Episodes scored; the numbers below rest on these alone.
        episodes: Every planned episode in the order of the seeds, scored or not.
        score: Summary of the raw score; `None` if nothing is scored.
        normalised: Summary of the normalised score; `None` if nothing is scored or on some seed
            floor and bound coincide.
        ended_early: Episodes that ended before the horizon.
        ended_early_share: Their share with Wilson's interval; `None` if nothing is scored.
        reasons: Episodes by reason of ending.
        above_floor: pass^k by k, a pass being a score above the floor: the chance that `k` fresh
            seeds all pass. Of seeds that are played several times the first attempts count.
        reliability: pass^k by k on one seed; empty if each seed is played once.
        figures: Means of the other final figures.
        steps: Actions in all scored episodes.
        faults: Faulty steps by kind, in all scored episodes.
        tools: Calls by tool, in all scored episodes.
        spending: Of all episodes, unscored ones included; `None` if one of them is unreadable.
        forecasts: By question, over the scored episodes; empty if none was asked.
        conduct: By topic, summed over the scored episodes; no part of the score.
    """

    label: str
    spec: dict[str, Any]
    planned: int
    complete: int
    episodes: list[Outcome]
    score: Summary | None
    normalised: Summary | None
    ended_early: int
    ended_early_share: Interval | None
    reasons: dict[str, int]
    above_floor: dict[int, float]
    reliability: dict[int, Reliability] = {}
    figures: dict[str, float]
    steps: int
    faults: dict[str, int]
    tools: dict[str, int]
    spending: Spending | None
    forecasts: dict[str, ForecastSummary] = {}
    conduct: dict[str, ConductScore] = {}

    @property
    def name(self) -> str:
        """The agent's name."""
        return str(self.spec.get("name", self.label))

    @property
    def policy(self) -> str:
        """The script that a name which every job knows stood for; empty for all others."""
        return str(self.spec.get("policy") or "")

    @property
    def is_privileged(self) -> bool:
        """Whether it was told the truth of its seeds: then it is a reference and has no rank."""
        return bool(self.spec.get("oracle"))

    @property
    def title(self) -> str:
        """The label, and what is to be known of it: `best (shopkeeper)`, `planner (privileged)`."""
        if self.is_privileged:
            return f"{self.label} (privileged)"
        return f"{self.label} ({self.policy})" if self.policy else self.label

    @property
    def scored(self) -> list[EpisodeScore]:
        """The episodes that have a score."""
        return [episode for episode in self.episodes if isinstance(episode, EpisodeScore)]


class Comparison(_Part):
    """Two agents of a run on the seeds that both finished.

    Attributes:
        score: First minus second, in units of the score.
        normalised: First minus second, normalised; `None` if some score is not.
    """

    first: str
    second: str
    score: PairedDifference
    normalised: PairedDifference | None


class Scorecard(_Part):
    """What a run says.

    Attributes:
        scenario: The scenario in full.
        scenario_digest: Hash of all it says.
        score_figure: Name of the figure that decides; empty if no episode can be read.
        luck_figure: Name of the figure that holds what chance alone added to the score, which
            normalised scores leave out; empty if the job does not tell.
        figure_meanings: What each figure means.
        agents: One entry an agent, in the order of the manifest.
        comparisons: Every pair of agents that share a finished seed.
        forks: Of a fork, its outcomes beside its parent's.
    """

    format: Literal["tenure.scorecard"] = "tenure.scorecard"
    version: Literal[1] = 1
    tenure: str = __version__
    scenario: dict[str, Any]
    scenario_digest: str
    seeds: list[int]
    score_figure: str
    luck_figure: str = ""
    figure_meanings: dict[str, str]
    agents: list[AgentScore]
    comparisons: list[Comparison]
    forks: ForkScore | None = None

    @property
    def planned(self) -> int:
        """Episodes planned."""
        return sum(agent.planned for agent in self.agents)

    @property
    def complete(self) -> int:
        """Episodes scored."""
        return sum(agent.complete for agent in self.agents)

    @property
    def telling_figures(self) -> list[str]:
        """The figures to show beside the score: luck, shares, and those that count units moved."""
        names = dict.fromkeys(name for agent in self.agents for name in agent.figures)
        telling = [
            name
            for name in names
            if name.startswith("units_") or name.endswith("_permille")
            if name != self.score_figure
        ]
        return [self.luck_figure, *telling] if self.luck_figure else telling

    def to_json(self) -> bytes:
        """Return the content of `scorecard.json`: the same bytes for the same run, anywhere."""
        unsaid = set() if self.forks else {"forks"}
        content = rounded(self.model_dump(mode="json", exclude=unsaid))
        return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    def write(self, run_dir: Path) -> Path:
        """Write `scorecard.json` into the run folder and return its path."""
        path = run_dir / FILE_NAME
        write_whole(path, self.to_json())
        return path

    @classmethod
    def read(cls, run_dir: Path) -> Scorecard:
        """Read `scorecard.json`."""
        return cls.model_validate_json((run_dir / FILE_NAME).read_bytes())


# --- one episode -----------------------------------------------------------------------------


def score_episode(episode: Episode, agent: str = "") -> EpisodeScore | Unscored:
    """Score an episode from its records alone.

    Args:
        episode: The records.
        agent: The agent's label; its name if left out.

    Raises:
        TrajectoryError: If a forecast or an event of conduct in the record is none.
    """
    agent = agent or episode.agent_name
    if episode.end is None:
        return Unscored(
            agent=agent,
            seed=episode.seed,
            kind="unfinished",
            problem=f"It stops after step {len(episode.steps)} and can be resumed.",
            steps=len(episode.steps),
            spending=spending(episode.own_steps),
        )
    final = dict(zip(episode.figure_names, episode.end["measured"], strict=True))
    score, known = final[episode.header["score"]], episode.header["references"]
    points = References(known["floor"], known["bound"])
    luck = final[episode.header["luck"]] if "luck" in episode.header else 0
    return EpisodeScore(
        agent=agent,
        seed=episode.seed,
        attempt=episode.attempt,
        score=score,
        luck=luck,
        floor=points.floor,
        bound=points.bound,
        normalised=points.normalised(score - luck),
        figures=final,
        reason=episode.end["reason"],
        days=_days_worked(episode),
        steps=len(episode.steps),
        faults=_counted(step["fault"] for step in episode.steps if "fault" in step),
        tools=_counted(name for step in episode.steps if (name := tool_called(step))),
        spending=spending(episode.own_steps),
        forecasts=score_forecasts(episode),
        conduct=score_conduct(episode),
        series=series(episode),
    )


def tool_called(step: StepRecord) -> str:
    """Return the name of the tool that a step called; empty if it called none that exists."""
    if step.get("fault") in _NO_CALL:
        return ""
    try:
        return str(orjson.loads(step["action"])["name"])
    except (ValueError, LookupError, TypeError):  # not a call, whatever the record claims
        return ""


def series(episode: Episode) -> Series:
    """Return an episode by day; what a step limit left to nobody is flat until its last day."""
    end_minute = episode.end["minute"] if episode.end else episode.last_minute
    days = day_of(end_minute) + 1
    calls: dict[str, list[int]] = {}
    faults = [0] * days
    current = dict(zip(episode.figure_names, episode.header["measured"], strict=True))
    began = day_of(episode.header["minute"])
    last_of_day = {began: current}
    for step in episode.steps:
        if name := tool_called(step):
            calls.setdefault(name, [0] * days)[began] += 1
        faults[began] += "fault" in step
        current = current | step.get("figures", {})
        began = day_of(step["minute"])
        last_of_day[began] = current
    if episode.end:
        final = zip(episode.figure_names, episode.end["measured"], strict=True)
        last_of_day[day_of(end_minute)] = dict(final)
    return Series(
        figures=_carried_forward(episode.figure_names, last_of_day, days),
        calls=dict(sorted(calls.items())),
        faults=faults,
    )


def _carried_forward(
    names: Sequence[str], last_of_day: Mapping[int, Mapping[str, int]], days: int
) -> dict[str, list[int]]:
    """Return each figure by day; a day without a step keeps what was."""
    values: dict[str, list[int]] = {name: [] for name in names}
    current = last_of_day[min(last_of_day)]
    for day in range(days):
        current = last_of_day.get(day, current)
        for name in names:
            values[name].append(current[name])
    return values


def spending(steps: Iterable[StepRecord]) -> Spending:
    """Add up what the model calls of some steps took, in all and by seat."""
    by_seat: dict[str, list[StepRecord]] = {}
    for step in steps:
        by_seat.setdefault(step.get("seat", MAIN_SEAT), []).append(step)
    return _added_up({seat: _spending(own) for seat, own in by_seat.items()})


def _added_up(seats: Mapping[str, Spending]) -> Spending:
    """Return what seats took together, and by seat if there are several and a model acted."""
    total = _total(list(seats.values()))
    if len(seats) > 1 and total.model_calls:
        return total.model_copy(update={"seats": dict(seats)})
    return total


def _spending(steps: Iterable[StepRecord]) -> Spending:
    exchanges = [step["exchange"] for step in steps if _asked_a_model(step)]
    usages = [tokens_of(exchange) for exchange in exchanges]
    known = _sum_tokens(usage for usage in usages if usage is not None)
    costs = [told_usd(exchange) for exchange in exchanges]
    known_cost = sum(cost for cost in costs if cost is not None)
    return Spending(
        model_calls=sum(map(_calls, exchanges)),
        tokens=None if None in usages else known,
        known_tokens=known,
        cost_usd=None if None in costs else known_cost,
        known_cost_usd=known_cost,
    )


def _calls(exchange: Mapping[str, Any]) -> int:
    """Count the requests that were answered in a turn: the turn's own, and those for summaries."""
    summaries = exchange.get("summaries")
    if not isinstance(summaries, list):
        return 1
    return 1 + sum(isinstance(one, dict) and "usage" in one for one in summaries)


def _asked_a_model(step: StepRecord) -> bool:
    """Tell whether a turn was a model's; a person's exchange tells only how long it took."""
    return "exchange" in step and "active_ms" not in step["exchange"]


def tokens_of(exchange: Mapping[str, Any]) -> Tokens | None:
    """Return what a provider reported: input and output must be there, the parts of them need not.

    `None` if it is unknown, or no number that a call can have.
    """
    usage = exchange.get("usage")
    if not isinstance(usage, dict):
        return None
    given, written = told_count(usage, "input_tokens"), told_count(usage, "output_tokens")
    if given is None or written is None:
        return None
    parts = {name: told_count(usage, f"{name}_tokens") or 0 for name in _TOKEN_PARTS}
    return Tokens(input=given, output=written, **parts)


def _sum_tokens(parts: Iterable[Tokens]) -> Tokens:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part.model_dump())
    return Tokens(**total)


def _days_worked(episode: Episode) -> int:
    """Count the days; an episode that ends at midnight did not begin the next one."""
    return day_of(max(episode.header["minute"], episode.last_minute - 1)) + 1


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


# --- a run -----------------------------------------------------------------------------------


def score_run(run_dir: Path, spread: Spread = map) -> Scorecard:
    """Score all that a run has planned, whether it was played or not.

    Args:
        run_dir: The run's folder.
        spread: How the episodes are scored; the scores are the same.

    Raises:
        UsageError: If the folder holds no run.
    """
    return score_planned(run_dir, Manifest.read(run_dir), spread)


def score_planned(run_dir: Path, manifest: Manifest, spread: Spread = map) -> Scorecard:
    """Score a plan whose episodes stand in a folder, whether they were played or not."""
    figures: dict[str, str] = {}
    score_figure = luck_figure = ""
    outcomes: dict[str, list[EpisodeScore | Unscored]] = {label: [] for label in manifest.labels}
    planned = list(manifest.planned())
    found = spread(partial(_outcome, run_dir, manifest), planned)
    for slot, (outcome, header) in zip(planned, found, strict=True):
        outcomes[slot.label].append(outcome)
        if header is not None and not figures:
            score_figure = header["score"]
            luck_figure = header.get("luck", "")
            figures = {figure["name"]: figure["meaning"] for figure in header["figures"]}
    outcomes = _of_one_form(outcomes)
    attempts = 1 if manifest.origin else manifest.attempts
    agents = [
        _agent_score(manifest.agent(label), label, outcomes[label], attempts) for label in outcomes
    ]
    return Scorecard(
        scenario=manifest.scenario.model_dump(mode="json"),
        scenario_digest=manifest.scenario.digest,
        seeds=manifest.seeds,
        score_figure=score_figure,
        luck_figure=luck_figure,
        figure_meanings=figures,
        agents=agents,
        comparisons=_comparisons(agents),
        forks=score_forks(run_dir, manifest.origin, _finished(agents)) if manifest.origin else None,
    )


def _finished(agents: Sequence[AgentScore]) -> list[tuple[str, int, int]]:
    return [(agent.label, one.attempt, one.score) for agent in agents for one in agent.scored]


def _outcome(
    run_dir: Path, manifest: Manifest, slot: Slot
) -> tuple[EpisodeScore | Unscored, HeaderRecord | None]:
    label, seed, _ = slot
    path = run_dir / manifest.episode_path(*slot)
    if not path.is_file():
        return _unscored(label, seed, "missing", "It was planned and never begun."), None
    try:
        episode = read_partial(path)
    except TrajectoryError as error:
        return _unscored(label, seed, "damaged", str(error)), None
    if problem := manifest.disagreement(slot, episode):
        return _unscored(
            label, seed, "damaged", f"The file is not what was planned: {problem}."
        ), None
    try:
        return score_episode(episode, label), episode.header
    except TrajectoryError as error:
        return _unscored(label, seed, "damaged", str(error)), None


def _of_one_form(
    outcomes: Mapping[str, list[EpisodeScore | Unscored]],
) -> dict[str, list[EpisodeScore | Unscored]]:
    """Return the outcomes with those unscored that were asked a question as most were not.

    A scenario asks each question in one form and unit, so such a record is not the scenario's.
    """
    forms: dict[str, Counter[tuple[str, str]]] = {}
    for episodes in outcomes.values():
        for episode in episodes:
            for name, found in _forecasts(episode).items():
                forms.setdefault(name, Counter())[found.form, found.unit] += 1
    usual = {name: counted.most_common(1)[0][0] for name, counted in forms.items()}
    return {
        label: [_if_usual(episode, usual) for episode in episodes]
        for label, episodes in outcomes.items()
    }


def _if_usual(
    episode: EpisodeScore | Unscored, usual: Mapping[str, tuple[str, str]]
) -> EpisodeScore | Unscored:
    for name, found in _forecasts(episode).items():
        if (found.form, found.unit) != usual[name]:
            return _unscored(
                episode.agent,
                episode.seed,
                "damaged",
                f"It was asked {name!r} as {' in '.join(filter(None, (found.form, found.unit)))}, "
                f"and the run's other episodes as {' in '.join(filter(None, usual[name]))}.",
            )
    return episode


def _forecasts(episode: EpisodeScore | Unscored) -> Mapping[str, ForecastScore]:
    return episode.forecasts if isinstance(episode, EpisodeScore) else {}


def _unscored(label: str, seed: int, kind: Literal["missing", "damaged"], problem: str) -> Unscored:
    return Unscored(agent=label, seed=seed, kind=kind, problem=problem)


def _agent_score(
    spec: dict[str, Any], label: str, episodes: list[EpisodeScore | Unscored], attempts: int
) -> AgentScore:
    scored = [episode for episode in episodes if isinstance(episode, EpisodeScore)]
    early = sum(episode.ended_early for episode in scored)
    return AgentScore(
        label=label,
        spec=spec,
        planned=len(episodes),
        complete=len(scored),
        episodes=episodes,
        score=_summary([(one.seed, one.score) for one in scored], attempts),
        normalised=_summary([(one.seed, one.normalised) for one in scored], attempts),
        ended_early=early,
        ended_early_share=wilson(early, len(scored)) if scored else None,
        reasons=_counted(episode.reason for episode in scored),
        above_floor=_above_floor(scored, attempts),
        reliability=_reliability(scored, attempts),
        figures=_mean_figures(scored),
        steps=sum(episode.steps for episode in scored),
        faults=_added(episode.faults for episode in scored),
        tools=_added(episode.tools for episode in scored),
        spending=_total_spending(episodes),
        forecasts=pool_forecasts([episode.forecasts for episode in scored], _generator),
        conduct=pool_conduct([episode.conduct for episode in scored]),
    )


def _summary(values: Sequence[tuple[int, float | None]], attempts: int) -> Summary | None:
    """Sum up values by seed; several attempts at a seed are one value, their mean."""
    told = [(seed, value) for seed, value in values if value is not None]
    if not told or len(told) < len(values):
        return None
    numbers = [value for _, value in told] if attempts == 1 else list(_by_seed(told).values())
    return Summary(
        mean=fmean(numbers),
        interval=mean_interval(numbers, _generator()),
        worst=min(numbers),
        best=max(numbers),
        cvar10=cvar(numbers, WORST_TAIL),
    )


def _above_floor(scored: Sequence[EpisodeScore], attempts: int) -> dict[int, float]:
    """Take the scenario for the task and the seeds for independent attempts at it."""
    tries = [one for one in scored if attempts == 1 or one.attempt == 0]
    passes = sum(episode.earned > episode.floor for episode in tries)
    return {k: pass_hat_k([(passes, len(tries))], k) for k in PASS_HAT_KS if k <= len(tries)}


def _reliability(scored: Sequence[EpisodeScore], attempts: int) -> dict[int, Reliability]:
    """Take each seed for a task, and its attempts for independent attempts at it."""
    if attempts == 1:
        return {}
    tries = Counter(one.seed for one in scored)
    passes = Counter(one.seed for one in scored if one.earned > one.floor)
    whole = [seed for seed, count in tries.items() if count == attempts]
    if not whole:
        return {}
    found = {
        k: [pass_hat_k([(passes[seed], attempts)], k) for seed in whole]
        for k in PASS_HAT_KS
        if k <= attempts
    }
    return {
        k: Reliability(
            share=fmean(shares), interval=mean_interval(shares, _generator()), seeds=len(whole)
        )
        for k, shares in found.items()
    }


def _mean_figures(scored: Sequence[EpisodeScore]) -> dict[str, float]:
    names = scored[0].figures if scored else {}
    return {name: fmean(episode.figures[name] for episode in scored) for name in names}


def _added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(sorted(total.items()))


def _total_spending(episodes: Sequence[EpisodeScore | Unscored]) -> Spending | None:
    begun = [
        episode
        for episode in episodes
        if not (isinstance(episode, Unscored) and episode.kind == "missing")
    ]
    parts = [episode.spending for episode in begun if episode.spending is not None]
    if len(parts) < len(begun):
        return None
    by_seat: dict[str, list[Spending]] = {}
    for part in parts:
        for seat, own in (part.seats or {MAIN_SEAT: part}).items():
            by_seat.setdefault(seat, []).append(own)
    return _added_up({seat: _total(own) for seat, own in by_seat.items()})


def _total(parts: Sequence[Spending]) -> Spending:
    known_cost = sum(part.known_cost_usd for part in parts)
    known_tokens = _sum_tokens(part.known_tokens for part in parts)
    return Spending(
        model_calls=sum(part.model_calls for part in parts),
        tokens=None if any(part.tokens is None for part in parts) else known_tokens,
        known_tokens=known_tokens,
        cost_usd=None if any(part.cost_usd is None for part in parts) else known_cost,
        known_cost_usd=known_cost,
    )


def _comparisons(agents: Sequence[AgentScore]) -> list[Comparison]:
    pairs = (_comparison(first, second) for first, second in combinations(agents, 2))
    return [pair for pair in pairs if pair is not None]


def _comparison(first: AgentScore, second: AgentScore) -> Comparison | None:
    scores = [_by_seed((one.seed, one.score) for one in agent.scored) for agent in (first, second)]
    score = paired_difference(scores[0], scores[1], _generator())
    if score is None:
        return None
    return Comparison(
        first=first.label,
        second=second.label,
        score=score,
        normalised=_normalised_difference(first, second),
    )


def _normalised_difference(first: AgentScore, second: AgentScore) -> PairedDifference | None:
    if first.normalised is None or second.normalised is None:
        return None
    values = [
        _by_seed((one.seed, one.normalised) for one in agent.scored if one.normalised is not None)
        for agent in (first, second)
    ]
    return paired_difference(values[0], values[1], _generator())


def _by_seed(values: Iterable[tuple[int, float]]) -> dict[int, float]:
    """Return the mean of a seed's attempts, by seed."""
    found: dict[int, list[float]] = {}
    for seed, value in values:
        found.setdefault(seed, []).append(float(value))
    return {seed: fmean(attempts) for seed, attempts in found.items()}


def _generator() -> np.random.Generator:
    """Return the same chance for each interval, so that one agent's never depends on another's."""
    return np.random.Generator(np.random.PCG64(_BOOTSTRAP_SEED))


def rounded(value: Any) -> Any:
    """Return JSON-able content with all floats as they are written."""
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return value
