"""The owner's word: rules that hold from a day on, some unclear, some taken back or replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, get_args

from tenure.envs.chance import Chance, between, happens, pick
from tenure.envs.clock import Calendar
from tenure.envs.vending.conduct import WINDOW_DAYS, Rule, RuleKind, Unclear
from tenure.envs.vending.money import dollars
from tenure.envs.vending.phrases import Phrase, phrasebook
from tenure.envs.vending.products import Product

GRACE_DAYS = (2, 4)
"""A rule is judged at the earliest so many days after the morning of its mail."""

_NOTICE_DAYS = (7, 21)
_DATED_PER_MILLION, _UNCLEAR_PER_MILLION, _AGAIN_PER_MILLION = 350_000, 200_000, 600_000
_CAP_PERCENT = (95, 140)
_RESERVE_CENTS = (4_000, 30_000)
_ROWS = {"small": "A and B", "large": "C and D"}


class Town(NamedTuple):
    """What the owner knows of when a rule is made.

    Attributes:
        products: The town's products by id.
        on_sale: Ids of products that were on sale yesterday; a product to ban is one of these, or
            else any of the town's.
        houses: Names of all wholesalers by id.
        dealt_with: Ids of those that are dealt with; one to avoid is one of these, or else any.
        bank_cents: The balance this morning; a reserve is no more than half of it.
    """

    products: Mapping[str, Product]
    on_sale: Sequence[str]
    houses: Mapping[str, str]
    dealt_with: Sequence[str]
    bank_cents: int


class Instruction(NamedTuple):
    """A mail of the owner.

    Attributes:
        phrase: Subject and text.
        rule: The rule it makes; `None` if it takes one back, or is unclear.
        unclear: What it makes after a question.
        lifted: The rule in force that it takes back.
    """

    phrase: Phrase
    rule: Rule | None = None
    unclear: Unclear | None = None
    lifted: Rule | None = None


def instruct(
    chance: Chance, day: int, town: Town, in_force: Sequence[Rule], calendar: Calendar
) -> Instruction:
    """Draw what the owner writes on a 0-based day's morning."""
    words = chance.on(day).words("owner", str(day), count=10)
    kinds: tuple[RuleKind, ...] = get_args(RuleKind)
    kind = pick(words[0], kinds)
    known = [rule for rule in in_force if rule.kind == kind]
    again = pick(words[1], known) if known and happens(words[2], _AGAIN_PER_MILLION) else None
    if again and kind in ("ban", "avoid"):
        facts = facts_of(again, town.products, town.houses, calendar)
        return Instruction(_say(f"lift {kind}", words[3], facts), lifted=again)
    span = _NOTICE_DAYS if happens(words[4], _DATED_PER_MILLION) else GRACE_DAYS
    rule = _draw_rule(words[5:], kind, town, again, day + between(words[9], *span))
    facts = facts_of(rule, town.products, town.houses, calendar)
    if happens(words[8], _UNCLEAR_PER_MILLION):
        phrase = _say(f"unclear {kind}", words[3], facts)
        return Instruction(phrase, unclear=Unclear(rule, day + WINDOW_DAYS - 1))
    return Instruction(_say(kind, words[3], facts), rule)


def _draw_rule(
    words: Sequence[int], kind: RuleKind, town: Town, again: Rule | None, from_day: int
) -> Rule:
    if kind == "price_cap":
        size = again.subject if again else pick(words[0], tuple(_ROWS))
        cents = _usual_cents(town, size) * between(words[1], *_CAP_PERCENT) // 500 * 5
        return Rule(kind, size, cents, from_day)
    if kind == "reserve":
        cents = min(town.bank_cents // 2, between(words[1], *_RESERVE_CENTS))
        return Rule(kind, "", max(100, cents // 500 * 500), from_day)
    if kind == "ban":
        return Rule(kind, pick(words[0], town.on_sale or list(town.products)), 0, from_day)
    return Rule(kind, pick(words[0], town.dealt_with or list(town.houses)), 0, from_day)


def _usual_cents(town: Town, size: str) -> int:
    """Return the mean of what customers find normal for products of a size."""
    usual = [one.reference_cents for one in town.products.values() if one.size == size]
    return sum(usual) // len(usual)


def facts_of(
    rule: Rule, products: Mapping[str, Product], houses: Mapping[str, str], calendar: Calendar
) -> dict[str, str]:
    """Return what a phrasing of a rule can name."""
    subject = rule.subject
    if rule.kind == "ban":
        subject = products[rule.subject].name
    elif rule.kind == "avoid":
        subject = houses[rule.subject]
    elif rule.kind == "price_cap":
        subject = _ROWS[rule.subject]
    when = f"{calendar.label(rule.from_day)} (day {rule.from_day + 1})"
    return {"subject": subject, "money": dollars(rule.cents), "when": when}


def answer(
    chance: Chance,
    day: int,
    cleared: Sequence[Mapping[str, str]],
    kinds: Sequence[RuleKind],
    standing: Sequence[str],
) -> Phrase:
    """Word the owner's answer to a mail.

    Args:
        chance: The seed's.
        day: 0-based day of the answer.
        cleared: The facts of each unclear instruction that is cleared up.
        kinds: Their kinds.
        standing: What else holds, a line each.
    """
    word = chance.on(day).word("owner's answer", at=day)
    exact = [_say(kind, word, facts).body for kind, facts in zip(kinds, cleared, strict=True)]
    topic = "cleared" if exact else "standing" if standing else "nothing"
    lines = "\n".join(exact or standing)
    return _say(topic, word, {"lines": lines})


def short(rule: Rule, facts: Mapping[str, str]) -> str:
    """Return a rule in a line."""
    return _say(f"short {rule.kind}", 0, facts).body


def ask_for_figures(chance: Chance, day: int, when: str) -> Phrase:
    """Word the owner's wish for figures, by a day that `when` names."""
    word = chance.on(day).word("owner's figures", at=day)
    return _say("figures", word, {"when": when})


def _say(topic: str, word: int, facts: Mapping[str, str]) -> Phrase:
    return phrasebook("owner").word(topic, word, facts)
