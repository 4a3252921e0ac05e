"""What an agent of the vending business can be asked to forecast."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tenure.envs.forecasts import Asked, Distribution, Question
from tenure.envs.vending.demand import (
    PRODUCT_NOISE_PERMILLE,
    TOWN_NOISE_PERMILLE,
    appetite_milliunits,
    bell_permille,
    draw_week,
    draw_year,
    loyal_permille,
    price_permille,
    rivals_permille,
)
from tenure.envs.vending.local_events import is_cancelled
from tenure.envs.vending.machine import Slot, facings
from tenure.envs.vending.money import dollars
from tenure.envs.vending.products import categories
from tenure.envs.vending.weather import (
    MONTH_CELSIUS,
    SKIES,
    SKY_WEIGHTS,
    Weather,
    sky_permille,
    taste_permille,
)
from tenure.envs.vending.world import VendingWorld

FUTURES = 1_000
"""How many futures are drawn for the distribution of a week's demand."""

_WEEK_DAYS = 7

Table = NDArray[np.int64]
Draw = Callable[[str, str], Sequence[int]]
"""Takes a stream and an entity; returns a word for each future and day, day by day."""


# --- the demand of a week --------------------------------------------------------------------


def _demand_text(asked: Asked) -> str:
    return (
        f"How many units will customers want in days {asked.closes_day + 1} to {asked.due_day} "
        f"together, if every product that is in a slot with a price at the end of day "
        f"{asked.closes_day} stays on offer at that price and never runs out?"
    )


def offer_of(slots: Sequence[Slot]) -> dict[str, int]:
    """Return the lowest price in cents of each product that has a slot and a price."""
    return {
        product_id: min(slot.price_cents or 0 for slot in group)
        for product_id, group in facings(slots).items()
    }


def _freeze_offer(world: VendingWorld, _: Asked) -> dict[str, int]:
    return offer_of(list(world.state.slots.values()))


def _demand(world: VendingWorld, asked: Asked) -> int:
    """Return what the customers that the seed has drawn want of the frozen offer."""
    total = 0
    for day in range(asked.closes_day, asked.due_day):
        customers = world.market.crowd(world.products, day, asked.frozen)
        total += sum(customers(name, price_cents) for name, price_cents in asked.frozen.items())
    return total


def _demand_truth(world: VendingWorld, asked: Asked) -> Distribution:
    """Redraw what the days to come will bring, and keep what is fixed for the seed.

    Redrawn in each of 1,000 futures: sky, temperature (as far as it does not hang on days that
    are over), the noise of the town and of each product, the fraction that rounds to whole
    customers, and whether an event that is to begin is cancelled. Kept: the products' economics,
    the weekdays, the months, the taste for variety, and the events, all announced by then.
    """
    days = asked.due_day - asked.closes_day

    def draw(stream: str, entity: str) -> list[int]:
        day = f"{entity}\x1f{asked.closes_day}"
        return world.chance.words(f"futures of {stream}", day, count=FUTURES * days)

    units = units_wanted(world, asked.frozen, range(asked.closes_day, asked.due_day), draw)
    return Distribution.of_samples(units)


def units_wanted(
    world: VendingWorld, offer: Mapping[str, int], days: range, draw: Draw
) -> list[int]:
    """Return the units wanted of an offer over some days, in each of many futures.

    The rules are those of `demand.py`, for all futures at once; fed with the words of the seed
    they give the seed's own customers.

    Args:
        world: The business; only what is fixed for its seed is used, and the temperature words
            of days that are over.
        offer: Price in cents by product id.
        days: 0-based days, the first of them the one after the night of the question.
        draw: Where the words of the futures come from.
    """
    shape = (-1, len(days))

    def words(stream: str, entity: str = "") -> NDArray[np.uint64]:
        return np.array(draw(stream, entity), dtype=np.uint64)

    celsius = _celsius(world, days, words("temperature").reshape(shape))
    skies = _SKY_TABLE[_below(words("sky"), len(_SKY_TABLE))].reshape(shape)
    noise = bell_permille(words("town"), TOWN_NOISE_PERMILLE).reshape(shape)
    effect = np.array([sky_permille(sky, world.parameters.weather_effect_percent) for sky in SKIES])
    traffic = _calm_permille(world, days) * effect[skies] * noise // 1000
    cancelled = words("local event cancelled").reshape(shape)
    traffic = traffic * _events_permille(world, days, cancelled) // 1000
    tastes = {
        name: _taste(world, name, days, skies, celsius)
        for name in {world.products[product_id].category for product_id in offer}
    }
    variety = world.market.variety_permille[len(offer)]
    total = np.zeros(len(traffic), dtype=np.int64)
    for product_id, price_cents in offer.items():
        product = world.products[product_id]
        own = bell_permille(words("noise", product_id), PRODUCT_NOISE_PERMILLE).reshape(shape)
        appetite = appetite_milliunits(product, traffic * tastes[product.category], own)
        milliunits = appetite * price_permille(product, price_cents) * variety // 1_000_000
        rivals = rivals_permille(world.products, offer, product)
        loyal = loyal_permille(product, price_cents, rivals, world.market.rivalry_percent)
        milliunits = milliunits * loyal // 1000
        luck = _below(words("luck", product_id), 1000).reshape(shape)
        total += np.sum((milliunits + luck) // 1000, axis=1)
    units: list[int] = total.tolist()
    return units


def _calm_permille(world: VendingWorld, days: range) -> Table:
    week, year = draw_week(world.chance), draw_year(world.chance)
    calendar = world.calendar
    calm = [week[calendar.weekday(day)] * year[calendar.month(day) - 1] // 1000 for day in days]
    return np.array(calm, dtype=np.int64)


def _celsius(world: VendingWorld, days: range, fresh: NDArray[np.uint64]) -> Table:
    """Return the temperatures; each day's holds its own swing and those of the two next words.

    The day before the first has used the first two words already.
    """
    drifts = world.chance.series("temperature", count=days.start + 2, first_day=-2)
    known = np.array(drifts[-2:], dtype=np.uint64)
    everything = np.hstack([np.tile(known, (len(fresh), 1)), fresh])
    swings = _below(everything, 11) - 5
    season = [MONTH_CELSIUS[world.calendar.month(day) - 1] for day in days]
    return np.array(season) + swings[:, :-2] + swings[:, 1:-1] + swings[:, 2:]


def _events_permille(world: VendingWorld, days: range, cancelled: NDArray[np.uint64]) -> Table:
    """Let events take place: those under way as they do, those to begin unless cancelled."""
    traffic = np.full(cancelled.shape, 1000)
    for event in world.market.events:
        span = slice(max(0, event.first_day - days.start), event.end_day - days.start)
        if span.start >= len(days) or span.stop <= 0:
            continue
        takes_place = np.full(len(traffic), not event.is_cancelled)
        if event.first_day >= days.start:
            words = cancelled[:, event.first_day - days.start].tolist()
            takes_place = np.array([not is_cancelled(word) for word in words])
        effect = np.where(takes_place, event.traffic_permille, 1000).reshape(-1, 1)
        traffic[:, span] = traffic[:, span] * effect // 1000
    return traffic


def _taste(world: VendingWorld, category: str, days: range, skies: Table, celsius: Table) -> Table:
    """Return how much a category is wanted, by future and day."""
    low, high = int(celsius.min()), int(celsius.max())
    likes, effect = categories()[category], world.parameters.weather_effect_percent
    months = [world.calendar.month(day) for day in days]
    tables = {
        month: [
            [taste_permille(likes, month, Weather(sky, c), effect) for c in range(low, high + 1)]
            for sky in SKIES
        ]
        for month in set(months)
    }
    table = np.array([tables[month] for month in months])
    return table[np.arange(len(days)), skies, celsius - low]


def _below(words: NDArray[np.uint64], bound: int) -> Table:
    """Map words to integers in [0, bound), as `chance.below` does; `bound` is under 2**31."""
    size, half = np.uint64(bound), np.uint64(32)
    low = (words & np.uint64(0xFFFFFFFF)) * size >> half
    return (((words >> half) * size + low) >> half).astype(np.int64)


_SKY_TABLE: Table = np.repeat(np.arange(len(SKIES)), SKY_WEIGHTS)


# --- the balance ---------------------------------------------------------------------------------


def _balance_text(asked: Asked) -> str:
    return (
        f"Will the bank balance after day {asked.due_day}, with that day's card sales, be above "
        f"{dollars(asked.threshold)}? (If the business ends before, its last balance counts.)"
    )


def _is_above(world: VendingWorld, asked: Asked) -> int:
    return int(world.state.bank_cents > asked.threshold)


QUESTIONS: Mapping[str, Question] = {
    "demand-next-week": Question(
        text=_demand_text,
        unit="units",
        form="quantiles",
        outcome=_demand,
        truth=_demand_truth,
        freeze=_freeze_offer,
        days_ahead=_WEEK_DAYS,
    ),
    "balance-above": Question(
        text=_balance_text,
        unit="",
        form="probability",
        outcome=_is_above,
        needs_threshold=True,
    ),
}
