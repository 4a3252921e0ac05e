"""`tenure new scenario`: a YAML file that says all that a scenario of a job can say."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tenure.envs import jobs
from tenure.errors import UsageError
from tenure.kit.subject import open_project_around
from tenure.scenarios import Scenario, installed_names, load, names
from tenure.scenarios.schema import Limits

_NAME = re.compile(r"[a-z0-9_-]+")
_WIDTH = 98
_BOUNDS = (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than"))
_GENERIC_STEPS = 1_000
_GENERIC_BRIEF = """\
You do the job {job}. Say here what the agent must know: what it is for, what counts at the end,
and what it would cost to find out by trying.

Every step is one tool call. You have {{steps}} calls in all.
"""


def new_scenario(scenario_id: str, parent: Path) -> Path:
    """Write a scenario file for a job, after the job's shortest scenario if it has one.

    Args:
        scenario_id: `job/name`, such as `vending/my-week`; the file is `my-week.yaml`.
        parent: The folder of the file; if it lies in a job's project, that job need not be
            installed.

    Returns:
        The file's path.

    Raises:
        UsageError: If the id does not fit or is taken, there is no such job, or the file exists.
    """
    job_name, _, name = scenario_id.partition("/")
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{scenario_id!r} is not the id of a scenario: write job/name in small letters, digits "
            "and hyphens, such as vending/my-week."
        )
    open_project_around(parent / f"{name}.yaml")
    job = jobs.load(job_name)
    if scenario_id in [*names(), *installed_names()]:
        raise UsageError(f"There is a scenario {scenario_id!r} already; choose another name.")
    path = parent / f"{name}.yaml"
    if path.exists():
        raise UsageError(f"{path} exists already; choose another name or --dir.")
    text = _text(scenario_id, job, _shortest(job_name))
    parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _shortest(job_name: str) -> Scenario | None:
    known = [name for name in [*names(), *installed_names()] if name.startswith(f"{job_name}/")]
    return min(map(load, known), key=lambda scenario: scenario.limits.steps, default=None)


def _text(scenario_id: str, job: jobs.Job, model: Scenario | None) -> str:
    """Return the file's text, with what the model scenario says where there is one."""
    job_name = scenario_id.partition("/")[0]
    brief = model.brief if model else _GENERIC_BRIEF.format(job=job_name)
    steps = model.limits.steps if model else _GENERIC_STEPS
    origin = f"after {model.id} version {model.version}" if model else f"of the job {job_name}"
    lines = [
        f"# A scenario {origin}. Check it with: tenure check FILE",
        f"id: {scenario_id}",
        "version: 1  # raise it whenever a change can affect scores",
        f"title: {_yaml(model.title if model else f'My own scenario of {job_name}')}",
        "# What the agent is told. A name in braces stands for its value; a brace is doubled.",
        *_commented(f"In braces may stand any parameter below, and {', '.join(_computed(job))}."),
        *_block("brief", brief),
        "# A line without its # replaces the default.",
        *_parameters(job.world.Parameters, model.parameters if model else {}),
        "limits:",
        f"  steps: {steps}  # tool calls, faulty ones included",
    ]
    return "\n".join(lines) + "\n"


def _computed(job: jobs.Job) -> list[str]:
    """Return what a brief can name beside parameters: what the job computes, and its limits."""
    limits = [name for name, field in Limits.model_fields.items() if field.is_required()]
    return [f"{{{name}}}" for name in (*job.world.Parameters.model_computed_fields, *limits)]


def _commented(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH - 4)]


def _block(key: str, text: str) -> list[str]:
    """Return a text as a YAML block, line by line."""
    lines = text.rstrip().splitlines()
    return [f"{key}: |", *(f"  {line}".rstrip() for line in lines)]


def _parameters(model: type[BaseModel], values: Mapping[str, Any]) -> Iterator[str]:
    """Yield each parameter with its meaning, its range, and its value or its default."""
    defaults = orjson.loads(model().model_dump_json(round_trip=True))
    yield "parameters:" if values else "parameters: {}  # with a parameter below, without the {}"
    for name, field in model.model_fields.items():
        yield from (f"  {line}" for line in _commented(_meaning(field, defaults[name])))
        value = values.get(name, defaults[name])
        yield f"  {'' if name in values else '# '}{name}: {_yaml(value)}"


def _meaning(field: FieldInfo, default: Any) -> str:
    bounds = [
        f"{words} {getattr(rule, key)}"
        for key, words in _BOUNDS
        for rule in field.metadata
        if getattr(rule, key, None) is not None
    ]
    kind = getattr(field.annotation, "__name__", str(field.annotation))
    facts = ", ".join([kind, *bounds, f"default {_yaml(default)}"])
    said = (field.description or "").rstrip(".")
    return f"{said} ({facts})." if said else f"{facts}."


def _yaml(value: Any) -> str:
    """Return a value on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6)
    return text.removesuffix("\n").removesuffix("\n...")
