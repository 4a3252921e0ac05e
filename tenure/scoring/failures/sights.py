"""An episode as detectors see it: each step with what the job's audit tells of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
        seat: Who took it; empty for the only one, and for a main agent.
        fault: Why it failed; empty if it did not.
        waits: Whether it did nothing but let time pass.
        works: Whether it did some work.
        undone: What the audit named as waiting to be done when the step's day began; empty if it
            named nothing.
        before: The figures before it, those of the seat's own business in a contest.
        after: The same after it.
        facts: What the audit tells of the step.
        is_late: Whether the step was seen before and only the facts are new.
    """

    n: int
    scene: Scene
    seat: str
    fault: str
    waits: bool
    works: bool
    undone: str
    before: Mapping[str, int]
    after: Mapping[str, int]
    facts: tuple[Fact, ...]
    is_late: bool = False

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


def sights(past: Past) -> Iterator[Sight]:
    """Walk through an episode once.

    Where seats are rivals, each is seen with its own business and its own audit. What a night
    brings to a seat when another one's step lets it come is told beside its latest step again, as
    a late sight. Seats that share one world, such as a main agent and its worker, share an audit.

    Raises:
        TrajectoryError: If a step comes out otherwise than recorded.
    """
    audience = _Audience(past)
    world: World[Any] | None = None
    for moment, scene in zip(past.moments(), scenes(past.episode), strict=True):
        if world is not None:
            yield from audience.seen(world)
        audience.look(moment, scene)
        world = moment.world
    if world is not None:
        yield from audience.seen(world)


def auditor(past: Past) -> Callable[[], Audit]:
    """Return what makes the audits of an episode: the job's; of a contest only if told by seat."""
    job = past.scenario.job
    if not job.is_contest:
        return job.audit
    world = past.scenario.make_world(past.episode.seed)
    return job.audit if world.business(world.seat) is not world else Audit


class _Audience:
    """Looks at the world on behalf of everyone who has one of their own in it."""

    def __init__(self, past: Past) -> None:
        self._is_contest = past.scenario.job.is_contest
        make = auditor(past)
        parties = {self._party(step.get("seat", "")) for step in past.episode.steps}
        self._observers = {party: _Observer(make()) for party in sorted(parties)}
        self._acting = ""

    def look(self, moment: Moment, scene: Scene) -> None:
        """Look at the world before a step."""
        self._acting = self._party(scene.step.get("seat", ""))
        for party, observer in self._observers.items():
            business = moment.world.business(party) if party else moment.world
            if party == self._acting:
                observer.look(moment, business, scene, is_alone=not party)
            else:
                observer.look_on(business)

    def seen(self, world: World[Any]) -> Iterator[Sight]:
        """Yield what is seen of the step, now that the world has taken it: first who took it."""
        for party in sorted(self._observers, key=lambda party: party != self._acting):
            business = world.business(party) if party else world
            observer = self._observers[party]
            if party == self._acting:
                yield observer.seen(business, is_alone=not party)
            else:
                yield from observer.seen_late(business, self._observers[self._acting].events)

    def _party(self, seat: str) -> str:
        return seat if self._is_contest else ""


class _Observer:
    """Looks at a business before and after each step."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._day = 0
        self._undone = ""
        self._done: set[Any] = set()
        """What the work of the day has led to so far: who comes back to it has undone some."""
        self._latest: Sight | None = None
        self.events: Sequence[Mapping[str, Any]] = ()

    def look(self, moment: Moment, world: World[Any], scene: Scene, *, is_alone: bool) -> None:
        """Look at the business before a step of its own; `is_alone` if it is the whole world."""
        call = scene.call
        self._n, self._scene = moment.n, scene
        self._figures = _figures_before(scene) if is_alone else _figures(world)
        if scene.day != self._day:
            self._day, self._undone = scene.day, self._audit.undone(world)
            self._done = set()
        fault = scene.step.get("fault", "")
        known = moment.world.offered.tools.get(call.name) if call else None
        self._call = ToolCall(call.name, call.arguments) if call and known and not fault else None
        self._waits = bool(call and call.name in self._audit.waiting)
        self._writes = bool(self._call and known and known.writes and not self._waits)
        self._audit.before(moment.n, world, self._call)
        self._before = self._audit.work(world)
        self._done.add(self._before)

    def look_on(self, world: World[Any]) -> None:
        """Look at the business before a step of another."""
        if self._latest:
            self._audit.before(self._latest.n, world, None)

    def seen(self, world: World[Any], *, is_alone: bool) -> Sight:
        """Return what is seen of the step, now that the world has taken it."""
        step = self._scene.step
        self.events = step.get("events", ())
        seat = step.get("seat", "")
        self._latest = Sight(
            self._n,
            self._scene,
            seat,
            step.get("fault", ""),
            self._waits,
            self._writes and self._has_worked(world),
            self._undone,
            self._figures,
            self._scene.figures if is_alone else _figures(world),
            self._facts(self._n, world, self._call, "" if is_alone else seat, self.events),
        )
        return self._latest

    def seen_late(self, world: World[Any], events: Sequence[Mapping[str, Any]]) -> Iterator[Sight]:
        """Yield the latest step again if another's step has brought something to tell of it."""
        if self._latest is None:
            return
        facts = self._facts(self._latest.n, world, None, self._latest.seat, events)
        if facts:
            yield self._latest._replace(facts=facts, is_late=True)

    def _facts(
        self,
        n: int,
        world: World[Any],
        call: ToolCall | None,
        seat: str,
        events: Sequence[Mapping[str, Any]],
    ) -> tuple[Fact, ...]:
        """Return what the audit tells of a step; of a rival's events nothing if there is a seat."""
        try:
            own = [event for event in events if not seat or event.get("seat") == seat]
            return tuple(self._audit.after(n, world, call, own))
        except (LookupError, TypeError, AttributeError) as error:
            raise TrajectoryError(
                f"Step {n} has an event that is not what its kind says: {error!r}.", n + 1
            ) from error

    def _has_worked(self, world: World[Any]) -> bool:
        """Tell whether a call that could do work did: its outcome is new today."""
        if self._before is None:
            return True
        slept = self._scene.day != world.state.now_minutes // 1440 + 1
        return not slept and self._audit.work(world) not in self._done


def _figures(world: World[Any]) -> Mapping[str, int]:
    return dict(zip((figure.name for figure in world.figures), world.measured, strict=True))


def _figures_before(scene: Scene) -> Mapping[str, int]:
    return {**scene.figures, **{name: old for name, (old, _) in scene.changes.items()}}
