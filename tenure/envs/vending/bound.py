"""A proven upper bound on the final bank balance of any agent, for given parameters and seed.

The relaxed business knows every customer and every local event in advance, has goods without limit,
without waiting and without an expiry, pays for the units it sells only, each at the cheapest price
any supplier ever takes, pays no fee, meets no mishap, has no rivalry among its products, and
re-arranges the machine every day for nothing. It keeps what the real one cannot escape: twelve
slots of two sizes and their capacities, the effect of the number of distinct products, whole units,
and the first day on which a product can be there at all.

Proof that no agent ends with more:

1. The balance grows by the revenue that reaches the bank, and shrinks by payments, fees and
   repairs. Fees, repairs, and payments to anybody but a supplier (refunds, frauds) are not
   negative and buy nothing, and the owner's rules forbid and give nothing; goods that expire or
   are stolen were paid for all the same, and stolen cash never reaches the bank. A unit sold
   was in storage at the start or was delivered; a unit delivered was on a paid invoice, and no
   invoice has a lower unit price than the floor of its supplier: the list price less the
   deepest volume break and all the room there is (`Supplier.lowest_unit_cents`). Goods
   delivered in place of others have a floor below what was paid for those. Credit is money paid
   and not yet used; what is credited for missing units was paid for them and bought nothing
   else. So the final balance is at most the first one, plus the lowest floor for every unit
   there was at the start, plus, for every unit sold, what it brought to the bank less that
   floor.
2. Sales are counted once a day, so this sum splits into days; the day's customers depend on the
   agent through the day's machine alone: which products have stock and a price (their number gives
   the variety multiplier), the prices, and the stock. A slot that is out of order sells nothing, as
   if it were left empty. Rivals of its category leave a product at most the customers it would have
   alone (`demand.loyal_permille` is never above 1000), and a coin jam at most all of them.
3. If several slots of a product sold q units at different prices, the last was sold at the highest
   of them, p, to one of at least q customers at p (`machine.sell_one_day`). Selling all q at p
   brings at least as much. So one price a product is enough, and for q units the best is the
   highest price at which q customers come, which `highest_prices` inverts exactly.
4. With k slots a product can sell at most k times the slot's capacity. For each day and each number
   n of distinct products the best choice of products and facings is found by dynamic programming,
   the two sizes apart; a product may also sell nothing. Any real machine is among the choices.
5. The first mail can be answered on the morning of day 2, so no order is confirmed before, and none
   arrives earlier than the shortest lead time later. Goods of the start can be sold at once.
6. The cash of the last day stays in the machine when the episode ends: of that day's revenue only
   the card share reaches the bank. If a coin jam may stand on that day, all of it is taken to
   count.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tenure.envs.vending.demand import MOST_DISTINCT
from tenure.envs.vending.machine import CAPACITY_UNITS, SLOT_NAMES, slot_size
from tenure.envs.vending.products import Product, Size
from tenure.envs.vending.state import VendingParameters
from tenure.envs.vending.world import VendingWorld

Whole: TypeAlias = NDArray[np.int64]

_SLOTS: dict[Size, int] = {
    "small": sum(slot_size(name) == "small" for name in SLOT_NAMES),
    "large": sum(slot_size(name) == "large" for name in SLOT_NAMES),
}
_IMPOSSIBLE = -(2**40)


def upper_bound(parameters: VendingParameters, seed: int) -> int:
    """Return a balance in cents that no agent can exceed at the end; see the module for the proof.

    Args:
        parameters: The job's parameters.
        seed: The draw of the world.
    """
    world = VendingWorld(parameters, seed)
    small, large = (_best_by_distinct(world, size) for size in ("small", "large"))
    best = np.zeros(parameters.horizon_days, dtype=np.int64)
    for few, small_cents in enumerate(small):
        for more, large_cents in enumerate(large):
            if few + more:
                best = np.maximum(best, (small_cents + large_cents)[few + more - 1])
    saved_cents = sum(
        pile.units * lowest_cost_cents(world, world.products[product_id])
        for product_id, pile in world.handover.items()
    )
    return parameters.start_balance_cents + saved_cents + int(best.sum())


def highest_prices(
    product: Product, appetite_milliunits: Whole, luck_milliunits: Whole, units: Whole
) -> Whole:
    """Return the highest whole-cent prices at which at least so many customers come.

    The exact inverse of `Market.customers`; a price below one cent means that it cannot be done.

    Args:
        product: Its reference price and elasticity.
        appetite_milliunits: Wanted at the reference price, times the variety effect in thousandths.
        luck_milliunits: Added before rounding down.
        units: How many are to be sold, >= 1.
    """
    needed = 1_000_000 * (1000 * units - luck_milliunits)
    effect_permille = -(-needed // np.maximum(appetite_milliunits, 1))
    above = (1000 - effect_permille) * product.reference_cents // -product.elasticity_permille
    prices: Whole = product.reference_cents + above
    return prices


def lowest_cost_cents(world: VendingWorld, product: Product) -> int:
    """Return the lowest unit price at which anyone ever sells a product."""
    return min(
        supplier.lowest_unit_cents(product.id)
        for supplier in world.suppliers
        if product.id in supplier.prices_cents
    )


def first_selling_day(world: VendingWorld, product: Product) -> int:
    """Return the first 0-based day whose customers can find a product in the machine."""
    if product.id in world.handover:
        return 0
    return 1 + min(
        supplier.lead_days[0] for supplier in world.suppliers if product.id in supplier.prices_cents
    )


def _best_by_distinct(world: VendingWorld, size: Size) -> list[Whole]:
    """Return the best a size's slots can earn, by how many distinct products they hold.

    Returns:
        For 0 to 6 products of the size: cents by total number of distinct products (first axis,
        less one) and day.
    """
    slots = _SLOTS[size]
    shape = (MOST_DISTINCT, world.parameters.horizon_days)
    nothing = np.zeros(shape, dtype=np.int64)
    impossible = np.full(shape, _IMPOSSIBLE, dtype=np.int64)
    best = [[nothing] + [impossible] * slots for _ in range(slots + 1)]
    for product in world.catalogue:
        if product.size == size:
            best = _with_product(best, _gains(world, product))
    return best[slots]


def _with_product(best: list[list[Whole]], gains: list[Whole]) -> list[list[Whole]]:
    """Allow one more product: `best[slots][distinct]` with up to so many slots."""
    slots = len(best) - 1
    return [
        [best[used][0]]
        + [
            _largest(
                [
                    best[used][distinct],
                    *(
                        best[used - facings][distinct - 1] + gains[facings - 1]
                        for facings in range(1, used + 1)
                    ),
                ]
            )
            for distinct in range(1, slots + 1)
        ]
        for used in range(slots + 1)
    ]


def _largest(choices: list[Whole]) -> Whole:
    result = choices[0]
    for choice in choices[1:]:
        result = np.maximum(result, choice)
    return result


def _gains(world: VendingWorld, product: Product) -> list[Whole]:
    """Return what one to six facings of a product can earn, by distinct products and day."""
    capacity, slots = CAPACITY_UNITS[product.size], _SLOTS[product.size]
    most = min(capacity * slots, _most_customers(world, product))
    units = np.arange(1, most + 1, dtype=np.int64).reshape(-1, 1, 1)
    cents = _earnings(world, product, units)
    cents[:, :, : first_selling_day(world, product)] = 0
    best_up_to = np.maximum.accumulate(np.maximum(cents, 0), axis=0)
    nothing = np.zeros(cents.shape[1:], dtype=np.int64)
    return [
        best_up_to[min(most, capacity * facings) - 1] if most else nothing
        for facings in range(1, slots + 1)
    ]


def _earnings(world: VendingWorld, product: Product, units: Whole) -> Whole:
    """Return bank money less cost, by units sold, distinct products and day."""
    market, days = world.market, world.parameters.horizon_days
    variety = np.array(market.variety_permille[1:], dtype=np.int64).reshape(-1, 1)
    appetite = np.array(market.appetite_milliunits[product.id], dtype=np.int64) * variety
    luck = np.array(market.luck_milliunits[product.id], dtype=np.int64)
    prices = highest_prices(product, appetite, luck, units)
    banked_permille = np.full(days, 1000, dtype=np.int64)
    if not world.mishaps.jams:
        banked_permille[-1] = world.parameters.card_share_permille
    revenue_cents = -(-units * prices * banked_permille // 1000)
    earnings: Whole = revenue_cents - units * lowest_cost_cents(world, product)
    return earnings


def _most_customers(world: VendingWorld, product: Product) -> int:
    """Return how many customers any day has at most at the lowest price that pays."""
    market, cost_cents = world.market, lowest_cost_cents(world, product)
    best = max(range(1, MOST_DISTINCT + 1), key=lambda n: market.variety_permille[n])
    return max(
        market.customers(product, day, cost_cents, best)
        for day in range(world.parameters.horizon_days)
    )
