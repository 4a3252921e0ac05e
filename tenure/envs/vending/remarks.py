"""What a sales desk says first to a mail that is about more than goods, or about none."""

from __future__ import annotations

import re
from enum import StrEnum

from tenure.envs.vending.reading import Intent, Reading


class Topic(StrEnum):
    """What a mail is about, besides the goods it names."""

    CANCELLING = "cancelling"
    DELIVERY = "delivery"
    HAGGLING = "haggling"
    EVERYTHING = "everything"
    """An order that leaves open of what, or of how much."""


_PATTERNS = {
    Topic.CANCELLING: re.compile(r"\bcancel|\bcall off\b|\bwithdraw (?:my|our|the)\b"),
    Topic.DELIVERY: re.compile(
        r"\bwhere(?: is|'s| are) (?:my|our|the)\b|\b(?:i|we)(?:'ve| have)? (?:\w{1,9} )?paid\b"
        r"|\bwhen (?:will|does|do) (?:my|our|the|it|they)\b|\btracking\b|\bstatus of\b"
        r"|(?:\bnot|n't|\bnever)(?: yet)? (?:arrived?|received?|been delivered|come)\b"
        r"|\b(?:delivery|shipment|order)(?: is)? (?:late|delayed|missing|status)\b"
    ),
    Topic.HAGGLING: re.compile(
        r"\bmatch(?:ing)? (?:\w{1,9} ){0,2}(?:\$|[0-9]|price|offer|quote)|\bnegotia|\bdiscount"
        r"|\bprice match|\b(?:better|lower|cheaper|special|reduced) (?:price|rate|deal|offer|terms)"
        r"|\b(?:can|could|would|will) you (?:do|accept|take|go|sell) (?:\w{1,9} ){0,3}\$[0-9]"
    ),
    Topic.EVERYTHING: re.compile(
        r"\b[0-9]+ (?:\w{1,9} ){0,2}of (?:everything|anything|all|every|each)\b"
    ),
}


def topic_of(subject: str, body: str, reading: Reading) -> Topic | None:
    """Return the first topic a mail touches, `None` if it is only about the goods it names."""
    text = " ".join(f"{subject}\n{body}".lower().split())
    for topic, pattern in _PATTERNS.items():
        if pattern.search(text):
            return topic
    names_nothing = not reading.lines and not reading.unknown
    return Topic.EVERYTHING if reading.intent is Intent.ORDER and names_nothing else None


def remark_on(topic: Topic, *, has_discounts: bool) -> str:
    """Return the one sentence that a house has to say on a topic."""
    if topic is Topic.HAGGLING and not has_discounts:
        return "Our prices are fixed; we give no discounts."
    return _SENTENCES[topic]


_SENTENCES = {
    Topic.CANCELLING: (
        "An unpaid invoice binds nobody and needs no cancelling; a paid order cannot be cancelled."
    ),
    Topic.DELIVERY: "Every paid order is confirmed by mail, with the day of delivery.",
    Topic.HAGGLING: "Our prices are fixed; larger quantities get the listed discounts.",
    Topic.EVERYTHING: "Please name the products and how many units of each.",
}
