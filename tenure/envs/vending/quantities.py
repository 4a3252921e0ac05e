"""How many units: counts, dozens, cases of so many, and quantities that are not clear.

A clause is first written as a shape, one letter a piece, in which a pattern finds its numbers:
`3 cases of 24 cola cans` has the shape `CBoCP`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from math import prod
from typing import NamedTuple

from tenure.envs.vending.names import Mention
from tenure.envs.vending.tokens import MAX_COUNT, Kind, Token, stem, words

Piece = Token | Mention


class Quantity(NamedTuple):
    """A number of units, and how many products its clause has named before it."""

    units: int
    mentions_before: int


_PATTERN = re.compile(
    r"""
    (?P<size> C U? p a? B )              # 24 units per case
  | (?P<cases_of> C x? B [oax]* C (?! U? p a? B ) )  # 3 cases of 24
  | (?P<packs> C x? K B? )               # 3 x 24-pack
  | (?P<pack_times> K B? x C )           # 24-pack x 3
  | (?P<times> C x C )                   # 2 x 24
  | (?P<cases> C x? B )                  # 3 cases
  | (?P<pack> K B? )                     # 24-pack
  | (?P<count> C )
  | (?P<bulk> B )                        # cases of 24, without saying how many
  | (?P<vague> V )
    """,
    re.VERBOSE,
)
_LETTERS = {
    **dict.fromkeys(("x", "*"), "x"),
    **dict.fromkeys(("of", "with", "containing", "(", "@"), "o"),
    **dict.fromkeys(("per", "in", "to", "/"), "p"),
    **dict.fromkeys(("a", "an", "each", "the"), "a"),
}
_BY_KIND = {Kind.COUNT: "C", Kind.PACK: "K", Kind.VAGUE: "V"}


def find_quantities(part: Sequence[Piece]) -> tuple[tuple[Quantity, ...], bool]:
    """Return the quantities a clause names, in order, and whether it names one unclearly.

    Cases count only when the clause says how many units a case holds.
    """
    shape = "".join(map(_letter, part))
    mentions_before = list(accumulate((letter == "P" for letter in shape), initial=0))
    values = [piece.value if isinstance(piece, Token) else 1 for piece in part]
    found: dict[str, list[Quantity]] = {name: [] for name in ("units", "cases", "size", "vague")}
    for match in _PATTERN.finditer(shape):
        start, end = match.span()
        units = prod(values[at] for at in range(start, end) if shape[at] in "CK")
        name = _MEANINGS.get(match.lastgroup or "", "units")
        found[name if units <= MAX_COUNT else "vague"].append(
            Quantity(units, mentions_before[start])
        )
    if found["cases"] or found["size"]:
        return _from_cases(found)
    return tuple(found["units"]), bool(found["vague"])


def _from_cases(found: dict[str, list[Quantity]]) -> tuple[tuple[Quantity, ...], bool]:
    if found["units"] or len(found["cases"]) != 1 or len(found["size"]) != 1:
        return (), True
    cases, size = found["cases"][0], found["size"][0]
    units = cases.units * size.units
    return ((Quantity(units, cases.mentions_before),), False) if units <= MAX_COUNT else ((), True)


_MEANINGS = {
    "size": "size",
    "pack": "size",
    "cases": "cases",
    "bulk": "cases",
    "vague": "vague",
}


def _letter(piece: Piece) -> str:
    if isinstance(piece, Mention):
        return "P"
    if piece.kind not in (Kind.WORD, Kind.MARK):
        return _BY_KIND.get(piece.kind, ".")
    part = stem(piece.text)
    if part in words().bulk:
        return "B"
    if part in words().units or part in words().containers:
        return "U"
    return _LETTERS.get(piece.text, ".")
