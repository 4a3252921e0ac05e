"""`tenure replay` and `tenure verify`: what a record claims, done again and compared."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenure.cli.exits import Exit
from tenure.cli.parsing import Parser, whole_number
from tenure.cli.terminal import printable, say
from tenure.errors import TrajectoryError, UsageError

if TYPE_CHECKING:
    from tenure.scoring.manifest import Manifest
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
    if not path.is_dir():
        episode = read_partial(_existing(path))
        if options.show:
            for line in _story(episode, options.first, options.last):
                say(printable(line))
        return _compare(str(path), episode)
    if options.show:
        raise UsageError(f"--show prints one episode; {path} is a run. Name a file under it.")
    codes = [
        _compare(f"{label}, seed {seed}", read_partial(file))
        for label, seed, file in _planned(path, _manifest(path))
        if file.exists()
    ]
    return max(codes, default=Exit.DONE)


def _verify(options: argparse.Namespace) -> int:
    path: Path = options.path
    if not path.is_dir():
        return _check(str(path), _existing(path))
    manifest, codes = _manifest(path), []
    for label, seed, file in _planned(path, manifest):
        name = f"{label}, seed {seed}"
        if file.exists():
            codes.append(
                _check(name, file, lambda episode: manifest.disagreement(label, seed, episode))
            )
        else:
            codes.append(Exit.UNFINISHED)
            say(f"{name}: not played yet")
    done = codes.count(Exit.DONE)
    say(f"{done} of {len(codes)} planned episodes verified")
    return Exit.INVALID if Exit.INVALID in codes else max(codes)


def _manifest(folder: Path) -> Manifest:
    from tenure.scoring.manifest import Manifest

    return Manifest.read(folder)


def _planned(folder: Path, manifest: Manifest) -> Iterator[tuple[str, int, Path]]:
    for label, seed in manifest.planned():
        yield label, seed, folder / manifest.episode_path(label, seed)


def _existing(path: Path) -> Path:
    if not path.exists():
        raise UsageError(f"There is no {path}.")
    return path


def _compare(name: str, episode: Episode) -> Exit:
    """Replay an episode and tell what came of it."""
    from tenure.scoring.replay import replay

    result = replay(episode)
    if result.divergence is not None:
        say(f"{name}: DIFFERS. {result.explanation}")
        return Exit.INVALID
    end = "" if episode.complete else "; the episode is unfinished"
    say(f"{name}: OK, {result.steps:,} steps replayed, every field the same{end}")
    return Exit.DONE


def _check(name: str, path: Path, disagreement: Callable[[Episode], str] = lambda _: "") -> Exit:
    """Check chain, seal, plan and replay of a finished episode."""
    from tenure.scoring.records import read

    try:
        episode = read(path)
        if problem := disagreement(episode):
            raise TrajectoryError(f"It is not what was planned: {problem}.")
        return _compare(name, episode)
    except TrajectoryError as error:
        say(f"{name}: FAILED. {error}")
        return Exit.INVALID


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
