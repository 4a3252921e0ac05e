"""What scoring writes: models that know no other fields, as JSON of the same bytes anywhere."""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

SIGNIFICANT_DIGITS = 9
"""Floats are written with so many digits: the last bits of a mean differ between processors."""


class Part(BaseModel):
    """A part of what is written; it cannot be changed, and reading it refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def to_json(content: Any) -> bytes:
    """Return JSON-able content as it is written: indented, floats rounded."""
    return orjson.dumps(_rounded(content), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return value
