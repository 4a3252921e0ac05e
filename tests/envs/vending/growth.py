"""How the work of reading a text grows with its length."""

import time
from collections.abc import Callable


def is_linear(read: Callable[[str], object], short: str, long: str) -> bool:
    """Tell whether a text ten times as long takes no more than some ten times the work.

    Of several tries the fastest counts: other work on the machine only ever adds to one.
    """
    return _least_s(read, long) < 25 * _least_s(read, short) + 0.25


def _least_s(read: Callable[[str], object], text: str) -> float:
    return min(_one_s(read, text) for _ in range(3))


def _one_s(read: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    read(text)
    return time.process_time() - began
