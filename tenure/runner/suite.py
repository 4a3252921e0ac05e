"""The plan of a suite: a run of each scenario, below one folder."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tenure.agents import names, roles
from tenure.agents.spec import AgentSpec
from tenure.envs.memory import Kind
from tenure.errors import UsageError, nearest
from tenure.runner.episode import Assignment
from tenure.runner.plan import (
    assignments,
    check_free,
    check_same,
    contents_of,
    draw_up,
    folder_for,
    locked,
    settled,
    with_limits,
    with_memory,
    write_if_new,
)
from tenure.scenarios import Scenario, Suite
from tenure.scenarios.suite import Entry
from tenure.scoring.manifest import SUITE_FILE_NAME, Manifest
from tenure.scoring.suite import SuiteManifest


def draw_up_suite(
    suite: Suite,
    agents: Sequence[AgentSpec],
    *,
    episodes: int | None = None,
    seed: int | None = None,
    limits: Mapping[str, float] | None = None,
    memory: Collection[Kind] | None = None,
) -> SuiteManifest:
    """Plan each agent's episodes in each scenario of a suite.

    Args:
        suite: The suite.
        agents: Who works in all of its scenarios.
        episodes: How many seeds, in place of what the suite says.
        seed: The first seed, likewise.
        limits: Lower limits for every scenario, by name; that of steps in place of its entry's.
        memory: Kinds of memory tools in place of what each scenario says.

    Raises:
        UsageError: If an agent is unknown to one of the jobs, two agents would share a label, or
            a limit would be raised.
    """
    overrides = {"episodes": episodes, "seed": seed}
    given = {name: value for name, value in overrides.items() if value is not None}
    entries = [entry.model_copy(update=given) for entry in suite.scenarios]
    return SuiteManifest(
        id=suite.id,
        suite_version=suite.version,
        title=suite.title,
        runs=[_draw_up(suite, entry, agents, limits or {}, memory) for entry in entries],
    )


def default_suite_folder(manifest: SuiteManifest) -> Path:
    """Return the folder of a plan, so that the same command finds its own run again."""
    return folder_for(manifest.id, _contents_of(manifest))


def check_suite_folder(suite_dir: Path, manifest: SuiteManifest) -> SuiteManifest:
    """See that a folder is free for a plan, or holds it already; return the plan as it is held.

    Raises:
        UsageError: If it holds another plan (the message says what differs), or other things.
    """
    if not (suite_dir / SUITE_FILE_NAME).exists():
        check_free(suite_dir, "a suite's run")
        return manifest
    held = SuiteManifest.read(suite_dir)
    check_same(suite_dir, _contents_of(held), _contents_of(manifest))
    return held


@contextmanager
def settled_suite(suite_dir: Path, manifest: SuiteManifest) -> Iterator[None]:
    """Hold a suite's folder and those of its runs, each with its manifest.

    Raises:
        UsageError: If another process plays there, or what `check_suite_folder` raises.
    """
    suite_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(locked(suite_dir))
        check_suite_folder(suite_dir, manifest)
        write_if_new(suite_dir, SUITE_FILE_NAME, manifest)
        for folder, run in manifest.folders(suite_dir):
            stack.enter_context(settled(folder, run))
        yield


def suite_assignments(suite_dir: Path, manifest: SuiteManifest) -> list[Assignment]:
    """Return the planned episodes, scenario by scenario."""
    return [
        item
        for folder, run in manifest.folders(suite_dir)
        for item in assignments(folder, run, among_scenarios=True)
    ]


def _draw_up(
    suite: Suite,
    entry: Entry,
    agents: Sequence[AgentSpec],
    limits: Mapping[str, float],
    memory: Collection[Kind] | None,
) -> Manifest:
    own = {} if entry.max_steps is None else {"steps": entry.max_steps}
    scenario = with_limits(entry.load(), {**own, **limits})
    if memory is not None:
        scenario = with_memory(scenario, memory)
    for agent in agents:
        _check_known(agent, scenario)
    return draw_up(scenario, agents, suite.seeds(entry))


def _check_known(agent: AgentSpec, scenario: Scenario) -> None:
    job = scenario.job
    if not agent.is_script or agent.name in job.policies or agent.name in roles(job):
        return
    raise UsageError(
        f"{scenario.id} knows no agent {agent.name!r}. "
        f"{nearest(agent.name, [*names(job), *roles(job)])} In a suite every agent works in every "
        f"scenario; every job knows floor and best."
    )


def _contents_of(manifest: SuiteManifest) -> dict[str, Any]:
    """Return what makes two plans the same; the version of Tenure does not."""
    return {
        "suite": {"id": manifest.id, "version": manifest.suite_version, "title": manifest.title},
        "runs": {run.scenario.id: contents_of(run) for run in manifest.runs},
    }
