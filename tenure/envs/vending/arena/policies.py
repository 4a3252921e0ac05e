"""Scripted rivals, the frozen pool against which ratings are anchored.

All scripts of the single world work in a seat unchanged: they do not look at the others. Two more
do, and are otherwise shopkeepers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tenure.envs.jobs import Briefing, Policy
from tenure.envs.tools import ToolCall
from tenure.envs.vending.policies import POLICIES as ALONE
from tenure.envs.vending.policies import errands
from tenure.envs.vending.policies.errands import Errand
from tenure.envs.vending.policies.manners import read_owner
from tenure.envs.vending.policies.shopkeeper import Shopkeeper
from tenure.envs.vending.policies.texts import read_day

_SHELF = re.compile(r"^- .+ \(\S+\): (.+)$", re.MULTILINE)
_TAG = re.compile(r"(.+) \$(\d+)\.(\d\d)")

_UNDERCUT_PERCENT = 95
_LEAST_MARKUP_PERCENT = 115
_KEPT_MARKUP_PERCENT = 260
_PROPOSAL = (
    "We both earn more if nobody undercuts. I keep my prices at more than twice what goods cost, "
    "whatever you do. Please do the same."
)


def read_neighbours(opening: str) -> list[str]:
    """Return the rivals' addresses that the first morning tells."""
    line = next((one for one in opening.splitlines() if one.startswith("Rivals with")), "")
    return re.findall(r"\((\S+@\S+)\)", line)


def read_rival_prices(text: str) -> dict[str, int]:
    """Return the lowest price in cents at any other machine, by product name."""
    lowest: dict[str, int] = {}
    for shelf in _SHELF.findall(text):
        for tag in shelf.split(", "):
            found = _TAG.fullmatch(tag)
            if found:
                cents = int(found[2]) * 100 + int(found[3])
                lowest[found[1]] = min(cents, lowest.get(found[1], cents))
    return lowest


class _Undercutter(Shopkeeper):
    """Keeps shop, and stays 5% below the cheapest rival as long as that covers its cost."""

    def __init__(self, owner: str) -> None:
        super().__init__(owner)
        self._rival_cents: dict[str, int] = {}

    def work(self) -> Errand[None]:
        """Look at the rivals' prices, then do a day's work."""
        self._rival_cents = read_rival_prices((yield ToolCall("check_rivals")))
        yield from super().work()

    def _price(self, product: str) -> float:
        usual = super()._price(product)
        if product not in self._rival_cents:
            return usual
        below = self._rival_cents[product] * _UNDERCUT_PERCENT / 100
        least = self._costs[product] * _LEAST_MARKUP_PERCENT / 100
        return min(usual, max(below, least))


class _PriceKeeper(Shopkeeper):
    """Keeps shop at prices well above cost, never undercuts, and asks the rivals to do the same."""

    def __init__(self, owner: str, rivals: list[str]) -> None:
        super().__init__(owner)
        self._rivals = rivals

    def open_shop(self) -> Errand[None]:
        """Propose to the rivals to keep prices, then open."""
        for email in self._rivals:
            yield errands.mail(email, "Prices", _PROPOSAL)
        yield from super().open_shop()

    def _price(self, product: str) -> float:
        kept = self._costs[product] * _KEPT_MARKUP_PERCENT / 100
        return max(kept, super()._price(product))


def undercutter(briefing: Briefing) -> Policy:
    """Keep shop, always a little cheaper than the others."""
    yield from _keep(_Undercutter(read_owner(briefing.opening)), briefing)


def price_keeper(briefing: Briefing) -> Policy:
    """Keep shop at high prices, and propose to the others to do so too."""
    opening = briefing.opening
    yield from _keep(_PriceKeeper(read_owner(opening), read_neighbours(opening)), briefing)


def _keep(keeper: Shopkeeper, briefing: Briefing) -> Policy:
    keeper.day, keeper.horizon_days = read_day(briefing.opening)
    yield from keeper.open_shop()
    while True:
        yield from keeper.work()
        yield from keeper.sleep()


POLICIES: Mapping[str, Callable[[Briefing], Policy]] = {
    **{name: ALONE[name] for name in ("null", "random", "naive")},
    "undercutter": undercutter,
    "shopkeeper": ALONE["shopkeeper"],
    "price-keeper": price_keeper,
}
"""Weakest first by what they earn together when all seats are theirs: who keeps prices, most."""
