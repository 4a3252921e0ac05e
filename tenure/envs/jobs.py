"""The registry of jobs: a name, and an import string so that registering stays cheap.

Jobs come from `register`, or from installed packages that name them in their `pyproject.toml`:

    [project.entry-points."tenure.jobs"]
    lemonade = "lemonade:JOB"
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, NamedTuple

from pydantic import BaseModel

from tenure.envs import registration
from tenure.envs.audit import Audit
from tenure.envs.chance import OWN_FUTURE, Future
from tenure.envs.delegation import Delegation, delegating
from tenure.envs.fitting import fitted
from tenure.envs.forecasts import Ask, Asked, Question, asking, schedule
from tenure.envs.layers import lacking
from tenure.envs.memory import Kind, remembering
from tenure.envs.tools import Toolbox, ToolCall
from tenure.envs.world import World
from tenure.errors import UsageError, nearest, told


class Briefing(NamedTuple):
    """What an agent knows when it begins.

    Attributes:
        brief: The job's instructions.
        opening: The first observation.
        toolbox: The tools on offer.
        seed: Seed of the agent's own chance (`agent_seed`); tells nothing of the world's seed.
        parallel_calls: Whether a model's message may hold several calls, taken one after another.
        steps: The most steps that the episode may have; 0 if nobody said.
    """

    brief: str
    opening: str
    toolbox: Toolbox
    seed: int
    parallel_calls: bool = False
    steps: int = 0


class Layers(NamedTuple):
    """What a scenario lays over a job's world; nothing by default.

    Attributes:
        memory: Kinds of memory tools to add.
        without_tools: The job's tools to leave out.
        delegation: Which tools a sub-agent has, if there is one.
    """

    memory: tuple[Kind, ...] = ()
    without_tools: tuple[str, ...] = ()
    delegation: Delegation | None = None


NO_LAYERS = Layers()


class Face(NamedTuple):
    """A Gymnasium environment of a job.

    Attributes:
        id: Gymnasium id, such as `tenure/Vending-v1`.
        env: Import string `module:class` of the environment.
        vector: Import string of its `gymnasium.vector.VectorEnv`, if it has one.
    """

    id: str
    env: str
    vector: str = ""


class Plugin(NamedTuple):
    """A job that an installed package names.

    Attributes:
        name: The job's name.
        job: Import string `module:attribute` of its `Job`.
        package: The package's name, as pip knows it.
    """

    name: str
    job: str
    package: str


def agent_seed(world_seed: int, attempt: int = 0) -> int:
    """Return the seed of an agent's own chance, in [0, 2**31); it hides the world's seed.

    Args:
        world_seed: The world's.
        attempt: 0-based number of the attempt on it; each has a chance of its own.
    """
    named = b"agent %d" % world_seed + (b" attempt %d" % attempt if attempt else b"")
    return int.from_bytes(blake2b(named, digest_size=4).digest()) >> 1


Policy = Generator[ToolCall, str, None]
"""Yields a call and is sent the text it led to, until the episode ends."""


class Truth(NamedTuple):
    """What a privileged script is told: nothing of its world is hidden from it.

    Attributes:
        world: A twin of the world it is to play, freshly drawn; the script may use it up.
        steps: How many calls the scenario allows.
    """

    world: World[Any]
    steps: int


Oracle = Callable[[Truth], Policy]
"""A privileged script: a reference for how much room there is, never ranked."""


class Shock(NamedTuple):
    """Something from outside that hurts a business now and then.

    Attributes:
        event: The kind of event that tells of it in the record.
        parameter: The parameter that says how often it comes, and whose 0 is the twin without it.
        remedies: Tools that answer it; none if nothing does.
    """

    event: str
    parameter: str
    remedies: tuple[str, ...] = ()


class OverTime(NamedTuple):
    """What a job tells of itself so that competence can be followed through its time.

    Attributes:
        worth: The figure whose change is what a day has earned; the score if empty.
        works: Tools that do the job, as opposed to looking, noting and waiting; if none is named,
            all that change the world and take time.
        duties: Topics of conduct that are commitments: what was promised or is owed by a day.
        shocks: Shocks by name.
    """

    worth: str = ""
    works: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    shocks: Mapping[str, Shock] = MappingProxyType({})


Reference = Callable[[World[Any]], Iterator[ToolCall]]
"""A good manager's day: yields calls for the rest of the day from whatever state a world is in.

The last one lets the day pass. Each call has been done (`World.perform`) when the next is asked
for. It remembers nothing: what it does follows from the world's present state alone. It may see all
of that, and what customers and suppliers are like, but not what is drawn for the future.
"""


class Deed(NamedTuple):
    """A step of an episode, as a job is asked what it was about.

    Attributes:
        world: The world before it; not to be altered.
        tool: What was called; empty if the action was no call.
        arguments: With what, valid or not.
        fault: Why it failed; empty if it did not.
        events: What was recorded of it.
        passes_day: Whether the day was over with it.
        would: What the reference would have done from there until the day was over.
    """

    world: World[Any]
    tool: str
    arguments: Mapping[str, Any]
    fault: str
    events: Sequence[Mapping[str, Any]]
    passes_day: bool
    would: Sequence[ToolCall]


class Matter(NamedTuple):
    """What a step was about; empty where nothing is to be said.

    Attributes:
        product: A product's name.
        counterparty: A supplier, a customer or a seat, by name or address.
        cause: A few words by which losses of one kind are added up, such as `price too low`.
    """

    product: str = ""
    counterparty: str = ""
    cause: str = ""


@dataclass(frozen=True)
class Job:
    """An environment family.

    Attributes:
        world: The simulation.
        policies: Scripted agents by name, weakest first.
        floor: The policy whose score is normalised to 0.
        bound: The highest score without luck (in units of the world's score figure) that any agent
            can reach with the given parameters and seed: the optimum, or a proven upper bound.
        questions: By name, what a scenario can have forecast.
        exploits: Scripts by name that try to score without doing the job; the checker sees to it
            that none of them gets above the floor.
        crew: Scripts of the seats in which a policy has helpers, by seat; in all others the policy
            itself works.
        is_contest: Whether the seats are rivals with an agent each. The world then has the
            parameter `seats`, at most eight, seats `seat_1` and on, and for each of them the figure
            `seat_1_<score>`.
        over_time: What measures of its course need to know.
        audit: Makes what tells facts of one episode to who looks for failures; `Audit` for a job
            that knows of none.
        oracles: Privileged scripts by name.
        reference: What a good manager does with a world in any state; what the loss of a step is
            measured against. `None` for a job whose losses nobody can tell.
        matter: Tells what a step was about, for sums of losses by product, counterparty and cause.
    """

    world: type[World[Any]]
    policies: Mapping[str, Callable[[Briefing], Policy]]
    floor: str
    bound: Callable[[Any, int], int]
    questions: Mapping[str, Question] = field(default_factory=dict)
    exploits: Mapping[str, Callable[[Briefing], Policy]] = field(default_factory=dict)
    crew: Mapping[str, Callable[[Briefing], Policy]] = field(default_factory=dict)
    is_contest: bool = False
    oracles: Mapping[str, Oracle] = field(default_factory=dict)
    over_time: OverTime = field(default_factory=OverTime)
    audit: Callable[[], Audit] = Audit
    reference: Reference | None = None
    matter: Callable[[Deed], Matter] | None = None

    def script(self, name: str, seat: str = "") -> Callable[[Briefing], Policy]:
        """Return what makes the script that works in a seat for a policy or an exploit.

        Raises:
            KeyError: If there is no such policy or exploit.
        """
        return self.crew.get(seat) or {**self.policies, **self.exploits}[name]

    def make(
        self,
        parameters: Mapping[str, Any] | BaseModel,
        seed: int,
        forecasts: Sequence[Ask] = (),
        layers: Layers = NO_LAYERS,
        *,
        future: Future = OWN_FUTURE,
    ) -> World[Any]:
        """Build a world; parameters left out have their defaults.

        Args:
            parameters: The job's parameters.
            seed: The draw of the world, >= 0.
            forecasts: What the agent is asked to forecast.
            layers: What else lies over the job's world; with none of either, it is the job's own.
            future: Which luck its days have from some day on.

        Raises:
            UsageError: If a parameter is unknown or out of range, or a forecast or a layer does
                not fit the job.
        """
        known = fitted(self.world.Parameters, parameters)
        make: Any = self.world_type(layers, asks=bool(forecasts))
        plan = (self.questions, self.plan(known, forecasts)) if forecasts else ()
        luck = {"future": future} if future.number else {}
        world: World[Any] = make(known, seed, *plan, **luck)
        return world

    def world_type(self, layers: Layers, *, asks: bool) -> type[World[Any]]:
        """Return the class of the worlds with some layers, perhaps asking for forecasts.

        Raises:
            UsageError: If a layer does not fit the job.
        """
        world = self.world
        if self.is_contest and (asks or any(layers)):
            raise UsageError("A contest of several agents takes no forecasts and no layers.")
        if layers.without_tools:
            world = lacking(world, layers.without_tools)
        if layers.memory:
            world = remembering(world, layers.memory)
        if asks:
            world = asking(world)
        return delegating(world, layers.delegation) if layers.delegation else world

    def plan(self, parameters: BaseModel, forecasts: Sequence[Ask]) -> tuple[Asked, ...]:
        """Return what is asked when.

        Raises:
            UsageError: If a forecast does not fit the job.
        """
        return schedule(self.questions, forecasts, parameters)


ENTRY_POINTS = "tenure.jobs"
"""The group of entry points in which a package names its jobs."""

INSTALL = "If it is in a package of yours, install that: pip install --editable FOLDER"
"""What may help if there is no job of some name."""

_OURS = "tenure."
_JOBS: dict[str, str] = {}
_FACES: dict[str, tuple[Face, ...]] = {}


def register(name: str, job: str, *faces: Face) -> None:
    """Make a job known.

    Args:
        name: The job's name, the first part of its scenarios' ids.
        job: Import string `module:attribute` of its `Job`.
        faces: Its Gymnasium environments.
    """
    _JOBS[name] = job
    _FACES[name] = faces
    for face in faces:
        registration.register(face.id, face.env, face.vector)


def known() -> dict[str, str]:
    """Return the import strings of the jobs that this process knows, for others to `learn`."""
    found = {}
    for name in names():
        with suppress(UsageError):  # several packages have it; said when it is played
            found[name] = reference(name)
    return found


def learn(others: Mapping[str, str]) -> None:
    """Register jobs that another process knows and this one may not."""
    for name in others.keys() - set(names()):
        register(name, others[name])


def names() -> list[str]:
    """Return the names of the registered jobs and of those of installed packages."""
    return sorted({*_JOBS, *(plugin.name for plugin in plugins())})


def plugins() -> tuple[Plugin, ...]:
    """Return the jobs that installed packages name, without importing them."""
    return _plugins(tuple(sys.path))


def reference(name: str) -> str:
    """Return the import string `module:attribute` of a job, without importing it.

    Tenure's own jobs keep their names, whatever is installed: their scenarios' ids mean one thing.

    Raises:
        UsageError: If there is no such job, or several packages have the name.
    """
    own = _JOBS.get(name, "")
    if own.startswith(_OURS):
        return own
    found = {plugin.job for plugin in _rivals(name)} | ({own} if own else set())
    if not found:
        raise UsageError(f"There is no job {name!r}. {nearest(name, names())} {INSTALL}.")
    if len(found) > 1:
        raise UsageError(clash(name))
    return found.pop()


def clash(name: str) -> str:
    """Return what is wrong with a job's name if several jobs have it; else an empty text."""
    own, rivals = _JOBS.get(name, ""), _rivals(name)
    theirs = {rival.job for rival in rivals}
    if len({own, *theirs} - {""}) < 2:
        return ""
    places = [f"{rival.job} (package {rival.package})" for rival in rivals]
    remedy = " or ".join(f"`pip uninstall {rival.package}`" for rival in rivals)
    if own.startswith(_OURS):
        return (
            f"The name {name!r} is Tenure's own; {', '.join(places)} cannot be used under it. "
            f"Rename that job, or {remedy}."
        )
    places += [f"{own} (registered by this program)"] if own and own not in theirs else []
    return (
        f"Several jobs are named {name!r}: {', '.join(places)}. Tenure does not choose: "
        f"rename all but one, or {remedy}."
    )


def faces(name: str) -> tuple[Face, ...]:
    """Return the Gymnasium environments that were registered with a job; mostly one, or none."""
    return _FACES.get(name, ())


def load(name: str) -> Job:
    """Import a job.

    Raises:
        UsageError: If there is no such job, several have the name, or an installed package's
            cannot be imported.
    """
    import_string = reference(name)
    if import_string.startswith(_OURS):
        return resolve(import_string)  # a bug of ours is a traceback
    try:
        job = resolve(import_string)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # somebody else's code, which may even try to exit
        remedy = "".join(
            f"; if it is not yours, `pip uninstall {rival.package}`" for rival in _rivals(name)
        )
        raise UsageError(
            f"The job {name!r} ({import_string}) cannot be imported: {told(error)}. "
            f"Mend it{remedy}."
        ) from error
    if not isinstance(job, Job):
        raise UsageError(f"{import_string} is no tenure.envs.jobs.Job but {type(job).__name__}.")
    return job


def resolve(import_string: str) -> Job:
    """Return what an import string `module:attribute` stands for."""
    module, _, attribute = import_string.partition(":")
    job: Job = getattr(importlib.import_module(module), attribute)
    return job


def _rivals(name: str) -> list[Plugin]:
    """Return the jobs of one name in installed packages, each once if it is none of ours."""
    own = _JOBS.get(name, "")
    found = [plugin for plugin in plugins() if plugin.name == name]
    return [one for one in found if one.job != own or not own.startswith(_OURS)]


@cache
def _plugins(_path: tuple[str, ...]) -> tuple[Plugin, ...]:
    from importlib.metadata import entry_points

    return tuple(
        Plugin(
            point.name, point.value.replace(" ", ""), point.dist.name if point.dist else "unknown"
        )
        for point in entry_points(group=ENTRY_POINTS)
    )
