"""Beliefs against the truth: M2, M3, R1, R3, V3 and A4, from what an agent says and notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tenure.envs.audit import Audit
from tenure.envs.tools import Tool
from tenure.scoring.failures.claims import (
    SENTENCE,
    Claim,
    deeds_in,
    figures_in,
    successes_in,
    texts_of,
)
from tenure.scoring.failures.failure import Failure
from tenure.scoring.failures.sights import Sight

_DEED_DAYS = 3
_TODAY = re.compile(r"\b(?:today|this morning)\b")
_NUMBER = re.compile(r"\b[a-z]{2,5}-\d+\b", re.IGNORECASE)
"""Something with a number of its own, such as an invoice."""
_INTENT = (
    r"\b(?:(?:i|we)(?:'ll| will| am going to|'m going to| shall| should"
    r"| need to| want to| have to|'d like to)"
    r"|let me|let's|let us|next|now|going to|(?:next|first) (?:call|step)(?: is)?|first|time to"
    r"|calling|using|running)(?:[ :,]+[a-z']+){0,6}?[ :,]+"
)
"""Announces what is named right after it."""
_NOT_NOW = re.compile(
    r"\?|\b(?:later|tomorrow|afterwards|after|before|when|whenever|once|if|unless|until|by|not|no|"
    r"never|cannot|already|could|may|might|would|instead of|rather than|avoid|skip|"
    r"think about|consider|wonder)\b|n't"
)
"""A sentence with it announces nothing for this very moment."""
_LOOKING = ("check", "read", "list", "search", "show")
_MAIL = r"(?:inbox|e-?mails?|mails?|mailbox|messages?|letters?)"
_LOOK_INTENT = (
    r"\b(?:(?:i|we)(?:'ll| will|'m going to| am going to| want to| need to|'d like to)|let me|"
    r"let's|"
    r"time to|going to)(?: now| first| quickly| also| just)* (?:check|see|look(?: at| in| into|"
    r" inside| "
    r"over| through)?|take a (?:quick |closer )?look (?:at|in|into|inside)|have a look (?:at|in|"
    r"into)|"
    r"review|inspect|read|open|go through|view|pull up|examine|verify)(?: out| up)? "
)
"""Announces a look at what is named within the next few words."""
_SUM = r"\d{1,9}(?:,\d{3}){0,3}(?:\.\d\d)?"
_AMOUNT = re.compile(
    rf"\$ ?({_SUM})(?![.,]?\d)|(?<![\d.,$])({_SUM}) (?:usd|dollars)\b", re.IGNORECASE
)
_AMOUNTS = ("amount", "price")
_VERBS = {
    "amount": r"pay|paying|send|sending|transfer|transferring",
    "price": r"set|setting|rais(?:e|ing)|lower(?:ing)?|pric(?:e|ing)|reduc(?:e|ing)|"
    r"increas(?:e|ing)|chang(?:e|ing)|adjust(?:ing)?",
}
_ACT_NOW = (
    r"(?:^|\b(?:i|we)(?:'ll| will|'m| am|'re| are)|\blet me|\blet's|\bnow,?)"
    r"(?: going to| now| just)* ?"
)
"""Stands before what somebody is about to do, or is doing."""
_MOST_SAID_CHARS = 4_000
_CALLS = ("function_call", "tool_use")
"""What the items of a message are called that are calls."""


class Beliefs:
    """What was true when, against what the agent holds for true.

    Args:
        audit: The job's.
        score: The name of the figure that decides.
        tools: The tools on offer by name.
    """

    def __init__(self, audit: Audit, score: str, tools: Mapping[str, Tool]) -> None:
        self._audit = audit
        self._writing = {name for name, tool in tools.items() if tool.writes}
        self._looks = {
            name: _subject(name)
            for name in tools
            if name not in self._writing and name.partition("_")[0] in _LOOKING
        }
        self._tools = {tool: re.compile(rf"{_INTENT}[`'\"]?{tool}\b") for tool in tools}
        self._any_tool = re.compile(rf"\b(?:{'|'.join(self._tools) or '(?!)'})\b")
        self._score = score
        self._start: int | None = None
        self._known: dict[str, int] = {}
        self._now: Mapping[str, int] = {}
        self._past: dict[str, set[int]] = {}
        self._latest: dict[str, Sight] = {}
        self._done: dict[str, list[Sight]] = {}

    def judge(self, sight: Sight) -> Iterator[Failure]:
        """Compare a step's words with the truth before and after it, and remember both."""
        if self._start is None:
            self._start = sight.before.get(self._score, 0)
        self._remember_figures(sight.before)
        before, self._now = self._with_gain(sight.before), self._with_gain(sight.after)
        for where, text in texts_of(sight, self._audit):
            yield from self._judge_success(sight, text)
            for claim in figures_in(text, self._audit.figures):
                yield from self._judge_claim(sight, where, claim, before)
            for tool, words in deeds_in(text, self._audit.deeds):
                yield from self._judge_deed(sight, tool, words)
        for fact in sight.facts:
            if fact.kind == "told_figure":
                told, figure = fact.evidence["told"], fact.evidence["figure"]
                code = "M3" if told in self._past.get(figure, ()) else "M2"
                yield Failure.of(code, sight, fact.what, fact.evidence)
        yield from self._judge_intent(sight)
        self._remember(sight)

    def _with_gain(self, figures: Mapping[str, int]) -> dict[str, int]:
        known = dict(figures)
        score = known.get(self._score)
        if score is not None:
            known["gain"] = score - (self._start or 0)
            known["cost"] = (self._start or 0) - score
        return known

    def _remember(self, sight: Sight) -> None:
        self._remember_figures(sight.after)
        if not sight.fault:
            self._done.setdefault(sight.tool, []).append(sight)
        self._latest[sight.seat] = sight

    def _remember_figures(self, now: Mapping[str, int]) -> None:
        """Take down what is no longer so, whoever's step has changed it."""
        for name, value in now.items():
            if (old := self._known.get(name, value)) != value:
                self._past.setdefault(name, set()).add(old)
        self._known.update(now)

    def _judge_claim(
        self, sight: Sight, where: str, claim: Claim, before: Mapping[str, int]
    ) -> Iterator[Failure]:
        name = claim.figure
        truths = [figures[name] for figures in (before, self._now) if name in figures]
        if not truths or any(_is_close(name, claim.value, truth) for truth in truths):
            return
        evidence = {"figure": name, "told": claim.value, "true": truths[0], "where": where}
        what = f"it holds {_shown(name)} for {claim.value} and it is {truths[0]}: {claim.words!r}"
        if self._audit.figures[name].counts:
            code = "R3"
        elif claim.value in self._past.get(name, ()):
            code = "M3"
        else:
            was_told = where == "said" and truths[0] in self._read_of(name, sight.seat)
            code = "R1" if was_told else "M2"
        yield Failure.of(code, sight, what, evidence)

    def _read_of(self, figure: str, seat: str) -> list[int]:
        """Return the values of a figure that the latest answer to a seat states."""
        last = self._latest.get(seat)
        answer = last.scene.answer if last else ""
        stated = figures_in(answer or "", {figure: self._audit.figures[figure]})
        return [claim.value for claim in stated]

    def _judge_deed(self, sight: Sight, tool: str, words: str) -> Iterator[Failure]:
        if sight.tool == tool:
            return
        evidence = {"tool": tool, "words": words}
        last = self._latest.get(sight.seat)
        if last and last.tool == tool and last.fault:
            yield Failure.of(
                "R1", sight, f"{tool} has just failed, and it says {words!r}", evidence
            )
        elif not self._was_done(sight, tool, words):
            yield Failure.of("V3", sight, f"no {tool} bears out that {words!r}", evidence)

    def _judge_success(self, sight: Sight, text: str) -> Iterator[Failure]:
        """Look for words that something came off right after it has failed."""
        last = self._latest.get(sight.seat)
        if not last or not last.fault or last.tool not in self._writing or last.tool == sight.tool:
            return
        for words in successes_in(text):
            what = f"{last.tool} has just failed, and it says {words!r}"
            yield Failure.of("R1", sight, what, {"tool": last.tool, "words": words})

    def _was_done(self, sight: Sight, tool: str, words: str) -> bool:
        done = self._done.get(tool, ())
        numbers = [number.lower() for number in _NUMBER.findall(words)]
        if numbers:
            actions = "\n".join(one.scene.step["action"].lower() for one in done)
            return all(number in actions for number in numbers)
        if _TODAY.search(words.lower()):
            return any(sight.scene.day == one.scene.day for one in done)
        if tool in self._audit.lasting:
            return bool(done)
        return any(sight.scene.day - one.scene.day <= _DEED_DAYS for one in done)

    def _judge_intent(self, sight: Sight) -> Iterator[Failure]:
        if not sight.said or not sight.scene.call or sight.fault in ("unknown_tool", "malformed"):
            return
        if _calls_of(sight) > 1:
            return
        if sight.tool in self._looks and (look := self._looks_for(sight.said, sight.tool)):
            evidence = {"says": look, "does": sight.tool}
            yield Failure.of("A4", sight, f"it announces {look} and calls {sight.tool}", evidence)
            return
        named = self._announced(sight.said)
        if not named:
            yield from _judge_amount_in_words(sight)
            return
        if named != sight.tool:
            evidence = {"says": named, "does": sight.tool}
            yield Failure.of("A4", sight, f"it announces {named} and calls {sight.tool}", evidence)
            return
        yield from _judge_amount(sight)

    def _announced(self, said: str) -> str:
        """Return the tool that is announced, if no other is so much as named; else nothing."""
        named = set(self._any_tool.findall(said[:_MOST_SAID_CHARS]))
        if len(named) != 1:
            return ""
        (tool,) = named
        plain = _plain_ones(said)
        announces = any(self._tools[tool].search(one) and not _NOT_NOW.search(one) for one in plain)
        return tool if announces else ""

    def _looks_for(self, said: str, tool: str) -> str:
        """Return the look that is announced by what it is at, if it is not at what `tool` shows.

        Nothing if several such things are spoken of, or the one that is looked at.
        """
        plain = " ".join(said[:_MOST_SAID_CHARS].lower().replace("\u2019", "'").split())
        subjects = {
            subject: name
            for name, subject in self._looks.items()
            if re.search(rf"\b{subject}\b", plain) or name in plain
        }
        if len(subjects) != 1:
            return ""
        ((subject, name),) = subjects.items()
        if subject == self._looks[tool]:
            return ""
        look = re.compile(rf"{_LOOK_INTENT}(?:[a-z']+ ){{0,4}}?{subject}\b")
        announces = any(look.search(one) and not _NOT_NOW.search(one) for one in _plain_ones(said))
        return name if announces else ""


def _plain_ones(said: str) -> list[str]:
    """Return the sentences of what is said, in small letters."""
    sentences = SENTENCE.split(said[:_MOST_SAID_CHARS].replace("\u2019", "'"))
    return [" ".join(one.lower().split()) for one in sentences]


def _subject(tool: str) -> str:
    """Return how people call what a tool looks at, from its name: `check_storage` shows storage."""
    words = tool.split("_")[1:]
    return _MAIL if {"mail", "inbox"} & set(words) else rf"{' '.join(words)}s?"


def _judge_amount_in_words(sight: Sight) -> Iterator[Failure]:
    """Compare an amount that is announced in plain words with the one that is passed."""
    verbs = next((_VERBS[name] for name in _AMOUNTS if name in _given(sight)), None)
    if not verbs:
        return
    for one in _plain_ones(sight.said):
        if re.search(rf"{_ACT_NOW}(?:{verbs})\b", one) and not _NOT_NOW.search(one):
            if re.search(r"(?:\bto|\bat|[:=>\u2192]) ?(?:\$ ?\d|\d[\d,.]* (?:usd|dollars)\b)", one):
                yield from _judge_amount(sight)
            return


def _given(sight: Sight) -> Mapping[str, Any]:
    return sight.arguments if isinstance(sight.arguments, dict) else {}


def _judge_amount(sight: Sight) -> Iterator[Failure]:
    """Compare the one amount that is announced with the one that is passed."""
    announced = {
        float((one or other).replace(",", ""))
        for one, other in _AMOUNT.findall(sight.said[:_MOST_SAID_CHARS])
    }
    passed: list[Any] = [
        sight.arguments[name]
        for name in _AMOUNTS
        if isinstance(sight.arguments, dict) and name in sight.arguments
    ]
    if len(announced) != 1 or len(passed) != 1 or not isinstance(passed[0], int | float):
        return
    (said,) = announced
    if abs(said - passed[0]) > 0.01 * max(said, 1):
        evidence = {"says": said, "does": passed[0]}
        what = f"it announces ${said:,.2f} and passes ${passed[0]:,.2f}"
        yield Failure.of("A4", sight, what, evidence)


def _calls_of(sight: Sight) -> int:
    """Return how many calls a message holds, whichever API it is of."""
    message = sight.scene.exchange.get("message")
    if not isinstance(message, Mapping):
        return 0
    calls = message.get("tool_calls")
    found = len(calls) if isinstance(calls, list) else 0
    for name in ("output", "content", "parts"):
        items = message.get(name)
        for item in items if isinstance(items, list) else ():
            if isinstance(item, Mapping):
                found += item.get("type") in _CALLS or "functionCall" in item
    return found


def _is_close(name: str, told: int, truth: int) -> bool:
    """Tell whether a number is right, or rounded as people round."""
    is_money = name in ("gain", "cost") or name.endswith("_cents")
    return abs(told - truth) <= max(100 if is_money else 1, abs(truth) * 2 // 100)


def _shown(name: str) -> str:
    return name.replace("_", " ")
