"""What sets a played scenario apart from the one it is named after, in words."""

from __future__ import annotations

from typing import Any

_LONGEST_VALUE = 40


def differences(played: Any, known: Any, name: str = "") -> list[str]:
    """Return each difference as a part of a sentence, such as `limits.steps 40 instead of 200`.

    Args:
        played: A JSON value.
        known: What it is compared with.
        name: The value's place in the whole; empty for the whole.
    """
    if isinstance(played, dict) and isinstance(known, dict):
        keys = dict.fromkeys([*played, *known])
        return [
            part
            for key in keys
            for part in differences(played.get(key), known.get(key), f"{name}.{key}".strip("."))
        ]
    return [] if played == known else [_spoken(name, played, known)]


def _spoken(name: str, played: Any, known: Any) -> str:
    if max(len(str(played)), len(str(known))) > _LONGEST_VALUE:
        return f"another {name}"
    said, usual = ("its default" if value is None else value for value in (played, known))
    return f"{name} {said} instead of {usual}"
