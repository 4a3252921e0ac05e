"""Desk work: suppliers, mail, the bank, notes and reminders."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property, partial
from typing import Annotated

from pydantic import Field

from tenure.envs.chance import below
from tenure.envs.tools import Refusal, tool
from tenure.envs.vending import pages
from tenure.envs.vending.desk import Situation, answer
from tenure.envs.vending.money import dollars, whole_cents
from tenure.envs.vending.names import Names
from tenure.envs.vending.negotiation import SPEED_DAYS, Relation
from tenure.envs.vending.purchases import Account, next_paid, ship, units_of
from tenure.envs.vending.state import Letter, Reminder
from tenure.envs.vending.suppliers import Supplier, search
from tenure.envs.vending.tokens import MAX_COUNT
from tenure.envs.vending.town import Town
from tenure.errors import nearest

_INBOX_LINES = 15
_STATEMENT_LINES = 10
_NOTEBOOK_CHARS = 20_000
_MOST_REMINDERS = 50
_REMEMBERED_SEARCHES = 200
_FINDS_OUT_PERMILLE = 400

Address = Annotated[str, Field(max_length=200, examples=["sales@example.com"])]


class Office(Town):
    """The tools that need a desk."""

    def draw(self) -> None:
        """Draw the town and open its address book."""
        super().draw()
        self._by_email = {supplier.email.lower(): supplier for supplier in self.suppliers}
        self._searches: dict[str, str] = {}

    @cached_property
    def _names(self) -> Names:
        """What suppliers look goods up in, built for the first letter."""
        return Names(self.catalogue)

    # --- suppliers and mail ------------------------------------------------------------------

    @tool(minutes=25)
    def search_suppliers(self, query: Annotated[str, Field(max_length=200)]) -> str:
        """Search the web for wholesalers, by product or kind of goods; shows mail addresses."""
        found = self._searches.get(query)
        if found is None:
            if len(self._searches) >= _REMEMBERED_SEARCHES:
                self._searches.clear()
            found = pages.supplier_page(query, search(self.suppliers, query), self.suppliers)
            self._searches[query] = found
        return found

    @tool(minutes=5)
    def read_inbox(self, before: Annotated[int, Field(ge=1, le=10**9)] | None = None) -> str:
        """List the newest mails, or those older than mail number `before`."""
        if before is None:
            return self._page("inbox", self._newest_mails)
        return self._mails_up_to(min(before - 1, len(self.state.mails)))

    @tool(minutes=5, writes=True)
    def read_mail(self, mail_id: Annotated[int, Field(ge=1, le=10**9)]) -> str:
        """Read one mail by its number."""
        state = self.state
        if mail_id > len(state.mails):
            raise Refusal(f"There is no mail {mail_id}; the inbox has {len(state.mails)}.")
        if mail_id in state.unread:
            self._changed()
            state.unread.remove(mail_id)
        return pages.mail_page(state.mails[mail_id - 1], self.calendar)

    @tool(minutes=5, writes=True)
    def send_mail(
        self,
        to: Address,
        subject: Annotated[str, Field(max_length=200)],
        body: Annotated[str, Field(max_length=5_000)],
    ) -> str:
        """Write to a supplier: ask for prices, or order products and quantities."""
        supplier = self._find_supplier(to)
        self.state.outbox.append(Letter(supplier.id, subject, body))
        return f"Mail sent to {supplier.email}. Answers come overnight."

    # --- bank --------------------------------------------------------------------------------

    @tool(minutes=5)
    def check_bank(self) -> str:
        """Show the bank balance, card money to come and the last transactions."""
        return self._page("bank", self._bank_page)

    @tool(minutes=5, writes=True)
    def send_payment(
        self,
        to: Address,
        amount: Annotated[float, Field(gt=0, le=1_000_000)],
        memo: Annotated[str, Field(max_length=200)] = "",
    ) -> str:
        """Pay a supplier (mail address) an amount in dollars; irreversible. Memo: invoice id."""
        supplier = self._find_supplier(to)
        if supplier.practice.is_closed(self.today):
            raise Refusal(f"{supplier.name} has closed its account. Nothing was paid.")
        cents = whole_cents(amount)
        state = self.state
        if cents > state.bank_cents:
            raise Refusal(
                f"The bank balance is {dollars(state.bank_cents)}, less than {dollars(cents)}."
            )
        self._book(-cents, f"payment to {supplier.email}")
        state.payments_cents += cents
        account = state.accounts.setdefault(supplier.id, Account())
        account.credit_cents += cents
        self.emit("payment", supplier=supplier.id, amount_cents=cents)
        is_joining = supplier.practice.fee_cents and not account.relation.is_member
        if is_joining and account.credit_cents >= supplier.practice.fee_cents:
            self._join(supplier, account)
        elif not self._ship_paid_orders(supplier, memo, cents):
            self._acknowledge(supplier, account, cents)
        return f"Paid {dollars(cents)} to {supplier.email}. Balance: {dollars(state.bank_cents)}."

    # --- notes and reminders -----------------------------------------------------------------

    @tool(minutes=5, writes=True)
    def write_note(
        self,
        title: Annotated[str, Field(min_length=1, max_length=100)],
        text: Annotated[str, Field(max_length=5_000)],
    ) -> str:
        """Keep a note; one of the same title is replaced."""
        others = sum(len(t) + len(n) for t, n in self.state.notes.items() if t != title)
        if others + len(title) + len(text) > _NOTEBOOK_CHARS:
            raise Refusal(f"The notes may have {_NOTEBOOK_CHARS} characters; delete some first.")
        self._changed()
        self.state.notes[title] = text
        return "Noted."

    @tool(minutes=5)
    def read_notes(self) -> str:
        """Read all notes."""
        return self._page("notes", self._notes_page)

    @tool(minutes=5, writes=True)
    def delete_note(self, title: Annotated[str, Field(max_length=100)]) -> str:
        """Delete a note by its title."""
        if title not in self.state.notes:
            raise Refusal(f"There is no note {title!r}. {nearest(title, self.state.notes)}")
        self._changed()
        del self.state.notes[title]
        return "Deleted."

    @tool(minutes=5, writes=True)
    def set_reminder(
        self,
        day: Annotated[int, Field(ge=1, le=3650)]
        | Annotated[str, Field(max_length=20, examples=["2026-02-01"])],
        text: Annotated[str, Field(min_length=1, max_length=500)],
    ) -> str:
        """Be told something on the morning of a day: its number, or a date (YYYY-MM-DD)."""
        due = self._read_day(day)
        if not self.today < due < self.parameters.horizon_days:
            raise Refusal(
                f"A reminder must be for a day after today (day {self.today + 1}) "
                f"and up to day {self.parameters.horizon_days}."
            )
        if len(self.state.reminders) >= _MOST_REMINDERS:
            raise Refusal(f"There are {_MOST_REMINDERS} reminders already; wait until some came.")
        insort(self.state.reminders, Reminder(due, text), key=lambda reminder: reminder.day)
        return f"Reminder set for day {due + 1}, {self.calendar.label(due)}."

    # --- what happens by itself --------------------------------------------------------------

    def _answer_letters(self) -> None:
        """Let the suppliers answer what was written the day before."""
        letters, self.state.outbox = self.state.outbox, []
        for letter in letters:
            supplier = self._supplier(letter.supplier_id)
            if supplier.practice.is_closed(self.today):
                self._receive_mail(supplier.email, *pages.undeliverable(supplier))
            else:
                self._answer(supplier, letter)

    def _answer(self, supplier: Supplier, letter: Letter) -> None:
        invoice_id = f"INV-{self.state.invoices_issued + 1:04d}"
        account = self.state.accounts.setdefault(supplier.id, Account())
        situation = self._situation(supplier, account)
        reply = answer(supplier, self._names, letter.subject, letter.body, invoice_id, situation)
        self._receive_mail(supplier.email, reply.subject, reply.body)
        for event in reply.events:
            self.emit(**event)
        account.relation = reply.relation
        account.credit_cents += reply.credit_cents
        account.owed_cents -= reply.credit_cents
        if reply.credit_cents:
            self.emit("made_good", supplier=supplier.id, amount_cents=reply.credit_cents)
        if reply.invoice is not None:
            self.state.invoices_issued += 1
            account.bill(reply.invoice)
        if reply.invoice is not None or reply.credit_cents:
            self._ship_paid_orders(supplier)

    def _situation(self, supplier: Supplier, account: Account) -> Situation:
        """Return what a supplier's desk knows this morning."""
        day, chance = self.today, self.chance
        last_day = day + SPEED_DAYS
        checks, finds_out = (
            below(word, 1000)
            for word in chance.words("quotes", supplier.id, start=2 * day, count=2)
        )
        return Situation(
            day=day,
            relation=account.relation,
            owed_cents=account.owed_cents,
            checks_quotes=checks < supplier.stance.checks_permille,
            finds_out=finds_out < _FINDS_OUT_PERMILLE,
            rival_cents=partial(self._rival_cents, supplier),
            houses=self._house_ids(supplier),
            last_day=last_day,
            last_day_label=self.calendar.label(last_day),
        )

    def _rival_cents(
        self, asked: Supplier, product_id: str, house_ids: Sequence[str]
    ) -> int | None:
        """Return the lowest price at which another house offers the customer a product."""
        return min(
            (
                one.unit_cents(product_id, MAX_COUNT, self._relation(one).granted_permille)
                for one in self.suppliers
                if one is not asked
                and product_id in one.prices_cents
                and (not house_ids or one.id in house_ids)
                and not one.practice.is_closed(self.today)
            ),
            default=None,
        )

    def _relation(self, supplier: Supplier) -> Relation:
        account = self.state.accounts.get(supplier.id)
        return account.relation if account else Relation()

    def _house_ids(self, asked: Supplier) -> dict[str, str]:
        return {one.name.lower(): one.id for one in self.suppliers if one is not asked}

    def _lapse_invoices(self) -> None:
        """Let invoices lapse whose price was for paying at once."""
        for supplier_id, account in self.state.accounts.items():
            for invoice in account.lapse(self.today):
                self.emit("lapsed", invoice=invoice.id, supplier=supplier_id)
                sender = self._supplier(supplier_id).email
                self._receive_mail(sender, *pages.lapsed(invoice))

    def _close_houses(self) -> None:
        """Let houses go out of business; what was paid for and not delivered is lost."""
        for supplier in self.suppliers:
            account = self.state.accounts.get(supplier.id)
            if supplier.practice.closing_day == self.today and account is not None:
                self._lose(supplier, account)

    def _lose(self, supplier: Supplier, account: Account) -> None:
        state = self.state
        lost = [one for one in state.shipments if one.invoice.supplier_id == supplier.id]
        state.shipments = [one for one in state.shipments if one not in lost]
        goods_cents = sum(one.invoice.total_cents for one in lost)
        state.transit_cost_cents -= goods_cents
        self.emit(
            "lost",
            supplier=supplier.id,
            invoices=[one.invoice.id for one in lost],
            units=units_of(line for one in lost for line in one.invoice.lines),
            goods_cents=goods_cents,
            credit_cents=account.credit_cents,
        )
        account.credit_cents, account.open_invoices, account.owed_cents = 0, [], 0
        self._receive_mail(supplier.email, *pages.closing(supplier))

    def _take_due_reminders(self) -> list[str]:
        reminders = self.state.reminders
        due = [reminder.text for reminder in reminders if reminder.day <= self.today]
        del reminders[: len(due)]
        return due

    def _ship_paid_orders(self, supplier: Supplier, memo: str = "", paid_cents: int = 0) -> bool:
        """Confirm every order the supplier's credit covers; tell whether there was one."""
        account = self.state.accounts[supplier.id]
        shipped = False
        while invoice := next_paid(account, memo, paid_cents):
            account.settle(invoice)
            account.relation = account.relation.paid(self.today)
            shipment = ship(self.chance, supplier, invoice, self.today, self.products)
            insort(self.state.shipments, shipment, key=lambda one: one.due_minutes)
            self.state.transit_cost_cents += invoice.total_cents
            self.emit(
                "order",
                invoice=invoice.id,
                supplier=supplier.id,
                total_cents=invoice.total_cents,
                units=units_of(invoice.lines),
                promised_day=shipment.promised_day + 1,
            )
            self._receive_mail(
                supplier.email,
                f"Order {invoice.id} confirmed",
                pages.confirmation(shipment, account.credit_cents, self.products, self.calendar),
            )
            shipped = True
        return shipped

    def _join(self, supplier: Supplier, account: Account) -> None:
        """Take a membership fee; what is left is credit."""
        fee_cents = supplier.practice.fee_cents
        account.credit_cents -= fee_cents
        account.relation = replace(account.relation, is_member=True)
        self.emit("membership", supplier=supplier.id, fee_cents=fee_cents)
        self._receive_mail(supplier.email, *pages.welcome(supplier, fee_cents))

    def _acknowledge(self, supplier: Supplier, account: Account, paid_cents: int) -> None:
        """Tell the customer that a payment does not cover any open invoice."""
        self._receive_mail(
            supplier.email,
            f"Payment of {dollars(paid_cents)} received",
            pages.acknowledgement(account),
        )

    # --- finding -----------------------------------------------------------------------------

    def _find_supplier(self, address: str) -> Supplier:
        """Find who reads mail at `orders@x.example` or `X Foods <orders@x.example>`."""
        bare = address.rpartition("<")[2].strip().removesuffix(">")
        supplier = self._by_email.get(bare.lower())
        if supplier is None:
            raise Refusal(f"The address {address[:100]!r} does not exist. Nothing was sent.")
        return supplier

    def _newest_mails(self) -> str:
        return self._mails_up_to(len(self.state.mails))

    def _mails_up_to(self, newest: int) -> str:
        mails = self.state.mails
        listed = [mails[index] for index in range(max(0, newest - _INBOX_LINES), newest)]
        return pages.inbox_page(listed, len(mails), self.state.unread, self.calendar)

    def _bank_page(self) -> str:
        last = self.state.transactions.last(_STATEMENT_LINES)
        return pages.bank_page(self.state, last, self.calendar)

    def _notes_page(self) -> str:
        return pages.notes_page(self.state.notes)

    def _read_day(self, day: int | str) -> int:
        """Return a 0-based day for a 1-based number or an ISO date."""
        if isinstance(day, str) and not day.strip().isdecimal():
            try:
                return (date.fromisoformat(day.strip()) - self.parameters.start_date).days
            except ValueError:
                raise Refusal(
                    f"{day!r} is neither a day number nor a date such as "
                    f"{self.calendar.date(self.today + 1).isoformat()}."
                ) from None
        return int(day) - 1
