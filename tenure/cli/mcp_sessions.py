"""An episode, or several, with clients of the Model Context Protocol: played, then scored."""

from __future__ import annotations

import argparse
import asyncio
import os
import shlex
import signal
import socket
from collections.abc import Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tenure import __version__
from tenure.agents.mcp import PATH, Desk, Face, serve_stdio, serving_http
from tenure.agents.relay import Reception
from tenure.cli.exits import Exit
from tenure.cli.progress import watching
from tenure.cli.terminal import remark
from tenure.runner.inline import play_here
from tenure.runner.run import Conditions, run

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

    from tenure.runner.inline import Failure
    from tenure.scenarios import Scenario
    from tenure.scoring.manifest import Manifest

_GONE = "The client has gone."


class Plan(NamedTuple):
    """What is served.

    Attributes:
        open: How many episodes are not over.
    """

    scenario: Scenario
    manifest: Manifest
    folder: Path
    open: int


class Result(NamedTuple):
    """What came of it; `summary` is the table, `report` the report's path."""

    failures: Sequence[Failure]
    summary: str
    report: Path


def scored(folder: Path, failures: Sequence[Failure]) -> Result:
    """Score what was played, and write its scorecard and report."""
    from tenure.cli.marks import conclude, summary

    scorecard, report = conclude(folder)
    return Result(failures, summary(scorecard), report)


async def played(options: argparse.Namespace, plan: Plan) -> Result:
    """Play the plan with whoever comes, and score it as soon as it is over."""
    reception = Reception()
    is_stdio = options.transport == "stdio"
    desk = Desk(reception, plan.open, shared=is_stdio or options.episodes == 1)
    toolbox = plan.scenario.make_world(options.seed).offered
    server = Face(desk, plan.scenario.briefing, toolbox).server("tenure", __version__)
    with watching(options.episodes, quiet=False) as watcher:
        conditions = Conditions(
            concurrency=1 if is_stdio else options.episodes,
            place=partial(play_here, staffing=reception.staff),
        )
        playing = run(plan.folder, plan.manifest, watcher, conditions)
        scoring = asyncio.create_task(_scored_in_time(plan.folder, playing, reception))
        try:
            if is_stdio:
                await _over_stdio(options, server, reception)
            else:
                await _over_http(options, server, desk, scoring)
            return await scoring
        finally:
            scoring.cancel()


async def _scored_in_time(
    folder: Path, playing: Coroutine[Any, Any, list[Failure]], reception: Reception
) -> Result:
    """Play, then score at once: a client may be there still, and kill us soon after it leaves."""
    failures: list[Failure] = []
    try:
        failures = await playing
    finally:
        reception.close(failures[0].sentence if failures else "There is nothing more to play.")
    return await asyncio.to_thread(scored, folder, failures)


async def _over_stdio(
    options: argparse.Namespace, server: Server[Any], reception: Reception
) -> None:
    """Serve the client that started us, until it leaves."""
    _introduce_stdio(options)
    for number in (signal.SIGINT, signal.SIGTERM):  # reading standard input cannot be cancelled
        asyncio.get_running_loop().add_signal_handler(number, _stop, options, reception)
    await serve_stdio(server)
    reception.close(_GONE)


def _stop(options: argparse.Namespace, reception: Reception) -> None:
    """End at once, unless all is played: each step is on disk before the client hears of it."""
    if reception.over:
        return
    remark(f"Interrupted. What was played is kept; to go on:\n  {options.line}")
    os._exit(Exit.INTERRUPTED)


async def _over_http(
    options: argparse.Namespace, server: Server[Any], desk: Desk, scoring: asyncio.Task[Result]
) -> None:
    """Serve whoever comes until all episodes are over."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listener = socket.create_server((options.host, options.port), family=family)
    host = f"[{options.host}]" if ":" in options.host else options.host
    _introduce_http(f"http://{host}:{listener.getsockname()[1]}{PATH}")
    async with serving_http(server, desk, listener):
        await asyncio.wait({scoring})


def _introduce_stdio(options: argparse.Namespace) -> None:
    command, *arguments = shlex.split(options.line)
    remark(f"Serving {options.scenario} over standard input and output. A client is told of it by")
    remark(_configuration({"command": command, "args": arguments}))


def _introduce_http(url: str) -> None:
    remark(f"Serving at {url} until all episodes are over. A client is told of it by")
    remark(_configuration({"type": "http", "url": url}))


def _configuration(server: dict[str, Any]) -> str:
    import orjson

    return f"  {orjson.dumps({'mcpServers': {'tenure': server}}).decode()}"
