"""What the command line says of limits on what is asked of a provider."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tenure.cli.parsing import Parser, whole_number

if TYPE_CHECKING:
    from tenure.agents.network.limits import Limits


def define_limit_options(parser: Parser) -> None:
    """Add the limits that all episodes of a run share; they are no part of its plan."""
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


def limits_of(options: argparse.Namespace) -> Limits:
    """Return the limits that were named."""
    from tenure.agents.network.limits import Limits

    return Limits(
        requests_per_minute=options.requests_per_minute,
        tokens_per_minute=options.tokens_per_minute,
        max_connections=options.max_connections,
    )
