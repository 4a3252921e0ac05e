"""What the command line says of where work is done."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

from tenure.cli.parsing import Parser, whole_number

if TYPE_CHECKING:
    from tenure.runner.run import Place
    from tenure.scoring.spread import Spread


def define_workers(parser: Parser, usual: str = "as many as are worth their start") -> None:
    """Add the option that says how many processes work."""
    number = whole_number(1)
    parser.add_argument("--workers", metavar="N", type=number, help=f"processes at work ({usual})")


def spreading(options: argparse.Namespace) -> Spread:
    """Return how work on many records is done."""
    from tenure.runner.processes import spread

    return partial(spread, workers=options.workers)


def place_of(options: argparse.Namespace) -> Place:
    """Return where episodes are played."""
    from tenure.runner.inline import play_here
    from tenure.runner.processes import play_in_processes, play_where_fast

    if options.workers is None:
        return play_where_fast
    return partial(play_in_processes, workers=options.workers) if options.workers > 1 else play_here
