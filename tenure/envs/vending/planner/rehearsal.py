"""One way through a business, played on a twin of the world."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from tenure.envs.clock import day_of
from tenure.envs.tools import ToolCall
from tenure.envs.vending.demand import MOST_DISTINCT
from tenure.envs.vending.goods import Pile
from tenure.envs.vending.machine import Slot, slot_capacity, slot_size
from tenure.envs.vending.planner.assortment import Chooser
from tenure.envs.vending.planner.buying import (
    COVERS_DAYS,
    Demand,
    Houses,
    Manner,
    plan_orders,
    planned_sales,
    sellable,
)
from tenure.envs.vending.planner.outlook import USUAL, WORTH_PERCENT, Outlook, look_out
from tenure.envs.vending.planner.pricing import Shelf, set_best_prices
from tenure.envs.vending.policies.errands import BARGAINING
from tenure.envs.vending.products import draw_last_day
from tenure.envs.vending.suppliers import Supplier
from tenure.envs.vending.world import VendingWorld

_PROMISE = "We will pay today."
_COLLECT_DAYS = 6
_RESERVED_CALLS = 2
_SEARCH_MINUTES = 25
_FIRST_DAYS = 3
_DEAREST_CALL_CENTS = 400


class Style(NamedTuple):
    """How a way differs from others.

    Attributes:
        block_days: For how many days an assortment is chosen at a time.
        swap_cents: What bringing in another product must earn.
        first_cover_days: For how many days' sales the first orders are.
        cover_days: The same of later ones.
        slack_days: How many days before goods run out new ones are to be there.
        join_days: What runs out within so many days is ordered together.
    """

    block_days: int
    swap_cents: int
    first_cover_days: int
    cover_days: int = 75
    slack_days: int = 2
    join_days: int = 12


class _EveningError(Exception):
    """The day is over, or nothing more may be done."""


class Rehearsal:
    """Plays a world to its end; `calls` is what was done.

    Args:
        world: A new one, which is used up.
        steps: How many calls may be made.
        style: How to go about it.
    """

    def __init__(self, world: VendingWorld, steps: int, style: Style) -> None:
        self._world, self._steps, self._style = world, steps, style
        self.calls: list[ToolCall] = []
        self._houses = Houses(world)
        self._call_cents = 20.0
        self._days = world.parameters.horizon_days
        self._best_distinct = max(
            range(1, MOST_DISTINCT + 1), key=lambda n: world.market.variety_permille[n]
        )
        self._chooser = Chooser(
            world.products,
            world.market.variety_permille,
            world.parameters.rivalry_percent,
            style.swap_cents,
        )
        self._outlooks = self._look_out()
        self._offered = self._plan_assortments()

    def play(self) -> int:
        """Play to the end.

        Returns:
            The world's score.
        """
        world = self._world
        while not world.ended and len(self.calls) < self._steps:
            self._day, before = world.today, len(self.calls)
            try:
                self._work()
                self._call("wait_for_next_day")
            except _EveningError:
                pass
            self._ration(len(self.calls) - before)
        world.run_out()
        return world.earned

    # --- plans -----------------------------------------------------------------------------------

    def _look_out(self) -> dict[str, Outlook]:
        world, found = self._world, {}
        for product in world.catalogue:
            prices = [
                one.invoiced_cents(product.id, 100, one.stance.room_permille * 6 // 10)
                for one in self._houses.all
                if product.id in one.prices_cents
            ]
            if product.id in world.handover:
                prices.append(1)
            if prices:
                found[product.id] = look_out(world, product, min(prices), self._best_distinct)
        return found

    def _plan_assortments(self) -> dict[str, Any]:
        """Return by product id on which days it is to be in the machine (1 or 0)."""
        offered = {name: np.zeros(self._days, dtype=np.int64) for name in self._outlooks}
        chosen: list[str] = []
        for first in range(0, self._days, self._style.block_days):
            end = min(first + self._style.block_days, self._days)
            values = {
                name: float(one.gain_cents[USUAL, first:end].sum())
                for name, one in self._outlooks.items()
            }
            chosen = self._chooser.choose(values, chosen)
            for name in chosen:
                offered[name][first:end] = 1
        return offered

    # --- a day -----------------------------------------------------------------------------------

    def _work(self) -> None:
        self._pay()
        self._keep_up()
        self._arrange()
        self._set_prices()
        self._order()
        self._await_goods()

    def _await_goods(self) -> None:
        """Stay up for goods that come later today, if the machine lacks them."""
        state, stock = self._world.state, self._stock()
        if not state.shipments or day_of(state.shipments[0].due_minutes) != self._day:
            return
        first = state.shipments[0]
        gain_cents = sum(
            int(self._outlooks[name].gain_cents[USUAL, self._day])
            for name in {line.product_id for line in first.parcel}
            if name in self._outlooks and self._offered[name][self._day] and not stock.get(name)
        )
        calls = -(-(first.due_minutes - state.now_minutes) // _SEARCH_MINUTES)
        if gain_cents < 2 * calls * self._call_cents:
            return
        for _ in range(calls):
            self._call("search_suppliers", query="goods")
        self._arrange()
        self._set_prices()
        self._await_goods()

    def _call(self, name: str, **arguments: Any) -> None:
        """Do something.

        Raises:
            _EveningError: If that was the last thing today.
        """
        if len(self.calls) >= self._steps:
            raise _EveningError
        call = ToolCall(name, arguments)
        self.calls.append(call)
        self._world.step(call.to_json())
        if self._world.ended or self._world.today != self._day:
            raise _EveningError

    def _ration(self, used: int) -> None:
        """Make calls dearer when they run out too soon, and cheaper when they are left over."""
        days_left = max(1, self._days - self._day - 1)
        each_day = (self._steps - len(self.calls)) / days_left
        step = 1.08 if used > each_day else 1 / 1.08
        self._call_cents = min(_DEAREST_CALL_CENTS, max(1.0, self._call_cents * step))

    @property
    def _is_frugal(self) -> bool:
        left = self._steps - len(self.calls)
        return left < (_RESERVED_CALLS + 1) * (self._days - self._day)

    # --- money -----------------------------------------------------------------------------------

    def _pay(self) -> None:
        world = self._world
        for supplier in self._houses.all:
            account = world.state.accounts.get(supplier.id)
            if not account or not account.open_invoices or supplier.practice.is_closed(self._day):
                continue
            invoice = account.open_invoices[-1]
            if self._houses.dispatch(supplier, self._day) is None:
                continue
            due_cents = max(1, invoice.total_cents - account.credit_cents)
            if due_cents <= world.state.bank_cents:
                self._call(
                    "send_payment", to=supplier.email, amount=due_cents / 100, memo=invoice.id
                )

    def _keep_up(self) -> None:
        """Collect cash when it matters, and repair when it pays."""
        world, state = self._world, self._world.state
        theft = world.mishaps.thefts.get(self._day)
        is_due = self._day % _COLLECT_DAYS == 0 or self._day == self._days - 1
        if state.bank_cents < 10_000:
            is_due = True
        if state.is_jammed or (state.cash_in_machine_cents and (theft or is_due)):
            self._call("collect_cash")
        cost_cents = world.parameters.repair_cents
        lost_cents = sum(self._slot_cents(state.slots[name]) for name in state.broken_slots)
        if lost_cents * (self._days - self._day) > cost_cents and cost_cents <= state.bank_cents:
            self._call("call_technician")

    def _slot_cents(self, slot: Slot) -> int:
        outlook = self._outlooks.get(slot.product_id)
        return int(outlook.gain_cents[USUAL].mean()) if outlook else 0

    # --- the machine -----------------------------------------------------------------------------

    def _arrange(self) -> None:
        """Bring in today's products and fill up."""
        state = self._world.state
        slots = {name: slot for name, slot in state.slots.items() if name not in state.broken_slots}
        chosen = self._todays(slots)
        present = {slot.product_id for slot in slots.values() if slot.pile.units}
        for product_id in chosen:
            if product_id not in present:
                self._bring_in(product_id, chosen)
        for name in slots:
            slot = state.slots[name]
            if slot.product_id in chosen and slot.product_id in state.storage:
                self._refill(name, slot)

    def _todays(self, slots: dict[str, Slot]) -> list[str]:
        end = min(
            self._days, self._day - self._day % self._style.block_days + self._style.block_days
        )
        values = {}
        for name, lots in self._stock().items():
            if name in self._outlooks and lots:
                worth = self._worth(name, lots)
                gain = self._outlooks[name].gain_cents[worth, self._day : end]
                values[name] = float(gain.sum())
        incumbents = {slot.product_id for slot in slots.values() if slot.pile.units}
        return self._chooser.choose(values, incumbents)

    def _bring_in(self, product_id: str, chosen: Collection[str]) -> None:
        state, size = self._world.state, self._world.products[product_id].size
        if product_id not in state.storage:
            return
        free = [
            (slot.pile.units, name)
            for name, slot in state.slots.items()
            if slot_size(name) == size
            and name not in state.broken_slots
            and (not slot.pile.units or slot.product_id not in chosen)
        ]
        if not free:
            return
        units, name = min(free)
        if units:
            self._call("empty_slot", slot=name)
        self._fill(name, product_id, state.slots[name])

    def _refill(self, name: str, slot: Slot) -> None:
        outlook = self._outlooks[slot.product_id]
        today = (
            int(outlook.units[0, self._day])
            if self._day == self._days - 1
            else int(outlook.units[USUAL, self._day])
        )
        if slot.pile.units <= today + (0 if self._is_frugal else 1):
            self._fill(name, slot.product_id, slot)

    def _fill(self, name: str, product_id: str, slot: Slot) -> None:
        stored = self._world.state.storage[product_id].units
        units = min(stored, slot_capacity(name) - slot.pile.units)
        if units > 0:
            product = self._world.products[product_id].name
            self._call("stock_slot", slot=name, product=product, quantity=units)

    # --- prices ----------------------------------------------------------------------------------

    def _set_prices(self) -> None:
        state, stock = self._world.state, self._stock()
        placed = {
            name: slot
            for name, slot in state.slots.items()
            if slot.pile.units
            and name not in state.broken_slots
            and slot.product_id in self._outlooks
        }
        shelves = {name: self._shelf(slot, stock[slot.product_id]) for name, slot in placed.items()}
        is_last = self._day == self._days - 1
        banked = self._world.parameters.card_share_permille if is_last else 1000
        set_best_prices(
            self._world.market, self._day, list(shelves.values()), int(self._call_cents), banked
        )
        for name, shelf in shelves.items():
            if shelf.price_cents != shelf.asked_cents and (
                not shelf.asked_cents or not self._is_frugal
            ):
                self._call("set_price", slot=name, price=shelf.price_cents / 100)

    def _shelf(self, slot: Slot, lots: list[tuple[int, int]]) -> Shelf:
        outlook = self._outlooks[slot.product_id]
        worth = self._worth(slot.product_id, lots)
        asked = slot.price_cents or 0
        return Shelf(
            outlook.product,
            slot.pile.units,
            outlook.cost_cents * WORTH_PERCENT[worth] // 100,
            int(outlook.units[worth, self._day]),
            asked,
            asked or outlook.product.reference_cents,
        )

    def _worth(self, product_id: str, lots: list[tuple[int, int]]) -> int:
        """Return which worth the goods in hand have: as they are short, or would be left over."""
        outlook, day, worth = self._outlooks[product_id], self._day, USUAL
        held = 0
        for last_day, units in sorted(lots):
            held += units
            end = min(last_day + 1, self._days)
            while worth and outlook.usage(day, end, worth) < held:
                worth -= 1
        if worth == USUAL:
            comes = self._next_supply(product_id)
            while worth + 1 < len(WORTH_PERCENT) and outlook.usage(day, comes, worth) > held:
                worth += 1
        return worth

    def _next_supply(self, product_id: str) -> int:
        """Return the day on which more of a product may be there."""
        on_way = [
            day_of(shipment.due_minutes) + 1
            for shipment in self._world.state.shipments
            if any(line.product_id == product_id for line in shipment.parcel)
        ]
        dispatches = [
            dispatch.usable_day
            for one in self._houses.all
            if product_id in one.prices_cents
            and (dispatch := self._houses.dispatch(one, self._day + 1))
        ]
        return min([*on_way, *dispatches, self._days])

    def _stock(self) -> dict[str, list[tuple[int, int]]]:
        """Return last day and units of the lots in hand by product id."""
        state = self._world.state
        found: dict[str, list[tuple[int, int]]] = {}
        piles: list[tuple[str, Pile]] = [*state.storage.items()]
        piles += [(slot.product_id, slot.pile) for slot in state.slots.values() if slot.pile.units]
        for name, pile in piles:
            found.setdefault(name, []).extend((lot.last_day, lot.units) for lot in pile.lots)
        return found

    # --- orders ----------------------------------------------------------------------------------

    def _order(self) -> None:
        world, day = self._world, self._day
        budget_cents = world.state.bank_cents - world.parameters.daily_fee_cents
        style = self._style
        first = style.first_cover_days if day < _FIRST_DAYS else style.cover_days
        covers = [first, *(days for days in COVERS_DAYS if days < first)]
        manner = Manner(covers, style.slack_days, style.join_days)
        plan = plan_orders(self._houses, self._demands(), day, budget_cents, manner)
        for supplier in self._houses.all:
            if supplier.id in plan:
                self._write_order(supplier, plan[supplier.id])

    def _demands(self) -> dict[str, Demand]:
        stock, demands = self._stock(), {}
        for name, outlook in self._outlooks.items():
            if not self._offered[name][self._day :].any():
                continue
            planned = planned_sales(outlook, self._offered[name])
            lots = [*stock.get(name, []), *self._on_way(name)]
            supply = sellable(lots, planned.sold_before, self._day)
            demands[name] = replace(planned, supply=supply)
        return demands

    def _on_way(self, product_id: str) -> list[tuple[int, int]]:
        world, product = self._world, self._world.products[product_id]
        return [
            (
                draw_last_day(
                    world.chance,
                    product,
                    shipment.invoice.supplier_id,
                    day_of(shipment.due_minutes),
                ),
                line.quantity,
            )
            for shipment in world.state.shipments
            for line in shipment.parcel
            if line.product_id == product_id
        ]

    def _write_order(self, supplier: Supplier, basket: dict[str, int]) -> None:
        rounds = self._houses.talk(supplier, self._day + 1).rounds
        for _ in range(rounds - 1):
            self._plead(supplier)
        lines = [f"{units} x {self._world.products[name].name}" for name, units in basket.items()]
        pleas = [_PROMISE, *([BARGAINING] if rounds else [])]
        body = "\n".join(["Please send me:", *lines, *pleas])
        self._call("send_mail", to=supplier.email, subject="Order", body=body)

    def _plead(self, supplier: Supplier) -> None:
        self._call("send_mail", to=supplier.email, subject="Prices", body=BARGAINING)
