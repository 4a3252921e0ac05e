"""`tenure serve-mcp`: let a client of the Model Context Protocol play, and score what it did."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tenure.cli.exits import Exit
from tenure.cli.parsing import Parser, choice, whole_number
from tenure.cli.places import local_path
from tenure.cli.terminal import remark, say
from tenure.errors import UsageError

if TYPE_CHECKING:
    from tenure.cli.mcp_sessions import Plan, Result
    from tenure.scenarios import Scenario

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
        "--out",
        metavar="DIR",
        type=local_path,
        help="the run's folder (one that follows from the plan)",
    )
    parser.add_argument(
        "--max-steps", metavar="N", type=whole_number(1), help="a lower limit than the scenario's"
    )
    return _serve


COMMANDS = {"serve-mcp": _define}


def _serve(options: argparse.Namespace) -> int:
    _check_installed()
    import asyncio

    from tenure.cli.mcp_sessions import played, scored

    plan = _plan(options)
    try:
        result = asyncio.run(played(options, plan)) if plan.open else scored(plan.folder, [])
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


def _plan(options: argparse.Namespace) -> Plan:
    from tenure.agents.spec import AgentSpec
    from tenure.cli.mcp_sessions import Plan
    from tenure.runner.episode import is_complete
    from tenure.runner.plan import (
        assignments,
        check_folder,
        default_folder,
        draw_up,
        with_limits,
    )
    from tenure.scenarios import load

    scenario = load(options.scenario)
    _check_seats(scenario)
    if options.max_steps is not None:
        scenario = with_limits(scenario, {"steps": options.max_steps})
    seeds = range(options.seed, options.seed + options.episodes)
    manifest = draw_up(scenario, [AgentSpec(name=f"mcp/{options.name}")], seeds)
    folder: Path = options.out or default_folder(manifest)
    check_folder(folder, manifest)
    open_episodes = [one for one in assignments(folder, manifest) if not is_complete(one.path)]
    return Plan(scenario, manifest, folder, len(open_episodes))


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


def _tell(options: argparse.Namespace, result: Result) -> int:
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
