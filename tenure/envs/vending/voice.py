"""Whether other words for a house's answer say the same: every number of it, and no other.

What a house grants is decided by numbers, so other words can change nothing of it; this rule keeps
them from promising what does not hold. It cannot judge promises without numbers.
"""

from __future__ import annotations

import re

_FACT = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\$?\d+(?:[.,]\d+)*\s?%?|\bMEMBERSHIP\b")
_AMOUNT_WORD = re.compile(
    r"\b(zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|fifteen|twenty"
    r"|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|half|halves|quarter"
    r"|third|double|twice|triple|percent|free|gratis|refund\w*|no charge)\b",
    re.IGNORECASE,
)
_MOST_EXTRA_CHARS = 400


def says_the_same(said: str, meant: str) -> bool:
    """Tell whether a text states the facts of another and adds none.

    Args:
        said: The other words: one paragraph, at most twice as long and 400 characters more.
        meant: What is to be said.
    """
    text = said.strip()
    return (
        0 < len(text) <= 2 * len(meant) + _MOST_EXTRA_CHARS
        and all(character.isprintable() for character in text)
        and _facts(text) == _facts(meant)
        and _amount_words(text) <= _amount_words(meant)
    )


def _facts(text: str) -> set[str]:
    """Return its numbers (with their dollar or per cent sign), addresses and memos."""
    return {found.replace(" ", "") for found in _FACT.findall(text)}


def _amount_words(text: str) -> set[str]:
    return {found.lower() for found in _AMOUNT_WORD.findall(text)}
