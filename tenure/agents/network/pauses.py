"""How long a server asks to be left alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Read `Retry-After` in either of its forms (RFC 9110, 10.2.3); `None` if there is none."""
    stated = headers.get("retry-after", "").strip()
    if stated.isascii() and stated.isdecimal():
        return float(stated)
    due = _time_s(stated)
    if due is None:
        return None
    now = _time_s(headers.get("date", ""))
    return max(0.0, due - (time.time() if now is None else now))


def _time_s(http_date: str) -> float | None:
    try:
        return parsedate_to_datetime(http_date).timestamp()
    except (ValueError, OverflowError):
        return None
