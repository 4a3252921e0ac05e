"""In what two plans or two scenarios differ, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from tenure.scenarios.loader import load, names
from tenure.scenarios.schema import Scenario

_MAX_CHARS = 60
_CHARS_BEFORE = 20
"""How much of a long text is shown before the place where it differs."""


def departures(scenario: Scenario) -> list[str]:
    """Tell how a scenario differs from the built-in one whose id it has.

    Nobody's own scenario departs from anything. One under a built-in id is not what its id says,
    and its scores cannot be compared with others.

    Returns:
        Such as `limits.steps is 80, not 200`; nothing if there is no built-in one of that id.
    """
    if scenario.id not in names():
        return []
    built_in = load(scenario.id).model_dump(mode="json")
    return [
        f"{name} is {here}, not {there}"
        for name, there, here in differences(built_in, scenario.model_dump(mode="json"))
    ]


def differences(there: Any, here: Any, name: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield the name of what differs, and both values, shortened to where they do."""
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        for key in sorted({*there, *here}):
            yield from differences(
                there.get(key, "absent"), here.get(key, "absent"), f"{name}.{key}".lstrip(".")
            )
    elif there != here:
        texts = _text(there), _text(here)
        start = max(0, _same_chars(*texts) - _CHARS_BEFORE)
        yield name, _excerpt(texts[0], start), _excerpt(texts[1], start)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "present"
    return orjson.dumps(value).decode() if not isinstance(value, str) else value


def _same_chars(one: str, other: str) -> int:
    """Return how many characters two different texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


def _excerpt(text: str, start: int) -> str:
    """Return a text, or if it is long, a piece of it in one line."""
    if len(text) <= _MAX_CHARS:
        return text
    end = start + _MAX_CHARS
    piece = " ".join(text[start:end].split())
    return f"{'...' if start else ''}{piece}{'...' if end < len(text) else ''}"
