"""The arena: several vending businesses at one location, who share its customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel

from tenure.envs.chance import OWN_FUTURE, Future
from tenure.envs.clock import day_of
from tenure.envs.tools import Fault, Tool
from tenure.envs.vending.arena.pricing import PricingGame
from tenure.envs.vending.arena.seat import SeatWorld
from tenure.envs.vending.arena.state import ArenaParameters, ArenaState, Consignment
from tenure.envs.vending.arena.street import SEATS, Counters, Sign, draw_signs
from tenure.envs.vending.machine import dearest_on_offer, on_offer
from tenure.envs.world import Figure, Step, World

_OF_EACH_SEAT = ("bank_cents", "net_worth_cents", "units_sold", "revenue_cents")
_PLACES = [[figure.name for figure in SeatWorld.figures].index(name) for name in _OF_EACH_SEAT]


class ArenaWorld(World[ArenaState]):
    """Businesses that act in turn, one call each, and meet the night together.

    A seat that goes to sleep waits until all sleep. What one sends another, and what one sees of
    another, takes effect in the morning, so within a day the order of turns changes nothing.

    Attributes:
        seats: The businesses; their states are parts of `state`.
        signs: Their names and addresses.
        counters: What is on offer on the day that ends.
    """

    State, Parameters, score = ArenaState, ArenaParameters, "bank_cents"
    parameters: ArenaParameters
    figures = (
        Figure("bank_cents", "money in all banks, and on its way between them"),
        Figure("day", "1 for the first day", high=3650),
        Figure("seats_in_business", "those not ended", high=len(SEATS)),
        *(
            SeatWorld.figures[place]._replace(name=f"{seat}_{name}", hidden=True)
            for seat in SEATS
            for name, place in zip(_OF_EACH_SEAT, _PLACES, strict=True)
        ),
    )

    def __init__(self, parameters: BaseModel, seed: int, *, future: Future = OWN_FUTURE) -> None:
        self.counters = Counters(0, ())
        super().__init__(parameters, seed, future=future)

    # --- what the kernel asks for ------------------------------------------------------------

    def start(self) -> ArenaState:
        """Draw the town and open all businesses."""
        count = self.parameters.seats
        self.signs = draw_signs(self.chance, count)
        self.state = ArenaState()
        self.seats = [
            SeatWorld(self.parameters, self.chance.seed, index, self, future=self.chance.future)
            for index in range(count)
        ]
        return ArenaState(
            now_minutes=self.seats[0].state.now_minutes,
            seats=[seat.state for seat in self.seats],
            heard=[seat.opening() for seat in self.seats],
        )

    def opening(self) -> str:
        """Tell the first seat its first morning."""
        return self.state.heard[self.state.turn]

    def measure(self) -> tuple[int, ...]:
        """Return the figures; those of seats that nobody has are 0."""
        state = self.state
        way_cents = sum(
            one.amount_cents for seat in state.seats for one in (*seat.outgoing, *seat.incoming)
        )
        figures = [
            sum(seat.bank_cents for seat in state.seats) + way_cents,
            min(day_of(state.now_minutes) + 1, self.parameters.horizon_days),
            sum(not seat.ended for seat in state.seats),
        ]
        for seat in self.seats:
            figures += [seat.measured[place] for place in _PLACES]
        return (*figures, *[0] * (len(self.figures) - len(figures)))

    def stamp(self) -> str:
        """Say when it is for the seat whose turn it is."""
        return self._acting.stamp()

    def advance(self, minutes: int) -> str:
        """Let all sleep, and a night pass; the seats' own clocks count the minutes of work."""
        if minutes:
            self._pass_night()
        return ""

    @property
    def seat(self) -> str:
        """Who acts next."""
        return SEATS[self.state.turn]

    def business(self, seat: str) -> SeatWorld:
        """Return the business of a seat."""
        return self.seats[SEATS.index(seat)]

    @property
    def open_turns(self) -> Mapping[str, str]:
        """What those who are awake read; within a day nothing that one does reaches another."""
        return {
            name: self.state.heard[index]
            for index, (name, seat) in enumerate(zip(SEATS, self.seats, strict=False))
            if seat.is_awake
        }

    @property
    def counts_tokens(self) -> bool:
        """Whether the seats pay for what their models write."""
        return self._acting.counts_tokens

    def take_in(self, outside: Mapping[str, Any]) -> None:
        """Take what comes in beside the next action, for the seat whose turn it is."""
        self._acting.take_in(outside)

    def restore(self, snapshot: bytes) -> None:
        """Go back to a snapshot of a world with the same parameters and seed."""
        super().restore(snapshot)
        for seat, state in zip(self.seats, self.state.seats, strict=True):
            seat.adopt(state)
        self._measured = self.measure()

    def twin(self) -> Self:
        """Return another world in the same place; its seats are worlds that must be made anew."""
        other = type(self)(self.parameters, self.chance.seed, future=self.chance.future)
        other.restore(self.snapshot())
        return other

    def _use(self, tool: Tool, arguments: dict[str, Any]) -> Step:
        return self._conclude(self._acting._use(tool, arguments))  # noqa: SLF001  a world of ours

    def _finish(self, text: str, fault: Fault | None, minutes: int) -> Step:
        return self._conclude(self._acting._finish(text, fault, minutes))  # noqa: SLF001  as above

    # --- taking turns ------------------------------------------------------------------------

    @property
    def _acting(self) -> SeatWorld:
        return self.seats[self.state.turn]

    def _conclude(self, step: Step) -> Step:
        """Take down what a seat's step led to, and find who acts next."""
        state, acted = self.state, self.state.turn
        state.heard[acted] = step.text
        state.seats[acted].calls += 1
        self._take_down(acted, step.events)
        self._find_next()
        before, self._measured = self._measured, self.measure()
        events, self._events = tuple(self._events), []
        return Step(
            text=state.heard[acted if state.ended else state.turn],
            fault=step.fault,
            minute=state.now_minutes,
            reward=self._measured[self._score_index] - before[self._score_index],
            figures=self._measured,
            events=events,
            ended=state.ended,
        )

    def _find_next(self) -> None:
        """Give the turn to the next seat that is awake; while none is, let nights pass."""
        state, first = self.state, self.state.turn + 1
        while not state.ended:
            awake = [index for index, seat in enumerate(self.seats) if seat.is_awake]
            if awake:
                state.turn = min(awake, key=lambda index: (index - first) % len(self.seats))
                state.now_minutes = min(self.seats[index].state.now_minutes for index in awake)
                return
            self._pass_night()
            first = day_of(state.now_minutes)

    # --- the night ---------------------------------------------------------------------------

    def _pass_night(self) -> None:
        """Close all shops, carry what was sent, divide the customers, and let the morning come."""
        state = self.state
        day = next(seat.today for seat in self.seats if not seat.ended)
        slots = [[] if seat.ended else seat.close_shop() for seat in self.seats]
        offers = tuple(map(on_offer, slots))
        self.counters = Counters(day, offers, tuple(map(dearest_on_offer, slots)))
        self._record_prices(day)
        state.shelves = [dict(offer) for offer in offers]
        state.balances_cents = [seat.bank_cents for seat in state.seats]
        self._carry()
        for index, seat in enumerate(self.seats):
            if not seat.ended:
                slept = state.heard[index] if state.heard[index].endswith("\n") else ""
                state.heard[index] = slept + seat.pass_night()
                self._take_down(index, seat.take_events())
        self._look_at_the_end()

    def _record_prices(self, day: int) -> None:
        """Write into the record what was asked, and once what prices the pricing game leads to."""
        count = self.parameters.seats
        if count > 1 and not day:
            levels = {
                product.id: list(PricingGame(product, count).levels)
                for product in self.seats[0].catalogue
            }
            self.emit("price_levels", cents=levels)
        if count > 1:
            asked = dict(zip(SEATS, map(dict, self.counters.offers), strict=False))
            self.emit("shelves", day=day + 1, cents=asked)

    def _look_at_the_end(self) -> None:
        state = self.state
        open_for = [seat.state.now_minutes for seat in self.seats if not seat.ended]
        if open_for:
            state.now_minutes = min(open_for)
        else:
            state.now_minutes = max(seat.now_minutes for seat in state.seats)
            endings = {seat.ended for seat in state.seats}
            state.ended = "horizon" if "horizon" in endings else "bankrupt"

    def _carry(self) -> None:
        """Hand over what was sent today; the order is that of the senders' seats."""
        sent: list[Consignment] = [one for seat in self.state.seats for one in seat.outgoing]
        for index, seat in enumerate(self.state.seats):
            seat.outgoing = []
            seat.incoming += [one for one in sent if one.to == SEATS[index]]

    def _take_down(self, index: int, events: Any) -> None:
        self._events += [{**event, "seat": SEATS[index]} for event in events]

    # --- what a seat sees of the others ------------------------------------------------------

    @property
    def shelves(self) -> Mapping[str, Mapping[str, int]]:
        """By seat, prices in cents of what was on offer last evening; empty on the first day."""
        return dict(zip(SEATS, self.state.shelves, strict=False))

    @property
    def balances_cents(self) -> Mapping[Sign, int]:
        """Bank balances last evening; empty on the first day."""
        return dict(zip(self.signs, self.state.balances_cents, strict=False))

    @property
    def closed(self) -> frozenset[str]:
        """The seats that are out of business."""
        states = zip(SEATS, self.state.seats, strict=False)
        return frozenset(seat for seat, state in states if state.ended)


ArenaWorld.toolbox = SeatWorld.toolbox
"""The arena's tools are those of its seats, whose worlds carry them out."""
