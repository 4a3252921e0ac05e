"""Kinds of houses: drawn per seed, each with its own switch, told by deeds and by no name."""

import math
import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.envs.chance import Chance
from tenure.envs.clock import day_of
from tenure.envs.vending.invoices import Invoice, InvoiceLine
from tenure.envs.vending.kinds import Kind, KindRates, Practice
from tenure.envs.vending.products import draw_catalogue, draw_last_day
from tenure.envs.vending.purchases import ship
from tenure.envs.vending.suppliers import draw_suppliers
from tests.envs.vending.play import favourite, make, order, pay, wait

HONEST = dict.fromkeys(KindRates.model_fields, 0)
DISHONEST = {Kind.OVERPRICING, Kind.MEMBERSHIP, Kind.BAIT, Kind.LATE, Kind.SHORT, Kind.FAILING}


def only(*kinds):
    """Parameters with which every house is of some kinds and of no other."""
    return HONEST | {f"{kind}_permille": 1000 for kind in kinds}


def drawn(seed, **rates):
    chance = Chance(seed)
    return draw_suppliers(chance, draw_catalogue(chance), KindRates(**rates))


# --- drawing --------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_with_all_rates_nought_every_house_is_honest(seed):
    assert all(one.practice == Practice() for one in drawn(seed, **HONEST))


def test_every_kind_has_a_rate_and_occurs_about_as_often_as_it_says():
    assert set(KindRates.model_fields) == {f"{kind}_permille" for kind in Kind}
    houses = [house for seed in range(60) for house in drawn(seed)]
    counts = Counter(kind for house in houses for kind in house.practice.kinds)
    for kind in Kind:
        expected = len(houses) * getattr(KindRates(), f"{kind}_permille") / 1000
        assert abs(counts[kind] - expected) < 4 * math.sqrt(expected)


@pytest.mark.parametrize("kind", Kind)
def test_switching_a_kind_off_changes_the_houses_of_that_kind_alone(kind):
    changed = 0
    for seed in range(12):
        for before, after in zip(drawn(seed), drawn(seed, **{f"{kind}_permille": 0}), strict=True):
            if kind in before.practice.kinds:
                changed += 1
                others = tuple(one for one in before.practice.kinds if one is not kind)
                assert after.practice.kinds == others
                assert (after.name, after.email) == (before.name, before.email)
            else:
                assert after == before
    assert changed


@pytest.mark.parametrize("kind", Kind)
def test_switching_a_kind_off_leaves_customers_goods_and_mishaps_as_they_were(kind):
    world = make(5, handover_units=20)
    twin = make(5, handover_units=20, **{f"{kind}_permille": 0})
    assert twin.catalogue == world.catalogue
    assert twin.handover == world.handover
    assert twin.market == world.market
    assert twin.mishaps == world.mishaps


def test_the_same_house_is_of_another_kind_on_another_seed():
    kinds = {drawn(seed)[0].practice.kinds for seed in range(30)}
    assert len(kinds) > 3


# --- nothing tells ------------------------------------------------------------------------------


def words_of(house):
    return set(re.findall(r"[a-z]+", f"{house.name} {house.email} {house.description}".lower()))


def separation(examples):
    """Area under the curve of naive Bayes over words: 0.5 is chance. Trained on the first half."""
    half = len(examples) // 2
    counts = {label: Counter() for label in (True, False)}
    totals = Counter(label for _, label in examples[:half])
    for tokens, label in examples[:half]:
        counts[label].update(tokens)

    def score(tokens):
        return sum(
            math.log((counts[True][token] + 1) / (totals[True] + 2))
            - math.log((counts[False][token] + 1) / (totals[False] + 2))
            for token in tokens
        )

    scored = [(score(tokens), label) for tokens, label in examples[half:]]
    bad = [value for value, label in scored if label]
    good = [value for value, label in scored if not label]
    wins = sum((one > other) + 0.5 * (one == other) for one in bad for other in good)
    return wins / (len(bad) * len(good))


def test_no_name_address_or_description_gives_a_kind_away():
    houses = [house for seed in range(150) for house in drawn(seed)]
    examples = [(words_of(one), bool(DISHONEST & set(one.practice.kinds))) for one in houses]
    assert abs(separation(examples) - 0.5) < 0.06
    marked = [(words | ({"cheap"} if label else set()), label) for words, label in examples]
    assert separation(marked) > 0.95  # the test would see a clue


# --- what a parcel holds ------------------------------------------------------------------------


def shipped(kind, seed, day=3, units=50):
    """An order of a house's two dearest products, on its way."""
    world = make(seed, **only(kind))
    house = max(world.suppliers, key=lambda one: len(one.prices_cents))
    dearest = sorted(house.prices_cents, key=house.prices_cents.get)[-2:]
    lines = tuple(InvoiceLine(name, units, house.invoiced_cents(name, units)) for name in dearest)
    total_cents = sum(line.quantity * line.unit_cents for line in lines)
    invoice = Invoice("INV-0001", house.id, lines, total_cents)
    return world, house, ship(world.chance, house, invoice, day, world.products)


def test_an_honest_house_ships_what_was_paid_for_on_the_promised_day():
    world, house, shipment = shipped(Kind.TOUGH, 1)
    assert shipment.parcel == shipment.invoice.lines
    assert shipment.missing_cents == 0
    assert shipment.due_minutes // 1440 == shipment.promised_day
    assert house.practice == replace(
        Practice(), kinds=(Kind.TOUGH,), level_permille=house.practice.level_permille
    )
    assert world.suppliers


def test_a_late_house_breaks_its_promise_often_and_not_always():
    late = [
        shipment.due_minutes // 1440 - shipment.promised_day
        for shipment in (shipped(Kind.LATE, seed)[2] for seed in range(20))
    ]
    assert set(late) <= {0, *range(2, 10)}
    assert 8 <= sum(days > 0 for days in late) <= 19


def test_a_house_that_ships_short_leaves_out_a_part_of_every_line():
    missing = [shipped(Kind.SHORT, seed)[2] for seed in range(20)]
    short = [one for one in missing if one.missing_cents]
    assert 5 <= len(short) <= 18
    for shipment in short:
        for line, paid in zip(shipment.parcel, shipment.invoice.lines, strict=True):
            assert paid.quantity * 650 // 1000 <= line.quantity <= paid.quantity * 920 // 1000


def test_a_swapped_product_is_of_the_size_and_never_below_its_floor():
    swaps = 0
    for seed in range(30):
        world, house, shipment = shipped(Kind.BAIT, seed)
        for line, paid in zip(shipment.parcel, shipment.invoice.lines, strict=True):
            assert (line.quantity, line.unit_cents) == (paid.quantity, paid.unit_cents)
            if line.product_id != paid.product_id:
                swaps += 1
                sizes = {world.products[one.product_id].size for one in (line, paid)}
                assert len(sizes) == 1
                assert house.lowest_unit_cents(line.product_id) <= paid.unit_cents
    assert swaps


# --- a customer's fate --------------------------------------------------------------------------


def ordered(kind, seed=1, **parameters):
    """A world on the morning after an order of a house of some kind, and the house."""
    world = make(seed, start_balance_cents=200_000, **only(kind), **parameters)
    house = max(world.suppliers, key=lambda one: len(one.prices_cents))
    order(world, house, {favourite(world, house, "small").id: 300})
    wait(world)
    return world, house


def events(step, kind):
    return [event for event in step.events if event["kind"] == kind]


def until(world, kind, days=60):
    for _ in range(days):
        step = wait(world)
        if events(step, kind):
            return events(step, kind)[0], step
    raise AssertionError(kind)


def test_missing_units_are_in_the_record_and_in_no_mail():
    for seed in range(1, 12):
        world, house = ordered(Kind.SHORT, seed)
        pay(world, house)
        delivery, _ = until(world, "delivery")
        if delivery["missing_cents"]:
            break
    (units,) = delivery["units"].values()
    assert delivery["ordered"] != delivery["units"]
    assert world.state.stock_units == units < 300
    assert "300 units" in world.state.mails[-1].body
    assert world.state.accounts[house.id].owed_cents == delivery["missing_cents"]


def test_what_comes_in_place_of_other_goods_has_its_own_age_and_the_mail_does_not_tell():
    for seed in range(1, 40):
        world, house = ordered(Kind.BAIT, seed)
        pay(world, house)
        delivery, _ = until(world, "delivery")
        if delivery["units"] != delivery["ordered"]:
            break
    ((paid_for, units),) = delivery["ordered"].items()
    ((came, count),) = delivery["units"].items()
    assert (came != paid_for, count) == (True, units)
    (lot,) = world.state.storage[came].lots
    day = day_of(world.state.mails[-1].minute)
    assert lot.last_day == draw_last_day(world.chance, world.products[came], house.id, day)
    claimed = draw_last_day(world.chance, world.products[paid_for], house.id, day)
    body = world.state.mails[-1].body
    assert f"{world.products[paid_for].name}: 300 units, sell by day {claimed + 1}" in body
    assert world.products[came].name not in body


def test_goods_that_come_too_late_are_as_fresh_as_on_that_day():
    world, house = ordered(Kind.LATE)
    pay(world, house)
    until(world, "delivery")
    ((name, pile),) = world.state.storage.items()
    day = day_of(world.state.mails[-1].minute)
    assert pile.lots[0].last_day == draw_last_day(world.chance, world.products[name], house.id, day)


def test_a_complaint_brings_back_what_is_owed_as_credit_once():
    for seed in range(1, 30):
        world, house = ordered(Kind.SHORT, seed)
        pay(world, house)
        delivery, _ = until(world, "delivery")
        if delivery["missing_cents"] and house.practice.makes_good:
            break
    for _ in range(2):
        body = "Units are missing from your delivery."
        world.call("send_mail", to=house.email, subject="INV-0001", body=body)
        wait(world)
    account = world.state.accounts[house.id]
    assert (account.credit_cents, account.owed_cents) == (delivery["missing_cents"], 0)


def test_what_a_failing_house_owes_is_lost_and_its_customers_are_told():
    world, house = ordered(Kind.FAILING, 3)
    closing_day = house.practice.closing_day
    wait(world, closing_day - 1 - world.today)
    order(world, house, {favourite(world, house, "small").id: 300})
    wait(world)
    world = make(3, start_balance_cents=200_000, **only(Kind.FAILING))
    order_day = closing_day - house.practice.distress_days
    wait(world, max(0, order_day))
    order(world, house, {favourite(world, house, "small").id: 300})
    wait(world)
    pay(world, house)
    paid_cents = world.state.payments_cents
    lost, _ = until(world, "lost", 400)
    assert lost["goods_cents"] == paid_cents
    assert world.state.transit_cost_cents == 0
    assert world.state.mails[-1].subject == "We have closed"
    refused = world.call("send_payment", to=house.email, amount=1)
    assert "has closed its account" in refused.text
    world.call("send_mail", to=house.email, subject="Hello", body="Where are my goods?")
    wait(world)
    assert world.state.mails[-1].subject == "Undeliverable"


def test_a_membership_fee_opens_the_door_of_houses_that_sell():
    for seed in range(1, 12):
        world, house = ordered(Kind.MEMBERSHIP, seed)
        if house.practice.serves_members:
            break
    assert "memo MEMBERSHIP" in world.state.mails[-1].body
    fee_cents = house.practice.fee_cents
    step = world.call("send_payment", to=house.email, amount=fee_cents / 100, memo="MEMBERSHIP")
    assert events(step, "membership") == [
        {"kind": "membership", "supplier": house.id, "fee_cents": fee_cents}
    ]
    world.call("send_mail", to=house.email, subject="", body="Please send me your price list.")
    wait(world)
    assert "each" in world.state.mails[-1].body


def test_a_baiting_house_invoices_more_than_it_quotes_and_the_record_knows():
    world = make(2, **only(Kind.BAIT))
    house = max(world.suppliers, key=lambda one: len(one.prices_cents))
    order(world, house, {favourite(world, house, "small").id: 300})
    (invoice,) = events(wait(world), "invoice")
    assert invoice["total_cents"] > invoice["quoted_cents"] * 117 // 100


def test_a_promise_to_pay_at_once_that_is_broken_lapses_and_is_remembered():
    world = make(2, **HONEST)
    house = next(one for one in world.suppliers if one.stance.speed_permille)
    name = world.products[next(iter(house.prices_cents))].name
    body = f"Please send 400 {name}. I will pay immediately."
    world.call("send_mail", to=house.email, subject="Order", body=body)
    wait(world)
    assert world.state.accounts[house.id].open_invoices
    wait(world)
    assert world.state.accounts[house.id].open_invoices
    assert events(wait(world), "lapsed")
    account = world.state.accounts[house.id]
    assert (account.open_invoices, account.relation.broken_promises) == ([], 1)
