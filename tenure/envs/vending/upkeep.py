"""What the machine needs beside goods: its cash, its repairs, and what the nights take."""

from __future__ import annotations

from tenure.envs.tools import Refusal, tool
from tenure.envs.vending import pages
from tenure.envs.vending.goods import Pile
from tenure.envs.vending.machine import SLOT_NAMES
from tenure.envs.vending.mishaps import Theft
from tenure.envs.vending.money import dollars
from tenure.envs.vending.town import Town


class Upkeep(Town):
    """Faults, jams, thefts and spoilt goods, and the tools against them."""

    @tool(minutes=25, writes=True)
    def collect_cash(self) -> str:
        """Bring the machine's cash to the bank. Clears a coin jam."""
        cents, state = self.state.cash_in_machine_cents, self.state
        cleared = "The coin jam is cleared. " if state.is_jammed else ""
        self._changed()
        state.is_jammed = False
        if not cents:
            return f"{cleared}There is no cash in the machine."
        state.cash_in_machine_cents = 0
        self._book(cents, "cash from the machine")
        balance = dollars(state.bank_cents)
        return f"{cleared}Brought {dollars(cents)} to the bank. Balance: {balance}."

    @tool(minutes=25, writes=True)
    def call_technician(self) -> str:
        """Have everything repaired that is out of order; it is paid from the bank."""
        state, cost_cents = self.state, self.parameters.repair_cents
        if not state.broken_slots:
            raise Refusal("Nothing is out of order; no technician is needed.")
        if cost_cents > state.bank_cents:
            raise Refusal(
                f"The technician takes {dollars(cost_cents)}; the bank balance is "
                f"{dollars(state.bank_cents)}."
            )
        self._changed()
        repaired, state.broken_slots = state.broken_slots, []
        if cost_cents:
            self._book(-cost_cents, "technician")
        state.repairs_cents += cost_cents
        self.emit("repair", slots=repaired, cost_cents=cost_cents)
        return (
            f"Repaired: {', '.join(repaired)}, for {dollars(cost_cents)}. "
            f"Balance: {dollars(state.bank_cents)}."
        )

    # --- what happens by itself --------------------------------------------------------------

    def _break_down(self, day: int) -> None:
        """Let faults and jams of a day begin."""
        state = self.state
        fault = self.mishaps.faults.get(day)
        if fault:
            self._changed()
            broken = {*state.broken_slots, *fault}
            state.broken_slots = [name for name in SLOT_NAMES if name in broken]
            self.emit("fault", slots=list(fault))
        if day in self.mishaps.jams:
            self._changed()
            state.is_jammed = True
            self.emit("jam")

    def _pass_night(self, day: int) -> list[str]:
        """Take out what has expired and let thieves come; return what there is to say."""
        lines = []
        expired = self._throw_away(day)
        if expired:
            lines.append(pages.expired_line(expired, self.products))
        theft = self.mishaps.thefts.get(day)
        if theft:
            lines += self._steal_cash(theft) if theft.cash_permille else self._steal_goods(theft)
        return lines + pages.trouble_lines(self.state, self.parameters.repair_cents)

    def _throw_away(self, day: int) -> dict[str, int]:
        """Take out all goods that cannot be sold after a day; return the units by product id."""
        expired: dict[str, int] = {}
        storage = self.state.storage
        for product_id, pile in list(storage.items()):
            gone, left = pile.expire(day)
            if gone.lots:
                self._write_off(product_id, gone, expired)
                self._put_in_storage(product_id, left)
        for slot in self.state.slots.values():
            gone, left = slot.pile.expire(day)
            if gone.lots:
                self._write_off(slot.product_id, gone, expired)
                slot.pile = left
        if expired:
            self.state.expired_units += sum(expired.values())
            self.emit("expired", units=expired)
        return expired

    def _steal_cash(self, theft: Theft) -> list[str]:
        state = self.state
        cents = state.cash_in_machine_cents * theft.cash_permille // 1000
        if not cents:
            return []
        self._changed()
        state.cash_in_machine_cents -= cents
        state.stolen_cents += cents
        self.emit("theft", cash_cents=cents, units={})
        return [f"Theft in the night: {dollars(cents)} of the cash in the machine is gone."]

    def _steal_goods(self, theft: Theft) -> list[str]:
        slot, stolen = self.state.slots[theft.slot], dict[str, int]()
        gone, left = slot.pile.take(min(theft.units, slot.pile.units))
        if not gone.lots:
            return []
        self._write_off(slot.product_id, gone, stolen)
        slot.pile = left
        self.state.stolen_units += gone.units
        self.emit("theft", cash_cents=0, units=stolen)
        name = self.products[slot.product_id].name
        return [f"Theft in the night: {gone.units} units of {name} are gone from {theft.slot}."]

    def _write_off(self, product_id: str, gone: Pile, counted: dict[str, int]) -> None:
        """Write off goods that were in storage or in the machine, and count them."""
        self._changed()
        self.state.stock_units -= gone.units
        self.state.stock_cost_cents -= gone.cost_cents
        counted[product_id] = counted.get(product_id, 0) + gone.units
