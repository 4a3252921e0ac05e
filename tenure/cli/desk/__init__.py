"""`tenure play`: a person plays an episode at the terminal, recorded and scored like any other."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tenure.cli.exits import Exit
from tenure.cli.parsing import Parser, whole_number
from tenure.cli.places import local_path
from tenure.cli.terminal import remark, say
from tenure.errors import UsageError

if TYPE_CHECKING:
    from tenure.cli.desk.app import DeskApp
    from tenure.runner.episode import Assignment
    from tenure.scenarios import Scenario
    from tenure.scoring.manifest import Manifest

_EPILOG = """\
You see what a model would see, and nothing else: the brief (F1), the tools (F2), and what each call
leads to. Every call is saved at once; the same command goes on where you stopped. Without --out the
record goes to a folder under runs/ that follows from scenario, seed and name.

examples:
  tenure play vending/week --as ada
  tenure run vending/week --agent floor --agent best   the scripts on the same seed, to compare
"""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def _define_play(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.epilog = _EPILOG
    parser.add_argument("scenario", help="id of a built-in scenario, or path of a YAML file")
    parser.add_argument(
        "--seed", metavar="S", type=whole_number(0), default=1, help="the world's seed (1)"
    )
    parser.add_argument(
        "--as", dest="name", metavar="NAME", default="me", help="who plays, for the record (me)"
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=local_path,
        help="the run's folder (one that follows from the plan)",
    )
    return _play


COMMANDS = {"play": _define_play}


class Sitting(NamedTuple):
    """What a person is to play.

    Attributes:
        folder: Where the run lives.
        manifest: Its plan, of one episode.
        again: The command that goes on with it.
    """

    folder: Path
    manifest: Manifest
    again: str

    @property
    def assignment(self) -> Assignment:
        """The one episode."""
        from tenure.runner.plan import assignments

        return assignments(self.folder, self.manifest)[0]


def _play(options: argparse.Namespace) -> int:
    sitting = plan(options)
    from tenure.runner.episode import is_complete

    if is_complete(sitting.assignment.path):
        remark("This episode was played to its end before; another --seed is another world.")
        return _conclude(sitting)
    _check_place()
    app = desk(sitting)
    is_over = app.run()
    if app.failure:
        raise app.failure
    if not is_over:
        remark(f"What you played is kept in {sitting.folder}; to go on:\n  {sitting.again}")
        return Exit.INTERRUPTED
    return _conclude(sitting)


def plan(options: argparse.Namespace) -> Sitting:
    """Return what the options say is to be played.

    Raises:
        UsageError: If no person can play it, the name is none, or the folder holds something else.
    """
    from tenure.agents.spec import AgentSpec
    from tenure.runner.plan import check_folder, default_folder, draw_up
    from tenure.scenarios import is_suite, load

    if is_suite(options.scenario):
        raise UsageError(f"{options.scenario} is a suite; play one of its scenarios.")
    scenario = load(options.scenario)
    if scenario.job.is_contest:
        raise UsageError(
            f"{scenario.id} is a contest of several agents, and a person plays alone here; "
            "play a scenario of one agent, such as vending/week."
        )
    if not _NAME.fullmatch(options.name):
        raise UsageError(f"--as {options.name!r}: a name has letters, digits, dots, dashes only.")
    manifest = draw_up(scenario, [AgentSpec(name=f"human/{options.name}")], [options.seed])
    folder: Path = options.out or default_folder(manifest)
    check_folder(folder, manifest)
    return Sitting(folder, manifest, options.line)


def desk(sitting: Sitting) -> DeskApp:
    """Return the desk at which an episode is played."""
    from tenure.cli.desk.app import DeskApp

    async def play(app: DeskApp) -> None:
        from tenure.agents.human import seated
        from tenure.runner.inline import play_here
        from tenure.runner.run import Conditions, run

        place = partial(play_here, staffing=lambda *_: seated(app))
        failures = await run(sitting.folder, sitting.manifest, _Nobody(), Conditions(place=place))
        for failure in failures:
            raise failure.error

    scenario = sitting.manifest.scenario
    return DeskApp(scenario.id, play, sitting.again, _told_limit(scenario))


def _told_limit(scenario: Scenario) -> int:
    """Return the step limit if the brief tells it; else 0, for it is not to be known."""
    return scenario.limits.steps if "{steps}" in scenario.brief else 0


class _Nobody:
    """Watches a run that shows itself."""

    def kept(self, episodes: int) -> None:
        """Nothing to say."""

    def began(self, *_: object) -> None:
        """Nothing to say."""

    def stepped(self, *_: object) -> None:
        """Nothing to say."""

    def ended(self, *_: object) -> None:
        """Nothing to say."""

    def failed(self, *_: object) -> None:
        """Nothing to say."""


def _check_place() -> None:
    """See that there is a terminal, and what draws on it.

    Raises:
        UsageError: If not; it says what is needed.
    """
    from importlib.util import find_spec

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "A person plays at a terminal, and input or output is none here. Run it without pipes; "
            "over ssh or docker with -t."
        )
    if find_spec("textual") is None:
        raise UsageError("The interface needs Textual: pip install 'tenure[play]'")


def _conclude(sitting: Sitting) -> int:
    """Score the episode and say how it went."""
    from tenure.cli.marks import conclude, sheet

    _, report = conclude(sitting.folder)
    say(f"{sheet(sitting.assignment.path)}\n\n{_taken(sitting.assignment.path)}\n\n{report}")
    return Exit.DONE


def _taken(path: Path) -> str:
    """Return how long the person took."""
    from tenure.scoring.records import read

    turns = [step.get("exchange", {}) for step in read(path).steps]
    active, whole = (
        sum(turn.get(name, 0) for turn in turns) // 1000 for name in ("active_ms", "latency_ms")
    )
    return f"Time at work: {_span(active)}; {_span(whole)} with pauses."


def _span(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {seconds % 60:02d} s"
