"""Submission: a run is played again in full before it enters the board, or leaves no trace."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from tenure import scenarios
from tenure.envs import jobs
from tenure.errors import TrajectoryError, UsageError
from tenure.scoring.leaderboard.entry import ENTRIES, Entry, describe, is_builtin
from tenure.scoring.manifest import Manifest
from tenure.scoring.records import Episode, read
from tenure.scoring.report import write_report
from tenure.scoring.scorecard import FILE_NAME as SCORECARD
from tenure.scoring.scorecard import Scorecard, score_run
from tenure.scoring.verification import verify

_MAX_EPISODE_BYTES = 2**28


def submit(run_dir: Path, board_dir: Path) -> Entry:
    """Check a run and add it to a board.

    The planned episodes are copied, and the copies are checked: their hash chains, that they are
    what the manifest planned, every observation and score by playing them again, and the scorecard
    against the records. Only then does the entry appear, all at once.

    Args:
        run_dir: A finished run.
        board_dir: The board; made if need be.

    Raises:
        UsageError: If the run is not finished, does not fit its plan or its scorecard, claims a
            built-in scenario that it was not played on, has a privileged script among its agents,
            or is on the board already.
        TrajectoryError: If an episode was changed, or does not replay.
    """
    manifest = Manifest.read(run_dir)
    _check_first_attempts(manifest)
    _check_scenario(manifest)
    _check_agents(manifest)
    with _desk(board_dir) as desk:
        _copy(run_dir, desk, manifest)
        _check_episodes(desk)
        episodes = [read(desk / manifest.episode_path(*plan)) for plan in manifest.planned()]
        digest = run_digest(manifest, episodes)
        place = board_dir / ENTRIES / digest[:16]
        if place.exists():
            raise UsageError(f"This run is on the board already, as {place.name}.")
        scorecard = score_run(desk)
        _check_scorecard(run_dir, scorecard)
        entry = describe(digest, manifest, scorecard, episodes)
        scorecard.write(desk)
        entry.write(desk)
        write_report(desk, scorecard)
        place.parent.mkdir(exist_ok=True)
        os.rename(desk, place)  # noqa: PTH104  atomic, and said so
    return entry


def run_digest(manifest: Manifest, episodes: Sequence[Episode]) -> str:
    """Return the hash of what was done in a run: the actions by label and seed, and the scenario.

    Everything else follows from these by replay, or is what anyone could edit and seal anew: the
    same actions with another cost are the same run.

    Args:
        manifest: What was planned.
        episodes: The planned episodes in their order.
    """
    done = sorted(
        (label, seed, _actions_digest(episode))
        for (label, seed, _), episode in zip(manifest.planned(), episodes, strict=True)
    )
    return sha256(orjson.dumps([manifest.scenario.digest, done])).hexdigest()


def _actions_digest(episode: Episode) -> str:
    actions = [(step["action"], step.get("lone_surrogates", [])) for step in episode.steps]
    return sha256(orjson.dumps(actions)).hexdigest()


@contextmanager
def _desk(board_dir: Path) -> Iterator[Path]:
    """Lend a folder on the board's disk; what is still there afterwards is thrown away."""
    is_new = not board_dir.exists()
    board_dir.mkdir(parents=True, exist_ok=True)
    desk = Path(tempfile.mkdtemp(prefix=".incoming-", dir=board_dir))
    desk.chmod(0o755)
    try:
        yield desk
    finally:
        shutil.rmtree(desk, ignore_errors=True)
        if is_new and not any(board_dir.iterdir()):
            board_dir.rmdir()


def _check_first_attempts(manifest: Manifest) -> None:
    """Refuse forks, and seeds that were played several times."""
    if manifest.origin:
        raise UsageError(
            "This run goes on with a recorded episode, so its agents did not do all of it: a fork"
            " tells where something went wrong, and never enters a leaderboard."
        )
    if manifest.attempts > 1:
        raise UsageError(
            f"Each seed was played {manifest.attempts} times; a board takes runs of one attempt."
        )


def _check_scenario(manifest: Manifest) -> None:
    """Refuse a run that claims a built-in scenario and was played on something else."""
    played = manifest.scenario
    if manifest.voice:
        raise UsageError(
            f"The counterparts of this run were voiced by {manifest.voice.get('name')}. A board "
            f"compares runs in the world's own words: play it again without --voice."
        )
    if not is_builtin(played.id):
        return
    known = scenarios.load(played.id)
    if played.version != known.version:
        raise UsageError(
            f"The run was played on {played.id} version {played.version}; this Tenure has version "
            f"{known.version}. Submit it with the Tenure that played it, or play it again."
        )
    if changes := scenarios.departures(played):
        raise UsageError(
            f"The run claims the built-in scenario {played.id}, but {'; '.join(changes)}. "
            "A changed scenario needs an id of its own."
        )


def _check_agents(manifest: Manifest) -> None:
    """Refuse scripts that were told the truth of their seeds."""
    scenario = manifest.scenario
    oracles = scenario.job.oracles if scenario.job_name in jobs.names() else ()
    for agent in manifest.agents:
        if agent.get("oracle") or {agent["name"], agent.get("policy")} & {*oracles}:
            raise UsageError(
                f"{agent['name']} was told the truth of its seeds: it is a reference for how much "
                "room there is, and no run with it enters a leaderboard."
            )


def _copy(run_dir: Path, desk: Path, manifest: Manifest) -> None:
    """Copy the manifest and the planned episodes, and nothing else."""
    manifest.write(desk)
    for plan in manifest.planned():
        path = manifest.episode_path(*plan)
        source = run_dir / path
        if not source.is_file() or source.is_symlink():
            raise UsageError(f"The run is not finished: {path} is planned and missing.")
        if source.stat().st_size > _MAX_EPISODE_BYTES:
            raise UsageError(f"{path} is larger than any honest episode.")
        (desk / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, desk / path)


def _check_episodes(desk: Path) -> None:
    """Check chains, plan and replay; the first thing that is wrong decides."""
    for finding in verify(desk).findings:
        problem = finding.problem.removeprefix(f"{Path(finding.file).name}: ")
        raise TrajectoryError(f"{finding.file}: {problem}", finding.record)


def _check_scorecard(run_dir: Path, scorecard: Scorecard) -> None:
    """Refuse a run whose own scorecard, if it has one, says other than its records do."""
    path = run_dir / SCORECARD
    if not path.is_file():
        return
    try:
        claimed = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        raise UsageError(f"{SCORECARD} is not JSON; delete it or score the run again.") from None
    if difference := _difference(claimed, orjson.loads(scorecard.to_json())):
        raise UsageError(
            f"{SCORECARD} does not follow from the records: it differs in {difference}."
        )


def _difference(first: Any, second: Any, place: str = "") -> str:
    """Name the first place where two JSON values differ; empty if they are equal."""
    if isinstance(first, dict) and isinstance(second, dict):
        keys = list(dict.fromkeys([*first, *second]))
        pairs = [(f"{place}.{key}".strip("."), first.get(key), second.get(key)) for key in keys]
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        pairs = [(f"{place}.{i}", *both) for i, both in enumerate(zip(first, second, strict=True))]
    else:
        return "" if orjson.dumps(first) == orjson.dumps(second) else repr(place or "everything")
    return next((found for name, a, b in pairs if (found := _difference(a, b, name))), "")
