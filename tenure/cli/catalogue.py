"""`tenure scenarios`, `tenure suites` and `tenure agents`: what there is to choose from."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Collection, Iterator

from tenure.cli.exits import Exit
from tenure.cli.parsing import Parser
from tenure.cli.terminal import remark, say, table
from tenure.errors import UsageError

PRIVILEGED = "privileged: it is told the truth of its seed; for reference, never ranked"

_OF_YOUR_OWN = """\
Agents of your own: --agent my_module:name for a Python function or class, --agent http://... for a
process in any language, `tenure serve-mcp SCENARIO` for a client of the Model Context Protocol."""


def _define_scenarios(_: Parser) -> Callable[[argparse.Namespace], int]:
    return _scenarios


def _define_suites(_: Parser) -> Callable[[argparse.Namespace], int]:
    return _suites


def _define_agents(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.add_argument(
        "scenario", nargs="?", help="id or YAML file, of a suite too; without it, for every job"
    )
    return _agents


COMMANDS = {"scenarios": _define_scenarios, "suites": _define_suites, "agents": _define_agents}


def _scenarios(_: argparse.Namespace) -> int:
    from tenure.envs import jobs
    from tenure.scenarios import installed_names, load, names

    for text in filter(None, map(jobs.clash, jobs.names())):
        remark(text)
    rows = []
    for name in [*names(), *installed_names()]:
        try:
            scenario = load(name)
        except UsageError as error:  # a broken package must not hide the others
            remark(f"{name}: {error}")
            continue
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
    code = _list_known(options)
    remark(_OF_YOUR_OWN)
    return code


def _list_known(options: argparse.Namespace) -> int:
    from tenure.envs import jobs
    from tenure.scenarios import is_suite, load

    if options.scenario and is_suite(options.scenario):
        return _list_shared(options.scenario)
    if options.scenario:
        scenario = load(options.scenario)
        _list_agents(scenario.job_name, without=scenario.job.oracles.keys() - scenario.oracles)
        return Exit.DONE
    for job_name in jobs.names():
        try:
            _list_agents(job_name)
        except UsageError as error:  # as above
            remark(f"{job_name}: {error}")
    _list_providers()
    return Exit.DONE


def _list_providers() -> None:
    """List who serves models, and for whom a key is set; never the key."""
    from tenure.agents.providers.catalogue import load

    rows = []
    for name, service in load(os.environ).items():
        key = service.key_variable
        state = f"{key} is {'set' if os.environ.get(key, '').strip() else 'not set'}" if key else ""
        rows.append((f"  {name}/<model>", service.api, service.base_url or "--base-url", state))
    say("models of any job:\n  local/smollm2-135m")
    say(table(("  <provider>/<model>", "api", "base URL", "key"), rows, left=4))


def _list_shared(suite_name: str) -> int:
    """List the agents that every scenario of a suite knows, then those of each job."""
    from tenure.agents import names, roles
    from tenure.scenarios import load_suite

    scenarios = [entry.load() for entry in load_suite(suite_name).scenarios]
    job_of = {scenario.job_name: scenario.job for scenario in scenarios}
    known = [[*roles(job), *names(job)] for job in job_of.values()]
    say(f"every scenario of {suite_name}:")
    for name in known[0]:
        if all(name in others for others in known):
            say(f"  {name}")
    for job_name in job_of:
        _list_agents(job_name)
    return Exit.DONE


def _list_agents(job_name: str, without: Collection[str] = ()) -> None:
    from tenure.agents import names, roles
    from tenure.envs import jobs

    job = jobs.load(job_name)
    say(f"{job_name}:")
    known = [name for name in names(job) if name not in without]
    for line in _marked(known, roles(job), job.floor, job.oracles):
        say(f"  {line}")


def _marked(
    names: list[str], roles: dict[str, str], floor: str, oracles: Collection[str]
) -> Iterator[str]:
    for name in names:
        also = [role for role, policy in roles.items() if policy == name]
        facts = [f"also: {' and '.join(also)}"] if also else []
        if name == floor:
            facts.append("its score is normalised to 0")
        if name in oracles:
            facts.append(PRIVILEGED)
        yield f"{name}  ({'; '.join(facts)})" if facts else name
