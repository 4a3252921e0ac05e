"""Actions and notes of agents that are not ours, made into what can be recorded and played."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson

from tenure.agents.wire import read


def plain(value: Any) -> Any:
    """Return JSON-able values as the record can hold them; see `tenure.agents.wire.read`.

    Raises:
        ValueError: If it is nested too deeply, or holds itself.
        TypeError: If it holds something that JSON does not know.
    """
    try:
        written = json.dumps(value).encode()
    except RecursionError:
        raise ValueError("nested too deeply to be written") from None
    return read(written)


def written(call: Any) -> str:
    """Return a call, or what should be one, as the text that a world's `step` takes.

    Raises:
        ValueError: If it is nested too deeply, or holds itself.
        TypeError: If it holds something that JSON does not know.
    """
    return orjson.dumps(plain(call)).decode()


def misfit(exchange: Mapping[str, Any]) -> str:
    """Return what is wrong with what an exchange says was spent; empty if nothing is."""
    usage = exchange.get("usage")
    if usage is not None and not _is_usage(usage):
        return (
            "usage is None or has input_tokens and output_tokens, and may have cached_tokens,"
            " cache_write_tokens and reasoning_tokens, all whole numbers from 0; got"
            f" {usage!r:.100}"
        )
    cost_usd = exchange.get("cost_usd")
    if cost_usd is not None and not _is_amount(cost_usd):
        return f"cost_usd is None or a number of US dollars from 0; got {cost_usd!r:.100}"
    return ""


def _is_usage(usage: Any) -> bool:
    return (
        isinstance(usage, Mapping)
        and {"input_tokens", "output_tokens"} <= usage.keys()
        and all(type(count) is int and count >= 0 for count in usage.values())
    )


def _is_amount(number: Any) -> bool:
    return type(number) in (int, float) and number >= 0
