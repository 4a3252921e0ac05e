"""What may change in the arena, and the numbers that tune it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field

from tenure.envs.vending.arena.street import MOST_SEATS
from tenure.envs.vending.goods import Pile
from tenure.envs.vending.state import VendingParameters, VendingState
from tenure.envs.world import WorldState


class ArenaParameters(VendingParameters, frozen=True, extra="forbid"):
    """The numbers of the single world, and those of the arena.

    Balances decide, and nobody is billed for tokens: who plays beside scripts writes more.
    """

    score: Literal["bank"] = Field(default="bank", description="The bank balance decides.")
    token_price_cents_per_million: Literal[0] = Field(
        default=0, description="No bills for output tokens."
    )
    horizon_days: int = Field(default=91, ge=1, le=3650, description="Days until the end.")
    seats: int = Field(
        default=2,
        ge=1,
        le=MOST_SEATS,
        description="Businesses at the location; 1 is the single world.",
    )
    calls_per_seat: int = Field(
        default=2_000,
        ge=1,
        le=10**8,
        description="Calls of each seat; then its business goes on without it.",
    )
    standings_every_days: int = Field(
        default=7, ge=0, le=3650, description="How often all are told the balances; 0 for never."
    )


@dataclass(frozen=True, slots=True)
class Consignment:
    """What one business sends another: a mail, money or goods, on its way until 06:00.

    Attributes:
        sender: The sender's seat.
        to: The receiver's seat.
        subject: Of a mail; for money, the memo.
        body: Of a mail.
        amount_cents: Money; 0 if it is none.
        product_id: Goods; empty if it is none.
        pile: The goods, with their ages.
    """

    sender: str
    to: str
    subject: str = ""
    body: str = ""
    amount_cents: int = 0
    product_id: str = ""
    pile: Pile = field(default_factory=Pile)


@dataclass(slots=True)
class SeatState(VendingState):
    """The state of one business at the location.

    Attributes:
        is_asleep: Whether it waits for the morning.
        calls: How many there have been.
        outgoing: Sent to rivals today.
        incoming: What rivals sent yesterday, until 06:00.
        handed_cents: Money sent to rivals since the start.
        received_cents: Money that came from rivals since the start.
        sent_units: Units sent to rivals since the start.
        received_units: Units that came from rivals since the start.
    """

    is_asleep: bool = False
    calls: int = 0
    outgoing: list[Consignment] = field(default_factory=list)
    incoming: list[Consignment] = field(default_factory=list)
    handed_cents: int = 0
    received_cents: int = 0
    sent_units: int = 0
    received_units: int = 0


@dataclass(slots=True)
class ArenaState(WorldState):
    """The state of all businesses; `now_minutes` is the earliest clock of those at work.

    Attributes:
        seats: The businesses.
        heard: By seat, what it reads when its turn comes.
        turn: The index of the seat that acts next.
        shelves: By seat, the lowest price in cents of each product on offer last evening, by
            product id.
        balances_cents: By seat, last evening; empty on the first day.
    """

    seats: list[SeatState] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    turn: int = 0
    shelves: list[dict[str, int]] = field(default_factory=list)
    balances_cents: list[int] = field(default_factory=list)
