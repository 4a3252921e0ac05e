"""Drawing a ledger up: first by days, then step by step where a day was expensive."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate, pairwise, takewhile

from tenure import __version__
from tenure.scoring.ledger.entries import Decisive, Entry, Ledger, Progress
from tenure.scoring.ledger.values import Night, Shared, Team, Worth, largest, told
from tenure.scoring.records import Episode
from tenure.scoring.scenes import call_of

TOP = 10
"""So many of the most expensive decisions are always found."""

_SMALL_SHARE = 0.01
"""A day is resolved into steps if it lost more than this part of all that days lost or won."""
_MOST_DAYS, _MOST_STEPS = 40, 240
"""So many days are resolved for that, with so many steps, besides the ten that lost or won most."""
_CANDIDATES, _FEW_STEPS = 24, 500
"""So many corrections are tried of a longer episode; of a shorter one every step's."""
_NIGHTS_WORK = 30_000
"""Losses of nights are shared among causes, the largest first, until so many days are played."""
_SERIAL_STEPS = 400
_WOULD_CALLS = 40
_SHOWN_CALLS = 6
"""Of a day that passed, so many of its latest changes are told."""

Worths = Mapping[int, Worth]


def ledger(
    episode: Episode,
    *,
    full: bool = False,
    futures: int = 0,
    bar: int | None = None,
    processes: int | None = 1,
    progress: Progress = lambda _: None,
) -> Ledger:
    """Draw up what an episode's decisions cost; see `docs/diagnose.md`.

    Args:
        episode: Its records, finished or not.
        full: Whether all days are resolved into steps, not the expensive ones alone.
        futures: Over how many other futures the losses of the decisions that are shown are
            averaged besides; 0 for the recorded one alone.
        bar: The score that the decisive step is about; `None` for the job's own (`_default_bar`).
        processes: How many share the work; `None` for as many as there are processors. More than
            one import the program's main module anew, which must be guarded as for any use of
            `multiprocessing`.
        progress: Is told what is being computed.

    Raises:
        UsageError: If the job has no reference, or is not installed.
        TrajectoryError: If the episode cannot be played again as recorded.
    """
    if processes is None:
        processes = 1 if len(episode.steps) < _SERIAL_STEPS else os.cpu_count() or 1
    with Team(episode, processes) as team:
        draft = _Draft(episode, team, progress)
        draft.value_days()
        draft.resolve(full=full)
        draft.share()
        entries = draft.entries()
        decisive = draft.decide(entries, bar)
        if futures:
            entries = draft.without_luck(entries, futures)
        return draft.finished(entries, decisive, futures)


def earned(episode: Episode, measured: Sequence[int]) -> int:
    """Return the score of some figures, without what the world itself knows to be luck."""
    values = dict(zip(episode.figure_names, measured, strict=True))
    luck = values[episode.header["luck"]] if "luck" in episode.header else 0
    return values[episode.header["score"]] - luck


class _Draft:
    """A ledger in the making.

    Attributes:
        worths: What moments are worth, by the number of the step that follows.
        shared: How the losses of nights are shared among causes, by the step's number.
    """

    def __init__(self, episode: Episode, team: Team, progress: Progress) -> None:
        self._episode, self._team, self._progress = episode, team, progress
        self._days = team.valuer.days
        self._last = len(episode.steps)
        self._writing = team.valuer.writing
        self.worths: dict[int, Worth] = {}
        self.shared: dict[int, Shared] = {}

    @property
    def outcome(self) -> int:
        """What the episode reached."""
        if self._episode.end is None:
            return self.worths[self._last].cents
        return earned(self._episode, self._episode.end["measured"])

    def value_days(self) -> None:
        """Value the mornings."""
        firsts = [n for n in range(self._last) if n == 0 or self._days[n] != self._days[n - 1]]
        self._progress(f"valuing the mornings of {_days(len(firsts))}")
        self._value([*firsts, self._last] if self._last else [0])

    def resolve(self, *, full: bool) -> None:
        """Value the steps of expensive days, until no other can hold a decision of the worst."""
        if full:
            self._value_steps([(a, b) for a, b in pairwise(sorted(self.worths)) if b - a > 1])
            return
        losses = {span: self._loss(*span) for span in pairwise(sorted(self.worths))}
        noticeable = _SMALL_SHARE * sum(map(abs, losses.values()))
        ranked = sorted(losses, key=lambda span: (-abs(losses[span]), span))
        chosen = [span for span in ranked[TOP:_MOST_DAYS] if abs(losses[span]) > noticeable]
        so_far = accumulate(last - first for first, last in chosen)
        few = sum(1 for _ in takewhile(lambda steps: steps <= _MOST_STEPS, so_far))
        self._value_steps(ranked[:TOP] + chosen[:few])
        left = [span for span in ranked if span[1] - span[0] > 1 and span[0] + 1 not in self.worths]
        while left and losses[left[0]] > self._tenth_loss():
            self._value_steps(left[:TOP])
            left = left[TOP:]

    def share(self) -> None:
        """Share the losses of nights among all that was left undone."""
        nights = [
            Night(a, self.worths[a].cents, self.worths[b].cents)
            for a, b in pairwise(sorted(self.worths))
            if b - a == 1 and self.worths[a].parts > 1 and self._loss(a, b)
        ]
        nights.sort(key=lambda night: (-abs(night.before - night.after), night.n))
        so_far = accumulate(map(self._work_to_share, nights))
        few = sum(1 for _ in takewhile(lambda days: days <= _NIGHTS_WORK, so_far))
        chosen = sorted(nights[:few])
        if chosen:
            self._progress(f"sharing {len(chosen)} losses among several causes")
            self.shared.update(self._team.do("shared", chosen))

    def entries(self) -> list[Entry]:
        """Return what is known so far, in the order of the steps."""
        found = [self._entry(*span) for span in pairwise(sorted(self.worths))]
        idle = self.worths[self._last].cents - self.outcome
        if idle or (self._episode.end is not None and not self._ended):
            end = self._episode.end
            reason = end["reason"] if end else ""
            day = self._days[-1] if self._days else 1
            would = self._would(self.worths[self._last])
            cause = f"nobody at work after the last step ({reason or 'unfinished'})"
            found.append(Entry(self._last, 0, day, cause=cause, loss_cents=idle, would=would))
        return found

    def decide(self, entries: Sequence[Entry], bar: int | None) -> Decisive:
        """Find the decisive step: the earliest whose correction lifts the outcome to the bar."""
        name = "the bar that was asked for"
        if bar is None:
            bar, name = _default_bar(self._episode)
        chances = [n for n, worth in self.worths.items() if worth.cents >= bar]
        last_chance = max(chances, default=None)
        if self.outcome >= bar:
            return Decisive(bar, name, reached=True, last_chance=last_chance)
        candidates = self._candidates(entries)
        self._progress(f"valuing corrections of {len(candidates)} decisions")
        outcomes = self._team.do("corrected", candidates)
        step = next((n for n in candidates if outcomes[n] >= bar), None)
        outcome = None if step is None else outcomes[step]
        tried = len(candidates)
        return Decisive(bar, name, False, step, outcome, last_chance, tried)  # noqa: FBT003  `reached`

    def _candidates(self, entries: Sequence[Entry]) -> list[int]:
        """Return the steps whose correction is tried: all, or of a long episode the dearest."""
        if self._last <= _FEW_STEPS:
            return list(range(self._last))
        ranked = sorted(entries, key=lambda entry: (-entry.loss_cents, entry.step))
        worst = [one.step for one in ranked if one.is_decision and one.loss_cents > 0]
        return sorted(worst[:_CANDIDATES])

    def without_luck(self, entries: Sequence[Entry], futures: int) -> list[Entry]:
        """Add mean losses over other futures to the most expensive decisions."""
        found = [entry for entry in entries if entry.is_decision and entry.loss_cents > 0]
        wanted = sorted(found, key=lambda entry: (-entry.loss_cents, entry.step))[:TOP]
        self._progress(f"valuing {futures} futures of {len(wanted):,} decisions")
        spans = [(entry.step, entry.steps) for entry in wanted]
        losses = self._team.do("luckless", spans, futures)
        return [
            _averaged(entry, losses[entry.step]) if entry.step in losses else entry
            for entry in entries
        ]

    def finished(self, entries: Sequence[Entry], decisive: Decisive, futures: int) -> Ledger:
        """Return the ledger with what has been found."""
        episode = self._episode
        return Ledger(
            scenario=episode.scenario_id,
            agent=episode.agent_name,
            seed=episode.seed,
            head=episode.head,
            tenure=__version__,
            score=episode.header["score"],
            start=self.worths[0].cents,
            outcome=self.outcome,
            complete=episode.complete,
            entries=tuple(entries),
            decisive=decisive,
            futures=futures,
        )

    # --- parts -----------------------------------------------------------------------------------

    @property
    def _ended(self) -> bool:
        return bool(self._episode.steps) and bool(self._episode.steps[-1].get("ended"))

    def _work_to_share(self, night: Night) -> int:
        """Return how many days are to be played to share the loss of a night."""
        days_left = len(set(self._days[night.n :]))
        return 2 * (self.worths[night.n].parts - 1) * days_left

    def _loss(self, first: int, last: int) -> int:
        return self.worths[first].cents - self.worths[last].cents

    def _tenth_loss(self) -> int:
        """The loss of the tenth most expensive decision found."""
        spans = pairwise(sorted(self.worths))
        losses = sorted((self._loss(a, b) for a, b in spans if b - a == 1), reverse=True)
        return losses[TOP - 1] if len(losses) >= TOP else 0

    def _value_steps(self, spans: Collection[tuple[int, int]]) -> None:
        numbers = [n for first, last in spans for n in range(first + 1, last)]
        self._progress(f"valuing {len(numbers):,} steps of {_days(len(spans))}")
        self._value(sorted(numbers))

    def _value(self, numbers: Sequence[int]) -> None:
        self.worths.update(self._team.do("worths", numbers))

    def _entry(self, first: int, last: int) -> Entry:
        worth, loss_cents = self.worths[first], self._loss(first, last)
        day, would = self._days[first], self._would(worth)
        if last - first > 1:
            did = f"{last - first} steps"
            known, cause = worth.known, "a day not resolved into steps"
            return Entry(
                first, last - first, day, loss_cents=loss_cents, known=known, did=did, would=would,
                cause=cause,
            )  # fmt: skip
        call, shared = call_of(self._episode.steps[first]), self.shared.get(first)
        matter = largest(shared.shares)[:3] if shared else worth.matter
        return Entry(
            first, 1, day, call.name if call else "", *matter, loss_cents, worth.known,
            self._did(first), would,
            at_hand=shared.at_hand if shared else worth.at_hand,
            shares=shared.shares if shared else (),
        )  # fmt: skip

    def _did(self, n: int) -> str:
        """Tell what was called; where the day passed with it, after what was changed on it."""
        passes_day = n + 1 == self._last or self._days[n + 1] > self._days[n]
        first = bisect_left(self._days, self._days[n]) if passes_day else n
        calls = [call_of(step) for step in self._episode.steps[first : n + 1]]
        changing = [call for call in calls[:-1] if call and call.name in self._writing]
        shown = [call.text for call in changing[-_SHOWN_CALLS:]]
        more = [f"{len(changing) - len(shown)} changes"] if len(changing) > len(shown) else []
        return "; ".join([*more, *shown, calls[-1].text if calls[-1] else "no call"])

    def _would(self, worth: Worth) -> tuple[str, ...]:
        return tuple(told(call) for call in worth.would[:_WOULD_CALLS])


def _default_bar(episode: Episode) -> tuple[int, str]:
    """Return the bar of a job and its name: the naive script's score, or no loss if that is more.

    Where the score is a balance that is there from the start, who ends below it has lost money.
    """
    floor = episode.header["references"]["floor"]
    start = earned(episode, episode.header["measured"])
    if start > max(floor, 0):
        return start, "what there was at the start: no loss"
    return floor, "the naive script's score on this seed"


def _averaged(entry: Entry, losses: Sequence[int]) -> Entry:
    """Return an entry with the mean of losses in other futures, and its standard error."""
    count = len(losses)
    mean = sum(losses) / count
    if count == 1:
        return entry._replace(luckless=mean)
    variance = sum((loss - mean) ** 2 for loss in losses) / (count - 1)
    return entry._replace(luckless=mean, error=(variance / count) ** 0.5)


def _days(count: int) -> str:
    return f"{count:,} day{'s' * (count != 1)}"
