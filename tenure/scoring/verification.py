"""Verification: is a trajectory, or a whole run, what it says it is?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from tenure.errors import TrajectoryError, UsageError
from tenure.scenarios import References, Scenario, departures, references
from tenure.scoring.arena.manifest import ArenaManifest, Match, is_arena_run
from tenure.scoring.manifest import EPISODES, FILE_NAME, PARENT, SUFFIX, Manifest, Origin, Slot
from tenure.scoring.records import Episode, StepRecord, read, read_partial
from tenure.scoring.replay import replay
from tenure.scoring.scorecard import score_episode
from tenure.scoring.spread import Spread
from tenure.scoring.suite import SuiteManifest, is_suite_run


class Finding(NamedTuple):
    """What is wrong with one file.

    Attributes:
        file: The file, relative to what was verified.
        problem: What is wrong, as a sentence.
        record: 0-based index of the first bad record, or `None` if it is not one record.
    """

    file: str
    problem: str
    record: int | None = None


class Verification(NamedTuple):
    """What was checked, and what was found.

    Attributes:
        verified: Episodes whose every byte, observation and score was reproduced.
        findings: One an offending file; none means that all is as it should be.
        departures: How the scenario differs from the built-in one of its id, in words.
    """

    verified: int
    findings: tuple[Finding, ...]
    departures: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify(path: Path, spread: Spread = map) -> Verification:
    """Check the hash chain of one trajectory, of a run's or of a suite's, and replay them.

    For a run folder, the files are also held against the manifest: missing and additional ones,
    and those that belong to another agent, seed or scenario are named. For a suite's, so are the
    runs.

    Args:
        path: A file, or a run's folder.
        spread: How the worlds of a run are checked; what is found is the same.

    Raises:
        UsageError: If there is no such file or folder, or the folder holds no run.
    """
    if path.is_dir() and is_suite_run(path):
        return _verify_suite(path, spread)
    if path.is_dir() and is_arena_run(path):
        return _verify_arena(path, ArenaManifest.read(path), spread)
    if path.is_dir():
        return _verify_run(path, Manifest.read(path), spread)
    if not path.is_file():
        raise UsageError(f"There is no file or folder {str(path)!r}.")
    try:
        episode = _reproduced(path)
    except TrajectoryError as error:
        return Verification(0, (Finding(path.name, str(error), error.record),))
    played = Scenario.model_validate(episode.header["scenario"])
    return Verification(1, (), tuple(_changes(played)))


def _changes(played: Scenario) -> list[str]:
    """Tell how a scenario departs from its id; how many seats a contest has is the run's affair."""
    changes = departures(played)
    if not played.job.is_contest:
        return changes
    return [one for one in changes if not one.startswith("parameters.seats ")]


class _Plan(NamedTuple):
    """What a file should hold.

    Attributes:
        disagreement: Tells how an episode differs from what was planned; empty if it does not.
        known: Tells the references of a seed.
    """

    disagreement: Callable[[Episode], str]
    known: Callable[[int], References]


def _verify_suite(suite_dir: Path, spread: Spread) -> Verification:
    """Verify every run of a suite; files are named relative to the suite's folder."""
    suite = SuiteManifest.read(suite_dir)
    runs = [
        _named(_verify_run(folder, run, spread), run) for folder, run in suite.folders(suite_dir)
    ]
    odd = [*_other_plans(suite_dir, suite), *_unplanned_runs(suite_dir, suite)]
    return Verification(
        sum(run.verified for run in runs),
        (*(finding for run in runs for finding in run.findings), *odd),
        (*suite.departures(), *(departure for run in runs for departure in run.departures)),
    )


def _named(verification: Verification, run: Manifest) -> Verification:
    """Return what was found in a run of a suite, with the scenario that it belongs to."""
    scenario_id = run.scenario.id
    return verification._replace(
        findings=tuple(
            finding._replace(file=f"{scenario_id}/{finding.file}")
            for finding in verification.findings
        ),
        departures=tuple(f"{scenario_id}: {change}" for change in verification.departures),
    )


def _other_plans(suite_dir: Path, suite: SuiteManifest) -> Iterator[Finding]:
    """Find runs whose own manifest says something else than the suite's."""
    for folder, run in suite.folders(suite_dir):
        if problem := _disagreement(folder, run):
            yield Finding(f"{run.scenario.id}/{FILE_NAME}", problem)


def _disagreement(folder: Path, run: Manifest) -> str:
    if not folder.is_dir():
        return ""  # each of its episodes is missing, which is said
    if not (folder / FILE_NAME).is_file():
        return "The run's manifest is missing."
    try:
        there = Manifest.read(folder)
    except UsageError as error:
        return str(error)
    same = there.model_copy(update={"tenure": run.tenure}) == run
    return "" if same else "The run's plan is not the one that the suite has for it."


def _unplanned_runs(suite_dir: Path, suite: SuiteManifest) -> Iterator[Finding]:
    """Find runs and episodes that stand where no run of the suite has them."""
    planned = {folder for folder, _ in suite.folders(suite_dir)}
    strays = {path.parent for path in suite_dir.rglob(FILE_NAME)} - planned
    for folder in sorted(strays):
        name = (folder / FILE_NAME).relative_to(suite_dir).as_posix()
        yield Finding(name, "The run is not in the suite's plan.")
    told = {*strays, *(folder / EPISODES for folder in planned)}
    for path in sorted(suite_dir.rglob(f"*{SUFFIX}")):
        if told.isdisjoint(path.parents):
            name = path.relative_to(suite_dir).as_posix()
            yield Finding(name, "The episode is not in the suite's plan.")


def _verify_run(run_dir: Path, manifest: Manifest, spread: Spread) -> Verification:
    planned = [
        _Planned(slot.seed, manifest.episode_path(*slot).as_posix(), slot)
        for slot in manifest.planned()
    ]
    found = _verify_planned(run_dir, manifest, planned, departures(manifest.scenario), spread)
    if manifest.origin is None:
        return found
    odd = _verify_origin(run_dir, manifest.origin, [one.name for one in planned])
    return found._replace(
        verified=found.verified - sum(one.record is not None for one in odd),
        findings=(*found.findings, *odd),
    )


def _verify_origin(run_dir: Path, origin: Origin, names: Iterable[str]) -> list[Finding]:
    """Hold the parent's copy against the plan, and each fork's first steps against the parent's."""
    try:
        parent = read_partial(run_dir / PARENT)
    except FileNotFoundError:
        return [Finding(PARENT, "The record that was forked is missing.")]
    except TrajectoryError as error:
        return [Finding(PARENT, str(error), error.record)]
    if len(parent.steps) < origin.step or parent.head_before(origin.step) != origin.hash:
        return [Finding(PARENT, "It is not the record that the plan says was forked.")]
    checks = ((name, _departure(parent, run_dir / name)) for name in names)
    return [
        Finding(
            name, f"Step {step} is not the parent's, though it comes before the fork.", step + 1
        )
        for name, step in checks
        if step is not None
    ]


def _departure(parent: Episode, path: Path) -> int | None:
    """Return the first step before the fork that is not the parent's; `None` if there is none."""
    try:
        fork = read_partial(path)
    except (OSError, TrajectoryError):
        return None  # that is said already
    if fork.seed != parent.seed or fork.header["opening"] != parent.header["opening"]:
        return 0
    pairs = zip(fork.steps[: fork.inherited], parent.steps, strict=False)
    return next((n for n, pair in enumerate(pairs) if _said(pair[0]) != _said(pair[1])), None)


def _said(step: StepRecord) -> dict[str, Any]:
    """Return what a fork takes over of a step: all but the hash and fields that nobody knows."""
    return {name: step.get(name) for name in StepRecord.__annotations__ if name != "hash"}


def _verify_arena(run_dir: Path, manifest: ArenaManifest, spread: Spread) -> Verification:
    planned = [_Planned(match.seed, match.path.as_posix(), match) for match in manifest.matches()]
    return _verify_planned(run_dir, manifest, planned, manifest.departures(), spread)


class _Planned(NamedTuple):
    """A planned file.

    Attributes:
        seed: Of its world.
        name: Relative to the run's folder.
        place: Its place in the manifest's plan.
    """

    seed: int
    name: str
    place: Slot | Match


def _verify_planned(
    run_dir: Path,
    manifest: Manifest | ArenaManifest,
    planned: Sequence[_Planned],
    changes: Iterable[str],
    spread: Spread,
) -> Verification:
    """Check each planned file, world by world, and name those that nobody planned."""
    worlds: defaultdict[int, list[_Planned]] = defaultdict(list)
    for one in planned:
        worlds[one.seed].append(one)
    found: dict[str, Finding | None] = {}
    for results in spread(partial(_check_world, run_dir, manifest), list(worlds.values())):
        found |= results
    checks = [found[one.name] for one in planned]
    bad = (*(finding for finding in checks if finding), *_unplanned(run_dir, found.keys()))
    return Verification(checks.count(None), bad, tuple(changes))


def _check_world(
    run_dir: Path, manifest: Manifest | ArenaManifest, planned: Sequence[_Planned]
) -> dict[str, Finding | None]:
    """Check the episodes on one world, whose references are computed once."""
    known = cache(partial(references, manifest.scenario))
    return {
        one.name: _check(
            run_dir / one.name,
            one.name,
            _Plan(partial(manifest.disagreement, one.place), known),  # type: ignore[arg-type]  # each its own kind of place
        )
        for one in planned
    }


def _check(path: Path, name: str, plan: _Plan) -> Finding | None:
    if not path.is_file():
        return Finding(name, "The episode was planned and is missing.")
    try:
        _reproduced(path, plan)
    except TrajectoryError as error:
        return Finding(name, str(error), error.record)
    return None


def _reproduced(path: Path, plan: _Plan | None = None) -> Episode:
    """Read an episode, hold it against the plan, replay it and see that it can be scored.

    Raises:
        TrajectoryError: At the first thing that is wrong.
    """
    episode = read(path)
    if plan and (problem := plan.disagreement(episode)):
        raise TrajectoryError(f"The file is not what was planned: {problem}.", 0)
    replayed = replay(episode, plan.known if plan else None)
    if replayed.divergence is not None:
        raise TrajectoryError(replayed.explanation, replayed.divergence.record)
    score_episode(episode)  # what a job's own code wrote may be no score at all
    return episode


def _unplanned(run_dir: Path, planned: Collection[str]) -> list[Finding]:
    there = sorted(
        path.relative_to(run_dir).as_posix() for path in (run_dir / EPISODES).rglob(f"*{SUFFIX}")
    )
    return [
        Finding(name, "The episode is not in the run's plan.")
        for name in there
        if name not in planned
    ]
