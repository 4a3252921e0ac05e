"""Measure the sustained competence of a run's agents, or of one episode, against a reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from tenure.envs.jobs import Shock
from tenure.errors import UsageError, nearest
from tenure.scenarios import Scenario
from tenure.scoring.manifest import Manifest, label_of
from tenure.scoring.records import Episode, read
from tenure.scoring.replay import recorded_scenario
from tenure.scoring.scorecard import Scorecard
from tenure.scoring.sustained import course
from tenure.scoring.sustained.agents import over_seeds
from tenure.scoring.sustained.competence import LEAST_DAYS
from tenure.scoring.sustained.episodes import see
from tenure.scoring.sustained.estimates import monthly_means
from tenure.scoring.sustained.results import CourseOfAgent, Sustained
from tenure.scoring.sustained.shocks import Shocks

Losses = Mapping[tuple[str, int], Sequence[float]]
"""Daily losses by label and seed, in the unit of the job's worth."""

Twins = Callable[[str, int, Shock], Sequence[float] | None]
"""Returns the worth by morning of an agent's episode on a seed without a shock, if there is one."""


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
        reference_earned=monthly_means(list(reference.values())),
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
    seen, shocks = [], Shocks(scenario.job.over_time.shocks)
    for seed in entrant.seeds:
        episode = entrant.load(seed)
        given = losses[entrant.label, seed] if losses else None
        one = see(episode, scenario, reference[seed], given)
        seen.append(one)
        if twins:
            shocks.add(episode, one.earned, partial(twins, entrant.label, seed))
    found = over_seeds(entrant.label, entrant.title, seen, is_reference=is_reference)
    return found.model_copy(update={"recoveries": shocks.summary()})
