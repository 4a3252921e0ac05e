"""The `tenure` command.

A command's module is imported when the command is chosen, and its heavy parts when it does its
work, so that `tenure --help` costs little more than starting Python.
"""

from __future__ import annotations

import gc
import importlib
import os
import shlex
import sys
from collections.abc import Sequence

from tenure import __version__
from tenure.cli.exits import MEANINGS, Exit
from tenure.cli.parsing import Parser
from tenure.cli.terminal import remark
from tenure.errors import (
    ContractError,
    ProviderError,
    TenureError,
    TrajectoryError,
    UsageError,
    nearest,
    their_traceback,
)

_COMMANDS = {
    "run": ("tenure.cli.play", "play the episodes of a plan, or go on with them; score them"),
    "serve-mcp": ("tenure.cli.serve_mcp", "let a client of the Model Context Protocol play"),
    "play": ("tenure.cli.desk", "play an episode yourself, at the terminal, or go on with it"),
    "scenarios": ("tenure.cli.catalogue", "list the scenarios, built in or installed"),
    "suites": ("tenure.cli.catalogue", "list the built-in suites of scenarios"),
    "agents": ("tenure.cli.catalogue", "list the agents that can work in a scenario"),
    "show": ("tenure.cli.show", "print an episode, or the steps of it that a filter keeps"),
    "view": ("tenure.cli.view", "look at runs and episodes in a browser"),
    "diagnose": ("tenure.cli.diagnose", "tell which decisions cost how much, and what was better"),
    "fork": ("tenure.cli.fork", "go on from a step of a recorded episode, with something changed"),
    "replay": ("tenure.cli.playback", "play a record again without its agent and compare"),
    "verify": ("tenure.cli.playback", "check that records are unbroken and can be reproduced"),
    "score": ("tenure.cli.marks", "score an episode, a run or a suite from its records"),
    "report": ("tenure.cli.marks", "write the HTML report of a run or a suite"),
    "sustained": ("tenure.cli.sustained", "tell whether competence lasts: month 1 and the last"),
    "export": ("tenure.cli.export", "write records in the formats of others' tools"),
    "submit": ("tenure.cli.board", "send a run to a leaderboard folder"),
    "leaderboard": ("tenure.cli.board", "build the page of a leaderboard folder"),
    "new": ("tenure.cli.author", "start a job or a scenario of your own"),
    "check": ("tenure.cli.author", "check that a job or a scenario keeps the contract"),
    "validate-detectors": (
        "tenure.cli.validation",
        "find the failures of agents whose faults are known, and grade the detectors",
    ),
    "doctor": ("tenure.cli.checkup", "tell what works on this machine and how to fix the rest"),
}
_OBJECTS_BETWEEN_COLLECTIONS = 250_000
"""More than a start makes: that stays, and looking through it for garbage took a tenth of it."""
_EXIT_CODES: dict[type[Exception], Exit] = {
    UsageError: Exit.USAGE,
    ContractError: Exit.INVALID,
    TrajectoryError: Exit.INVALID,
    ProviderError: Exit.UNFINISHED,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what a command line says.

    Args:
        arguments: The words after `tenure`; `None` for those of this process.

    Returns:
        The exit code.
    """
    if arguments is None:
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    try:
        return _dispatch(list(sys.argv[1:] if arguments is None else arguments))
    except (TenureError, OSError) as error:
        return _explain(error)
    except KeyboardInterrupt:
        remark("Interrupted.")
        return Exit.INTERRUPTED


def _explain(error: TenureError | OSError) -> int:
    """Say in a sentence what went wrong, and return the exit code."""
    if isinstance(error, BrokenPipeError):
        _stop_writing()
        return Exit.DONE
    if isinstance(error, OSError):
        remark(f"tenure: {error.strerror or error}: {error.filename or 'no file named'}.")
        return Exit.SYSTEM
    if type(error) not in _EXIT_CODES:
        raise error  # none of those that a user can do something about
    if isinstance(error, ContractError) and error.__cause__:
        remark(their_traceback(error.__cause__).rstrip())
    remark(f"tenure: {error}")
    return _EXIT_CODES[type(error)]


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0].startswith("-"):
        return _introduce(arguments or ["--help"])
    name, *rest = arguments
    if name not in _COMMANDS:
        raise UsageError(f"There is no command {name!r}. {nearest(name, _COMMANDS)}")
    module, summary = _COMMANDS[name]
    parser = Parser(f"tenure {name}", description=f"{summary[0].upper()}{summary[1:]}.")
    parser.set_defaults(line=shlex.join(["tenure", *arguments]))
    act = importlib.import_module(module).COMMANDS[name](parser)
    code: int = act(parser.parse(rest))
    sys.stdout.flush()
    return code


def _introduce(arguments: list[str]) -> int:
    parser = Parser(
        "tenure",
        usage="tenure [--help] [--version] COMMAND ...",
        description="Can a model hold down a job?",
        epilog=f"{_listing()}\n\n`tenure COMMAND --help` tells more of a command.",
    )
    parser.add_argument("--version", action="version", version=f"tenure {__version__}")
    parser.parse(arguments)
    return Exit.DONE


def _listing() -> str:
    commands = [f"  {name:<12} {summary}" for name, (_, summary) in _COMMANDS.items()]
    codes = [f"  {code:<12} {meaning}" for code, meaning in MEANINGS.items()]
    return "\n".join(["commands:", *commands, "", "exit codes:", *codes])


def _stop_writing() -> None:
    """Keep Python from complaining at exit that the reader of our output has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
