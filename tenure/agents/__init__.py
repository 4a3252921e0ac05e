"""Agents: the contract, scripted agents, and LLM agents.

async with staff(AgentSpec(name="shopkeeper"), scenario.job) as hire:
    agent = hire(seed)
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tenure.agents.contract import Agent, Turn
from tenure.agents.scripted import ScriptedAgent
from tenure.agents.spec import AgentSpec, check_base_url
from tenure.envs.jobs import Job
from tenure.errors import UsageError, nearest

__all__ = ["Agent", "AgentSpec", "Turn", "names", "staff"]

Hire = Callable[[int], Agent]
"""Makes one agent for one episode, given the agent's own seed."""

_MODELS = ("local/smollm2-135m", "openai/<model>")


def names(job: Job) -> list[str]:
    """Return the agents a job can be given to: its policies, then models."""
    return [*job.policies, *_MODELS]


@asynccontextmanager
async def staff(spec: AgentSpec, job: Job) -> AsyncIterator[Hire]:
    """Make ready what agents need, such as the server of a local model, and stop it afterwards.

    Yields:
        A function that makes one agent for one episode, given the agent's own seed.

    Raises:
        UsageError: On entering, if there is no such agent, a key is missing, or something is to be
            installed first; the message says how to mend it.
        ProviderError: On entering, if a local server does not start.
    """
    if spec.provider == "" and spec.name in job.policies:
        policy = job.policies[spec.name]
        yield lambda seed: ScriptedAgent(spec.name, policy, seed)
    elif spec.provider == "openai" and spec.model:
        yield _remote(spec)
    elif spec.provider == "local":
        from tenure.agents.local import serve

        async with serve(spec.model) as base_url:
            yield _model_behind(spec, base_url)
    else:
        raise UsageError(f"There is no agent {spec.name!r}. {nearest(spec.name, names(job))}")


def _remote(spec: AgentSpec) -> Hire:
    from tenure.agents.providers import OPENAI_BASE_URL

    base_url = spec.base_url or _base_url_from_environment() or OPENAI_BASE_URL
    key = _key_from_environment()
    if not key and base_url == OPENAI_BASE_URL:
        raise UsageError(
            f"{spec.name} needs a key: set OPENAI_API_KEY,"
            " or name an endpoint of your own with --base-url or OPENAI_BASE_URL."
        )
    return _model_behind(spec, base_url, key)


def _base_url_from_environment() -> str:
    try:
        return check_base_url(os.environ["OPENAI_BASE_URL"])
    except KeyError:
        return ""
    except ValueError as error:
        raise UsageError(f"OPENAI_BASE_URL does not fit: {error}.") from None


def _key_from_environment() -> str:
    key = os.environ.get("OPENAI_API_KEY", "").strip()
    if any(not "!" <= character <= "~" for character in key):
        raise UsageError("OPENAI_API_KEY holds characters that no key has; paste it again.")
    return key


def _model_behind(spec: AgentSpec, base_url: str, key: str = "") -> Hire:
    from tenure.agents.llm import LLMAgent
    from tenure.agents.providers import ChatCompletions

    def hire(seed: int) -> Agent:
        request_seed = None if spec.request_seed is None else (spec.request_seed + seed) % 2**31
        near = spec.provider == "local"
        provider = ChatCompletions(spec, base_url, key, seed=request_seed, trust_env=not near)
        return LLMAgent(spec, provider)

    return hire
