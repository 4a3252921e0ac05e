"""What providers state of errors and costs, in the shape of OpenAI's APIs or one near it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tenure.agents.providers.contract import Stated

_MAX_QUOTED_CHARS = 500


def stated(answer: Mapping[str, Any]) -> Stated:
    """Read an error in any of the shapes that OpenAI's APIs and those like them give it."""
    error = answer.get("error", answer)
    if not isinstance(error, dict):
        return Stated(quoted(error))
    message = quoted(error.get("message") or error.get("detail") or error)
    code, kind = str(error.get("code") or ""), str(error.get("type") or "")
    if not code.isdecimal():
        return Stated(message, code or kind)
    return Stated(message, kind, int(code) if "400" <= code < "600" and len(code) == 3 else 0)


def is_error(value: Any) -> bool:
    """Tell whether what stands in the place of an error is one: many send an empty one."""
    return any(value.values()) if isinstance(value, dict) else bool(value)


def quoted(value: Any) -> str:
    """Return a value as one line of a bounded length."""
    text = value if isinstance(value, str) else json.dumps(value)
    return " ".join(text.split())[:_MAX_QUOTED_CHARS]


def stated_cost_usd(usage: Any) -> float | None:
    """Return what a provider says that a request cost, as OpenRouter does, if it can be a price."""
    cost = usage.get("cost") if isinstance(usage, Mapping) else None
    if isinstance(cost, int | float) and not isinstance(cost, bool) and 0 <= cost < float("inf"):
        return float(cost)
    return None
