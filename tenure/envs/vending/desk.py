"""A supplier's sales desk: reads a mail, lets the negotiation kernel decide, and words the answer.

What the readers find in a mail decides which goods, how many, and what is proposed. What a house
charges is decided by its list, its volume breaks and the kernel, so no text can talk it below its
floor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from tenure.envs.vending.bargaining import Haggling, Situation, haggle, speed_permille
from tenure.envs.vending.invoices import Invoice, InvoiceLine
from tenure.envs.vending.money import dollars
from tenure.envs.vending.moves import Act, Move, read_move
from tenure.envs.vending.names import Names
from tenure.envs.vending.negotiation import Relation
from tenure.envs.vending.products import Product
from tenure.envs.vending.reading import Intent, Line, Reading, named_prices, read
from tenure.envs.vending.suppliers import Supplier
from tenure.envs.vending.wording import percent, say

_LONGEST_SUBJECT = 60


class Reply(NamedTuple):
    """The answer to a mail.

    Attributes:
        subject: One line.
        body: Plain text.
        invoice: If the mail was a clear order.
        relation: What the house remembers from now on.
        credit_cents: What it credits for units that did not come.
        events: Ground truth for the record.
        words: The beginning of the body, up to where lines of facts follow: what may be worded
            otherwise as long as its numbers stay.
    """

    subject: str
    body: str
    invoice: Invoice | None
    relation: Relation
    credit_cents: int
    events: tuple[dict[str, Any], ...]
    words: str


def answer(
    supplier: Supplier,
    names: Names,
    subject: str,
    body: str,
    invoice_id: str,
    *,
    situation: Situation | None = None,
) -> Reply:
    """Answer a mail.

    Args:
        supplier: Whose desk it is.
        names: Those of every product of the town, for the reader.
        subject: Subject of the mail, any text.
        body: Body of the mail, any text.
        invoice_id: The id an invoice will have if one is written.
        situation: What the desk knows; a first mail on the first day if left out.
    """
    situation = situation or Situation()
    reading = read(subject, body, names, supplier.prices_cents)
    move = read_move(subject, body, reading, situation.houses)
    is_no_order = reading.intent is Intent.ORDER and Act.ORDER not in move.acts
    is_first_offer = Act.OFFER in move.acts and not situation.relation.has_list
    if is_no_order or (is_first_offer and reading.intent is Intent.OTHER):
        reading = reading._replace(intent=Intent.QUOTE)
    carried = [line for line in reading.lines if line.product_id in supplier.prices_cents]
    priced = [line for line in carried if line.price_cents is not None]
    if not priced and Act.OFFER in move.acts:
        priced = list(named_prices(body, names, supplier.prices_cents))
    haggling = haggle(supplier, situation, move, reading.intent, priced)
    products = {product.id: product for product in names.products}
    desk = _Desk(supplier, products, situation, move, haggling)
    text, invoice = desk.reply(reading, carried, invoice_id)
    title = " ".join(subject.split())[:_LONGEST_SUBJECT]
    title = title if title.lower().startswith("re:") else f"Re: {title}"
    return Reply(
        f"Invoice {invoice.id}" if invoice else title,
        text,
        invoice,
        desk.relation,
        desk.credit_cents,
        tuple(desk.events),
        desk.words,
    )


class _Desk:
    """One mail being answered."""

    def __init__(
        self,
        supplier: Supplier,
        products: Mapping[str, Product],
        situation: Situation,
        move: Move,
        haggling: Haggling,
    ) -> None:
        self._supplier, self._products = supplier, products
        self._situation, self._move, self._haggling = situation, move, haggling
        self.relation = situation.relation.at(situation.day)
        self.credit_cents = 0
        self.events: list[dict[str, Any]] = []
        self.words = ""

    # --- what is answered --------------------------------------------------------------------

    def reply(
        self, reading: Reading, carried: Sequence[Line], invoice_id: str
    ) -> tuple[str, Invoice | None]:
        """Return the text of the answer, and an invoice if there is one."""
        closed_door = self._closed_door()
        if closed_door:
            return self._compose([closed_door]), None
        self.relation = self._haggling.relation
        self.events.extend(self._haggling.events)
        remarks = [*self._haggling.remarks, *self._other_remarks(reading)]
        if self._is_talk_only(reading):
            self.words = " ".join(remarks or [self._say("thanks")])
            return f"{self.words} {self._invitation}\n{self._supplier.name}", None
        opening = [*remarks, *self._regrets(reading)]
        if reading.intent is Intent.QUOTE:
            return self._price_list(opening, carried), None
        said = [*self._regrets(reading), *self._price_remarks(carried)]
        missing = self._questions(reading, carried)
        if missing:
            return self._compose(said, "To invoice you, we need:", *missing), None
        if not carried:
            return self._price_list(opening, []), None
        return self._sell(said, carried, invoice_id)

    def _closed_door(self) -> str:
        """What a house says that does not sell to this customer; empty if it does."""
        practice = self._supplier.practice
        if practice.fee_cents and not self.relation.is_member:
            fee, email = dollars(practice.fee_cents), self._supplier.email
            return self._say("members_only", money=fee, email=email)
        return "" if practice.serves_members else self._say("membership_pending")

    def _is_talk_only(self, reading: Reading) -> bool:
        names_goods = reading.lines or reading.unknown or reading.unclear
        acts = self._move.acts
        is_aside = acts & {Act.CANCELLATION, Act.STATUS} and not names_goods
        is_haggling = Act.OFFER in acts and not names_goods and self.relation.has_list
        is_empty_list = reading.intent is Intent.QUOTE and not acts & {Act.OFFER, Act.QUESTION}
        return reading.intent is Intent.OTHER or bool(is_aside or is_haggling or is_empty_list)

    def _other_remarks(self, reading: Reading) -> list[str]:
        """What is said of everything but prices, in order of weight."""
        acts, remarks = self._move.acts, []
        names_nothing = not reading.lines and not reading.unknown
        if Act.CANCELLATION in acts:
            remarks.append(self._say("cancellation"))
        elif Act.COMPLAINT in acts and Act.ORDER not in acts:
            remarks.append(self._on_complaint())
        elif Act.STATUS in acts:
            remarks.append(self._say("status"))
        elif Act.ACCEPTANCE in acts and Act.ORDER not in acts:
            remarks.extend(self._on_acceptance())
        elif Act.ORDER in acts and names_nothing:
            remarks.append(self._say("name_it"))
        if Act.THREAT in acts and Act.OFFER not in acts:
            remarks.append(self._say("threat"))
        return remarks

    def _on_acceptance(self) -> list[str]:
        """Say again what holds, as an acceptance alone buys nothing."""
        granted_permille = self.relation.granted_permille
        if not granted_permille:
            return [self._say("no_discount")]
        return [self._say("accepted"), self._say("discount", percent=percent(granted_permille))]

    def _on_complaint(self) -> str:
        """Credit what is owed, or deny it; no words change how much that is."""
        owed_cents = self._situation.owed_cents
        if owed_cents and self._supplier.practice.makes_good:
            self.credit_cents = owed_cents
            return self._say("credited", money=dollars(owed_cents))
        if owed_cents:
            return self._say("denied")
        return self._say("status" if Act.STATUS in self._move.acts else "sorry")

    @property
    def _off_permille(self) -> int:
        """What this customer gets off by word of mouth, beside the volume breaks."""
        return self.relation.granted_permille + speed_permille(self._supplier, self._move)

    # --- selling -----------------------------------------------------------------------------

    def _sell(
        self, remarks: Sequence[str], carried: Sequence[Line], invoice_id: str
    ) -> tuple[str, Invoice | None]:
        invoice = self._invoice(carried, invoice_id)
        goods = [
            f"{line.quantity} x {self._name(line)} at {dollars(line.unit_cents)}"
            f" = {dollars(line.quantity * line.unit_cents)}"
            for line in invoice.lines
        ]
        total = dollars(invoice.total_cents)
        if invoice.total_cents < self._supplier.minimum_order_cents:
            least = dollars(self._supplier.minimum_order_cents)
            short = f"Total: {total}, below our minimum order of {least}. Please order more."
            return self._compose(remarks, *goods, short), None
        self._note_invoice(invoice)
        how = (
            f"To confirm, use send_payment: to {self._supplier.email},"
            f" amount {total.removeprefix('$')}, memo {invoice.id}."
        )
        soon = [f"This price holds until {self._situation.last_day_label}."]
        text = self._compose(
            remarks,
            f"Invoice {invoice.id}",
            *goods,
            f"Total: {total}",
            how,
            *(soon if invoice.last_day is not None else []),
            self._delivery,
        )
        return text, invoice

    def _invoice(self, carried: Sequence[Line], invoice_id: str) -> Invoice:
        lines = tuple(
            InvoiceLine(
                line.product_id,
                line.quantity,
                self._supplier.invoiced_cents(line.product_id, line.quantity, self._off_permille),
            )
            for line in carried
            if line.quantity
        )
        total_cents = sum(line.quantity * line.unit_cents for line in lines)
        last_day = self._situation.last_day if speed_permille(self._supplier, self._move) else None
        return Invoice(invoice_id, self._supplier.id, lines, total_cents, last_day)

    def _note_invoice(self, invoice: Invoice) -> None:
        quoted_cents = sum(
            line.quantity
            * self._supplier.unit_cents(line.product_id, line.quantity, self._off_permille)
            for line in invoice.lines
        )
        self.events.append(
            {
                "kind": "invoice",
                "invoice": invoice.id,
                "supplier": invoice.supplier_id,
                "quoted_cents": quoted_cents,
                "total_cents": invoice.total_cents,
            }
        )

    def _questions(self, reading: Reading, carried: Sequence[Line]) -> list[str]:
        """What an order leaves open, one question a line."""
        names = [self._name(line) for line in carried if line.quantity is None]
        open_quantities = [f"- number of single units of {name}" for name in names]
        open_names = [f"- which product is {remark}" for remark in reading.unclear]
        return [*open_quantities, *open_names]

    # --- prices ------------------------------------------------------------------------------

    def _price_list(self, opening: Sequence[str], lines: Sequence[Line]) -> str:
        """List some prices, or all of them if no goods are named."""
        if not lines:
            self.relation = replace(self.relation, has_list=True)
            known = [Line(product_id, None, None) for product_id in self._products]
            lines = [line for line in known if self._carries(line)]
        prices = [
            text
            for size in ("small", "large")
            if (of_size := [line for line in lines if self._size(line) == size])
            for text in (f"For {size} slots:", *map(self._price_line, of_size))
        ]
        return self._compose(opening, *prices, *self._terms)

    def _price_line(self, line: Line) -> str:
        granted_permille = self.relation.granted_permille
        one_cents = self._supplier.unit_cents(line.product_id, 1, granted_permille)
        text = f"{self._name(line)}: {dollars(one_cents)} each"
        if line.quantity:
            unit_cents = self._supplier.unit_cents(line.product_id, line.quantity, granted_permille)
            text += f"; {line.quantity} at {dollars(unit_cents)}"
        days = self._products[line.product_id].keeps_days
        return f"{text}; keeps {days} day{'' if days == 1 else 's'}"

    def _price_remarks(self, carried: Sequence[Line]) -> Sequence[str]:
        """What an order is told of its prices: how its bid was taken, or that none is."""
        if self._supplier.stance.room_permille:
            return self._haggling.remarks
        differs = any(
            line.price_cents is not None
            and line.quantity
            and line.price_cents < self._supplier.unit_cents(line.product_id, line.quantity)
            for line in carried
        )
        return [self._say("as_stated")] if differs else []

    @property
    def _terms(self) -> list[str]:
        least, granted_permille = self._supplier.minimum_order_cents, self.relation.granted_permille
        minimum = f"Minimum order {dollars(least)}." if least else "No minimum order."
        granted = [f"Your discount of {percent(granted_permille)}% is included."]
        breaks = [
            f"Volume discount: {percent(off)}% off a product from {units} units."
            for units, off in self._supplier.breaks
        ]
        soon_permille = self._supplier.stance.speed_permille
        speed = [f"{percent(soon_permille)}% off if you promise to pay by the next day."]
        return [
            *(granted if granted_permille else []),
            *breaks,
            *(speed if soon_permille else []),
            minimum,
            self._delivery,
            self._invitation,
        ]

    # --- words -------------------------------------------------------------------------------

    def _say(self, topic: str, **values: str) -> str:
        return say(topic, self._supplier.voice, **values)

    def _regrets(self, reading: Reading) -> list[str]:
        strange = [self._name(line) for line in reading.lines if not self._carries(line)]
        names = ", ".join([*strange, *reading.unknown])
        return [f"We do not carry: {names}."] if names else []

    def _carries(self, line: Line) -> bool:
        return line.product_id in self._supplier.prices_cents

    def _name(self, line: Line | InvoiceLine) -> str:
        return self._products[line.product_id].name

    def _size(self, line: Line) -> str:
        return self._products[line.product_id].size

    def _compose(self, opening: Sequence[str], *lines: str) -> str:
        self.words = "\n".join(opening)
        return "\n".join([*opening, *lines, self._supplier.name])

    @property
    def _invitation(self) -> str:
        return "To order, mail us product names and units; we reply with an invoice."

    @property
    def _delivery(self) -> str:
        shortest, longest = self._supplier.lead_days
        days = f"{shortest}" if shortest == longest else f"{shortest}-{longest}"
        return f"Delivery: {days} day{'' if longest == 1 else 's'} after payment."
