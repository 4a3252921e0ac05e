"""The plan of a run: which episodes, and the folder that holds them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import orjson

from tenure.agents import appoint, looked_up
from tenure.agents.spec import AgentSpec
from tenure.envs.memory import Kind
from tenure.envs.world import World
from tenure.errors import UsageError
from tenure.runner.episode import Assignment, Branch
from tenure.scenarios import Scenario, differences
from tenure.scoring.files import DRAFT
from tenure.scoring.manifest import FILE_NAME, PARENT, Manifest

if TYPE_CHECKING:
    from tenure.scoring.arena.manifest import ArenaManifest
    from tenure.scoring.suite import SuiteManifest

_PRICES = {
    *("input_usd_per_mtok", "cached_usd_per_mtok", "cache_write_usd_per_mtok"),
    *("output_usd_per_mtok", "price_source"),
}


def draw_up(
    scenario: Scenario,
    agents: Sequence[AgentSpec],
    seeds: Sequence[int],
    voice: AgentSpec | None = None,
    attempts: int = 1,
) -> Manifest:
    """Plan each agent's episodes on each seed.

    `floor` and `best` become what they stand for; models take the window that the scenario
    recommends, unless something else was said of them.

    Args:
        scenario: What is played.
        agents: Who works.
        seeds: The worlds' seeds.
        voice: The model that words what counterparts say.
        attempts: How many episodes an agent plays on each seed.

    Raises:
        UsageError: If two agents would share a label, nobody speaks in the scenario's job, a
            privileged script cannot play, there is no seat for a sub-agent, or dollars are limited
            and a price is unknown.
    """
    check_sub_agents(scenario, agents)
    check_prices(scenario, [*agents, *filter(None, [voice])])
    if voice and scenario.job.world.drafts is World.drafts:
        raise UsageError(f"In {scenario.id} nobody speaks whom a model could voice.")
    labels = [agent.label for agent in agents]
    for label in labels:
        if labels.count(label) > 1:
            raise UsageError(f"The agent {label!r} stands twice in the plan; name it once.")
    appointed = [_in_context(appoint(agent, scenario.job), scenario) for agent in agents]
    for one in (one for agent in appointed for one in agent.crew):
        if one.oracle and one.name not in scenario.oracles:
            raise UsageError(f"{one.name} does all itself; in {scenario.id} a sub-agent must.")
    return Manifest(
        scenario=scenario,
        agents=[{"label": agent.label, **agent.record()} for agent in appointed],
        seeds=list(seeds),
        voice=looked_up(voice).record() if voice else None,
        attempts=attempts,
    )


def _in_context(agent: AgentSpec, scenario: Scenario) -> AgentSpec:
    """Return an agent with what the scenario recommends for it."""
    if scenario.context is None:
        return agent
    sub_agent = scenario.context.sub_agent
    return agent.in_context(scenario.context.settings, sub_agent.settings if sub_agent else {})


def with_memory(scenario: Scenario, kinds: Collection[Kind]) -> Scenario:
    """Give a scenario other kinds of memory tools than it says; tools of the job's own stay.

    Raises:
        UsageError: If its job takes no such tools.
    """
    ordered = [kind for kind in get_args(Kind) if kind in kinds]
    changed = Scenario.model_validate({**scenario.model_dump(), "memory": ordered})
    _ = changed.layers
    return changed


def with_limits(scenario: Scenario, lower: Mapping[str, float]) -> Scenario:
    """Lower a scenario's limits, or set those that it does not have.

    Args:
        scenario: The scenario.
        lower: The new limits by their names in `Limits`.

    Raises:
        UsageError: If one of them would be raised.
    """
    there = scenario.limits.model_dump()
    for name, limit in lower.items():
        if limit > there.get(name, limit):
            raise UsageError(
                f"{scenario.id} ends after {there[name]} {name}; the limit can only be lowered, "
                f"not raised to {limit}."
            )
    return Scenario.model_validate({**scenario.model_dump(), "limits": {**there, **lower}})


def check_sub_agents(scenario: Scenario, agents: Iterable[AgentSpec]) -> None:
    """See that who is named as a sub-agent has a seat.

    Raises:
        UsageError: If the scenario has no sub-agent.
    """
    if scenario.delegation is None and (
        named := [agent.employee for agent in agents if agent.employee]
    ):
        raise UsageError(
            f"{scenario.id} has no sub-agent, who could be {named[0].name}. Leave it out, or "
            f"name a scenario with a `delegation`, such as vending/classic."
        )


def check_prices(scenario: Scenario, agents: Iterable[AgentSpec]) -> None:
    """See that a limit of dollars can be kept.

    Raises:
        UsageError: If nobody knows what one of the models costs.
    """
    if scenario.limits.usd is not None and (unknown := without_price(agents)):
        raise UsageError(
            f"Nobody knows what {unknown} costs, so {scenario.limits.usd:g} dollars an episode "
            f"cannot be kept. Name its price with --price (a sub-agent's with --sub-agent-option "
            f"price=IN,OUT), or limit its tokens instead."
        )


def without_price(agents: Iterable[AgentSpec]) -> str:
    """Return the name of the first model without a price; empty if there is none."""
    models = (one for agent in agents for one in agent.crew if one.is_model)
    return next((model.name for model in models if not _has_price(model)), "")


def _has_price(agent: AgentSpec) -> bool:
    return agent.input_usd_per_mtok is not None and agent.output_usd_per_mtok is not None


def default_folder(manifest: Manifest) -> Path:
    """Return the folder of a plan, so that the same command finds its own run again."""
    return folder_for(manifest.scenario.id, contents_of(manifest))


def folder_for(name: str, plan: Mapping[str, Any]) -> Path:
    """Return the folder of what has a name such as `vending/year` and a plan."""
    canonical = orjson.dumps(plan, option=orjson.OPT_SORT_KEYS)
    digest = blake2b(canonical, digest_size=4).hexdigest()
    return Path("runs") / f"{name.replace('/', '-')}-{digest}"


def check_folder(folder: Path, manifest: Manifest) -> Manifest:
    """See that a folder is free for a plan, or holds it already.

    Returns:
        The plan, as it is held: at the list prices of the day on which it was made.

    Raises:
        UsageError: If it holds another plan (the message says what differs), or other things.
    """
    if not (folder / FILE_NAME).exists():
        check_free(folder, "a run")
        return manifest
    held = Manifest.read(folder)
    check_same(folder, contents_of(held), contents_of(manifest))
    return held


def check_free(folder: Path, what: str) -> None:
    """See that a folder is not there, or empty.

    Raises:
        UsageError: If it holds something else than what should go there.
    """
    if folder.exists() and not _is_free(folder):
        raise UsageError(f"{folder} holds something else than {what}; choose another --out.")


def check_same(folder: Path, there: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    """See that the plan in a folder is the one that is to be played.

    Raises:
        UsageError: If it is another one; the message says what differs.
    """
    changes = list(differences(there, here))
    if changes:
        told = list(
            filter(None, (_change(*one, {name for name, *_ in changes}) for one in changes))
        )
        raise UsageError(f"{folder} holds another plan: {'; '.join(told)}. Choose another --out.")


def _change(name: str, before: str, now: str, changed: Collection[str]) -> str:
    """Say what differs between two plans; a hash by what it is of, and only where no more is known.

    A fork at another step goes on from another record for that alone.
    """
    if name == "origin.hash":
        is_plain = "origin.step" in changed
        return "" if is_plain else "it goes on from another record than is forked here"
    if name.startswith("agents.") and name.endswith(".source"):
        agent = name.removeprefix("agents.").removesuffix(".source")
        return f"the code of {agent} has changed since"
    return f"{name} is {before} there and {now} here"


@contextmanager
def settled(folder: Path, manifest: Manifest) -> Iterator[None]:
    """Hold a folder with its manifest, so that no other process plays in it at the same time.

    Raises:
        UsageError: If another process plays there, or what `check_folder` raises.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        check_folder(folder, manifest)
        write_if_new(folder, FILE_NAME, manifest)
        yield


def assignments(
    folder: Path, manifest: Manifest, *, among_scenarios: bool = False
) -> list[Assignment]:
    """Return the planned episodes, seed by seed, so that agents can be compared early."""
    agents = [(spec, spec.label) for spec in map(_spec, manifest.agents)]
    voice = _spec(manifest.voice) if manifest.voice else None
    branch = Branch(manifest.origin, folder / PARENT) if manifest.origin else None
    return [
        Assignment(
            manifest.scenario,
            agent,
            seed,
            folder / manifest.episode_path(label, seed, attempt),
            among_scenarios,
            voice,
            attempt,
            branch,
        )
        for seed in manifest.seeds
        for attempt in range(manifest.attempts)
        for agent, label in agents
    ]


def _is_free(folder: Path) -> bool:
    return folder.is_dir() and all(entry.name.endswith(DRAFT) for entry in folder.iterdir())


def write_if_new(
    folder: Path, name: str, manifest: Manifest | SuiteManifest | ArenaManifest
) -> None:
    """Write a manifest that is not there yet."""
    if not (folder / name).exists():
        manifest.write(folder)


def _spec(agent: Mapping[str, Any]) -> AgentSpec:
    return AgentSpec.model_validate({key: agent[key] for key in agent if key != "label"})


def contents_of(manifest: Manifest) -> dict[str, Any]:
    """Return what makes two plans the same; the version of Tenure and list prices do not."""
    agents = dict(zip(manifest.labels, map(unpriced, manifest.agents), strict=True))
    scenario = manifest.scenario.model_dump(mode="json")
    plan: dict[str, Any] = {"scenario": scenario, "agents": agents, "seeds": list(manifest.seeds)}
    if manifest.attempts > 1:
        plan["attempts"] = manifest.attempts
    if manifest.origin:
        plan["origin"] = manifest.origin.model_dump(mode="json")
    return {**plan, "voice": unpriced(manifest.voice)} if manifest.voice else plan


def unpriced(agent: Mapping[str, Any]) -> dict[str, Any]:
    """Return a specification without prices that were looked up: they differ from day to day."""
    prices = [name for name in agent.get("by_catalogue", ()) if name in _PRICES]
    looked = [name for name in agent.get("by_catalogue", ()) if name not in _PRICES]
    kept = {key: value for key, value in agent.items() if key not in prices}
    if isinstance(kept.get("sub_agent"), Mapping):
        kept["sub_agent"] = unpriced(kept["sub_agent"])
    return {**kept, "by_catalogue": looked} if "by_catalogue" in kept else kept


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder against other processes.

    Raises:
        UsageError: If another process holds it.
    """
    try:
        import fcntl
    except ImportError:  # Windows has no such lock
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(f"Another tenure is playing in {folder}; let it end first.") from None
    else:
        yield
    finally:
        os.close(descriptor)
