"""What a night is named after when several things were left undone."""

import pytest

from tenure.envs.jobs import Deed
from tenure.envs.tools import ToolCall
from tenure.envs.vending.matters import matter
from tenure.envs.vending.reference import reference
from tenure.scenarios import load


def night(world, would) -> str:
    return matter(Deed(world, "wait_for_next_day", {}, "", (), passes_day=True, would=would)).cause


def live(world, days, leaves_out=""):
    """Let the reference work but for one tool; return its calls that were left out last."""
    for _ in range(days):
        left_out = []
        for call in reference(world):
            if call.name == leaves_out:
                left_out.append(call)
            else:
                world.perform(call)
    return left_out


def test_who_has_stopped_filling_slots_is_not_said_to_have_not_ordered():
    world = load("vending/year").make_world(1)
    live(world, 40)
    left_out = live(world, 6, "stock_slot")
    order = ToolCall("send_mail", {"to": "a@b.example", "body": "Please send me:\n"})
    assert night(world, [order, *left_out]) == "slots not filled"


@pytest.mark.parametrize(
    ("liked", "cause"), [(0, "slots not filled"), (-1, "goods not ordered")]
)  # fmt: skip
def test_a_night_is_named_after_that_on_which_more_profit_hangs(liked, cause):
    world = load("vending/year").make_world(1)  # which owns nothing yet
    profits = {
        one.name: one.base_sales_milliunits * (one.reference_cents - one.wholesale_cents)
        for one in world.catalogue
        if one.base_sales_milliunits < 15_000
    }
    ranked = sorted(profits, key=profits.__getitem__, reverse=True)
    stored, ordered = ranked[liked], ranked[-1 - liked]
    fill = ToolCall("stock_slot", {"slot": "A1", "product": stored, "quantity": 15})
    body = f"Please send me:\n40 x {ordered}\nWe will pay today."
    order = ToolCall("send_mail", {"to": "a@b.example", "body": body})
    assert night(world, [fill, order]) == cause
