"""Forks that the page asks for: planned at once, played in the background, stopped on demand.

A page starts only what costs nothing and is the job's own: its scripts. Anything else spends money
or runs other code, and is a command to type.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tenure.agents import roles
from tenure.agents.spec import AgentSpec, Kind, kind_of
from tenure.envs.clock import day_of
from tenure.envs.jobs import Job
from tenure.envs.tools import Mistake, ToolCall
from tenure.errors import TenureError, UsageError, nearest
from tenure.runner.budget import Brake
from tenure.runner.episode import Assignment, Scene
from tenure.runner.fork import Change, check, command, draw_up_fork, fork, recorder_of
from tenure.runner.plan import contents_of, folder_for
from tenure.runner.run import Conditions
from tenure.scoring.manifest import Manifest, Slot
from tenure.view.library import Library, Reading, nursery

MOST_FUTURES = 20
"""So many a page may ask for at once; the command line plays any number."""
_MOST_KEPT = 50
_CONCURRENCY = 4
_WAIT_AT_END_S = 5
_ELSEWHERE: Mapping[Kind, str] = {
    "model": "{} is a model. It takes a key and money, or a server, which a page may not use.",
    "python": "{} is code outside the job, which a page may not run.",
    "http": "{} answers at an address of its own, which a page may not have asked.",
}


class Wish(BaseModel):
    """What the page asks for.

    Attributes:
        path: The parent's name in the library.
        step: From before which step to go on, from 0.
        agent: Who goes on; `None` for who recorded the episode.
        keeps_context: Whether that one remembers it.
        tool: What is called first, in place of what an agent would do; empty to let it decide.
        arguments: With what, as JSON text.
        futures: How many other futures are met; 0 for the recorded one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    path: str
    step: int = Field(ge=0)
    agent: str | None = Field(default=None, min_length=1, max_length=300)
    keeps_context: bool = False
    tool: str = Field(default="", max_length=300)
    arguments: str = "{}"
    futures: int = Field(default=0, ge=0, le=MOST_FUTURES)

    @property
    def at(self) -> str:
        """The step, as the command line names it."""
        return f"step:{self.step}"


def wish_of(body: bytes) -> Wish:
    """Read what the page sent.

    Raises:
        UsageError: If it is no wish.
    """
    try:
        return Wish.model_validate_json(body)
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, detail["loc"])) or "The request"
        raise UsageError(f"{where}: {detail['msg']}.") from None


def offer(reading: Reading, n: int) -> dict[str, Any]:
    """Return what can be changed at a step.

    Returns:
        `agents`, the scripts that may go on; `tools`, by name with `signature` and `description`;
        `most_futures`; and what cannot be, as sentences, empty if it can: `fresh` and `kept` for
        who recorded the episode, `futures` for others than the recorded one.

    Raises:
        UsageError: If the episode cannot be forked there at all.
        TrajectoryError: If its world comes out otherwise than recorded.
    """
    past = reading.past
    check(past, n, Change())
    job, tools = past.scenario.job, past.before(n).offered.tools
    return {
        "agents": [*job.policies, *roles(job)],
        "tools": [
            {"name": name, "signature": tool.signature, "description": tool.description}
            for name, tool in tools.items()
        ],
        "most_futures": MOST_FUTURES,
        "fresh": _problem(lambda: _try_recorder(reading, n)),
        "kept": _problem(lambda: check(past, n, Change(keeps_context=True))),
        "futures": _problem(lambda: past.future(n, 1)),
    }


def _try_recorder(reading: Reading, n: int) -> None:
    """See whether who recorded an episode can go on; only scripts are looked up, others run code.

    Raises:
        UsageError: If it cannot.
    """
    if _recorder(reading).is_script:
        draw_up_fork(reading.path, f"step:{n}", Change())


def _recorder(reading: Reading) -> AgentSpec:
    agent = recorder_of(reading.episode)
    if agent.is_script:
        _check_script(agent.policy or agent.name, reading.past.scenario.job)
    return agent


def _problem(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except UsageError as error:
        return str(error)
    return ""


def change_of(wish: Wish, reading: Reading) -> Change:
    """Return a wish as a change of a fork.

    Raises:
        UsageError: If there is no such agent, or the decision is no call that fits.
    """
    return Change(
        agents=[_named(wish.agent, reading.past.scenario.job)] if wish.agent else [],
        action=_decision(wish, reading) if wish.tool else None,
        keeps_context=wish.keeps_context,
        futures=wish.futures,
    )


def _named(name: str, job: Job) -> AgentSpec:
    if kind_of(name) in ("human", "mcp"):
        raise UsageError(f"{name} comes from outside, and goes on with nothing; name a script.")
    if kind_of(name) == "script":
        _check_script(name, job)
    try:
        return AgentSpec(name=name)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise UsageError(f"The agent {name!r} does not fit: {problem}.") from None


def _check_script(name: str, job: Job) -> None:
    scripts = [*job.policies, *roles(job)]
    if name not in (*scripts, *job.oracles):
        raise UsageError(f"There is no script {name!r} here. {nearest(name, scripts)}")


def _decision(wish: Wish, reading: Reading) -> str:
    try:
        arguments = orjson.loads(wish.arguments or "{}")
    except ValueError as error:
        raise UsageError(f"The arguments are no JSON: {error}.") from None
    if not isinstance(arguments, dict):
        raise UsageError('The arguments are a JSON object, such as {"count": 2}.')
    call = ToolCall(wish.tool, arguments).to_json()
    read = reading.past.before(wish.step).offered.parse(call)
    if isinstance(read, Mistake):
        raise UsageError(read.advice)
    return call


def why_elsewhere(change: Change, reading: Reading) -> str:
    """Tell why a page does not play a fork itself; empty if it does."""
    if voice := reading.episode.header.get("voice"):
        return f"A model words what counterparts say: {_ELSEWHERE['model'].format(voice['name'])}"
    agent = change.agents[0] if change.agents else _recorder(reading)
    return "" if agent.is_script else _ELSEWHERE[agent.kind].format(agent.name)


class Forks:
    """The forks that were asked for; one is played at a time.

    Args:
        library: Where the episodes are.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = Lock()
        self._plays: dict[int, _Play] = {}

    def start(self, wish: Wish) -> dict[str, Any]:
        """Plan a fork and begin to play it; return how far it is.

        Returns:
            As `state`; or `state` is `elsewhere`, with the `problem` why the page does not play
            it and the `command` that does.

        Raises:
            UsageError: If there is no such step, the change does not fit the record, or another
                fork is being played.
            TrajectoryError: If the record is damaged.
        """
        reading = self._library.reading(wish.path)
        change, home = change_of(wish, reading), nursery(reading.path)
        if why := why_elsewhere(change, reading):
            agent = change.agents[0] if change.agents else _recorder(reading)
            out = home / f"step-{wish.step}-{agent.label}"
            line = command(reading.path, wish.at, change, out)
            return {"state": "elsewhere", "problem": why, "command": line}
        manifest = draw_up_fork(reading.path, wish.at, change)
        folder = home / folder_for(f"step-{wish.step}", contents_of(manifest)).name
        line = command(reading.path, wish.at, change, folder)
        with self._lock:
            if self.under_way:
                raise UsageError("Another fork is being played; let it end, or stop it first.")
            number = max(self._plays, default=0) + 1
            play = self._plays[number] = _Play(wish, reading.path, manifest, folder, line)
            self._plays.pop(number - _MOST_KEPT, None)
            play.start()
        return self.state(number)

    @property
    def under_way(self) -> int:
        """The number of the fork that is being played; 0 for none."""
        return next((number for number, play in list(self._plays.items()) if play.is_alive()), 0)

    def state(self, number: int) -> dict[str, Any]:
        """Return how far a fork is.

        Returns:
            Its `id`; the `parent` by name and the `step`; `state`: `working`, with its `progress`
            in words and how many episodes have `ended` of those `planned`; or `done`, `stopped` or
            `failed`, with the `episodes` as far as they were played, as in the list, each with its
            `difference` to the parent, `None` if one of the two is unfinished; `problems`, as
            sentences; `folder`, and the `command` that goes on there.

        Raises:
            UsageError: If there is none of that number.
        """
        play = self._found(number)
        told = {
            "id": number,
            "parent": play.wish.path,
            "step": play.wish.step,
            "folder": str(play.folder),
            "command": play.line,
            **play.state(),
        }
        return told if told["state"] == "working" else {**told, "episodes": self._episodes(play)}

    def stop(self, number: int) -> dict[str, Any]:
        """Stop a fork that is being played; what was played stays. Return how far it is."""
        play = self._found(number)
        play.stop()
        play.join()
        return self.state(number)

    def wait(self) -> None:
        """Wait until nothing is being played."""
        for play in list(self._plays.values()):
            play.join()

    def close(self) -> None:
        """Stop what is being played, and wait a little for it."""
        for play in list(self._plays.values()):
            play.stop()
            play.join(_WAIT_AT_END_S)

    def _found(self, number: int) -> _Play:
        if number not in self._plays:
            raise UsageError(f"There is no fork {number} of this page.")
        return self._plays[number]

    def _episodes(self, play: _Play) -> list[dict[str, Any]]:
        parent = self._library.row(play.wish.path)
        names = (self._library.name_of(path) for path in play.paths())
        rows = [self._library.row(name) for name in names if name]
        return [{**row, "difference": _difference(row, parent)} for row in rows]


def _difference(row: Mapping[str, Any], parent: Mapping[str, Any]) -> int | None:
    if not (row.get("complete") and parent.get("complete")):
        return None
    return int(row["score"] - parent["score"])


class _Play(Thread):
    """One fork, played in a thread.

    Attributes:
        wish: What was asked for.
        folder: Where it goes.
        line: The command that does the same.
    """

    def __init__(
        self, wish: Wish, parent: Path, manifest: Manifest, folder: Path, line: str
    ) -> None:
        super().__init__(name=f"fork of {wish.path}", daemon=True)
        self.wish, self.folder, self.line = wish, folder, line
        self._parent, self._manifest = parent, manifest
        self._watch = _Watch(sum(1 for _ in manifest.planned()))
        self._brake = Brake()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._problems: list[str] = []

    def paths(self) -> list[Path]:
        """Return the files of its episodes, as far as they were begun."""
        planned = (self.folder / self._path(slot) for slot in self._manifest.planned())
        return [path for path in planned if path.is_file()]

    def _path(self, slot: Slot) -> Path:
        return Path(self._manifest.episode_path(slot.label, slot.seed, slot.attempt))

    def state(self) -> dict[str, Any]:
        counted = {"ended": self._watch.over, "planned": self._watch.planned}
        if self.is_alive():
            return {"state": "working", "progress": self._watch.told, **counted}
        return {"state": self._outcome, "problems": self._problems, **counted}

    @property
    def _outcome(self) -> str:
        if self._problems:
            return "failed"
        return "done" if self._watch.over == self._watch.planned else "stopped"

    def run(self) -> None:
        try:
            asyncio.run(self._go())
        except TenureError as error:
            self._problems.append(str(error))
        except Exception as error:  # noqa: BLE001  whatever it is, the page must hear of it
            self._problems.append(f"{type(error).__name__}: {error}")

    async def _go(self) -> None:
        self._loop = asyncio.get_running_loop()
        failures = await fork(
            self.folder,
            self._parent,
            self._manifest,
            self._watch,
            Conditions(concurrency=_CONCURRENCY, brake=self._brake),
        )
        self._problems += [failure.sentence for failure in failures]

    def stop(self) -> None:
        """Have it end soon, from any thread; nothing if it has ended."""
        if self.is_alive():
            with suppress(RuntimeError):  # the loop has ended meanwhile
                if self._loop:
                    self._loop.call_soon_threadsafe(self._brake.pull, "stopped", 0)
                else:
                    self._brake.pull("stopped", 0)


class _Watch:
    """Keeps what the page is told of a fork under way; a `Watcher`."""

    def __init__(self, planned: int) -> None:
        self.planned, self.over = planned, 0
        self._worlds: dict[str, Scene] = {}
        self._latest = ""

    @property
    def told(self) -> str:
        """How far it is, in words."""
        under_way = dict(self._worlds)
        name = self._latest if self._latest in under_way else next(iter(under_way), "")
        if not name:
            return "entering the episode"
        return f"{name}, day {day_of(under_way[name].state.now_minutes) + 1:,}"

    def kept(self, episodes: int) -> None:
        self.over += episodes

    def began(self, assignment: Assignment, world: Scene, steps: int) -> None:  # noqa: ARG002  days tell more
        self._worlds[assignment.name] = world

    def stepped(
        self,
        assignment: Assignment,
        exchange: Mapping[str, Any] | None,  # noqa: ARG002  a script has none
        steps: int = 1,  # noqa: ARG002  days tell more
    ) -> None:
        self._latest = assignment.name

    def ended(self, assignment: Assignment, reason: str) -> None:  # noqa: ARG002  the record says why
        self._worlds.pop(assignment.name, None)
        self.over += 1

    def failed(self, assignment: Assignment, error: TenureError) -> None:
        """The fork returns it."""
