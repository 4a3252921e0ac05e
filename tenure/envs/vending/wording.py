"""The phrasings of a sales desk: what the kernel decided, in words."""

from __future__ import annotations

from functools import cache
from importlib import resources

from pydantic import TypeAdapter

from tenure.envs.tables import table

_Phrasings = TypeAdapter(dict[str, tuple[str, ...]])


@cache
def _phrasings() -> dict[str, tuple[str, ...]]:
    text = (resources.files("tenure.envs.vending") / "wording.yaml").read_text(encoding="utf-8")
    return _Phrasings.validate_python(table(text))


def say(topic: str, voice: int, **values: str) -> str:
    """Word a topic of `wording.yaml`.

    Args:
        topic: Its key.
        voice: Chooses the phrasing; any number >= 0.
        **values: What the phrasing's braces stand for.

    Raises:
        KeyError: If there is no such topic, or a value is missing.
    """
    phrasings = _phrasings()[topic]
    return phrasings[voice % len(phrasings)].format(**values)


def percent(permille: int) -> str:
    """Word thousandths as per cent: 45 is `4.5`."""
    return f"{permille // 10}.{permille % 10}"
