"""What a mail does besides naming goods: it bargains, accepts, complains, threatens.

`reading.py` finds goods and numbers; this finds acts. A mail may do several things at once. Nothing
here decides anything: what an act leads to is the negotiation kernel's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from pydantic import TypeAdapter

from tenure.envs.tables import table
from tenure.envs.vending.reading import Intent, Reading, sentences
from tenure.envs.vending.tokens import clean, words


class Act(StrEnum):
    """Something a mail does."""

    ORDER = "order"
    QUESTION = "question"
    """About prices, range or terms."""
    OFFER = "offer"
    """Wants a better price or better terms, with or without a number."""
    ACCEPTANCE = "acceptance"
    COMPLAINT = "complaint"
    THREAT = "threat"
    CANCELLATION = "cancellation"
    STATUS = "status"
    """Where an order is, or what became of a payment."""


class Move(NamedTuple):
    """What a mail does.

    Attributes:
        acts: All of it; empty for small talk.
        asked_permille: The discount it names, in thousandths; `None` if it names none.
        cites_rival: Whether it says what somebody else asks.
        rival_ids: The houses it names for that; empty if it names none that exist.
        pays_at_once: Whether it promises to pay by the next day.
        defers: Whether it wants to pay after delivery.
    """

    acts: frozenset[Act]
    asked_permille: int | None
    cites_rival: bool
    rival_ids: tuple[str, ...]
    pays_at_once: bool
    defers: bool


_REMEMBERED_SENTENCES, _REMEMBERED_CHARS = 2_000, 200
_MACROS = {
    "<money>": r"(?:(?:\$|usd )[0-9]|[0-9]{0,6}\.[0-9]{2}\b"
    r"|[0-9]{1,6}(?:\.[0-9]{1,6})? ?(?:cents?|c|dollars?|usd)\b)",
    "<few>": r"(?:[\w'$.,%-]{1,14} ){0,4}",
}
_PERCENT = re.compile(r"\b([0-9]{1,3})(?:[.,]([0-9]))?[0-9]{0,6} ?(?:%|per ?cent\b)")
_ASKED = "\N{INVERTED QUESTION MARK}"
"""Stands at the end of a sentence that was asked, as splitting takes the question mark away."""

_LISTED_NUMBER = re.compile(r"^(- )?[0-9]+ ")
_HAS_NUMBER = re.compile(r"[0-9]")


class _Sentence(NamedTuple):
    """What one sentence does."""

    acts: frozenset[Act]
    asked_permille: int | None
    names_price: bool
    cites_rival: bool
    pays_at_once: bool
    defers: bool


def read_move(subject: str, body: str, reading: Reading, houses: Mapping[str, str]) -> Move:
    """Read what a mail does.

    Args:
        subject: Any text; counts only if the body is empty, as people reuse subjects.
        body: Any text; quoted mail is left out.
        reading: What the same mail says of goods.
        houses: Ids of the wholesalers a customer may name, by their names in lower case.
    """
    found = _sentences(body) or _sentences(subject)
    acts = {act for one in found for act in one.acts}
    names_units = bool(reading.unclear) or any(line.quantity for line in reading.lines)
    if any(one.names_price for one in found) and not names_units and not acts & _NO_BID:
        acts.add(Act.OFFER)
    asked = [one.asked_permille for one in found if one.asked_permille is not None]
    plain = _plain(clean(body))
    rival_ids = tuple(house for name, house in houses.items() if name in plain)
    return Move(
        frozenset((acts | _acts_of(reading, acts, names_units=names_units)) - _weaker(acts)),
        asked[0] if asked else None,
        bool(rival_ids) or any(one.cites_rival for one in found),
        rival_ids,
        any(one.pays_at_once for one in found),
        any(one.defers for one in found),
    )


def _sentences(text: str) -> list[_Sentence]:
    """Read every sentence; lines of a list differ in their number only, and are remembered."""
    marked = clean(text).replace("?", f" {_ASKED}?")
    plain = (_plain(sentence) for sentence in sentences(marked))
    return [
        _recall(_LISTED_NUMBER.sub(r"\g<1>9 ", one))
        if len(one) <= _REMEMBERED_CHARS
        else _read(one)
        for one in plain
    ]


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _read(text: str) -> _Sentence:
    accepts = _accepts(text)
    is_offer = not accepts and not _says("complaint", text) and _is_offer(text)
    return _Sentence(
        frozenset(_acts(text, accepts=accepts, is_offer=is_offer)),
        _asked_permille(text) if is_offer else None,
        _says("unit_price", text) and not _says("no_unit_price", text),
        _says("rival", text),
        _says("at_once", text),
        _says("deferral", text),
    )


_recall = lru_cache(maxsize=_REMEMBERED_SENTENCES)(_read)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """Read the data file: one pattern of many alternatives for each name."""
    text = (resources.files("tenure.envs.vending") / "acts.yaml").read_text(encoding="utf-8")
    acts = TypeAdapter(dict[str, tuple[str, ...]]).validate_python(table(text))
    patterns = {}
    for name, alternatives in acts.items():
        whole = "|".join(alternatives)
        for macro, meaning in _MACROS.items():
            whole = whole.replace(macro, meaning)
        patterns[name] = re.compile(whole)
    return patterns


def _says(what: str, text: str) -> bool:
    return bool(_patterns()[what].search(text))


def _acts(text: str, *, accepts: bool, is_offer: bool) -> Iterator[Act]:
    is_complaint = _says("complaint", text)
    is_status = not is_offer and _says("status", text)
    if _says("threat", text):
        yield Act.THREAT
    elif _says("cancellation", text):
        yield Act.CANCELLATION
    if is_status or (not is_complaint and not is_offer and _says("paid", text)):
        yield Act.STATUS
    if is_complaint:
        yield Act.COMPLAINT
    if accepts:
        yield Act.ACCEPTANCE
    elif is_offer:
        yield Act.OFFER
    elif _says("question", text) and not is_status and not is_complaint:
        yield Act.QUESTION
    if _says("everything", text):
        yield Act.ORDER


def _accepts(text: str) -> bool:
    return _ASKED not in text and _says("acceptance", text) and not _says("refuses", text)


def _is_offer(text: str) -> bool:
    if _says("terms_of_a_list", text) and not _HAS_NUMBER.search(text):
        return False
    return any(_says(what, text) for what in ("offer", "discount", "deferral"))


def _acts_of(reading: Reading, acts: set[Act], *, names_units: bool) -> set[Act]:
    """What the goods named say of the mail: lists and questions need no verb."""
    if reading.intent is Intent.ORDER:
        return set() if acts - {Act.QUESTION} and not names_units else {Act.ORDER}
    if reading.intent is Intent.QUOTE and not acts & _NO_QUESTION:
        return {Act.QUESTION}
    return set()


def _weaker(acts: set[Act]) -> set[Act]:
    """`What do you say?` after an offer, or `what happened?` after a complaint, asks nothing."""
    return {Act.QUESTION} if acts & {Act.OFFER, Act.COMPLAINT} else set()


_NO_BID = {Act.COMPLAINT, Act.STATUS, Act.ACCEPTANCE, Act.CANCELLATION}
"""A unit price in a mail is a bid, unless the mail does one of these."""

_NO_QUESTION = {Act.OFFER, Act.COMPLAINT, Act.STATUS, Act.ACCEPTANCE, Act.CANCELLATION}


def _asked_permille(text: str) -> int | None:
    found = _PERCENT.search(text)
    if found:
        return min(1000, 10 * int(found[1]) + int(found[2] or 0))
    before, said, _ = text.partition(" percent")
    last = before.rpartition(" ")[2]
    return 10 * words().numbers[last] if said and last in words().numbers else None
