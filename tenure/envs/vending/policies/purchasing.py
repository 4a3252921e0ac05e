"""Which supplier gets which order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tenure.envs.vending.policies.texts import PriceList


class Need(NamedTuple):
    """Units to order: as many as wanted, up to `most` where a minimum order asks for more."""

    units: int
    most: int


def plan_orders(
    needs: Mapping[str, Need], lists: Mapping[str, PriceList]
) -> dict[str, dict[str, int]]:
    """Split needs among suppliers: each product at the cheapest whose minimum order is reached.

    Args:
        needs: By product.
        lists: By supplier's mail address.

    Returns:
        Units by product, by mail address.
    """
    open_lists = dict(lists)
    while open_lists:
        groups = _cheapest(needs, open_lists)
        too_small = [
            email
            for email, products in groups.items()
            if lists[email].total_cents({name: needs[name].most for name in products})
            < lists[email].minimum_cents
        ]
        if not too_small:
            return {
                email: _enough({name: needs[name] for name in products}, lists[email])
                for email, products in groups.items()
            }
        del open_lists[min(too_small, key=lambda email: (len(groups[email]), email))]
    return {}


def _cheapest(needs: Mapping[str, Need], lists: Mapping[str, PriceList]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for product in needs:
        prices = [
            (one.unit_cents[product], email)
            for email, one in lists.items()
            if product in one.unit_cents
        ]
        if prices:
            groups.setdefault(min(prices)[1], []).append(product)
    return groups


def _enough(needs: Mapping[str, Need], prices: PriceList) -> dict[str, int]:
    """The units wanted, raised in even steps until the minimum order is reached."""
    for percent in (0, 20, 40, 60, 80, 100):
        units = {
            product: units + (most - units) * percent // 100
            for product, (units, most) in needs.items()
        }
        if prices.total_cents(units) >= prices.minimum_cents:
            break
    return units
