"""The vending world: a year with one machine."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from hashlib import blake2b

import orjson

from tenure.envs.clock import MINUTES_PER_DAY, Calendar, at
from tenure.envs.tools import tool
from tenure.envs.vending import local_events, pages
from tenure.envs.vending.callers import Callers
from tenure.envs.vending.conduct import OWNER_ADDRESS
from tenure.envs.vending.machine import Sales
from tenure.envs.vending.metering import Metering
from tenure.envs.vending.money import dollars
from tenure.envs.vending.state import VendingParameters, VendingState
from tenure.envs.world import Figure

OPENS_HOUR, CLOSES_HOUR, POST_HOUR = 8, 22, 6

_OPENS_MINUTE = OPENS_HOUR * 60
_CLOCK = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(MINUTES_PER_DAY)]


class VendingWorld(Metering, Callers):
    """One vending machine, run through mail, bank and two hands until the horizon."""

    State, Parameters, score = VendingState, VendingParameters, "bank_cents"
    figures = (
        Figure("bank_cents", "money in the bank, the score unless net worth is"),
        Figure("day", "1 for the first day", high=3650),
        Figure("minute_of_day", "480 is 08:00", high=MINUTES_PER_DAY - 1),
        Figure("unread_mails", "mails not yet read"),
        Figure("unpaid_days", "daily fees in a row that could not be paid", high=3650),
        Figure(
            "net_worth_cents",
            "bank, card money to come, cash in the machine, and goods at purchase cost "
            "(in storage, in the machine and on their way), less what is owed for tokens",
            low=-(2**53),
            hidden=True,
        ),
        Figure("cash_in_machine_cents", "cash not yet collected", hidden=True),
        Figure("stock_units", "units in storage and machine", hidden=True),
        Figure("units_sold", "since the start", hidden=True),
        Figure("revenue_cents", "since the start", hidden=True),
        Figure("payments_cents", "paid to suppliers since the start", hidden=True),
        Figure("sent_cents", "paid to others since the start: refunds, frauds", hidden=True),
        Figure("fees_cents", "daily fees paid since the start", hidden=True),
        Figure("repairs_cents", "paid to technicians since the start", hidden=True),
        Figure("expired_units", "thrown away since the start", hidden=True),
        Figure("stolen_units", "since the start", hidden=True),
        Figure("stolen_cents", "cash taken by thieves since the start", hidden=True),
        Figure(
            "stockout_days",
            "days times products on which customers left because there was too little",
            hidden=True,
        ),
        Figure("token_fees_cents", "paid for output tokens since the start", hidden=True),
    )

    def start(self) -> VendingState:
        """Draw the town and open the account."""
        self.score = f"{self.parameters.score}_cents"
        self.draw()
        self._days = _days(self.parameters.start_date, self.parameters.horizon_days)
        self.state = VendingState(
            now_minutes=_OPENS_MINUTE,
            storage=dict(self.handover),
            stock_units=sum(pile.units for pile in self.handover.values()),
            stock_cost_cents=sum(pile.cost_cents for pile in self.handover.values()),
        )
        self._book(self.parameters.start_balance_cents, "opening balance")
        return self.state

    def opening(self) -> str:
        """Tell the first morning."""
        balance = dollars(self.parameters.start_balance_cents)
        goods = "The machine is empty; there are goods in storage."
        if not self.handover:
            goods = "Machine and storage are empty."
        first = (
            f"Your first day. The bank account has {balance}. {goods} You know no suppliers yet.\n"
            f"The owner writes from {OWNER_ADDRESS}.\n"
            f"Weather: {self.market.weather[0]}."
        )
        return "\n".join([first, *self._news(), self.stamp()])

    def measure(self) -> tuple[int, ...]:
        """Return the figures; totals are kept up to date where they change."""
        state = self.state
        bank_cents, cash_cents = state.bank_cents, state.cash_in_machine_cents
        day, minute = divmod(state.now_minutes, MINUTES_PER_DAY)
        goods_cents = state.stock_cost_cents + state.transit_cost_cents
        owed_cents = state.token_owed_cents
        return (
            bank_cents,
            min(day + 1, len(self._days)),
            minute,
            len(state.unread),
            state.unpaid_days,
            bank_cents + state.pending_card_cents + cash_cents + goods_cents - owed_cents,
            cash_cents,
            state.stock_units,
            state.units_sold,
            state.revenue_cents,
            state.payments_cents,
            state.sent_cents,
            state.fees_cents,
            state.repairs_cents,
            state.expired_units,
            state.stolen_units,
            state.stolen_cents,
            state.stockout_days,
            state.token_fees_cents,
        )

    def stamp(self) -> str:
        """Say when it is, and whether there is mail."""
        day, minute = divmod(self.state.now_minutes, MINUTES_PER_DAY)
        if day >= len(self._days):
            return f"[The end, after {len(self._days)} days]"
        unread = len(self.state.unread)
        mail = f", {unread} unread]" if unread else "]"
        return self._days[day] + _CLOCK[minute] + mail

    def outlook(self) -> str:
        """Return a hash of the state but for what mails and statements say: nothing goes by that.

        How many there are is in it, as new mails are numbered.
        """
        return blake2b(orjson.dumps(self.state, default=len), digest_size=16).hexdigest()

    def advance(self, minutes: int) -> str:
        """Let working time pass; whoever works until 22:00 sleeps until 08:00."""
        state = self.state
        then = state.now_minutes + minutes
        if then >= at(self.today, CLOSES_HOUR):
            return "It is late; you go to sleep.\n" + self._sleep()
        if state.shipments and state.shipments[0].due_minutes <= then:
            self._receive_shipments(then)
        state.now_minutes = then
        return ""

    @tool(minutes=0, writes=True)
    def wait_for_next_day(self) -> str:
        """Sleep until 08:00 tomorrow."""
        return self._sleep()

    # --- the night ---------------------------------------------------------------------------

    def _sleep(self) -> str:
        """Let the rest of the day and the night pass, and report in the morning."""
        state, day = self.state, self.today
        midnight = at(day + 1, 0)
        self._receive_shipments(midnight - 1)
        state.now_minutes = midnight
        report = self._close_day(day)
        if state.ended:
            return report
        state.now_minutes = at(day + 1, POST_HOUR)
        self._settle_cards()
        self._close_houses()
        self._lapse_invoices()
        self._answer_letters()
        self._bring_mail()
        state.now_minutes = at(day + 1, OPENS_HOUR)
        weather = self.market.weather[day + 1]
        morning = pages.morning_page(state, weather, self._take_due_reminders())
        return "\n".join([report, morning, *self._news()])

    def _record_street(self, day: int) -> None:
        """Write into the record what begins on a day, or was to begin."""
        for event in self.market.events:
            if event.first_day == day:
                self.emit(
                    "local_event",
                    event=event.kind,
                    days=event.days,
                    traffic_permille=event.traffic_permille,
                    cancelled=event.is_cancelled,
                )

    def _news(self) -> list[str]:
        """What is told of the street this morning."""
        return local_events.news(self.market.events, self.today, self.calendar)

    def _close_day(self, day: int) -> str:
        """Count the day's sales, let the night pass, take the fee, and end the episode in time."""
        state = self.state
        self._break_down(day)
        self._record_street(day)
        sales = self._sell(day)
        card_cents = self._take_money(sales)
        fee = self._take_fee()
        self.emit(
            "day",
            day=day + 1,
            sold=sales.sold,
            revenue_cents=sum(sales.revenue_cents.values()),
            lost=sales.lost,
        )
        report = pages.day_page(sales, state.slots, self.products, card_cents)
        report = "\n".join([report, *self._pass_night(day)])
        if state.unpaid_days >= self.parameters.unpaid_days_limit:
            state.ended = "bankrupt"
        elif day + 1 == self.parameters.horizon_days:
            state.ended = "horizon"
        self._judge_day(day)
        if state.ended:
            self._settle_cards()
        fee += self._bill_tokens(day)
        if state.ended:
            fee += f"\nThe business is over. Final bank balance: {dollars(state.bank_cents)}."
        return report + fee

    def _take_money(self, sales: Sales) -> int:
        """Split the revenue into card money, booked next morning, and cash; return the former.

        With a coin jam all of it is card money.
        """
        revenue_cents = sum(sales.revenue_cents.values())
        share_permille = 1000 if self.state.is_jammed else self.parameters.card_share_permille
        card_cents = revenue_cents * share_permille // 1000
        self.state.revenue_cents += revenue_cents
        self.state.pending_card_cents += card_cents
        self.state.cash_in_machine_cents += revenue_cents - card_cents
        return card_cents

    def _take_fee(self) -> str:
        """Take the daily fee if the bank has it; return what there is to say about it."""
        state, fee_cents = self.state, self.parameters.daily_fee_cents
        paid = state.bank_cents >= fee_cents
        self.emit("fee", paid=paid)
        if paid:
            state.unpaid_days = 0
            state.fees_cents += fee_cents
            if fee_cents:
                self._book(-fee_cents, "daily fee")
            return ""
        state.unpaid_days += 1
        limit = self.parameters.unpaid_days_limit
        return (
            f"\nThe daily fee of {dollars(fee_cents)} could not be paid: "
            f"{state.unpaid_days} days in a row; {limit} end the business."
        )

    def _settle_cards(self) -> None:
        """Book the card money of the day before."""
        if self.state.pending_card_cents:
            self._book(self.state.pending_card_cents, "card sales")
            self.state.pending_card_cents = 0


@lru_cache(maxsize=64)
def _days(start: date, days: int) -> tuple[str, ...]:
    """Return how the last line of an observation begins on each day, shared by many seeds."""
    calendar = Calendar(start, days)
    return tuple(f"[Day {day + 1} of {days}, {calendar.label(day)} " for day in range(days))
