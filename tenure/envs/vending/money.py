"""Dollars as people write them, cents as the world counts them."""

from __future__ import annotations

from tenure.envs.tools import Refusal


def dollars(cents: int) -> str:
    """Write cents as dollars, such as `$1.23`, without thousands separators."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}${whole}.{rest:02d}"


def whole_cents(amount: float) -> int:
    """Return dollars in cents.

    Raises:
        Refusal: If the amount has fractions of a cent, or is less than one.
    """
    cents = max(1, round(amount * 100))
    if abs(amount * 100 - cents) > 1e-6:
        raise Refusal(f"${amount} is not an amount in whole cents; try {dollars(cents)}.")
    return cents
