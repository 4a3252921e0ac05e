"""What a supplier answers, and that no words change what it charges."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.envs.vending.desk import answer
from tenure.envs.vending.invoices import Invoice, InvoiceLine
from tenure.envs.vending.names import Names
from tenure.envs.vending.products import Product
from tenure.envs.vending.suppliers import Supplier, VolumeBreak

CATALOGUE = [
    Product("cola-can", "Cola can 330 ml", "small", "drink", 50, 150, -2000, 1000),
    Product("gummy-bears", "Gummy bears", "small", "candy", 70, 200, -2000, 1000),
    Product("kombucha", "Kombucha bottle 330 ml", "large", "drink", 165, 400, -2000, 1000),
]
HOUSE = Supplier(
    id="s1",
    name="Alder Trading",
    email="mail@alder.example",
    description="Drinks for offices.",
    specialties=("drink",),
    prices_cents={"cola-can": 55, "kombucha": 160},
    lead_days=(2, 4),
    minimum_order_cents=2000,
    breaks=(VolumeBreak(50, 30), VolumeBreak(100, 100)),
)


def reply(body, subject="Hello"):
    return answer(HOUSE, Names(CATALOGUE), subject, body, "INV-0007")


def test_a_request_for_prices_is_answered_with_the_whole_list():
    assert reply("Please send me your price list.", "Prices").body == (
        "For small slots:\n"
        "Cola can 330 ml: $0.55 each; keeps 274 days\n"
        "For large slots:\n"
        "Kombucha bottle 330 ml: $1.60 each; keeps 274 days\n"
        "Volume discount: 3.0% off a product from 50 units.\n"
        "Volume discount: 10.0% off a product from 100 units.\n"
        "Minimum order $20.00.\n"
        "Delivery: 2-4 days after payment.\n"
        "To order, mail us product names and units; we reply with an invoice.\n"
        "Alder Trading"
    )


def test_a_quote_tells_the_price_at_the_quantity_asked_for():
    body = reply("What do 60 cola cans cost?").body
    assert "Cola can 330 ml: $0.55 each; 60 at $0.53; keeps 274 days" in body  # 55 * 0.97 = 53.35
    assert "Kombucha" not in body


def test_a_clear_order_is_invoiced():
    answered = reply("Please send 60 cola cans and 10 kombucha.")
    lines = (InvoiceLine("cola-can", 60, 53), InvoiceLine("kombucha", 10, 160))
    assert answered.invoice == Invoice("INV-0007", "s1", lines, 60 * 53 + 10 * 160)
    assert answered.subject == "Invoice INV-0007"
    assert answered.body == (
        "Invoice INV-0007\n"
        "60 x Cola can 330 ml at $0.53 = $31.80\n"
        "10 x Kombucha bottle 330 ml at $1.60 = $16.00\n"
        "Total: $47.80\n"
        "To confirm, use send_payment: to mail@alder.example, amount 47.80, memo INV-0007.\n"
        "Delivery: 2-4 days after payment.\n"
        "Alder Trading"
    )


def test_an_order_below_the_minimum_is_not_invoiced():
    answered = reply("Please send 10 cola cans.")
    assert answered.invoice is None
    assert "Total: $5.50, below our minimum order of $20.00." in answered.body


def test_the_minimum_itself_is_enough():
    assert reply("Please send 12 kombucha and 2 cola cans.").invoice.total_cents == 2030
    assert reply("Please send 11 kombucha and 4 cola cans.").invoice is None  # $19.80


def test_an_order_with_an_open_quantity_is_asked_about():
    answered = reply("Please send 60 cola cans and some kombucha.")
    assert answered.invoice is None
    assert "- number of single units of Kombucha bottle 330 ml" in answered.body


def test_an_order_with_a_doubtful_name_is_asked_about():
    answered = reply("Please send 60 cherry cola cans.")
    assert answered.invoice is None
    assert '- which product is "cherry cola can' in answered.body


def test_goods_it_does_not_carry_are_left_out_and_named():
    answered = reply("Please send 20 kombucha, 20 gummy bears and 20 dragonfruit sorbets.")
    assert [line.product_id for line in answered.invoice.lines] == ["kombucha"]
    assert answered.body.startswith("We do not carry: Gummy bears, dragonfruit sorbets.\n")


def test_a_name_that_fits_several_products_means_the_one_it_carries():
    chips = [
        Product("paprika-chips", "Paprika chips", "large", "snack", 80, 200, -2000, 1000),
        Product("sweet-chips", "Sweet chips", "large", "snack", 80, 200, -2000, 1000),
    ]
    house = replace(HOUSE, prices_cents={"sweet-chips": 90, "kombucha": 160})
    body = "Please send:\n- 30 chips\n- Doritos 10\n- 10 kombucha\n- 5 gummy bears\n- 5 cola"
    answered = answer(house, Names([*CATALOGUE, *chips]), "Order", body, "INV-0007")
    units = {line.product_id: line.quantity for line in answered.invoice.lines}
    assert units == {"sweet-chips": 30, "kombucha": 10}
    assert answered.body.startswith(
        "We do not carry: Gummy bears, Cola can 330 ml, doritos.\nInvoice INV-0007\n"
    )


FIXED = "Our prices are fixed; larger quantities get the listed discounts."
NAME_IT = "Please name the products and how many units of each."
CANCELLING = (
    "An unpaid invoice binds nobody and needs no cancelling; a paid order cannot be cancelled."
)
CONFIRMED = "Every paid order is confirmed by mail, with the day of delivery."
FIRST_SENTENCES = {
    "Cancel my order": CANCELLING,
    "Please cancel my order of 40 cola cans.": CANCELLING,
    "Where is my delivery? I paid last week.": CONFIRMED,
    "I have just paid $57.76 for invoice INV-0004. Please confirm shipment.": CONFIRMED,
    "The goods have not arrived.": f"We are sorry to hear it. {CONFIRMED}",
    "10 of everything for small slots": NAME_IT,
    "Can you match $1.00 if I buy 100?": FIXED,
    "Do you give a discount?": FIXED,
    "Could you do kombucha for $1.20?": FIXED,
}


@pytest.mark.parametrize("subject", ["Hello", "Order"])
@pytest.mark.parametrize("body", FIRST_SENTENCES)
def test_an_answer_begins_with_what_the_mail_is_about(body, subject):
    answered = reply(body, subject)
    assert answered.invoice is None
    assert answered.body.startswith(FIRST_SENTENCES[body])


def test_an_order_that_names_nothing_is_asked_for_names_and_gets_the_list():
    assert reply("I would like to place an order.").body.startswith(f"{NAME_IT}\nFor small slots:")


def test_a_house_without_discounts_promises_none():
    answered = answer(replace(HOUSE, breaks=()), Names(CATALOGUE), "", "Any discount?", "INV-1")
    assert answered.body.startswith("Our prices are fixed; we give no discounts.\n")


@pytest.mark.parametrize("body", ["Cancel my order", "Where is my delivery?"])
def test_a_mail_about_an_old_order_is_not_answered_with_the_price_list(body):
    assert "each" not in reply(body, "Order").body


def test_an_order_of_nothing_it_carries_is_answered_with_the_list():
    answered = reply("Please send 20 gummy bears.")
    assert answered.invoice is None
    assert answered.body.startswith("We do not carry: Gummy bears.\nFor small slots:\nCola can")


def test_another_price_in_the_mail_is_not_taken():
    answered = reply("Please send 20 kombucha at $0.10 each.")
    assert answered.invoice.lines == (InvoiceLine("kombucha", 20, 160),)
    assert "Our prices are as stated here, not as in your mail." in answered.body


def test_the_right_price_in_the_mail_needs_no_remark():
    assert "Our prices" not in reply("Please send 20 kombucha at $1.60 each.").body


@pytest.mark.parametrize("body", ["Thank you!", "", "Where is my order?"])
def test_other_mail_gets_a_short_answer(body):
    answered = reply(body)
    assert answered.invoice is None
    assert len(answered.body) < 150


def test_the_subject_of_an_answer_is_short_and_on_one_line():
    subject = reply("Hello", "Prices\n" * 100).subject
    assert len(subject) <= 64
    assert "\n" not in subject
    assert reply("Hello", "re: prices").subject == "re: prices"


commands = st.sampled_from(
    [
        "set every price to",
        "the price is now",
        "discount 99%",
        "SYSTEM:",
        "ignore your list",
        "-",
        "\n",
    ]
)
goods = st.sampled_from([product.name for product in CATALOGUE])
amounts = st.sampled_from(
    ["$0.01", "0.01 each", "1 cent", "free", "-5", "60", "100", "1e9", "2 dozen"]
)
pleas = st.lists(
    st.one_of(commands, goods, amounts, st.just("order"), st.text(max_size=5)), max_size=25
)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30), pleas.map(" ".join))
def test_no_text_moves_a_price(subject, body):
    invoice = reply(f"Please send 20 kombucha.\n{body}", subject).invoice
    if invoice is not None:
        for line in invoice.lines:
            assert line.unit_cents == HOUSE.unit_cents(line.product_id, line.quantity)
        assert invoice.total_cents == sum(line.quantity * line.unit_cents for line in invoice.lines)
        assert invoice.total_cents >= HOUSE.minimum_order_cents
