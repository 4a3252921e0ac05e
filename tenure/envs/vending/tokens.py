"""Text as the mail reader sees it: words, whole numbers, money, sizes and marks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from enum import Enum, auto
from functools import cache, cached_property
from importlib import resources
from typing import NamedTuple

from pydantic import BaseModel

from tenure.envs.tables import table

MAX_COUNT = 100_000
_DOZEN = 12
_MAX_TEXT_CHARS = 100_000


class Kind(Enum):
    """What a token is."""

    WORD = auto()
    COUNT = auto()
    """A whole number, perhaps of goods."""
    PACK = auto()
    """How many units a pack holds, such as 24-pack."""
    MONEY = auto()
    """An amount in cents."""
    SIZE = auto()
    """What one unit holds, such as 330 ml."""
    VAGUE = auto()
    """A number that may stand for a quantity but does not say which: 40-50, 2.5, -3."""
    OTHER_NUMBER = auto()
    """A date, a time, a percentage, a code: no quantity."""
    MARK = auto()


class Token(NamedTuple):
    """One piece of text; `value` is a number of units, or cents."""

    kind: Kind
    text: str
    value: int = 0

    def is_word(self, *words: str) -> bool:
        """Tell whether this is one of the given lower-case words."""
        return self.kind is Kind.WORD and self.text in words

    def is_among(self, words: Collection[str]) -> bool:
        """Tell whether this is a word of a set of lower-case words."""
        return self.kind is Kind.WORD and self.text in words

    def is_mark(self, marks: str) -> bool:
        """Tell whether this is one of the given one-character marks."""
        return self.kind is Kind.MARK and self.text in marks


_BETWEEN = Token(Kind.WORD, "between")


class Words(BaseModel, frozen=True, extra="forbid"):
    """The words the reader knows: `words.yaml`."""

    glue: frozenset[str]
    plain: frozenset[str]
    units: frozenset[str]
    bulk: frozenset[str]
    containers: frozenset[str]
    kinds: frozenset[str]
    separators: frozenset[str]
    context: frozenset[str]
    negations: frozenset[str]
    restarts: frozenset[str]
    no_typos: frozenset[str]
    numbers: dict[str, int]
    aliases: dict[str, str]

    @cached_property
    def turns(self) -> frozenset[str]:
        """Words that begin or end a negation."""
        return self.negations | self.restarts

    @cached_property
    def measures(self) -> frozenset[str]:
        """Words for what goods are counted in."""
        return self.units | self.containers | self.bulk


@cache
def words() -> Words:
    """Read the data file."""
    text = (resources.files("tenure.envs.vending") / "words.yaml").read_text(encoding="utf-8")
    return Words.model_validate(table(text))


def stem(word: str) -> str:
    """Return a lower-case word without its plural ending; equal for `cookie` and `cookies`."""
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
        if word.endswith(("che", "she", "xe", "sse")):
            word = word[:-1]
    return word[:-2] + "y" if len(word) > 4 and word.endswith("ie") else word


# --- from text to tokens -------------------------------------------------------------------------

# Every repetition is possessive or bounded, so that scanning takes linear time on any text.
_TOKEN = re.compile(
    r"""
    (?P<address> [\w.+-]{1,64}@[\w-][\w.-]{0,200} | https?://\S{1,300} )
  | (?P<minus> (?<=[:=|(,])-(?=[0-9]) | (?<=[:=|(,][ ])-(?=[0-9])
             | (?:(?<=order[ ])|(?<=send[ ])|(?<=ship[ ])|(?<=want[ ])|(?<=need[ ]))-(?=[0-9]) )?
    (?P<sign> \$[ ]?+ | usd[ ]?+ )?
    (?P<number> [0-9]{1,3}(?:,[0-9]{3})++(?:\.[0-9]++)?+(?![0-9]) | [0-9]++(?:[-/:.][0-9]++)*+ )
    (?P<suffix> [ ]?-?(?:pack|pk|ct|count)s?\b
              | [ ]?(?:ml|cl|l|g|kg|oz|lbs?)\b
              | [ ]?(?:cents?|¢|usd|dollars?)(?!\w) | c\b
              | [ ]?% | [ ]?(?:am|pm)\b | (?:st|nd|rd|th)\b | k\b
              | [ -]?(?:days?|weeks?|hours?|hrs?|minutes?|months?|years?)\b )?
  | (?P<code> (?!x[0-9]) (?-i:[A-Z]{1,3}) -?[0-9][\w-]*+ )
  | (?P<word> [^\W\d_]++(?:'[^\W\d_]++)?+ )
  | (?P<mark> [,;:|()\t&+*=@\#/\-"!?.] )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PLAIN_MARKS = str.maketrans(
    {
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{MINUS SIGN}": "-",
        "\N{FRACTION SLASH}": "/",
        "\N{MULTIPLICATION SIGN}": " x ",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "`": "'",
        "&": " and ",
    }
)


def clean(text: str) -> str:
    """Return text with full-width digits, curly quotes and the like made plain, cut to size."""
    plain = unicodedata.normalize("NFKC", text[:_MAX_TEXT_CHARS]).translate(_PLAIN_MARKS)
    return plain[:_MAX_TEXT_CHARS]


def tokenize(text: str) -> list[Token]:
    """Split clean text into tokens; whatever is no word, number or mark is left out."""
    tokens = list(_with_number_words([_token(match) for match in _TOKEN.finditer(text)]))
    return _with_ranges(tokens) if _RANGE.search(text) else tokens


_RANGE = re.compile(r"[0-9a-z] (?:to|and) [0-9a-z]", re.IGNORECASE)


def _with_ranges(tokens: list[Token]) -> list[Token]:
    """Take `between 40 and 60` and `40 to 60` for one number that is not clear."""
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        three = tokens[at : at + 3]
        is_range = [token.kind for token in three] == [Kind.COUNT, Kind.WORD, Kind.COUNT] and (
            three[1].text == "to" or (three[1].text == "and" and found[-1:] == [_BETWEEN])
        )
        text = " ".join(token.text for token in three)
        found.append(Token(Kind.VAGUE, text) if is_range else tokens[at])
        at += 3 if is_range else 1
    return found


def _token(match: re.Match[str]) -> Token:
    kind, text = match.lastgroup, match.group()
    if match["number"]:
        return _number(match)
    if kind == "word":
        return Token(Kind.WORD, text.lower())
    if kind == "mark":
        return Token(Kind.MARK, text)
    return Token(Kind.OTHER_NUMBER, text)


def _number(match: re.Match[str]) -> Token:
    text, digits = match.group(), match["number"].replace(",", "")
    suffix = (match["suffix"] or "").strip(" -").lower()
    if match["sign"] or suffix in ("usd", "dollar", "dollars"):
        return _money(text, digits)
    read = _BY_SUFFIX.get(suffix)
    if read is not None:
        return read(text, digits)
    if suffix:
        return Token(Kind.OTHER_NUMBER, text)
    return Token(Kind.VAGUE, text) if match["minus"] else _whole(text, digits, Kind.COUNT)


def _pack(text: str, digits: str) -> Token:
    """24-pack and 24 pack tell a size; 24 packs tells how many packs, and so no units."""
    is_size = "-" in text or not text.lower().endswith("s")
    return _whole(text, digits, Kind.PACK if is_size else Kind.VAGUE)


def _cents(text: str, digits: str) -> Token:
    return _whole(text, digits, Kind.MONEY)


def _thousands(text: str, digits: str) -> Token:
    return _whole(text, digits + "000", Kind.COUNT)


def _size(text: str, digits: str) -> Token:
    return Token(Kind.SIZE, digits + text.lstrip("0123456789., ").lower())


def _whole(text: str, digits: str, kind: Kind) -> Token:
    if digits.isdigit():
        fits = len(digits) <= 12 and int(digits) <= MAX_COUNT
        return Token(kind, text, int(digits)) if fits else Token(Kind.VAGUE, text)
    dollars, point, rest = digits.partition(".")
    if point and dollars.isdigit() and rest.isdigit():
        return _money(text, digits) if len(rest) in (2, 3) else Token(Kind.VAGUE, text)
    is_range = "-" in digits and len(digits) <= 9
    return Token(Kind.VAGUE if is_range else Kind.OTHER_NUMBER, text)


def _money(text: str, digits: str) -> Token:
    dollars, _, rest = digits.partition(".")
    if not dollars.isdigit() or len(dollars) > 9 or (rest and not rest.isdigit()):
        return Token(Kind.OTHER_NUMBER, text)
    return Token(Kind.MONEY, text, int(dollars) * 100 + int((rest + "00")[:2]))


_BY_SUFFIX: dict[str, Callable[[str, str], Token]] = {
    "k": _thousands,
    **dict.fromkeys(("pack", "packs", "pk", "pks", "ct", "cts", "count", "counts"), _pack),
    **dict.fromkeys(("c", "\N{CENT SIGN}", "cent", "cents"), _cents),
    **dict.fromkeys(("ml", "cl", "l", "g", "kg", "oz", "lb", "lbs"), _size),
}


# --- numbers in words ----------------------------------------------------------------------------


_PHRASES = {
    "half": ((["half", "a", "dozen"], _DOZEN // 2), (["half", "dozen"], _DOZEN // 2)),
    "a": ((["a", "couple"], 2),),
}
"""Numbers said in a phrase, by its first word."""


def _with_number_words(tokens: list[Token]) -> Iterator[Token]:
    """Replace twenty-four, a hundred and ten, two dozen, half a dozen, a couple of."""
    position = 0
    while position < len(tokens):
        value, after = _read_number(tokens, position)
        if after == position:
            yield tokens[position]
            position += 1
        else:
            text = " ".join(token.text for token in tokens[position:after])
            if tokens[after : after + 1] and tokens[after].is_word("cent", "cents"):
                yield Token(Kind.MONEY, text, value)
                position = after + 1
                continue
            yield Token(Kind.COUNT if value <= MAX_COUNT else Kind.VAGUE, text, value)
            position = after


def _read_number(tokens: list[Token], at: int) -> tuple[int, int]:
    """Return the number that starts at a token, and where it ends: at `at` if there is none."""
    for phrase, value in _PHRASES.get(tokens[at].text, ()):
        if [token.text for token in tokens[at : at + len(phrase)]] == phrase:
            return value, at + len(phrase)
    if tokens[at].is_word("dozen", "hundred"):
        is_fraction = at > 0 and tokens[at - 1].kind in (Kind.VAGUE, Kind.OTHER_NUMBER)
        return (0, at) if is_fraction else _read_multiple(tokens, 1, at)
    value, after = _read_factor(tokens, at)
    return _read_multiple(tokens, value, after) if after > at else (0, at)


def _read_factor(tokens: list[Token], at: int) -> tuple[int, int]:
    """A whole number, a number word up to 99, or the one in `a dozen`."""
    token = tokens[at]
    if token.kind is Kind.COUNT:
        return token.value, at + 1
    if token.kind is not Kind.WORD:
        return 0, at
    if token.text in ("a", "one"):
        return (1, at + 1) if _is_multiple(tokens, at + 1) else (0, at)
    tens = words().numbers.get(token.text, 0)
    if not tens:
        return 0, at
    ones_at = at + 2 if at + 1 < len(tokens) and tokens[at + 1].is_mark("-") else at + 1
    ones = _ones(tokens, ones_at) if tens >= 20 else 0
    return (tens + ones, ones_at + 1) if ones else (tens, at + 1)


def _read_multiple(tokens: list[Token], value: int, at: int) -> tuple[int, int]:
    if at >= len(tokens):
        return value, at
    if tokens[at].is_word("dozen", "dozens"):
        return value * _DOZEN, at + 1
    if not tokens[at].is_word("hundred"):
        return value, at
    value, at = value * 100, at + 1
    rest_at = at + 1 if at < len(tokens) and tokens[at].is_word("and") else at
    if rest_at < len(tokens) and tokens[rest_at].text in words().numbers:
        rest, after = _read_factor(tokens, rest_at)
        return value + rest, after
    return value, at


def _ones(tokens: list[Token], at: int) -> int:
    if at >= len(tokens) or tokens[at].kind is not Kind.WORD:
        return 0
    value = 1 if tokens[at].text == "one" else words().numbers.get(tokens[at].text, 0)
    return value if value < 10 else 0


def _is_multiple(tokens: list[Token], at: int) -> bool:
    if at >= len(tokens) or tokens[at].kind is not Kind.WORD:
        return tokens[at].kind is Kind.PACK if at < len(tokens) else False
    word = tokens[at].text
    return word in ("dozen", "hundred") or stem(word) in words().bulk
