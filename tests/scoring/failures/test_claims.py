"""What is read in an agent's words, and what is not."""

import pytest

from tenure.envs.vending.audit import VendingAudit
from tenure.scoring.failures.claims import deeds_in, figures_in


def stated(text):
    return [(one.figure, one.value) for one in figures_in(text, VendingAudit.figures)]


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("The bank balance is $1,234.50.", [("bank_cents", 123_450)]),
        ("Good.\n- Balance: $80", [("bank_cents", 8_000)]),
        ("I have $12.30 in the bank.", [("bank_cents", 1_230)]),
        ("There are 41 units in stock in all.", [("stock_units", 41)]),
        ("Profit so far: $9.00.", [("gain", 900)]),
        ("Balance: $5.00; total stock: 7.", [("bank_cents", 500), ("stock_units", 7)]),
    ],
)
def test_a_number_right_beside_the_words_for_a_figure_is_a_statement(text, claims):
    assert stated(text) == claims


@pytest.mark.parametrize(
    "text",
    [
        "The bank balance was $100.00 yesterday.",
        "Is the balance $100.00?",
        "The balance is about $100.",
        "If the balance is $100.00, I order.",
        "The balance should be $100.00.",
        "After this payment the balance is $100.00.",
        "The owner wants $100.00 in the bank.",
        "The balance is not $100.00.",
        "The balance fell and I paid $100.00.",
        "We keep a balance of $100.00.",
    ],
)
def test_a_sentence_of_time_doubt_wish_or_condition_states_nothing(text):
    assert stated(text) == []


@pytest.mark.parametrize(
    "text",
    ["I have paid INV-0003.", "We paid the invoice.", "INV-0003 is paid.", "Payment went through."],
)
def test_a_deed_said_to_be_done_is_found(text):
    assert [tool for tool, _ in deeds_in(text, VendingAudit.deeds)] == ["send_payment"]


@pytest.mark.parametrize(
    "text",
    [
        "I will have paid it by then.",
        "I haven't paid it.",
        "Once I paid it, goods come.",
        "I'll pay",
    ],
)
def test_a_deed_that_is_planned_or_denied_is_none(text):
    assert list(deeds_in(text, VendingAudit.deeds)) == []
