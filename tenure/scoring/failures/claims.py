"""What an agent says of its world in plain words, read so that nothing is read that it did not say.

Only a number right beside the words for a figure counts, in a sentence about the present: any word
of time, condition, wish or doubt makes a sentence say nothing. Much is missed, little is misread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from tenure.envs.audit import Audit, Saying
from tenure.scoring.failures.sights import Sight

_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_HEDGES = re.compile(
    r"\?|~|\b(?:was|were|had|will|would|could|should|shall|may|might|must|can|if|unless|after|"
    r"before|when|once|yesterday|tomorrow|last|next|later|soon|expect\w*|estimat\w*|about|around|"
    r"roughly|approximately|nearly|almost|target|goal|least|most|minimum|maximum|reserve|need\w*|"
    r"want\w*|plan\w*|keep|above|below|over|under|than|start\w*|opening|until|each|every|per|days?|"
    r"weeks?|not|no|never|cannot|assum\w*|suppose\w*|rule|owner|increase\w*|rise\w*|grow\w*)\b|n't"
)
_WHILE = re.compile(r"\b(?:today|this)\b")
"""A sum of a while is none since the start."""
_DEED_HEDGES = re.compile(
    r"\?|\b(?:will|would|could|should|shall|may|might|must|can|if|unless|when|once|tomorrow|next|"
    r"after|before|last|ago|yesterday|earlier|"
    r"need\w*|want\w*|plan\w*|not|no|never|cannot|let|going|failed|refused|nothing)\b|n't|\b\w+'ll\b"
)
_LINK = r"(?: ?(?:now|currently|right now))? ?(?:is|are|stands at|:|=|of)? ?(?:now|exactly|at)? ?"
_WHOLE = r"\d{1,3}(?:,\d{3}){1,3}|\d{1,9}"
_MONEY = rf"\$ ?(?P<whole>{_WHOLE})(?:\.(?P<cents>\d\d))?(?![.,]?\d)"
_UNITS = rf"(?<![\d.,$])(?P<units>{_WHOLE})(?![.,]?\d| ?%)"
_MOST_CHARS = 300
"""A longer sentence is no plain statement."""
_MEMORY_TOOLS = {
    "write_scratchpad": "text",
    "set_kv_value": "value",
    "add_to_vector_db": "text",
}
"""Tools of the memory layer that keep a text, and the argument that is the text."""


class Claim(NamedTuple):
    """A figure's present value, as somebody states it.

    Attributes:
        figure: The figure's name.
        value: In its unit; of money whole cents.
        words: The sentence.
    """

    figure: str
    value: int
    words: str


def texts_of(sight: Sight, audit: Audit) -> Iterator[tuple[str, str]]:
    """Yield what an agent says in a step and where: `said`, or the tool that keeps it."""
    if sight.said:
        yield "said", sight.said
    argument = {**_MEMORY_TOOLS, **audit.notes}.get(sight.tool)
    if argument and not sight.fault and isinstance(sight.arguments, dict):
        text = sight.arguments.get(argument)
        if isinstance(text, str):
            yield sight.tool, text


def figures_in(text: str, figures: Mapping[str, Saying]) -> Iterator[Claim]:
    """Yield the figures that a text states, each as often as it does."""
    for sentence in _SENTENCE.split(text):
        plain = _plain(sentence)
        if _HEDGES.search(plain.replace("so far", "")) or not any(map(str.isdigit, plain)):
            continue
        is_of_a_while = bool(_WHILE.search(plain))
        for name, saying in figures.items():
            if saying.counts and is_of_a_while:
                continue
            for pattern in _patterns(name, saying):
                for found in pattern.finditer(plain):
                    yield Claim(name, _value(found), sentence.strip())


def deeds_in(text: str, deeds: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the tools whose deeds a text says to be done, with the sentence."""
    for sentence in _SENTENCE.split(text):
        plain = _plain(sentence)
        if _DEED_HEDGES.search(plain):
            continue
        for tool, pattern in deeds.items():
            if re.search(pattern, plain):
                yield tool, sentence.strip()


def _plain(sentence: str) -> str:
    """Return a sentence in small letters with single spaces; nothing of one that is too long."""
    return "" if len(sentence) > _MOST_CHARS else " ".join(sentence.lower().split())


@cache
def _patterns(name: str, saying: Saying) -> tuple[re.Pattern[str], ...]:
    is_money = name in ("gain", "cost") or name.endswith("_cents")
    number = _MONEY if is_money else _UNITS
    before = re.compile(rf"\b(?:{saying.before}){_LINK}{number}")
    after = (
        re.compile(rf"{number} (?:{saying.after})(?=[.,;:!]|$| and\b| so\b| now\b)")
        if saying.after
        else None
    )
    return (before, after) if after else (before,)


def _value(found: re.Match[str]) -> int:
    parts = found.groupdict()
    if (units := parts.get("units")) is not None:
        return int(units.replace(",", ""))
    return int(parts["whole"].replace(",", "")) * 100 + int(parts["cents"] or 0)
