"""An agent that reads the world's mind, to see how near the bound a real machine can come.

`python -m tests.envs.vending.omniscient` prints the part of the bound's profit it earns, by seed.
"""

from typing import NamedTuple

import numpy as np

from tenure.envs.vending.bound import _earnings, highest_prices, upper_bound
from tenure.envs.vending.kinds import Kind
from tenure.envs.vending.machine import slot_capacity
from tenure.envs.vending.products import Product
from tenure.envs.vending.suppliers import Supplier
from tenure.envs.vending.tokens import MAX_COUNT
from tenure.envs.vending.world import VendingWorld
from tests.envs.vending.play import make, order, pay, wait


class Column(NamedTuple):
    """A slot's product, and what to stock and ask on each day."""

    slot: str
    product: Product
    supplier: Supplier
    units: list[int]
    price_cents: list[int]

    @property
    def first_day(self) -> int:
        return self.supplier.lead_days[1] + 2


def run_omnisciently(world: VendingWorld) -> int:
    """Buy exactly what the best prices will sell, once, and sell it; return the final balance."""
    columns = plan(world)
    for supplier in {column.supplier.id: column.supplier for column in columns}.values():
        mine = [column for column in columns if column.supplier is supplier]
        basket = {one.product.id: sum(one.units[one.first_day :]) for one in mine}
        order(world, supplier, basket)
    wait(world)
    for supplier in world.suppliers:
        account = world.state.accounts.get(supplier.id)
        if account and account.open_invoices:
            pay(world, supplier)
    wait(world)
    while not world.ended:
        day = world.today
        world.call("collect_cash")
        for column in columns:
            if day >= column.first_day and column.product.id in world.state.storage:
                tend(world, column, day)
        wait(world)
    return world.state.bank_cents


def tend(world: VendingWorld, column: Column, day: int) -> None:
    stored = world.state.storage[column.product.id].units
    missing = column.units[day] - world.state.slots[column.slot].pile.units
    if min(missing, stored) > 0:
        world.call(
            "stock_slot",
            slot=column.slot,
            product=column.product.name,
            quantity=min(missing, stored),
        )
    if world.state.slots[column.slot].product_id:
        world.call("set_price", slot=column.slot, price=column.price_cents[day] / 100)


def plan(world: VendingWorld) -> list[Column]:
    """Choose the best products of each size for the best number of distinct ones, one slot each."""
    return max(
        (columns_for(world, small, large) for small in range(3, 7) for large in range(3, 7)),
        key=lambda columns: expected_cents(world, columns),
    )


def columns_for(world: VendingWorld, small: int, large: int) -> list[Column]:
    columns = []
    for rows, size, count in (("AB", "small", small), ("CD", "large", large)):
        slots = [f"{row}{number}" for row in rows for number in (1, 2, 3)]
        drafts = [
            column_for(world, product, slots[0], small + large)
            for product in world.catalogue
            if product.size == size
        ]
        drafts.sort(key=lambda draft: -expected_cents(world, [draft]))
        columns += [
            draft._replace(slot=slot) for slot, draft in zip(slots[:count], drafts, strict=False)
        ]
    return columns


def column_for(world: VendingWorld, product: Product, slot: str, distinct: int) -> Column:
    sellers = [one for one in world.suppliers if product.id in one.prices_cents]
    decent = [one for one in sellers if set(one.practice.kinds) <= {Kind.TOUGH, Kind.OVERPRICING}]
    supplier = min(decent or sellers, key=lambda one: one.unit_cents(product.id, MAX_COUNT))
    units = np.arange(1, slot_capacity(slot) + 1, dtype=np.int64).reshape(-1, 1, 1)
    best = _earnings(world, product, units)[:, distinct - 1, :].argmax(axis=0) + 1
    market = world.market
    appetite = np.array(market.appetite_milliunits[product.id]) * market.variety_permille[distinct]
    luck = np.array(market.luck_milliunits[product.id])
    prices = np.maximum(1, highest_prices(product, appetite, luck, best))
    return Column(slot, product, supplier, best.tolist(), prices.tolist())


def expected_cents(world: VendingWorld, columns: list[Column]) -> int:
    return sum(
        units * (price_cents - column.supplier.unit_cents(column.product.id, MAX_COUNT))
        for column in columns
        for units, price_cents in list(zip(column.units, column.price_cents, strict=True))[
            column.first_day :
        ]
    )


def share_of_bound(seed: int) -> float:
    """Play 60 days with money enough to buy everything at once; return profit over the bound's."""
    start_cents = 1_000_000
    world = make(seed, horizon_days=60, start_balance_cents=start_cents)
    bound_cents = upper_bound(world.parameters, seed) - start_cents
    return (run_omnisciently(world) - start_cents) / bound_cents


if __name__ == "__main__":
    for seed in range(1, 11):
        print(f"seed {seed}: {share_of_bound(seed):.3f}")  # noqa: T201  a command's output
