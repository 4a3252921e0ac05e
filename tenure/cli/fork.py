"""`tenure fork`: a recorded episode goes on from one of its steps, with something changed."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenure.cli.hiring import define_model_options, specs
from tenure.cli.limiting import budget_of, define_limits, episode_limits
from tenure.cli.parsing import Parser, add_options, whole_number
from tenure.cli.places import define_workers, local_path
from tenure.cli.play import PLAYING, conclude_run, conditions_of, played
from tenure.cli.playback import only_episode
from tenure.cli.terminal import remark
from tenure.errors import UsageError

if TYPE_CHECKING:
    from tenure.runner.fork import Change

_EPILOG = """\
A fork is the same world up to the step, and after it the same customers, weather and mails, unless
--futures asks for others: then they are other ones from the next day on, in the same town. The
recorded day stays as it was, and so does what was announced or sent on its way by then.

Without --agent who recorded the episode goes on. It begins at the fork and has read only what the
last step led to (the reset test: what it needs it must find with its tools), unless --keep-context
lets it remember. With --action a decision is given for the step, and then the agent goes on.

The folder is an ordinary run: show, verify, score and export read it, and the same command goes on
with what is unfinished. `tenure score` sets each fork beside its parent. No leaderboard takes it.

examples:
  tenure fork EPISODE --at day:43 --out FORK                      # the reset test
  tenure fork EPISODE --at day:43 --agent shopkeeper --out FORK
  tenure fork EPISODE --at step:512 --out FORK \\
      --action '{"name": "wait_for_next_day", "arguments": {}}'
  tenure fork EPISODE --at day:43 --agent naive --agent shopkeeper --futures 20 --out FORK
"""


_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "--at": {
        "metavar": "WHEN",
        "required": True,
        "help": "day:43, its first step (1 is the first day), or step:512 (from 0)",
    },
    "--out": {
        "metavar": "DIR",
        "type": local_path,
        "required": True,
        "help": "the fork's folder",
    },
    "--agent": {
        "dest": "agents",
        "metavar": "A",
        "action": "append",
        "default": [],
        "help": "who goes on (who recorded it); may be given several times",
    },
    "--action": {"metavar": "JSON", "help": "what is done at the step, as a record's `action`"},
    "--episodes": {
        "metavar": "N",
        "type": whole_number(1),
        "default": 1,
        "help": "how often, in each future (1)",
    },
    "--futures": {
        "metavar": "N",
        "type": whole_number(1),
        "default": 0,
        "help": "with other luck from the next day on, in so many ways (the recorded luck)",
    },
}
_CONTEXT: Mapping[str, Mapping[str, Any]] = {
    "--fresh": {
        "action": "store_true",
        "help": "the agent remembers nothing; so it is by default",
    },
    "--keep-context": {"action": "store_true", "help": "who recorded the episode remembers it"},
}


def _define(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.epilog = _EPILOG
    parser.add_argument(
        "episode", type=local_path, help="a recorded episode's file, or a run's folder with but one"
    )
    add_options(parser, {**_OPTIONS, **PLAYING})
    add_options(parser.add_mutually_exclusive_group(), _CONTEXT)
    define_model_options(parser)
    define_limits(parser)
    define_workers(parser)
    parser.set_defaults(voice=None, on=None, store=None, shown=str)
    return _fork


COMMANDS = {"fork": _define}


def _fork(options: argparse.Namespace) -> int:
    from tenure.cli.progress import watching
    from tenure.runner.budget import Brake
    from tenure.runner.fork import changed_code, draw_up_fork, fork

    parent = only_episode(options.episode)
    change = _change(options)
    manifest = draw_up_fork(parent, options.at, change)
    if change.action and manifest.origin:
        _warn_of(change.action, parent, manifest.origin.step)
    if not change.agents and not options.quiet and (names := changed_code(manifest)):
        remark(
            f"The code of {' and '.join(names)} has changed since the episode was recorded: the "
            "fork goes on with the code that is here now."
        )
    brake = Brake(budget_of(options))
    with watching(len(list(manifest.planned())), quiet=options.quiet) as watcher:
        failures = played(
            lambda: fork(options.out, parent, manifest, watcher, conditions_of(options, brake)),
            brake,
        )
    return conclude_run(options, options.out, failures, brake)


def _warn_of(action: str, parent: Path, step: int) -> None:
    """Say that a decision does not fit the tools: such a step is one too, and may be what is asked.

    Raises:
        TrajectoryError: If the steps before it come out otherwise than recorded.
    """
    from tenure.envs.tools import Mistake
    from tenure.scoring.past import Past
    from tenure.scoring.records import read_partial

    read = Past(read_partial(parent)).before(step).offered.parse(action)
    if isinstance(read, Mistake):
        remark(
            "--action does not fit, so the step will fail, and is recorded as one that did. "
            f"{read.advice}"
        )


def _change(options: argparse.Namespace) -> Change:
    from tenure.runner.fork import Change

    return Change(
        agents=specs(options),
        action=_action(options),
        keeps_context=options.keep_context,
        episodes=options.episodes,
        futures=options.futures,
        limits=episode_limits(options),
    )


def _action(options: argparse.Namespace) -> str | None:
    """Return the decision that is given.

    Raises:
        UsageError: If it is no JSON object of a tool call.
    """
    import orjson

    if options.action is None:
        return None
    try:
        told = orjson.loads(options.action)
    except ValueError:
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("name"), str):
        raise UsageError(
            f"--action is {options.action!r}; it is a call such as "
            '\'{"name": "wait_for_next_day", "arguments": {}}\', as `tenure show --json` prints it.'
        )
    return orjson.dumps({"name": told["name"], "arguments": {}, **told}).decode()
