"""`tenure export`: records in the formats of others."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tenure.cli.exits import Exit
from tenure.cli.parsing import Parser, choice
from tenure.cli.places import define_source, from_store, local_path
from tenure.cli.terminal import printable, remark, say
from tenure.errors import TrajectoryError, UsageError

if TYPE_CHECKING:
    from tenure.scoring.export import Target
    from tenure.scoring.records import Episode

_FORMATS = ("atif", "inspect", "otel", "parquet")
_EPILOG = """\
formats:
  atif      Harbor's trajectory format (ATIF 1.7), a JSON file an episode
  inspect   a log for `inspect view` (.eval), one an episode; needs the extra `inspect`
  otel      OpenTelemetry GenAI spans as OTLP/JSON lines, a file an episode
  parquet   a table with a row a step, one file for a whole run; needs the extra `parquet`

Of a folder (a run, a suite, a contest) every episode that has been played is exported, unfinished
ones as far as they go. Without --out an episode's export stands beside its file, and a run's in
its folder, under `export`; of a run in a store, there. What stood there before is replaced.

An export has all that the record has, figures included that agents never see.

examples:
  tenure export RUN --to parquet --out steps.parquet
  tenure export RUN/episodes/naive/seed-1.jsonl.zst --to atif"""


def _define(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.epilog = _EPILOG
    define_source(parser, "path", "an episode's file, or the folder of a run or a suite")
    parser.add_argument("--to", metavar="FORMAT", type=choice(*_FORMATS), required=True)
    parser.add_argument(
        "--out",
        metavar="PATH",
        type=local_path,
        help="the file; of a folder, for a file an episode, the folder",
    )
    return from_store(_export, "path")


COMMANDS = {"export": _define}


@dataclass(frozen=True)
class Played:
    """Episodes on disk, read one at a time whenever they are asked for."""

    paths: tuple[Path, ...]

    def __iter__(self) -> Iterator[Episode]:
        from tenure.scoring.records import read_partial

        return map(read_partial, self.paths)


def _export(options: argparse.Namespace) -> int:
    from tenure.scoring.export import TARGETS

    path: Path = options.path
    target = TARGETS[options.to]
    if path.is_dir():
        return _export_all(options, target)
    if not path.exists():
        raise UsageError(f"There is no {path}.")
    out: Path = options.out or _beside(path, target.suffix)
    if out.is_dir():
        raise UsageError(f"--out {out} is a folder; an episode's export is a file.")
    target.writer()(Played((path,)), _made(out))
    say(options.shown(out))
    return Exit.DONE


def _export_all(options: argparse.Namespace, target: Target) -> int:
    from tenure.cli.playback import planned_files

    write, name = target.writer(), options.to
    folder: Path = options.path
    out: Path | None = options.out
    paths = [path for path in planned_files(folder) if path.exists()]
    if not paths:
        say(f"No episode of {options.shown(folder)} has been played yet.")
        return Exit.UNFINISHED
    sound = [path for path in paths if _is_sound(path, options.shown)]
    into = out or folder / "export" / (f"steps{target.suffix}" if target.joins else name)
    if target.joins and into.is_dir():
        raise UsageError(f"--out {into} is a folder; all episodes go into one {name} file.")
    if not target.joins and into.is_file():
        raise UsageError(f"--out {into} is a file; every episode gets a file of its own.")
    if target.joins:
        write(Played(tuple(sound)), _made(into))
    else:
        for path in sound:
            write(Played((path,)), _made(_beside(into / path.relative_to(folder), target.suffix)))
    say(f"{options.shown(into)}: {len(sound):,} episode{'' if len(sound) == 1 else 's'}")
    return Exit.DONE if len(sound) == len(paths) else Exit.INVALID


def _is_sound(path: Path, shown: Callable[[Path], str]) -> bool:
    """Tell whether a record can be read, and say what is wrong if it cannot."""
    from tenure.scoring.records import read_partial

    try:
        read_partial(path)
    except TrajectoryError as error:
        remark(printable(f"{shown(path)}: left out: {error}"))
        return False
    return True


def _beside(path: Path, suffix: str) -> Path:
    """Return the path of an export that is named as its record is."""
    return path.with_name(path.name.removesuffix(".zst").removesuffix(".jsonl") + suffix)


def _made(path: Path) -> Path:
    """Make the folder that a file goes into."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
