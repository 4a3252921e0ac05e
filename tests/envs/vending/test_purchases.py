import pytest

from tenure.envs.chance import Chance
from tenure.envs.vending.invoices import Invoice, InvoiceLine
from tenure.envs.vending.purchases import Account, draw_arrival, next_paid, units_of
from tests.envs.vending.play import make


def invoice(number: int, total_cents: int) -> Invoice:
    line = InvoiceLine("cola", 1, total_cents)
    return Invoice(f"INV-{number:04d}", "s1", (line,), total_cents)


def test_a_payment_too_small_for_any_invoice_confirms_none():
    assert next_paid(Account(99, [invoice(1, 100)])) is None


def test_the_oldest_covered_invoice_is_confirmed_first():
    account = Account(150, [invoice(1, 200), invoice(2, 100), invoice(3, 100)])
    assert next_paid(account) == invoice(2, 100)


def test_an_exact_amount_finds_its_invoice():
    account = Account(100 + 30, [invoice(1, 90), invoice(2, 100)])
    assert next_paid(account, paid_cents=100) == invoice(2, 100)


def test_a_memo_that_names_an_invoice_decides():
    account = Account(100, [invoice(1, 100), invoice(2, 100)])
    assert next_paid(account, "for inv-0002, thanks", 100) == invoice(2, 100)


def test_settling_takes_the_credit_and_closes_the_invoice():
    account = Account(150, [invoice(1, 100)])
    account.settle(invoice(1, 100))
    assert account == Account(50, [])


def test_settling_on_too_little_credit_is_an_error():
    with pytest.raises(ValueError, match="costs more"):
        Account(50, [invoice(1, 100)]).settle(invoice(1, 100))


def test_a_supplier_forgets_the_oldest_of_eleven_unpaid_invoices():
    account = Account()
    for number in range(11):
        account.bill(invoice(number, 100))
    assert [one.id for one in account.open_invoices] == [f"INV-{n:04d}" for n in range(1, 11)]


def test_goods_arrive_in_working_hours_within_the_lead_time():
    for supplier in make().suppliers:
        for day in range(30):
            arrival_day, minute = divmod(draw_arrival(Chance(1), supplier, day), 1440)
            low, high = supplier.lead_days
            assert day + low <= arrival_day <= day + high
            assert 9 * 60 <= minute < 19 * 60


def test_the_units_of_a_product_on_two_lines_add_up():
    lines = (InvoiceLine("cola", 5, 10), InvoiceLine("cola", 7, 10))
    assert units_of(lines) == {"cola": 12}
