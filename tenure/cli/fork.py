"""`tenure fork`: a recorded episode goes on from one of its steps, with something changed."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from tenure.cli.hiring import define_model_options, specs
from tenure.cli.limiting import budget_of, define_limits, episode_limits, limits_of
from tenure.cli.parsing import Parser, whole_number
from tenure.cli.places import define_workers, local_path, place_of
from tenure.cli.play import conclude_run, played
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


def _define(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.epilog = _EPILOG
    number = whole_number(1)
    parser.add_argument("episode", type=local_path, help="a recorded episode's file")
    parser.add_argument(
        "--at",
        metavar="WHEN",
        required=True,
        help="day:43, its first step (1 is the first day), or step:512 (from 0)",
    )
    parser.add_argument(
        "--out", metavar="DIR", type=local_path, required=True, help="the fork's folder"
    )
    parser.add_argument(
        "--agent",
        dest="agents",
        metavar="A",
        action="append",
        default=[],
        help="who goes on (who recorded it); may be given several times",
    )
    parser.add_argument(
        "--action", metavar="JSON", help="what is done at the step, as a record's `action`"
    )
    context = parser.add_mutually_exclusive_group()
    context.add_argument(
        "--fresh", action="store_true", help="the agent remembers nothing; so it is by default"
    )
    context.add_argument(
        "--keep-context", action="store_true", help="who recorded the episode remembers it"
    )
    parser.add_argument(
        "--episodes", metavar="N", type=number, default=1, help="how often, in each future (1)"
    )
    parser.add_argument(
        "--futures",
        metavar="N",
        type=number,
        default=0,
        help="with other luck from the next day on, in so many ways (the recorded luck)",
    )
    parser.add_argument(
        "--concurrency", metavar="N", type=number, default=4, help="episodes at a time (4)"
    )
    parser.add_argument("--quiet", action="store_true", help="print the report's path only")
    parser.add_argument("--json", action="store_true", help="print one JSON document only")
    define_model_options(parser)
    define_limits(parser)
    define_workers(parser)
    parser.set_defaults(voice=None, on=None, store=None, shown=str)
    return _fork


COMMANDS = {"fork": _define}


def _fork(options: argparse.Namespace) -> int:
    from tenure.cli.progress import watching
    from tenure.runner.budget import Brake
    from tenure.runner.fork import draw_up_fork, fork

    manifest = draw_up_fork(options.episode, options.at, _change(options))
    brake = Brake(budget_of(options))
    with watching(len(list(manifest.planned())), quiet=options.quiet) as watcher:
        failures = played(
            lambda: fork(
                options.out,
                options.episode,
                manifest,
                watcher,
                concurrency=options.concurrency,
                limits=limits_of(options),
                brake=brake,
                place=place_of(options),
            ),
            brake,
        )
    return conclude_run(options, options.out, failures, brake)


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
