"""Questions that jobs offer, the asks of a scenario, and the schedule that follows from both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from pydantic import BaseModel, Field

from tenure.envs.clock import at
from tenure.envs.forecasts.answers import Form
from tenure.envs.forecasts.distribution import Distribution
from tenure.envs.layers import lasting_days
from tenure.errors import ContractError, UsageError, nearest

_MOST_DAYS = 100_000
MOST_OUTCOME = 10**15
"""No outcome that is scored is larger, to either side."""


class Ask(BaseModel, frozen=True, extra="forbid"):
    """What a scenario wants to be told, and when. Days count from 1, as agents read them.

    A window of `days_to_answer` days opens on `first_day` and closes at a midnight. What is asked
    lies in the days after that midnight.
    """

    question: str = Field(description="The name of one of the job's questions.")
    first_day: int = Field(ge=1, le=_MOST_DAYS, description="The day on which it is first asked.")
    every_days: int | None = Field(
        default=None, ge=1, le=_MOST_DAYS, description="Asked again so often; once if left out."
    )
    days_to_answer: int = Field(
        default=1, ge=1, le=_MOST_DAYS, description="The day of asking included."
    )
    days_ahead: int | None = Field(
        default=None,
        ge=1,
        le=_MOST_DAYS,
        description="From the end of the window until the outcome; to the job's end if left out. "
        "Not for questions that fix it themselves.",
    )
    threshold: int | None = Field(
        default=None, ge=-(10**15), le=10**15, description="For questions that ask about one."
    )
    dont_know_price_milli: int = Field(
        ge=0,
        le=10**15,
        description="What `dont_know` and silence cost, in thousandths of the loss: of the "
        "outcome's unit for quantiles, of 1 for a probability.",
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """One occurrence of an ask. Days count from 0, as worlds count them.

    Attributes:
        id: 1 for the first of the episode.
        ask: What the scenario says.
        opens_day: The first day of the window.
        closes_day: The window closes at the midnight with which this day begins.
        due_day: The outcome is known at the midnight with which this day begins.
        frozen: What the question has kept when its window closed (or opened; `Question.as_of`).
    """

    id: int
    ask: Ask
    opens_day: int
    closes_day: int
    due_day: int
    frozen: Mapping[str, int] = field(default_factory=dict)

    @property
    def opens_minute(self) -> int:
        """When the window opens."""
        return at(self.opens_day, 0)

    @property
    def closes_minute(self) -> int:
        """When the window closes."""
        return at(self.closes_day, 0)

    @property
    def due_minute(self) -> int:
        """When the outcome is known."""
        return at(self.due_day, 0)

    @property
    def threshold(self) -> int:
        """The threshold, 0 for questions without one."""
        return self.ask.threshold or 0


def _nothing(_world: Any, _asked: Asked) -> dict[str, int]:
    """Keep nothing."""
    return {}


def _unknown(_world: Any, _asked: Asked) -> None:
    """Tell no distribution."""


@dataclass(frozen=True)
class Question:
    """Something a job can be asked about. Its functions only read the world.

    They are called between two steps of the agent, at the first moment not before the minute they
    wait for: in a world whose nights pass in one step, midnight's are called in the morning.

    Attributes:
        text: Returns the question as a sentence for the agent.
        unit: Unit of the outcome, such as `units`; empty for a probability.
        form: `quantiles` of a whole number, or the `probability` of a yes (1) or no (0).
        outcome: Returns what came, a whole number (`int`); 1 or 0 for a probability. Called when
            it is due, or at the end of the episode if the world ends before.
        truth: Returns the world's own distribution of the outcome, or `None` if it cannot tell.
            Called when the window closes, so nothing that the agent learns later is in it.
        freeze: Returns what the question rests on, such as prices; called just before `truth`, and
            found in `Asked.frozen` from then on.
        as_of: `open` to call both when the window opens. For worlds whose steps are as long as
            the window: they pass its close within a step, and know then what no answer could.
        days_to_answer: Length of the window, if the question fixes it.
        days_ahead: Days from the end of the window until the outcome, if the question fixes them.
        period_days: Windows and outcomes begin and end with such periods, counted from the first
            day: 7 for a job whose weeks pass as a whole.
        needs_threshold: Whether an ask must give a threshold.

    Raises:
        ValueError: If `form` or `as_of` is none of the above.
    """

    text: Callable[[Asked], str]
    unit: str
    form: Form
    outcome: Callable[[Any, Asked], int]
    truth: Callable[[Any, Asked], Distribution | None] = _unknown
    freeze: Callable[[Any, Asked], Mapping[str, int]] = _nothing
    as_of: Literal["close", "open"] = "close"
    days_to_answer: int | None = None
    days_ahead: int | None = None
    period_days: int = 1
    needs_threshold: bool = False

    def __post_init__(self) -> None:
        for name, value, known in (
            ("form", self.form, get_args(Form)),
            ("as_of", self.as_of, ("close", "open")),
        ):
            if value not in known:
                raise ValueError(f"{name} must be {' or '.join(map(repr, known))}, got {value!r}")

    def resolve(self, world: Any, asked: Asked) -> int:
        """Return what came, and see that it can be scored.

        Raises:
            ContractError: If it cannot; the message names the question.
        """
        outcome = self.outcome(world, asked)
        if type(outcome) is not int or abs(outcome) > MOST_OUTCOME:
            raise ContractError(
                f"The outcome of the question {asked.ask.question!r} is {outcome!r}; it must be a "
                f"whole number (int) from -10**15 to 10**15."
            )
        if self.form == "probability" and outcome not in (0, 1):
            raise ContractError(
                f"The outcome of the question {asked.ask.question!r} is {outcome}; that of a "
                f"probability is 1 for yes or 0 for no."
            )
        return outcome


def schedule(
    questions: Mapping[str, Question], asks: Sequence[Ask], parameters: BaseModel
) -> tuple[Asked, ...]:
    """Lay the asks out over a job's days, in the order in which they are asked.

    Args:
        questions: What the job offers, by name.
        asks: What the scenario wants.
        parameters: The job's; `horizon_days` or `horizon_weeks` tells how long it lasts.

    Raises:
        UsageError: If an ask does not fit its question or would never be asked.
    """
    if not asks:
        return ()
    horizon_days = lasting_days(parameters, "forecasts")
    found = [
        one
        for number, ask in enumerate(asks)
        for one in _occurrences(questions, ask, horizon_days, f"forecasts.{number}")
    ]
    found.sort(key=lambda one: one.opens_day)
    return tuple(
        Asked(number, one.ask, one.opens_day, one.closes_day, one.due_day)
        for number, one in enumerate(found, 1)
    )


def _occurrences(
    questions: Mapping[str, Question], ask: Ask, horizon_days: int, where: str
) -> list[Asked]:
    question = questions.get(ask.question)
    if question is None:
        raise UsageError(
            f"{where}.question: this job has no question {ask.question!r}. "
            f"{nearest(ask.question, questions)}"
        )
    _check(question, ask, where)
    ahead = question.days_ahead or ask.days_ahead
    step = ask.every_days or horizon_days
    found = []
    for opens in range(ask.first_day - 1, horizon_days, step):
        closes = opens + ask.days_to_answer
        due = closes + ahead if ahead else horizon_days
        if closes < due <= horizon_days:
            found.append(Asked(0, ask, opens, closes, due))
    if not found:
        raise UsageError(
            f"{where}: {ask.question!r} would never be asked: asked on day {ask.first_day}, its "
            f"outcome would come after the last of {horizon_days} days."
        )
    return found


def _check(question: Question, ask: Ask, where: str) -> None:
    if question.needs_threshold and ask.threshold is None:
        raise UsageError(f"{where}: {ask.question!r} asks about a threshold; give `threshold`.")
    if ask.threshold is not None and not question.needs_threshold:
        raise UsageError(f"{where}: {ask.question!r} has no threshold; leave `threshold` out.")
    fixed = question.days_to_answer
    if fixed and ask.days_to_answer != fixed:
        raise UsageError(f"{where}: {ask.question!r} has a window of days_to_answer: {fixed}.")
    _check_periods(question.period_days, ask, where)
    if question.days_ahead and ask.days_ahead:
        raise UsageError(
            f"{where}: {ask.question!r} always looks {question.days_ahead} days ahead; leave "
            "`days_ahead` out."
        )


def _check_periods(days: int, ask: Ask, where: str) -> None:
    """See that an ask's times lie at the ends of a job's periods."""
    times = {
        "first_day": ask.first_day - 1,
        "every_days": ask.every_days or 0,
        "days_to_answer": ask.days_to_answer,
        "days_ahead": ask.days_ahead or 0,
    }
    for name, value in times.items():
        if value % days:
            right = f"1, {1 + days}, {1 + 2 * days} ..." if name == "first_day" else f"{days}, ..."
            raise UsageError(
                f"{where}.{name}: {ask.question!r} is about periods of {days} days; write {right}"
            )
