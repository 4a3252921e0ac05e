"""What a person sees and can do at the desk."""

import asyncio

import numpy as np
import pytest

pytest.importorskip("textual")

from typing import Annotated, NotRequired

from pydantic import Field as Limits
from rich.segment import Segment
from textual.app import App
from typing_extensions import TypedDict

from tenure.cli.desk.forms import Blank, Form, Rows
from tenure.cli.desk.history import History, Paper
from tenure.cli.desk.prompt import Prompt
from tenure.cli.desk.screens import Question, Reader
from tenure.cli.desk.stopwatch import LONGEST_PAUSE_S, Stopwatch
from tenure.cli.desk.story import Story
from tenure.envs.spaces import sample_json
from tenure.envs.tools import Tool, Toolbox
from tenure.scenarios import load, names
from tenure.scoring.records import read, read_partial
from tests.cli.desk.person import at_desk, sit
from tests.cli.desk.test_playing import record

WEEK = "vending/week"


def actions(folder):
    return [step["action"] for step in read_partial(record(folder)).steps]


# --- forms ---------------------------------------------------------------------------------------


class Shop:
    """A job with arguments of all shapes."""

    class Slot(TypedDict):
        name: Annotated[str, Limits(max_length=9)]
        units: Annotated[int, Limits(ge=1, le=9)]
        price: NotRequired[float | None]

    class Address(TypedDict):
        street: str
        number: NotRequired[int]

    def restock(
        self,
        slots: list[Slot],
        to: Address,
        days: list[int],
        note: str | None = None,
        extra: dict[str, int] | None = None,
    ) -> str:
        """Fill slots."""


RESTOCK = Tool(Shop.restock, 5, writes=True)


class OneForm(App):
    def __init__(self, tool, given):
        super().__init__()
        self.form = Form(tool, given, lambda *_: [])
        self.sent = []

    def compose(self):
        yield self.form

    def on_form_sent(self, event):
        self.sent.append(event.arguments)


def filled(tool, given):
    """What a form holds that was opened with given arguments, and what it sends."""

    async def look():
        app = OneForm(tool, given)
        async with app.run_test() as pilot:
            await pilot.pause()
            app.form.action_send()
            await pilot.pause()
            return app.form.arguments, app.sent

    return asyncio.run(look())


def all_tools():
    boxes = [load(name).make_world(1).toolbox for name in names()]
    return {tool.name: tool for box in boxes for tool in box.tools.values()} | {"restock": RESTOCK}


@pytest.mark.parametrize("tool", all_tools().values(), ids=lambda tool: tool.name)
def test_a_form_holds_and_sends_any_call_of_any_tool(tool):
    arguments = sample_json(_sampled(tool), np.random.default_rng(len(tool.name)))
    assert tool.problems(arguments) == {}
    assert filled(tool, arguments) == (arguments, [arguments])


def _sampled(tool):
    """A schema without references and open objects, which the sampler does not know."""
    if tool is not RESTOCK:
        return tool.schema
    shared = tool.schema["$defs"]
    properties = tool.schema["properties"] | {
        "slots": {"type": "array", "minItems": 1, "items": shared["Slot"]},
        "to": shared["Address"],
        "days": {"type": "array", "minItems": 1, "items": {"type": "integer"}},
        "note": {"type": "string", "minLength": 1},
        "extra": {"const": {"a": 1}},
    }
    return tool.schema | {"properties": properties}


def test_rows_are_added_and_taken_away_and_complaints_stand_beside_the_right_one():
    async def look():
        app = OneForm(RESTOCK, {"slots": [{"name": "a", "units": 1}], "to": {"street": "x"}})
        async with app.run_test(size=(80, 50)) as pilot:
            await pilot.pause()
            rows = app.form.query_one(Rows)
            await pilot.click(".add")
            await pilot.pause()
            new = rows.groups[1].query(Blank)
            new[0].entry.value, new[1].entry.value = "b", "many"
            await pilot.click(".remove")
            await pilot.pause()
            assert app.form.arguments["slots"] == [{"name": "b", "units": "many"}]
            app.form.action_send()
            await pilot.pause()
            said = {blank.place[-1]: complaint(blank) for blank in app.form.query(Blank)}
            assert app.sent == []
            return said

    said = asyncio.run(look())
    assert said["units"] == "! input should be a valid integer (got 'many')"
    assert said["days"] == "! field required"
    assert said["name"] == said["street"] == ""


def complaint(blank):
    return str(blank.query_one(".problem").render())


def test_a_call_that_lacks_something_opens_a_form_that_knows_what_was_given_before(tmp_path):
    async def act(here):
        await here.type('send_mail a@b.example "Price list" "Hello,\nplease."')
        await here.type("send_mail c@d.example")
        form = await here.form()
        assert form.arguments == {
            "to": "c@d.example",
            "subject": "Price list",
            "body": "Hello,\nplease.",
        }
        await here.fill(subject="")
        await here.press("ctrl+s")
        (wrong,) = here.app.query(".wrong")
        assert complaint(wrong) == "! field required"
        await here.fill(subject="Order")
        await here.press("ctrl+s")
        await here.ready()
        assert not here.app.query(Form)

    sit(WEEK, tmp_path, act)
    assert '"subject":"Order"' in actions(tmp_path)[1]
    assert len(actions(tmp_path)) == 2


def test_tools_are_chosen_from_a_filtered_list(tmp_path):
    async def act(here):
        await here.press("f2", *"price", "down", "up", "enter")
        form = await here.form()
        assert form.tool.name == "send_mail"  # its description says: ask for prices
        await here.press("escape", "f2", *"set price", "enter")
        await here.form()
        await here.fill(slot="A1", price="2.50")
        await here.press("ctrl+s")
        await here.ready()

    sit(WEEK, tmp_path, act, size=(130, 40))
    assert actions(tmp_path) == ['{"name":"set_price","arguments":{"slot":"A1","price":2.5}}']


# --- the command line ----------------------------------------------------------------------------


def test_a_wrong_line_is_answered_before_anything_is_sent(tmp_path):
    async def act(here):
        await here.type("set_price A1 dear")
        assert here.shown("#hint") == "! price: input should be a valid number (got 'dear')"
        await here.type("set_prise")
        assert "Did you mean 'set_price'?" in here.shown("#hint")
        assert here.app.story.actions == 0

    sit(WEEK, tmp_path, act)


def test_keys_complete_recall_and_repeat(tmp_path):
    async def act(here):
        prompt = here.app.query_one(Prompt)
        await here.press(*"check_st", "tab", "enter")
        await here.ready()
        await here.press(*"stock_slot A1 pep", "tab", *"15", "enter")
        await here.ready()
        assert "A1: Peppermints, 15 of 15 units" in here.history
        await here.press("f5")
        assert prompt.value == "stock_slot A1 Peppermints 15"
        await here.press("up", "up", "down", "down")
        await here.press("escape", *"set_price B", "tab", "tab")
        assert prompt.value.strip() == "set_price B2"
        assert here.shown("#hint").split() == ["B1", "B2", "B3"]

    sit(WEEK, tmp_path, act)


# --- what is shown -------------------------------------------------------------------------------


def test_the_head_tells_what_the_agent_may_know_and_the_brief_comes_first(tmp_path):
    async def look():
        async with at_desk(WEEK, tmp_path) as here:
            await here.ready()
            assert isinstance(here.app.screen, Reader)
            assert "You run a vending machine business for 7 days." in here.app.screen.query_one(
                Paper
            ).text.replace("\n", " ")
            await here.press("escape")
            await here.type("check_bank")
            assert here.shown("#when") == "Day 1 of 7, Mon 2026-01-05 08:05"
            assert here.shown("#count") == "1 of 200 calls"

    asyncio.run(look())


HOSTILE = (
    "[red]not red[/red] [@click=app.quit]x[/] \x1b[31mred\x1b[0m\x1b]0;title\x07 \u202eback "
    + "long" * 5000
    + "\nnext\ttab\r\nlast [/] [bold"
)


def test_hostile_text_is_shown_and_never_interpreted():
    class Shown(App):
        def compose(self):
            yield History()

    async def look():
        story = Story()
        story.hear(HOSTILE)
        story.act(HOSTILE, Toolbox({}))
        story.hear(HOSTILE)
        app = Shown()
        async with app.run_test(size=(80, 24)) as pilot:
            history = app.query_one(History)
            history.add(*story.scenes)
            await pilot.pause()
            history.find("[RED]")
            await pilot.pause()
            strips = [history.render_line(y) for y in range(24)]
            return history.text, strips

    text, strips = asyncio.run(look())
    assert text.count("[red]not red[/red] [@click=app.quit]x[/] \ufffd[31mred\ufffd[0m") == 3
    assert not any(character in text for character in "\x1b\x07\u202e\r\t")
    assert all(strip.cell_length == 80 for strip in strips)
    shown = [segment for strip in strips for segment in strip]
    assert all(isinstance(segment, Segment) and not segment.control for segment in shown)
    assert not any("@click" in (segment.style.meta if segment.style else {}) for segment in shown)


def test_history_is_searched_across_wrapped_lines(tmp_path):
    async def act(here):
        await here.type("search_suppliers drinks")
        await here.press("ctrl+f", *"and", "up")
        history = here.app.query_one(History)
        found = len(history._matches)
        assert found > 1
        assert here.shown("#found") == f"{found - 1} of {found}"
        await here.press("ctrl+f", *" zzz")
        assert here.shown("#found") == "not found"
        await here.press("escape")
        assert here.app.focused is here.app.query_one(Prompt)

    sit(WEEK, tmp_path, act)


# --- stopping and going on -----------------------------------------------------------------------


def test_stopping_asks_says_how_to_go_on_and_the_history_is_there_again(tmp_path):
    seen = []

    async def first(here):
        await here.type("check_machine")
        await here.type("check_storage")
        seen.append(here.history)
        await here.press("ctrl+c")
        assert isinstance(here.app.screen, Question)
        assert "tenure play vending/week" in here.app.screen._text
        await here.press("n")
        await here.press("ctrl+q", "y")

    app = sit(WEEK, tmp_path, first)
    assert app.return_value is False
    assert not read_partial(record(tmp_path)).complete

    async def second(here):
        assert here.history == seen[0]
        assert here.app.query_one(Prompt).toolbox.tools
        await here.press("up", "enter")
        await here.ready()

    sit(WEEK, tmp_path, second)
    names = [action.split('"')[3] for action in actions(tmp_path)]
    assert names == ["check_machine", "check_storage", "check_storage"]


def test_a_person_takes_the_seat_of_the_sub_agent_too(tmp_path):
    async def act(here):
        await here.type('run_sub_agent "Look at the machine."')
        assert "Look at the machine." in here.history
        assert here.shown("#what") == "vending/classic, as the worker"
        await here.type("check_machine")
        await here.type("finish All is empty.")
        assert here.shown("#what") == "vending/classic"

    sit("vending/classic", tmp_path, act)
    steps = read_partial(record(tmp_path)).steps
    assert [step.get("seat", "") for step in steps] == ["", "worker", "worker"]


@pytest.mark.slow
def test_forecasts_are_given_in_a_form_to_the_end(tmp_path):
    async def act(here):
        while not here.app._is_over:
            await here.press("f2", *"forecast", "enter")
            await here.form()
            await here.fill(quantiles="10 20 30 40 50 60 70")
            await here.press("ctrl+s")
            await here.ready()
        await here.until(lambda: isinstance(here.app.screen, Question))
        assert here.shown("#count") == "12 of 40 calls"
        await here.press("y")

    app = sit("bookings/smoke", tmp_path, act)
    assert app.return_value is True
    assert len(read(record(tmp_path)).steps) == 12


def test_a_pause_counts_as_work_only_up_to_its_limit():
    now = [0.0]
    watch = Stopwatch(lambda: now[0])
    now[0] = 5.0
    watch.touch()
    now[0] = 5000.0
    assert watch.stop() == (5_000_000, 5_000 + LONGEST_PAUSE_S * 1000)
