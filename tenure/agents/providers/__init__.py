"""Providers: models behind any endpoint that speaks one of four APIs, over httpx.

`contract` says what a provider is, `endpoint` is one of any API, the modules `chat`, `responses`,
`messages` and `gemini` are the dialects of the APIs (`openai` is what the first two share), and
`catalogue` knows who serves what.
"""

from __future__ import annotations

from hashlib import blake2b

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
    agent_seed: int | None = None,
) -> Endpoint:
    """Return the provider of a model; Chat Completions if the specification names no API.

    Args:
        spec: The model and what is asked of it.
        base_url: The endpoint.
        key: Secret that authorises; empty for none.
        network: Carries the requests; it is not closed with the provider.
        agent_seed: The seed of the agent's own chance; `None` for an agent without.
    """
    return Endpoint(spec, dialect_of(spec, agent_seed), base_url, key, network=network)


def dialect_of(spec: AgentSpec, agent_seed: int | None = None) -> Dialect:
    """Return how a model's API is spoken; Chat Completions if the specification names none.

    Args:
        spec: The model and what is asked of it.
        agent_seed: The seed of the agent's own chance. Requests have a seed that follows from it if
            the specification has one, and a name for the provider's cache. `None` for neither.
    """
    seed, cache_key = _request_seed(spec, agent_seed), _cache_key(spec, agent_seed)
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


def _request_seed(spec: AgentSpec, agent_seed: int | None) -> int | None:
    if spec.request_seed is None or agent_seed is None:
        return None
    return (spec.request_seed + agent_seed) % 2**31


def _cache_key(spec: AgentSpec, agent_seed: int | None) -> str:
    """Return what tells a provider which requests begin alike; empty for nothing."""
    if agent_seed is None:
        return ""
    return blake2b(f"{spec.label} {agent_seed}".encode(), digest_size=8).hexdigest()
