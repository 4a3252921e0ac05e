"""What the command line says of limits: those of an episode, and those of the whole run."""

from __future__ import annotations

import argparse

from tenure.cli.parsing import Parser, positive, whole_number

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


def episode_limits(options: argparse.Namespace) -> dict[str, float]:
    """Return the limits of an episode that were given, by their names in `Limits`."""
    given = {name: getattr(options, option) for name, option in _OF_EPISODES.items()}
    return {name: limit for name, limit in given.items() if limit is not None}
