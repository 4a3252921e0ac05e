"""The law of the bookings, and the exact filter of who knows the law and has seen the counts.

Bookings of a day are Poisson around a level. On each morning the level is drawn anew with a small
probability, from the same table as the first one. Everything is whole numbers: Poisson weights
need no exp, since `level**k / k!` is brought to a common denominator.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from itertools import accumulate, repeat
from math import gcd
from operator import mul

from tenure.envs.chance import Chance, below, pick_weighted
from tenure.envs.forecasts import (
    LEVELS_PERCENT,
    Distribution,
    expected_pinball_percents,
    pinball_percents,
)

LEVELS = (2, 5, 9, 14, 20, 27, 35, 44)
LEVEL_WEIGHTS = (1, 2, 3, 3, 3, 2, 1, 1)
MOST_BOOKINGS = 120
"""A day has no more; a Poisson count of mean 44 is larger once in 10**20 days."""
CHANGE_PERCENT = 15
_TOTAL = 1_000_000


@cache
def poisson(level: int) -> tuple[int, ...]:
    """Return Poisson weights of 0 to 120 bookings, which sum to a million."""
    steps = [Fraction(1), *(Fraction(level, count) for count in range(1, MOST_BOOKINGS + 1))]
    terms = list(accumulate(steps, mul))
    common = terms[-1].denominator
    for term in terms:
        common = common * term.denominator // gcd(common, term.denominator)
    found = Distribution.scaled(0, [int(term * common) for term in terms], _TOTAL)
    return (
        *repeat(0, found.start),
        *found.weights,
        *repeat(0, MOST_BOOKINGS + 1 - found.start - len(found.weights)),
    )


def draw_bookings(chance: Chance, days: int, history_days: int = 0) -> list[int]:
    """Draw the bookings of a number of days.

    Args:
        chance: The seed's.
        days: How many, those of the history included.
        history_days: How many of them are over on the first evening, which is that of day 0.
    """
    first_day = 1 - history_days
    changes, drawn, counts = (
        chance.series(stream, count=days, first_day=first_day)
        for stream in ("change", "level", "bookings")
    )
    bookings, level = [], 0
    for day in range(days):
        if day == 0 or below(changes[day], 100) < CHANGE_PERCENT:
            level = pick_weighted(drawn[day], LEVELS, LEVEL_WEIGHTS)
        bookings.append(pick_weighted(counts[day], range(MOST_BOOKINGS + 1), poisson(level)))
    return bookings


def predictions(bookings: Sequence[int]) -> list[Distribution]:
    """Return the distribution of each day's bookings, given those of the days before it.

    The forward filter of a hidden Markov model, in whole numbers and so without rounding until
    each distribution is brought to a total of a million. Item 0 is the climatology: what is known
    before anything is seen; the last item is about the day after the last.
    """
    tables = [poisson(level) for level in LEVELS]
    prior = list(LEVEL_WEIGHTS)
    belief, found = prior, [_mixed(prior, tables)]
    for count in bookings:
        seen = [weight * table[count] for weight, table in zip(belief, tables, strict=True)]
        belief = _after_a_night(seen)
        found.append(_mixed(belief, tables))
    return found


def _after_a_night(belief: Sequence[int]) -> list[int]:
    kept, drawn = (100 - CHANGE_PERCENT) * sum(LEVEL_WEIGHTS), CHANGE_PERCENT * sum(belief)
    mixed = [
        kept * weight + drawn * prior for weight, prior in zip(belief, LEVEL_WEIGHTS, strict=True)
    ]
    shared = gcd(*mixed)
    return [weight // shared for weight in mixed]


def _mixed(belief: Sequence[int], tables: Sequence[Sequence[int]]) -> Distribution:
    return Distribution.scaled(
        0, [sum(map(mul, belief, column)) for column in zip(*tables, strict=True)], _TOTAL
    )


def loss_milli(answer: Sequence[int], outcome: int) -> int:
    """Return twice the mean pinball loss, rounded to thousandths of a booking."""
    return _rounded(20 * pinball_percents(answer, outcome), len(LEVELS_PERCENT))


def expected_loss_milli(answer: Sequence[int], truth: Distribution) -> int:
    """Return the mean of the loss under a distribution, rounded to thousandths of a booking."""
    total = expected_pinball_percents(answer, truth)
    return _rounded(20 * total, len(LEVELS_PERCENT) * truth.total)


def _rounded(above: int, below: int) -> int:
    return (2 * above + below) // (2 * below)
