"""The command line on the screen: history, completion, and a hint below it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from os.path import commonprefix
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.suggester import Suggester
from textual.widgets import Input

from tenure.cli.desk.fields import Field, fields_of
from tenure.cli.desk.forms import cost
from tenure.cli.desk.line import Completion, complete, current
from tenure.envs.tools import Tool, Toolbox

Seen = Callable[[str, str], Iterable[str]]

_OFFERED = 8
_GREETING = "Type a call, Tab completes; F2 lists the tools, F3 opens a form for one."


class Prompt(Input):
    """Takes calls as text.

    Args:
        seen: Texts for completion, by tool and argument.
        before: The lines that were entered, oldest first; read anew each time.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "recall(-1)", "Earlier line", show=False),
        Binding("down", "recall(1)", "Later line", show=False),
        Binding("tab", "complete(1)", "Complete", show=False),
        Binding("shift+tab", "complete(-1)", "Complete", show=False),
        Binding("pageup", "app.turn_page(-1)", "Page up", show=False),
        Binding("pagedown", "app.turn_page(1)", "Page down", show=False),
        Binding("ctrl+up", "app.turn_line(-1)", "Line up", show=False),
        Binding("ctrl+down", "app.turn_line(1)", "Line down", show=False),
        Binding("escape", "leave", "Clear", show=False),
    ]

    def __init__(self, seen: Seen, before: Callable[[], Sequence[str]]) -> None:
        super().__init__(
            id="prompt", compact=True, suggester=_Continuation(self), select_on_focus=False
        )
        self.toolbox = Toolbox({})
        self._seen = seen
        self._before = before
        self._back = 0
        self._draft = ""
        self._offers: list[str] = []
        self._offer = -1
        self._offered_from = 0

    # --- completion ----------------------------------------------------------------------------

    def completion(self, line: str) -> Completion:
        """Return how a line may go on."""
        return complete(line, self.toolbox, self._seen)

    def action_complete(self, by: int) -> None:
        """Complete the word before the cursor, or show the next candidate."""
        if not self._offers:
            typed = self.value[: self.cursor_position]
            self._offered_from, self._offers = self.completion(typed)
            self._offer = -1
            common = commonprefix(self._offers)  # noqa: RUF071  characters are meant
            if len(self._offers) > 1 and len(common) > len(typed):
                self._put(common)
                self._offers = []
                return
        if self._offers:
            self._offer = (self._offer + by) % len(self._offers)
            offers, offer = self._offers, self._offer
            self._put(offers[offer] + ("" if offers[offer].endswith("=") else " "))
            if len(offers) > 1:
                self._offers, self._offer = offers, offer

    def changed(self) -> None:
        """Forget the candidates: the line is another one now."""
        if self._offer < 0 or self.value.rstrip() != self._offers[self._offer].rstrip():
            self._offers, self._offer = [], -1

    # --- earlier lines -------------------------------------------------------------------------

    def action_recall(self, by: int) -> None:
        """Put an earlier line in place, or a later one."""
        before = self._before()
        if not self._back:
            self._draft = self.value
        self._back = max(0, min(len(before), self._back - by))
        self._put(before[-self._back] if self._back else self._draft)

    def start_anew(self, line: str = "") -> None:
        """Begin a line."""
        self._back = 0
        self._put(line)

    def action_leave(self) -> None:
        """Clear the line."""
        self.start_anew()

    def _put(self, line: str) -> None:
        self.value = line
        self.cursor_position = len(line)

    # --- the hint ------------------------------------------------------------------------------

    @property
    def hint(self) -> str:
        """What may come next."""
        if len(self._offers) > 1:
            return _listed([offer[self._offered_from :] for offer in self._offers])
        found = current(self.value, self.toolbox)
        if found:
            return usage(*found)
        if self.value.strip() and (names := self.completion(self.value).lines):
            return _listed(names)
        return _GREETING


class _Continuation(Suggester):
    """Shows the best candidate behind the cursor."""

    def __init__(self, prompt: Prompt) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._prompt = prompt

    async def get_suggestion(self, value: str) -> str | None:
        """Return the best candidate that begins like the line."""
        if not value or value[-1].isspace():
            return None
        likely = self._prompt.completion(value).lines
        return next((line for line in likely if line.startswith(value)), None)


def usage(tool: Tool, field: Field | None) -> str:
    """Return a tool's arguments and its cost, and what the current one takes."""
    fields = fields_of(tool.schema)
    names = " ".join(f"<{each.name}>" if each.required else f"[{each.name}=]" for each in fields)
    told = " ".join(filter(None, (tool.name, names)))
    here = f"  |  {field.name}: {field.hint}" if field else ""
    return f"{told}  ({cost(tool)}){here}"


def _listed(offers: Sequence[str]) -> str:
    more = len(offers) - _OFFERED
    return "  ".join([*offers[:_OFFERED], *([f"... {more} more"] if more > 0 else [])])
