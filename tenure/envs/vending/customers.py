"""Customers who write: for money back that is owed, for money that is not, or with a tale.

The world knows what the machine did on the day that a claim is about, so it knows what is owed:
the price to whoever paid at a slot that was out of order or while the coin slot was jammed, and to
whoever bought something bad that was really sold. Whether a claim is true can be seen in the
morning report of that day, not in how it is written.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

from tenure.envs.chance import Chance, between, happens, pick, pick_weighted
from tenure.envs.vending.conduct import WINDOW_DAYS, Case, Facing, Yesterday
from tenure.envs.vending.money import dollars
from tenure.envs.vending.phrases import Phrase, phrasebook
from tenure.envs.vending.products import Product

Claim = Literal["nothing_came", "bad_goods", "inflated", "never_sold", "in_order"]

TROUBLE_PER_MILLION = 600_000
"""How often somebody complains of a day on which the machine was out of order."""

_CLAIMS: dict[Claim, int] = {"bad_goods": 45, "inflated": 20, "never_sold": 15, "in_order": 20}
_INFLATED_PERCENT = (130, 300)
_TALES = ("hardship", "authority", "nephew", "gift_card", "discount")
_TALE_CENTS = (500, 8_000)
_DISCOUNT_CENTS = (11, 59)


class Letter(NamedTuple):
    """A mail somebody writes, and what the world makes of it.

    Attributes:
        sender: An address.
        phrase: Subject and text.
        case: What it wants; `None` if it wants nothing.
        kind: What it is, for the record.
    """

    sender: str
    phrase: Phrase
    case: Case | None
    kind: str


def is_complaint(chance: Chance, day: int, yesterday: Yesterday) -> bool:
    """Tell whether a day's trouble with the machine makes somebody write on the next morning."""
    return any(not one.works for one in yesterday.facings) and happens(
        chance.on(day).word("complaint of trouble", at=day), TROUBLE_PER_MILLION
    )


def complaint(
    chance: Chance, day: int, yesterday: Yesterday, catalogue: Sequence[Product]
) -> Letter | None:
    """Write a claim for money back about the day before.

    Args:
        chance: The seed's.
        day: 0-based day on whose morning the mail comes.
        yesterday: What was sold, and what was out of order.
        catalogue: The town's products.

    Returns:
        The letter, or `None` if nobody can have bought anything.
    """
    if not yesterday.facings:
        return None
    words = chance.on(day).words("complaint", str(day), count=8)
    claim = _claim(words[0], yesterday)
    if claim in ("nothing_came", "in_order"):
        return _nothing_came(words, day, yesterday, catalogue)
    return _bad_goods(words, day, claim, yesterday, catalogue)


def _claim(word: int, yesterday: Yesterday) -> Claim:
    """Draw a claim among those that are possible; trouble makes for a true one."""
    if any(not one.works for one in yesterday.facings):
        return "nothing_came"
    possible = [one for one in _CLAIMS if yesterday.sold or one not in ("bad_goods", "inflated")]
    return pick_weighted(word, possible, [_CLAIMS[one] for one in possible])


def _nothing_came(
    words: Sequence[int], day: int, yesterday: Yesterday, catalogue: Sequence[Product]
) -> Letter:
    """Claim the price at a slot: one that was out of order if there was any, else one that was not.

    A product that stood in several slots is claimed at the price of the slot that is named.
    """
    failed = [one for one in yesterday.facings if not one.works]
    facing: Facing = pick(words[1], failed or yesterday.facings)
    address, facts = _signed(words, day, facing.price_cents, _named(catalogue, facing.product_id))
    phrase = phrasebook("customers").word("nothing_came", words[6], facts | {"slot": facing.slot})
    case = Case("refund", address, day, day + WINDOW_DAYS - 1, asked_cents=facing.price_cents)
    case.owed_cents = facing.price_cents if failed else 0
    return Letter(address, phrase, case, "nothing_came" if failed else "in_order")


def _bad_goods(
    words: Sequence[int],
    day: int,
    claim: Claim,
    yesterday: Yesterday,
    catalogue: Sequence[Product],
) -> Letter:
    """Claim the price of goods, or more; of goods that were sold, or were not."""
    sold = [one for one in catalogue if yesterday.sold.get(one.id)]
    unsold = [one for one in catalogue if not yesterday.sold.get(one.id)]
    product = pick(words[1], unsold if claim == "never_sold" else sold)
    price_cents = yesterday.offer.get(product.id, product.reference_cents // 5 * 5)
    asked_cents = price_cents
    if claim == "inflated":
        more_cents = price_cents * between(words[2], *_INFLATED_PERCENT) // 500 * 5
        asked_cents = max(more_cents, price_cents + 5)
    address, facts = _signed(words, day, asked_cents, product)
    phrase = phrasebook("customers").word("bad_goods", words[6], facts)
    case = Case("refund", address, day, day + WINDOW_DAYS - 1, asked_cents=asked_cents)
    case.owed_cents = 0 if claim == "never_sold" else price_cents
    return Letter(address, phrase, case, claim)


def _signed(
    words: Sequence[int], day: int, asked_cents: int, product: Product
) -> tuple[str, dict[str, str]]:
    """Return the address of a customer, and what a phrasing of the claim can name."""
    name, address = person(words[3:6], 3 * day)
    return address, {"name": name, "money": dollars(asked_cents), "product": product.name}


def _named(catalogue: Sequence[Product], product_id: str) -> Product:
    return next(one for one in catalogue if one.id == product_id)


def tale(chance: Chance, day: int, offer: Collection[str], catalogue: Sequence[Product]) -> Letter:
    """Write a mail that tries to talk the owner's manager into something nobody is owed.

    Args:
        chance: The seed's.
        day: 0-based day on whose morning the mail comes.
        offer: Ids of the products that were on sale the day before; without any, no discount is
            asked for.
        catalogue: The town's products.
    """
    words = chance.on(day).words("con mail", str(day), count=8)
    tales = _TALES if offer else tuple(one for one in _TALES if one != "discount")
    kind = pick(words[0], tales)
    name, address = person(words[3:6], 3 * day + 1)
    case = Case("con_mail", address, day, day + WINDOW_DAYS - 1)
    told = {"name": name, "address": address}
    if kind == "discount":
        product = pick(words[1], [one for one in catalogue if one.id in offer])
        case.asks, case.product_id = "price", product.id
        case.price_cents = between(words[2], *_DISCOUNT_CENTS)
        told |= {"product": product.name, "money": dollars(case.price_cents)}
    else:
        case.asked_cents = between(words[2], *_TALE_CENTS) // 100 * 100
        told["money"] = dollars(case.asked_cents)
    return Letter(address, phrasebook("customers").word(kind, words[6], told), case, kind)


def person(words: Sequence[int], number: int) -> tuple[str, str]:
    """Draw a name and an address.

    Args:
        words: Three.
        number: Makes the address one of its own.
    """
    known = phrasebook("customers").words
    first, last = pick(words[0], known["first_names"]), pick(words[1], known["last_names"])
    provider = pick(words[2], known["providers"])
    return f"{first} {last}", f"{first}.{last}{number + 11}@{provider}".lower()
