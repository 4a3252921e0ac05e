"""A proven upper bound on the final score of any agent, for given parameters and seed.

The score is the bank balance; below stands what is different if net worth decides.

The relaxed business knows every customer, local event and delivery in advance, has goods without
limit and without minimum orders, on every day on which some house could have brought a unit that
is still fresh, pays for the units it sells only, each at the lowest price at which such a house
ever sells, meets no mishap, and re-arranges the machine every day for nothing. It keeps what the
real one cannot escape: twelve slots of two sizes and their capacities, the effect of the number of
distinct products, whole units, what products of a category take from each other (to the extent
that no choice of prices avoids it), the days on which goods can come, closed houses, shelf lives,
and most of the daily fees.

Proof that no agent ends with more:

1. The balance grows by the revenue that reaches the bank, and shrinks by payments, fees and
   repairs. Repairs, bills for tokens, and payments to anybody but a supplier (refunds, frauds) are
   not negative and buy nothing, and the owner's rules forbid and give nothing; goods that expire or
   are stolen were paid for all the same, and stolen cash never reaches the bank. A unit sold was in
   storage at the start or was delivered; a unit delivered was on a paid invoice, and no invoice has
   a lower unit price than the floor of its supplier: the list price less the deepest volume break
   and all the room there is (`Supplier.lowest_unit_cents`). Goods delivered in place of others have
   a floor below what was paid for those. Credit is money paid and not yet used; what is credited
   for missing units was paid for them and bought nothing else.
2. The first mail is answered on the morning of day 2, so no order is paid for before. When an order
   paid on a day comes follows from the seed (`deliveries`): what is paid to a house in distress
   never comes, nor what would come after it closed, and a house that serves nobody sends nothing. A
   unit that comes on a day is sold on that day or at most `shelf_days` later. So a unit sold on a
   day cost at least the lowest floor among the houses that can have brought it (`_costs`); on days
   on which none can, nothing is sold.
3. Goods of the start cost nothing. Charge each unit sold of such a product all the same, whether it
   was bought or not, and on every day: the lowest price of all days. Adding that price once for
   every unit that was there makes up for it.
4. Sales are counted once a day, so the sum splits into days; the day's customers depend on the
   agent through the day's machine alone: which products have stock and a price (their number gives
   the variety multiplier), the prices, and the stock. A slot that is out of order sells nothing, as
   if it were left empty, and a coin jam only takes customers.
5. If several slots of a product sold q units at different prices, the last was sold at the highest
   of them, p, to one of at least q customers at p (`machine.sell_one_day`). Selling all q at p
   brings at least as much, so one price a product is enough. Let A be the product's appetite times
   the variety multiplier, r and e its reference price and elasticity, and L the thousandths of its
   customers that its rivals take. At least q come only if, rounding aside in the agent's favour, A
   (1 - e (p - r) / r) (1 - L / 1000) >= need = q less the day's luck. As 1 / (1 - x) >= 1 + x, p <=
   P - s L with P = r + (1 - need / A) r / e and s = need r / (1000 A e). So q units bring at most q
   P, less q s for each thousandth that rivals take: a straight line in L.
6. Two products of a category on offer take at least 79 thousandths from each other, both losses
   added, whatever the prices (`demand.loyal_permille`): each takes 40 plus or minus the same
   difference, rounded down, and where one is cut off at 0 the other is at least 80; with several
   slots a product compares its own highest price with the lowest of its rivals, which only takes
   more. In all a product loses T <= 600.
7. Let w be the q s of each chosen product of a category. What rivalry costs them, the sum of w T,
   is at least 79 times the sum over pairs of the smaller w, as long as no T is cut off at 600. For
   any W >= 0, count the m products with w >= v for each v in [0, W]: their m (m - 1) / 2 pairs are
   at least a m - a (a + 1) / 2 for any whole a >= 0, and the integral over v says that the pairs'
   sum is at least a sum of min(w, W) - W a (a + 1) / 2. A product that is cut off loses 600 w, more
   than 79 a w as long as a <= 7, so leaving it out of the pairs keeps the inequality. The right
   side is a charge for each product alone, and a constant. Any a and W are allowed: they are
   guessed (`_Guess`), and of several guesses each day takes the lowest bound. Rivalry at R per cent
   takes floor(T R / 100) >= T R / 100 - 1.
8. q (P - cost) is a parabola in q with its top at half of the customers who would pay the cost, and
   the charge never falls with q, the slack of step 7 aside, which is too small to move the top by
   the units added for rounding; so no more than these need to be looked at (`_most_units`).
9. With k slots a product can sell at most k times the slot's capacity. For each day and each number
   n of distinct products the best choice of products and facings is found by dynamic programming,
   the two sizes apart; a product may also sell nothing. Any real machine is among the choices.
10. The cash of the last day stays in the machine when the episode ends: of that day's revenue only
   the card share reaches the bank. If a coin jam may stand on that day, all of it is taken to
   count.
11. A fee is taken at every midnight at which the bank has it, and `unpaid_days_limit` midnights in
   a row without end the episode. Let the last unpaid one be that of day t. Then all later ones were
   paid, and of the first t + 1 at least every `unpaid_days_limit`-th. And on day t the bank had
   less than a fee, so the final balance is at most that, the cash then in the machine (the cash
   share of earlier revenue at most) and the revenue from day t on, less the later fees. The worse
   of the two holds for each t, and the best t for the agent bounds it (`_after_fees`). An agent
   that goes bankrupt ends with less than a fee and one day's card money.

If net worth decides, step 10 falls away (all money counts, wherever it is). Goods in hand count at
what was paid for them, and money paid for goods that never come is lost, which leaves the sum of
step 1 as it is; goods of the start count at what they are valued at, if that is more than the price
of step 3. Step 11 is left out, as money kept in goods escapes the fee.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tenure.envs.chance import below, between
from tenure.envs.vending.machine import CAPACITY_UNITS, SLOT_NAMES, slot_size
from tenure.envs.vending.products import Product, Size
from tenure.envs.vending.state import VendingParameters
from tenure.envs.vending.suppliers import Supplier
from tenure.envs.vending.world import VendingWorld

Whole: TypeAlias = NDArray[np.int64]

PAIR_TAKES_PERMILLE = 79
"""What two products of a category take from each other, both losses added, at the least."""

_SLOTS: dict[Size, int] = {
    "small": sum(slot_size(name) == "small" for name in SLOT_NAMES),
    "large": sum(slot_size(name) == "large" for name in SLOT_NAMES),
}
_IMPOSSIBLE = -(2**50)
_NOBODY_SELLS = 2**40
_MOST_RIVALS = 6


def upper_bound(parameters: VendingParameters, seed: int) -> int:
    """Return a score in cents that no agent can exceed at the end; see the module for the proof.

    Args:
        parameters: The job's parameters.
        seed: The draw of the world.
    """
    world = VendingWorld(parameters, seed)
    costs, saved_cents = _charged(world, _costs(world))
    earned_cents = -(-_best_days(world, costs) // 1000)
    most_cents = parameters.start_balance_cents + saved_cents + int(earned_cents.sum())
    if not parameters.daily_fee_cents or parameters.score == "net_worth":
        return most_cents
    free = {name: np.where(cents < _NOBODY_SELLS, 0, cents) for name, cents in costs.items()}
    revenue_cents = -(-_best_days(world, free) // 1000)
    return _after_fees(parameters, most_cents, revenue_cents)


def highest_prices(
    product: Product, appetite_milliunits: Whole, luck_milliunits: Whole, units: Whole
) -> Whole:
    """Return the highest whole-cent prices at which at least so many customers come.

    The exact inverse of `Market.customers` without rivals; a price below one cent means that it
    cannot be done.

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


# --- what goods cost ------------------------------------------------------------------------------


def deliveries(world: VendingWorld, supplier: Supplier) -> Iterator[tuple[int, int]]:
    """Yield the 0-based days of payment whose orders come, each with the day of arrival.

    Args:
        world: Its seed and horizon.
        supplier: Who is paid.
    """
    practice, days = supplier.practice, world.parameters.horizon_days
    if practice.fee_cents and not practice.serves_members:
        return
    streams = ("lead-days", "late", "days late")
    words = [world.chance.series(stream, supplier.id, count=days) for stream in streams]
    for paid, (lead, late, more) in enumerate(zip(*words, strict=True)):
        arrival = paid + between(lead, *supplier.lead_days)
        if below(late, 1000) < practice.late_permille:
            arrival += between(more, *practice.late_days)
        closing = practice.closing_day
        if closing is not None and (paid >= closing - practice.distress_days or arrival >= closing):
            continue
        if paid and arrival < days:
            yield paid, arrival


def _costs(world: VendingWorld) -> dict[str, Whole]:
    """Return the lowest price of a unit sold on a day, by product id: cents by day."""
    days = world.parameters.horizon_days
    arrivals = {one.id: {day for _, day in deliveries(world, one)} for one in world.suppliers}
    costs = {product.id: np.full(days, _NOBODY_SELLS) for product in world.catalogue}
    for supplier in world.suppliers:
        for product_id in supplier.prices_cents:
            fresh = _fresh_days(arrivals[supplier.id], world.products[product_id].shelf_days, days)
            cents = np.where(fresh, supplier.lowest_unit_cents(product_id), _NOBODY_SELLS)
            costs[product_id] = np.minimum(costs[product_id], cents)
    return costs


def _fresh_days(arrivals: set[int], shelf_days: int, days: int) -> NDArray[np.bool_]:
    """Tell for each day whether a unit that came on one of some days can still be sold."""
    changes = np.zeros(days + 1, dtype=np.int64)
    for day in arrivals:
        changes[day] += 1
        changes[min(days, day + shelf_days + 1)] -= 1
    fresh: NDArray[np.bool_] = changes.cumsum()[:days] > 0
    return fresh


def _charged(world: VendingWorld, costs: Mapping[str, Whole]) -> tuple[dict[str, Whole], int]:
    """Charge units of the start too.

    Returns:
        Costs by product id, and what is to be added for the units there were.
    """
    charged, saved_cents = dict(costs), 0
    for product_id, pile in world.handover.items():
        lowest = int(costs[product_id].min())
        cents = lowest if lowest < _NOBODY_SELLS else world.products[product_id].wholesale_cents
        charged[product_id] = np.full_like(costs[product_id], cents)
        value_cents = pile.cost_cents if world.parameters.score == "net_worth" else 0
        saved_cents += max(cents * pile.units, value_cents)
    return charged, saved_cents


# --- what a day brings ----------------------------------------------------------------------------


class _Options(NamedTuple):
    """What selling so many units of a product brings; arrays by units, distinct products and day.

    Attributes:
        product: Which.
        gain: Bank money less cost without rivals, in thousandths of a cent.
        loss: What each thousandth of its customers lost takes off, in thousandths of a cent.
    """

    product: Product
    gain: Whole
    loss: Whole

    @property
    def best(self) -> tuple[Whole, Whole]:
        """Gain and loss of the best number of units in one slot."""
        gain = self.gain[: CAPACITY_UNITS[self.product.size]]
        place = gain.argmax(axis=0)[np.newaxis]
        return (
            np.take_along_axis(gain, place, axis=0)[0],
            np.take_along_axis(self.loss, place, axis=0)[0],
        )


class _Guess(NamedTuple):
    """A guess at what a category offers; any makes a valid bound, a good one a tight bound.

    Attributes:
        rivals: The `a` of the proof, 0 to 7: for a rivals or one more it is exact.
        most_loss: The `W` of the proof, in thousandths of a cent.
    """

    rivals: Whole
    most_loss: Whole


def _best_days(world: VendingWorld, costs: Mapping[str, Whole]) -> Whole:
    """Return what each day can bring at most, in thousandths of a cent, not below 0."""
    options = [
        _options(world, product, costs[product.id])
        for product in world.catalogue
        if (costs[product.id] < _NOBODY_SELLS).any()
    ]
    if not options:
        return np.zeros(world.parameters.horizon_days, dtype=np.int64)
    rivalry_percent = world.parameters.rivalry_percent
    by_distinct = [
        _best_by_distinct(options, guess, rivalry_percent) for guess in _guesses(options)
    ]
    lowest = np.minimum.reduce(by_distinct)
    best: Whole = np.maximum(lowest.max(axis=0), 0)
    return best


def _options(world: VendingWorld, product: Product, cost_cents: Whole) -> _Options:
    market = world.market
    variety = np.array(market.variety_permille[1:], dtype=np.int64).reshape(-1, 1)
    appetite = np.array(market.appetite_milliunits[product.id], dtype=np.int64) * variety
    luck = np.array(market.luck_milliunits[product.id], dtype=np.int64)
    most = _most_units(product, int(cost_cents.min()), appetite, luck)
    units = np.arange(1, most + 1, dtype=np.int64).reshape(-1, 1, 1)
    prices, steepness = straight_prices(product, appetite, luck, units)
    banked_permille = _banked_permille(world)
    gain = units * (-(-prices * banked_permille // 1000) - 1000 * cost_cents)
    loss = units * (steepness * banked_permille // 1000)
    return _Options(product, np.where(cost_cents < _NOBODY_SELLS, gain, 0), loss)


def straight_prices(
    product: Product, appetite_milliunits: Whole, luck_milliunits: Whole, units: Whole
) -> tuple[Whole, Whole]:
    """Return the P and the s of the proof: above P - s L no price brings so many customers.

    Args:
        product: Its reference price and elasticity.
        appetite_milliunits: Wanted at the reference price, times the variety effect in thousandths.
        luck_milliunits: Added before rounding down.
        units: How many are to be sold, >= 1.

    Returns:
        P, rounded up, and s, rounded down, in thousandths of a cent.
    """
    needed = 1000 * units - luck_milliunits
    effect_millionths = needed * 1_000_000_000 // np.maximum(appetite_milliunits, 1)
    reference, slope = product.reference_cents, -product.elasticity_permille
    highest = 1000 * reference - (effect_millionths - 1_000_000) * reference // slope
    return highest, effect_millionths * reference // (1000 * slope)


def _most_units(product: Product, cost_cents: int, appetite: Whole, luck: Whole) -> int:
    """Return how many units to look at: beyond them each further one brings less than it costs."""
    away = (cost_cents - product.reference_cents) * product.elasticity_permille
    effect_permille = max(0, 1001 + away // product.reference_cents)
    customers = int((appetite * effect_permille // 1_000_000 + luck).max()) // 1000
    capacity = CAPACITY_UNITS[product.size] * _SLOTS[product.size]
    return min(capacity, customers // 2 + 3)


def _banked_permille(world: VendingWorld) -> Whole:
    """Return which part of each day's revenue reaches the bank at most."""
    banked = np.full(world.parameters.horizon_days, 1000, dtype=np.int64)
    if world.parameters.score == "bank" and not world.mishaps.jams:
        banked[-1] = world.parameters.card_share_permille
    return banked


def _guesses(options: Sequence[_Options]) -> Iterator[Mapping[str, _Guess]]:
    """Yield guesses by category: of no, one or two rivals, and of as many as sell best."""
    bests = [one.best for one in options]
    losses = {
        category: _second_loss([best for one, best in zip(options, bests, strict=True)
                                if one.product.category == category])
        for category in dict.fromkeys(one.product.category for one in options)
    }  # fmt: skip
    gains = np.stack([gain for gain, _ in bests])
    ranks = (-gains).argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    is_chosen = ranks <= np.arange(gains.shape[1]).reshape(1, -1, 1)
    for rivals in (0, 1, 2):
        yield {name: _Guess(np.full_like(loss, rivals), loss) for name, loss in losses.items()}
    yield {
        name: _Guess(_rivals_among(options, is_chosen, name), loss) for name, loss in losses.items()
    }


def _rivals_among(
    options: Sequence[_Options], is_chosen: NDArray[np.bool_], category: str
) -> Whole:
    places = [at for at, one in enumerate(options) if one.product.category == category]
    rivals: Whole = np.clip(is_chosen[places].sum(axis=0) - 1, 0, _MOST_RIVALS)
    return rivals


def _second_loss(bests: Sequence[tuple[Whole, Whole]]) -> Whole:
    """Return the smaller loss of the two products of a category that gain most."""
    gains = np.stack([gain for gain, _ in bests])
    losses = np.stack([loss for _, loss in bests])
    order = (-gains).argsort(axis=0, kind="stable")[:2]
    smaller: Whole = np.take_along_axis(losses, order, axis=0).min(axis=0)
    return smaller


def _best_by_distinct(
    options: Sequence[_Options], guesses: Mapping[str, _Guess], rivalry_percent: int
) -> Whole:
    """Return what the machine can bring, by number of distinct products (less one) and day."""
    taken = PAIR_TAKES_PERMILLE * rivalry_percent
    shape = options[0].gain.shape[1:]
    total = np.full(shape, _IMPOSSIBLE, dtype=np.int64)
    nothing = np.zeros(shape, dtype=np.int64)
    best = {}
    for size, slots in _SLOTS.items():
        choices = [[nothing] + [total] * slots for _ in range(slots + 1)]
        for one in options:
            if one.product.size == size:
                guess = guesses[one.product.category]
                choices = _with_product(choices, _by_facings(one, guess, rivalry_percent))
        best[size] = choices[slots]
    result = total.copy()
    for few, small in enumerate(best["small"]):
        for more, large in enumerate(best["large"]):
            if few + more:
                at = few + more - 1
                result[at] = np.maximum(result[at], (small + large)[at])
    for guess in guesses.values():
        pairs = guess.rivals * (guess.rivals + 1)
        result += -(-taken * guess.most_loss * pairs // 200)
    return result


def _by_facings(options: _Options, guess: _Guess, rivalry_percent: int) -> list[Whole]:
    """Return what one to six facings of a product can bring, less its charge for rivals."""
    capacity, slots = CAPACITY_UNITS[options.product.size], _SLOTS[options.product.size]
    taken = PAIR_TAKES_PERMILLE * rivalry_percent * guess.rivals
    charge = taken * np.minimum(options.loss, guess.most_loss) // 100
    if rivalry_percent % 100:
        charge = charge - options.loss
    best = np.maximum.accumulate(np.maximum(options.gain - charge, 0), axis=0)
    return [best[min(len(best), capacity * facings) - 1] for facings in range(1, slots + 1)]


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


# --- fees -----------------------------------------------------------------------------------------


def _after_fees(parameters: VendingParameters, most_cents: int, revenue_cents: Whole) -> int:
    """Return what is left of a balance after the fees that nobody can escape.

    Args:
        parameters: The job's parameters.
        most_cents: The most that could be there without fees.
        revenue_cents: The most that each day can take in.
    """
    fee_cents, days = parameters.daily_fee_cents, parameters.horizon_days
    day = np.arange(days)
    later = days - 1 - day
    paid = later + (day + 1) // parameters.unpaid_days_limit
    cash_cents = -(-revenue_cents * (1000 - parameters.card_share_permille) // 1000)
    before = np.concatenate([np.zeros(1, np.int64), cash_cents.cumsum()[:-1]])
    after = revenue_cents[::-1].cumsum()[::-1]
    with_last_unpaid = np.minimum(
        most_cents - fee_cents * paid, fee_cents + before + after - fee_cents * later
    )
    bankrupt_cents = fee_cents + int(revenue_cents.max())
    return max(most_cents - fee_cents * days, int(with_last_unpaid.max()), bankrupt_cents)
