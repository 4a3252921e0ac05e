"""Two toy jobs whose scores are not money in the bank: a cost with luck, and people served."""

from collections.abc import Iterator

import tests.lemonade  # noqa: F401  registers the stand
from tenure.envs import jobs
from tenure.envs.jobs import Job
from tenure.envs.world import Figure
from tenure.scenarios import Limits, Scenario
from tests.lemonade import Stand, idle, two_a_day

RENT_CENTS = 1_000_000
USUAL_CUSTOMERS = 11  # a day, twice over


class RentedStand(Stand):
    """A stand whose rent no lemonade pays; a day with many customers is luck."""

    score, luck = "result_cents", "luck_cents"
    figures = (
        Figure("result_cents", "money made less the rent", low=-(2**53)),
        Figure("luck_cents", "what chance alone added", low=-(2**53), hidden=True),
        Figure("units_made", "cups ready to sell"),
    )

    def measure(self):
        day = min(self.state.now_minutes // 1440, len(self.customers))
        luck = sum(2 * count - USUAL_CUSTOMERS for count in self.customers[:day])
        return (self.state.cash_cents + luck - RENT_CENTS, luck, self.state.cups)


class Kitchen(Stand):
    """A stand that is judged by what is left over."""

    score = "meals"
    figures = (Figure("meals", "meals that are ready"),)

    def measure(self):
        return (self.state.cups,)


class Oracle(Stand):
    """A stand whose own code writes a forecast into the record that is none."""

    def _sell(self, day):
        self.emit("forecast_resolved", question="rain", form="probability", outcome="x")
        return super()._sell(day)


POLICIES = {"idle": idle, "two-a-day": two_a_day}
RENTED = Job(RentedStand, POLICIES, floor="idle", bound=lambda *_: 0)
KITCHEN = Job(Kitchen, POLICIES, floor="idle", bound=lambda *_: 4 * 20 * 400)
ORACLE = Job(Oracle, POLICIES, floor="idle", bound=lambda *_: 10**6)
jobs.register("oracle", "tests.scoring.other_jobs:ORACLE")
jobs.register("rented", "tests.scoring.other_jobs:RENTED")
jobs.register("kitchen", "tests.scoring.other_jobs:KITCHEN")


def scenarios() -> Iterator[Scenario]:
    """One scenario of each job."""
    for job in ("rented", "kitchen"):
        yield Scenario(
            id=f"{job}/week",
            version=1,
            title=f"A week at the {job} place",
            brief="Work for {horizon_days} days.",
            parameters={"horizon_days": 7},
            limits=Limits(steps=40),
        )
