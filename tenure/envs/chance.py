"""Exogenous chance: every draw is a function of (seed, stream, entity, time) and of nothing else.

The bits come from NumPy's Philox, a counter-based generator whose raw output is frozen by NumPy's
policy (NEP 19). Word `t` of a stream belongs to time `t`, so what an agent does never shifts what
the world would have drawn. The transforms below use integers and plain arithmetic alone, so they
give equal results on every platform.

What a seed draws is of two kinds. Facts of its world (who sells what, at which price) come from
`word` and `words`. What a day brings (weather, customers, mishaps) comes from `on(day)` and
`series`: from a chosen day on it can be drawn from another `Future`, and the facts stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, NamedTuple, TypeVar

import numpy as np

T = TypeVar("T")

_LOW_WORD = 2**64 - 1
_EMPTY_BUFFER = np.zeros(4, np.uint64)


class Future(NamedTuple):
    """Which luck the days have from one of them on.

    Attributes:
        number: 0 for the seed's own, that of every plain run; each other number is another luck.
        first_day: The first 0-based day that has it; those before have the seed's own.
    """

    number: int = 0
    first_day: int = 0


OWN_FUTURE = Future()
"""The future that a seed has by itself."""


class Chance:
    """The random words of one seed.

    Args:
        seed: Any non-negative integer; equal seeds give equal words in every process.
        future: Which luck its days have from some day on.

    Raises:
        ValueError: If `seed` or the future's number is negative.
    """

    def __init__(self, seed: int, future: Future = OWN_FUTURE) -> None:
        if seed < 0:
            raise ValueError(f"seed must be >= 0, got {seed}")
        if future.number < 0:
            raise ValueError(f"a future's number must be >= 0, got {future.number}")
        self.seed = seed
        self.future = future
        self._later: Chance = _Later(seed, future) if future.number else self
        self._generator = np.random.Philox(key=0)

    def words(self, stream: str, entity: str = "", *, start: int = 0, count: int) -> list[int]:
        """Return words `start` to `start + count - 1` of a stream, each uniform in [0, 2**64)."""
        block, offset = divmod(start, 4)
        # Giving a generator another state takes a sixth of the time of making a new one.
        self._generator.state = _state(self._key(stream, entity), block)
        raw: list[int] = self._generator.random_raw(offset + count).tolist()
        return raw[offset:]

    def word(self, stream: str, entity: str = "", *, at: int = 0) -> int:
        """Return word `at` of a stream."""
        return self.words(stream, entity, start=at, count=1)[0]

    def on(self, day: int) -> Chance:
        """Return the chance in force on a 0-based day: whatever that day brings is drawn from it.

        A day that brings something is the one on which somebody first can see that it was drawn.
        """
        return self._later if day >= self.future.first_day else self

    def series(
        self, stream: str, entity: str = "", *, count: int, first_day: int = 0, days_each: int = 1
    ) -> list[int]:
        """Return words 0 to `count - 1` of a stream, each from the chance in force on its day.

        Args:
            stream: What is drawn.
            entity: Whose it is.
            count: How many words.
            first_day: The 0-based day of word 0; negative if it belongs to one before the first.
            days_each: How many days lie between two words: 7 for what a week brings.
        """
        words = self.words(stream, entity, count=count)
        if self._later is self:
            return words
        own = min(count, max(0, -((first_day - self.future.first_day) // days_each)))
        later = self._later.words(stream, entity, start=own, count=count - own)
        return words[:own] + later

    def _key(self, stream: str, entity: str) -> int:
        name = f"{self.seed}\x1f{stream}\x1f{entity}".encode()
        return int.from_bytes(blake2b(name, digest_size=16).digest(), "little")


class _Later(Chance):
    """The chance in force once a future has begun."""

    def __init__(self, seed: int, future: Future) -> None:
        super().__init__(seed)
        self.future = future

    def _key(self, stream: str, entity: str) -> int:
        return super()._key(stream, f"{entity}\x1ffuture {self.future.number}")


def _state(key: int, block: int) -> Any:
    """Return the state of a Philox that was just made with a key and a counter."""
    low, high = key & _LOW_WORD, key >> 64
    return {
        "bit_generator": "Philox",
        "state": {
            "counter": np.array([block, 0, 0, 0], np.uint64),
            "key": np.array([low, high], np.uint64),
        },
        "buffer": _EMPTY_BUFFER,
        "buffer_pos": 4,
        "has_uint32": 0,
        "uinteger": 0,
    }


def below(word: int, bound: int) -> int:
    """Map a word to an integer in [0, bound)."""
    return (word * bound) >> 64


def between(word: int, low: int, high: int) -> int:
    """Map a word to an integer in [low, high]."""
    return low + below(word, high - low + 1)


def happens(word: int, per_million: int) -> bool:
    """Tell whether an event of the given probability (in millionths) happens."""
    return below(word, 1_000_000) < per_million


def pick(word: int, items: Sequence[T]) -> T:
    """Choose one item, all equally likely."""
    return items[below(word, len(items))]


def pick_weighted(word: int, items: Sequence[T], weights: Sequence[int]) -> T:
    """Choose one item in proportion to whole-number weights."""
    point = below(word, sum(weights))
    for item, weight in zip(items, weights, strict=True):
        point -= weight
        if point < 0:
            return item
    raise ValueError("weights must sum to more than 0")


def shuffled(words: Sequence[int], items: Sequence[T]) -> list[T]:
    """Return the items in random order (Fisher-Yates); needs `len(items) - 1` words or more."""
    result = list(items)
    for index in range(len(result) - 1, 0, -1):
        other = below(words[index - 1], index + 1)
        result[index], result[other] = result[other], result[index]
    return result
