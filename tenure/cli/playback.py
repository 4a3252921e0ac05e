"""`tenure replay` and `tenure verify`: what a record claims, done again and compared."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenure.cli.exits import Exit
from tenure.cli.parsing import Parser, whole_number
from tenure.cli.places import define_source, define_workers, from_store, spreading
from tenure.cli.terminal import printable, say
from tenure.errors import TrajectoryError, UsageError

if TYPE_CHECKING:
    from tenure.scoring.manifest import Manifest
    from tenure.scoring.records import Episode, StepRecord
    from tenure.scoring.verification import Finding

_MAX_SHOWN_CHARS = 500


def _define_replay(parser: Parser) -> Callable[[argparse.Namespace], int]:
    define_source(parser, "path", "an episode's file, or the folder of a run or a suite")
    parser.add_argument("--show", action="store_true", help="print the episode (a file) as well")
    number = whole_number(0)
    parser.add_argument("--from", dest="first", metavar="N", type=number, help="first step to show")
    parser.add_argument("--to", dest="last", metavar="N", type=number, help="last step to show")
    define_workers(parser)
    return from_store(_replay, "path")


def _define_verify(parser: Parser) -> Callable[[argparse.Namespace], int]:
    define_source(parser, "path", "an episode's file, or the folder of a run or a suite")
    define_workers(parser)
    return from_store(_verify, "path")


COMMANDS = {"replay": _define_replay, "verify": _define_verify}


def _replay(options: argparse.Namespace) -> int:
    from tenure.scoring.records import read_partial

    path: Path = options.path
    if not options.show and (options.first, options.last) != (None, None):
        raise UsageError("--from and --to say what --show prints; add --show, or leave them out.")
    if path.is_dir():
        if options.show:
            raise UsageError(f"--show prints one episode; {path} is a run. Name a file under it.")
        return _compare_all(path, options)
    if not path.exists():
        raise UsageError(f"There is no {path}.")
    if options.show:
        episode = read_partial(path)
        _check_window(episode, options.first or 0, options.last)
        for line in _story(episode, options.first or 0, options.last):
            say(printable(line))
    line, code = _compared(path)
    say(f"{options.shown(path)}: {line}")
    return code


def _check_window(episode: Episode, first: int, last: int | None) -> None:
    """See that there is a step to show.

    Raises:
        UsageError: If there is none.
    """
    if last is not None and last < first:
        raise UsageError(f"No step is shown: --to {last} comes before --from {first}.")
    if first and first >= len(episode.steps):
        steps = len(episode.steps)
        had = f"steps 0 to {steps - 1}" if steps else "no steps yet"
        raise UsageError(f"There is no step {first} to show from: the episode has {had}.")


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
    paths = list(_planned_files(folder))
    played = [path for path in paths if path.exists()]
    if not played:
        say(f"No episode of {options.shown(folder)} has been played yet.")
        return Exit.UNFINISHED
    found = list(spreading(options)(_compared, played))
    for path, (line, _) in zip(played, found, strict=True):
        say(f"{options.shown(path)}: {line}")
    return max(code for _, code in found)


def _planned_files(folder: Path) -> Iterator[Path]:
    from tenure.scoring.arena.manifest import ArenaManifest, is_arena_run

    if is_arena_run(folder):
        yield from (folder / match.path for match in ArenaManifest.read(folder).matches())
    else:
        for run, manifest in _runs(folder):
            yield from _episodes(run, manifest)


def _runs(folder: Path) -> list[tuple[Path, Manifest]]:
    """Return the folders and plans below a folder: of a suite's runs, or of the one run it is."""
    from tenure.scoring.manifest import Manifest
    from tenure.scoring.suite import SuiteManifest, is_suite_run

    if is_suite_run(folder):
        return list(SuiteManifest.read(folder).folders(folder))
    return [(folder, Manifest.read(folder))]


def _episodes(folder: Path, manifest: Manifest) -> Iterator[Path]:
    for label, seed in manifest.planned():
        yield folder / manifest.episode_path(label, seed)


def _compared(path: Path) -> tuple[str, Exit]:
    """Replay an episode and return what there is to say of it."""
    from tenure.scoring.records import read_partial
    from tenure.scoring.replay import replay

    try:
        episode = read_partial(path)
        result = replay(episode)
    except TrajectoryError as error:
        return printable(f"FAILED: {error}"), Exit.INVALID
    if result.divergence is not None:
        return printable(f"DIFFERS: {result.explanation}"), Exit.INVALID
    records = 1 + result.steps + episode.complete
    end = "" if episode.complete else "; the episode is unfinished"
    return f"OK: {records:,} records replayed, every field the same{end}", Exit.DONE


def _story(episode: Episode, first: int, last: int | None) -> Iterator[str]:
    head = episode.header
    yield (
        f"{episode.scenario_id}, agent {episode.agent_name}, seed {episode.seed}, "
        f"recorded with Tenure {head['tenure']}"
    )
    if first == 0:
        yield f"\n--- {_time(head['minute'])}, opening\n{head['opening']}"
    minute = head["minute"]
    for step in episode.steps[: None if last is None else last + 1]:
        if step["n"] >= first:
            yield _scene(step, minute)
        minute = step["minute"]
    if episode.end is not None and last is None:
        yield f"\n=== {episode.end['reason']} after {episode.end['steps']:,} steps\n"


def _scene(step: StepRecord, minute: int) -> str:
    """Return a step as a reader sees it; the time is that before the call."""
    message = step.get("exchange", {}).get("message")
    said = message.get("content") if isinstance(message, dict) else None
    place = f"step {step['n']}, {step['seat']}" if "seat" in step else f"step {step['n']}"
    lines = [f"\n--- {_time(minute)}, {place}: {_call(step['action'])}"]
    if isinstance(said, str) and said.strip() and said != step["action"]:
        lines.append(f"({_shortened(said.strip())})")
    return "\n".join([*lines, step["text"]])


def _call(action: str) -> str:
    """Return a call as a programmer writes it, or what the agent said if it is none."""
    import orjson

    try:
        call = orjson.loads(action)
        arguments: Mapping[str, Any] = call["arguments"]
        given = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        return f"{call['name']}({given})"
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return _shortened(action)


def _time(minute: int) -> str:
    from tenure.envs.clock import MINUTES_PER_DAY

    day, rest = divmod(minute, MINUTES_PER_DAY)
    return f"day {day + 1} {rest // 60:02d}:{rest % 60:02d}"


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN_CHARS else f"{text[:_MAX_SHOWN_CHARS]}..."
