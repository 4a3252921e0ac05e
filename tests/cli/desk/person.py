"""A person at the desk, who types without a screen."""

import argparse
import asyncio
from contextlib import asynccontextmanager

from textual.widgets import Input, Static, TextArea

from tenure.cli import desk
from tenure.cli.desk.forms import Blank, Form
from tenure.cli.desk.history import History
from tenure.cli.desk.prompt import Prompt

PATIENCE = 200


def options(scenario, folder, seed=1, name="ada"):
    line = f"tenure play {scenario} --seed {seed} --as {name} --out {folder}"
    return argparse.Namespace(scenario=str(scenario), seed=seed, name=name, out=folder, line=line)


class Sitting:
    """One sitting at an episode."""

    def __init__(self, app, pilot):
        self.app, self.pilot = app, pilot

    async def until(self, true):
        for _ in range(PATIENCE):
            await self.pilot.pause()
            if true():
                return
        raise AssertionError(self.shown("#hint"))

    async def ready(self):
        """Wait for the next turn, or the end."""
        app = self.app
        await self.until(lambda: app.is_waiting or app._is_over or app.failure)

    async def press(self, *keys):
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, line):
        """Put a line on the command line and send it."""
        prompt = self.app.query_one(Prompt)
        prompt.value = line
        prompt.focus()
        await prompt.action_submit()
        await self.ready()

    async def fill(self, **texts):
        """Put texts into the open form's fields, by name."""
        for blank in self.app.query(Blank):
            if (name := str(blank.place[-1])) in texts:
                _put(blank.entry, texts[name])
        await self.pilot.pause()

    async def form(self):
        await self.until(lambda: self.app.query(Form))
        await self.pilot.pause()
        return self.app.query_one(Form)

    def shown(self, selector):
        return str(self.app.query_one(selector, Static).render())

    @property
    def history(self):
        return self.app.query_one(History).text


def _put(entry, text):
    if isinstance(entry, TextArea):
        entry.text = text
    else:
        entry.value = text if isinstance(entry, Input) or text else entry.NULL


def sit(scenario, folder, act, *, size=(80, 24), seed=1):
    """Let `act` play at a desk, from the opening (the brief put away) or from where it stopped.

    Returns:
        The app, after the sitting.
    """

    async def sitting():
        async with at_desk(scenario, folder, size=size, seed=seed) as here:
            await here.ready()
            if not here.app.story.actions:
                await here.press("escape")
            await act(here)
            return here.app

    return asyncio.run(sitting())


@asynccontextmanager
async def at_desk(scenario, folder, *, size=(80, 24), seed=1):
    app = desk.desk(desk.plan(options(scenario, folder, seed)))
    async with app.run_test(size=size) as pilot:
        yield Sitting(app, pilot)
