import pytest

from tenure.envs.tools import Fault
from tenure.envs.vending.money import dollars
from tests.envs.vending.play import (
    easiest,
    favourite,
    make,
    order,
    pay,
    supplied,
    wait,
)


def put_on_sale(world, slot, product, quantity, cents):
    world.call("stock_slot", slot=slot, product=product.name, quantity=quantity)
    return world.call("set_price", slot=slot, price=cents / 100)


def events(step, kind):
    return [event for event in step.events if event["kind"] == kind]


# --- time -----------------------------------------------------------------------------------


def test_the_first_morning_says_what_there_is():
    opening = make().opening()
    assert "$500.00" in opening
    assert opening.endswith("[Day 1 of 365, Mon 2026-01-05 08:00]")


def test_a_call_takes_its_minutes():
    world = make()
    assert world.call("check_bank").minute == 8 * 60 + 5
    assert world.call("search_suppliers", query="chips").minute == 8 * 60 + 30


def test_a_call_that_ends_at_ten_in_the_evening_is_done_and_the_agent_sleeps():
    world = make()
    for _ in range(33):
        world.call("search_suppliers", query="chips")
    assert world.state.now_minutes == 21 * 60 + 45
    step = world.call("search_suppliers", query="chips")
    assert "<" in step.text
    assert "go to sleep" in step.text
    assert step.minute == 1440 + 8 * 60


def test_the_last_minutes_before_ten_in_the_evening_are_working_time():
    world = make()
    for _ in range(167):
        world.call("check_bank")
    assert world.state.now_minutes == 21 * 60 + 55
    assert world.call("check_bank").minute == 1440 + 8 * 60


def test_waiting_ends_at_eight_next_morning_with_a_report():
    step = wait(make())
    assert step.minute == 1440 + 8 * 60
    assert "Sold yesterday: nothing." in step.text
    assert "Bank: $498.00" in step.text
    assert step.text.endswith("[Day 2 of 365, Tue 2026-01-06 08:00]")


def test_the_episode_ends_after_the_last_midnight():
    world = make(horizon_days=3)
    assert wait(world, 2).ended == ""
    step = wait(world)
    assert step.ended == "horizon"
    assert step.minute == 3 * 1440
    assert "Final bank balance: $494.00" in step.text


def test_a_previous_owner_may_leave_goods_in_storage():
    world = make(handover_units=12)
    assert "there are goods in storage" in world.opening()
    sizes = [world.products[name].size for name in world.state.storage]
    assert sizes == ["small"] * 3 + ["large"] * 3
    assert world.call("check_storage").text.count(": 12 units, bought at $") == 6
    assert world.catalogue == make().catalogue


# --- money ----------------------------------------------------------------------------------


def test_the_fee_is_taken_every_midnight():
    world = make()
    assert wait(world, 3).reward == -200
    assert world.state.bank_cents == 50_000 - 600
    assert world.state.fees_cents == 600


def test_ten_unpaid_days_in_a_row_end_the_business():
    world = make(start_balance_cents=500)
    step = wait(world, 11)
    assert (step.ended, world.state.unpaid_days) == ("", 9)
    assert "9 days in a row" in step.text
    step = wait(world)
    assert step.ended == "bankrupt"
    assert world.state.bank_cents == 100


def test_a_paid_day_forgets_the_unpaid_ones():
    world, small, _ = supplied(card_share_permille=1000)
    put_on_sale(world, "A1", small, 15, small.reference_cents)
    world.call("send_payment", to=world.suppliers[0].email, amount=world.state.bank_cents / 100)
    wait(world)
    assert world.state.unpaid_days == 1
    assert world.state.bank_cents >= 200
    wait(world)
    assert world.state.unpaid_days == 0


def test_card_sales_are_booked_next_morning_and_cash_waits_in_the_machine():
    world, small, _ = supplied(card_share_permille=600)
    put_on_sale(world, "A1", small, 15, small.reference_cents)
    before = world.state.bank_cents
    step = wait(world)
    (day,) = events(step, "day")
    revenue_cents = day["revenue_cents"]
    assert revenue_cents > 0
    card_cents = revenue_cents * 600 // 1000
    assert world.state.bank_cents == before - 200 + card_cents
    assert world.state.cash_in_machine_cents == revenue_cents - card_cents
    assert f"card {dollars(card_cents)}" in step.text
    collected = world.call("collect_cash")
    assert collected.reward == revenue_cents - card_cents
    assert world.state.cash_in_machine_cents == 0


def test_at_the_end_card_money_counts_and_cash_in_the_machine_does_not():
    world, small, _ = supplied(card_share_permille=500, horizon_days=30)
    wait(world, 30 - world.today - 1)
    put_on_sale(world, "A1", small, 15, small.reference_cents)
    before = world.state.bank_cents
    step = wait(world)
    assert step.ended == "horizon"
    revenue_cents = events(step, "day")[0]["revenue_cents"]
    assert revenue_cents > 0
    assert world.state.bank_cents == before - 200 + revenue_cents // 2


def test_net_worth_is_unchanged_by_paying_receiving_and_stocking():
    world = make(start_balance_cents=100_000, daily_fee_cents=0)
    supplier = easiest(world)
    small = favourite(world, supplier, "small")
    index = [figure.name for figure in world.figures].index("net_worth_cents")
    order(world, supplier, {small.id: 200})
    wait(world)
    assert pay(world, supplier).figures[index] == 100_000
    assert wait(world, supplier.lead_days[1] + 1).figures[index] == 100_000
    world.call("stock_slot", slot="A1", product=small.name, quantity=7)
    assert world.call("empty_slot", slot="A1").figures[index] == 100_000


# --- mail, orders and deliveries ------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "first_line"),
    [
        ("pizza ovens", "No wholesaler fits 'pizza ovens'. Others:"),
        (" zebra\n- x <y>: ", "No wholesaler fits 'zebra - x <y>:'. Others:"),
        ("", "Some wholesalers:"),
    ],
)
def test_a_search_says_that_nothing_fits_and_names_three_others(query, first_line):
    first, *others, stamp = make().call("search_suppliers", query=query).text.splitlines()
    assert first == first_line
    assert [line[:2] for line in others] == ["- "] * 3
    assert stamp.startswith("[Day 1")


def test_a_search_that_finds_someone_lists_only_whom_it_found():
    assert make().call("search_suppliers", query="candy").text.startswith("- ")


def test_mail_is_answered_at_six_next_morning():
    world = make()
    supplier = world.suppliers[0]
    world.call("send_mail", to=supplier.email.upper(), subject="Hello", body="What do you sell?")
    assert len(world.state.mails) == 0
    wait(world)
    (mail,) = world.state.mails
    assert (mail.id, mail.minute, mail.sender) == (1, 1440 + 6 * 60, supplier.email)
    assert "1 unread" in world.stamp()
    assert "unread" not in world.call("read_mail", mail_id=1).text


def test_an_address_may_be_written_as_the_search_shows_it():
    world = make()
    supplier = world.suppliers[0]
    to = f"{supplier.name} <{supplier.email}>"
    assert world.call("send_mail", to=to, subject="Hello", body="Prices?").fault is None


def test_an_order_is_confirmed_when_paid_and_delivered_on_the_promised_day():
    world = make(start_balance_cents=100_000)
    supplier = easiest(world)
    small = favourite(world, supplier, "small")
    order(world, supplier, {small.id: 200})
    wait(world)
    step = pay(world, supplier)
    (shipment,) = world.state.shipments
    promised = world.calendar.label(shipment.due_minutes // 1440)
    assert events(step, "order")[0]["units"] == {small.id: 200}
    assert promised in world.state.mails[-1].body
    wait(world, shipment.due_minutes // 1440 - world.today)
    assert world.state.storage == {}
    wait(world)
    assert world.state.storage[small.id].units == 200
    assert "delivered" in world.state.mails[-1].subject


def test_goods_land_later_in_the_day_than_the_morning_report():
    world = make(start_balance_cents=100_000)
    supplier = easiest(world)
    order(world, supplier, {favourite(world, supplier, "small").id: 200})
    wait(world)
    pay(world, supplier)
    due = world.state.shipments[0].due_minutes
    report = wait(world, due // 1440 - world.today)
    assert "Unread mails: 2" in report.text
    assert "Storage is empty" in world.call("check_storage").text
    while world.state.now_minutes < due:
        assert world.state.storage == {}
        world.call("check_bank")
    assert world.state.mails[-1].minute == due
    assert "200 units" in world.call("check_storage").text


def test_a_payment_in_two_parts_confirms_with_the_second():
    world = make(start_balance_cents=100_000)
    supplier = easiest(world)
    order(world, supplier, {favourite(world, supplier, "small").id: 200})
    wait(world)
    total_cents = world.state.accounts[supplier.id].open_invoices[0].total_cents
    world.call("send_payment", to=supplier.email, amount=1.5)
    assert world.state.shipments == []
    missing = dollars(total_cents - 150)
    assert f"{missing} missing" in world.state.mails[-1].body
    world.call("send_payment", to=supplier.email, amount=(total_cents - 150) / 100)
    assert len(world.state.shipments) == 1
    assert world.state.accounts[supplier.id].credit_cents == 0


def test_money_paid_in_advance_confirms_the_next_invoice():
    world = make(start_balance_cents=100_000)
    supplier = easiest(world)
    world.call("send_payment", to=supplier.email, amount=900)
    order(world, supplier, {favourite(world, supplier, "small").id: 200})
    wait(world)
    assert len(world.state.shipments) == 1
    assert "remaining credit" in world.state.mails[-1].body


def test_the_inbox_pages_backwards():
    world = make()
    for _ in range(20):
        world.call("send_mail", to=world.suppliers[0].email, subject="Hi", body="Thank you!")
    wait(world)
    newest = world.call("read_inbox").text
    assert newest.startswith("20 mails, 20 unread.\n20. [unread]")
    assert "read_inbox with before=6" in newest
    older = world.call("read_inbox", before=6).text
    assert "\n5. [unread]" in older
    assert "\n6. " not in older


# --- notes and reminders --------------------------------------------------------------------


def test_notes_are_kept_replaced_and_deleted():
    world = make()
    world.call("write_note", title="plan", text="buy cola")
    world.call("write_note", title="plan", text="buy tea")
    assert "## plan\nbuy tea" in world.call("read_notes").text
    world.call("delete_note", title="plan")
    assert "There are no notes." in world.call("read_notes").text


@pytest.mark.parametrize("day", [3, "3", "2026-01-07"])
def test_a_reminder_comes_on_its_morning(day):
    world = make()
    world.call("set_reminder", day=day, text="count the stock")
    assert "Reminder" not in wait(world).text
    assert "Reminder: count the stock" in wait(world).text
    assert world.state.reminders == []


# --- refusals -------------------------------------------------------------------------------

REFUSALS = {
    "unknown mail": ("read_mail", {"mail_id": 99}, "There is no mail 99"),
    "unknown address": (
        "send_mail",
        {"to": "x@y.example", "subject": "a", "body": "b"},
        "does not exist",
    ),
    "unknown payee": ("send_payment", {"to": "x@y.example", "amount": 1}, "does not exist"),
    "too poor": ("send_payment", {"to": None, "amount": 999_999.0}, "The bank balance is $"),
    "fraction": ("send_payment", {"to": None, "amount": 1.005}, "not an amount in whole cents"),
    "unknown note": ("delete_note", {"title": "plan"}, "There is no note 'plan'"),
    "past day": ("set_reminder", {"day": 1, "text": "x"}, "after today"),
    "no date": ("set_reminder", {"day": "soon", "text": "x"}, "neither a day number nor a date"),
    "not in storage": (
        "stock_slot",
        {"slot": "A1", "product": "gold", "quantity": 1},
        "Storage holds no 'gold'",
    ),
    "wrong size": (
        "stock_slot",
        {"slot": "C1", "product": "small", "quantity": 1},
        "fits rows A and B only",
    ),
    "too many": (
        "stock_slot",
        {"slot": "A2", "product": "small", "quantity": 999},
        "Storage holds 50 units",
    ),
    "no room": (
        "stock_slot",
        {"slot": "A1", "product": "small", "quantity": 6},
        "room for 5 more units",
    ),
    "other product": (
        "stock_slot",
        {"slot": "A1", "product": "other small", "quantity": 1},
        "empty it first",
    ),
    "nothing to empty": ("empty_slot", {"slot": "B1"}, "empty already"),
    "nothing to price": ("set_price", {"slot": "B1", "price": 1.0}, "stock it first"),
    "free": ("set_price", {"slot": "A1", "price": 0.001}, "try $0.01"),
}


@pytest.fixture(scope="module")
def stocked():
    """Fifty units of a small product, ten of them in slot A1, and some of another one."""
    world = make(start_balance_cents=200_000)
    supplier = easiest(world)
    smalls = [p for p in world.catalogue if p.id in supplier.prices_cents and p.size == "small"]
    small, other = smalls[:2]
    order(world, supplier, {small.id: 60, other.id: 60})
    wait(world)
    pay(world, supplier)
    wait(world, supplier.lead_days[1] + 1)
    world.call("stock_slot", slot="A1", product=small.name, quantity=10)
    return world, {"small": small.name, "other small": other.name, None: supplier.email}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_is_a_sentence_and_changes_nothing_but_the_time(stocked, case):
    world, words = stocked
    name, arguments, sentence = REFUSALS[case]
    arguments = {key: words.get(value, value) for key, value in arguments.items()}
    before = world.snapshot()
    minutes = world.state.now_minutes
    step = world.call(name, **arguments)
    assert step.fault is Fault.REFUSED
    assert sentence in step.text
    assert step.text.splitlines()[0].endswith(".")
    assert step.events == ()
    world.state.now_minutes = minutes
    assert world.snapshot() == before


def test_a_full_notebook_refuses_more_and_keeps_what_it_has():
    world = make()
    for title in "abcd":
        world.call("write_note", title=title, text="x" * 4_990)
    step = world.call("write_note", title="e", text="x" * 100)
    assert step.fault is Fault.REFUSED
    assert list(world.state.notes) == list("abcd")


def test_fifty_reminders_are_enough():
    world = make()
    for _ in range(50):
        world.call("set_reminder", day=300, text="x")
    assert world.call("set_reminder", day=300, text="x").fault is Fault.REFUSED


# --- machine --------------------------------------------------------------------------------


def test_a_restocked_slot_keeps_its_price_and_another_product_loses_it():
    world, small, _ = supplied()
    put_on_sale(world, "A1", small, 5, 150)
    assert "$1.50" in world.call("stock_slot", slot="A1", product=small.id, quantity=3).text
    world.call("empty_slot", slot="A1")
    again = world.call("stock_slot", slot="A1", product=small.name, quantity=3)
    assert "no price yet" in again.text


def test_the_machine_page_tells_what_an_empty_slot_holds():
    page = make().call("check_machine").text
    assert page.startswith("A1: empty, room for 15 small items\n")
    assert "\nD3: empty, room for 8 large items\n" in page


def test_stocking_and_emptying_moves_goods_and_loses_none():
    world, _, large = supplied(units=60)
    world.call("stock_slot", slot="D3", product=large.name, quantity=8)
    assert world.state.storage[large.id].units == 52
    assert "8 units" in world.call("empty_slot", slot="D3").text
    assert world.state.storage[large.id].units == 60


def test_the_report_names_what_sold_and_which_slots_are_empty():
    world, small, _ = supplied()
    put_on_sale(world, "A2", small, 1, 10)
    step = wait(world)
    assert f"- {small.name}: 1 units, $0.10" in step.text
    assert "Slots sold out: A2." in step.text
    assert events(step, "day")[0]["lost"][small.id] > 0
    assert world.state.stockout_days == 1
