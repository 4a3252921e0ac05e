"""One episode: an agent and a world take turns, and a recorder writes what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tenure.agents import Hire, OracleAgent
from tenure.agents.contract import Agent, Turn
from tenure.agents.spec import AgentSpec
from tenure.envs.jobs import Briefing, Truth, agent_seed
from tenure.envs.world import NOTHING, Figure, World
from tenure.errors import TenureError, TrajectoryError
from tenure.scenarios import References, Scenario
from tenure.scoring.recorder import Recorder, header
from tenure.scoring.records import Episode, action_of, read_partial
from tenure.scoring.replay import replay

if TYPE_CHECKING:
    from tenure.agents.voice import Voice

STEPS_BETWEEN_PAUSES = 64
"""How long an agent that never waits may keep the others waiting."""


Post = tuple[str, str]
"""An agent's label, and the job it is hired for; empty if that does not matter."""


class Player(Protocol):
    """Who plays an episode: an agent, or all that have a seat in it."""

    @property
    def label(self) -> str:
        """A name for files and tables."""

    @property
    def is_script(self) -> bool:
        """Whether it belongs to the job that is played."""

    def record(self) -> dict[str, Any]:
        """Return what a record's header says."""


@dataclass(frozen=True)
class Assignment:
    """One planned episode.

    Attributes:
        path: Where its record stands, or will stand.
        among_scenarios: Whether the plan has several scenarios, so that a name must say which.
        voice: The model that words what counterparts say; `None` for the world's own words.
    """

    scenario: Scenario
    agent: Player
    seed: int
    path: Path
    among_scenarios: bool = False
    voice: AgentSpec | None = None

    @cached_property
    def name(self) -> str:
        """What a person calls it: `shopkeeper, seed 3`, in a suite `vending/week, best, seed 3`."""
        place = f"{self.scenario.id}, " if self.among_scenarios else ""
        return f"{place}{self.agent.label}, seed {self.seed}"

    @property
    def post(self) -> Post:
        """What one hire serves: a script plays for its job, any other agent for all."""
        return self.agent.label, self.scenario.job_name if self.agent.is_script else ""

    @property
    def way_out(self) -> str:
        """What to do if its record cannot go on."""
        return f"To play the episode anew, move {self.path} away and run again."


class Scene(Protocol):
    """What a watcher sees of a world, which may be played elsewhere: see `World`."""

    @property
    def parameters(self) -> Any:
        """The world's parameters."""

    @property
    def state(self) -> Any:
        """What has `now_minutes`, the simulated time."""

    @property
    def score(self) -> str:
        """The name of the figure that decides."""

    @property
    def figures(self) -> Sequence[Figure]:
        """The figures that can be seen; that which decides is one."""

    @property
    def measured(self) -> Sequence[int]:
        """Their values, as of late."""


class Watcher(Protocol):
    """Is told how a run goes. Called often: an implementation must return at once."""

    def kept(self, episodes: int) -> None:
        """So many episodes, at least one, were complete before; their records stay as they are."""

    def began(self, assignment: Assignment, world: Scene, steps: int) -> None:
        """An episode goes on after the given number of recorded steps; 0 for a new one."""

    def stepped(
        self, assignment: Assignment, exchange: Mapping[str, Any] | None, steps: int = 1
    ) -> None:
        """So many more steps were recorded, with what passed between the agent and its model.

        Of several steps at once, which were played elsewhere, the exchange is `None` or holds
        the sums of their `usage` and `cost_usd` alone; the latter is `None` if one is unknown.
        """

    def ended(self, assignment: Assignment, reason: str) -> None:
        """An episode is complete."""

    def failed(self, assignment: Assignment, error: TenureError) -> None:
        """An episode could not be completed."""


def is_complete(path: Path) -> bool:
    """Tell whether an episode has been played to its end.

    Raises:
        TrajectoryError: If there is a record that cannot be read.
    """
    return path.exists() and read_partial(path).complete


async def play(
    assignment: Assignment,
    hire: Hire,
    references: References,
    watcher: Watcher,
    voice: Voice | None = None,
) -> str:
    """Play an episode to its end, from where its record stops if there is one.

    The recorded turns are lived through again, in a new file that takes the old one's place as
    soon as it holds as much, so that a process killed at any moment loses nothing.

    Args:
        assignment: Which episode.
        hire: Makes the agent from the seed of its own chance.
        references: Floor and bound of the seed, for the record's header.
        watcher: Is told of every step.
        voice: Words what counterparts say; closed at the end.

    Returns:
        Why the episode ended: the world's reason, or `steps` at the scenario's limit.

    Raises:
        ProviderError: If the agent's model could not be reached; the episode can go on later.
        TrajectoryError: If the record cannot be continued by this version of the code.
    """
    world = assignment.scenario.make_world(assignment.seed)
    head = header(
        assignment.scenario,
        assignment.seed,
        assignment.agent.record(),
        0,
        world,
        references,
        assignment.voice.record() if assignment.voice else None,
    )
    past = _past(assignment, head)
    if past:
        head["tenure"] = past.header["tenure"]
    crew = _Crew(assignment, world, hire, voice)
    try:
        with Recorder(_draft(assignment.path), head) as recorder:
            game = _Game(assignment, world, crew, recorder, watcher)
            if past:
                game.relive(past)
            recorder.take_place_of(assignment.path)
            reason = await game.play_on()
            recorder.end(world, reason)
    finally:
        await crew.close()
    watcher.ended(assignment, reason)
    return reason


class _Crew:
    """The agents of an episode: one for each seat, hired when its first turn comes.

    Attributes:
        voice: Words what counterparts say, if anybody does.
    """

    def __init__(
        self, assignment: Assignment, world: World[Any], hire: Hire, voice: Voice | None
    ) -> None:
        self._assignment, self._world, self._hire = assignment, world, hire
        self.voice = voice
        self._agents: dict[str, Agent] = {}
        self._asked: dict[str, asyncio.Task[Turn]] = {}

    def on_turn(self, observation: str) -> Agent:
        """Return the agent whose turn it is; it reads the observation next."""
        return self._in_seat(self._world.seat, observation)

    async def answer(self, observation: str) -> Turn:
        """Return what the agent whose turn it is answers; who can answer too is asked meanwhile."""
        if not self._world.open_turns:
            return await self.on_turn(observation).act(observation)
        for seat, text in self._world.open_turns.items():
            if seat not in self._asked:
                thinking = self._in_seat(seat, text).act(text)
                self._asked[seat] = asyncio.create_task(thinking, name=self._assignment.name)
        return await self._asked.pop(self._world.seat)

    def _in_seat(self, seat: str, observation: str) -> Agent:
        if seat not in self._agents:
            self._agents[seat] = self._begin(seat, observation)
        return self._agents[seat]

    async def close(self) -> None:
        """Let all of them go; who was still asked needs not answer any more."""
        for thinking in self._asked.values():
            thinking.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)
        for agent in self._agents.values():
            await agent.close()
        if self.voice:
            await self.voice.close()

    def _begin(self, seat: str, observation: str) -> Agent:
        """Tell a new agent of the job."""
        seed = agent_seed(self._assignment.seed)
        agent = self._hire(seed, seat)
        scenario = self._assignment.scenario
        if isinstance(agent, OracleAgent):
            twin = scenario.make_world(self._assignment.seed)
            agent.tell(Truth(twin, scenario.limits.steps))
        brief = self._world.role(seat) or scenario.briefing
        agent.begin(
            Briefing(brief, observation, self._world.offered, seed, scenario.parallel_calls)
        )
        return agent


class _Game:
    """A world, its agents and a recorder in the middle of an episode."""

    def __init__(
        self,
        assignment: Assignment,
        world: World[Any],
        crew: _Crew,
        recorder: Recorder,
        watcher: Watcher,
    ) -> None:
        self._assignment = assignment
        self._world = world
        self._crew = crew
        self._recorder = recorder
        self._watcher = watcher
        self._steps = 0
        self._observation = world.opening()

    def relive(self, past: Episode) -> None:
        """Bring world, agent and record to where a record stops, and see that nothing differs."""
        self._compare(past, past.header["hash"])
        for step in past.steps:
            turn = Turn(action_of(step), step.get("exchange"))
            self._recall(turn)
            outside = step.get("outside", NOTHING)
            if self._crew.voice:
                self._crew.voice.remember(outside.get("wordings", ()))
            self._do(turn, outside)
            self._compare(past, step["hash"])

    async def play_on(self) -> str:
        """Take turns until the end and return its reason."""
        self._watcher.began(self._assignment, self._world, self._steps)
        limit = self._assignment.scenario.limits.steps
        while not self._world.ended and self._steps < limit:
            turn = await self._crew.answer(self._observation)
            self._do(turn, await self._outside(turn))
            self._watcher.stepped(self._assignment, turn.exchange)
            if self._steps % STEPS_BETWEEN_PAUSES == 0:
                await asyncio.sleep(0)
        return self._world.ended or "steps"

    def _recall(self, turn: Turn) -> None:
        try:
            self._crew.on_turn(self._observation).recall(self._observation, turn)
        except TrajectoryError as error:
            raise self._stuck(self._steps + 1, str(error)) from None

    def _compare(self, past: Episode, recorded_hash: str) -> None:
        if self._recorder.head != recorded_hash:
            raise self._stuck(self._steps, replay(past).explanation)

    def _stuck(self, record: int, reason: str) -> TrajectoryError:
        place = f"step {record - 1}" if record else "the opening"
        message = (
            f"{self._assignment.name} cannot go on: {place} comes out otherwise than recorded. "
            f"{reason} {self._assignment.way_out}"
        )
        return TrajectoryError(message, record)

    async def _outside(self, turn: Turn) -> Mapping[str, Any]:
        """Return what the world takes in beside a turn's action."""
        voice = self._crew.voice
        outside = await voice.word(self._world.drafts) if voice else {}
        if self._world.counts_tokens and turn.output_tokens is not None:
            outside["output_tokens"] = turn.output_tokens
        return outside or NOTHING

    def _do(self, turn: Turn, outside: Mapping[str, Any]) -> None:
        step = self._world.step(turn.action, outside)
        self._recorder.step(self._world, turn.action, turn.exchange, step)
        self._steps += 1
        self._observation = step.text


def _past(assignment: Assignment, head: Mapping[str, Any]) -> Episode | None:
    """Read what an interrupted episode has behind it, and see that it is this episode's."""
    if not assignment.path.exists():
        return None
    past = read_partial(assignment.path)
    for field, recorded in past.header.items():
        if field in ("scenario", "seed", "agent", "attempt") and recorded != head[field]:
            raise TrajectoryError(
                f"{assignment.path} is not the record of {assignment.name}: its {field} is "
                f"{recorded!r}. {assignment.way_out}",
                0,
            )
    return past


def _draft(path: Path) -> Path:
    """Return a free place beside a record; what a killed process left there is worth nothing."""
    draft = path.with_name(f"{path.name}.part")
    draft.unlink(missing_ok=True)
    return draft
