"""Providers: models behind any endpoint that speaks one of four APIs, over httpx.

`contract` says what a provider is, `endpoint` is one of any API, the modules `chat`, `responses`,
`messages` and `gemini` are the dialects of the APIs (`openai` is what the first two share), and
`catalogue` knows who serves what.
"""

from __future__ import annotations

from tenure.agents.network import Network
from tenure.agents.providers.contract import (
    Answer,
    ContextTooLong,
    Dialect,
    Finish,
    Provider,
    Reply,
    Usage,
    total_cost_usd,
    total_usage,
)
from tenure.agents.providers.endpoint import Endpoint
from tenure.agents.spec import AgentSpec

__all__ = [
    "Answer",
    "ContextTooLong",
    "Dialect",
    "Endpoint",
    "Finish",
    "Provider",
    "Reply",
    "Usage",
    "connect",
    "dialect_of",
    "total_cost_usd",
    "total_usage",
]


def connect(
    spec: AgentSpec,
    base_url: str,
    key: str = "",
    *,
    network: Network,
    seed: int | None = None,
    cache_key: str = "",
) -> Endpoint:
    """Return the provider of a model; Chat Completions if the specification names no API.

    Args:
        spec: The model and what is asked of it.
        base_url: The endpoint.
        key: Secret that authorises; empty for none.
        network: Carries the requests; it is not closed with the provider.
        seed: Sent with every request, or `None`.
        cache_key: Tells the provider which requests begin alike.
    """
    dialect = dialect_of(spec, seed=seed, cache_key=cache_key)
    return Endpoint(spec, dialect, base_url, key, network=network)


def dialect_of(spec: AgentSpec, *, seed: int | None = None, cache_key: str = "") -> Dialect:
    """Return how a model's API is spoken; Chat Completions if the specification names none."""
    if spec.api == "messages":
        from tenure.agents.providers.messages import Messages

        return Messages(spec)
    if spec.api == "gemini":
        from tenure.agents.providers.gemini import Gemini

        return Gemini(spec, seed)
    if spec.api == "responses":
        from tenure.agents.providers.responses import Responses

        return Responses(spec, cache_key)
    from tenure.agents.providers.chat import Chat

    return Chat(spec, seed, cache_key)
