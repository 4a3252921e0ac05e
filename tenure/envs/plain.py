"""What may lie in a world's state, and where something else does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any, TypeVar

from tenure.envs.log import Log

T = TypeVar("T")

_RULE = "a state is made of whole numbers, text, lists, string-keyed dicts and dataclasses"
_INT_RANGE = range(-(2**63), 2**64)


def copied(value: T) -> T:
    """Return a copy of a state, or of a part of one, that shares nothing which can change.

    Frozen dataclasses, tuples and the entries of logs are never changed, so they are shared.
    """
    kind = type(value)
    copy = _COPIERS.get(kind)
    if copy is None:
        copy = _COPIERS[kind] = _copier(kind)
    result: T = copy(value)
    return result


def _copier(kind: type) -> Callable[[Any], Any]:
    if kind is list:
        return lambda value: [copied(part) for part in value]
    if kind is dict:
        return lambda value: {key: copied(part) for key, part in value.items()}
    if kind is Log:
        return lambda value: value.copy()
    if is_dataclass(kind) and not kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]  # dataclasses have it
        names = [one.name for one in fields(kind)]
        return lambda value: _rebuilt(kind, names, value)
    return lambda value: value


def _rebuilt(kind: type, names: Sequence[str], value: Any) -> Any:
    result = kind.__new__(kind)
    for name in names:
        setattr(result, name, copied(getattr(value, name)))
    return result


_COPIERS: dict[type, Callable[[Any], Any]] = {}


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
