"""How a run goes, for the person who waits: live on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from tenure.cli.terminal import amount, remark
from tenure.envs.clock import MINUTES_PER_DAY, day_of
from tenure.envs.world import World
from tenure.runner.episode import Assignment, Watcher

if TYPE_CHECKING:
    from rich.table import Table

SECONDS_BETWEEN_LINES = 30
_COLUMNS = ("episode", "day", "balance", "steps", "tokens", "cost", "left")


@contextmanager
def watching(planned: int, *, quiet: bool) -> Iterator[Watcher]:
    """Give a run a watcher that suits where our news goes.

    Args:
        planned: How many episodes the run has.
        quiet: Say nothing at all.
    """
    if quiet:
        yield Watch(planned)
    elif sys.stderr.isatty():
        with _live(Watch(planned)) as watch:
            yield watch
    else:
        yield Lines(planned)


@dataclass(slots=True)
class Tally:
    """Where a running episode stands.

    Attributes:
        began_s: When this process took it up, on the monotonic clock.
        share_before: What part of it was done by then.
        tokens: What this process spent.
        cost_usd: What this process spent; `None` once a price was not known.
    """

    world: World[Any]
    steps: int
    limit: int
    began_s: float = field(default_factory=monotonic)
    share_before: float = 0.0
    tokens: int = 0
    cost_usd: float | None = 0.0

    def __post_init__(self) -> None:
        self.share_before = self.share

    @property
    def share(self) -> float:
        """What part of the episode is done, by days or by steps, whichever is further."""
        days: int | None = getattr(self.world.parameters, "horizon_days", None)
        minute: int = self.world.state.now_minutes
        by_days = minute / (days * MINUTES_PER_DAY) if days else 0.0
        return max(by_days, self.steps / self.limit)

    @property
    def seconds_left(self) -> float | None:
        """How long it will take from here at the pace so far, or `None` if that is unknown."""
        done = self.share - self.share_before
        if done <= 0:
            return None
        return (monotonic() - self.began_s) * (1 - self.share) / done

    @property
    def balance(self) -> str:
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
        """Return day, balance, steps, tokens, cost and time left."""
        cost = "?" if self.cost_usd is None else f"${self.cost_usd:.2f}"
        return (
            str(day_of(self.world.state.now_minutes) + 1),
            self.balance,
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

    def kept(self, episodes: int) -> None:
        self.reasons["before"] += episodes

    def began(self, assignment: Assignment, world: World[Any], steps: int) -> None:
        self.running[assignment.name] = Tally(world, steps, assignment.scenario.limits.steps)

    def stepped(self, assignment: Assignment, exchange: Mapping[str, Any] | None) -> None:
        tally = self.running[assignment.name]
        tally.steps += 1
        if exchange is not None:
            tally.add(exchange)

    def ended(self, assignment: Assignment, reason: str) -> None:
        self.reasons[reason] += 1
        self.running.pop(assignment.name, None)

    def failed(self, assignment: Assignment, error: Exception) -> None:
        self.errors.append(f"{assignment.name}: unfinished: {error}")
        self.running.pop(assignment.name, None)

    @property
    def standing(self) -> str:
        """How many episodes are complete, and how they ended."""
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(self.reasons.items()))
        complete = f"{self.reasons.total()} of {self.planned} episodes complete"
        return f"{complete} ({reasons})" if reasons else complete

    def table(self) -> Table:
        """Return the running episodes, for a terminal."""
        from rich.table import Table

        caption = "\n".join([self.standing, *self.errors])
        table = Table(box=None, caption=caption, caption_justify="left", pad_edge=False)
        for index, column in enumerate(_COLUMNS):
            table.add_column(column, justify="right" if index else "left", no_wrap=True)
        for name, tally in tuple(self.running.items()):
            table.add_row(name, *tally.cells())
        return table


class Lines(Watch):
    """Says a line when an episode ends, and now and then while one goes on."""

    def __init__(self, planned: int) -> None:
        super().__init__(planned)
        self._due_s = monotonic() + SECONDS_BETWEEN_LINES

    def kept(self, episodes: int) -> None:
        super().kept(episodes)
        remark(self.standing)

    def began(self, assignment: Assignment, world: World[Any], steps: int) -> None:
        super().began(assignment, world, steps)
        if steps:
            remark(f"{assignment.name}: goes on after step {steps:,}")

    def stepped(self, assignment: Assignment, exchange: Mapping[str, Any] | None) -> None:
        super().stepped(assignment, exchange)
        if monotonic() >= self._due_s:
            self._due_s = monotonic() + SECONDS_BETWEEN_LINES
            for name, tally in self.running.items():
                facts = zip(_COLUMNS[1:], tally.cells(), strict=True)
                remark(f"{name}: {', '.join(f'{fact} {value}' for fact, value in facts)}")

    def ended(self, assignment: Assignment, reason: str) -> None:
        tally = self.running[assignment.name]
        super().ended(assignment, reason)
        remark(
            f"{assignment.name}: {tally.balance} after {tally.steps:,} steps ({reason}); "
            f"{self.standing}"
        )

    def failed(self, assignment: Assignment, error: Exception) -> None:
        super().failed(assignment, error)
        remark(self.errors[-1])


@contextmanager
def _live(watch: Watch) -> Iterator[Watch]:
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True, markup=False, highlight=False)
    with Live(get_renderable=watch.table, console=console, transient=True):
        yield watch


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}m{seconds:02d}s"
