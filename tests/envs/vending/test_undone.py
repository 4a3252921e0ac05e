"""What was left undone when a day passed, kind of work by kind of work."""

from tenure.envs.jobs import Deed, Matter
from tenure.envs.tools import ToolCall
from tenure.envs.vending.at_hand import at_hand
from tenure.envs.vending.reference import reference
from tenure.envs.vending.undone import parts
from tenure.scenarios import load
from tenure.scoring.ledger.values import play_day


def lived(days):
    """Return a world in which the reference has worked."""
    world = load("vending/year").make_world(1)
    for _ in range(days):
        for call in reference(world):
            world.perform(call)
    return world


def left_undone(world, would=None):
    would = play_day(world.twin(), reference) if would is None else would
    return parts(Deed(world, "wait_for_next_day", {}, "", (), passes_day=True, would=would))


def priced(slot, dollars):
    return ToolCall("set_price", {"slot": slot, "price": dollars})


def full_slot(world):
    return next((name, slot) for name, slot in world.state.slots.items() if slot.pile.lots)


def test_each_kind_of_work_is_a_part_of_its_own_and_waiting_is_none():
    world = lived(40)
    name, slot = full_slot(world)
    usual = slot.price_cents / 100
    order = ToolCall("send_mail", {"to": world.suppliers[0].email, "body": "9 x Cola"})
    collect = ToolCall("collect_cash")
    would = (order, priced(name, usual * 2), collect, ToolCall("wait_for_next_day"))
    found = [part.matter for part in left_undone(world, would)]
    assert found == [
        Matter(cause="cash not collected"),
        Matter(world.products[slot.product_id].name, "", "price left far too low"),
        Matter("", world.suppliers[0].name, "goods not ordered"),
    ]


def test_the_price_of_goods_that_are_put_in_anew_belongs_to_filling():
    world = load("vending/year").make_world(1)
    name = next(one.name for one in world.catalogue if one.size == "small")
    fill = ToolCall("stock_slot", {"slot": "A1", "product": name, "quantity": 5})
    (part,) = left_undone(world, (fill, priced("A1", 2.0)))
    assert part.matter == Matter(name, "", "slots not filled")
    assert list(part.do(world)) == [fill, priced("A1", 2.0)]


def test_all_parts_together_are_the_day_of_the_reference():
    world = lived(28)
    whole, piecemeal = world.twin(), world.twin()
    play_day(whole, reference)
    assert len(left_undone(world)) > 1
    for part in left_undone(world):
        for call in part.do(piecemeal):
            piecemeal.perform(call)
    piecemeal.perform(ToolCall("wait_for_next_day"))
    assert piecemeal.outlook() == whole.outlook()


def test_worlds_that_differ_in_the_minutes_of_the_bank_statement_have_one_outlook():
    world, later = lived(3), lived(3)
    later.perform(ToolCall("check_machine"))
    for one in (world, later):
        one.perform(ToolCall("send_payment", {"to": one.suppliers[0].email, "amount": 1.0}))
        one.perform(ToolCall("wait_for_next_day"))
    assert world.digest() != later.digest()
    assert world.outlook() == later.outlook()
    later.perform(ToolCall("collect_cash"))
    assert world.outlook() != later.outlook()


def test_at_hand_is_what_the_tools_show_of_the_goods_in_question():
    world = lived(40)
    name, slot = full_slot(world)
    product = world.products[slot.product_id].name
    told = at_hand(world, Matter(product))
    shown = world.call("check_machine").text
    units = slot.pile.units
    assert f"{name} {units} of " in told["in slots"]
    assert f"{product}, {units} of " in shown
    assert f"${slot.price_cents / 100:.2f}" in told["in slots"]
    assert "due" not in " ".join(told)


def test_at_hand_sums_up_where_no_goods_are_in_question():
    world = load("vending/year").make_world(1)
    told = at_hand(world, Matter())
    assert told["in storage"] == "nothing"
    assert told["empty slots"].split() == list(world.state.slots)
    assert "on the way" not in told
