"""Mails of people who are no wholesalers: each fact in one of several phrasings, kept as data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from pydantic import BaseModel

from tenure.envs.chance import pick
from tenure.envs.tables import table


class Phrase(NamedTuple):
    """One way to word a mail, with the facts in braces."""

    subject: str
    body: str


class Phrasebook(BaseModel, frozen=True, extra="forbid"):
    """What one kind of correspondents writes: a YAML file of this folder.

    Attributes:
        words: Lists that names and addresses are put together from.
        mails: Phrasings by topic.
    """

    words: dict[str, tuple[str, ...]] = {}
    mails: dict[str, tuple[Phrase, ...]]

    def word(self, topic: str, word: int, facts: Mapping[str, str]) -> Phrase:
        """Word a topic; which phrasing is chance's.

        Raises:
            KeyError: If there is no such topic, or a fact is missing.
        """
        phrase = pick(word, self.mails[topic])
        return Phrase(phrase.subject.format(**facts), phrase.body.format(**facts))


@cache
def phrasebook(name: str) -> Phrasebook:
    """Read `<name>.yaml`."""
    text = (resources.files("tenure.envs.vending") / f"{name}.yaml").read_text(encoding="utf-8")
    content: Any = table(text)
    return Phrasebook.model_validate(content)
