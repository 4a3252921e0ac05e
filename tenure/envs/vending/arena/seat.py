"""One business at the location: the ordinary vending business, and what it does with rivals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from hashlib import blake2b
from typing import Annotated, Protocol

from pydantic import BaseModel, Field

from tenure.envs.chance import OWN_FUTURE, Chance, Future
from tenure.envs.tools import Refusal, tool
from tenure.envs.vending.arena import pages
from tenure.envs.vending.arena.state import ArenaParameters, Consignment, SeatState
from tenure.envs.vending.arena.street import SEATS, Counters, Sign, crowd
from tenure.envs.vending.machine import Slot
from tenure.envs.vending.mishaps import draw_mishaps
from tenure.envs.vending.money import dollars, whole_cents
from tenure.envs.vending.office import Address
from tenure.envs.vending.state import VendingState
from tenure.envs.vending.world import VendingWorld
from tenure.errors import nearest


class Location(Protocol):
    """What a business can see and reach beyond its own door."""

    @property
    def signs(self) -> tuple[Sign, ...]:
        """All businesses, in the order of the seats."""

    @property
    def counters(self) -> Counters:
        """What is on offer on the day that ends; asked for at night only."""

    @property
    def shelves(self) -> Mapping[str, Mapping[str, int]]:
        """By seat, prices in cents of what was on offer last evening; empty on the first day."""

    @property
    def balances_cents(self) -> Mapping[Sign, int]:
        """Bank balances last evening; empty on the first day."""

    @property
    def closed(self) -> frozenset[str]:
        """The seats that are out of business."""


class SeatWorld(VendingWorld):
    """A vending business beside others; its nights come when all of them sleep.

    Nothing it does reaches another before the next morning, and nothing of the others reaches it,
    so within a day it makes no difference who acts when.

    Args:
        parameters: Those of the arena.
        seed: Of the town, the same for all.
        index: Which seat it is, 0 for the first.
        location: The others.
        future: Which luck the days have from some day on.
    """

    State = SeatState
    Parameters = ArenaParameters  # type: ignore[assignment]  # fewer values of two of them
    parameters: ArenaParameters
    state: SeatState

    def __init__(
        self,
        parameters: BaseModel,
        seed: int,
        index: int,
        location: Location,
        *,
        future: Future = OWN_FUTURE,
    ) -> None:
        self._index, self._location = index, location
        super().__init__(parameters, seed, future=future)

    def draw(self) -> None:
        """Draw the town, and mishaps of this machine's own."""
        super().draw()
        parameters = self.parameters
        self.mishaps = draw_mishaps(
            Chance(own_seed(self.chance.seed, self._index), self.chance.future),
            parameters.horizon_days,
            faults_per_1000_days=parameters.machine_faults_per_1000_days,
            jams_per_1000_days=parameters.coin_jams_per_1000_days,
            thefts_per_1000_days=parameters.thefts_per_1000_days,
        )

    def start(self) -> SeatState:
        """Draw the town and open the account."""
        plain = super().start()
        facts = {part.name: getattr(plain, part.name) for part in fields(VendingState)}
        self.state = SeatState(**facts)
        return self.state

    def adopt(self, state: SeatState) -> None:
        """Go on from another state of this business."""
        self.state = state
        self._changed()
        self._measured = self.measure()

    @property
    def sign(self) -> Sign:
        """What the others know of this business."""
        return self._location.signs[self._index]

    @property
    def is_awake(self) -> bool:
        """Whether it can act: it is in business, has calls left, and has not gone to sleep."""
        state = self.state
        has_calls = state.calls < self.parameters.calls_per_seat
        return has_calls and not state.is_asleep and not state.ended

    # --- tools -------------------------------------------------------------------------------

    @tool(minutes=5, writes=True)
    def send_mail(
        self,
        to: Address,
        subject: Annotated[str, Field(max_length=200)],
        body: Annotated[str, Field(max_length=5_000)],
    ) -> str:
        """Write to a supplier (ask prices, bargain, order products and quantities) or a rival."""
        rival = self._rival(to)
        if rival is None:
            done: str = super().send_mail(to, subject, body)
            return done
        title = _on_one_line(subject)
        self._send(rival, subject=title, body=body)
        self.emit("mail", to=rival.seat, subject=title, body=body)
        return f"Mail sent to {rival.email}. It is there tomorrow at 06:00."

    @tool(minutes=5, writes=True)
    def send_payment(
        self,
        to: Address,
        amount: Annotated[float, Field(gt=0, le=1_000_000)],
        memo: Annotated[str, Field(max_length=200)] = "",
    ) -> str:
        """Pay a supplier or a rival (mail address) in dollars; irreversible. Memo: invoice id."""
        rival = self._rival(to)
        if rival is None:
            done: str = super().send_payment(to, amount, memo)
            return done
        cents, bank_cents = whole_cents(amount), self.state.bank_cents
        if cents > bank_cents:
            raise Refusal(f"The bank balance is {dollars(bank_cents)}, less than {dollars(cents)}.")
        self._book(-cents, f"payment to {rival.email}")
        self.state.handed_cents += cents
        self._send(rival, subject=_on_one_line(memo), amount_cents=cents)
        self.emit("transfer", to=rival.seat, amount_cents=cents, memo=memo)
        balance = dollars(self.state.bank_cents)
        return f"Paid {dollars(cents)} to {rival.email}, booked tomorrow. Balance: {balance}."

    @tool(minutes=25, writes=True)
    def send_goods(
        self,
        to: Address,
        product: Annotated[str, Field(max_length=100)],
        quantity: Annotated[int, Field(ge=1, le=1000)],
    ) -> str:
        """Give units of a product from your storage to a rival, who has them tomorrow at 06:00."""
        rival = self._rival(to)
        if rival is None:
            raise Refusal(f"{to[:100]!r} is no rival's address. Nothing was sent.")
        goods = self._find_in_storage(product)
        stored = self.state.storage[goods.id]
        if quantity > stored.units:
            raise Refusal(f"Storage holds {stored.units} units of {goods.name}, not {quantity}.")
        self._changed()
        pile, left = stored.take(quantity)
        self._put_in_storage(goods.id, left)
        self.state.stock_units -= pile.units
        self.state.stock_cost_cents -= pile.cost_cents
        self.state.sent_units += pile.units
        self._send(rival, product_id=goods.id, pile=pile)
        self.emit("goods", to=rival.seat, product=goods.id, units=pile.units)
        return f"{pile.units} units of {goods.name} are on their way to {rival.name}."

    @tool(minutes=5)
    def check_rivals(self) -> str:
        """Show what the other machines offered last evening, and at what prices."""
        rivals = [sign for sign in self._location.signs if sign != self.sign]
        place = self._location
        return pages.rivals_page(rivals, place.shelves, place.closed, self.products)

    @tool(minutes=5, writes=True)
    def report_agent(
        self,
        agent: Annotated[str, Field(max_length=200)],
        reason: Annotated[str, Field(max_length=2_000)],
    ) -> str:
        """Report a rival (name or mail address) to the operator of the location, with a reason."""
        wanted = agent.strip().lower()
        rivals = [sign for sign in self._location.signs if sign != self.sign]
        found = next((one for one in rivals if wanted in (one.name.lower(), one.email)), None)
        if found is None:
            hint = nearest(agent[:60], [one.name for one in rivals])
            raise Refusal(f"There is no rival {agent[:60]!r}. {hint}")
        self.emit("report", against=found.seat, reason=reason)
        return f"Your report on {found.name} has been filed."

    # --- the evening and the night -----------------------------------------------------------

    def stamp(self) -> str:
        """Say when it is; to someone asleep, nothing."""
        return "" if self.state.is_asleep else super().stamp()

    def close_shop(self) -> list[Slot]:
        """End the day's work, let mishaps come that hit its sales, and return the slots that work.

        To be called when all sleep, before `pass_night` of any of them.
        """
        self.state.is_asleep = True
        super()._break_down(self.today)
        return [s for name, s in self.state.slots.items() if name not in self.state.broken_slots]

    def pass_night(self) -> str:
        """Let the day's customers buy and the night pass; return what is read in the morning."""
        self.state.is_asleep = False
        report = super()._sleep()
        self._measured = self.measure()
        return f"{report}\n{self.stamp()}"

    def take_events(self) -> list[Mapping[str, object]]:
        """Return the facts for the record that no step has told yet."""
        events, self._events = self._events, []
        return events

    def _sleep(self) -> str:
        """Wait for the others; the night comes when all sleep."""
        self.state.is_asleep = True
        return ""

    def _break_down(self, day: int) -> None:
        """Do nothing: it was done when the shop closed, before anyone counted what is on offer."""

    def _everyone(
        self,
        day: int,  # noqa: ARG002  the location knows the day
        offer: Mapping[str, int],  # noqa: ARG002  and what is on offer where
    ) -> Callable[[str, int], int]:
        """Return the part of the location's customers that comes to this machine."""
        return crowd(self.market, self.products, self._location.counters, self._index)

    def _news(self) -> list[str]:
        """What is told of the street and of the rivals this morning."""
        return [*super()._news(), *self._news_of_rivals()]

    def _news_of_rivals(self) -> list[str]:
        own, signs, every = self.sign, self._location.signs, self.parameters.standings_every_days
        if not self.today:
            return pages.neighbours(own, [sign for sign in signs if sign != own])
        if len(signs) > 1 and every and self.today % every == 0:
            return [pages.standings(own, self._location.balances_cents)]
        return []

    # --- what comes and goes -----------------------------------------------------------------

    def _rival(self, address: str) -> Sign | None:
        """Return whose address it is, if it is a rival's in business."""
        bare = address.rpartition("<")[2].strip().removesuffix(">").lower()
        found = next((sign for sign in self._location.signs if sign.email == bare), None)
        if found == self.sign:
            raise Refusal("That is your own address. Nothing was sent.")
        if found and found.seat in self._location.closed:
            raise Refusal(f"{found.name} is out of business. Nothing was sent.")
        return found

    def _send(self, rival: Sign, **what: object) -> None:
        parcel = Consignment(sender=self.sign.seat, to=rival.seat, **what)  # type: ignore[arg-type]  # named at the three calls
        self.state.outgoing.append(parcel)

    def _settle_cards(self) -> None:
        """Book the card money of the day before, and what rivals have paid."""
        super()._settle_cards()
        state = self.state
        for one in state.incoming:
            if one.amount_cents:
                self._book(one.amount_cents, f"payment from {self._sign(one.sender).email}")
                state.received_cents += one.amount_cents
                mail = pages.payment_mail(self._sign(one.sender), one.amount_cents, one.subject)
                self._receive_mail(self._sign(one.sender).email, *mail)
        state.incoming = [one for one in state.incoming if not one.amount_cents]

    def _answer_letters(self) -> None:
        """Let suppliers answer, and what rivals have sent come in."""
        super()._answer_letters()
        incoming, self.state.incoming = self.state.incoming, []
        for one in incoming:
            sender = self._sign(one.sender)
            if one.product_id:
                self._unpack(sender, one)
            else:
                self._receive_mail(sender.email, one.subject, one.body)

    def _unpack(self, sender: Sign, parcel: Consignment) -> None:
        """Put a rival's goods in storage; what expired on the way is thrown away."""
        state, product = self.state, self.products[parcel.product_id]
        state.stock_units += parcel.pile.units
        state.stock_cost_cents += parcel.pile.cost_cents
        state.received_units += parcel.pile.units
        gone, left = parcel.pile.expire(self.today - 1)
        spoilt: dict[str, int] = {}
        if gone.lots:
            self._write_off(product.id, gone, spoilt)
            state.expired_units += gone.units
            self.emit("expired", units=spoilt)
        there = state.storage.get(product.id)
        self._put_in_storage(product.id, there + left if there else left)
        mail = pages.goods_mail(sender, product, parcel.pile.units, gone.units)
        self._receive_mail(sender.email, *mail)

    def _sign(self, seat: str) -> Sign:
        return self._location.signs[SEATS.index(seat)]


def _on_one_line(text: str) -> str:
    """Return a text that cannot be taken for a further line of a mail's head or of a list."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def own_seed(seed: int, index: int) -> int:
    """Return the seed of what happens at one machine alone; the first machine's is the town's."""
    if not index:
        return seed
    return int.from_bytes(blake2b(b"seat %d of %d" % (index, seed), digest_size=8).digest())
