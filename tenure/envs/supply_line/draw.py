"""What a seed draws: the line's terms, its first goods, the demand of every week, and incidents."""

from __future__ import annotations

from dataclasses import dataclass, field

from tenure.envs.chance import Chance, below, between
from tenure.envs.supply_line.demand import (
    TOTAL_WEIGHT,
    Regime,
    draw_regimes,
    weekly_weights,
)
from tenure.envs.supply_line.incidents import (
    DAYS_PER_WEEK,
    Incidents,
    SheetNotice,
    draw_incidents,
    draw_sheet_notices,
)
from tenure.envs.supply_line.line import Stage
from tenure.envs.supply_line.parameters import SupplyLineParameters
from tenure.envs.supply_line.terms import STAGES, CostSheet, Terms


@dataclass(frozen=True, slots=True)
class Draw:
    """One seed's line; nothing an agent does changes it.

    Attributes:
        terms: What the optimum depends on.
        on_hand_units: First stock by stage.
        inbound_units: First goods on their way by stage, the next to come first.
        regime_path: By week, the index of the regime.
        demand_units: By week.
        incidents: What happens from outside, apart from new cost sheets.
        sheet_notices: How the cost sheets after the first are told.
    """

    terms: Terms
    on_hand_units: tuple[int, ...]
    inbound_units: tuple[tuple[int, ...], ...]
    regime_path: tuple[int, ...]
    demand_units: tuple[int, ...]
    incidents: Incidents = field(default_factory=Incidents)
    sheet_notices: tuple[SheetNotice, ...] = ()

    def stages(self) -> list[Stage]:
        """Return the line as week 0 finds it."""
        return [
            Stage(on_hand, 0, list(inbound))
            for on_hand, inbound in zip(self.on_hand_units, self.inbound_units, strict=True)
        ]

    def closed(self, week: int) -> list[bool]:
        """Return by stage whether nothing can leave for it in a 0-based week."""
        shut = {one.stage for one in self.incidents.closures if one.holds(week)}
        return [stage in shut for stage in range(len(STAGES))]


def draw_line(parameters: SupplyLineParameters, chance: Chance) -> Draw:
    """Draw a line from a seed's chance."""
    mean = between(chance.word("mean demand"), *parameters.mean_demand_units)
    leads = tuple(between(chance.word("lead", name), *parameters.lead_weeks) for name in STAGES)
    backorder = between(chance.word("backorder"), *parameters.backorder_cents)
    first = CostSheet(0, parameters.holding_cents, backorder)
    notices = draw_sheet_notices(parameters, chance, first)
    terms = Terms(
        horizon_weeks=parameters.horizon_weeks,
        lead_weeks=leads,
        sheets=(first, *(notice.sheet for notice in notices)),
        regimes=_regimes(parameters, mean),
        switch_weight=0 if parameters.regimes == "one" else TOTAL_WEIGHT // parameters.regime_weeks,
    )
    path = _draw_path(terms, chance)
    words = chance.series("demand", count=terms.horizon_weeks, days_each=DAYS_PER_WEEK)
    low, high = (weeks * mean for weeks in parameters.start_weeks)
    return Draw(
        terms=terms,
        on_hand_units=tuple(between(chance.word("stock", name), low, high) for name in STAGES),
        inbound_units=tuple(
            tuple(below(word, 2 * mean + 1) for word in chance.words("inbound", name, count=lead))
            for name, lead in zip(STAGES, leads, strict=True)
        ),
        regime_path=path,
        demand_units=tuple(
            terms.regimes[regime].draw(word) for regime, word in zip(path, words, strict=True)
        ),
        incidents=draw_incidents(parameters, chance, mean, first),
        sheet_notices=notices,
    )


def _regimes(parameters: SupplyLineParameters, mean: int) -> tuple[Regime, ...]:
    if parameters.regimes == "one":
        levels = {"steady": 100}
    else:
        levels = {"quiet": parameters.quiet_percent, "busy": parameters.busy_percent}
    means = {name: max(1, mean * percent // 100) for name, percent in levels.items()}
    family = parameters.demand_family
    return tuple(Regime(name, mean, weekly_weights(family, mean)) for name, mean in means.items())


def _draw_path(terms: Terms, chance: Chance) -> tuple[int, ...]:
    first = below(chance.word("first regime"), len(terms.regimes))
    words = chance.series(
        "regime",
        count=terms.horizon_weeks - 1,
        first_day=DAYS_PER_WEEK,
        days_each=DAYS_PER_WEEK,
    )
    return draw_regimes(first, words, terms.switch_weight, len(terms.regimes))
