"""What a mail does: the acts read in it, and how well on a corpus written by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.mail_reading import examples, measure, names, unseen
from tenure.envs.vending.moves import Act, read_move
from tenure.envs.vending.reading import read
from tests.envs.vending.growth import is_linear

NAMES = names()
HOUSES = {"wren foods": "s2", "oak goods": "s3"}


def move(body, subject=""):
    return read_move(subject, body, read(subject, body, NAMES), HOUSES)


@pytest.mark.parametrize(
    ("body", "permille"),
    [
        ("Could you give me 12% off?", 120),
        ("I'd like a discount of 7.5 percent.", 75),
        ("Knock off five percent and we have a deal.", 50),
        ("Can you give me a discount?", None),
        ("2000% off please", 1000),
    ],
)
def test_the_discount_asked_for_is_read(body, permille):
    assert move(body).asked_permille == permille


def test_a_rival_is_known_by_name():
    named = move("Wren Foods sells kombucha at $1.20, can you beat that?")
    assert (named.cites_rival, named.rival_ids) == (True, ("s2",))


def test_a_rival_may_have_no_name():
    unnamed = move("Another supplier sells kombucha at $1.20.")
    assert (unnamed.cites_rival, unnamed.rival_ids) == (True, ())


@pytest.mark.parametrize(
    ("body", "pays_at_once"),
    [
        ("I will pay today.", True),
        ("We promise payment within 24 hours.", True),
        ("Payment follows at the end of the month.", False),
        ("Send 20 kombucha today.", False),
    ],
)
def test_a_promise_to_pay_at_once_is_read(body, pays_at_once):
    assert move(body).pays_at_once == pays_at_once


def test_quoted_mail_does_nothing():
    assert move("> Could you give me 12% off?\nThank you.").acts == frozenset()


def test_a_mail_may_do_several_things():
    acts = move("The last delivery was late. Please send 24 kombucha and give me 5% off.").acts
    assert acts == {Act.COMPLAINT, Act.ORDER, Act.OFFER}


def test_the_subject_counts_when_the_body_is_empty():
    assert move("", "Can you give me a discount?").acts == {Act.OFFER}
    assert Act.OFFER not in move("Thanks", "Can you give me a discount?").acts


LEVEL = {"order line": (0.99, 0.94), "order": (0.96, 0.94), "offer": (0.95, 0.95)}


def test_the_corpus_is_read_as_well_as_it_was():
    mails = examples()
    assert len({mail.text for mail in mails}) >= 450
    for name, tally in measure(mails).items():
        precision, recall = LEVEL.get(name, (0.9, 0.95))
        assert tally.precision >= precision, name
        assert tally.recall >= recall, name


def test_order_lines_of_unseen_mails_are_read_and_never_invented():
    tally = measure(unseen())["order line"]
    assert tally.wrong == 0
    assert tally.recall >= 0.95


@settings(max_examples=200, deadline=None)
@given(st.text(), st.text())
def test_any_text_does_something_or_nothing(subject, body):
    assert move(body, subject).acts <= set(Act)


HOSTILE = [
    "pay ",
    "i would like to ",
    "$1 ",
    "not ",
    "could you ",
    "quoted ",
    "a ",
    "0",
    "%",
    "? ",
    "ok, ",
    "only 5 ",
    "aa",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_reading_acts_takes_linear_time(piece):
    reading = read("", "", NAMES)
    short, long = (piece * (chars // len(piece)) for chars in (2_000, 20_000))
    assert is_linear(lambda text: read_move("", text, reading, HOUSES), short, long)
