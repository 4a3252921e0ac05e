"""The command line says every call that a tool takes, and a person need not quote much."""

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.cli.desk.line import Command, complete, parse, told, told_action
from tenure.envs.spaces import sample_json
from tenure.scenarios import load, names


def toolboxes():
    return {name: load(name).make_world(1).offered for name in names()}


TOOLBOXES = toolboxes()
TOOLS = {tool.name: (box, tool) for box in TOOLBOXES.values() for tool in box.tools.values()}
VENDING, BOOKINGS = TOOLBOXES["vending/week"], TOOLBOXES["bookings/smoke"]
CLASSIC = TOOLBOXES["vending/classic"]


def typed(line, toolbox=VENDING):
    command = parse(line, toolbox)
    assert isinstance(command, Command), command
    return command.tool.name, command.arguments


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("set_price A1 2.50", ("set_price", {"slot": "A1", "price": 2.5})),
        ("set_price a1 price=2", ("set_price", {"slot": "A1", "price": 2})),
        ("set_price price=2 A1", ("set_price", {"slot": "A1", "price": 2})),
        ("wait", ("wait_for_next_day", {})),
        (
            "stock_slot A1 Orange juice bottle 400 ml 8",
            ("stock_slot", {"slot": "A1", "product": "Orange juice bottle 400 ml", "quantity": 8}),
        ),
        ("search_suppliers cold drinks", ("search_suppliers", {"query": "cold drinks"})),
        (
            r'send_mail a@b.example "Price list" "Hello,\nplease."',
            (
                "send_mail",
                {"to": "a@b.example", "subject": "Price list", "body": "Hello,\nplease."},
            ),
        ),
        ("read_inbox before=null", ("read_inbox", {"before": None})),
        (
            "send_payment a@b.example 12.5 invoice 17",
            ("send_payment", {"to": "a@b.example", "amount": 12.5, "memo": "invoice 17"}),
        ),
        ("set_reminder 3 call them", ("set_reminder", {"day": 3, "text": "call them"})),
        ('set_reminder "3" x', ("set_reminder", {"day": "3", "text": "x"})),
        ("set_reminder 2026-02-01 x", ("set_reminder", {"day": "2026-02-01", "text": "x"})),
    ],
)
def test_a_line_is_read_as_the_call_a_person_means(line, call):
    assert typed(line) == call


def test_a_list_takes_all_words_that_are_left():
    levels = {"quantiles": [1, 2, 3, 4, 5, 6, 7]}
    for line in ("forecast 1 2 3 4 5 6 7", "forecast 1,2,3,4,5,6,7", "forecast [1,2,3,4,5,6,7]"):
        assert typed(line, BOOKINGS) == ("forecast_tomorrow", levels)


def test_an_optional_argument_after_a_text_is_given_by_name():
    assert typed("search_vector_db cold drinks", CLASSIC)[1] == {"query": "cold drinks"}
    call = {"query": "cold drinks", "results": 3}
    assert typed("search_vector_db cold drinks results=3", CLASSIC)[1] == call


def test_what_has_the_wrong_type_is_passed_on_for_the_tool_to_judge():
    assert typed("set_price A1 dear")[1] == {"slot": "A1", "price": "dear"}
    assert typed("set_price Z9 1e999")[1] == {"slot": "Z9", "price": "1e999"}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("", "Type a call, or choose a tool with F2."),
        ("read 3", "'read' may be read_inbox or read_mail or read_notes."),
        ("set_prise A1 2", "There is no tool 'set_prise'. Did you mean 'set_price'?"),
        ('send_mail a@b.example "Hello', "A quotation mark is not closed."),
        ("set_price A1 2 3", "set_price: it takes slot price; what is '3'?"),
        ("check_bank now", "check_bank: it takes no arguments; what is 'now'?"),
    ],
)
def test_a_line_that_calls_nothing_is_answered_with_what_would_be_right(line, problem):
    assert parse(line, VENDING) == problem


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(TOOLS)), st.integers(0, 2**32 - 1))
def test_every_call_of_every_tool_can_be_typed(name, seed):
    toolbox, tool = TOOLS[name]
    arguments = sample_json(tool.schema, np.random.default_rng(seed))
    assert typed(told(tool, arguments), toolbox) == (name, arguments)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=50), st.text(max_size=50))
def test_any_texts_can_be_typed(title, text):
    arguments = {"title": title, "text": text}
    assert typed(told(VENDING.tools["write_note"], arguments))[1] == arguments


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_no_line_is_too_odd_to_be_read(line):
    parse(f"send_mail {line}", VENDING)
    complete(f"send_mail {line}", VENDING, lambda *_: ["sales@example.com"])


def test_an_action_that_is_no_call_is_shown_as_it_is():
    assert told_action("hello", VENDING) == "hello"
    action = orjson.dumps({"name": "set_price", "arguments": {"slot": "A1", "price": 2.5}}).decode()
    assert told_action(action, VENDING) == "set_price A1 2.5"


def completions(line, *seen):
    return complete(line, VENDING, lambda *_: seen).lines


def test_completion_offers_tools_choices_and_what_was_read():
    assert completions("set_p") == ["set_price"]
    assert completions("price") == ["set_price"]
    assert completions("set_price B") == ["set_price B1", "set_price B2", "set_price B3"]
    assert completions("stock_slot A1 ora", "Orange juice", "Peppermints") == [
        'stock_slot A1 "Orange juice"'
    ]
    assert completions("send_mail to=sa", "sales@example.com") == ["send_mail to=sales@example.com"]
    assert completions("set_price pr") == ["set_price price="]
    assert completions("nothing A") == []
