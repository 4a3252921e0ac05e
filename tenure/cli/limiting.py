"""What the command line says of limits: those of an episode, and those of the whole run."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tenure.cli.hiring import specs, voice_of
from tenure.cli.parsing import Parser, positive, whole_number
from tenure.errors import UsageError

if TYPE_CHECKING:
    from tenure.runner.budget import Budget

_OF_EPISODES = {
    "steps": "max_steps",
    "tokens": "episode_tokens",
    "usd": "episode_usd",
    "minutes": "episode_minutes",
}
"""The option of each field of a scenario's `Limits`."""


def define_limits(parser: Parser) -> None:
    """Add the options of limits."""
    number = whole_number(1)
    group = parser.add_argument_group(
        "limits of an episode",
        "Part of the plan: an episode that reaches one ends there and is scored. They can only be "
        "lower than the scenario's.",
    )
    group.add_argument("--max-steps", metavar="N", type=number, help="tool calls")
    group.add_argument(
        "--episode-tokens", metavar="N", type=number, help="tokens that models read and write"
    )
    group.add_argument("--episode-usd", metavar="X", type=positive, help="what models cost")
    group.add_argument(
        "--episode-minutes",
        metavar="M",
        type=positive,
        help="minutes of waiting for answers, without retries and queues",
    )

    _define_budget(parser)


def _define_budget(parser: Parser) -> None:
    number = whole_number(1)
    group = parser.add_argument_group(
        "limits of the whole run",
        "No part of the plan: a run that reaches one stops asking, and goes on when the same "
        "command names a higher one. What earlier commands used counts too.",
    )
    group.add_argument("--max-turns", metavar="N", type=number, help="steps of all episodes")
    group.add_argument(
        "--max-tokens", metavar="N", type=number, help="tokens that models read and write"
    )
    group.add_argument("--max-usd", metavar="X", type=positive, help="what models cost")
    group.add_argument(
        "--max-minutes", metavar="M", type=positive, help="minutes by the clock, of this command"
    )


def budget_of(options: argparse.Namespace) -> Budget:
    """Return the limits of the whole run.

    Raises:
        UsageError: If dollars are limited and nobody knows what a model costs.
    """
    from tenure.runner.budget import Budget
    from tenure.runner.plan import unpriced

    if options.max_usd is not None:
        agents = [*specs(options), *filter(None, [voice_of(options)])]
        if unknown := unpriced(agents):
            raise UsageError(
                f"Nobody knows what {unknown} costs, so --max-usd cannot be kept. Name its price "
                f"with --price, or limit tokens instead."
            )
    return Budget(
        turns=options.max_turns,
        tokens=options.max_tokens,
        usd=options.max_usd,
        minutes=options.max_minutes,
    )


def episode_limits(options: argparse.Namespace) -> dict[str, float]:
    """Return the limits of an episode that were given, by their names in `Limits`."""
    given = {name: getattr(options, option) for name, option in _OF_EPISODES.items()}
    return {name: limit for name, limit in given.items() if limit is not None}
