"""Agents: the contract, scripted agents, and LLM agents.

async with staff(AgentSpec(name="shopkeeper"), scenario.job) as hire:
    agent = hire(seed)
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from tenure.agents.contract import Agent, Listener, Turn
from tenure.agents.scripted import OracleAgent, ScriptedAgent
from tenure.agents.spec import AgentSpec
from tenure.envs.delegation import WORKER
from tenure.envs.jobs import Job
from tenure.errors import UsageError, nearest

if TYPE_CHECKING:
    from tenure.agents.network import Network
    from tenure.agents.providers import Provider
    from tenure.agents.voice import Voice

__all__ = [
    "Agent",
    "AgentSpec",
    "Hire",
    "Listener",
    "OracleAgent",
    "Staff",
    "Turn",
    "appoint",
    "looked_up",
    "names",
    "roles",
    "speaking",
    "staff",
]


class Hire(Protocol):
    """Makes one agent for one episode."""

    def __call__(self, seed: int, seat: str = "") -> Agent:
        """Make it.

        Args:
            seed: Of the agent's own chance.
            seat: Where it works, in a world with several seats.
        """


class Staff(Protocol):
    """Makes ready what agents need, as `staff` does."""

    def __call__(
        self, spec: AgentSpec, job: Job, network: Network | None = None
    ) -> AbstractAsyncContextManager[Hire]:
        """Return a context in which agents of that sort are hired."""


_MODELS = ("local/smollm2-135m", "<provider>/<model>")


def names(job: Job) -> list[str]:
    """Return the agents a job can be given to: its policies, privileged scripts, then models."""
    return [*job.policies, *job.oracles, *_MODELS]


def roles(job: Job) -> dict[str, str]:
    """Return the names that every job knows, with the policy that each stands for.

    `floor` is the script whose score is normalised to 0, `best` the last of the job's ladder. A
    policy that a job itself calls so keeps its name.
    """
    known = {"floor": job.floor, "best": list(job.policies)[-1]}
    return {role: policy for role, policy in known.items() if role not in job.policies}


def appoint(spec: AgentSpec, job: Job) -> AgentSpec:
    """Return the spec with what its name stands for in a job, if it is one that every job knows.

    Done once, when a run is planned, so that plan and record say which policy played (a later
    version of the job may have a better one), and whether it was privileged; of a model, which
    endpoint answered, and at what price; and which code an import path led to. The same of a
    sub-agent that is another.

    Raises:
        UsageError: If it is a model of an unknown provider, or an import path leads nowhere.
    """
    if spec.employee:
        return _appointed(spec, job).employing(_appointed(spec.employee, job))
    return _appointed(spec, job)


def _appointed(spec: AgentSpec, job: Job) -> AgentSpec:
    if spec.kind == "python":
        from tenure.agents.python import origin

        return spec.model_copy(update=origin(spec.name)._asdict())
    oracle = spec.name in job.oracles
    appointed = spec.model_copy(update={"policy": roles(job).get(spec.name), "oracle": oracle})
    return looked_up(appointed)


def looked_up(spec: AgentSpec, providers: str | None = None) -> AgentSpec:
    """Return a model's spec with what the catalogue says of its provider today.

    Args:
        spec: Of any agent; all but models stay as they are, and so do settled ones.
        providers: A file with more providers, instead of what TENURE_PROVIDERS names.

    Raises:
        UsageError: If the provider is unknown, or its settings do not fit.
    """
    if not spec.is_model or spec.provider == "local":
        return spec
    from tenure.agents.providers.catalogue import load, settle

    today = datetime.now(UTC).date()
    return settle(spec, load(os.environ, providers), os.environ, today)


@asynccontextmanager
async def staff(spec: AgentSpec, job: Job, network: Network | None = None) -> AsyncIterator[Hire]:
    """Make ready what agents need, such as the server of a local model, and stop it afterwards.

    Args:
        spec: Which agent.
        job: Where it is to work.
        network: Carries what it asks of others; with none, it gets one of its own.

    Yields:
        A function that makes one agent for one episode, given the agent's own seed.

    Raises:
        UsageError: On entering, if there is no such agent, a key is missing, or something is to be
            installed first; the message says how to mend it.
        ProviderError: On entering, if a local server does not start.
    """
    if network is None:
        async with _own_network() as own, staff(spec, job, own) as hire:
            yield hire
    elif spec.employee and not _shares_server(spec):
        async with (
            staff(spec.employing(None), job, network) as employer,
            staff(spec.employee, job, network) as employee,
        ):
            yield _by_seat(employer, employee)
    elif spec.is_script:
        yield _scripted(spec, job)
    elif spec.is_model:
        async with _providing(spec, network) as provider:
            yield _model(spec, provider)
    elif spec.kind == "python":
        yield _imported(spec)
    elif spec.kind == "http":
        yield _over_http(spec, network)
    else:
        raise _unknown(spec, job)


def _shares_server(spec: AgentSpec) -> bool:
    """Whether it and its sub-agent are the same embedded model, which one server answers for."""
    return spec.provider == "local" and all(one.name == spec.name for one in spec.crew)


def _by_seat(employer: Hire, employee: Hire) -> Hire:
    def hire(seed: int, seat: str = "") -> Agent:
        return employee(seed, seat) if seat == WORKER else employer(seed, seat)

    return hire


def _own_network() -> Network:
    from tenure.agents.network import Network

    return Network()


def _scripted(spec: AgentSpec, job: Job) -> Hire:
    """Return what hires a job's script, or an oracle.

    Raises:
        UsageError: If the job has none of that name.
    """
    name = spec.policy or spec.name
    if name in job.policies:
        return lambda seed, seat="": ScriptedAgent(name, job.script(name, seat), seed)
    if name in job.oracles:
        return lambda seed, seat="": _oracle(job, name, seed, seat)
    raise _unknown(spec, job)


def _imported(spec: AgentSpec) -> Hire:
    from tenure.agents.python import PythonAgent, find

    target = find(spec.name)

    def hire(seed: int, seat: str = "") -> Agent:  # noqa: ARG001  it is told its role
        return PythonAgent(spec, target, seed)

    return hire


def _over_http(spec: AgentSpec, network: Network) -> Hire:
    from tenure.agents.http import HttpAgent

    def hire(seed: int, seat: str = "") -> Agent:  # noqa: ARG001  it is told its role
        return HttpAgent(spec, network, seed)

    return hire


def _unknown(spec: AgentSpec, job: Job) -> UsageError:
    if spec.kind == "human":
        return UsageError(f"{spec.name} is a person, who plays with `tenure play`; name a script.")
    name = spec.policy or spec.name
    if spec.kind == "mcp":
        return UsageError(f"{name} comes from outside: `tenure serve-mcp SCENARIO` lets it play.")
    return UsageError(f"There is no agent {name!r}. {nearest(name, [*names(job), *roles(job)])}")


def _oracle(job: Job, name: str, seed: int, seat: str) -> Agent:
    """Return a privileged script, or the helper that works for it in a seat."""
    if seat in job.crew:
        return ScriptedAgent(name, job.crew[seat], seed)
    return OracleAgent(name, job.oracles[name], seed)


@asynccontextmanager
async def speaking(
    spec: AgentSpec, network: Network | None = None
) -> AsyncIterator[Callable[[int], Voice]]:
    """Make ready the model that words what counterparts say, and stop it afterwards.

    Yields:
        A function that makes the voice of one episode, given a seed.

    Raises:
        UsageError: On entering, if it is no model, a key is missing, or something is to be
            installed first.
        ProviderError: On entering, if a local server does not start.
    """
    from tenure.agents.voice import Voice

    if not spec.is_model:
        raise UsageError(f"A voice is a model, such as {' or '.join(_MODELS)}, not {spec.name!r}.")
    if network is None:
        async with _own_network() as own, speaking(spec, own) as voice:
            yield voice
    else:
        async with _providing(spec, network) as provider:
            yield lambda seed: Voice(provider(spec, seed))


@asynccontextmanager
async def _providing(
    spec: AgentSpec, network: Network
) -> AsyncIterator[Callable[[AgentSpec, int], Provider]]:
    """Make ready a model; yields what makes its provider for one episode, or a seat of it."""
    if spec.provider == "local":
        from tenure.agents.local import serve

        async with serve(spec.model) as server:
            yield server.provider
    else:
        yield _remote(looked_up(spec), network)


def _remote(spec: AgentSpec, network: Network) -> Callable[[AgentSpec, int], Provider]:
    from tenure.agents.providers import connect
    from tenure.agents.providers.catalogue import key_of

    key = key_of(spec, os.environ)
    base_url = spec.base_url or ""

    def provider(spec: AgentSpec, seed: int) -> Provider:
        return connect(spec, base_url, key, network=network, agent_seed=seed)

    return provider


def _model(spec: AgentSpec, provider: Callable[[AgentSpec, int], Provider]) -> Hire:
    from tenure.agents.llm import LLMAgent

    def hire(seed: int, seat: str = "") -> Agent:
        own = spec.in_seat(seat)
        return LLMAgent(own, provider(own, seed))

    return hire
