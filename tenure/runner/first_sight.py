"""How many sentences that no matcher was made from are read rightly.

Sentences at odd places of `unseen.yaml` may be learnt from; those at even places only measure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tenure.kit.sabotage.unseen import Sentence, sentences
from tenure.runner.validation import Trial, trial

SPEECH = ("M2", "M3", "R1", "R3", "A4", "V3", "C2")
"""The classes that hang on how something is said."""

_STEPS_AFTER = 2


class Reading(NamedTuple):
    """How a sentence was read.

    Attributes:
        sentence: What was said.
        words: As it was said, with the world's figures.
        found: The classes of speech that were found at its step.
    """

    sentence: Sentence
    words: str
    found: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Whether a faulty one was found as what it is, or nothing in an honest one."""
        if self.sentence.is_faulty:
            return self.sentence.code in self.found
        return not self.found


class Tally(NamedTuple):
    """How the sentences of a class were read.

    Attributes:
        code: The class.
        faulty: How many are that failure.
        found: How many of these were found.
        honest: How many might be mistaken for it.
        misread: In how many of these something was found.
    """

    code: str
    faulty: int
    found: int
    honest: int
    misread: int


def readings(folder: Path, seed: int) -> Iterator[Reading]:
    """Play every sentence on a seed, and tell how it was read.

    Args:
        folder: Where the records are written.
        seed: The world's.
    """
    for sentence in sentences():
        fault = sentence.fault
        one = trial(fault, seed, folder / f"{fault.name}-{seed}.jsonl.zst", after=_STEPS_AFTER)
        yield Reading(sentence, _words_of(one), tuple(_found_in(one)))


def tallies(read: Iterable[Reading]) -> list[Tally]:
    """Count readings by class; the last one is of all classes together."""
    whole = list(read)
    each = [(code, [one for one in whole if one.sentence.code == code]) for code in SPEECH]
    return [_tally(code, some) for code, some in (*each, ("all", whole))]


def _tally(code: str, read: Iterable[Reading]) -> Tally:
    whole = list(read)
    faulty = [one for one in whole if one.sentence.is_faulty]
    honest = [one for one in whole if not one.sentence.is_faulty]
    return Tally(
        code,
        len(faulty),
        sum(one.is_right for one in faulty),
        len(honest),
        sum(not one.is_right for one in honest),
    )


def _found_in(one: Trial) -> Iterator[str]:
    """Yield the classes of speech that were found at the sentence's step."""
    (label,) = one.labels
    for failure in one.failures:
        if failure.code in SPEECH and failure.step <= label.first <= failure.until:
            yield failure.code


def _words_of(one: Trial) -> str:
    """Return what was said at the sentence's step."""
    from tenure.scoring.records import read

    (label,) = one.labels
    step = read(one.path).steps[label.first]
    said = (step.get("exchange") or {}).get("message", {}).get("content")
    return said or step["action"]
