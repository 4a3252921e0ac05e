"""The best score without luck: what the exact filter reaches."""

from __future__ import annotations

from tenure.envs.bookings.rules import expected_loss_milli
from tenure.envs.bookings.world import BookingsParameters, BookingsWorld
from tenure.envs.forecasts import best_quantiles


def best_score(parameters: BookingsParameters, seed: int) -> int:
    """Return the highest score without luck on a seed, in millipoints: the optimum, and reached.

    What is seen does not depend on what is answered, so the evenings are independent. On each, the
    score without luck is minus the expected loss under the predictive distribution of all that has
    been seen, and no seven numbers expect to lose less than its quantiles (Koenker and Bassett
    1978); rounding keeps the order. Where not knowing is cheaper, it is best.
    """
    price_milli = parameters.dont_know_price_milli
    truths = BookingsWorld(parameters, seed).truths
    return -sum(
        min(price_milli, expected_loss_milli(best_quantiles(truth), truth)) for truth in truths
    )
