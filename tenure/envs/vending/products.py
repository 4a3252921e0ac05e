"""What can be sold: the pool of products, and the catalogue a seed draws from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, Field

from tenure.envs.chance import Chance, below, between, shuffled
from tenure.envs.tables import table

Size = Literal["small", "large"]

_PER_SIZE = (15, 20)
_LEFT_PER_SIZE = 3
_LEFT_SHELF_DAYS = 60
_OLDEST_PERMILLE = 250


@dataclass(frozen=True, slots=True)
class Product:
    """Something that can be sold, with the economics one seed has drawn for it.

    Attributes:
        id: A slug, such as `cola-can`.
        name: What people call it, such as `Cola can 330 ml`.
        size: The size of the machine slot it needs.
        category: `drink`, `candy`, `snack`, `meal` or `bakery`.
        wholesale_cents: A typical unit cost on the market.
        reference_cents: The price customers find normal.
        elasticity_permille: Change of demand in thousandths, for a price above the reference by
            one whole reference; negative.
        base_sales_milliunits: Thousandths of a unit sold on an ordinary day at the reference price.
        shelf_days: How many days it keeps from the day it is made.
    """

    id: str
    name: str
    size: Size
    category: str
    wholesale_cents: int
    reference_cents: int
    elasticity_permille: int
    base_sales_milliunits: int
    shelf_days: int = 365

    @property
    def keeps_days(self) -> int:
        """For how many days after their day of delivery its units can be sold, at the least."""
        return self.shelf_days - self.shelf_days * _OLDEST_PERMILLE // 1000


class Category(BaseModel, frozen=True, extra="forbid"):
    """How the taste for a kind of goods changes.

    Attributes:
        months_permille: By month, January first.
        heat_permille_per_degree: Change per degree from 15 C.
        skies_permille: By sky, beside what it does to the whole street.
    """

    months_permille: tuple[int, ...] = Field(min_length=12, max_length=12)
    heat_permille_per_degree: int
    skies_permille: dict[str, int]


class PoolEntry(BaseModel, frozen=True, extra="forbid"):
    """A product as the data file has it, with typical values."""

    id: str
    name: str
    size: Size
    category: str
    wholesale_cents: int
    retail_cents: int
    shelf_days: int = Field(ge=3)


class _Assortment(BaseModel, frozen=True, extra="forbid"):
    categories: dict[str, Category]
    products: tuple[PoolEntry, ...]


def pool() -> tuple[PoolEntry, ...]:
    """Return every product there is, in the order of the data file."""
    return _assortment().products


def categories() -> dict[str, Category]:
    """Return what the customers of each category are like."""
    return _assortment().categories


@cache
def _assortment() -> _Assortment:
    text = (resources.files("tenure.envs.vending") / "products.yaml").read_text(encoding="utf-8")
    return _Assortment.model_validate(table(text))


def draw_catalogue(chance: Chance, shelf_life_percent: int = 100) -> tuple[Product, ...]:
    """Draw a town's catalogue: 15 to 20 products of each size, in the order of their names.

    Args:
        chance: The seed's.
        shelf_life_percent: How long goods keep, against the usual; moves no draw.
    """
    small = _draw_some(chance, "small")
    large = _draw_some(chance, "large")
    products = [_draw_product(chance, entry, shelf_life_percent) for entry in (*small, *large)]
    return tuple(sorted(products, key=lambda product: product.name))


def draw_handover(chance: Chance, catalogue: Sequence[Product]) -> list[Product]:
    """Draw the three products of each size that a previous owner may have left in storage.

    What would soon spoil is not among them, as long as there is enough else.
    """
    left: list[Product] = []
    for size in ("small", "large"):
        products = [product for product in catalogue if product.size == size]
        words = chance.words("handover", size, count=len(products))
        drawn = shuffled(words, products)
        left += sorted(drawn, key=lambda one: one.shelf_days < _LEFT_SHELF_DAYS)[:_LEFT_PER_SIZE]
    return left


def draw_last_day(chance: Chance, product: Product, source: str, day: int) -> int:
    """Draw the last 0-based day on which goods that come on a day can be sold.

    They have aged by up to a quarter of what they keep.

    Args:
        chance: The seed's.
        product: What comes.
        source: Who sends it; goods of one source and day have one age.
        day: The 0-based day on which it comes.
    """
    ages = product.shelf_days - product.keeps_days + 1
    age_days = below(chance.on(day).word(f"age of {product.id}", source, at=day), ages)
    return day + product.shelf_days - age_days


def _draw_some(chance: Chance, size: Size) -> Sequence[PoolEntry]:
    entries = [entry for entry in pool() if entry.size == size]
    count = between(chance.word("catalogue", size), *_PER_SIZE)
    words = chance.words("catalogue", size, start=1, count=len(entries))
    return shuffled(words, entries)[:count]


def _draw_product(chance: Chance, entry: PoolEntry, shelf_life_percent: int) -> Product:
    cost, price, elasticity, *popularity = chance.words("economics", entry.id, count=5)
    return Product(
        id=entry.id,
        name=entry.name,
        size=entry.size,
        category=entry.category,
        wholesale_cents=entry.wholesale_cents * between(cost, 850, 1150) // 1000,
        reference_cents=entry.retail_cents * between(price, 800, 1250) // 1000,
        elasticity_permille=between(elasticity, -3000, -1400),
        base_sales_milliunits=_draw_base_sales(popularity),
        shelf_days=max(1, entry.shelf_days * shelf_life_percent // 100),
    )


def _draw_base_sales(words: Sequence[int]) -> int:
    """Half a unit to seven a day; the product of two draws makes bestsellers rare."""
    first, second = words
    return 500 + below(first, 81) * below(second, 82)
