"""What one stage of the line sees and reads when every stage has an agent of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from tenure.envs.supply_line.figures import Figures, inbound_figures, term_figures
from tenure.envs.supply_line.inbox import Numbered, mail_page
from tenure.envs.supply_line.line import Stage, echelon_position_units
from tenure.envs.supply_line.notices import CARRIER_DOMAIN, HOUSE_DOMAIN
from tenure.envs.supply_line.pages import cost_page, dollars, terms_page
from tenure.envs.supply_line.parameters import SupplyLineParameters
from tenure.envs.supply_line.play import LinePlay
from tenure.envs.supply_line.terms import STAGES
from tenure.envs.supply_line.world import MOST_UNITS

Sight = Literal["echelon", "own"]
Sharing = Literal["team", "own"]

_PARTNERS = ("customers", *STAGES, "production")


class Seat(NamedTuple):
    """A stage on a Monday after what arrived, in units.

    Attributes:
        on_hand: In stock.
        owed: What it owes the stage below, or customers.
        due: What the stage above owes it.
        last_order: What it ordered last week.
        last_wanted: What the stage below, or customers, ordered from it last week.
        inbound: What is on its way to it; the first arrives next week.
        echelon_position: All goods there and further down with what is on its way and due to it,
            less what customers wait for.
        supplier_stock: What the stage above can ship this week beyond its debts, 0 while the link
            is closed; at the factory the largest order, as nothing limits production.
    """

    on_hand: int
    owed: int
    due: int
    last_order: int
    last_wanted: int
    inbound: tuple[int, ...]
    echelon_position: int
    supplier_stock: int


def seat_of(play: LinePlay, index: int) -> Seat:
    """Return a stage by its index, 0 for the retailer."""
    stage, above = play.stages[index], [*play.stages, None][index + 1]
    due = above.owed_units if above else 0
    return Seat(
        on_hand=stage.on_hand_units,
        owed=stage.owed_units,
        due=due,
        last_order=play.order_units[index],
        last_wanted=[play.demand_units, *play.order_units][index],
        inbound=tuple(stage.inbound_units),
        echelon_position=echelon_position_units(play.stages)[index] + due,
        supplier_stock=_can_ship(above, is_closed=play.closed[index]) if above else MOST_UNITS,
    )


def _can_ship(above: Stage, *, is_closed: bool) -> int:
    return 0 if is_closed else max(0, above.on_hand_units - above.owed_units)


def seat_figures(play: LinePlay, seat: Seat, sight: Sight) -> Figures:
    """Return the figures of `OWN` or of `ECHELON`."""
    *own, _, _, _ = seat
    figures = [*term_figures(play), *own, *inbound_figures([seat.inbound])]
    if sight == "echelon":
        figures += [seat.echelon_position, seat.supplier_stock]
    return np.array(figures, np.int32)


class Reader(NamedTuple):
    """Writes what stages read.

    Attributes:
        parameters: What the line was drawn from.
        sight: What a stage is told of others.
        sharing: Whose costs it is charged, and so is told.
    """

    parameters: SupplyLineParameters
    sight: Sight
    sharing: Sharing

    def page(
        self, play: LinePlay, index: int, heard: Mapping[str, str], mails: Sequence[Numbered]
    ) -> str:
        """Return what a stage reads on a Monday, or at the end.

        Args:
            play: The line.
            index: The stage's, 0 for the retailer.
            heard: What the others said last week, by stage.
            mails: Those of this Monday.
        """
        terms, seat = play.draw.terms, seat_of(play, index)
        lines = [f"Week {play.week + 1} of {terms.horizon_weeks}. You are the {STAGES[index]}."]
        if play.over:
            lines = [f"The end, after {terms.horizon_weeks} weeks. You were the {STAGES[index]}."]
        if not play.week:
            lines += [self._rules(index), terms_page(play.draw, self.parameters)]
        elif terms.sheet(play.week).from_week == play.week:
            lines.append(cost_page(terms.sheet(play.week)))
        lines += self._goods(index, seat)
        if play.week:
            lines.append(self._last_week(play, index, seat))
        if play.mood >= 0:
            lines.append(f"Customers are in a {terms.regimes[play.mood].name} mood this week.")
        lines += [f'The {name} says: "{text}"' for name, text in heard.items()]
        lines += [f"\n{mail_page(number, mail)}" for number, mail in mails]
        return "\n".join(lines)

    def _rules(self, index: int) -> str:
        below, above = _PARTNERS[index], _PARTNERS[index + 2]
        source = f"from the {above}" if above in STAGES else "from production"
        charged = "a quarter of what the whole line costs"
        if self.sharing == "own":
            charged = "what your own stage costs"
        return (
            "Customers buy from the retailer, who orders from the wholesaler, who orders from the "
            f"distributor, who orders from the factory. You serve the {below} and order {source}. "
            "All order at once on Monday; an order is shipped that very week as far as stock goes, "
            f"and the rest is owed. Each week you are charged {charged}.{self._senders()}"
        )

    def _senders(self) -> str:
        """Tell whose mails are genuine, if there are any."""
        kinds = ("disruptions", "rumours", "spoofs", "targets", "cost_sheets")
        if not any(getattr(self.parameters, f"{kind}_per_year") for kind in kinds):
            return ""
        return (
            f" Mails of the house come from addresses at {HOUSE_DOMAIN}, those of the carrier from "
            f"{CARRIER_DOMAIN}; others have nothing to say. Targets are wishes, costs alone count."
        )

    def _goods(self, index: int, seat: Seat) -> list[str]:
        below, above = _PARTNERS[index], _PARTNERS[index + 2]
        debts = f"In stock: {seat.on_hand}. You owe the {below} {seat.owed}"
        inbound = ", ".join(map(str, seat.inbound))
        lines = [
            f"{debts}; the {above} owes you {seat.due}." if above in STAGES else f"{debts}.",
            f"Arriving in the weeks to come: {inbound}.",
        ]
        if self.sight == "echelon":
            lines.append(
                "Your echelon position (goods at your stage and further down, and what is on its "
                f"way and owed to you, less what customers wait for): {seat.echelon_position}."
            )
            if above in STAGES:
                lines.append(f"The {above} can ship {seat.supplier_stock} more this week.")
        return lines

    def _last_week(self, play: LinePlay, index: int, seat: Seat) -> str:
        below, cost = _PARTNERS[index], dollars(play.cost_cents[index])
        charged = f"{cost} at your stage"
        if self.sharing == "team":
            charged += f", {dollars(sum(play.cost_cents))} in the whole line"
        return (
            f"Last week you ordered {seat.last_order} and the {below} ordered {seat.last_wanted} "
            f"from you. It cost {charged}."
        )
