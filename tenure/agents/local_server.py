"""Serves one model on 127.0.0.1 until standard input closes: `python -m ... WEIGHTS ALIAS N_CTX`.

It is a process of its own, so that nothing the model does can hold up or bring down the run. Its
parent holds the other end of standard input; however the parent ends, even by SIGKILL, the pipe
closes and this process ends with it.
"""

from __future__ import annotations

import os
import sys

import xllamacpp

_THREADS = 2
_PROMPT_CACHE_MIB = 1_024


def main(weights: str, alias: str, context_tokens: str) -> None:
    """Start the server, print its address as one line, and wait for the parent to go."""
    server = xllamacpp.Server(_parameters(weights, alias, int(context_tokens)))
    print(server.listening_address, flush=True)  # noqa: T201  the parent reads it
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever else is printed belongs in the log
    sys.stdin.buffer.read()
    os._exit(0)  # the server's threads would keep the process alive


def _parameters(weights: str, alias: str, context_tokens: int) -> xllamacpp.CommonParams:
    """Return settings with one slot: requests wait in line.

    A request then has the whole context, and its answer does not depend on what other episodes
    happen to ask at the same time. The cache keeps the prompts of episodes that take turns.
    """
    parameters = xllamacpp.CommonParams()
    parameters.model.path = weights
    parameters.model_alias = {alias}
    parameters.n_ctx = context_tokens
    parameters.n_parallel = 1
    parameters.cache_prompt = True
    parameters.cache_ram_mib = _PROMPT_CACHE_MIB
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
