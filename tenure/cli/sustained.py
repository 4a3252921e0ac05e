"""`tenure sustained`: whether an agent is in the last month what it was in the first."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tenure.cli.exits import Exit
from tenure.cli.parsing import Parser
from tenure.cli.terminal import printable, remark, say, table, width
from tenure.errors import UsageError

if TYPE_CHECKING:
    from tenure.scoring.sustained.measures import Twins
    from tenure.scoring.sustained.results import Sustained

_EPILOG = """\
Losses are measured against a script that plays the same seeds. A run's numbers are also written
into its folder: sustained.json, and sustained.html with the figures.

examples:
  tenure sustained RUN
  tenure sustained RUN --shocks         what faults, jams, ... cost the run's scripts
  tenure sustained RUN --twin CALM      the same for a model that has worked in CALM too, which is
                                        the same scenario with one shock's rate at 0"""


def _define(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.epilog = _EPILOG
    parser.add_argument(
        "path", type=Path, help="an episode's file, or the folder of a run or a suite"
    )
    parser.add_argument(
        "--against", metavar="SCRIPT", default="", help="the reference (the job's best script)"
    )
    twins = parser.add_mutually_exclusive_group()
    twins.add_argument(
        "--shocks", action="store_true", help="play the scripts' twins without each kind of shock"
    )
    twins.add_argument(
        "--twin",
        metavar="RUN",
        type=Path,
        action="append",
        default=[],
        help="a run of the same plan with one kind of shock at 0; may be given several times",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document only")
    return _sustained


COMMANDS = {"sustained": _define}


def _sustained(options: argparse.Namespace) -> int:
    if not options.path.exists():
        raise UsageError(f"There is no {options.path}.")
    measured = list(_measured(options))
    if not measured:
        raise UsageError(
            f"Whether competence lasts cannot be told of {options.path}: it takes an episode that "
            "has come to its end, in a scenario of 90 days and more, played from the start on. "
            "Of a fork, `tenure score` compares the outcomes."
        )
    if options.json:
        say("\n".join(found.to_json().decode().rstrip() for found, _ in measured))
        return Exit.DONE
    for found, page in measured:
        say(printable("\n\n".join(_parts(found))))
        if page:
            say(f"\n{page}")
    return Exit.DONE


def _measured(options: argparse.Namespace) -> Iterator[tuple[Sustained, Path | None]]:
    """Yield what each run says, and the page that was written; of an episode there is none."""
    from tenure.scoring.records import read
    from tenure.scoring.suite import SuiteManifest, is_suite_run
    from tenure.scoring.sustained.measures import sustained_episode

    if options.path.is_file():
        if options.shocks or options.twin:
            raise UsageError("Twins are compared over a run; name the run's folder.")
        found = sustained_episode(read(options.path), against=options.against)
        if found:
            yield found, None
        return
    folders = [options.path]
    if is_suite_run(options.path):
        folders = [folder for folder, _ in SuiteManifest.read(options.path).folders(options.path)]
    for folder in folders:
        yield from _of_run(folder, options)


def _of_run(folder: Path, options: argparse.Namespace) -> Iterator[tuple[Sustained, Path]]:
    from tenure.scoring.report import write_sustained
    from tenure.scoring.scorecard import score_run
    from tenure.scoring.sustained.measures import sustained_run

    scorecard = score_run(folder)
    found = sustained_run(folder, scorecard, against=options.against, twins=_twins(folder, options))
    if found is None:
        return
    if found.unscored:
        has = "episode has" if found.unscored == 1 else "episodes have"
        remark(f"{found.unscored} planned {has} no score, and no part in the numbers.")
    found.write(folder)
    yield found, write_sustained(folder, found, [agent.label for agent in scorecard.agents])


def _twins(folder: Path, options: argparse.Namespace) -> Twins | None:
    from tenure.scoring.manifest import Manifest
    from tenure.scoring.sustained.twins import PlayedTwins, RecordedTwins

    if options.shocks:
        return PlayedTwins(Manifest.read(folder))
    return RecordedTwins(Manifest.read(folder), options.twin) if options.twin else None


def _parts(found: Sustained) -> Iterator[str]:
    """Yield the lines of the first and the last month, and then the tables."""
    from tenure.scoring.report import telling

    lines = list(telling.headlines(found))
    name_chars = max(len(line.title) for line in lines)
    yield "\n".join(
        f"{line.title:<{name_chars}}  {line.text}{f' ({line.verdict})' if line.verdict else ''}"
        for line in lines
    )
    yield f"{found.scenario}, {found.days} days, against {found.reference} on the same seeds."
    for one in telling.tables(found):
        head = [one.heading, *one.heads]
        yield table(head, telling.shown(one.rows), width=width())
