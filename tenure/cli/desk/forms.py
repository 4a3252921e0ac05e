"""A form for any tool, made from its JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Button, Input, Select, Static, TextArea

from tenure.cli.desk.fields import BLANK, Field, fields_of, likely, read, write
from tenure.cli.desk.line import begun
from tenure.envs.tools import Tool

Place = tuple[str | int, ...]
"""Where a value stands in the arguments, such as `("slots", 2, "price")`."""
Seen = Callable[[str, str], Sequence[str]]
"""Returns texts that may be meant for an argument of a tool, best first."""


class _FromMemory(Suggester):
    """Suggests how a text may go on."""

    def __init__(self, seen: Callable[[], Sequence[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._seen = seen

    async def get_suggestion(self, value: str) -> str | None:
        """Return the best text that begins like the value."""
        fitting = begun(value, self._seen()) if value else []
        return next((text for text in fitting if text.startswith(value)), None)


class Blank(Horizontal):
    """One field that takes a plain value, with its name before and what is wrong below it."""

    def __init__(self, field: Field, place: Place, value: Any, seen: Sequence[str]) -> None:
        super().__init__(classes="prose" if field.is_prose else "")
        self.field = field
        self.place = place
        self._given = value
        self._seen = likely(field, seen)

    def compose(self) -> ComposeResult:
        """Lay out name, entry and hint."""
        mark = "" if self.field.required else " (optional)"
        yield Static(f"{self.field.name or self.place[-1]}{mark}", markup=False, classes="name")
        with Vertical(classes="entry"):
            yield self._entry()
            yield Static(self.field.hint, markup=False, classes="hint")
            yield Static("", markup=False, classes="problem")

    def _entry(self) -> Widget:
        text = write(self.field, self._given)
        if self.field.is_prose:
            return TextArea(text, compact=True, tab_behavior="focus")
        if self.field.kind in ("choice", "switch") and not self.field.others:
            return self._select()
        return Input(text, compact=True, suggester=_FromMemory(lambda: self._seen))

    def _select(self) -> Select[str]:
        values = self.field.choices or (True, False)
        words = [write(self.field, value) for value in values]
        chosen = write(self.field, self._given)
        return Select(
            [(word, word) for word in words],
            prompt="choose" if self.field.required else "leave out",
            value=chosen if chosen in words else Select.NULL,
            compact=True,
        )

    @property
    def entry(self) -> Input | TextArea | Select[str]:
        """What takes the value."""
        found: Any = self.query("Input, TextArea, Select").first()
        return found  # type: ignore[no-any-return]  # one of the three, by the line above

    @property
    def text(self) -> str:
        """What was typed or chosen; empty for nothing."""
        entry = self.entry
        if isinstance(entry, TextArea):
            return entry.text
        if isinstance(entry, Select):
            return entry.value if isinstance(entry.value, str) else ""
        return entry.value

    @property
    def value(self) -> Any:
        """What that stands for, or `BLANK`."""
        return read(self.field, self.text)

    def complain(self, sentence: str) -> None:
        """Say what is wrong; an empty sentence for nothing."""
        self.query_one(".problem", Static).update(f"! {sentence}" if sentence else "")
        self.set_class(bool(sentence), "wrong")

    def clear(self) -> None:
        """Empty it."""
        entry = self.entry
        if isinstance(entry, Select):
            entry.clear()
        elif isinstance(entry, TextArea):
            entry.text = ""
        else:
            entry.value = ""


class Group(Vertical):
    """The fields of an object."""

    def __init__(self, fields: Sequence[Field], place: Place, values: Any, seen: _Seeing) -> None:
        super().__init__(classes="group" if place else "")
        self._fields = fields
        self.place = place
        self._values = values if isinstance(values, Mapping) else {}
        self._seen = seen

    def compose(self) -> ComposeResult:
        """Lay out a widget a field."""
        for field in self._fields:
            yield from self._laid_out(field)

    def _laid_out(self, field: Field) -> Iterator[Widget]:
        place = (*self.place, field.name)
        value = self._values.get(field.name, BLANK)
        if field.kind == "group" and not field.others:
            yield _heading(field)
            yield Group(field.parts, place, value, self._seen)
        elif field.kind == "rows" and not field.others:
            yield _heading(field)
            yield Rows(field, place, value, self._seen)
        else:
            yield Blank(field, place, value, self._seen(field.name))

    @property
    def value(self) -> dict[str, Any]:
        """What the fields hold, without those left blank."""
        found: dict[str, Any] = {}
        for field, child in zip(self._fields, _values(self), strict=True):
            value = child.value
            if value is not BLANK and (value or isinstance(child, Blank) or field.required):
                found[field.name] = value
        return found


_Seeing = Callable[[str], Sequence[str]]


class Rows(Vertical):
    """A list of objects, each a row that can be added and taken away."""

    def __init__(self, field: Field, place: Place, values: Any, seen: _Seeing) -> None:
        super().__init__(classes="rows")
        self._field = field
        self.place = place
        self._given = values if isinstance(values, list) else []
        self._seen = seen
        self._made = 0

    def compose(self) -> ComposeResult:
        """Lay out the rows there are, and what adds one."""
        for values in self._given:
            yield self._row(values)
        yield Button("Add a row", compact=True, classes="add")

    def _row(self, values: Any) -> Horizontal:
        place = (*self.place, self._made)
        self._made += 1
        return Horizontal(
            Group(self._field.parts, place, values, self._seen),
            Button("Remove", compact=True, classes="remove"),
            classes="row",
        )

    @property
    def value(self) -> list[Any]:
        """What the rows hold."""
        return [group.value for group in self.groups]

    @property
    def groups(self) -> list[Group]:
        """The rows' fields, in order."""
        return [row.query_one(Group) for row in self.query_children(".row")]

    @on(Button.Pressed, ".add")
    async def _add(self, event: Button.Pressed) -> None:
        event.stop()
        row = self._row({})
        await self.mount(row, before=event.button)
        row.query("Input, TextArea, Select").first().focus()

    @on(Button.Pressed, ".remove")
    async def _remove(self, event: Button.Pressed) -> None:
        event.stop()
        for row in self.query_children(".row"):
            if event.button in row.children:
                await row.remove()


class Form(VerticalScroll, can_focus=False):
    """What a tool takes, field by field."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "Send"),
        Binding("ctrl+l", "clear", "Clear"),
        Binding("escape", "cancel", "Back"),
    ]

    class Sent(Message):
        """The person wants to make this call, which the tool takes.

        Attributes:
            tool: The tool.
            arguments: Valid arguments.
        """

        def __init__(self, tool: Tool, arguments: dict[str, Any]) -> None:
            super().__init__()
            self.tool = tool
            self.arguments = arguments

    class Cancelled(Message):
        """The person does not want to go on with it."""

    def __init__(self, tool: Tool, given: Mapping[str, Any], seen: Seen) -> None:
        super().__init__(id="form")
        self.tool = tool
        self._given = given
        self._seen = seen

    def compose(self) -> ComposeResult:
        """Lay out what the tool does, its fields and the buttons."""
        yield Static(heading(self.tool), markup=False, classes="title")
        yield Static(self.tool.description, markup=False, classes="about")
        fields = fields_of(self.tool.schema)
        yield Group(fields, (), self._given, lambda name: self._seen(self.tool.name, name))
        yield Static("", markup=False, classes="problem", id="other-problem")
        with Horizontal(id="buttons"):
            yield Button("Send ^s", id="send", variant="primary", compact=True)
            yield Button("Clear ^l", id="clear", compact=True)
            yield Button("Back esc", id="cancel", compact=True)

    def on_mount(self) -> None:
        """Let the person begin with the first field that needs something."""
        needy = [blank for blank in self.query(Blank) if blank.field.required and not blank.text]
        first = next(iter(needy), None) or next(iter(self.query(Blank)), None)
        if first is None:
            self.query_one("#send", Button).focus()
        else:
            first.entry.focus()

    @property
    def arguments(self) -> dict[str, Any]:
        """What the fields hold now."""
        return self.query_one(Group).value

    def check(self) -> bool:
        """Say beside each field what is wrong with it; return whether nothing is."""
        problems = self.tool.problems(self.arguments)
        blanks = {_actual(blank, self): blank for blank in self.query(Blank)}
        said: dict[Blank, str] = {}
        other = []
        for place, sentence in problems.items():
            found = _nearest(place, blanks)
            if found is None:
                other.append(f"{'.'.join(map(str, place))}: {sentence}")
            else:
                said.setdefault(found, sentence)
        for blank in blanks.values():
            blank.complain(said.get(blank, ""))
        self.query_one("#other-problem", Static).update("\n".join(other))
        if said:
            next(iter(said)).entry.focus()
        return not problems

    def action_send(self) -> None:
        """Make the call if the tool takes it."""
        if self.check():
            self.post_message(self.Sent(self.tool, self.arguments))

    def action_clear(self) -> None:
        """Empty all fields."""
        for blank in self.query(Blank):
            blank.clear()

    def action_cancel(self) -> None:
        """Go back without a call."""
        self.post_message(self.Cancelled())

    @on(Input.Submitted)
    def _go_on(self, event: Input.Submitted) -> None:
        """Go to the next field, or send from the last."""
        event.stop()
        entries = list(self.query("Input, TextArea, Select"))
        after = entries.index(event.input) + 1
        if after < len(entries):
            entries[after].focus()
        else:
            self.action_send()

    @on(Button.Pressed, "#buttons Button")
    def _press(self, event: Button.Pressed) -> None:
        event.stop()
        getattr(self, f"action_{event.button.id}")()


def heading(tool: Tool) -> str:
    """Return a tool's name and what a call costs."""
    return f"{tool.name}   {cost(tool)}{'' if tool.writes else ', only looks'}"


def cost(tool: Tool) -> str:
    """Return how much of the simulated day a call takes."""
    return f"{tool.minutes} min" if tool.minutes else "moves time"


def _heading(field: Field) -> Static:
    mark = "" if field.required else " (optional)"
    return Static(f"{field.name}{mark}   {field.hint}", markup=False, classes="heading")


def _values(group: Group) -> Iterator[Any]:
    """Yield a group's widgets that hold values."""
    yield from (child for child in group.children if isinstance(child, Blank | Group | Rows))


def _actual(blank: Blank, form: Form) -> Place:
    """Return where a field's value stands now: rows before it may have been taken away."""
    place = list(blank.place)
    for rows in form.query(Rows):
        depth = len(rows.place)
        for number, group in enumerate(rows.groups):
            if blank.place[: depth + 1] == group.place:
                place[depth] = number
    return tuple(place)


def _nearest(place: Place, blanks: Mapping[Place, Blank]) -> Blank | None:
    """Return the field of a place, or of the longest beginning of it."""
    for length in range(len(place), 0, -1):
        if place[:length] in blanks:
            return blanks[place[:length]]
    return None
