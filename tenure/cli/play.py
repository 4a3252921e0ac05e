"""`tenure run`: play a scenario or a suite, score it, and say where the report is."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tenure.cli.exits import Exit
from tenure.cli.hiring import define_model_options, specs, voice_of
from tenure.cli.limiting import budget_of, define_limits, episode_limits, limits_of
from tenure.cli.parsing import Parser, add_options, choice, whole_number
from tenure.cli.places import define_workers, path_or_url, played_into
from tenure.cli.terminal import remark, say
from tenure.errors import UsageError

if TYPE_CHECKING:
    from tenure.cli.marks import AnyScorecard
    from tenure.runner.budget import Brake
    from tenure.runner.episode import Watcher
    from tenure.runner.inline import Failure
    from tenure.runner.run import Conditions
    from tenure.scenarios import Scenario

_EPILOG = """\
The episodes are each agent on seeds S to S+N-1. Without --out they go to a folder under runs/ that
follows from the plan, so the same command finds its own run again: what is complete is kept, what
was cut short goes on. A suite plays several scenarios, and says how many seeds of each; --episodes,
--seed and limits then hold for all of them. Every job knows the agents floor and best.
In a contest (vending/arena) all agents meet in every match; each seed is played as often as there
are agents, so that each has every seat once, and the same agent may be named twice.

examples:
  tenure run vending/week --agent null --agent shopkeeper --episodes 5
  tenure run vending/year --agent openai/MODEL --episodes 10 --price 0.25 2.00
  tenure run vending/week --agent openai/MODEL --episodes 10 --attempts 4
  tenure run suites/quick --agent floor --agent best
  tenure run vending/arena --agent openai/MODEL --agent openai/OTHER --pool --episodes 5
"""

_MEMORY = ("scratchpad", "key_value", "vector")


_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "--agent": {
        "dest": "agents",
        "metavar": "A",
        "action": "append",
        "required": True,
        "help": "who works: a name that `tenure agents` lists; may be given several times",
    },
    "--episodes": {
        "metavar": "N",
        "type": whole_number(1),
        "help": "how many seeds (1, or as the suite says)",
    },
    "--attempts": {
        "metavar": "N",
        "type": whole_number(1),
        "default": 1,
        "help": "how often each agent plays each seed, for pass^k (1)",
    },
    "--seed": {
        "metavar": "S",
        "type": whole_number(0),
        "help": "the first seed (1, or as the suite says)",
    },
    "--out": {
        "metavar": "DIR",
        "type": path_or_url,
        "help": "the run's folder, or its URL in a store (a folder that follows from the plan)",
    },
    "--memory": {
        "metavar": "KIND",
        "type": choice("none", *_MEMORY),
        "action": "append",
        "help": f"memory tools in place of the scenario's: {', '.join(_MEMORY)}, or none;"
        " may be given several times",
    },
    "--on": {
        "metavar": "CLUSTER",
        "help": "play on a Ray cluster: its address, or ray for the one here (this machine)",
    },
    "--pool": {
        "action": "store_true",
        "help": "in a contest, add the scripts that anchor ratings",
    },
    "--voice": {
        "metavar": "MODEL",
        "help": "a model that words what counterparts say (their own words)",
    },
}

PLAYING: Mapping[str, Mapping[str, Any]] = {
    "--concurrency": {
        "metavar": "N",
        "type": whole_number(1),
        "default": 4,
        "help": "episodes at a time (4)",
    },
    "--quiet": {"action": "store_true", "help": "print the report's path only"},
    "--json": {"action": "store_true", "help": "print one JSON document only"},
}
"""Options of all commands that play episodes and score them."""


def _define_run(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.epilog = _EPILOG
    parser.add_argument(
        "scenario", help="id of a built-in scenario or suite, or path of a YAML file"
    )
    add_options(parser, {**_OPTIONS, **PLAYING})
    define_workers(
        parser, "1; scripts get as many as are worth their start, and a cluster is used as a whole"
    )
    define_model_options(parser)
    define_limits(parser)
    return _run


COMMANDS = {"run": _define_run}


def _run(options: argparse.Namespace) -> int:
    with played_into(options):
        return _play(options)


def _play(options: argparse.Namespace) -> int:
    from tenure.cli.progress import watching
    from tenure.runner.budget import Brake

    brake = Brake(budget_of(options))
    plan = _plan(options)
    for name, changes in plan.departures.items():
        if changes and not options.quiet:
            remark(f"not the built-in {name}: {'; '.join(changes)}")
    with watching(plan.episodes, quiet=options.quiet) as watcher:
        failures = played(lambda: plan.play(watcher, brake), brake)
    return conclude_run(options, plan.folder, failures, brake)


def conclude_run(
    options: argparse.Namespace, folder: Path, failures: Sequence[Failure], brake: Brake
) -> int:
    """Score what was played, say what came of it, and return the exit code."""
    from tenure.cli.stopping import was_ended

    if was_ended(brake):
        return _leave(options, folder, failures, brake)
    scorecard = _conclude(options, folder, failures, brake)
    return _explain(options, failures, scorecard, brake)


def played(begin: Callable[[], Coroutine[Any, Any, list[Failure]]], brake: Brake) -> list[Failure]:
    """Play until it is done, a limit is reached or a person ends it."""
    import asyncio

    from tenure.cli.stopping import INTERRUPTED, heeding_signals

    async def play() -> list[Failure]:
        with heeding_signals(brake):
            return await begin()

    try:
        return asyncio.run(play())
    except (KeyboardInterrupt, asyncio.CancelledError):
        brake.pull(INTERRUPTED)
        return []


def _leave(
    options: argparse.Namespace, folder: Path, failures: Sequence[Failure], brake: Brake
) -> int:
    """Say how to go on with what a person has ended; it is not scored yet."""
    from tenure.cli.stopping import exit_of

    for failure in failures:
        remark(f"tenure: {failure.sentence}")
    if options.json:
        say(_document(options, folder, failures, brake))
    remark(
        f"{brake.reason.capitalize()}. What was played is kept in {options.shown(folder)}; to go "
        f"on:\n  {options.line}"
    )
    return exit_of(brake)


class _Plan(NamedTuple):
    """What is to be played.

    Attributes:
        folder: Where it goes.
        episodes: How many are planned.
        departures: By the id of a built-in suite or scenario, how this one differs from it.
        play: Plays what is not complete yet.
    """

    folder: Path
    episodes: int
    departures: dict[str, list[str]]
    play: Callable[[Watcher, Brake], Coroutine[Any, Any, list[Failure]]]


def _plan(options: argparse.Namespace) -> _Plan:
    from tenure.scenarios import is_suite

    return _plan_suite(options) if is_suite(options.scenario) else _plan_scenario(options)


def _plan_scenario(options: argparse.Namespace) -> _Plan:
    from tenure.runner.plan import with_limits, with_memory
    from tenure.scenarios import load

    scenario = with_limits(load(options.scenario), episode_limits(options))
    if options.memory:
        scenario = with_memory(scenario, _memory(options))
    first = 1 if options.seed is None else options.seed
    seeds = range(first, first + (options.episodes or 1))
    if scenario.job.is_contest:
        _check_one_attempt(options, "a contest plays each seed once from every seat")
        return _plan_arena(options, scenario, seeds)
    if options.pool:
        raise UsageError(f"--pool is for contests such as vending/arena; {scenario.id} is none.")
    return _plan_run(options, scenario, seeds)


def _memory(options: argparse.Namespace) -> list[Any]:
    """Return the kinds of memory tools that were named.

    Raises:
        UsageError: If none is named beside others.
    """
    kinds = [kind for kind in options.memory if kind != "none"]
    if kinds and len(kinds) < len(options.memory):
        raise UsageError(f"--memory none goes with no other kind; leave out {' or '.join(kinds)}.")
    return kinds


def _check_one_attempt(options: argparse.Namespace, why: str) -> None:
    if options.attempts > 1:
        raise UsageError(f"--attempts is for a single scenario of one agent; {why}.")


def _plan_arena(options: argparse.Namespace, scenario: Scenario, seeds: Sequence[int]) -> _Plan:
    from tenure.runner.arena import POOL, default_arena_folder, draw_up_arena
    from tenure.runner.run import run_arena

    if options.voice:
        raise UsageError("--voice is for scenarios of one agent; in a contest leave it out.")
    pool = POOL if options.pool else ()
    manifest = draw_up_arena(scenario, specs(options), pool, seeds)
    folder: Path = options.out or default_arena_folder(manifest)
    return _Plan(
        folder,
        manifest.planned,
        {scenario.id: manifest.departures()},
        lambda watcher, brake: run_arena(folder, manifest, watcher, conditions_of(options, brake)),
    )


def _plan_run(options: argparse.Namespace, scenario: Scenario, seeds: Sequence[int]) -> _Plan:
    from tenure.runner.plan import default_folder, draw_up
    from tenure.runner.run import run
    from tenure.scenarios import departures

    manifest = draw_up(scenario, specs(options), seeds, voice_of(options), options.attempts)
    folder: Path = options.out or default_folder(manifest)
    return _Plan(
        folder,
        len(manifest.agents) * len(manifest.seeds) * manifest.attempts,
        {scenario.id: departures(scenario)},
        lambda watcher, brake: run(folder, manifest, watcher, conditions_of(options, brake)),
    )


def _plan_suite(options: argparse.Namespace) -> _Plan:
    if options.pool:
        raise UsageError("--pool is for contests such as vending/arena; a suite has none.")
    _check_one_attempt(options, "a suite plays each seed once")
    from tenure.runner.run import run_suite
    from tenure.runner.suite import default_suite_folder, draw_up_suite
    from tenure.scenarios import departures, load_suite

    if options.voice:
        raise UsageError("--voice is for a single scenario; name one of the suite's.")
    manifest = draw_up_suite(
        load_suite(options.scenario),
        specs(options),
        episodes=options.episodes,
        seed=options.seed,
        limits=episode_limits(options),
        memory=_memory(options) if options.memory else None,
    )
    folder: Path = options.out or default_suite_folder(manifest)
    scenarios = {run.scenario.id: departures(run.scenario) for run in manifest.runs}
    return _Plan(
        folder,
        manifest.planned,
        {manifest.id: manifest.departures(), **scenarios},
        lambda watcher, brake: run_suite(folder, manifest, watcher, conditions_of(options, brake)),
    )


def conditions_of(options: argparse.Namespace, brake: Brake) -> Conditions:
    """Return how episodes are played, by a command's options and what stops it."""
    from tenure.cli.places import place_of
    from tenure.runner.run import Conditions

    return Conditions(options.concurrency, limits_of(options), brake, place_of(options))


def _conclude(
    options: argparse.Namespace, folder: Path, failures: Sequence[Failure], brake: Brake
) -> AnyScorecard:
    from tenure.cli.marks import conclude, summary
    from tenure.cli.places import spreading

    scorecard, report = conclude(folder, spreading(options))
    if options.json:
        say(_document(options, folder, failures, brake, (scorecard, report)))
        return scorecard
    if not options.quiet:
        say(f"{summary(scorecard)}\n")
    say(options.shown(report))
    return scorecard


def _document(
    options: argparse.Namespace,
    folder: Path,
    failures: Sequence[Failure],
    brake: Brake,
    results: tuple[AnyScorecard, Path] | None = None,
) -> str:
    """Return the JSON document of a run; one that a person has ended has no results yet."""
    import orjson

    from tenure.cli.stopping import stopped

    unfinished = [
        {
            "scenario": failure.assignment.scenario.id,
            "agent": failure.assignment.agent.label,
            "seed": failure.assignment.seed,
            "damaged": failure.damaged,
            "reason": str(failure.error),
        }
        for failure in failures
    ]
    scorecard, report = results or (None, None)
    content = {
        "run": options.shown(folder),
        "report": options.shown(report) if report else None,
        "unfinished": unfinished,
        "stopped": stopped(brake, options.line) if brake.reason else None,
        "scorecard": orjson.loads(scorecard.to_json()) if scorecard else None,
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()


def _explain(
    options: argparse.Namespace,
    failures: Sequence[Failure],
    scorecard: AnyScorecard,
    brake: Brake,
) -> int:
    """Tell why episodes have no score; one that was played and cannot be scored is damaged."""
    from tenure.cli.marks import unscored
    from tenure.cli.stopping import exit_of, explanation

    for failure in failures:
        remark(f"tenure: {failure.sentence}")
    told = {
        (one.assignment.scenario.id, one.assignment.agent.label, one.assignment.seed)
        for one in failures
    }
    gaps = list(unscored(scorecard))
    was_stopped = bool(brake.reason and gaps)
    others = [one for one in gaps if one[:3] not in told]
    if was_stopped:
        others = [one for one in others if one.outcome.kind == "damaged"]
    for scenario_id, label, seed, outcome in others:
        remark(f"tenure: {scenario_id}, {label}, seed {seed} has no score: {outcome.problem}")
    if was_stopped:
        remark(explanation(brake, options.line))
    elif not all(failure.damaged for failure in failures):
        remark(f"To go on with what is unfinished:\n  {options.line}")
    if others or any(failure.damaged for failure in failures):
        return Exit.INVALID
    if was_stopped:
        return exit_of(brake)
    return Exit.UNFINISHED if failures else Exit.DONE
