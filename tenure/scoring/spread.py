"""How work on many records is done: one after the other, or in several processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")


class Spread(Protocol):
    """Applies a function to arguments and returns the results in order; `map` is one.

    One that does so in several processes is `tenure.runner.processes.spread`; what it is given
    can be pickled.
    """

    def __call__(self, function: Callable[[_T], _R], arguments: Sequence[_T], /) -> Iterable[_R]:
        """Apply it."""
