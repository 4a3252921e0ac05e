"""`tenure serve-mcp`: let a client of the Model Context Protocol play, and score what it did."""

from __future__ import annotations

import argparse
import asyncio
import os
import shlex
import signal
import socket
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tenure import __version__
from tenure.cli.exits import Exit
from tenure.cli.parsing import Parser, choice, whole_number
from tenure.cli.terminal import remark, say
from tenure.errors import UsageError

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

    from tenure.agents.mcp import Desk
    from tenure.agents.relay import Reception
    from tenure.runner.inline import Failure
    from tenure.scenarios import Scenario
    from tenure.scoring.manifest import Manifest

_GONE = "The client has gone."
_EPILOG = """\
Over standard input and output one client plays one episode, the first of the plan that is not over;
started again, the same command goes on where it was left. Over HTTP each session takes the next
episode, and the command ends when all are over. What is played is recorded and scored as in
`tenure run`, under the agent mcp/NAME.

examples:
  claude mcp add tenure -- tenure serve-mcp vending/week --as claude-code
  tenure serve-mcp vending/week --transport http --port 8000 --episodes 5
"""


def _define(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.epilog = _EPILOG
    parser.add_argument("scenario", help="id of a built-in scenario, or path of a YAML file")
    parser.add_argument(
        "--as", dest="name", metavar="NAME", default="client", help="who plays, in records (client)"
    )
    parser.add_argument(
        "--transport",
        metavar="T",
        type=choice("stdio", "http"),
        default="stdio",
        help="stdio or http (stdio)",
    )
    parser.add_argument("--host", metavar="H", default="127.0.0.1", help="for http (127.0.0.1)")
    parser.add_argument(
        "--port", metavar="P", type=whole_number(0), default=8000, help="for http (8000)"
    )
    parser.add_argument(
        "--episodes", metavar="N", type=whole_number(1), default=1, help="how many seeds (1)"
    )
    parser.add_argument(
        "--seed", metavar="S", type=whole_number(0), default=1, help="the first seed (1)"
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="the run's folder (one that follows from the plan)"
    )
    parser.add_argument(
        "--max-steps", metavar="N", type=whole_number(1), help="a lower limit than the scenario's"
    )
    return _serve


COMMANDS = {"serve-mcp": _define}


class _Plan(NamedTuple):
    """What is served.

    Attributes:
        open: How many episodes are not over.
    """

    scenario: Scenario
    manifest: Manifest
    folder: Path
    open: int


def _serve(options: argparse.Namespace) -> int:
    _check_installed()
    plan = _plan(options)
    try:
        result = asyncio.run(_played(options, plan)) if plan.open else _scored(plan.folder, [])
    except KeyboardInterrupt:
        remark(
            f"Interrupted. What was played is kept in {plan.folder}; to go on:\n  {options.line}"
        )
        return Exit.INTERRUPTED
    return _tell(options, result)


def _check_installed() -> None:
    from importlib.util import find_spec

    if find_spec("mcp") is None or find_spec("mcp_types") is None:
        raise UsageError("`tenure serve-mcp` needs the extra `mcp`: pip install 'tenure[mcp]'")


def _plan(options: argparse.Namespace) -> _Plan:
    from tenure.agents.spec import AgentSpec
    from tenure.runner.episode import is_complete
    from tenure.runner.plan import (
        assignments,
        check_folder,
        default_folder,
        draw_up,
        with_step_limit,
    )
    from tenure.scenarios import load

    scenario = load(options.scenario)
    _check_seats(scenario)
    if options.max_steps is not None:
        scenario = with_step_limit(scenario, options.max_steps)
    seeds = range(options.seed, options.seed + options.episodes)
    manifest = draw_up(scenario, [AgentSpec(name=f"mcp/{options.name}")], seeds)
    folder: Path = options.out or default_folder(manifest)
    check_folder(folder, manifest)
    open_episodes = [one for one in assignments(folder, manifest) if not is_complete(one.path)]
    return _Plan(scenario, manifest, folder, len(open_episodes))


def _check_seats(scenario: Scenario) -> None:
    """See that one client can play it.

    Raises:
        UsageError: If it has several seats.
    """
    if scenario.job.is_contest or scenario.delegation or scenario.make_world(1).seat:
        raise UsageError(
            f"{scenario.id} has several seats, and an MCP client plays one. Serve a scenario of"
            " one agent, such as vending/week; for the others use `tenure run` with an agent of"
            " your own by import path or over HTTP."
        )


class _Result(NamedTuple):
    """What came of it; `summary` is the table, `report` the report's path."""

    failures: Sequence[Failure]
    summary: str
    report: Path


def _scored(folder: Path, failures: Sequence[Failure]) -> _Result:
    from tenure.cli.marks import conclude, summary

    scorecard, report = conclude(folder)
    return _Result(failures, summary(scorecard), report)


async def _played(options: argparse.Namespace, plan: _Plan) -> _Result:
    """Play the plan with whoever comes, and score it as soon as it is over."""
    from tenure.agents.mcp import Desk, Face
    from tenure.agents.relay import Reception
    from tenure.cli.progress import watching
    from tenure.runner.run import run

    reception = Reception()
    is_stdio = options.transport == "stdio"
    desk = Desk(reception, plan.open, shared=is_stdio or options.episodes == 1)
    toolbox = plan.scenario.make_world(options.seed).offered
    server = Face(desk, plan.scenario.briefing, toolbox).server("tenure", __version__)
    with watching(options.episodes, quiet=False) as watcher:
        playing = run(
            plan.folder,
            plan.manifest,
            watcher,
            concurrency=1 if is_stdio else options.episodes,
            staffing=reception.staff,
        )
        scoring = asyncio.create_task(_scored_in_time(plan.folder, playing))
        try:
            if is_stdio:
                await _over_stdio(options, server, reception)
            else:
                await _over_http(options, server, desk, scoring)
            return await scoring
        finally:
            scoring.cancel()


async def _scored_in_time(folder: Path, playing: Coroutine[Any, Any, list[Failure]]) -> _Result:
    """Play, then score at once: a client may be there still, and kill us soon after it leaves."""
    failures = await playing
    return await asyncio.to_thread(_scored, folder, failures)


async def _over_stdio(
    options: argparse.Namespace, server: Server[Any], reception: Reception
) -> None:
    """Serve the client that started us, until it leaves."""
    from tenure.agents.mcp import serve_stdio

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
    options: argparse.Namespace, server: Server[Any], desk: Desk, scoring: asyncio.Task[_Result]
) -> None:
    """Serve whoever comes until all episodes are over."""
    from tenure.agents.mcp import PATH, serving_http

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


def _tell(options: argparse.Namespace, result: _Result) -> int:
    """Print the table, and what is unfinished; standard output may be the client's."""
    tell = remark if options.transport == "stdio" else say
    tell(f"{result.summary}\n\n{result.report}")
    for failure in result.failures:
        remark(f"tenure: {failure.sentence}")
    if any(failure.damaged for failure in result.failures):
        return Exit.INVALID
    if result.failures:
        remark(f"To go on:\n  {options.line}")
    return Exit.UNFINISHED if result.failures else Exit.DONE
