"""Exogenous chance: every draw is a function of (seed, stream, entity, time) and of nothing else.

The bits come from NumPy's Philox, a counter-based generator whose raw output is frozen by NumPy's
policy (NEP 19). Word `t` of a stream belongs to time `t`, so what an agent does never shifts what
the world would have drawn. The transforms below use integers and plain arithmetic alone, so they
give equal results on every platform.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")

_LOW_WORD = 2**64 - 1
_EMPTY_BUFFER = np.zeros(4, np.uint64)


class Chance:
    """The random words of one seed.

    Args:
        seed: Any non-negative integer; equal seeds give equal words in every process.

    Raises:
        ValueError: If `seed` is negative.
    """

    def __init__(self, seed: int) -> None:
        if seed < 0:
            raise ValueError(f"seed must be >= 0, got {seed}")
        self.seed = seed
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

    def _key(self, stream: str, entity: str) -> int:
        name = f"{self.seed}\x1f{stream}\x1f{entity}".encode()
        return int.from_bytes(blake2b(name, digest_size=16).digest(), "little")


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
