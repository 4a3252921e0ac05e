"""What the command line says of limits: of an episode, of the whole run, and of an endpoint."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tenure.cli.hiring import specs, voice_of
from tenure.cli.parsing import Parser, positive, whole_number
from tenure.errors import UsageError

if TYPE_CHECKING:
    from tenure.agents.network.limits import Limits
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
    _define_endpoint(parser)


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


def _define_endpoint(parser: Parser) -> None:
    group = parser.add_argument_group(
        "limits of an endpoint",
        "What all episodes together may ask of one server, in fair turns (no limits). They change"
        " no result: another time the same run can have others.",
    )
    number = whole_number(1)
    group.add_argument(
        "--requests-per-minute", metavar="N", type=number, help="requests begun in any 60 seconds"
    )
    group.add_argument(
        "--tokens-per-minute",
        metavar="N",
        type=number,
        help="tokens read and written in any 60 seconds",
    )
    group.add_argument(
        "--max-connections", metavar="N", type=number, help="requests under way at a time"
    )


def budget_of(options: argparse.Namespace) -> Budget:
    """Return the limits of the whole run.

    Raises:
        UsageError: If dollars are limited and nobody knows what a model costs.
    """
    from tenure.runner.budget import Budget
    from tenure.runner.plan import without_price

    if options.max_usd is not None:
        agents = [*specs(options), *filter(None, [voice_of(options)])]
        if unknown := without_price(agents):
            raise UsageError(
                f"Nobody knows what {unknown} costs, so --max-usd cannot be kept. Name its price "
                f"with --price (a sub-agent's with --sub-agent-option price=IN,OUT), or limit "
                f"tokens instead."
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


def limits_of(options: argparse.Namespace) -> Limits:
    """Return the limits that were named."""
    from tenure.agents.network.limits import Limits

    return Limits(
        requests_per_minute=options.requests_per_minute,
        tokens_per_minute=options.tokens_per_minute,
        max_connections=options.max_connections,
    )
