"""`tenure replay` and `tenure verify`: what a record claims, done again and compared."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tenure.cli.exits import Exit
from tenure.cli.parsing import Parser, whole_number
from tenure.cli.terminal import printable, say
from tenure.errors import TrajectoryError, UsageError

if TYPE_CHECKING:
    from tenure.scoring.records import Episode, StepRecord

_MAX_SHOWN_CHARS = 500


def _define_replay(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.add_argument("path", type=Path, help="an episode's file, or a run's folder")
    parser.add_argument("--show", action="store_true", help="print the episode (a file) as well")
    number = whole_number(0)
    parser.add_argument(
        "--from", dest="first", metavar="N", type=number, default=0, help="first step to show"
    )
    parser.add_argument("--to", dest="last", metavar="N", type=number, help="last step to show")
    return _replay


def _define_verify(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.add_argument("path", type=Path, help="an episode's file, or a run's folder")
    return _verify


COMMANDS = {"replay": _define_replay, "verify": _define_verify}


def _replay(options: argparse.Namespace) -> int:
    from tenure.scoring.records import read_partial

    path: Path = options.path
    if path.is_dir():
        if options.show:
            raise UsageError(f"--show prints one episode; {path} is a run. Name a file under it.")
        played = [item for item in _planned(path) if item.path.exists()]
        return max((_judge(item, read_partial) for item in played), default=Exit.DONE)
    if options.show:
        for line in _story(read_partial(_existing(path)), options.first, options.last):
            say(printable(line))
    return _judge(_Item(str(path), _existing(path)), read_partial)


def _verify(options: argparse.Namespace) -> int:
    from tenure.scoring.records import read

    path: Path = options.path
    if not path.is_dir():
        return _judge(_Item(str(path), _existing(path)), read)
    codes = [_judge(item, read) for item in _planned(path)]
    say(f"{codes.count(Exit.DONE)} of {len(codes)} planned episodes verified")
    return Exit.INVALID if Exit.INVALID in codes else max(codes)


def _as_planned(_: Episode) -> str:
    return ""


class _Item(NamedTuple):
    """An episode to judge: what to call it, its file, and how it differs from the plan."""

    name: str
    path: Path
    disagreement: Callable[[Episode], str] = _as_planned


def _planned(folder: Path) -> Iterator[_Item]:
    from tenure.scoring.manifest import Manifest

    manifest = Manifest.read(folder)
    for label, seed in manifest.planned():
        yield _Item(
            f"{label}, seed {seed}",
            folder / manifest.episode_path(label, seed),
            partial(manifest.disagreement, label, seed),
        )


def _existing(path: Path) -> Path:
    if not path.exists():
        raise UsageError(f"There is no {path}.")
    return path


def _judge(item: _Item, read: Callable[[Path], Episode]) -> Exit:
    """Read an episode, compare it with its plan and its replay, and tell what came of it."""
    if not item.path.exists():
        say(f"{item.name}: not played yet")
        return Exit.UNFINISHED
    try:
        episode = read(item.path)
        problem = item.disagreement(episode)
        code, finding = (Exit.INVALID, f"it is not what was planned: {problem}")
        if not problem:
            code, finding = _compare(episode)
    except TrajectoryError as error:
        code, finding = Exit.INVALID, str(error)
    say(f"{item.name}: {'OK' if code is Exit.DONE else 'FAILED'}: {finding}")
    return code


def _compare(episode: Episode) -> tuple[Exit, str]:
    from tenure.scoring.replay import replay

    result = replay(episode)
    if result.divergence is not None:
        return Exit.INVALID, result.explanation
    end = "" if episode.complete else "; the episode is unfinished"
    return Exit.DONE, f"{result.steps:,} steps replayed, every field the same{end}"


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
    said = (step.get("exchange") or {}).get("message", {}).get("content")
    lines = [f"\n--- {_time(minute)}, step {step['n']}: {_call(step['action'])}"]
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
    except (ValueError, TypeError, KeyError, AttributeError):
        return _shortened(action)
    return f"{call['name']}({given})"


def _time(minute: int) -> str:
    from tenure.envs.clock import MINUTES_PER_DAY

    day, rest = divmod(minute, MINUTES_PER_DAY)
    return f"day {day + 1} {rest // 60:02d}:{rest % 60:02d}"


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN_CHARS else f"{text[:_MAX_SHOWN_CHARS]}..."
