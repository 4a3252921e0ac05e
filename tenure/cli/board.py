"""`tenure submit` and `tenure leaderboard`: runs side by side in one folder."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable
from pathlib import Path

from tenure.cli.exits import Exit
from tenure.cli.parsing import Parser
from tenure.cli.terminal import printable, say
from tenure.errors import UsageError


def _define_submit(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.add_argument("run", type=Path, help="a run's folder")
    parser.add_argument(
        "--to", type=Path, required=True, metavar="FOLDER", help="the leaderboard's folder"
    )
    return _submit


def _define_leaderboard(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.add_argument("folder", type=Path, help="the leaderboard's folder")
    return _leaderboard


COMMANDS = {"submit": _define_submit, "leaderboard": _define_leaderboard}


def _submit(options: argparse.Namespace) -> int:
    from tenure.scoring.leaderboard import submit

    entry = submit(options.run, options.to)
    for row in entry.rows:
        say(printable(f"{row.label}: {row.proven}"))
    say(f"{options.run} is on the board as {entry.id}; to build its page:")
    say(f"  {shlex.join(['tenure', 'leaderboard', str(options.to)])}")
    return Exit.DONE


def _leaderboard(options: argparse.Namespace) -> int:
    from tenure.scoring.leaderboard import build

    folder: Path = options.folder
    if not folder.is_dir():
        line = shlex.join(["tenure", "submit", "RUN", "--to", str(folder)])
        raise UsageError(f"There is no folder {folder}. `{line}` makes one.")
    say(str(build(folder)))
    return Exit.DONE
