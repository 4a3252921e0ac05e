"""The list of tools on the screen."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tenure.cli.desk.forms import cost
from tenure.envs.tools import Tool, Toolbox


class Tools(Vertical):
    """Tools to choose from, with a filter."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back")]

    class Chosen(Message):
        """The person wants to use a tool."""

        def __init__(self, tool: Tool) -> None:
            super().__init__()
            self.tool = tool

    class Left(Message):
        """The person wants to go back to the command line."""

    def __init__(self) -> None:
        super().__init__(id="tools")
        self._toolbox = Toolbox({})

    def compose(self) -> ComposeResult:
        """Lay out filter, list and description."""
        yield _Filter(placeholder="filter the tools", compact=True, id="filter")
        yield OptionList(compact=True, markup=False, id="tool-list")
        yield Static("", markup=False, id="tool-about")

    def offer(self, toolbox: Toolbox) -> None:
        """Show the tools that are on offer."""
        if toolbox is not self._toolbox:
            self._toolbox = toolbox
            self._list("")

    def begin(self) -> None:
        """Let the person choose."""
        self.query_one(Input).value = ""
        self.query_one(Input).focus()

    def action_leave(self) -> None:
        """Go back."""
        self.post_message(self.Left())

    def _list(self, wanted: str) -> None:
        listed = self.query_one(OptionList)
        listed.clear_options()
        name_chars = max(map(len, self._toolbox.tools), default=0)
        listed.add_options(
            Option(f"{tool.name:<{name_chars}}  {cost(tool):>10}", id=tool.name)
            for tool in self._toolbox.tools.values()
            if _fits(tool, wanted)
        )
        listed.highlighted = 0 if listed.option_count else None
        if not listed.option_count:
            self.query_one("#tool-about", Static).update("No tool has that in its text.")

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        event.stop()
        self._list(event.value)

    @on(Input.Submitted)
    def _take_first(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one(OptionList).action_select()

    @on(OptionList.OptionHighlighted)
    def _describe(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        tool = self._toolbox.tools[str(event.option_id)]
        self.query_one("#tool-about", Static).update(f"{tool.name}: {tool.description}")

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Chosen(self._toolbox.tools[str(event.option_id)]))


class _Filter(Input):
    """Arrow keys move in the list below while one types."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move('up')", show=False),
        Binding("down", "move('down')", show=False),
    ]

    def action_move(self, way: str) -> None:
        """Move the choice."""
        listed = self.screen.query_one("#tool-list", OptionList)
        getattr(listed, f"action_cursor_{way}")()


def _fits(tool: Tool, wanted: str) -> bool:
    told = f"{tool.name} {tool.name.replace('_', ' ')} {tool.description}".casefold()
    return all(word in told for word in wanted.casefold().split())
