"""The numbers that a scenario of Supply Line may change."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from tenure.envs.supply_line.demand import Family


def _in_order(values: tuple[int, int]) -> tuple[int, int]:
    if values[0] > values[1]:
        raise ValueError(f"the lowest value {values[0]} is above the highest {values[1]}")
    return values


_Ordered = AfterValidator(_in_order)
_Demand = Annotated[int, Field(ge=1, le=20)]
_Lead = Annotated[int, Field(ge=1, le=4)]
_Weeks = Annotated[int, Field(ge=0, le=10)]
_Cents = Annotated[int, Field(ge=0, le=500)]
_BackorderCents = Annotated[int, Field(ge=1, le=5_000)]
_PerYear = Annotated[int, Field(ge=0, le=26)]


class SupplyLineParameters(BaseModel, frozen=True, extra="forbid"):
    """The numbers a scenario may change; two numbers are the ends of what a seed draws from."""

    horizon_weeks: int = Field(default=52, ge=4, le=104, description="Weeks that count.")
    demand_family: Family = Field(
        default="poisson", description="How weekly demand spreads about its mean."
    )
    mean_demand_units: Annotated[tuple[_Demand, _Demand], _Ordered] = Field(
        default=(6, 10), description="Mean weekly demand, lowest and highest."
    )
    lead_weeks: Annotated[tuple[_Lead, _Lead], _Ordered] = Field(
        default=(1, 3), description="Weeks on the way to a stage, lowest and highest."
    )
    holding_cents: tuple[_Cents, _Cents, _Cents, _Cents] = Field(
        default=(100, 75, 50, 25),
        description="For a unit in stock at the end of a week, retailer first; never rising.",
    )
    backorder_cents: Annotated[tuple[_BackorderCents, _BackorderCents], _Ordered] = Field(
        default=(900, 900), description="For a unit that customers wait for, lowest and highest."
    )
    start_weeks: Annotated[tuple[_Weeks, _Weeks], _Ordered] = Field(
        default=(0, 3),
        description="Stock at the start and goods of each week on their way, in weeks of demand.",
    )
    regimes: Literal["one", "observed", "hidden"] = Field(
        default="one",
        description="Whether demand switches between quiet and busy, and if the agent is told.",
    )
    regime_weeks: int = Field(default=20, ge=2, le=104, description="Mean length of a regime.")
    quiet_percent: int = Field(default=75, ge=25, le=100, description="Demand when quiet.")
    busy_percent: int = Field(default=150, ge=100, le=200, description="Demand when busy.")
    disruptions_per_year: _PerYear = Field(
        default=0, description="Links between two stages that close for some weeks, of 52 weeks."
    )
    rumours_per_year: _PerYear = Field(default=0, description="Mails of what may happen or not.")
    spoofs_per_year: _PerYear = Field(default=0, description="Mails by impostors.")
    targets_per_year: _PerYear = Field(
        default=0, description="Pairs of mails with stock targets that contradict each other."
    )
    cost_sheets_per_year: _PerYear = Field(default=0, description="New cost sheets.")

    @model_validator(mode="after")
    def _check_holding(self) -> Self:
        if list(self.holding_cents) != sorted(self.holding_cents, reverse=True):
            raise ValueError("holding_cents may not rise from the retailer to the factory")
        return self
