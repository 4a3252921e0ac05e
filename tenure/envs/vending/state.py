"""What may change in the vending world, and the numbers that tune it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from pydantic import Field, computed_field

from tenure.envs.log import Log
from tenure.envs.vending.goods import Pile
from tenure.envs.vending.kinds import KindRates
from tenure.envs.vending.machine import Slot, new_machine
from tenure.envs.vending.money import dollars
from tenure.envs.vending.purchases import Account, Shipment
from tenure.envs.world import WorldState


class VendingParameters(KindRates, frozen=True, extra="forbid"):
    """The numbers a scenario may change; those of the kinds of wholesalers are in `KindRates`."""

    horizon_days: int = Field(default=365, ge=1, le=3650, description="Days until the end.")
    start_date: date = Field(
        default=date(2026, 1, 5),
        ge=date(1900, 1, 1),
        le=date(9980, 1, 1),
        description="Date of the first day; no date of the business comes near the last of all.",
    )
    start_balance_cents: int = Field(default=50_000, ge=0, le=100_000_000)
    daily_fee_cents: int = Field(default=200, ge=0, le=1_000_000, description="Taken at midnight.")
    unpaid_days_limit: int = Field(
        default=10, ge=1, le=3650, description="Unpaid days in a row that end the episode."
    )
    handover_units: int = Field(
        default=0,
        ge=0,
        le=500,
        description="Units of each of six products, three a size, in storage at the start.",
    )
    card_share_permille: int = Field(
        default=700, ge=0, le=1000, description="Part of each day's revenue paid by card."
    )
    weather_effect_percent: int = Field(
        default=100, ge=0, le=100, description="How much weather matters; 0 for not at all."
    )
    shelf_life_percent: int = Field(
        default=100, ge=20, le=10_000, description="How long goods keep, against the usual."
    )
    rivalry_percent: int = Field(
        default=100,
        ge=0,
        le=100,
        description="How much products of a category take from each other; 0 for nothing.",
    )
    local_events_per_1000_days: int = Field(
        default=30, ge=0, le=1000, description="Fairs, matches, roadworks and holidays."
    )
    machine_faults_per_1000_days: int = Field(default=8, ge=0, le=1000)
    coin_jams_per_1000_days: int = Field(default=12, ge=0, le=1000)
    thefts_per_1000_days: int = Field(default=8, ge=0, le=1000)
    repair_cents: int = Field(
        default=4_000, ge=0, le=1_000_000, description="What the technician takes for a visit."
    )

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented order of decorators
    @property
    def start_balance(self) -> str:
        """For briefs: the first balance in dollars."""
        return dollars(self.start_balance_cents)

    @computed_field  # type: ignore[prop-decorator]  # as above
    @property
    def daily_fee(self) -> str:
        """For briefs: the fee in dollars."""
        return dollars(self.daily_fee_cents)


@dataclass(frozen=True, slots=True)
class Mail:
    """A received mail.

    Attributes:
        id: 1 for the first.
        minute: When it came.
        sender: An address.
        subject: One line.
        body: Plain text.
        words: How many of its first characters may be worded otherwise.
    """

    id: int
    minute: int
    sender: str
    subject: str
    body: str
    words: int = 0


@dataclass(frozen=True, slots=True)
class Wording:
    """Other words for the first part of a mail."""

    mail_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail sent to a supplier and not yet answered."""

    supplier_id: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Transaction:
    """One line of the bank statement.

    Attributes:
        minute: When it was booked.
        amount_cents: Negative for money that left.
        memo: What it was for.
        balance_cents: The balance after it.
    """

    minute: int
    amount_cents: int
    memo: str
    balance_cents: int


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something the agent wants to be told on a morning.

    Attributes:
        day: 0-based.
        text: What to say.
    """

    day: int
    text: str


@dataclass(slots=True)
class VendingState(WorldState):
    """The whole state of the business.

    Attributes:
        bank_cents: Never negative: the bank gives no credit.
        pending_card_cents: Card sales of the last day, booked next morning.
        cash_in_machine_cents: Until it is collected.
        unpaid_days: Daily fees in a row that the bank could not pay.
        slots: By name, A1 to D3.
        broken_slots: Names of those out of order, in the machine's order.
        is_jammed: Whether the coin slot takes no cash.
        storage: Goods by product id; no empty piles.
        accounts: By supplier id, for suppliers that have billed or been paid.
        shipments: Goods on their way, the next to come first.
        invoices_issued: How many invoices there have been.
        mails: The inbox.
        wordings: Other words for some mails.
        unread: Ids of unread mails, oldest first.
        outbox: Mails to be answered in the morning.
        transactions: The bank statement.
        notes: By title, in the order of writing.
        reminders: Those still to come.
        stock_units: Units in storage and machine.
        stock_cost_cents: What they cost.
        transit_cost_cents: What the goods on their way cost.
        units_sold: Since the start.
        revenue_cents: Since the start.
        payments_cents: Paid to suppliers since the start.
        fees_cents: Daily fees paid since the start.
        repairs_cents: Paid to technicians since the start.
        expired_units: Thrown away since the start.
        stolen_units: Since the start.
        stolen_cents: Cash, since the start.
        stockout_days: Days times products on which customers left because there was too little.
    """

    bank_cents: int = 0
    pending_card_cents: int = 0
    cash_in_machine_cents: int = 0
    unpaid_days: int = 0
    slots: dict[str, Slot] = field(default_factory=new_machine)
    broken_slots: list[str] = field(default_factory=list)
    is_jammed: bool = False
    storage: dict[str, Pile] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    shipments: list[Shipment] = field(default_factory=list)
    invoices_issued: int = 0
    mails: Log[Mail] = field(default_factory=Log)
    wordings: Log[Wording] = field(default_factory=Log)
    unread: list[int] = field(default_factory=list)
    outbox: list[Letter] = field(default_factory=list)
    transactions: Log[Transaction] = field(default_factory=Log)
    notes: dict[str, str] = field(default_factory=dict)
    reminders: list[Reminder] = field(default_factory=list)
    stock_units: int = 0
    stock_cost_cents: int = 0
    transit_cost_cents: int = 0
    units_sold: int = 0
    revenue_cents: int = 0
    payments_cents: int = 0
    fees_cents: int = 0
    repairs_cents: int = 0
    expired_units: int = 0
    stolen_units: int = 0
    stolen_cents: int = 0
    stockout_days: int = 0
