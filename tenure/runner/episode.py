"""One episode: an agent and a world take turns, and a recorder writes what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from tenure.agents import Hire, Listener, OracleAgent
from tenure.agents.contract import Agent, Turn
from tenure.agents.spec import AgentSpec
from tenure.envs.chance import OWN_FUTURE, Future
from tenure.envs.jobs import Briefing, Truth, agent_seed
from tenure.envs.world import NOTHING, Figure, Step, World
from tenure.errors import ProviderError, TenureError, TrajectoryError
from tenure.runner.budget import Brake
from tenure.scenarios import References, Scenario
from tenure.scoring.limits import Meter
from tenure.scoring.manifest import Origin
from tenure.scoring.recorder import Recorder, header
from tenure.scoring.records import Episode, StepRecord, action_of, read_partial
from tenure.scoring.replay import replay

if TYPE_CHECKING:
    from tenure.agents.voice import Voice

STEPS_BETWEEN_PAUSES = 64
"""How long an agent that never waits may keep the others waiting."""


_MENDS = {
    "tokens": "Leave it out, or name an endpoint that counts them.",
    "usd": "Name the model's price with --price (a sub-agent's with --sub-agent-option), or leave "
    "the limit out.",
    "minutes": "Leave it out, or have the agent tell `latency_ms`.",
}

Post = tuple[str, str]
"""An agent's label, and what its hiring depends on besides: of a script the job that it belongs to,
of any other its specification, since scenarios of one suite may recommend different windows. Where
there is a sub-agent, who may be another, it is both."""


class Party(Protocol):
    """Agents that play an episode together, with a seat each."""

    def __hash__(self) -> int:
        """Return equal numbers for equal ones."""

    @property
    def label(self) -> str:
        """A name for files and tables."""

    @property
    def is_script(self) -> bool:
        """Whether it belongs to the job that is played."""

    @property
    def specs(self) -> Mapping[str, AgentSpec]:
        """The agents' specifications by label."""

    def record(self) -> dict[str, Any]:
        """Return what a record's header says."""

    def hiring(self, hires: Mapping[str, Hire]) -> Hire:
        """Return what hires the agent of each seat.

        Args:
            hires: By label.
        """


Player = AgentSpec | Party
"""Who plays an episode: an agent, or all that have a seat in it."""


@dataclass(frozen=True)
class Branch:
    """Where an episode goes on from.

    Attributes:
        origin: What was recorded before, and what is changed.
        parent: The file of the record that it goes on from.
    """

    origin: Origin
    parent: Path

    @property
    def is_fresh(self) -> bool:
        """Whether the agent knows nothing of what was before."""
        return self.origin.context == "fresh"

    @cached_property
    def record(self) -> Episode:
        """The record that it goes on from.

        Raises:
            TrajectoryError: If the file does not hold it.
        """
        parent, step = read_partial(self.parent), self.origin.step
        if len(parent.steps) < step or parent.head_before(step) != self.origin.hash:
            raise TrajectoryError(f"{self.parent} is not the record that was forked.", 0)
        return parent

    def steps(self) -> list[StepRecord]:
        """Return the recorded steps before it."""
        return self.record.steps[: self.origin.step]

    def references(self, scenario: Scenario) -> References | None:
        """Return the floor and the bound that were recorded, if they are those of a scenario."""
        header = self.record.header
        if header["scenario"] != scenario.model_dump(mode="json"):
            return None
        return References(**header["references"])


@dataclass(frozen=True)
class Assignment:
    """One planned episode.

    Attributes:
        path: Where its record stands, or will stand.
        among_scenarios: Whether the plan has several scenarios, so that a name must say which.
        voice: The model that words what counterparts say; `None` for the world's own words.
        attempt: 0-based number of the attempt on the seed.
        branch: Of a fork, where it goes on from.
    """

    scenario: Scenario
    agent: Player
    seed: int
    path: Path
    among_scenarios: bool = False
    voice: AgentSpec | None = None
    attempt: int = 0
    branch: Branch | None = None

    @cached_property
    def name(self) -> str:
        """What a person calls it: `shopkeeper, seed 3`, in a suite `vending/week, best, seed 3`."""
        place = f"{self.scenario.id}, " if self.among_scenarios else ""
        again = f", attempt {self.attempt}" if self.attempt else ""
        return f"{place}{self.agent.label}, seed {self.seed}{again}"

    @property
    def is_new(self) -> bool:
        """Whether nothing of it was recorded yet, by this run or one that it goes on from."""
        return self.branch is None and not self.path.exists()

    @property
    def inherited(self) -> int:
        """How many steps are another record's."""
        return self.branch.origin.step if self.branch else 0

    @property
    def begins_late(self) -> bool:
        """Whether the agent begins where the fork does."""
        return self.branch is not None and self.branch.is_fresh

    @property
    def future(self) -> Future:
        """Which luck the world's days have."""
        return self.branch.origin.future(self.attempt) if self.branch else OWN_FUTURE

    @property
    def agent_seed(self) -> int:
        """The seed of the agent's own chance; a script that remembers goes on with its own."""
        remembers = self.branch is not None and not self.branch.is_fresh and self.agent.is_script
        return agent_seed(self.seed, 0 if remembers else self.attempt)

    @cached_property
    def post(self) -> Post:
        """What one hire serves."""
        return post_of(self.agent.label, self.agent, self.scenario)

    @property
    def way_out(self) -> str:
        """What to do if its record cannot go on."""
        return f"To play the episode anew, move {self.path} away and run again."


def post_of(label: str, agent: Player, scenario: Scenario) -> Post:
    """Return an agent's post: a script plays for its job, any other as it is specified."""
    if scenario.delegation:
        return label, f"{scenario.job_name} {_written(agent)}"
    return label, scenario.job_name if agent.is_script else _written(agent)


@lru_cache(maxsize=1024)
def _written(agent: Player) -> str:
    """Return a specification as text; that of one agent, for a thousand episodes, once."""
    return orjson.dumps(agent.record()).decode()


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
    references: References | asyncio.Future[References],
    watcher: Watcher,
    voice: Voice | None = None,
    *,
    brake: Brake | None = None,
) -> str:
    """Play an episode to its end, from where its record stops if there is one.

    The recorded turns are lived through again, in a new file that takes the old one's place as
    soon as it holds as much, so that a process killed at any moment loses nothing.

    Args:
        assignment: Which episode.
        hire: Makes the agent from the seed of its own chance.
        references: Floor and bound of the seed, for the record's header. While they are still
            computed, the agent of a new episode is asked for its first answer.
        watcher: Is told of every step.
        voice: Words what counterparts say; closed at the end.
        brake: Stops it before the next answer is asked for.

    Returns:
        Why the episode ended: the world's reason, or the limit that was reached. Empty if the
        brake stopped it.

    Raises:
        ProviderError: If the agent's model could not be reached; the episode can go on later.
        TrajectoryError: If the record cannot be continued by this version of the code.
    """
    world = assignment.scenario.make_world(assignment.seed, assignment.future)
    crew, brake = _Crew(assignment, world, hire, voice), brake or Brake()
    try:
        if isinstance(references, asyncio.Future):
            if assignment.is_new and not brake.reason:
                crew.ask(world.opening())
            references = await asyncio.shield(references)
        reason = await _play_with(crew, assignment, world, references, watcher, brake)
    finally:
        await crew.close()
    if reason:
        watcher.ended(assignment, reason)
    return reason


def _head(assignment: Assignment, world: World[Any], references: References) -> dict[str, Any]:
    """Return what the record of an episode begins with."""
    branch = assignment.branch
    return header(
        assignment.scenario,
        assignment.seed,
        assignment.agent.record(),
        assignment.attempt,
        world,
        references,
        assignment.voice.record() if assignment.voice else None,
        branch.origin.record(assignment.attempt) if branch else None,
    )


async def _play_with(  # noqa: PLR0917  what an episode consists of
    crew: _Crew,
    assignment: Assignment,
    world: World[Any],
    references: References,
    watcher: Watcher,
    brake: Brake,
) -> str:
    """Record an episode to its end, and return why it ended; see `play`."""
    branch = assignment.branch
    recorder, past = _recorder(assignment, _head(assignment, world, references))
    with recorder:
        game = _Game(assignment, world, crew, recorder, watcher, brake=brake)
        if past:
            game.relive(past)
        if branch:
            game.inherit(branch.steps()[len(past.steps) if past else 0 :])
        recorder.take_place_of(assignment.path)
        del past  # large, and the episode goes on for long
        if reason := await game.play_on():
            recorder.end(world, reason)
    if reason:
        crew.tell_end(game.observation, reason)
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

    @property
    def was_asked(self) -> bool:
        """Whether the agent whose turn it is was asked before its turn came."""
        return self._world.seat in self._asked

    async def answer(self, observation: str, *, asking: bool = True) -> Turn:
        """Return what the agent whose turn it is answers; who can answer too is asked meanwhile.

        Args:
            observation: What it reads.
            asking: Whether anybody is to be asked who was not yet; if not, `was_asked` must hold.
        """
        if self._world.open_turns and asking:
            self.ask(observation)
        if self.was_asked:
            return await self._asked.pop(self._world.seat)
        return await self.on_turn(observation).act(observation)

    def ask(self, observation: str) -> None:
        """Ask whoever can answer now and was not asked yet, and wait for nobody.

        Args:
            observation: What the agent reads whose turn it is.
        """
        for seat, text in (self._world.open_turns or {self._world.seat: observation}).items():
            if seat not in self._asked:
                thinking = self._in_seat(seat, text).act(text)
                self._asked[seat] = asyncio.create_task(thinking, name=self._assignment.name)

    def _in_seat(self, seat: str, observation: str) -> Agent:
        if seat not in self._agents:
            self._agents[seat] = self._begin(seat, observation)
        return self._agents[seat]

    def tell_end(self, observation: str, reason: str) -> None:
        """Tell those who want to know how the episode ended."""
        for agent in self._agents.values():
            if isinstance(agent, Listener):
                agent.end(observation, reason)

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
        seed, behind = self._assignment.agent_seed, self._assignment.inherited
        agent = self._hire(seed, seat)
        scenario = self._assignment.scenario
        if isinstance(agent, OracleAgent):
            twin = scenario.make_world(self._assignment.seed, self._assignment.future)
            agent.tell(Truth(twin, scenario.limits.steps))
        late = behind * self._assignment.begins_late
        agent.begin(briefing(scenario, self._world, seat, observation, seed, late))
        return agent


def briefing(  # noqa: PLR0917  what an agent is told
    scenario: Scenario,
    world: World[Any],
    seat: str,
    observation: str,
    seed: int,
    inherited: int,
) -> Briefing:
    """Return what an agent is told when its first turn comes.

    Args:
        scenario: What is played.
        world: As it is then.
        seat: Where the agent works.
        observation: What it reads first.
        seed: Of its own chance.
        inherited: How many steps were taken before by another, so that fewer are left.
    """
    return Briefing(
        world.role(seat) or scenario.briefing,
        observation,
        world.offered,
        seed,
        scenario.parallel_calls,
        scenario.limits.steps - inherited,
    )


def after_decision(observation: str, action: str, answer: str) -> str:
    """Return what an agent with its memory reads after a step that was decided for it."""
    return f"{observation}\n\nThis was done for you: {action}\nIt led to:\n{answer}"


class _Game:
    """A world, its agents and a recorder in the middle of an episode.

    Attributes:
        observation: What is to be read next.
    """

    def __init__(
        self,
        assignment: Assignment,
        world: World[Any],
        crew: _Crew,
        recorder: Recorder,
        watcher: Watcher,
        *,
        brake: Brake,
    ) -> None:
        self._assignment = assignment
        self._world = world
        self._crew = crew
        self._recorder = recorder
        self._watcher = watcher
        self._brake = brake
        self._meter = Meter(assignment.scenario.limits)
        self.observation = self._heard = world.opening()

    def relive(self, past: Episode) -> None:
        """Bring world, agent and record to where a record stops, and see that nothing differs."""
        self._compare(past, past.header["hash"])
        for step in past.steps:
            self._live_again(step)
            self._compare(past, step["hash"])

    def inherit(self, steps: Sequence[StepRecord]) -> None:
        """Bring world and record, and an agent that remembers, to where a fork goes on.

        Raises:
            TrajectoryError: If a step comes out otherwise than recorded.
        """
        for step in steps:
            self._live_again(step)
            if self._heard != step["text"]:
                raise TrajectoryError(
                    f"The parent's step {step['n']} comes out otherwise than recorded; "
                    f"`tenure verify` of the parent tells how.",
                    step["n"] + 1,
                )

    def _live_again(self, step: StepRecord) -> None:
        turn = Turn(action_of(step), step.get("exchange"))
        if not (self._is_behind_a_fresh_start or self._is_decided):
            self._recall(turn)
        outside = step.get("outside", NOTHING)
        if self._crew.voice:
            self._crew.voice.remember(outside.get("wordings", ()))
        self._do(turn, outside)

    @property
    def _is_behind_a_fresh_start(self) -> bool:
        """Whether this step was another's, and who goes on knows nothing of it."""
        branch = self._assignment.branch
        return bool(branch and branch.is_fresh and self._meter.steps < branch.origin.step)

    @property
    def _is_decided(self) -> bool:
        """Whether what is done now was decided when the fork was made."""
        branch = self._assignment.branch
        return bool(
            branch and branch.origin.action is not None and self._meter.steps == branch.origin.step
        )

    async def play_on(self) -> str:
        """Take turns until the end and return its reason; empty if the brake stopped it."""
        self._watcher.began(self._assignment, self._world, self._meter.steps)
        while not (self._world.ended or self._meter.reached):
            self._check_told()
            if self._brake.reason and not self._crew.was_asked:
                return ""
            turn = await self._turn()
            step = self._do(turn, await self._outside(turn))
            self._brake.count(turn.exchange, step.outside)
            self._watcher.stepped(self._assignment, turn.exchange)
            if self._meter.steps % STEPS_BETWEEN_PAUSES == 0:
                await asyncio.sleep(0)
        return self._world.ended or self._meter.reached

    async def _turn(self) -> Turn:
        branch = self._assignment.branch
        if self._is_decided and branch and branch.origin.action is not None:
            return Turn(branch.origin.action)
        return await self._crew.answer(self.observation, asking=not self._brake.reason)

    def _check_told(self) -> None:
        """See that all that is limited is known.

        Raises:
            ProviderError: If an answer did not tell what it took.
        """
        if self._meter.untold:
            raise ProviderError(
                f"an answer did not tell its {self._meter.untold}, so the limit of them cannot be "
                f"kept. {_MENDS[self._meter.untold]} Either is another plan."
            )

    def _recall(self, turn: Turn) -> None:
        try:
            self._crew.on_turn(self.observation).recall(self.observation, turn)
        except TrajectoryError as error:
            raise TrajectoryError(
                f"{self._assignment.name} cannot go on: step {self._meter.steps} cannot be lived"
                f" through again. {error} {self._assignment.way_out}",
                self._meter.steps + 1,
            ) from None

    def _compare(self, past: Episode, recorded_hash: str) -> None:
        if self._recorder.head != recorded_hash:
            raise self._stuck(self._meter.steps, replay(past).explanation)

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

    def _do(self, turn: Turn, outside: Mapping[str, Any]) -> Step:
        decided = self._is_decided
        step = self._world.step(turn.action, outside)
        self._recorder.step(self._world, turn.action, turn.exchange, step)
        inherited = self._meter.steps < self._assignment.inherited
        self._meter.add_step(turn.exchange, step.outside, inherited=inherited)
        self._heard = step.text
        if decided and self._assignment.branch and not self._assignment.branch.is_fresh:
            self.observation = after_decision(self.observation, turn.action, step.text)
        else:
            self.observation = step.text
        return step


def _recorder(assignment: Assignment, head: dict[str, Any]) -> tuple[Recorder, Episode | None]:
    """Begin to record an episode; returns also what an interrupted one has behind it."""
    past = _past(assignment, head)
    if past:
        head["tenure"] = past.header["tenure"]
    return Recorder(_draft(assignment.path), head), past


def _past(assignment: Assignment, head: Mapping[str, Any]) -> Episode | None:
    """Read what an interrupted episode has behind it, and see that it is this episode's."""
    if not assignment.path.exists():
        return None
    past = read_partial(assignment.path)
    for field, recorded in past.header.items():
        if field in ("scenario", "seed", "agent", "attempt", "parent") and recorded != head[field]:
            raise TrajectoryError(
                f"{assignment.path} is not the record of {assignment.name}: its {field} is "
                f"{recorded!r}. {assignment.way_out}",
                0,
            )
    return past


def _draft(path: Path) -> Path:
    """Return a free place beside a record; what a killed process left there is worth nothing."""
    draft = path.with_name(f"{path.name}.part")
    for left in (draft, draft.with_name(f"{draft.name}.whole")):
        left.unlink(missing_ok=True)
    return draft
