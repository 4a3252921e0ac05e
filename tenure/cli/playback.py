"""`tenure replay` and `tenure verify`: what a record claims, done again and compared."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tenure.cli.exits import Exit
from tenure.cli.parsing import Parser
from tenure.cli.places import define_source, define_workers, from_store, spreading
from tenure.cli.terminal import printable, say
from tenure.errors import TrajectoryError, UsageError

if TYPE_CHECKING:
    from tenure.scoring.manifest import Manifest
    from tenure.scoring.verification import Finding


def _define_replay(parser: Parser) -> Callable[[argparse.Namespace], int]:
    define_source(parser, "path", "an episode's file, or the folder of a run or a suite")
    define_workers(parser)
    return from_store(_replay, "path")


def _define_verify(parser: Parser) -> Callable[[argparse.Namespace], int]:
    define_source(parser, "path", "an episode's file, or the folder of a run or a suite")
    define_workers(parser)
    return from_store(_verify, "path")


_NAMED = 5
"""So many episodes are named of a folder that holds several."""

COMMANDS = {"replay": _define_replay, "verify": _define_verify}


def _replay(options: argparse.Namespace) -> int:
    path: Path = options.path
    if path.is_dir():
        return _compare_all(path, options)
    if not path.exists():
        raise UsageError(f"There is no {path}.")
    line, code = _compared(path)
    say(f"{options.shown(path)}: {line}")
    return code


def _verify(options: argparse.Namespace) -> int:
    from tenure.scoring.verification import verify

    path: Path = options.path
    verification = verify(path, spreading(options))
    unfinished = [_is_unfinished(path, finding) for finding in verification.findings]
    for finding, merely in zip(verification.findings, unfinished, strict=True):
        problem = finding.problem.removeprefix(f"{Path(finding.file).name}: ")
        kind = "unfinished" if merely else "FAILED"
        say(printable(f"{kind}: {finding.file}: {problem}"))
    say(_verdict(verification.verified, unfinished.count(False), unfinished.count(True)))
    if verification.verified:
        say("Not proven: who acted, what it cost, or that no other attempt was left out.")
    if verification.departures:
        changes = "; ".join(verification.departures)
        say(printable(f"The scenario is not the built-in one of its id: {changes}."))
    if verification.ok:
        return Exit.DONE
    return Exit.UNFINISHED if all(unfinished) else Exit.INVALID


def _verdict(verified: int, failed: int, unfinished: int) -> str:
    facts = f"{verified} episode{'' if verified == 1 else 's'} verified"
    if not failed and not unfinished:
        return f"{facts}: every byte, observation and score."
    counts = ((failed, "failed"), (unfinished, "unfinished"))
    return f"{', '.join([facts, *(f'{count} {what}' for count, what in counts if count)])}."


def _is_unfinished(path: Path, finding: Finding) -> bool:
    """Tell whether nothing is wrong with an episode but that it is not at its end yet."""
    from tenure.scoring.records import read_partial
    from tenure.scoring.replay import replay

    file = path / finding.file if path.is_dir() else path
    if not file.exists():
        return file.suffix != ".json"  # an episode is still to be played, a lost plan is a loss
    if finding.record is None:
        return False  # it is the file that is wrong, such as one that was not planned
    try:
        episode = read_partial(file)
        return not episode.complete and replay(episode).divergence is None
    except TrajectoryError:
        return False


def _compare_all(folder: Path, options: argparse.Namespace) -> Exit:
    paths = list(planned_files(folder))
    played = [path for path in paths if path.exists()]
    if not played:
        say(f"No episode of {options.shown(folder)} has been played yet.")
        return Exit.UNFINISHED
    found = list(spreading(options)(_compared, played))
    for path, (line, _) in zip(played, found, strict=True):
        say(f"{options.shown(path)}: {line}")
    return max(code for _, code in found)


def planned_files(folder: Path) -> Iterator[Path]:
    """Yield where the episodes of a run, a suite or a contest stand once they are played."""
    from tenure.scoring.arena.manifest import ArenaManifest, is_arena_run

    if is_arena_run(folder):
        yield from (folder / match.path for match in ArenaManifest.read(folder).matches())
    else:
        for run, manifest in _runs(folder):
            yield from _episodes(run, manifest)


def only_episode(path: Path, shown: Callable[[Path], str] = str) -> Path:
    """Return the file of one episode: the one named, or the only one of a run that was played.

    Args:
        path: The file, or the run's folder.
        shown: Tells how a person knows a path.

    Raises:
        UsageError: If the folder is no run's, or has no episode yet, or several.
    """
    if not path.is_dir():
        return path
    files = [file for file in planned_files(path) if file.exists()]
    if len(files) == 1:
        return files[0]
    if not files:
        raise UsageError(f"No episode of {shown(path)} has been played yet.")
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    named = ", ".join(map(shown, files[:_NAMED]))
    raise UsageError(f"{shown(path)} holds {len(files)} episodes; name one of them: {named}{more}.")


def _runs(folder: Path) -> list[tuple[Path, Manifest]]:
    """Return the folders and plans below a folder: of a suite's runs, or of the one run it is."""
    from tenure.scoring.manifest import Manifest
    from tenure.scoring.suite import SuiteManifest, is_suite_run

    if is_suite_run(folder):
        return list(SuiteManifest.read(folder).folders(folder))
    return [(folder, Manifest.read(folder))]


def _episodes(folder: Path, manifest: Manifest) -> Iterator[Path]:
    for slot in manifest.planned():
        yield folder / manifest.episode_path(*slot)


def _compared(path: Path) -> tuple[str, Exit]:
    """Replay an episode and return what there is to say of it."""
    from tenure.scoring.records import read_partial
    from tenure.scoring.replay import replay

    try:
        episode = read_partial(path)
        result = replay(episode)
    except TrajectoryError as error:
        problem = str(error).removeprefix(f"{path.name}: ")
        return printable(f"FAILED: {problem}"), Exit.INVALID
    if result.divergence is not None:
        return printable(f"DIFFERS: {result.explanation}"), Exit.INVALID
    records = 1 + result.steps + episode.complete
    end = "" if episode.complete else "; the episode is unfinished"
    return f"OK: {records:,} records replayed, every field the same{end}", Exit.DONE
