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

SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
"""What stands between two sentences."""
_HEDGES = re.compile(
    r"\?|~|\b(?:was|were|had|will|would|could|should|shall|may|might|must|can|if|unless|after|"
    r"before|when|once|yesterday|tomorrow|last|next|later|soon|expect\w*|estimat\w*|about|around|"
    r"roughly|approximately|nearly|almost|target|goal|least|most|minimum|maximum|reserve|need\w*|"
    r"want\w*|plan\w*|keep|above|below|over|under|than|start\w*|opening|until|each|every|per|days?|"
    r"weeks?|not|no|never|cannot|assum\w*|suppose\w*|rule|owner|increase\w*|rise\w*|grow\w*|"
    r"average|mean|seems|puts?|takes?|add|ago|then|back|whether|says that|reduce|raise|let)\b|n't"
)
_SINCE_THE_START = re.compile(
    r"so far|since (?:the (?:very )?(?:start|beginning)|day (?:1|one)|(?:i|we) (?:began|started))"
    r"|\bwere(?= sold\b)"
)
"""Words of time and of the past that belong to a sum; they make no statement doubtful."""
_OTHERS = re.compile(
    r"\b(?:they|their|theirs|he|his|she|her|customers?|suppliers?|wholesalers?|rivals?|"
    r"competitors?|neighbou?rs?|friends?|plan|example|claims?|says|said|writes?|wrote|mail|letter)"
    r"\b(?<!bank says)"
)
"""Before a figure they say that it is somebody else's."""
_THEIRS = re.compile(
    r"\b(?:their|his|her) (?:payment|transfer|invoice|bill)\b"
    r"|\b(?:supplier|customer|wholesaler|owner|rival)'?s (?!payment for)"
)
_QUOTES = re.compile(r"[\"“”«»]")
"""What somebody else says is not what the agent says."""
_MARKUP = re.compile(r"\*\*|__|^\s*(?:[-*•#>]+|\d+[.)])\s+")
_WHILE = re.compile(r"\b(?:today|this)\b")
"""A sum of a while is none since the start."""
_DEED_HEDGES = re.compile(
    r"\?|\b(?:will|would|could|should|shall|may|might|must|can|if|unless|when|once|tomorrow|next|"
    r"after|before|last|ago|yesterday|earlier|"
    r"need\w*|want\w*|plan\w*|not|no|never|cannot|let|going|failed|refused|nothing|"
    r"make sure|ensure|check|whether|to be|ha[sd] to|have to|soon|until|while|by|says?|said|"
    r"automatic\w*|is paid with|an (?:invoice|order)|writes?|wrote|claim\w*|asks?|told|confirms|"
    r"had|who|whoever|wish\w*|hope\w*|assum\w*|suppose\w*)"
    r"\b|n't|\b\w+'ll\b|\b(?:i|we|they)'d\b"
)
_ADVERB = r"(?: ?(?:now|currently|right now|presently|still))?"
_LINK = (
    rf"(?:,? (?:i|we) (?:have|hold)| check)?{_ADVERB} ?"
    r"(?:is|are|(?:stands?|sits?) at|(?:amounts?|comes?) to|shows|holds|remains|has|"
    r"reads|equals|totals|:|=|of)? ?(?:now|exactly|at|currently)? ?"
)
_WHOLE = r"\d{1,3}(?:,\d{3}){1,3}|\d{1,9}"
_MONEY = rf"\$ ?(?P<whole>{_WHOLE})(?:\.(?P<cents>\d\d))?(?![.,]?\d)"
_UNITS = rf"(?<![\d.,$])(?P<units>{_WHOLE})(?![.,]?\d| ?%)"
_END = r"(?=[.,;:!]|$| (?:and|so|now|right now|at the moment|currently|today|at present)\b)"
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
    for sentence in SENTENCE.split(text):
        plain = _plain(sentence)
        if not any(map(str.isdigit, plain)) or _QUOTES.search(plain):
            continue
        if _HEDGES.search(_SINCE_THE_START.sub("", plain)):
            continue
        is_of_a_while = bool(_WHILE.search(plain))
        for name, saying in figures.items():
            if saying.counts and is_of_a_while:
                continue
            for pattern in _patterns(name, saying):
                for found in pattern.finditer(plain):
                    if not _OTHERS.search(plain, 0, found.start()):
                        yield Claim(name, _value(found), sentence.strip())


def deeds_in(text: str, deeds: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the tools whose deeds a text says to be done, with the sentence."""
    for sentence in SENTENCE.split(text):
        plain = _plain(sentence)
        if _DEED_HEDGES.search(plain) or _THEIRS.search(plain) or _QUOTES.search(plain):
            continue
        for tool, pattern in deeds.items():
            if re.search(pattern, plain):
                yield tool, sentence.strip()


def _plain(sentence: str) -> str:
    """Return a sentence in small letters with single spaces, no markup; none of a long one."""
    if len(sentence) > _MOST_CHARS:
        return ""
    return " ".join(_MARKUP.sub("", sentence).lower().replace("\u2019", "'").split())


@cache
def _patterns(name: str, saying: Saying) -> tuple[re.Pattern[str], ...]:
    is_money = name in ("gain", "cost") or name.endswith("_cents")
    number = _MONEY if is_money else _UNITS
    before = re.compile(rf"\b(?:{saying.before}){_LINK}{number}")
    whose = r"(?:^|\b(?:have|makes|is|are|now|with|at)[ ,:] ?)" if saying.counts else ""
    after = re.compile(rf"{whose}{number} (?:{saying.after}){_END}") if saying.after else None
    return (before, after) if after else (before,)


def _value(found: re.Match[str]) -> int:
    parts = found.groupdict()
    if (units := parts.get("units")) is not None:
        return int(units.replace(",", ""))
    return int(parts["whole"].replace(",", "")) * 100 + int(parts["cents"] or 0)
