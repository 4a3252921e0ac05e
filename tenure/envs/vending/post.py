"""What wholesalers do by themselves: answer mail, ship what is paid, let invoices lapse, fail."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import takewhile
from typing import Any

from tenure.envs.chance import below
from tenure.envs.clock import at
from tenure.envs.vending import pages
from tenure.envs.vending.bargaining import Situation
from tenure.envs.vending.desk import answer
from tenure.envs.vending.money import dollars
from tenure.envs.vending.names import Names
from tenure.envs.vending.negotiation import SPEED_DAYS, Relation
from tenure.envs.vending.purchases import Account, next_paid, ship, units_of
from tenure.envs.vending.state import Letter, Mail, Wording
from tenure.envs.vending.suppliers import Supplier
from tenure.envs.vending.tokens import MAX_COUNT
from tenure.envs.vending.town import Town
from tenure.envs.vending.voice import says_the_same
from tenure.envs.world import Draft
from tenure.errors import ContractError

_FINDS_OUT_PERMILLE = 400


class Post(Town):
    """The part of the office that the wholesalers keep busy."""

    @cached_property
    def _names(self) -> Names:
        """What suppliers look goods up in, built for the first letter."""
        return Names(self.catalogue)

    # --- other wordings ----------------------------------------------------------------------

    @property
    def drafts(self) -> Sequence[Draft]:
        """This morning's answers of sales desks that are unread and not yet worded anew."""
        worded = {wording.mail_id for wording in self.state.wordings}
        return [
            Draft(str(mail.id), mail.sender, " ".join(mail.body[: mail.words].split()))
            for mail in self._mails_of_today()
            if mail.words and mail.id in self.state.unread and mail.id not in worded
        ]

    def take_in(self, outside: Mapping[str, Any]) -> None:
        """Take other wordings; those that do not say the same are dropped."""
        if set(outside) - {"wordings", "voice"}:
            super().take_in(outside)
        drafts, wordings = {draft.id: draft for draft in self.drafts}, outside.get("wordings", {})
        if not isinstance(wordings, dict):
            raise ContractError("Wordings are texts by the ids of drafts.")
        for draft_id, text in wordings.items():
            if draft_id not in drafts or not isinstance(text, str):
                raise ContractError(f"There is no draft {draft_id!r} that could be worded so.")
            is_kept = says_the_same(text, drafts[draft_id].text)
            self.emit("wording", mail=int(draft_id), is_kept=is_kept)
            if is_kept:
                self._changed()
                self.state.wordings.append(Wording(int(draft_id), text.strip()))

    def _mails_of_today(self) -> list[Mail]:
        mails, midnight = self.state.mails, at(self.today, 0)
        return list(takewhile(lambda mail: mail.minute >= midnight, reversed(mails)))[::-1]

    def _as_worded(self, mail: Mail) -> Mail:
        """Return a mail as it is read: with other words if there are any, and all its facts."""
        text = next((one.text for one in self.state.wordings if one.mail_id == mail.id), None)
        if text is None:
            return mail
        return replace(mail, body=f"{text}\n{mail.body[mail.words :].lstrip()}")

    # --- the night ---------------------------------------------------------------------------

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
        reply = answer(
            supplier, self._names, letter.subject, letter.body, invoice_id, situation=situation
        )
        self._receive_mail(supplier.email, reply.subject, reply.body, words=len(reply.words))
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
        day, chance = self.today, self.chance.on(self.today)
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
                and (not one.practice.fee_cents or self._relation(one).is_member)
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

    # --- money received ----------------------------------------------------------------------

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
                at_once=invoice.last_day is not None,
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
