"""An agent's settings in words: those that somebody chose, and the rest."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

MODEL_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "protocol": "auto",
        "window_tokens": 69_000,
        "keep_percent": 61,
        "context": "drop",
        "remind_every": None,
        "max_output_tokens": 8_192,
        "temperature": None,
        "reasoning_effort": None,
        "api": "auto",
        "base_url": None,
        "key_variable": None,
        "quirks": [],
        "input_usd_per_mtok": None,
        "cached_usd_per_mtok": None,
        "cache_write_usd_per_mtok": None,
        "output_usd_per_mtok": None,
        "price_source": None,
        "request_seed": None,
        "timeout_s": 600.0,
        "max_retries": 8,
    }
)
"""What a model is asked with unless its user says otherwise."""

LOCAL_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        **MODEL_DEFAULTS,
        "window_tokens": 7_936,
        "max_output_tokens": 256,
        "temperature": 0.0,
        "request_seed": 1,
        "max_retries": 2,
        "input_usd_per_mtok": 0.0,
        "output_usd_per_mtok": 0.0,
    }
)
"""The same for the embedded model."""


_UNTELLING = frozenset(
    {
        "key_variable",
        "quirks",
        "input_usd_per_mtok",
        "cached_usd_per_mtok",
        "cache_write_usd_per_mtok",
        "output_usd_per_mtok",
        "price_source",
        "timeout_s",
        "max_retries",
        "by_catalogue",
    }
)
"""Settings that change what an episode costs or how long it takes, not what the model does."""


class Settings(NamedTuple):
    """The settings of an agent.

    Attributes:
        name: Its name: of a script, with its policy if that has another, or of a model with its
            provider.
        chosen: Settings that differ from the defaults and can change what the model does; empty
            for a script, which has none.
        rest: The others that say something.
    """

    name: str
    chosen: str
    rest: str


def settings(spec: Mapping[str, Any]) -> Settings:
    """Put an agent's specification into words, and that of a sub-agent who is another."""
    employee = spec.get("sub_agent")
    if not isinstance(employee, Mapping) or "name" not in employee:
        return _settings(spec)
    own = _settings({key: value for key, value in spec.items() if key != "sub_agent"})
    name, *said = _settings(employee)
    told = [f"sub-agent: {part}" if part else "" for part in said]
    chosen, rest = ("; ".join(filter(None, both)) for both in zip(own[1:], told, strict=True))
    return Settings(f"{own.name} with sub-agent {name}", chosen, rest)


def _settings(spec: Mapping[str, Any]) -> Settings:
    name = str(spec.get("name", ""))
    provider, slash, _ = name.partition("/")
    if not slash:
        policy = spec.get("policy")
        return Settings(f"{name} ({policy})" if policy else name, "", "")
    usual = LOCAL_DEFAULTS if provider == "local" else MODEL_DEFAULTS
    said = {key: value for key, value in spec.items() if key not in ("name", "label")}
    looked_up = {*_UNTELLING, *said.get("by_catalogue", ())}
    chosen = {
        key for key, value in said.items() if key not in looked_up and value != usual.get(key)
    }
    return Settings(
        name,
        _listed({key: said[key] for key in said if key in chosen}),
        _listed({key: said[key] for key in said if key not in chosen}),
    )


def _listed(values: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{key.replace('_', ' ')} {_told(value)}"
        for key, value in values.items()
        if value not in (None, "", [], {})
    )


def _told(value: Any) -> str:
    if isinstance(value, Mapping):
        value = [f"{key.replace('_', ' ')} {part}" for key, part in value.items()]
    return ", ".join(value) if isinstance(value, list) else str(value)
