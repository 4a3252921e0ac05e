"""`tenure replay` and `tenure verify`: what a record claims, done again and compared."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
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
    told = [_told(path, finding) for finding in verification.findings]
    for finding, (kind, problem) in zip(verification.findings, told, strict=True):
        say(printable(f"{kind}: {finding.file}: {problem}"))
    kinds = [kind for kind, _ in told]
    say(_verdict(verification.verified, kinds))
    if verification.verified:
        say("Not proven: who acted, what it cost, or that no other attempt was left out.")
    if verification.departures:
        changes = "; ".join(verification.departures)
        say(printable(f"The scenario is not the built-in one of its id: {changes}."))
    if verification.ok:
        return Exit.DONE
    return Exit.INVALID if _FAILED in kinds else Exit.UNFINISHED


_FAILED, _NO_END, _MISSING = "FAILED", "no end", "missing"


def _verdict(verified: int, kinds: Sequence[str]) -> str:
    facts = f"{verified} episode{'' if verified == 1 else 's'} verified"
    if not kinds:
        return f"{facts}: every byte, observation and score."
    words = {_FAILED: "failed", _NO_END: "without an end", _MISSING: "missing"}
    counts = [f"{kinds.count(kind)} {word}" for kind, word in words.items() if kind in kinds]
    return f"{', '.join([facts, *counts])}."


def _told(path: Path, finding: Finding) -> tuple[str, str]:
    """Return the kind of what was found, and a sentence.

    Nothing is wrong with an episode that is not there yet, nor with a record that has no end and is
    as it should be that far.
    """
    from tenure.scoring.manifest import PARENT, SUFFIX

    file = path / finding.file if path.is_dir() else path
    problem = finding.problem.removeprefix(f"{file.name}: ")
    if not file.exists():
        is_loss = file.name == PARENT or not file.name.endswith(SUFFIX)
        return _FAILED if is_loss else _MISSING, problem
    if stop := _only_stops(file, finding):
        return _NO_END, f"{stop} {going_on(file)}"
    return _FAILED, problem


def _only_stops(file: Path, finding: Finding) -> str:
    """Return how a record stops that has no end and is as it should be that far; else empty."""
    from tenure.scoring.records import read_partial
    from tenure.scoring.replay import replay

    if finding.record is None:
        return ""  # it is the file that is wrong, such as one that was not planned
    try:
        episode = read_partial(file)
        return episode.stop if replay(episode).divergence is None else ""
    except TrajectoryError:
        return ""


def going_on(file: Path) -> str:
    """Tell what goes on with a record that has no end, as far as its surroundings tell."""
    from tenure.scoring.arena.manifest import is_arena_run
    from tenure.scoring.manifest import FILE_NAME

    run = file.absolute().parent.parent.parent
    if (run / FILE_NAME).is_file() or is_arena_run(run):
        return "The command that began its run goes on with it."
    return "Where the folder of its run is whole, the command that began the run goes on with it."


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
    told = f"OK: {records:,} records replayed, every field the same"
    return told if episode.complete else f"{told}. {episode.stop}", Exit.DONE
