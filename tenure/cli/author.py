"""`tenure new` and `tenure check`: for authors of jobs and scenarios."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenure.cli.exits import Exit
from tenure.cli.parsing import Parser, choice, whole_number
from tenure.cli.terminal import say

if TYPE_CHECKING:
    from tenure.kit.checks import Case
    from tenure.kit.diagnosis import Finding

_SEEDS = 10
_FEWEST_SEEDS = 5
"""Over fewer, a mean says little: who replays a seed may have hit a similar one."""

_INDENT = " " * 20


def _define_new(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.add_argument("kind", type=choice("job", "scenario"), help="job or scenario")
    parser.add_argument("name", help="the job's name (bakery), or job/scenario (vending/my-week)")
    parser.add_argument(
        "--dir", type=Path, default=Path(), help="where the folder or file is made; default: here"
    )
    return _new


def _define_check(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.add_argument(
        "target", help="a job's name, the folder of a job's project, or a scenario's YAML file"
    )
    parser.add_argument(
        "--scenario", default="", metavar="ID", help="what is played; default: the fewest steps"
    )
    parser.add_argument(
        "--seeds",
        type=whole_number(_FEWEST_SEEDS),
        default=_SEEDS,
        help=f"how many worlds; default: {_SEEDS}",
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument(
        "--write-golden",
        action="store_true",
        help="if all else holds, record in golden.json what the scenarios lead to",
    )
    return _check


COMMANDS = {"new": _define_new, "check": _define_check}


def _new(options: argparse.Namespace) -> int:
    from tenure.kit.job_template import new_job
    from tenure.kit.scenario_template import new_scenario

    if options.kind == "job":
        folder = new_job(options.name, options.dir)
        say(f"{folder} is a job of its own: a bakery to make yours. Next:")
        say(f"  tenure check {folder}        # after every change")
        say(f"  pip install --editable {folder}")
        say(f"  tenure run {options.name}/week --agent naive --agent baker --episodes 5")
    else:
        path = new_scenario(options.name, options.dir)
        _say_next(path, options.name)
    return Exit.DONE


def _say_next(path: Path, scenario_id: str) -> None:
    """Say what to do with a new scenario: a job's own one is known by its id and has hashes."""
    from tenure.kit.subject import project_of

    project, name = project_of(path), str(path)
    say(f"{path} is a scenario of your own. Edit it, then:")
    if project:
        name = scenario_id
        say(f"  tenure check {os.path.relpath(project)} --scenario {name} --write-golden")
    else:
        say(f"  tenure check {path}")
    say(f"  tenure run {name} --agent floor --agent best --episodes 5")


def _check(options: argparse.Namespace) -> int:
    from tenure.errors import UsageError
    from tenure.kit.checks import case_of
    from tenure.kit.diagnosis import findings
    from tenure.kit.subject import find

    reports = []
    for subject in find(options.target):
        if options.write_golden and subject.folder is None:
            raise UsageError("--write-golden is for a job, not for a scenario alone.")
        case = case_of(subject, options.scenario, options.seeds)
        found = findings(case, write_golden=options.write_golden)
        reports.append(_report(case, found, quiet=options.json))
    if options.json:
        say(json.dumps(reports if len(reports) > 1 else reports[0], indent=2))
    return Exit.DONE if all(report["ok"] for report in reports) else Exit.INVALID


def _report(case: Case, findings: Iterable[Finding], *, quiet: bool) -> dict[str, Any]:
    """Print each finding as soon as it is there, and return them all."""
    if not quiet:
        say(f"{case.subject.job_name}, played in {case.scenario.id} on {len(case.seeds)} seeds:")
    found = []
    for finding in findings:
        found.append(finding)
        if not quiet:
            _say_finding(finding)
    ok = all(finding.ok for finding in found)
    if not quiet:
        say("All checks passed." if ok else _summary(found))
    return {
        "job": case.subject.job_name,
        "scenario": case.scenario.id,
        "seeds": list(case.seeds),
        "ok": ok,
        "checks": [finding._asdict() for finding in found],
    }


def _say_finding(finding: Finding) -> None:
    mark = "ok" if finding.ok else "--" if finding.see else "FAILED"
    text = finding.text.replace("\n", f"\n{_INDENT}")
    say(f"{mark:<7} {finding.check:<12}{text}")
    if finding.advice:
        say(f"{_INDENT}What to do: {finding.advice}")
    sys.stdout.flush()


def _summary(found: Sequence[Finding]) -> str:
    unknown = sum(bool(finding.see) for finding in found)
    broken = sum(not finding.ok for finding in found) - unknown
    rest = f", and {unknown} could not be made" if unknown else ""
    return f"{broken} of {len(found)} checks failed{rest}."
