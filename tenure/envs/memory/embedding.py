"""An embedding function without a model: words and three-letter pieces, hashed into whole numbers.

Each word and each three-letter piece of a text (with a blank at both ends of a word) falls into one
of 1,024 places and adds or takes away a little there; places and signs come from CRC-32, which is
the same everywhere. Near spellings share most pieces, so `crisps` finds `Crisp`; meaning is beyond
it: `drink` does not find `soda`. Similarity is the cosine, compared exactly in whole numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from math import isqrt
from typing import NamedTuple
from zlib import crc32

PLACES = 1_024
_WORD_WEIGHT = 3
_LEAST_WORD_CHARS = 4
"""Shorter words are found in nearly every text; their pieces count all the same."""
_WORD = re.compile(r"\w+")

Vector = Mapping[int, int]
"""Whole numbers by place in [0, 1024); places with 0 are left out."""


class Match(NamedTuple):
    """A text that was found.

    Attributes:
        at: Its place among the texts.
        score_permille: The cosine in thousandths, rounded towards zero; at most 1000.
    """

    at: int
    score_permille: int


@lru_cache(maxsize=8_192)
def embed(text: str) -> Vector:
    """Return the vector of a text; upper and lower case are the same."""
    vector: dict[int, int] = {}
    for feature, weight in _features(text):
        word = crc32(feature.encode("utf-8", "replace"))
        place = word % PLACES
        vector[place] = vector.get(place, 0) + (weight if word >> 31 else -weight)
    return {place: value for place, value in vector.items() if value}


def closest(query: str, texts: Sequence[str], count: int) -> list[Match]:
    """Return the texts most like a query, best first, the older of equals first.

    What has nothing in common with the query (a cosine of zero or less) is never returned.
    """
    asked = embed(query)
    ranks = [(_rank(asked, embed(text)), index) for index, text in enumerate(texts)]
    found = sorted((one for one in ranks if one[0] > 0), key=lambda one: (-one[0], one[1]))
    size = _dot(asked, asked)
    return [Match(index, isqrt(int(rank * 1_000_000 / size))) for rank, index in found[:count]]


def _rank(asked: Vector, known: Vector) -> Fraction:
    """Return the squared cosine times the squared length of the query, with the cosine's sign."""
    common = _dot(asked, known)
    return Fraction(common * abs(common), _dot(known, known)) if common else Fraction(0)


def _dot(one: Vector, other: Vector) -> int:
    return sum(value * other.get(place, 0) for place, value in one.items())


def _features(text: str) -> Iterator[tuple[str, int]]:
    words = _WORD.findall(text.casefold())
    yield from ((word, _WORD_WEIGHT) for word in words if len(word) >= _LEAST_WORD_CHARS)
    yield from ((piece, 1) for piece in _pieces(words))


def _pieces(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        padded = f" {word} "
        yield from (padded[start : start + 3] for start in range(len(padded) - 2))
