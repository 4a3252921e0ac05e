"""How machines at one location share their customers.

The rule, for one product on one day. Each machine that offers it would, alone, face so many
customers at its price; that is the single world's rule, with all products of the category that are
on offer anywhere at the location as rivals. Customers go to one machine each, by a logit choice
(McFadden 1974) among those that offer the product, and buy there or not as they would at a lone
machine:

    share of a machine = e^-d / sum of e^-d,   d = 6 x price / reference - 2 x variety
    wanted of all      = sum of share x what the machine would face alone
    wanted of each     = its part of that, in whole units by largest remainders

So customers are conserved: the machines together never face more than the best placed of them would
alone, none of them more than it would alone itself, equal machines get equal parts up to one unit,
and who is alone faces exactly the single world's customers. A tenth of the reference price cheaper
wins 1.8 customers for one. All of it is whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

PRICE_PULL, VARIETY_PULL = 6, 2
"""What one whole reference price, and one whole variety factor, are worth in the exponent."""

_STEPS_PER_E = 100
_LEAST_STEPS = 1500
_ONE = 10**12
_ONE_STEP = 990_049_833_749
"""e^-0.01, in units of `_ONE`."""


def _powers() -> tuple[int, ...]:
    """Return e^-(i/100) in units of `_ONE`, by multiplication in whole numbers."""
    powers = [_ONE]
    for _ in range(_LEAST_STEPS):
        powers.append(powers[-1] * _ONE_STEP // _ONE)
    return tuple(powers)


_POWERS = _powers()


class Stall(NamedTuple):
    """One machine's offer of a product.

    Attributes:
        price_permille: Its lowest price there, in thousandths of the reference price.
        variety_permille: What the machine's choice of products is worth.
        alone_milliunits: Thousandths of a unit that it would face if no other machine offered the
            product.
    """

    price_permille: int
    variety_permille: int
    alone_milliunits: int


def weights(stalls: Sequence[Stall]) -> list[int]:
    """Return how strongly each stall draws, relative to the strongest, which has 10**12."""
    steps = [
        (stall.price_permille * PRICE_PULL - stall.variety_permille * VARIETY_PULL)
        * _STEPS_PER_E
        // 1000
        for stall in stalls
    ]
    best = min(steps)
    return [_POWERS[min(step - best, _LEAST_STEPS)] for step in steps]


def divide(stalls: Sequence[Stall], luck_milliunits: int, first: int = 0) -> list[int]:
    """Return the units wanted at each stall.

    Args:
        stalls: All that offer the product, at least one.
        luck_milliunits: 0 to 999, added before rounding down to whole units.
        first: The index of the stall that wins a tie.
    """
    drawn = weights(stalls)
    quotas = [stall.alone_milliunits * weight for stall, weight in zip(stalls, drawn, strict=True)]
    units = (sum(quotas) // sum(drawn) + luck_milliunits) // 1000
    most = [(stall.alone_milliunits + luck_milliunits) // 1000 for stall in stalls]
    return apportion(units, quotas, most, first)


def apportion(units: int, quotas: Sequence[int], most: Sequence[int], first: int = 0) -> list[int]:
    """Divide whole units in proportion to quotas, by largest remainders.

    Args:
        units: What to divide; at most the sum of `most`, and 0 if all quotas are.
        quotas: One for each party, >= 0.
        most: What each can get at the most.
        first: The index of the party that wins a tie; the others follow in a circle.
    """
    total = sum(quotas)
    if not units:
        return [0] * len(quotas)
    parts = [min(units * quota // total, top) for quota, top in zip(quotas, most, strict=True)]
    order = sorted(
        range(len(quotas)),
        key=lambda one: (-(units * quotas[one] % total), (one - first) % len(quotas)),
    )
    left = units - sum(parts)
    while left:
        for one in order:
            if left and parts[one] < most[one]:
                parts[one] += 1
                left -= 1
    return parts
