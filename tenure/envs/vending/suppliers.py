"""Wholesalers: who sells what, at which prices and terms, and how they are found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import NamedTuple

from pydantic import BaseModel

from tenure.envs.chance import Chance, below, between, happens, pick, pick_weighted, shuffled
from tenure.envs.tables import table
from tenure.envs.vending.kinds import KindRates, Practice, draw_practice, draw_stance
from tenure.envs.vending.negotiation import Stance, discounted
from tenure.envs.vending.products import Product, pool

Range = tuple[int, int]

_SUPPLIERS = (8, 14)
_SELLERS_PER_PRODUCT = 2
_MOST_FOUND = 6
_FOUNDED = (1958, 2015)
_VOICES = 6


class VolumeBreak(NamedTuple):
    """A discount on a product's unit price.

    Attributes:
        units: Smallest quantity of the product in one order that earns it.
        discount_permille: Thousandths off the list price.
    """

    units: int
    discount_permille: int


@dataclass(frozen=True, slots=True)
class Supplier:
    """One wholesaler.

    Attributes:
        id: `s1`, `s2` ...
        name: What the house calls itself.
        email: Where it reads mail.
        description: What a search shows of it; says nothing about prices.
        specialties: The product categories it concentrates on.
        prices_cents: List price per unit, by product id.
        lead_days: Shortest and longest number of days from payment to delivery.
        minimum_order_cents: Smallest total of an order.
        breaks: Volume breaks, smallest quantity first.
        stance: How it bargains; never said.
        practice: What it does behind its words; never said.
        voice: Which phrasings it uses; any number.
    """

    id: str
    name: str
    email: str
    description: str
    specialties: tuple[str, ...]
    prices_cents: dict[str, int]
    lead_days: Range
    minimum_order_cents: int
    breaks: tuple[VolumeBreak, ...] = ()
    stance: Stance = field(default_factory=Stance)
    practice: Practice = field(default_factory=Practice)
    voice: int = 0

    def unit_cents(self, product_id: str, quantity: int, conceded_permille: int = 0) -> int:
        """Return the price quoted for one unit when `quantity` are ordered, rounded half up.

        Args:
            product_id: One of those carried.
            quantity: Units in the order.
            conceded_permille: What was bargained off; never taken for more than there is room for.

        Raises:
            KeyError: If the supplier does not carry the product.
        """
        earned = max((off for units, off in self.breaks if quantity >= units), default=0)
        off_permille = min(earned + max(0, conceded_permille), self._depth_permille)
        return discounted(self.prices_cents[product_id], off_permille)

    def invoiced_cents(self, product_id: str, quantity: int, conceded_permille: int = 0) -> int:
        """Return what an invoice really asks for one unit: the quoted price, or more.

        Raises:
            KeyError: If the supplier does not carry the product.
        """
        return self._with_surcharge(self.unit_cents(product_id, quantity, conceded_permille))

    def lowest_unit_cents(self, product_id: str) -> int:
        """Return the unit price after every discount it can give: nobody ever pays less.

        Raises:
            KeyError: If the supplier does not carry the product.
        """
        return self._with_surcharge(discounted(self.prices_cents[product_id], self._depth_permille))

    @property
    def _depth_permille(self) -> int:
        """The reservation: the deepest break, all the room there is, and the price of speed."""
        deepest = max((off for _, off in self.breaks), default=0)
        return deepest + self.stance.room_permille + self.stance.speed_permille

    def _with_surcharge(self, price_cents: int) -> int:
        return (price_cents * (1000 + self.practice.surcharge_permille) + 999) // 1000


class Tier(BaseModel, frozen=True, extra="forbid"):
    """A kind of house: how likely it is, and the ranges its terms are drawn from."""

    weight: int
    level_permille: Range
    minimum_order_cents: Range
    shortest_lead_days: Range
    longest_lead_days: Range
    breaks: tuple[VolumeBreak, ...]


class Trade(BaseModel, frozen=True, extra="forbid"):
    """Everything about wholesalers that a designer tunes: `suppliers.yaml`."""

    tiers: tuple[Tier, ...]
    price_jitter_permille: int
    price_bounds_permille: Range
    specialty_share_permille: int
    sideline_share_permille: int
    first_words: tuple[str, ...]
    second_words: tuple[str, ...]
    mailboxes: tuple[str, ...]
    goods: dict[str, str]
    openings: tuple[str, ...]
    closings: tuple[str, ...]


@cache
def trade() -> Trade:
    """Read the data file."""
    text = (resources.files("tenure.envs.vending") / "suppliers.yaml").read_text(encoding="utf-8")
    return Trade.model_validate(table(text))


# --- drawing --------------------------------------------------------------------------------------


def draw_suppliers(
    chance: Chance, catalogue: Sequence[Product], rates: KindRates
) -> tuple[Supplier, ...]:
    """Draw a town's wholesalers; every product is offered by at least two of them.

    They differ in prices (about 0.75 to 1.6 times a product's typical wholesale price, if they are
    honest), assortment, lead time, minimum order and volume breaks; in how they bargain; and in
    their kinds, of which nothing in a name, an address or a description tells.
    """
    count = between(chance.word("suppliers"), *_SUPPLIERS)
    first_words = shuffled(
        chance.words("supplier names", count=len(trade().first_words)), trade().first_words
    )
    assortments = _draw_assortments(chance, count, catalogue)
    return tuple(
        _draw_supplier(chance, f"s{number}", first_word, assortment, rates)
        for number, first_word, assortment in zip(
            range(1, count + 1), first_words, assortments, strict=False
        )
    )


def _draw_assortments(
    chance: Chance, count: int, catalogue: Sequence[Product]
) -> list[list[Product]]:
    """Choose for each supplier what it carries, most of its specialties first of all."""
    specialties = [_draw_specialties(chance, number, catalogue) for number in range(count)]
    assortments: list[list[Product]] = [[] for _ in range(count)]
    for product in catalogue:
        words = chance.words("assortment", product.id, count=2 * count)
        sellers = [
            number
            for number in range(count)
            if happens(words[number], _carries_per_million(product, specialties[number]))
        ]
        others = [n for n in shuffled(words[count:], range(count)) if n not in sellers]
        missing = max(0, _SELLERS_PER_PRODUCT - len(sellers))
        for number in (*sellers, *others[:missing]):
            assortments[number].append(product)
    return assortments


def _draw_specialties(chance: Chance, number: int, catalogue: Sequence[Product]) -> list[str]:
    """One to three categories; each as likely as it has products."""
    products = chance.words("specialties", str(number), count=4)
    wanted = between(products[0], 1, 3)
    return list({pick(word, catalogue).category: None for word in products[1 : 1 + wanted]})


def _carries_per_million(product: Product, specialties: Sequence[str]) -> int:
    if product.category in specialties:
        return trade().specialty_share_permille * 1000
    return trade().sideline_share_permille * 1000


def _draw_supplier(
    chance: Chance,
    supplier_id: str,
    first_word: str,
    assortment: Sequence[Product],
    rates: KindRates,
) -> Supplier:
    practice = draw_practice(chance, supplier_id, rates)
    words = chance.words("supplier", supplier_id, count=10)
    tier = pick_weighted(words[0], trade().tiers, [tier.weight for tier in trade().tiers])
    level_permille = between(words[1], *tier.level_permille)
    second_word = pick(words[2], trade().second_words)
    specialties = _main_categories(assortment)
    domain = f"{first_word}-{second_word}".lower().replace(" ", "-")
    return Supplier(
        id=supplier_id,
        name=f"{first_word} {second_word}",
        email=f"{pick(words[3], trade().mailboxes)}@{domain}.example",
        description=_describe(words[4:7], specialties),
        specialties=specialties,
        prices_cents={
            product_id: max(1, (cents * practice.level_permille + 500) // 1000)
            for product_id, cents in _draw_prices(
                chance, supplier_id, level_permille, assortment
            ).items()
        },
        lead_days=(
            between(words[7], *tier.shortest_lead_days),
            between(words[8], *tier.longest_lead_days),
        ),
        minimum_order_cents=between(words[9], *tier.minimum_order_cents) // 500 * 500,
        breaks=tier.breaks,
        stance=draw_stance(chance, supplier_id, practice),
        practice=practice,
        voice=below(chance.word("voice", supplier_id), _VOICES),
    )


def _main_categories(assortment: Sequence[Product]) -> tuple[str, ...]:
    """The categories that make up a quarter of an assortment or more, largest first."""
    counts: dict[str, int] = {}
    for product in assortment:
        counts[product.category] = counts.get(product.category, 0) + 1
    by_size = sorted(counts, key=lambda category: -counts[category])
    return tuple(category for category in by_size if 4 * counts[category] >= len(assortment))


def _describe(words: Sequence[int], specialties: Sequence[str]) -> str:
    goods = ", ".join(trade().goods[category] for category in specialties) or "groceries"
    opening = pick(words[0], trade().openings).format(
        goods=goods, year=between(words[1], *_FOUNDED)
    )
    return f"{opening[0].upper()}{opening[1:]} {pick(words[2], trade().closings)}"


def _draw_prices(
    chance: Chance, supplier_id: str, level_permille: int, assortment: Sequence[Product]
) -> dict[str, int]:
    jitter = trade().price_jitter_permille
    low, high = trade().price_bounds_permille
    prices = {}
    for product in assortment:
        word = chance.word(f"price of {product.id}", supplier_id)
        permille = level_permille - jitter + below(word, 2 * jitter + 1)
        permille = min(high, max(low, permille))
        prices[product.id] = max(1, (product.wholesale_cents * permille + 500) // 1000)
    return prices


# --- searching ------------------------------------------------------------------------------------


def search(suppliers: Sequence[Supplier], query: str) -> list[Supplier]:
    """Find the suppliers that fit a query best, best first, at most six.

    Words of the query count in a house's name (3), specialties and products (2), description and
    other categories of goods (1).
    """
    wanted = _tokens(query)
    scores = [_score(supplier, wanted) for supplier in suppliers]
    ranked = sorted(range(len(suppliers)), key=lambda index: -scores[index])
    return [suppliers[index] for index in ranked if scores[index] > 0][:_MOST_FOUND]


def _score(supplier: Supplier, wanted: set[str]) -> int:
    name = _tokens(supplier.name)
    goods = _tokens_of_all(supplier.specialties) | _tokens_of_all(supplier.prices_cents)
    categories = (_categories().get(product_id, "") for product_id in supplier.prices_cents)
    description = _tokens(supplier.description) | _tokens_of_all(categories)
    return 3 * len(wanted & name) + 2 * len(wanted & goods) + len(wanted & description)


@cache
def _categories() -> dict[str, str]:
    return {entry.id: entry.category for entry in pool()}


def _tokens(text: str) -> set[str]:
    return {word.removesuffix("s") for word in re.findall(r"[a-z0-9]+", text.lower())}


def _tokens_of_all(texts: Iterable[str]) -> set[str]:
    return _tokens(" ".join(texts))
