"""The desk at which a person plays an episode: a terminal interface for any job.

It is shown what an agent is shown (briefing, tools, observations) and nothing else.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widgets import Footer, Input, Static, TextArea

from tenure.agents.contract import Turn
from tenure.agents.human import spent
from tenure.cli.desk.forms import Form
from tenure.cli.desk.history import History
from tenure.cli.desk.line import parse
from tenure.cli.desk.prompt import Prompt
from tenure.cli.desk.screens import Question, Reader
from tenure.cli.desk.stopwatch import Stopwatch
from tenure.cli.desk.story import Story, legible
from tenure.cli.desk.tools import Tools
from tenure.envs.jobs import Briefing
from tenure.envs.tools import Tool, Toolbox, ToolCall

Outcome = bool
"""Whether the episode was played to its end."""


class DeskApp(App[Outcome]):
    """Where a person sits; a `tenure.agents.human.Desk`.

    Args:
        title: What is played.
        play: Plays the episode with the person at this desk, to its end.
        again: The command that goes on with it.
        limit: How many calls there are, if the brief says so; 0 if it does not.
    """

    CSS_PATH = "look.tcss"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (112, "-wide")]  # noqa: RUF012  as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "read", "Brief"),
        Binding("f2", "choose", "Tools"),
        Binding("f3", "fill", "Form"),
        Binding("f5", "repeat", "Again"),
        Binding("ctrl+f", "search", "Find", priority=True),
        Binding("f9", "turn_light", "Light/dark", show=False),
        Binding("ctrl+q", "stop", "Stop", priority=True),
        Binding("ctrl+c", "copy_or_stop", "Stop", priority=True, show=False),
    ]

    def __init__(
        self,
        title: str,
        play: Callable[[DeskApp], Awaitable[None]],
        again: str,
        limit: int = 0,
    ) -> None:
        super().__init__()
        self.title = "tenure play"
        self.story = Story()
        self.failure: BaseException | None = None
        """What ended the episode before its end, if anything did."""
        self._title, self._play, self._again, self._limit = title, play, again, limit
        self._briefings: dict[str, Briefing] = {}
        self._seat = ""
        self._shown = 0
        self._stopwatch = Stopwatch()
        self._answer: asyncio.Future[Turn] | None = None
        self._playing: asyncio.Task[None] | None = None
        self._is_over = False

    # --- the desk of an agent ------------------------------------------------------------------

    def briefed(self, seat: str, briefing: Briefing) -> None:
        """Learn the job of a seat."""
        self._briefings[seat] = briefing

    def recalled(self, seat: str, observation: str, action: str) -> None:
        """Take note of a recorded turn."""
        self.story.hear(observation)
        self.story.act(action, self._briefings[seat].toolbox, seat)

    async def asked(self, seat: str, observation: str) -> Turn:
        """Show an observation and wait for a call."""
        self.story.hear(observation)
        self._take_seat(seat)
        self._show_scenes()
        self._offer_tools()
        if not self.story.actions:
            self.action_read()
        self._tell_time()
        self._answer = asyncio.get_running_loop().create_future()
        self._stopwatch.start()
        return await self._answer

    def ended(self, observation: str) -> None:
        """Show what the last action led to."""
        if not self._is_over:
            self._is_over = True
            self.story.hear(observation)
            self._show_scenes()

    @property
    def is_waiting(self) -> bool:
        """Whether it is the person's turn."""
        return self._answer is not None and not self._answer.done()

    def send(self, tool: Tool, arguments: Mapping[str, Any]) -> None:
        """Make a call that the tool takes."""
        if not self.is_waiting or self._answer is None:
            return
        action = ToolCall(tool.name, arguments).to_json()
        self.story.act(action, self._toolbox, self._seat)
        self._answer.set_result(Turn(action, spent(*self._stopwatch.stop())))

    @property
    def _toolbox(self) -> Toolbox:
        briefing = self._briefings.get(self._seat)
        return briefing.toolbox if briefing else Toolbox({})

    # --- what is on the screen -----------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Lay out head, history, tools and command line."""
        with Horizontal(id="head"):
            yield Static(self._title, markup=False, id="what")
            yield Static("", markup=False, id="when")
            yield Static("", markup=False, id="count")
        with Container(id="room"):
            yield History()
            with Container(id="side"):
                yield Tools()
        yield Input(placeholder="find in the history", compact=True, id="search")
        yield Static("", markup=False, id="found")
        with Horizontal(id="line"):
            yield Static(">", markup=False, id="mark")
            yield Prompt(self.story.seen, lambda: self.story.lines)
        yield Static("", markup=False, id="hint")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Begin to play."""
        self.theme = "textual-light" if _is_light(os.environ) else "textual-dark"
        self._hint()
        self.query_one(Prompt).focus()
        self._playing = asyncio.create_task(self._play_out(), name=self._title)

    async def on_event(self, event: events.Event) -> None:
        """Take note of what the person does before anything comes of it."""
        if isinstance(event, events.InputEvent):
            self._stopwatch.touch()
        await super().on_event(event)

    async def _play_out(self) -> None:
        try:
            await self._play(self)
        except Exception as error:  # noqa: BLE001  it is raised again when the screen is free
            self.failure = error
            self.exit(return_code=1)
        else:
            await self._end()

    async def _end(self) -> None:
        await self._close_side()
        self._tell_time()
        prompt = self.query_one(Prompt)
        prompt.disabled = True
        self.query_one("#hint", Static).update("It is over. Ctrl-Q shows your score.")
        self.query_one(History).focus()
        calls = f"{self.story.actions:,} call{'' if self.story.actions == 1 else 's'}"
        text = f"That was the last of it, after {calls}."
        self.push_screen(Question(text, "Show my score", "Look back first"), self._leave_if)

    def _take_seat(self, seat: str) -> None:
        """Tell the person for whom the next action is, in a world with several seats."""
        if seat != self._seat:
            self._seat = seat
            role = f"the {seat}" if seat else "the main agent"
            self.notify(legible(f"You act as {role} now; F1 has its instructions."), markup=False)
            told = f"{self._title}, as {role}" if seat else self._title
            self.query_one("#what", Static).update(told)

    def _show_scenes(self) -> None:
        """Show what is not shown yet."""
        self.query_one(History).add(*self.story.scenes[self._shown :])
        self._shown = len(self.story.scenes)

    def _offer_tools(self) -> None:
        self.query_one(Prompt).toolbox = self._toolbox
        self.query_one(Tools).offer(self._toolbox)

    def _tell_time(self) -> None:
        done, limit = self.story.actions, self._limit
        self.query_one("#when", Static).update(self.story.stamp)
        calls = f"{done:,} of {limit:,} calls" if limit else f"{done:,} calls"
        self.query_one("#count", Static).update(calls)

    def _hint(self, problem: str = "") -> None:
        if self._is_over:
            return
        hint = self.query_one("#hint", Static)
        hint.set_class(bool(problem), "problem")
        hint.update(f"! {legible(problem)}" if problem else self.query_one(Prompt).hint)

    # --- the command line ----------------------------------------------------------------------

    @on(Input.Changed, "#prompt")
    def _follow(self) -> None:
        self.query_one(Prompt).changed()
        self._hint()

    @on(Input.Submitted, "#prompt")
    async def _enter(self, event: Input.Submitted) -> None:
        event.stop()
        command = parse(event.value, self._toolbox)
        if isinstance(command, str):
            self._hint(command)
            return
        tool, arguments = command
        problems = tool.problems(arguments)
        missing = {place for place in problems if len(place) == 1 and place[0] not in arguments}
        if missing and missing == set(problems):
            await self._open_form(tool, {**self.story.given(tool.name), **arguments})
        elif problems:
            self._hint("; ".join(f"{place[0]}: {told}" for place, told in problems.items()))
        else:
            self.query_one(Prompt).start_anew()
            self.send(tool, arguments)

    async def action_repeat(self) -> None:
        """Put the last call on the command line; Enter sends it."""
        prompt = self.query_one(Prompt)
        if self.story.lines and not self._is_over:
            await self._close_side()
            prompt.start_anew(self.story.lines[-1])
            prompt.focus()

    # --- tools and forms -----------------------------------------------------------------------

    async def action_choose(self) -> None:
        """Show the tools, or go back from them."""
        if self._is_over:
            return
        if self.query(Form):
            await self._close_side()
        self.query_one("#side").add_class("-open")
        self.query_one(Tools).begin()

    async def action_fill(self) -> None:
        """Open a form for the tool on the command line, else let the person choose one."""
        if self._is_over:
            return
        line = self.query_one(Prompt).value
        command = parse(line, self._toolbox)
        if isinstance(command, str):
            self._hint(command if line else "")
            await self.action_choose()
        else:
            tool, arguments = command
            await self._open_form(tool, {**self.story.given(tool.name), **arguments})

    @on(Tools.Chosen)
    async def _choose(self, event: Tools.Chosen) -> None:
        await self._open_form(event.tool, self.story.given(event.tool.name))

    async def _open_form(self, tool: Tool, given: Mapping[str, Any]) -> None:
        await self.query(Form).remove()
        side = self.query_one("#side")
        side.add_class("-open", "-form")
        await side.mount(
            Form(tool, given, lambda name, argument: list(self.story.seen(name, argument)))
        )

    @on(Form.Sent)
    async def _send_form(self, event: Form.Sent) -> None:
        await self._close_side()
        self.query_one(Prompt).start_anew()
        self.send(event.tool, event.arguments)

    @on(Form.Cancelled)
    @on(Tools.Left)
    async def _close_side(self) -> None:
        await self.query(Form).remove()
        self.query_one("#side").remove_class("-open", "-form")
        self.query_one(Prompt).focus()

    # --- reading back --------------------------------------------------------------------------

    def action_read(self) -> None:
        """Show the brief, the tools and the keys."""
        briefing = self._briefings.get(self._seat)
        if briefing:
            self.push_screen(Reader(briefing.brief, briefing.toolbox))

    def action_turn_page(self, by: int) -> None:
        """Leaf through the history."""
        history = self.query_one(History)
        history.scroll_relative(y=by * (history.size.height - 1), animate=False)

    def action_turn_line(self, by: int) -> None:
        """Scroll the history by a line."""
        self.query_one(History).scroll_relative(y=by, animate=False)

    def action_search(self) -> None:
        """Look for a text in the history."""
        self.screen.query("#search, #found").add_class("-open")
        search = self.query_one("#search", Input)
        search.focus()
        self._show_found(self.query_one(History).find(search.value))

    @on(Input.Changed, "#search")
    def _find(self, event: Input.Changed) -> None:
        self._show_found(self.query_one(History).find(event.value))

    @on(Input.Submitted, "#search")
    def action_older_match(self) -> None:
        """Go to the next older place."""
        self._show_found(self.query_one(History).step(-1))

    def action_newer_match(self) -> None:
        """Go to the next newer place."""
        self._show_found(self.query_one(History).step(1))

    def _show_found(self, where: str) -> None:
        wanted = self.query_one("#search", Input).value
        self.query_one("#found", Static).update(where if wanted else "")

    async def on_key(self, event: events.Key) -> None:
        """Do what keys mean where no widget has taken them."""
        if self.focused and self.focused.id == "search" and event.key in ("up", "down"):
            self.action_older_match() if event.key == "up" else self.action_newer_match()
        elif event.key == "escape":
            self._close_search()
            if not self._is_over:
                await self._close_side()

    def _close_search(self) -> None:
        self.query("#search, #found").remove_class("-open")
        self.query_one(History).find("")

    # --- the rest ------------------------------------------------------------------------------

    def action_turn_light(self) -> None:
        """Change between light and dark."""
        self.theme = "textual-dark" if self.theme == "textual-light" else "textual-light"

    def action_copy_or_stop(self) -> None:
        """Copy what is selected; if nothing is, stop."""
        selected = self.screen.get_selected_text()
        if not selected and isinstance(self.focused, Input | TextArea):
            selected = self.focused.selected_text
        if selected:
            self.copy_to_clipboard(selected)
            self.screen.clear_selection()
        else:
            self.action_stop()

    def action_stop(self) -> None:
        """Ask whether to stop; asked again, stop."""
        if self._is_over or isinstance(self.screen, Question):
            self.run_worker(self._leave())
            return
        text = f"Stop here? Every call so far is saved. To go on from here:\n\n{self._again}"
        self.push_screen(Question(text, "Stop", "Go on playing"), self._leave_if)

    async def _leave_if(self, answer: bool | None) -> None:  # noqa: FBT001  Textual passes it so
        if answer:
            await self._leave()

    async def _leave(self) -> None:
        """Close the record, then the screen."""
        await self.on_unmount()
        self.exit(self._is_over)

    async def on_unmount(self) -> None:
        """Let the record be closed, however the screen came to close."""
        if self._playing and not self._playing.done():
            self._playing.cancel()
            await asyncio.wait([self._playing])


def _is_light(environment: Mapping[str, str]) -> bool:
    """Tell whether the terminal says that its background is light, as some do."""
    return environment.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
