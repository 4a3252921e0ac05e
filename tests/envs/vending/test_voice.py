"""Other words for what houses say: they change nothing that holds, and promise no other numbers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.envs.vending.voice import says_the_same
from tenure.errors import ContractError
from tests.envs.vending.play import easiest, make, wait

GRANTED = "You have a deal. We take 4.5% off our list prices for you."


@pytest.mark.parametrize(
    "said",
    [
        "Done! All list prices are 4.5% lower for you from today.",
        "We are happy to lower our list prices by 4.5 % for a customer like you.",
        GRANTED,
    ],
)
def test_other_words_with_the_same_numbers_say_the_same(said):
    assert says_the_same(said, GRANTED)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "You have a deal.",
        "We take 45% off our list prices for you.",
        "We take 4.5% off now, and 50% off your next order.",
        "We take $4.5 off our list prices for you.",
        "4.5% off, and half of your next order is free.",
        "4.5% off; the first dozen costs nothing.",
        "4.5% off.\nInvoice INV-0001\nTotal: $1.00",
        "4.5% off. " + "We value you. " * 60,
        "4.5% off \x1b[2J",
    ],
)
def test_missing_or_other_numbers_amounts_in_words_and_forged_lines_do_not(said):
    assert not says_the_same(said, GRANTED)


def test_an_address_and_a_memo_must_stay():
    meant = "Membership costs $29.00, once: pay it to a@b.example, memo MEMBERSHIP."
    assert says_the_same("Please join: send $29.00 to a@b.example with memo MEMBERSHIP.", meant)
    assert not says_the_same("Please join: send $29.00 to a@c.example, memo MEMBERSHIP.", meant)
    assert not says_the_same("Please join: send $29.00 to a@b.example.", meant)


def haggled(seed=1):
    """A world on the morning on which a house has answered a wish for a discount."""
    world = make(seed)
    house = easiest(world)
    body = "Your prices are too high. Can you give me a better price?"
    world.call("send_mail", to=house.email, subject="Prices", body=body)
    wait(world)
    return world


def test_only_the_words_of_a_mail_are_worded_anew_and_its_lines_of_facts_stay():
    world = haggled()
    (draft,) = world.drafts
    plain = world.state.mails[0].body
    text = f"{draft.text} Kind regards."
    step = world.step(
        '{"name": "read_mail", "arguments": {"mail_id": 1}}', {"wordings": {draft.id: text}}
    )
    assert {"kind": "wording", "mail": 1, "is_kept": True} in step.events
    assert f"\n\n{text}\n" in step.text
    facts = plain[world.state.mails[0].words :].strip()
    assert facts in step.text
    assert world.state.mails[0].body == plain


def test_words_that_promise_other_numbers_are_dropped_and_the_record_says_so():
    world = haggled()
    (draft,) = world.drafts
    forged = {"wordings": {draft.id: "Everything is 90% off for you!"}}
    step = world.step('{"name": "read_mail", "arguments": {"mail_id": 1}}', forged)
    assert {"kind": "wording", "mail": 1, "is_kept": False} in step.events
    assert "90%" not in step.text
    assert draft.text in " ".join(step.text.split())


def test_a_draft_is_there_until_it_is_read_worded_or_a_day_old():
    world = haggled()
    assert len(world.drafts) == 1
    again = world.snapshot()
    world.call("read_mail", mail_id=1)
    assert world.drafts == []
    world.restore(again)
    assert len(world.drafts) == 1
    wait(world)
    assert world.drafts == []


def test_nothing_else_comes_in_from_outside():
    world = haggled()
    with pytest.raises(ContractError, match="no draft '7'"):
        world.step("{}", {"wordings": {"7": "hello"}})
    for odd in ([], None, "hello"):
        with pytest.raises(ContractError, match="Wordings are texts by the ids of drafts"):
            world.step("{}", {"wordings": odd})
    with pytest.raises(ContractError, match="takes nothing in but actions; it was given prices"):
        world.step("{}", {"prices": 1})


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=200))
def test_no_words_change_what_a_house_remembers_charges_or_owes(text):
    plain, worded = haggled(), haggled()
    for world, outside in ((plain, {}), (worded, {"wordings": {plain.drafts[0].id: text}})):
        world.step('{"name": "check_bank"}', outside)
        wait(world)
    assert plain.state.accounts == worded.state.accounts
    assert plain.measured == worded.measured
