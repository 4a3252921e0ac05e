"""What may lie in a world's state, and where something else does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any

from tenure.envs.log import Log

_RULE = "a state is made of whole numbers, text, lists, string-keyed dicts and dataclasses"
_INT_RANGE = range(-(2**63), 2**64)


def misfit(value: Any, where: str = "state") -> str:
    """Return a sentence that names the first thing that no state may hold; empty if all fits."""
    if isinstance(value, float):
        return f"{where} holds the float {value!r}; keep whole numbers in the state."
    if isinstance(value, int) and value not in _INT_RANGE:
        return f"{where} holds a number of more than 64 bits; {_RULE}."
    if value is None or isinstance(value, int | str | date | Enum):
        return ""
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                return f"{where} has the key {key!r} ({type(key).__name__}); {_RULE}."
    elif not (is_dataclass(value) or isinstance(value, list | tuple | Log)):
        return f"{where} holds a {type(value).__name__}; {_RULE}."
    return next(filter(None, (misfit(part, place) for place, part in _parts(value, where))), "")


def _parts(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((f"{where}.{key}", part) for key, part in value.items())
    elif is_dataclass(value):
        yield from ((f"{where}.{one.name}", getattr(value, one.name)) for one in fields(value))
    else:
        yield from ((f"{where}[{index}]", part) for index, part in enumerate(value))
