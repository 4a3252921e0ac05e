"""An episode as detectors see it: each step with what the job's audit tells of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tenure.envs.audit import Audit, Fact
from tenure.envs.tools import ToolCall
from tenure.envs.world import World
from tenure.errors import TrajectoryError
from tenure.scoring.past import Moment, Past
from tenure.scoring.scenes import Scene, scenes


class Sight(NamedTuple):
    """One step.

    Attributes:
        n: Its number.
        scene: What a reader sees of it.
        fault: Why it failed; empty if it did not.
        waits: Whether it did nothing but let time pass.
        works: Whether it did some work.
        undone: What the audit named as waiting to be done when the step's day began; empty if it
            named nothing.
        facts: What the audit tells of the step.
    """

    n: int
    scene: Scene
    fault: str
    waits: bool
    works: bool
    undone: str
    facts: tuple[Fact, ...]

    @property
    def tool(self) -> str:
        """The tool that was called; empty if it was no call."""
        return self.scene.call.name if self.scene.call else ""

    @property
    def arguments(self) -> Any:
        """The call's arguments; nothing if it was no call."""
        return self.scene.call.arguments if self.scene.call else {}

    @property
    def said(self) -> str:
        """What the agent wrote beside its call, if that is more than the call itself."""
        said = self.scene.said.strip()
        return "" if said.startswith("{") or said == self.scene.step["action"].strip() else said

    @property
    def key(self) -> tuple[str, int, int]:
        """What two steps of a loop have in common: tool, arguments and answer but for the clock."""
        whole = self.scene.answer or ""
        answer, _, stamp = whole.rpartition("\n")
        if not (stamp.startswith("[") and stamp.endswith("]")):
            answer = whole
        return self.tool, hash(self.scene.step["action"]), hash(answer)


def sights(past: Past, audit: Audit) -> Iterator[Sight]:
    """Walk through an episode once.

    Raises:
        TrajectoryError: If a step comes out otherwise than recorded.
    """
    observer = _Observer(audit)
    world: World[Any] | None = None
    for moment, scene in zip(past.moments(), scenes(past.episode), strict=True):
        if world is not None:
            yield observer.seen(world)
        observer.look(moment, scene)
        world = moment.world
    if world is not None:
        yield observer.seen(world)


class _Observer:
    """Looks at the world before and after each step."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._day = 0
        self._undone = ""
        self._done: set[Any] = set()
        """What the work of the day has led to so far: who comes back to it has undone some."""

    def look(self, moment: Moment, scene: Scene) -> None:
        """Look at the world before a step."""
        world, call = moment.world, scene.call
        self._n, self._scene = moment.n, scene
        if scene.day != self._day:
            self._day, self._undone = scene.day, self._audit.undone(world)
            self._done = set()
        fault = scene.step.get("fault", "")
        known = world.offered.tools.get(call.name) if call else None
        self._call = ToolCall(call.name, call.arguments) if call and known and not fault else None
        self._waits = bool(call and call.name in self._audit.waiting)
        self._writes = bool(self._call and known and known.writes and not self._waits)
        self._audit.before(moment.n, world, self._call)
        self._before = self._audit.work(world)
        self._done.add(self._before)

    def seen(self, world: World[Any]) -> Sight:
        """Return what is seen of the step, now that the world has taken it."""
        step = self._scene.step
        try:
            facts = tuple(self._audit.after(self._n, world, self._call, step.get("events", ())))
        except (LookupError, TypeError, AttributeError) as error:
            raise TrajectoryError(
                f"Step {self._n} has an event that is not what its kind says: {error!r}.",
                self._n + 1,
            ) from error
        return Sight(
            self._n,
            self._scene,
            step.get("fault", ""),
            self._waits,
            self._writes and self._has_worked(world),
            self._undone,
            facts,
        )

    def _has_worked(self, world: World[Any]) -> bool:
        """Tell whether a call that could do work did: its outcome is new today."""
        if self._before is None:
            return True
        slept = self._scene.day != world.state.now_minutes // 1440 + 1
        return not slept and self._audit.work(world) not in self._done
