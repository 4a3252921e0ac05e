"""The world contract: a pure, synchronous simulation that an agent works through tools.

A world does no I/O, reads no wall clock and touches no global state. All that may change lives in
`state`, one tree of dataclasses; all else (catalogue, weather, tomorrow's customers) is rebuilt
from the parameters and the seed. From that rule follow `snapshot`, `restore` and `digest`, which
an author never writes.

State is made of whole numbers, strings, booleans, `None`, lists, string-keyed dicts, dataclasses
and `Log`s. Money is whole cents and time whole minutes; floats stay out, so that equal worlds are
equal to the byte on every platform.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar

import orjson
from pydantic import BaseModel, TypeAdapter

from tenure.envs.chance import OWN_FUTURE, Chance, Future
from tenure.envs.clock import MINUTES_PER_DAY
from tenure.envs.log import Log
from tenure.envs.plain import copied, misfit
from tenure.envs.tools import Fault, Mistake, Refusal, Tool, Toolbox, ToolCall
from tenure.errors import ContractError, EpisodeOver, nearest

NOTHING: Mapping[str, Any] = MappingProxyType({})

FAULT_MINUTES = 5
"""What a malformed, unknown or ill-typed call costs, so that no agent can stand still for ever."""


@dataclass(slots=True)
class WorldState:
    """What every world's state has.

    Attributes:
        now_minutes: Simulated minutes since midnight of day 0.
        ended: Why the episode is over; empty while it goes on.
    """

    now_minutes: int = 0
    ended: str = ""


StateT = TypeVar("StateT", bound=WorldState)


class Figure(NamedTuple):
    """One whole number that a world shows at every step.

    Attributes:
        name: A noun with its unit, such as `bank_cents`.
        meaning: One line for the documentation.
        low: Smallest possible value.
        high: Largest possible value.
        hidden: Only for the record, not part of what the agent observes.
    """

    name: str
    meaning: str
    low: int = 0
    high: int = 2**53
    hidden: bool = False


class Draft(NamedTuple):
    """A text of a counterpart that may be worded anew, as long as it says the same.

    Attributes:
        id: Names it within the world.
        speaker: Who says it.
        text: What is said; its numbers are facts.
    """

    id: str
    speaker: str
    text: str


class Step(NamedTuple):
    """What one action led to.

    Attributes:
        text: What the agent reads.
        fault: Why the action failed, or `None`.
        minute: The simulated minute after it.
        reward: Change of the score figure.
        figures: The world's figures after it, in the order of `World.figures`.
        events: Facts for the record, which the agent does not see.
        ended: Why the episode is over; empty while it goes on.
        seat: Who acted; empty in a world of one seat.
        outside: What came in from outside with the action, if anything did.
    """

    text: str
    fault: Fault | None
    minute: int
    reward: int
    figures: tuple[int, ...]
    events: tuple[Mapping[str, Any], ...]
    ended: str
    seat: str = ""
    outside: Mapping[str, Any] = NOTHING


class World(ABC, Generic[StateT]):
    """A simulated job.

    A subclass names its `State`, its `Parameters` and its `figures`, defines tools, and implements
    `start`, `opening`, `measure`, `stamp` and `advance`.

    Args:
        parameters: The job's parameters.
        seed: The draw of this world, >= 0.
        future: Which luck its days have from some day on.

    Attributes:
        memo: What a script that knows the truth has worked out from the draws; twins share it.

    Raises:
        ValueError: If `seed` is negative.
    """

    State: ClassVar[type[WorldState]]
    Parameters: ClassVar[type[BaseModel]]
    figures: ClassVar[tuple[Figure, ...]]
    score: str
    """The name of the figure that decides, and whose change is the reward. A world whose parameters
    choose among its figures sets it in `start`."""
    luck: ClassVar[str] = ""
    """The name of a hidden figure that holds, at the end, what chance alone has added to the score,
    if the world knows it. It must have mean zero whatever an agent does. Scores are normalised
    without it, which takes away most of what sets seeds apart."""

    toolbox: ClassVar[Toolbox]
    _score_index: int
    _luck_index: ClassVar[int | None]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.toolbox = Toolbox.of(cls)
        if hasattr(cls, "figures"):
            cls._score_index = cls._index_of("score", getattr(cls, "score", ""))
            cls._luck_index = cls._index_of("luck", cls.luck) if cls.luck else None

    @classmethod
    def _index_of(cls, part: str, wanted: str) -> int:
        names = [figure.name for figure in cls.figures]
        if wanted not in names:
            raise ContractError(
                f"The {part} of {cls.__name__} is {wanted!r}, which is none of its figures. "
                f"{nearest(wanted, names)}"
            )
        return names.index(wanted)

    def __init__(self, parameters: BaseModel, seed: int, *, future: Future = OWN_FUTURE) -> None:
        self.parameters = parameters
        self.chance = Chance(seed, future)
        self.memo: dict[str, Any] = {}
        self._events: list[Mapping[str, Any]] = []
        self.state: StateT = self.start()
        self._score_index = self._index_of("score", self.score)
        self._measured = self.measure()

    # --- what an author writes -----------------------------------------------------------------

    @abstractmethod
    def start(self) -> StateT:
        """Draw the world from `self.parameters` and `self.chance` and return its first state."""

    @abstractmethod
    def opening(self) -> str:
        """Return what the agent reads before its first action."""

    @abstractmethod
    def measure(self) -> tuple[int, ...]:
        """Return the present values of `figures`, in their order. Called at every step."""

    @abstractmethod
    def stamp(self) -> str:
        """Return the last line of every observation: when it is, for the agent."""

    @abstractmethod
    def advance(self, minutes: int) -> str:
        """Let time pass: move `state.now_minutes` and let happen what is due by then.

        Args:
            minutes: What a tool takes, or a whole day when nobody is at work any more; enough
                days must end the episode.

        Returns:
            What the agent is told of it, such as a morning report; mostly empty.
        """

    # --- what an author of a larger world writes -----------------------------------------------

    @property
    def seat(self) -> str:
        """Who acts next, in a world with several seats; empty in a world of one.

        The text of a step, and the opening, are read by the seat that acts next; what the others
        are to read is kept in the state until it is their turn.
        """
        return ""

    @property
    def open_turns(self) -> Mapping[str, str]:
        """What seats read that may answer now, by seat, the one whose turn it is among them.

        Only for a world in which nothing that one of them does before its next turn changes what
        another reads: a runner may then ask all of them at the same time. Empty for any other.
        """
        return NOTHING

    @property
    def offered(self) -> Toolbox:
        """The tools that the seat whose turn it is may use."""
        return self.toolbox

    def business(self, seat: str) -> World[Any]:  # noqa: ARG002  for worlds of rivals
        """Return what a seat of a contest has of its own, as a world of one seat.

        Whoever looks for failures sees no more of a contest than this. The world itself where the
        seats share all there is.
        """
        return self

    def role(self, seat: str) -> str:  # noqa: ARG002  for worlds that have other seats
        """Return the standing instructions of a seat; empty for one that gets the brief."""
        return ""

    @property
    def counts_tokens(self) -> bool:
        """Whether `take_in` wants to be told how many tokens the agent's model wrote."""
        return False

    @property
    def drafts(self) -> Sequence[Draft]:
        """Texts of counterparts that a language model may word anew before the next step."""
        return ()

    def take_in(self, outside: Mapping[str, Any]) -> None:
        """Take what comes in from outside beside the next action.

        It is recorded with the action, and given again when the episode is replayed.

        Args:
            outside: `output_tokens`, how many tokens the model wrote for this action (left out
                if nobody counted them); `wordings`, texts for some of the `drafts` by their ids,
                with `voice`, what passed with the model that worded them.

        Raises:
            ContractError: If the world has no use for it.
        """
        raise ContractError(
            f"{type(self).__name__} takes nothing in but actions; it was given "
            f"{', '.join(sorted(outside))}."
        )

    # --- what an author uses -------------------------------------------------------------------

    def emit(self, kind: str, **facts: Any) -> None:
        """Write a fact into the record of this step, for scoring; the agent does not see it."""
        self._events.append({"kind": kind, **facts})

    # --- what everyone else uses ---------------------------------------------------------------

    @property
    def ended(self) -> str:
        """Why the episode is over; empty while it goes on."""
        return self.state.ended

    @property
    def measured(self) -> tuple[int, ...]:
        """The values of `figures` after the latest step."""
        return self._measured

    @property
    def earned(self) -> int:
        """The score figure without what luck has added to it; of meaning at the end."""
        luck = 0 if self._luck_index is None else self._measured[self._luck_index]
        return self._measured[self._score_index] - luck

    def step(self, action: str, outside: Mapping[str, Any] = NOTHING) -> Step:
        """Do what an action of the seat whose turn it is says.

        Args:
            action: JSON text `{"name": ..., "arguments": {...}}`. Any other text is a faulty step
                with an observation that tells what would be right.
            outside: What else comes in, before the action; see `take_in`.

        Raises:
            EpisodeOver: If the episode has ended.
            ContractError: If the world has no use for what comes from outside.
        """
        if self.state.ended:
            raise EpisodeOver(f"The episode has ended ({self.state.ended}); reset the world first.")
        seat = self.seat
        if outside:
            self.take_in(outside)
        parsed = self.offered.parse(action)
        if isinstance(parsed, Mistake):
            step = self._finish(f"Error: {parsed.advice}", parsed.fault, FAULT_MINUTES)
        else:
            step = self._use(*parsed)
        return step._replace(seat=seat, outside=outside) if seat or outside else step

    def call(self, name: str, **arguments: Any) -> Step:
        """Use a tool from Python: `world.call("set_price", slot="A1", price=2.5)`."""
        return self.step(ToolCall(name, arguments).to_json())

    def perform(self, call: ToolCall) -> None:
        """Do what a call says and tell nothing of it, in a fraction of the time of `step`.

        For a reference that plays on from many states. The job's state is afterwards as after a
        `step`; arguments are not validated, no seat is asked whose turn it is, no tokens are
        counted, and `measured` stays as it was until `run_out`.

        Raises:
            ContractError: If the world has no such tool.
        """
        tool = self.toolbox.tools.get(call.name)
        if tool is None:
            raise ContractError(f"There is no tool {call.name!r} in {type(self).__name__}.")
        minutes = tool.minutes
        try:
            tool.method(self, **call.arguments)
        except Refusal:
            minutes = minutes or FAULT_MINUTES
        if minutes and not self.state.ended:
            self.advance(minutes)
        self._events.clear()

    def run_out(self) -> tuple[Mapping[str, Any], ...]:
        """Let time pass to the end of the episode with nobody at work, as after a step limit.

        Without it, who wastes the limit would escape what the rest of the time costs.

        Returns:
            The facts for the record.
        """
        while not self.state.ended:
            self.advance(MINUTES_PER_DAY)
        self._measured = self.measure()
        events, self._events = tuple(self._events), []
        return events

    def snapshot(self) -> bytes:
        """Return the whole state as JSON."""
        return _dumped(self.state, _log_entries)

    def restore(self, snapshot: bytes) -> None:
        """Go back to a snapshot of a world with the same parameters and seed.

        Its future may be another, as long as it begins after the day of the snapshot.
        """
        self._go_to(_codecs(self.State).validate_json(snapshot))

    def twin(self) -> Self:
        """Return another world in the same place, which from now on goes its own way.

        As a new world of the same class, parameters and seed with `restore(self.snapshot())`, in a
        fraction of the time: what the seed has drawn is shared, and nothing that may change.
        """
        other = copy(self)
        other._go_to(copied(self.state))  # noqa: SLF001  it is one of us
        return other

    def _go_to(self, state: StateT) -> None:
        """Go to a state; a world that remembers what it rendered begins a new memory here."""
        self.state = state
        self._events = []
        self._measured = self.measure()

    def digest(self) -> str:
        """Return a hash of the state: 32 hex digits."""
        return blake2b(_dumped(self.state, _log_chain), digest_size=16).hexdigest()

    def _use(self, tool: Tool, arguments: dict[str, Any]) -> Step:
        try:
            text = tool.method(self, **arguments)
        except Refusal as refusal:
            return self._finish(f"Error: {refusal}", Fault.REFUSED, tool.minutes or FAULT_MINUTES)
        if not isinstance(text, str):
            raise ContractError(
                f"The tool {tool.name} returned {type(text).__name__}; a tool returns the text "
                "that the agent reads (str)."
            )
        return self._finish(text, None, tool.minutes)

    def _finish(self, text: str, fault: Fault | None, minutes: int) -> Step:
        news = self.advance(minutes) if minutes and not self.state.ended else ""
        before, self._measured = self._measured, self.measure()
        events, self._events = tuple(self._events), []
        lines = [part for part in (text, news, self.stamp()) if part]
        return Step(
            text="\n".join(lines),
            fault=fault,
            minute=self.state.now_minutes,
            reward=self._measured[self._score_index] - before[self._score_index],
            figures=self._measured,
            events=events,
            ended=self.state.ended,
        )


def _new_codec(state: type[WorldState]) -> TypeAdapter[Any]:
    return TypeAdapter(state)


_codecs: Callable[[Any], TypeAdapter[Any]] = cache(_new_codec)


def _dumped(state: WorldState, default: Callable[[Any], Any]) -> bytes:
    try:
        return orjson.dumps(state, default=default)
    except TypeError:
        if fault := misfit(state):
            raise ContractError(fault) from None
        raise


def _log_entries(value: Any) -> Any:
    if isinstance(value, Log):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be part of a world's state")


def _log_chain(value: Any) -> Any:
    if isinstance(value, Log):
        return [len(value), value.chain]
    raise TypeError(f"{type(value).__name__} cannot be part of a world's state")
