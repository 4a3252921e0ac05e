"""Desk work: suppliers, mail, the bank, notes and reminders."""

from __future__ import annotations

from abc import abstractmethod
from bisect import insort
from datetime import date
from typing import Annotated

from pydantic import Field

from tenure.envs.tools import Refusal, tool
from tenure.envs.vending import pages
from tenure.envs.vending.money import dollars, whole_cents
from tenure.envs.vending.post import Post
from tenure.envs.vending.purchases import Account
from tenure.envs.vending.state import Letter, Reminder
from tenure.envs.vending.suppliers import Supplier, search
from tenure.errors import nearest

_INBOX_LINES = 15
_STATEMENT_LINES = 10
_NOTEBOOK_CHARS = 20_000
_MOST_REMINDERS = 50
_REMEMBERED_SEARCHES = 200


def bare_address(text: str) -> str:
    """Return the address in `orders@x.example` or `X Foods <orders@x.example>`, in lower case."""
    return text.rpartition("<")[2].strip().removesuffix(">").lower()


Address = Annotated[str, Field(max_length=200, examples=["sales@example.com"])]


class Office(Post):
    """The tools that need a desk."""

    def draw(self) -> None:
        """Draw the town and open its address book."""
        super().draw()
        self._by_email = {supplier.email.lower(): supplier for supplier in self.suppliers}
        self._searches: dict[str, str] = {}

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
        return pages.mail_page(self._as_worded(state.mails[mail_id - 1]), self.calendar)

    @tool(minutes=5, writes=True)
    def send_mail(
        self,
        to: Address,
        subject: Annotated[str, Field(max_length=200)],
        body: Annotated[str, Field(max_length=5_000)],
    ) -> str:
        """Write to a supplier (ask for prices, bargain, order units of products) or to others."""
        supplier = self._find_supplier(to)
        if supplier is None:
            return self._write_elsewhere(bare_address(to), body)
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
        """Pay a mail address an amount in dollars; irreversible. Memo to a supplier: invoice id."""
        supplier = self._find_supplier(to)
        if supplier and supplier.practice.is_closed(self.today):
            raise Refusal(f"{supplier.name} has closed its account. Nothing was paid.")
        cents = whole_cents(amount)
        state = self.state
        if cents > state.bank_cents:
            raise Refusal(
                f"The bank balance is {dollars(state.bank_cents)}, less than {dollars(cents)}."
            )
        if supplier is None:
            address = bare_address(to)
            self._pay_elsewhere(address, cents)
            return f"Paid {dollars(cents)} to {address}. Balance: {dollars(state.bank_cents)}."
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

    def _take_due_reminders(self) -> list[str]:
        reminders = self.state.reminders
        due = [reminder.text for reminder in reminders if reminder.day <= self.today]
        del reminders[: len(due)]
        return due

    # --- finding -----------------------------------------------------------------------------

    def _find_supplier(self, address: str) -> Supplier | None:
        """Find which wholesaler reads mail at an address; `None` if none does."""
        return self._by_email.get(bare_address(address))

    @abstractmethod
    def _write_elsewhere(self, address: str, body: str) -> str:
        """Write to somebody who is no wholesaler, and return what to say.

        Raises:
            Refusal: If nobody has this address.
        """

    @abstractmethod
    def _pay_elsewhere(self, address: str, cents: int) -> None:
        """Pay somebody who is no wholesaler.

        Raises:
            Refusal: If nobody can be paid there.
        """

    def _unknown(self, address: str) -> Refusal:
        return Refusal(f"The address {address[:100]!r} does not exist. Nothing was sent.")

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
