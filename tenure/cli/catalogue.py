"""`tenure scenarios`, `tenure suites` and `tenure agents`: what there is to choose from."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

from tenure.cli.exits import Exit
from tenure.cli.parsing import Parser
from tenure.cli.terminal import say, table


def _define_scenarios(_: Parser) -> Callable[[argparse.Namespace], int]:
    return _scenarios


def _define_suites(_: Parser) -> Callable[[argparse.Namespace], int]:
    return _suites


def _define_agents(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.add_argument("scenario", nargs="?", help="id or YAML file; without it, for every job")
    return _agents


COMMANDS = {"scenarios": _define_scenarios, "suites": _define_suites, "agents": _define_agents}


def _scenarios(_: argparse.Namespace) -> int:
    from tenure.scenarios import load, names

    rows = []
    for name in names():
        scenario = load(name)
        rows.append((name, scenario.title, str(scenario.version), f"{scenario.limits.steps:,}"))
    say(table(("scenario", "title", "version", "steps"), rows, left=2))
    return Exit.DONE


def _suites(_: argparse.Namespace) -> int:
    from tenure.scenarios import load_suite, suite_names

    rows = []
    for name in suite_names():
        suite = load_suite(name)
        episodes = [f"{len(suite.seeds(entry))} of {entry.scenario}" for entry in suite.scenarios]
        rows.append((name, suite.title, ", ".join(episodes), str(suite.version)))
    say(table(("suite", "title", "episodes an agent", "version"), rows, left=3))
    return Exit.DONE


def _agents(options: argparse.Namespace) -> int:
    from tenure.agents import names, roles
    from tenure.envs import jobs
    from tenure.scenarios import load

    chosen = [load(options.scenario).job_name] if options.scenario else jobs.names()
    for job_name in chosen:
        job = jobs.load(job_name)
        say(f"{job_name}:")
        for line in _marked(names(job), roles(job), job.floor):
            say(f"  {line}")
    return Exit.DONE


def _marked(names: list[str], roles: dict[str, str], floor: str) -> Iterator[str]:
    for name in names:
        also = [role for role, policy in roles.items() if policy == name]
        facts = [f"also: {' and '.join(also)}"] if also else []
        if name == floor:
            facts.append("its score is normalised to 0")
        yield f"{name}  ({'; '.join(facts)})" if facts else name
