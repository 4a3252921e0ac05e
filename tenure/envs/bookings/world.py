"""The bookings desk: every evening, a forecast of tomorrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, Field

from tenure.envs.bookings.rules import (
    CHANGE_PERCENT,
    LEVEL_WEIGHTS,
    LEVELS,
    draw_bookings,
    expected_loss_milli,
    loss_milli,
    predictions,
)
from tenure.envs.clock import MINUTES_PER_DAY, at
from tenure.envs.forecasts import resolved_facts
from tenure.envs.forecasts.answers import Given, read_quantiles, rule
from tenure.envs.tools import Refusal, tool
from tenure.envs.world import Figure, World, WorldState

EVENING_HOUR = 18
_MOST_ANSWER = 1000


class BookingsParameters(BaseModel, frozen=True, extra="forbid"):
    """The numbers a scenario may change."""

    horizon_days: int = Field(default=12, ge=1, le=365, description="Forecasts, one an evening.")
    history_days: int = Field(
        default=4, ge=0, le=60, description="Days before the first evening that are known."
    )
    dont_know_price_milli: int = Field(
        default=6_000,
        ge=0,
        le=1_000_000,
        description="What `dont_know` and silence cost, in thousandths of a booking.",
    )


@dataclass(slots=True)
class BookingsState(WorldState):
    """What has been answered and what it has cost.

    Attributes:
        millipoints: Minus the loss so far, in thousandths of a booking.
        luck_millipoints: What chance has added to that.
        answers: Evenings with quantiles.
    """

    millipoints: int = 0
    luck_millipoints: int = 0
    answers: int = 0


class BookingsWorld(World[BookingsState]):
    """A desk that counts bookings and forecasts those of tomorrow."""

    State, Parameters = BookingsState, BookingsParameters
    score, luck = "millipoints", "luck_millipoints"
    figures = (
        Figure(
            "millipoints",
            "minus the forecast loss, in thousandths of a booking; the score",
            low=-(2**53),
            high=0,
        ),
        Figure("day", "1 for the first", high=365),
        Figure("answers", "evenings on which quantiles were given", high=365),
        Figure(
            "luck_millipoints",
            "what the outcomes have added to the score beyond its expectation",
            low=-(2**53),
            hidden=True,
        ),
    )
    parameters: BookingsParameters

    def start(self) -> BookingsState:
        """Draw all bookings, and what the filter knows of each."""
        history = self.parameters.history_days
        self.bookings = draw_bookings(self.chance, history + self.parameters.horizon_days, history)
        self.truths = predictions(self.bookings[:-1])[history:]
        return BookingsState(now_minutes=at(0, EVENING_HOUR))

    def opening(self) -> str:
        """Tell the law, what is known so far, and how answers are scored."""
        levels = ", ".join(
            f"{level} ({weight})" for level, weight in zip(LEVELS, LEVEL_WEIGHTS, strict=True)
        )
        known = ", ".join(map(str, self.bookings[: self.parameters.history_days])) or "none yet"
        price = self.parameters.dont_know_price_milli
        return (
            "Each day's bookings are a Poisson count around a level. Each morning the level is "
            f"drawn anew with {CHANGE_PERCENT} %, and else stays. Levels (out of "
            f"{sum(LEVEL_WEIGHTS)} chances): {levels}.\n"
            f"Bookings so far, oldest first: {known}.\n"
            f"{rule('quantiles', 'bookings', price)}\n{self.stamp()}"
        )

    def measure(self) -> tuple[int, ...]:
        """Return the figures."""
        state = self.state
        day = min(self.evening + 1, self.parameters.horizon_days)
        return state.millipoints, day, state.answers, state.luck_millipoints

    def stamp(self) -> str:
        """Say which evening it is."""
        day, days = self.evening, self.parameters.horizon_days
        if day >= days:
            return f"[The end, after {days} days]"
        return f"[Evening of day {day + 1} of {days}; how many bookings tomorrow?]"

    def advance(self, minutes: int) -> str:
        """Let time pass; an evening that passes unanswered costs what not knowing costs."""
        then = self.state.now_minutes + minutes
        told = []
        while not self.state.ended and at(self.evening + 1, EVENING_HOUR) <= then:
            told.append(self._next_evening(None))
        if not self.state.ended:
            self.state.now_minutes = then
        return "\n".join(told)

    @tool(minutes=0, writes=True)
    def forecast_tomorrow(
        self,
        quantiles: Annotated[
            list[Annotated[int, Field(ge=0, le=_MOST_ANSWER)]], Field(max_length=7)
        ]
        | None = None,
        dont_know: bool = False,  # noqa: FBT001, FBT002  tools are called by name
    ) -> str:
        """Forecast tomorrow's bookings and go on to tomorrow evening.

        quantiles: seven whole numbers that do not fall, for 5, 10, 25, 50, 75, 90 and 95 %.
        """
        if (quantiles is None) is not dont_know:
            raise Refusal("Give quantiles, seven whole numbers, or else dont_know.")
        return self._next_evening(Given() if quantiles is None else read_quantiles(quantiles))

    @tool(minutes=0, writes=True)
    def wait_for_tomorrow(self) -> str:
        """Go on to tomorrow evening without a forecast."""
        return self._next_evening(None)

    @property
    def evening(self) -> int:
        """0 for the first; the night after an evening belongs to it."""
        return (self.state.now_minutes - at(0, EVENING_HOUR)) // MINUTES_PER_DAY

    def _next_evening(self, given: Given | None) -> str:
        """Count tomorrow's bookings, settle the answer, and end the episode if it is time."""
        state, day = self.state, self.evening
        outcome = self.bookings[self.parameters.history_days + day]
        truth = self.truths[day]
        price = self.parameters.dont_know_price_milli
        cost = expected = price
        if given is not None and given.numbers:
            cost = loss_milli(given.numbers, outcome)
            expected = expected_loss_milli(given.numbers, truth)
            state.answers += 1
        state.millipoints -= cost
        state.luck_millipoints -= cost - expected
        facts = resolved_facts(
            "quantiles",
            given,
            outcome,
            truth,
            id=day + 1,
            question="tomorrow",
            unit="bookings",
            dont_know_price_milli=price,
        )
        self.emit("forecast_resolved", **facts)
        state.now_minutes = at(day + 1, EVENING_HOUR)
        if day + 1 == self.parameters.horizon_days:
            state.ended = "horizon"
        hundredths = (cost + 5) // 10
        return (
            f"Bookings of day {day + 2}: {outcome}. "
            f"Loss: {hundredths // 100}.{hundredths % 100:02d}."
        )
