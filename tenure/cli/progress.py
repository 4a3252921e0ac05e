"""How a run goes, for the person who waits: live on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import compress
from time import monotonic
from typing import TYPE_CHECKING, Any

from tenure.cli.terminal import amount, printable, remark
from tenure.envs.clock import MINUTES_PER_DAY, day_of
from tenure.errors import TenureError
from tenure.runner.episode import Assignment, Scene, Watcher
from tenure.runner.inline import Failure, episode_of

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

SECONDS_BETWEEN_LINES = 30
SHOWN_EPISODES = 12
"""How many of the running episodes are shown; the others are counted."""
SHOWN_NOTICES = 4
"""How many notices and errors are shown, the newest; the others are counted."""
LONG_WAIT_S = 120
"""An episode that has taken no step for so long is spoken of."""
_COLUMNS = ("episode", "day", "score", "steps", "tokens", "cost", "left")
_OF_MODELS = ("tokens", "cost")
_STEPS_BEFORE_ESTIMATE = 10
"""A model's first answers say little of how long the others will take."""


@contextmanager
def watching(planned: int, *, quiet: bool) -> Iterator[Watcher]:
    """Give a run a watcher that suits where our news goes.

    Args:
        planned: How many episodes the run has.
        quiet: Say nothing at all.
    """
    if quiet:
        with _hearing(Watch(planned)) as watch:
            yield watch
    elif sys.stderr.isatty():
        with _hearing(Watch(planned)) as watch, _live(watch):
            yield watch
    else:
        with _hearing(Lines(planned)) as lines:
            yield lines


@dataclass(slots=True)
class Tally:
    """Where a running episode stands.

    Attributes:
        began_s: When this process took it up, on the monotonic clock.
        stepped_s: When it last took a step, likewise.
        steps_before: How many steps it had by then.
        shares_before: What part of it was done by then.
        tokens: What this process spent.
        cost_usd: What this process spent; `None` once a price was not known.
    """

    world: Scene
    steps: int
    limit: int
    began_s: float = field(default_factory=monotonic)
    stepped_s: float = field(init=False)
    steps_before: int = field(init=False)
    shares_before: tuple[float, float] = field(init=False)
    tokens: int = 0
    cost_usd: float | None = 0.0

    def __post_init__(self) -> None:
        self.steps_before, self.shares_before = self.steps, self.shares
        self.stepped_s = monotonic()

    @property
    def shares(self) -> tuple[float, float]:
        """What part of the episode is done by days, and by steps: it ends when one is 1."""
        parameters = self.world.parameters
        weeks: int = getattr(parameters, "horizon_weeks", 0)
        days: int = getattr(parameters, "horizon_days", 7 * weeks)
        minute: int = self.world.state.now_minutes
        by_days = minute / (days * MINUTES_PER_DAY) if days else 0.0
        return by_days, self.steps / self.limit

    @property
    def seconds_left(self) -> float | None:
        """How long it will take from here at the pace so far, or `None` if that is unknown."""
        if self.steps - self.steps_before < _STEPS_BEFORE_ESTIMATE:
            return None
        passed_s = monotonic() - self.began_s
        return min(
            passed_s * (1 - share) / (share - before)
            for share, before in zip(self.shares, self.shares_before, strict=True)
            if share > before
        )

    @property
    def score(self) -> str:
        """The figure that decides, for a reader."""
        names = [figure.name for figure in self.world.figures]
        return amount(self.world.measured[names.index(self.world.score)], self.world.score)

    def add(self, exchange: Mapping[str, Any]) -> None:
        """Count what a model's turn used."""
        usage, cost_usd = exchange.get("usage") or {}, exchange.get("cost_usd")
        self.tokens += (usage.get("input_tokens") or 0) + (usage.get("output_tokens") or 0)
        if self.cost_usd is not None:
            self.cost_usd = None if cost_usd is None else self.cost_usd + cost_usd

    def cells(self) -> tuple[str, ...]:
        """Return day, score, steps, tokens, cost and time left."""
        cost = "?" if self.cost_usd is None else f"${self.cost_usd:.2f}"
        return (
            str(day_of(self.world.state.now_minutes) + 1),
            self.score,
            f"{self.steps:,}",
            f"{self.tokens:,}" if self.tokens else "-",
            cost if self.tokens else "-",
            _span(self.seconds_left),
        )


class Watch:
    """Keeps a tally of each running episode and says nothing."""

    def __init__(self, planned: int) -> None:
        self.planned = planned
        self.reasons: Counter[str] = Counter()
        self.errors: list[str] = []
        self.running: dict[str, Tally] = {}
        self.notices: dict[str, str] = {}

    def noticed(self, name: str, text: str) -> None:
        """Keep what an agent's provider has to say, until the next step of that episode."""
        self.notices[name] = text

    def kept(self, episodes: int) -> None:
        self.reasons["before"] += episodes

    def began(self, assignment: Assignment, world: Scene, steps: int) -> None:
        self.running[assignment.name] = Tally(world, steps, assignment.scenario.limits.steps)

    def stepped(
        self, assignment: Assignment, exchange: Mapping[str, Any] | None, steps: int = 1
    ) -> None:
        tally = self.running[assignment.name]
        tally.steps += steps
        tally.stepped_s = monotonic()
        self.notices.pop(assignment.name, None)
        if exchange is not None:
            tally.add(exchange)

    def ended(self, assignment: Assignment, reason: str) -> None:
        self.reasons[reason] += 1
        self._leave(assignment)

    def failed(self, assignment: Assignment, error: TenureError) -> None:
        self.errors.append(Failure(assignment, error).sentence)
        self._leave(assignment)

    def _leave(self, assignment: Assignment) -> None:
        self.running.pop(assignment.name, None)
        self.notices.pop(assignment.name, None)

    @property
    def standing(self) -> str:
        """How many episodes are complete, and how they ended."""
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(self.reasons.items()))
        complete = f"{self.reasons.total()} of {self.planned} episodes complete"
        return f"{complete} ({reasons})" if reasons else complete

    @property
    def waits(self) -> list[str]:
        """What is to be said of episodes that have long waited for an answer."""
        now_s = monotonic()
        return [
            f"{name}: has waited {_span(now_s - tally.stepped_s)} for step {tally.steps + 1:,}"
            for name, tally in tuple(self.running.items())
            if now_s - tally.stepped_s >= LONG_WAIT_S
        ]

    def view(self) -> Group:
        """Return the running episodes and what there is to say of them, for a terminal."""
        from rich.console import Group
        from rich.text import Text

        notices = [f"{name}: {text}" for name, text in tuple(self.notices.items())]
        more = _more(len(self.running) - SHOWN_EPISODES, "running")
        lines = [*more, self.standing, *_newest(notices), *self.waits, *_newest(self.errors)]
        return Group(self._table(), Text(printable("\n".join(lines))))

    def _shown(self) -> list[tuple[str, Tally]]:
        """Return the running episodes that began first, as many as are shown."""
        return list(self.running.items())[:SHOWN_EPISODES]

    def _table(self) -> Table:
        from rich.table import Table

        table = Table(box=None, pad_edge=False)
        running = self._shown()
        asking = any(tally.tokens for _, tally in running)
        shown = [asking or column not in _OF_MODELS for column in _COLUMNS]
        for index, column in compress(enumerate(_COLUMNS), shown):
            table.add_column(column, justify="right" if index else "left", no_wrap=index > 0)
        for name, tally in running:
            table.add_row(*compress((name, *tally.cells()), shown))
        return table


class Lines(Watch):
    """Says a line when an episode ends, and now and then while one goes on."""

    def __init__(self, planned: int) -> None:
        super().__init__(planned)
        self._due_s = monotonic() + SECONDS_BETWEEN_LINES
        self._reminder: asyncio.TimerHandle | None = None

    def remind(self) -> None:
        """Say who has long waited, and again after a while as long as an episode goes on."""
        for line in self.waits:
            remark(line)
        self._reminder = None
        if self.running:
            self._remind_later()

    def _remind_later(self) -> None:
        with suppress(RuntimeError):  # outside a loop nobody waits
            loop = asyncio.get_running_loop()
            self._reminder = self._reminder or loop.call_later(LONG_WAIT_S, self.remind)

    def noticed(self, name: str, text: str) -> None:
        remark(f"{name}: {text}")

    def kept(self, episodes: int) -> None:
        super().kept(episodes)
        remark(self.standing)

    def began(self, assignment: Assignment, world: Scene, steps: int) -> None:
        super().began(assignment, world, steps)
        self._remind_later()
        if steps:
            remark(f"{assignment.name}: goes on with step {steps:,}")

    def stepped(
        self, assignment: Assignment, exchange: Mapping[str, Any] | None, steps: int = 1
    ) -> None:
        super().stepped(assignment, exchange, steps)
        if monotonic() >= self._due_s:
            self._due_s = monotonic() + SECONDS_BETWEEN_LINES
            self._say_what_runs()

    def _say_what_runs(self) -> None:
        for name, tally in self._shown():
            facts = zip(_COLUMNS[1:], tally.cells(), strict=True)
            remark(f"{name}: {', '.join(f'{fact} {value}' for fact, value in facts)}")
        for line in _more(len(self.running) - SHOWN_EPISODES, "running"):
            remark(line)

    def ended(self, assignment: Assignment, reason: str) -> None:
        tally = self.running[assignment.name]
        super().ended(assignment, reason)
        remark(
            f"{assignment.name}: {tally.score} after {tally.steps:,} steps ({reason}); "
            f"{self.standing}"
        )

    def failed(self, assignment: Assignment, error: TenureError) -> None:
        super().failed(assignment, error)
        remark(self.errors[-1])


@contextmanager
def _hearing(watch: Watch) -> Iterator[Watch]:
    """Pass what agents log on to a watch."""
    ear = _Ear(watch)
    logger = logging.getLogger("tenure.agents")
    logger.addHandler(ear)
    try:
        yield watch
    finally:
        logger.removeHandler(ear)


class _Ear(logging.Handler):
    def __init__(self, watch: Watch) -> None:
        super().__init__(logging.WARNING)
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        self._watch.noticed(episode_of(record), record.getMessage())


@contextmanager
def _live(watch: Watch) -> Iterator[None]:
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True, markup=False, highlight=False)
    with Live(get_renderable=watch.view, console=console, transient=True):
        yield


def _more(count: int, doing: str) -> list[str]:
    """Return the line for what is not shown, if there is anything."""
    return [f"and {count:,} more {doing}"] if count > 0 else []


def _newest(lines: list[str]) -> list[str]:
    return [*lines[-SHOWN_NOTICES:], *_more(len(lines) - SHOWN_NOTICES, "like that")]


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}m{seconds:02d}s"
