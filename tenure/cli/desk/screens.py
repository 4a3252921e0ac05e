"""Screens over the desk: the brief, the tools and the keys to read; questions to answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static, TabbedContent, TabPane

from tenure.cli.desk.history import ITEM, Paper
from tenure.cli.desk.prompt import usage
from tenure.cli.desk.story import legible
from tenure.envs.tools import Toolbox

_WRAPPED_CHARS = 60
"""A line of so many characters was wrapped by its author."""
KEYS = """\
Enter        make the call; if something is missing, a form asks for it
Tab          complete what is being typed; again for the next candidate
Right        take the grey suggestion
Up, Down     earlier and later calls
PageUp/Down  leaf through the history; Ctrl-Up, Ctrl-Down line by line
Escape       back to the command line; there, clear it
F1           the brief, the tools, and these keys
F2           choose a tool from the list (type to filter)
F3           a form for the tool on the command line
F5           the last call once more, ready to be sent with Enter
Ctrl-F       search the history; Enter or Up for older places, Down for newer
F9           light or dark
Ctrl-Q, q    stop; everything is saved, and the same command goes on
Mouse        works everywhere; drag over text and press Ctrl-C to copy it

The command line takes the arguments in order, or by name (price=2.50). A tool's name may be
shortened as long as it is one tool's. Texts need quotation marks only where they would be
mistaken for several arguments; within "..." \\n is a new line. Long texts are easier in a form."""


class Reader(ModalScreen[None]):
    """What can be read at any time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q", "dismiss", "Back"),
        Binding("left", "turn('previous')", "Tab before", show=False),
        Binding("right", "turn('next')", "Tab after", show=False),
    ]

    def __init__(self, brief: str, toolbox: Toolbox) -> None:
        super().__init__()
        self._pages = {"Brief": reflowed(legible(brief)), "Tools": _manual(toolbox), "Keys": KEYS}

    def compose(self) -> ComposeResult:
        """Lay out a tab a page."""
        with Vertical(id="reader"), TabbedContent():
            for name, text in self._pages.items():
                with TabPane(name):
                    yield Paper(text)

    def on_mount(self) -> None:
        """Let the arrow keys scroll at once."""
        self.query_one("#reader").border_subtitle = "Escape: back to work   Left, Right: pages"
        self._take_page()

    @on(TabbedContent.TabActivated)
    def _take_page(self) -> None:
        pane = self.query_one(TabbedContent).active_pane
        if pane:
            pane.query_one(Paper).focus()

    def action_turn(self, way: str) -> None:
        """Go to the tab before or after."""
        tabs = self.query_one(TabbedContent).query_one("ContentTabs")
        getattr(tabs, f"action_{way}_tab")()


class Question(ModalScreen[bool]):
    """Something to say yes or no to.

    Args:
        text: What is asked.
        yes: What the button of yes says.
        no: What the other says.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,escape", "answer(False)", "No"),
        Binding("left,right,up,down", "app.focus_next", show=False),
    ]

    def __init__(self, text: str, yes: str, no: str) -> None:
        super().__init__()
        self._text, self._yes, self._no = text, yes, no

    def compose(self) -> ComposeResult:
        """Lay out the question and two buttons."""
        with Vertical(id="question"):
            yield Static(self._text, markup=False)
            with Horizontal():
                yield Button(f"{self._yes} (y)", id="yes", variant="primary", compact=True)
                yield Button(f"{self._no} (n)", id="no", compact=True)

    def action_answer(self, answer: bool) -> None:  # noqa: FBT001  Textual passes it so
        """Answer."""
        self.dismiss(answer)

    @on(Button.Pressed)
    def _press(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")


def reflowed(text: str) -> str:
    """Return a text with its paragraphs on one line each, however wide they were written."""
    lines: list[str] = []
    before = ""
    for line in text.split("\n"):
        if len(before) >= _WRAPPED_CHARS and line.strip() and not ITEM.match(line):
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
        before = line
    return "\n".join(lines)


def _manual(toolbox: Toolbox) -> str:
    return "\n\n".join(_entries(toolbox))


def _entries(toolbox: Toolbox) -> Iterator[str]:
    for tool in toolbox.tools.values():
        yield legible(f"{usage(tool, None)}\n  {' '.join(tool.description.split())}")
