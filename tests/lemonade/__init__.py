"""A toy job of some fifty lines: a lemonade stand."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, Field

from tenure.envs import jobs
from tenure.envs.chance import below
from tenure.envs.clock import MINUTES_PER_DAY, at, day_of
from tenure.envs.face import ToolEnv
from tenure.envs.jobs import Briefing, Job, Policy, Truth
from tenure.envs.tools import Refusal, ToolCall, tool
from tenure.envs.world import Figure, World, WorldState

PITCHER_CENTS, CUP_CENTS = 100, 50


class StandParameters(BaseModel, frozen=True, extra="forbid"):
    horizon_days: int = Field(default=5, ge=1, le=365)
    cash_cents: int = Field(default=1000, ge=0)


@dataclass(slots=True)
class StandState(WorldState):
    cash_cents: int = 0
    cups: int = 0


class Stand(World[StandState]):
    State, Parameters, score = StandState, StandParameters, "cash_cents"
    figures = (Figure("cash_cents", "money in the tin"), Figure("cups", "cups ready to sell"))

    def start(self) -> StandState:
        words = self.chance.series("customers", count=self.parameters.horizon_days)
        self.customers = [below(word, 12) for word in words]
        return StandState(now_minutes=at(0, 8), cash_cents=self.parameters.cash_cents)

    def opening(self) -> str:
        return f"The stand opens. A pitcher costs $1.00 and fills four cups.\n{self.stamp()}"

    def measure(self) -> tuple[int, ...]:
        return (self.state.cash_cents, self.state.cups)

    def stamp(self) -> str:
        return f"[day {day_of(self.state.now_minutes) + 1}]"

    def advance(self, minutes: int) -> str:
        before, self.state.now_minutes = self.state.now_minutes, self.state.now_minutes + minutes
        days = range(day_of(before), day_of(self.state.now_minutes))
        return "\n".join(self._sell(day) for day in days if not self.state.ended)

    def _sell(self, day: int) -> str:
        sold = min(self.customers[day], self.state.cups)
        self.state.cups -= sold
        self.state.cash_cents += sold * CUP_CENTS
        self.emit("day", day=day, sold=sold)
        if day + 1 == self.parameters.horizon_days:
            self.state.ended = "horizon"
        return f"Sold {sold} cups."

    @tool(minutes=30, writes=True)
    def make_pitchers(self, count: Annotated[int, Field(ge=1, le=20)]) -> str:
        """Make pitchers of lemonade, four cups each."""
        if count * PITCHER_CENTS > self.state.cash_cents:
            raise Refusal(f"{count} pitchers cost ${count}.00; the tin has less.")
        self.state.cash_cents -= count * PITCHER_CENTS
        self.state.cups += 4 * count
        return f"{self.state.cups} cups are ready."

    @tool(minutes=0, writes=True)
    def close_for_today(self) -> str:
        """Sleep until tomorrow."""
        return self.advance(MINUTES_PER_DAY - self.state.now_minutes % MINUTES_PER_DAY)


def idle(_: Briefing) -> Policy:
    while True:
        yield ToolCall("close_for_today")


def two_a_day(_: Briefing) -> Policy:
    while True:
        yield ToolCall("make_pitchers", {"count": 2})
        yield ToolCall("close_for_today")


def bound(parameters: StandParameters, seed: int) -> int:
    """Every customer served from pitchers bought by the cup."""
    customers = sum(Stand(parameters, seed).customers)
    return parameters.cash_cents + customers * (CUP_CENTS - PITCHER_CENTS // 4)


def clairvoyant(truth: Truth) -> Policy:
    """Make what the day's customers will drink, as far as pitchers allow."""
    cups = 0
    for customers in truth.world.customers:
        pitchers = -(-(customers - cups) // 4)
        if pitchers > 0:
            yield ToolCall("make_pitchers", {"count": pitchers})
            cups += 4 * pitchers
        cups -= customers
        yield ToolCall("close_for_today")


class StandEnv(ToolEnv):
    World = Stand


JOB = Job(
    Stand,
    {"idle": idle, "two-a-day": two_a_day},
    floor="idle",
    bound=bound,
    oracles={"clairvoyant": clairvoyant},
)
jobs.register(
    "lemonade", "tests.lemonade:JOB", jobs.Face("tests/Lemonade-v0", "tests.lemonade:StandEnv")
)
