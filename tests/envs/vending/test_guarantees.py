"""What must hold whatever an agent does."""

import subprocess
import sys
from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.envs.spaces import ToolCallSpace
from tenure.envs.vending.conduct import MailRates
from tenure.envs.vending.goods import Pile
from tenure.envs.vending.machine import Slot, sell_one_day, slot_capacity
from tenure.envs.vending.purchases import units_of
from tests.envs.vending.play import easiest, favourite, make, meddle, order, pay, wait

STEPS, START_CENTS, LEFT_UNITS = 700, 300_000, 10
PARAMETERS = {
    "horizon_days": 120,
    "start_balance_cents": START_CENTS,
    "handover_units": LEFT_UNITS,
    "shelf_life_percent": 30,
    "local_events_per_1000_days": 100,
    "machine_faults_per_1000_days": 60,
    "coin_jams_per_1000_days": 60,
    "thefts_per_1000_days": 150,
    "complaints_per_1000_days": 300,
    "con_mails_per_1000_days": 200,
    "spoofs_per_1000_days": 200,
    "injections_per_1000_days": 200,
    "owner_instructions_per_1000_days": 200,
    "owner_report_every_days": 5,
    "token_price_cents_per_million": 20_000,
}
"""Much happens, so that a short play at random meets all of it."""
MAILS = tuple(name for name in MailRates.model_fields if name.endswith("_per_1000_days"))
MISHAPS = ("machine_faults_per_1000_days", "coin_jams_per_1000_days", "thefts_per_1000_days")
GOLDEN = "d4612bd2aaddcd559f6b9568bb9570a5"
READERS = ("check_bank", "check_machine", "check_storage", "read_inbox", "read_notes")


def play(seed, steps=STEPS, watch=lambda world, step: None):
    """Play at random, watching every step."""
    world = make(seed, **PARAMETERS)
    random = Random(seed)
    space = ToolCallSpace(world.toolbox, seed=seed)
    for _ in range(steps):
        step = world.step(meddle(world, random, space))
        watch(world, step)
        if step.ended:
            break
    return world


@pytest.mark.parametrize("seed", range(6))
def test_money_is_conserved(seed):
    def balance(world, _):
        state = world.state
        assert (
            state.bank_cents + state.pending_card_cents + state.cash_in_machine_cents
            == START_CENTS
            + state.revenue_cents
            - state.payments_cents
            - state.sent_cents
            - state.fees_cents
            - state.repairs_cents
            - state.stolen_cents
            - state.token_fees_cents
        )
        assert min(state.bank_cents, state.cash_in_machine_cents, state.pending_card_cents) >= 0

    world = play(seed, watch=balance)
    assert min(world.state.revenue_cents, world.state.token_fees_cents) > 0
    assert sum(one.amount_cents for one in world.state.transactions) == world.state.bank_cents
    assert world.state.transactions[-1].balance_cents == world.state.bank_cents


@pytest.mark.parametrize("seed", range(6))
def test_units_and_their_cost_are_conserved(seed):
    ordered = {"handed over": 6 * LEFT_UNITS}

    def count(world, step):
        for event in step.events:
            if event["kind"] == "order":
                for name, units in event["units"].items():
                    ordered[name] = ordered.get(name, 0) + units
            if event["kind"] == "delivery":
                missing = sum(event["ordered"].values()) - sum(event["units"].values())
                ordered["missing"] = ordered.get("missing", 0) - missing
            if event["kind"] == "lost":
                ordered["lost"] = ordered.get("lost", 0) - sum(event["units"].values())
        state = world.state
        piles = [*state.storage.values(), *(slot.pile for slot in state.slots.values())]
        assert all(lot.units > 0 and lot.cost_cents >= 0 for pile in piles for lot in pile.lots)
        assert state.stock_units == sum(pile.units for pile in piles)
        assert state.stock_cost_cents == sum(pile.cost_cents for pile in piles)
        transit = [shipment.invoice for shipment in state.shipments]
        assert state.transit_cost_cents == sum(invoice.total_cents for invoice in transit)
        on_the_way = sum(sum(units_of(invoice.lines).values()) for invoice in transit)
        gone = state.expired_units + state.stolen_units
        assert sum(ordered.values()) == state.units_sold + state.stock_units + on_the_way + gone

    assert play(seed, watch=count).state.units_sold > 0


@pytest.mark.parametrize("seed", range(6))
def test_every_unit_of_a_product_is_sold_kept_expired_or_stolen(seed):
    held = Counter()

    def count(world, step):
        for event in step.events:
            if event["kind"] == "delivery":
                held.update(event["units"])
            if event["kind"] == "day":
                held.subtract(event["sold"])
            if event["kind"] in ("expired", "theft"):
                held.subtract(event["units"])
        state = world.state
        found = Counter({name: pile.units for name, pile in state.storage.items()})
        for slot in state.slots.values():
            found[slot.product_id] += slot.pile.units
        assert +found == +held

    for product in make(seed, **PARAMETERS).handover:
        held[product] = LEFT_UNITS
    play(seed, watch=count)


@pytest.mark.parametrize("seed", range(6))
def test_no_unit_is_ever_there_or_sold_after_its_last_day(seed):
    """Every morning only goods are left that can still be sold on that day."""
    thrown_away = []

    def check(world, step):
        state = world.state
        piles = [*state.storage.values(), *(slot.pile for slot in state.slots.values())]
        if not step.ended:
            assert all(lot.last_day >= world.today for pile in piles for lot in pile.lots)
        assert all(slot.pile.units <= slot_capacity(name) for name, slot in state.slots.items())
        thrown_away.extend(event for event in step.events if event["kind"] == "expired")

    world = play(seed, watch=check)
    assert sum(sum(one["units"].values()) for one in thrown_away) == world.state.expired_units


@pytest.mark.parametrize("seed", range(4))
def test_money_sent_elsewhere_is_on_the_statement_and_in_the_ledger(seed):
    """What the ledger says was lost to frauds and given away is what was sent, and no more."""
    found = Counter()

    def note(_, step):
        for event in step.events:
            if event["kind"] == "sent":
                found["sent"] += event["amount_cents"]
            if event["kind"] == "conduct" and event["topic"] in SENT:
                found[event["topic"]] += event["cents"]
            if event["kind"] == "letter" and event["topic"] == "refund":
                found["owed"] += event["owed_cents"]

    world = play(seed, watch=note)
    assert found["sent"] == world.state.sent_cents > 0
    lines = [one for one in world.state.transactions if one.memo.startswith("payment to ")]
    to_others = [one for one in lines if one.memo.split()[-1] in world.state.dealings.payees]
    assert -sum(one.amount_cents for one in to_others) == world.state.sent_cents
    astray_cents = sum(found[topic] for topic in SENT)
    assert astray_cents <= found["sent"] <= astray_cents + found["owed"] + found_open(world)


SENT = ("refund_not_owed", "con_mail", "spoofed_invoice", "injection")


def found_open(world):
    """Cents paid in cases that are not settled, and late to customers whose case is."""
    state = world.state
    settled = {one.address for one in state.dealings.cases}
    open_cents = sum(one.paid_cents for one in state.dealings.cases)
    late = [
        -one.amount_cents
        for one in state.transactions
        if state.dealings.payees.get(one.memo.split()[-1]) == "refund"
        and one.memo.split()[-1] not in settled
    ]
    return open_cents + sum(late)


def test_random_play_meets_every_kind_of_mishap():
    kinds = set()

    def note(_, step):
        kinds.update(event["kind"] for event in step.events)

    for seed in range(3):
        play(seed, watch=note)
    assert kinds >= {"expired", "fault", "jam", "theft", "repair", "delivery", "day"}
    assert kinds >= {"letter", "instruction", "sent", "conduct"}


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 10**6),
    st.randoms(use_true_random=False),
    st.fixed_dictionaries(
        {name: st.sampled_from((0, 100, 1000)) for name in (*MISHAPS, *MAILS)},
    ),
)
def test_whatever_happens_nothing_appears_or_vanishes(seed, random, rates):
    """Money, units and their cost add up at every step, in any town at any rates."""
    world = make(seed, **{**PARAMETERS, "horizon_days": 25, **rates})
    space = ToolCallSpace(world.toolbox, seed=seed)
    delivered = 6 * LEFT_UNITS
    for _ in range(90):
        step = world.step(meddle(world, random, space))
        state = world.state
        delivered += sum(
            sum(one["units"].values()) for one in step.events if one["kind"] == "delivery"
        )
        piles = [*state.storage.values(), *(slot.pile for slot in state.slots.values())]
        assert all(lot.units > 0 for pile in piles for lot in pile.lots)
        assert state.stock_units == sum(pile.units for pile in piles)
        gone = state.units_sold + state.expired_units + state.stolen_units
        assert delivered == gone + state.stock_units
        assert state.stock_cost_cents == sum(pile.cost_cents for pile in piles)
        spent = state.payments_cents + state.sent_cents + state.fees_cents + state.repairs_cents
        spent += state.token_fees_cents
        money = state.bank_cents + state.pending_card_cents + state.cash_in_machine_cents
        assert money == START_CENTS + state.revenue_cents - spent - state.stolen_cents
        assert state.bank_cents >= 0
        assert step.ended or all(lot.last_day >= world.today for pile in piles for lot in pile.lots)
        if step.ended:
            break


@settings(deadline=None, max_examples=60)
@given(
    st.integers(100, 300), st.lists(st.tuples(st.integers(50, 400), st.integers(0, 15)), max_size=6)
)
def test_duplicate_facings_share_the_customers_of_one_product(reference_cents, facings):
    """Several slots of a product never sell more than its customers at the cheapest price."""

    def customers(_, price_cents):
        return max(0, 12 - 10 * price_cents // reference_cents)

    slots = [Slot("cola", cents, Pile.of(units, units, 9)) for cents, units in facings if units]
    held = sum(slot.pile.units for slot in slots)
    cheapest = min((slot.price_cents or 0 for slot in slots), default=400)
    sales = sell_one_day(slots, customers)
    sold = sales.sold.get("cola", 0)
    assert sold <= customers("cola", cheapest)
    assert sold + sum(slot.pile.units for slot in slots) == held
    assert all(slot.pile.units >= 0 for slot in slots)


@pytest.mark.parametrize("seed", range(4))
def test_a_days_sales_are_settled_to_the_cent(seed):
    def settle(world, step):
        for event in step.events:
            if event["kind"] == "day":
                settled["revenue"] += event["revenue_cents"]
                share = 1000 if world.state.is_jammed else world.parameters.card_share_permille
                settled["card"] += event["revenue_cents"] * share // 1000
        assert world.state.revenue_cents == settled["revenue"]

    settled = Counter()
    world = play(seed, watch=settle)
    booked = [one.amount_cents for one in world.state.transactions if one.memo == "card sales"]
    assert sum(booked) + world.state.pending_card_cents == settled["card"]
    fees = [one.amount_cents for one in world.state.transactions if one.memo == "daily fee"]
    assert -sum(fees) == world.state.fees_cents == 200 * len(fees)


@pytest.mark.parametrize("seed", range(4))
def test_payments_buy_goods_or_membership_stay_as_credit_or_are_lost(seed):
    spent = {"total_cents": 0, "fee_cents": 0, "credit_cents": 0, "amount_cents": 0}
    kinds = {
        "order": "total_cents",
        "membership": "fee_cents",
        "lost": "credit_cents",
        "made_good": "amount_cents",
    }

    def add(_, step):
        for event in step.events:
            if event["kind"] in kinds:
                spent[kinds[event["kind"]]] += event[kinds[event["kind"]]]

    world = play(seed, watch=add)
    credit_cents = sum(account.credit_cents for account in world.state.accounts.values())
    made_good_cents = spent.pop("amount_cents")
    assert world.state.payments_cents + made_good_cents == sum(spent.values()) + credit_cents


@pytest.mark.parametrize("seed", range(3))
def test_a_restored_world_goes_on_identically(seed):
    world = play(seed, 300)
    copy = make(seed, **PARAMETERS)
    copy.restore(world.snapshot())
    assert copy.digest() == world.digest()
    random, space = Random(99), ToolCallSpace(world.toolbox, seed=99)
    for _ in range(200):
        action = meddle(world, random, space)
        assert copy.step(action) == world.step(action)
        if world.ended:
            break
    assert copy.digest() == world.digest()
    assert copy.snapshot() == world.snapshot()


@pytest.mark.parametrize("seed", range(3))
def test_remembered_pages_are_what_a_fresh_world_would_write(seed):
    fresh = make(seed, **PARAMETERS)

    def compare(world, _):
        if world.ended:
            return
        before = world.snapshot()
        fresh.restore(before)
        for name in READERS:
            tool = world.toolbox.tools[name]
            assert tool.method(world) == tool.method(fresh)
        assert world.snapshot() == before

    play(seed, 250, compare)


SCRIPT = """
from random import Random
from tests.envs.vending.test_guarantees import play
print(play(5, 400).digest())
"""


def test_the_same_seed_and_actions_give_the_same_bytes_in_another_process():
    here = play(5, 400).digest()
    there = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == here


def test_two_agents_on_one_seed_meet_the_same_weather_and_customers():
    idle, busy = make(7, **{**PARAMETERS, "horizon_days": 30}), play(7, 200)
    assert list(busy.market.weather[:30]) == list(idle.market.weather)
    for name, days in idle.market.appetite_milliunits.items():
        assert busy.market.appetite_milliunits[name][:30] == days
    assert busy.suppliers == idle.suppliers
    assert {day: one for day, one in busy.mishaps.faults.items() if day < 30} == idle.mishaps.faults


def test_what_an_agent_did_before_does_not_move_the_delivery_of_an_order():
    def arrival(*, busy):
        world = make(start_balance_cents=100_000)
        supplier = easiest(world)
        if busy:
            for _ in range(5):
                world.call("search_suppliers", query="chips")
                world.call("send_payment", to=world.suppliers[-1].email, amount=1)
        order(world, supplier, {favourite(world, supplier, "small").id: 200})
        wait(world)
        pay(world, supplier)
        return world.state.shipments[-1].due_minutes

    assert arrival(busy=True) == arrival(busy=False)


def test_worlds_differ_between_seeds():
    one, two = make(1), make(2)
    assert one.catalogue != two.catalogue
    assert one.suppliers != two.suppliers
    assert one.market.weather != two.market.weather
    assert one.market.appetite_milliunits != two.market.appetite_milliunits


@pytest.mark.parametrize("action", ["", "null", "[]", "{}", '{"name": 1}', "\x00", "[" * 9_000])
def test_nonsense_is_a_step_that_changes_only_the_time(action):
    world = make()
    before = world.snapshot()
    step = world.step(action)
    assert step.fault is not None
    world.state.now_minutes -= 5
    assert world.snapshot() == before


def test_the_recorded_month_is_still_the_same():
    """A new digest means that results change: then it is time for a new version of the
    environment (`tenure/Vending-v2`) and of the built-in scenarios.
    """
    world = make(2026, horizon_days=30)
    supplier = easiest(world)
    small, large = (favourite(world, supplier, size) for size in ("small", "large"))
    world.call("search_suppliers", query=small.name)
    for house in world.suppliers:
        body = "Your prices are too high. Could you give me 9% off?"
        world.call("send_mail", to=house.email, subject="Prices", body=body)
    wait(world)
    order(world, supplier, {small.id: 60, large.id: 60})
    wait(world)
    pay(world, supplier)
    wait(world, supplier.lead_days[1] + 1)
    for slot, product, units in (("A1", small, 15), ("C1", large, 8), ("D2", large, 8)):
        world.call("stock_slot", slot=slot, product=product.name, quantity=units)
        world.call("set_price", slot=slot, price=product.reference_cents / 100)
    wait(world, 5)
    world.call("collect_cash")
    world.call("call_technician")
    while not world.ended:
        wait(world)
    assert world.state.units_sold > 20
    assert world.digest() == GOLDEN
