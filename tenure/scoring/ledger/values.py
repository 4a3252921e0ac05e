"""What a state is worth: the score if the job's reference takes over, under the same draws.

The worlds are simulated again from the record, and at each moment asked for a twin is handed to the
reference, which plays it to its end. That is all the work there is, and it is shared by processes:
each walks through the episode itself and values its part of the moments.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cached_property
from itertools import pairwise
from multiprocessing import get_context
from typing import Any, NamedTuple, Self

from tenure.envs import jobs
from tenure.envs.clock import day_of
from tenure.envs.jobs import Deed, Job, Matter, Part, Reference
from tenure.envs.tools import ToolCall
from tenure.envs.world import World
from tenure.errors import ContractError, ProviderError, UsageError
from tenure.scoring.ledger.entries import Share
from tenure.scoring.past import Moment, Past
from tenure.scoring.records import Episode, StepRecord, action_of
from tenure.scoring.scenes import Call, call_of

_MOST_CALLS_A_DAY = 10_000
_SEVERAL = Matter(cause="several things left undone")
_NONE = Matter(cause="the day as it came")


class Worth(NamedTuple):
    """What a moment is worth.

    Attributes:
        cents: The final score, without what the world knows to be luck, if the reference takes
            over; in units of the score figure.
        would: What it does first, until the day is over.
        matter: What the step that follows is about.
        known: The figures that the agent can see, by name.
        at_hand: What its tools would show besides, by name, in words.
        parts: Of how many parts that is which the step leaves undone; 0 if it leaves nothing.
    """

    cents: int
    would: tuple[ToolCall, ...] = ()
    matter: Matter = Matter()
    known: Mapping[str, int] = {}
    at_hand: Mapping[str, str] = {}
    parts: int = 0


class Night(NamedTuple):
    """A step that let a day pass, with what is known of its loss.

    Attributes:
        n: Its number.
        before: What the moment before it is worth.
        after: What the moment after it is worth.
    """

    n: int
    before: int
    after: int


class Shared(NamedTuple):
    """How the loss of a night is shared, and what was at hand for the largest share."""

    shares: tuple[Share, ...]
    at_hand: Mapping[str, str]


def reference_of(job: Job, job_name: str) -> Reference:
    """Return a job's reference.

    Raises:
        UsageError: If it has none.
    """
    if job.reference is None:
        raise UsageError(
            f"The job {job_name!r} has no reference to measure losses against. Its author can give "
            "it one: `Job(reference=...)`, what a good manager does for the rest of a day in any "
            "state."
            if not job.is_contest
            else f"{job_name!r} is a contest of several agents: what one of them loses hangs on "
            "what the others do, so no ledger is drawn up. Diagnose an episode of one agent."
        )
    return job.reference


def play_on(world: World[Any], reference: Reference) -> tuple[ToolCall, ...]:
    """Let the reference take over, to the end; the world is used up.

    Returns:
        What it did on the first day.

    Raises:
        ContractError: If the reference lets no day pass.
    """
    first: tuple[ToolCall, ...] | None = None
    while not world.ended:
        calls = play_day(world, reference)
        first = calls if first is None else first
    world.run_out()
    return first or ()


def play_day(world: World[Any], reference: Reference) -> tuple[ToolCall, ...]:
    """Let the reference work for the rest of the day, and return what it did.

    Raises:
        ContractError: If it lets no time pass.
    """
    calls: list[ToolCall] = []
    began, day = world.state.now_minutes, day_of(world.state.now_minutes)
    for call in reference(world):
        world.perform(call)
        calls.append(call)
        if world.ended or day_of(world.state.now_minutes) > day:
            break
        if len(calls) > _MOST_CALLS_A_DAY:
            break
    if world.state.now_minutes == began and not world.ended:
        raise ContractError(
            "The reference let no time pass; its last call of a day must end the day."
        )
    return tuple(calls)


class Valuer:
    """Values moments of one episode.

    Args:
        episode: Its records.

    Attributes:
        past: What lies behind it.
        days: By step, the day on which it was taken, 1 for the first.

    Raises:
        UsageError: If the job has no reference.
    """

    def __init__(self, episode: Episode) -> None:
        self.past = Past(episode)
        scenario = self.past.scenario
        self._job = scenario.job
        self._reference = reference_of(self._job, scenario.job_name)
        self._outlook = self._job.outlook or World.digest
        self._reached_from: dict[str, int] = {}
        self.days = days_of(episode)

    @cached_property
    def writing(self) -> frozenset[str]:
        """The tools that change something."""
        tools = self.past.before(0).toolbox.tools.values()
        return frozenset(one.name for one in tools if one.writes)

    def worths(self, numbers: Collection[int]) -> dict[int, Worth]:
        """Return what the moments before some steps are worth, by the step's number.

        The number of steps stands for the moment after the last one.
        """
        return {moment.n: self._worth(moment) for moment in self._at(numbers)}

    def corrected(self, numbers: Collection[int]) -> dict[int, int]:
        """Return the outcome if the reference did the rest of the day from a step on.

        On the next day the recorded actions go on, whatever they then lead to.
        """
        return {moment.n: self._corrected(moment) for moment in self._at(numbers)}

    def luckless(self, spans: Collection[tuple[int, int]], futures: int) -> dict[int, list[int]]:
        """Return the losses of spans of steps in other futures, by the first step.

        In each future the recorded actions are done from the same state, and then the reference
        takes over; with it alone, from that state and in that future, they are compared.
        """
        losses: dict[int, list[int]] = {}
        for first, count in spans:
            losses[first] = [
                self._loss_in(future, first, count) for future in range(1, futures + 1)
            ]
        return losses

    def _loss_in(self, future: int, first: int, count: int) -> int:
        world = self.past.before(first, future=future)
        alone = world.twin()
        steps = self.past.episode.steps[first : first + count]
        self._repeat(world, steps)
        play_on(alone, self._reference)
        play_on(world, self._reference)
        return alone.earned - world.earned

    def _at(self, numbers: Collection[int]) -> Iterator[Moment]:
        """Walk through the episode and stop at some moments; the last may be after all steps."""
        left, world = set(numbers), None
        for moment in self.past.moments():
            world = moment.world
            if moment.n in left:
                left.discard(moment.n)
                yield moment
                if not left:
                    return
        if len(self.past) in left:
            world = world or self.past.before(0)
            yield Moment(len(self.past), world, {})  # type: ignore[typeddict-item]  # no step follows

    def shared(self, nights: Collection[Night]) -> dict[int, Shared]:
        """Return how the losses of some nights are shared among the parts left undone.

        A part's share is what it adds to the value if it is done after the parts before it, and
        what it adds after those behind it, in the mean. That is the Shapley value as long as parts
        matter to each other two by two, in 2 (k - 1) valuations for k parts instead of 2^k.
        """
        known = {night.n: night for night in nights}
        return {moment.n: self._shared(moment, known[moment.n]) for moment in self._at(known)}

    def _worth(self, moment: Moment) -> Worth:
        twin, outlook = moment.world.twin(), self._outlook(moment.world)
        would = play_day(twin, self._reference) if not twin.ended else ()
        cents = self._reached_from[outlook] = self._reached(twin)
        if not moment.step:
            return Worth(cents, would)
        deed = self._deed(moment, would)
        parts = self._parts(deed)
        matter = self._matter(deed, parts)
        at_hand = self._at_hand(moment.world, matter)
        return Worth(cents, would, matter, seen(moment.world), at_hand, len(parts))

    def _deed(self, moment: Moment, would: Sequence[ToolCall]) -> Deed:
        step, call = moment.step, call_of(moment.step)
        arguments = call.arguments if call and isinstance(call.arguments, dict) else {}
        return Deed(
            moment.world,
            call.name if call else "",
            arguments,
            step.get("fault", ""),
            step.get("events", ()),
            day_of(step["minute"]) >= self.days[moment.n] or bool(step.get("ended")),
            would,
        )

    def _parts(self, deed: Deed) -> Sequence[Part]:
        return self._job.parts(deed) if self._job.parts and deed.passes_day else ()

    def _matter(self, deed: Deed, parts: Sequence[Part]) -> Matter:
        if deed.fault:
            return Matter(cause=f"call that failed ({deed.fault.replace('_', ' ')})")
        if self._job.parts and deed.passes_day:
            return _SEVERAL if len(parts) > 1 else parts[0].matter if parts else _NONE
        return self._job.matter(deed) if self._job.matter and deed.tool else Matter()

    def _at_hand(self, world: World[Any], matter: Matter) -> Mapping[str, str]:
        return self._job.at_hand(world, matter) if self._job.at_hand else {}

    def _shared(self, moment: Moment, night: Night) -> Shared:
        would = play_day(moment.world.twin(), self._reference)
        parts = self._parts(self._deed(moment, would))
        there = self._gains(moment, parts, night)
        back = self._gains(moment, parts[::-1], night)[::-1]
        halves = _halved([a + b for a, b in zip(there, back, strict=True)])
        shares = tuple(
            Share(*part.matter, cents) for part, cents in zip(parts, halves, strict=True)
        )
        return Shared(shares, self._at_hand(moment.world, Matter(*largest(shares)[:3])))

    def _gains(self, moment: Moment, parts: Sequence[Part], night: Night) -> list[int]:
        """Return what each part adds if all before it are done; together the night's loss."""
        chain = [self._with(moment, parts[:count]) for count in range(1, len(parts))]
        return [after - before for before, after in pairwise([night.after, *chain, night.before])]

    def _with(self, moment: Moment, parts: Sequence[Part]) -> int:
        """Return what is reached if only some parts are done yet before the day passes."""
        world, today = moment.world.twin(), moment.world.state.now_minutes
        for call in (call for part in parts for call in part.do(world)):
            world.perform(call)
            if world.ended or day_of(world.state.now_minutes) > day_of(today):
                break
        else:
            self._repeat(world, [moment.step])
        return self._reached(world)

    def _reached(self, world: World[Any]) -> int:
        """Return what the reference reaches from a morning on; the world is used up.

        Two moments that lead to the same morning, as before and after looking at something, are
        worth the same, and are played on but once.
        """
        outlook = self._outlook(world)
        if outlook not in self._reached_from:
            play_on(world, self._reference)
            self._reached_from[outlook] = world.earned
        return self._reached_from[outlook]

    def _corrected(self, moment: Moment) -> int:
        world, day = moment.world.twin(), self.days[moment.n]
        play_day(world, self._reference)
        later = [
            step for step, on in zip(self.past.episode.steps, self.days, strict=True) if on > day
        ]
        self._repeat(world, later)
        world.run_out()
        return world.earned

    def _repeat(self, world: World[Any], steps: Sequence[StepRecord]) -> None:
        """Do recorded actions while the world goes on; other wordings of mails are left out."""
        for step in steps:
            if world.ended:
                return
            outside = step.get("outside", {})
            tokens = {name: outside[name] for name in ("output_tokens",) if name in outside}
            world.step(action_of(step), tokens)


def _halved(doubled: Sequence[int]) -> list[int]:
    """Return halves in whole numbers whose sum is half the sum, which must be even.

    Of the odd ones every second is rounded up.
    """
    halves, is_up = [], False
    for number in doubled:
        halves.append((number + is_up) // 2)
        is_up ^= bool(number % 2)
    return halves


def largest(shares: Sequence[Share]) -> Share:
    """Return the share that accounts for the most of a loss, or of a gain."""
    sign = 1 if sum(share.loss_cents for share in shares) >= 0 else -1
    return max(shares, key=lambda share: sign * share.loss_cents)


def seen(world: World[Any]) -> dict[str, int]:
    """Return the figures that an agent can see, by name."""
    return {
        figure.name: value
        for figure, value in zip(world.figures, world.measured, strict=True)
        if not figure.hidden
    }


def days_of(episode: Episode) -> list[int]:
    """Return the day on which each step was taken, 1 for the first."""
    minute, days = episode.header["minute"], []
    for step in episode.steps:
        days.append(day_of(minute) + 1)
        minute = step["minute"]
    return days


def day_at(days: Sequence[int], n: int) -> int:
    """Return the day of a moment, the one after the last step among them."""
    return days[min(n, len(days) - 1)] if days else 1


def told(call: ToolCall) -> str:
    """Return a call of the reference as a programmer writes it."""
    return Call(call.name, dict(call.arguments)).text


# --- several processes ----------------------------------------------------------------------------


class Team:
    """Values moments in this process, or shares the work among several.

    Args:
        episode: Its records.
        processes: How many; with 1 all is done here.
    """

    def __init__(self, episode: Episode, processes: int) -> None:
        self.valuer = Valuer(episode)
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None
        self._episode = episode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def do(self, task: str, items: Sequence[Any], *rest: Any) -> dict[int, Any]:
        """Let a method of `Valuer` do its work on some items, each process on a part of them.

        Args:
            task: The method's name.
            items: Its first argument.
            rest: Its others.
        """
        if self._processes == 1 or len(items) < 2 * self._processes:
            found: dict[int, Any] = getattr(self.valuer, task)(items, *rest)
            return found
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._processes,
                get_context("spawn"),
                _begin,
                (lean(self._episode), jobs.known()),
            )
        parts = self._dealt(items)
        shares = [self._pool.submit(_work, task, part, *rest) for part in parts]
        try:
            return {number: value for one in shares for number, value in one.result().items()}
        except BrokenProcessPool:
            raise ProviderError("A process that valued moments was killed; run again.") from None

    def _dealt(self, items: Sequence[Any]) -> list[list[Any]]:
        """Deal items out by day: what moments of one day have in common is worked out once."""
        parts: list[list[Any]] = [[] for _ in range(self._processes)]
        for item in items:
            n = item if isinstance(item, int) else item[0]
            parts[day_at(self.valuer.days, n) % self._processes].append(item)
        return parts


def lean(episode: Episode) -> Episode:
    """Return the records without what passed between an agent and its model."""
    steps = [
        {name: value for name, value in step.items() if name != "exchange"}
        for step in episode.steps
    ]
    return Episode(episode.header, steps, episode.end, episode.head)  # type: ignore[arg-type]  # still steps


_valuers: list[Valuer] = []


def _begin(episode: Episode, known: Mapping[str, str]) -> None:
    jobs.learn(known)
    _valuers[:] = [Valuer(episode)]


def _work(task: str, items: Sequence[Any], *rest: Any) -> dict[int, Any]:
    found: dict[int, Any] = getattr(_valuers[0], task)(items, *rest)
    return found
