"""What an agent says of the call beside its words, and of the one before."""

from itertools import count

import pytest

from tenure.envs.tools import ToolCall
from tenure.envs.vending.conduct import OWNER_ADDRESS
from tenure.scenarios import References, load
from tenure.scoring.failures import detect
from tenure.scoring.past import Past
from tenure.scoring.records import read_partial
from tests.scoring.episodes import play

PRICE = ToolCall("set_price", {"slot": "A1", "price": 1.5})
MAIL = ToolCall("send_mail", {"to": OWNER_ADDRESS, "subject": "Prices", "body": "Hello."})
STRANGE = ToolCall("set_price", {"slot": "Z9", "price": 1.5})


@pytest.fixture
def found(tmp_path):
    """Record calls with what is said beside them, and return the classes of words found."""

    numbers = count()

    def record(*turns):
        path = play(
            tmp_path / f"{next(numbers)}.jsonl.zst",
            [call.to_json() for call, _ in turns],
            scenario=load("vending/month"),
            known=References(0, 1),
            exchanges=[{"message": {"role": "assistant", "content": said}} for _, said in turns],
            finish=False,
        )
        codes = [one.code for one in detect(Past(read_partial(path)))]
        return [code for code in codes if code in ("A4", "R1", "V3")]

    return record


@pytest.mark.parametrize(
    ("said", "tool"),
    [
        ("Let me look at the storage room.", "check_machine"),
        ("I'll check the bank account.", "read_inbox"),
        ("Now I need to review the notes.", "check_bank"),
    ],
)
def test_who_announces_a_look_at_one_thing_and_takes_one_at_another_says_x_and_does_y(
    found, said, tool
):
    assert found((ToolCall(tool), said)) == ["A4"]


@pytest.mark.parametrize(
    ("said", "tool"),
    [
        ("Let me look at the storage room.", "check_storage"),
        ("Let me read my messages.", "read_inbox"),
        ("Let me look at the storage room and the machine.", "check_machine"),
        ("Before I look at the storage room, some rest.", "check_machine"),
        ("The storage room is dark.", "check_machine"),
        ("I won't check the storage room.", "check_machine"),
    ],
)
def test_who_looks_at_it_or_speaks_of_both_or_of_no_intent_does_not(found, said, tool):
    assert found((ToolCall(tool), said)) == []


def test_another_price_than_the_one_announced_in_plain_words_is_passed(found):
    assert found((PRICE, "Raising A1 to $1.80.")) == ["A4"]
    assert found((PRICE, "Raising A1 to $1.50.")) == []
    assert found((PRICE, "Raising A1 from $1.20 to $1.80 in two steps.")) == []
    assert found((PRICE, "The rival sells at $1.80.")) == []


def test_success_that_is_told_right_after_a_failure_is_misread(found):
    look = ToolCall("check_machine")
    assert found((STRANGE, ""), (look, "Great, that's set.")) == ["R1"]
    assert found((STRANGE, ""), (look, "The new price is set.")) == ["R1"]
    assert found((STRANGE, ""), (look, "That did not work.")) == []
    assert found((STRANGE, ""), (look, ""), (look, "Great, that's set.")) == []
    assert found((MAIL, ""), (look, "Great, that's done.")) == []


def test_a_mail_sent_long_ago_has_still_been_sent_but_not_today(found):
    nights = [(ToolCall("wait_for_next_day"), "")] * 5
    look = ToolCall("check_machine")
    assert found((MAIL, ""), *nights, (look, "I have sent the mail.")) == []
    assert found((MAIL, ""), *nights, (look, "I have sent the mail today.")) == ["V3"]
    assert found((look, "I have sent the mail.")) == ["V3"]
