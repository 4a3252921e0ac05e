"""Serves one model on 127.0.0.1 until standard input closes.

    python -m tenure.agents.local_server WEIGHTS ALIAS SLOTS CONTEXT_TOKENS

It is a process of its own, so that nothing the model does can hold up or bring down the run. Its
parent holds the other end of standard input; however the parent ends, even by SIGKILL, the pipe
closes and this process ends with it.
"""

from __future__ import annotations

import os
import sys

import xllamacpp

_THREADS = 2


def main(weights: str, alias: str, slots: str, context_tokens: str) -> None:
    """Start the server, print its address as one line, and wait for the parent to go."""
    server = xllamacpp.Server(_parameters(weights, alias, int(slots), int(context_tokens)))
    print(server.listening_address, flush=True)  # noqa: T201  the parent reads it
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever else is printed belongs in the log
    sys.stdin.buffer.read()
    os._exit(0)  # the server's threads would keep the process alive


def _parameters(
    weights: str, alias: str, slots: int, context_tokens: int
) -> xllamacpp.CommonParams:
    """Return settings with a whole context and a prompt cache of its own for each slot."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path = weights
    parameters.model_alias = {alias}
    parameters.n_parallel = slots
    parameters.n_ctx = slots * context_tokens
    parameters.kv_unified = False
    parameters.cache_prompt = True
    parameters.cache_ram_mib = 0
    parameters.cache_idle_slots = False
    parameters.cpuparams.n_threads = _THREADS
    parameters.cpuparams_batch.n_threads = _THREADS
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.ui = False
    parameters.warmup = False
    parameters.verbosity = 1
    return parameters


if __name__ == "__main__":
    main(*sys.argv[1:])
