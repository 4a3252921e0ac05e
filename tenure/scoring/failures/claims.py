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
_CLAUSE = re.compile(
    r"\s+[\u2014\u2013]\s+(?![$\d])|\s*;\s*|,\s+(?=(?:so(?! that)|but|and|which|because|as|"
    r"while)\b)"
    r"|\s+(?=and (?:will|should|can|may|must)\b)"
)
"""What stands between two clauses that are true or not each by itself."""
_DOUBTS = (
    r"\?|~|\b(?:would|could|should|may|might|if|unless|when|once|until|whether|so that|says that|"
    r"expect\w*|estimat\w*|forecasts?|project(?:ed|ions?)|targets?|goals?|aims?|budget\w*|ideal\w*|"
    r"limits?|thresholds?|caps?|need\w*|want\w*|plan\w*|assum\w*|suppos\w*|rules?|owner|seems|"
    r"to[- ]?do|hypothe\w*|scenario)\b"
)
_DOUBT = re.compile(_DOUBTS)
"""A condition, a wish or a plan: it makes the whole sentence, or the list below it, say nothing."""
_HEDGES = re.compile(
    r"\b(?:was|were|had|will|shall|must|can|after|before|yesterday|tomorrow|last|next|later|soon|"
    r"about|around|roughly|approximately|nearly|almost|least|most|minimum|maximum|reserve|keep|"
    r"above|"
    r"below|over|under|than|start\w*|opening|each|every|per|days?|weeks?|not|no|never|cannot|"
    r"increase\w*|rise\w*|grow\w*|average|mean|puts?|takes?|add|ago|then|back|reduce|raise|let|"
    r"enough|end|by)\b|n't"
)
"""A time, a doubt or a comparison: it makes its clause say nothing."""
_SINCE_THE_START = re.compile(
    r"so far|\b(?:since|from) (?:the (?:very )?(?:start|beginning)|(?:day|week) (?:1|one)(?: on)?"
    r"|(?:i|we) (?:began|started|opened))|\bwere(?= sold\b)|\badds? up\b|\b(?:over|at) all\b"
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
_DEED_DOUBT = re.compile(
    rf"{_DOUBTS}|\b(?:after|before|as soon as|while|make sure|ensure|automatic\w*|an (?:invoice|"
    r"order)|"
    r"says?|said|writes?|wrote|claim\w*|asks?|told|confirms|who|whoever|wish\w*|hope\w*|first)\b"
)
_DEED_HEDGES = re.compile(
    r"\b(?:will|shall|must|can|tomorrow|next|not|no|never|none|cannot|let|going|failed|refused|"
    r"others?|rejected|nothing|check|to be|yet to|ha[sd] to|have to|soon|by|is paid with|had|still)"
    r"\b|n't|\b\w+'ll\b|\b(?:i|we|they)'d\b"
)
_LONG_AGO = re.compile(r"\b(?:last|ago|yesterday|earlier(?! today))\b")
"""When something may have been done that no window of days knows of."""
_OF_A_NUMBER = re.compile(r"\b[a-z]{2,5}-\d+\b")
_ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.)]|\[ ?\])\s*(?!\[x\])")
_HEADING = re.compile(r":\W*$|^\s*#")
_SUCCESS = re.compile(
    r"^(?:(?:great|perfect|good|excellent|nice|ok|okay|done|all right|alright)[,!:]? )?"
    r"(?:(?:that|it|this|everything|all of (?:it|them))(?:'s| is| are| was| has been| have been)?"
    r"(?: now| all| already| been)*|the (?:call|change|update|request|operation)(?: is| was|"
    r" has been))"
    r" (?:done|paid|settled|sent|set|through|in place|success\w*|completed?|placed|updated|changed|"
    r"filled|stocked|taken care of|worked|(?:went|gone) through|processed|confirmed|recorded)\b"
    r"|^(?:done|success|all set)[.!]?$"
)
"""Says of what has just been called that it has come off, without naming it."""
_ADVERB = r"(?: ?(?:now|currently|right now|presently|still))?"
_LINK = (
    rf"(?:,? (?:i|we) (?:have|hold)| check)?{_ADVERB} ?"
    r"(?:is|are|(?:stands?|sits?) at|(?:amounts?|comes?|adds? up|sums?(?: up)?) to|shows|holds|"
    r"remains|"
    r"has|reads|equals|totals|:|=|of)? ?(?:now|exactly|at|currently)? ?\+?"
)
_WHOLE = r"\d{1,3}(?:,\d{3}){1,3}|\d{1,9}"
_MONEY = (
    rf"(?:(?:(?:us ?)?\$|usd) ?(?P<whole>{_WHOLE})(?:\.(?P<cents>\d\d))?(?![.,]?\d)(?: usd|"
    r" dollars)?"
    rf"|(?P<bare>{_WHOLE})(?:\.(?P<rest>\d\d))? ?(?:usd|dollars|us dollars)\b)"
)
_UNITS = rf"(?<![\d.,$])(?P<units>{_WHOLE})(?![.,]?\d| ?%)"
_END = r"(?=[.,;:!]|$| \(| (?:and|so|now|right now|at the moment|currently|today|at present)\b)"
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
    for sentence, plain in _sentences(text, _DOUBT):
        if not any(map(str.isdigit, plain)):
            continue
        is_of_a_while = bool(_WHILE.search(plain))
        for start, clause in _clauses(plain):
            if _HEDGES.search(_SINCE_THE_START.sub("", clause)):
                continue
            for name, saying in figures.items():
                if saying.counts and is_of_a_while:
                    continue
                for found in _stated(name, saying, clause):
                    if not _OTHERS.search(plain, 0, start + found.start()):
                        yield Claim(name, _value(found), sentence)


def deeds_in(text: str, deeds: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the tools whose deeds a text says to be done, with the sentence."""
    for sentence, plain in _sentences(text, _DEED_DOUBT):
        if _THEIRS.search(plain):
            continue
        for _, clause in _clauses(plain):
            if _is_no_deed(clause):
                continue
            for tool, pattern in deeds.items():
                if re.search(pattern, clause):
                    yield tool, sentence


def successes_in(text: str) -> Iterator[str]:
    """Yield the sentences that say of the latest call, without naming it, that it came off."""
    for sentence, plain in _sentences(text, _DEED_DOUBT):
        for _, clause in _clauses(plain):
            if _SUCCESS.search(clause) and not _is_no_deed(clause):
                yield sentence


def _sentences(text: str, doubt: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield the sentences of a text that state something, and their plain words.

    What stands in a list is as doubtful as the line above the list.
    """
    doubtful_list = False
    for sentence in SENTENCE.split(text):
        plain = _plain(sentence)
        is_doubtful = bool(doubt.search(plain))
        if not _ITEM.search(sentence):
            doubtful_list = is_doubtful and bool(_HEADING.search(sentence))
        if not (is_doubtful or doubtful_list or _QUOTES.search(plain)):
            yield sentence.strip(), plain


def _clauses(plain: str) -> Iterator[tuple[int, str]]:
    """Yield the clauses of a sentence, each with the place where it begins."""
    start = 0
    for found in _CLAUSE.finditer(plain):
        yield start, plain[start : found.start()]
        start = found.end()
    yield start, plain[start:]


def _is_no_deed(clause: str) -> bool:
    """Tell whether a clause denies a deed, or tells of one too long ago to be known of."""
    if _DEED_HEDGES.search(clause):
        return True
    return bool(_LONG_AGO.search(clause)) and not _OF_A_NUMBER.search(clause)


def _stated(name: str, saying: Saying, clause: str) -> Iterator[re.Match[str]]:
    for pattern in _patterns(name, saying):
        yield from pattern.finditer(clause)


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
    whole = parts["whole"] or parts["bare"]
    return int(whole.replace(",", "")) * 100 + int(parts["cents"] or parts["rest"] or 0)
