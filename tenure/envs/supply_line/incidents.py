"""What happens to a line from outside: closed links, hearsay, impostors, wishes, new cost sheets.

All is drawn at the start, each kind from its own streams by the week in which it is told. So a kind
whose rate is 0 is missing and all else is as before; only hearsay of closures needs closures to be
true of. Nothing here depends on customers' demand: no mail tells how much they will buy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from tenure.envs.chance import Chance, between, happens, pick, pick_weighted
from tenure.envs.supply_line.parameters import SupplyLineParameters
from tenure.envs.supply_line.terms import STAGES, CostSheet

T = TypeVar("T")
About = Literal["closure", "surge", "slump"]
Asks = Literal["extra_order", "stock_up", "stop", "false_sheet"]

DAYS_PER_WEEK = 7
FIRST_WEEK = 2
"""The 0-based week of the earliest mail; until then the line can be put in order undisturbed."""
_WEEKS_A_YEAR = 52
_FACTORY = len(STAGES) - 1
_LONGEST_NOTICE = 6


@dataclass(frozen=True, slots=True)
class Closure:
    """A link on which nothing leaves for a while.

    Attributes:
        week: First 0-based week; the carrier tells on its Monday.
        stage: The stage that nothing leaves for, 0 to 2: production always can.
        weeks: How long, 1 to 4.
        told_weeks: What the carrier expects; in two cases of five wrong by one.
    """

    week: int
    stage: int
    weeks: int
    told_weeks: int

    def holds(self, week: int) -> bool:
        """Tell whether the link is closed in a 0-based week."""
        return self.week <= week < self.week + self.weeks


@dataclass(frozen=True, slots=True)
class Rumour:
    """Hearsay of what is to come.

    Attributes:
        week: When it is told.
        about: What is said to come: a closure, or a change of demand.
        stage: The stage of the closure; means nothing for demand.
        from_week: 0-based week from which it is said to hold.
        informed: Whether it is of a closure that does come. Of demand nobody knows anything.
    """

    week: int
    about: About
    stage: int
    from_week: int
    informed: bool


@dataclass(frozen=True, slots=True)
class Target:
    """A manager's wish; two managers' wishes of about one time cannot both be met.

    Attributes:
        week: When it is told.
        manager: `operations` wants at least `units` at the retailer, `finance` at most `units` at
            all stages together, which is fewer.
        units: The target.
    """

    week: int
    manager: Literal["operations", "finance"]
    units: int


@dataclass(frozen=True, slots=True)
class SheetNotice:
    """A cost sheet told some weeks before it holds."""

    week: int
    sheet: CostSheet


@dataclass(frozen=True, slots=True)
class Spoof:
    """An impostor's mail.

    Attributes:
        week: When it comes.
        asks: For a big order at the factory or at another stage, for no orders at all, or for a
            big order because a false cost sheet makes stock cheap.
        stage: Where the order is asked for; means nothing for `stop`.
        units: How much is asked for: what customers want in 15 to 20 weeks. 0 for `stop`.
        sheet: The false cost sheet.
    """

    week: int
    asks: Asks
    stage: int
    units: int
    sheet: CostSheet | None = None

    def is_followed(self, before: Sequence[Sequence[int]], since: Sequence[Sequence[int]]) -> bool:
        """Tell whether the orders of the latest week do what was asked for.

        An order is followed if that stage alone orders at least as much in one week. A stop is
        followed after two weeks without any order, if something was ordered in the two before.

        Args:
            before: Orders by stage of the two weeks before the mail.
            since: Orders by stage of the week of the mail, and of the next one if it is over.
        """
        if self.asks == "stop":
            return len(since) == 2 and not any(map(any, since)) and any(map(any, before))
        return since[-1][self.stage] >= self.units


@dataclass(frozen=True, slots=True)
class Incidents:
    """All of a seed's incidents except cost sheets, each kind in the order of weeks."""

    closures: tuple[Closure, ...] = ()
    rumours: tuple[Rumour, ...] = ()
    targets: tuple[Target, ...] = ()
    spoofs: tuple[Spoof, ...] = ()


def draw_incidents(
    parameters: SupplyLineParameters, chance: Chance, mean_units: int, first: CostSheet
) -> Incidents:
    """Draw all incidents but cost sheets.

    In another future, hearsay from before it stays as it was told, and if it was true of a closure,
    that closure comes.

    Args:
        parameters: With the rates.
        chance: The seed's.
        mean_units: Mean weekly demand, which sizes what is asked for.
        first: The first cost sheet, which false ones are made from.
    """
    weeks = parameters.horizon_weeks
    closures = _draw_closures(_Dice(chance, "closure"), parameters.disruptions_per_year, weeks)
    told: tuple[Rumour, ...] = ()
    if chance.future.number:
        own = draw_incidents(parameters, Chance(chance.seed), mean_units, first)
        turn = chance.future.first_day
        told = tuple(one for one in own.rumours if DAYS_PER_WEEK * one.week < turn)
        closures = _with_announced(closures, own.closures, told)
    rumours = _Dice(chance, "rumour")
    targets = _Dice(chance, "target")
    spoofs = _Dice(chance, "spoof")
    return Incidents(
        closures=closures,
        rumours=(
            *told,
            *(
                _draw_rumour(rumours, week, weeks - 1, closures)
                for week in rumours.weeks(parameters.rumours_per_year, weeks - 1)[len(told) :]
            ),
        ),
        targets=tuple(
            target
            for week in targets.weeks(parameters.targets_per_year, weeks - 1)
            for target in _draw_targets(targets, week, mean_units)
        ),
        spoofs=tuple(
            _draw_spoof(spoofs, week, weeks - 1, mean_units, first)
            for week in spoofs.weeks(parameters.spoofs_per_year, weeks - 1)
        ),
    )


def _with_announced(
    closures: Sequence[Closure], own: Sequence[Closure], told: Sequence[Rumour]
) -> tuple[Closure, ...]:
    """Return the closures with those of the seed's own that hearsay was right about."""
    heard = {(one.stage, one.from_week) for one in told if one.informed}
    kept = [one for one in own if (one.stage, one.week) in heard]
    others = [
        one
        for one in closures
        if not any(
            one.stage == other.stage and (one.holds(other.week) or other.holds(one.week))
            for other in kept
        )
    ]
    return tuple(sorted([*kept, *others], key=lambda one: one.week))


def draw_sheet_notices(
    parameters: SupplyLineParameters, chance: Chance, first: CostSheet
) -> tuple[SheetNotice, ...]:
    """Draw the cost sheets after the first, in the order in which they come to hold."""
    dice = _Dice(chance, "cost sheet")
    notices: list[SheetNotice] = []
    for week in dice.weeks(parameters.cost_sheets_per_year, parameters.horizon_weeks):
        from_week = week + dice.between("notice", week, 2, _LONGEST_NOTICE)
        latest = notices[-1].sheet.from_week if notices else 0
        if latest < from_week < parameters.horizon_weeks:
            notices.append(SheetNotice(week, _draw_sheet(dice, week, from_week, first, (70, 140))))
    return tuple(notices)


class _Dice:
    """The chance of one kind of incident: by what is drawn, and by the week."""

    def __init__(self, chance: Chance, kind: str) -> None:
        self._chance, self._kind = chance, kind

    def weeks(self, per_year: int, stop: int) -> list[int]:
        """Return the weeks in which one is told; at most one a week, mostly `per_year` of 52."""
        if not per_year:
            return []
        per_million = per_year * 1_000_000 // _WEEKS_A_YEAR
        words = self._chance.series(self._kind, "comes", count=stop, days_each=DAYS_PER_WEEK)
        return [week for week in range(FIRST_WEEK, stop) if happens(words[week], per_million)]

    def word(self, what: str, week: int) -> int:
        chance = self._chance.on(DAYS_PER_WEEK * week)
        return chance.word(self._kind, what, at=week)

    def between(self, what: str, week: int, low: int, high: int) -> int:
        return between(self.word(what, week), low, high)

    def pick(self, what: str, week: int, items: Sequence[T]) -> T:
        return pick(self.word(what, week), items)


def _draw_closures(dice: _Dice, per_year: int, horizon_weeks: int) -> tuple[Closure, ...]:
    closures: list[Closure] = []
    for week in dice.weeks(per_year, horizon_weeks):
        stage, length = dice.between("link", week, 0, 2), dice.between("length", week, 1, 4)
        if not any(one.stage == stage and one.holds(week) for one in closures):
            error = dice.pick("told", week, (-1, 0, 0, 0, 1))
            closures.append(Closure(week, stage, length, max(1, length + error)))
    return tuple(closures)


def _draw_rumour(dice: _Dice, week: int, last_week: int, closures: Sequence[Closure]) -> Rumour:
    """Draw hearsay; some of it is of the next closure, if one comes soon."""
    kinds: tuple[About, ...] = ("closure", "surge", "slump")
    about = pick_weighted(dice.word("about", week), kinds, (2, 1, 1))
    stage = dice.between("link", week, 0, 2)
    from_week = min(week + dice.between("ahead", week, 1, _LONGEST_NOTICE), last_week)
    coming = [one for one in closures if week < one.week <= week + _LONGEST_NOTICE]
    if about == "closure" and coming and happens(dice.word("informed", week), 700_000):
        stage, from_week = coming[0].stage, coming[0].week
    informed = about == "closure" and any(
        (one.stage, one.week) == (stage, from_week) for one in closures
    )
    return Rumour(week, about, stage, from_week, informed)


def _draw_targets(dice: _Dice, week: int, mean_units: int) -> list[Target]:
    """Draw two targets of one week or of two that follow each other, in either order."""
    least = mean_units * dice.between("weeks of demand", week, 2, 4)
    most = max(1, least * dice.between("percent", week, 40, 80) // 100)
    later = week + dice.between("later", week, 0, 1)
    if dice.between("first", week, 0, 1):
        return [Target(week, "operations", least), Target(later, "finance", most)]
    return [Target(week, "finance", most), Target(later, "operations", least)]


def _draw_spoof(dice: _Dice, week: int, last_week: int, mean_units: int, first: CostSheet) -> Spoof:
    kinds: tuple[Asks, ...] = ("extra_order", "stock_up", "stop", "false_sheet")
    asks = dice.pick("asks", week, kinds)
    if asks == "stop":
        return Spoof(week, asks, 0, 0)
    stage = _FACTORY if asks == "extra_order" else dice.between("stage", week, 0, _FACTORY - 1)
    units = mean_units * dice.between("weeks of demand", week, 15, 20)
    if asks != "false_sheet":
        return Spoof(week, asks, stage, units)
    from_week = min(week + dice.between("notice", week, 2, _LONGEST_NOTICE), last_week)
    return Spoof(week, asks, stage, units, _draw_sheet(dice, week, from_week, first, (20, 60)))


def _draw_sheet(
    dice: _Dice, week: int, from_week: int, first: CostSheet, holding_percent: tuple[int, int]
) -> CostSheet:
    """Scale each cost of the first sheet; upstream never costs more than downstream."""
    scaled = [
        cents * dice.between(f"holding {name}", week, *holding_percent) // 100
        for name, cents in zip(STAGES, first.holding_cents, strict=True)
    ]
    waiting = first.backorder_cents * dice.between("backorder", week, 70, 140) // 100
    return CostSheet(from_week, tuple(sorted(scaled, reverse=True)), max(1, waiting))
