"""All checks of a job and its scenarios, in the order in which they are worth reading."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from math import sqrt
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any, NamedTuple

from tenure.envs import checker, jobs
from tenure.envs.forecasts.checks import check_questions
from tenure.envs.world import World
from tenure.errors import ContractError, UsageError, nearest
from tenure.kit import golden
from tenure.kit.advice import AdvisedError
from tenure.kit.attacks import ATTACKS
from tenure.kit.subject import Subject
from tenure.kit.trials import PolicyError, Trials
from tenure.scenarios import Scenario
from tenure.scenarios.playing import Play

MOST_NORMALISED = 0.05
"""What who does not do the job may reach of the way from the floor to the bound."""

_WORLD_SEED = 7
_MOST_STEPS = 2_000
_SNAPSHOT_STEPS = 200
_FUTURE_SEEDS = 5
_LUCK_SEEDS = range(101, 131)
_STANDARD_ERRORS = 4
_FEWEST_SEEDS = 4
"""How many seeds, at least, must make up the spread of luck for its mean to be judged."""


@dataclass
class Case:
    """A job in the scenario that is played.

    Attributes:
        subject: What is checked.
        scenario: The scenario that is played.
        seeds: The worlds that are played.
    """

    subject: Subject
    scenario: Scenario
    seeds: Sequence[int]

    @cached_property
    def job(self) -> jobs.Job:
        """The job."""
        return self.scenario.job

    @cached_property
    def trials(self) -> Trials:
        """The plays of the scenario."""
        return Trials(self.scenario, self.seeds)

    def make(self) -> World[Any]:
        """Draw the world that is looked at closely, as the scenario has it: forecasts included."""
        return self.scenario.make_world(_WORLD_SEED)


class Check(NamedTuple):
    """One rule.

    Attributes:
        name: One or two words.
        run: Returns what was found in words, or raises what is wrong.
        advice: What to do if it is broken.
    """

    name: str
    run: Callable[[Case], str]
    advice: str


def case_of(subject: Subject, scenario_id: str = "", seed_count: int = 10) -> Case:
    """Choose what is played: the named scenario of a subject, or the one with the fewest steps.

    Raises:
        UsageError: If the subject has no such scenario.
    """
    known = {scenario.id: scenario for scenario in subject.scenarios}
    if scenario_id and scenario_id not in known:
        raise UsageError(
            f"{subject.job_name} has no scenario {scenario_id!r}. {nearest(scenario_id, known)}"
        )
    chosen = known[scenario_id] if scenario_id else subject.scenarios[0]
    return Case(subject, chosen, range(1, seed_count + 1))


# --- the world -----------------------------------------------------------------------------------


def _parts(case: Case) -> str:
    checker.check_parts(case.job)
    faulty = []
    for name in [*case.job.policies, *case.job.exploits]:
        try:
            case.trials.policy_on(name, case.seeds[0])
        except PolicyError as error:
            faulty.append(str(error))
        except Exception:  # noqa: BLE001, S110  the world's own: a check below says it
            pass
    if faulty:
        raise PolicyError("\n".join(faulty))
    return f"{' < '.join(case.job.policies)}; floor {case.job.floor}; score {case.make().score}"


def _tools(case: Case) -> str:
    world = type(case.make())
    checker.check_tools(world)
    return f"{len(world.toolbox.tools)} tools, each explained and with a schema of its own"


def _steps(case: Case) -> str:
    checker.check_steps(case.make)
    checker.check_steps(case.make, islice(_played_by_best(case), _SNAPSHOT_STEPS))
    return "no action raises, every action takes time, nonsense is a fault, reading changes nothing"


def _figures(case: Case) -> str:
    checker.check_figures(case.make, max_steps=_MOST_STEPS)
    case.trials.policy(case.trials.best)  # looks at them at every step, and gets farther
    return f"{len(case.job.world.figures)} figures, whole numbers within their ranges"


def _end(case: Case) -> str:
    checker.check_run_out(case.make())
    return "time alone ends the episode"


def _snapshots(case: Case) -> str:
    checker.check_snapshots(case.make, max_steps=_SNAPSHOT_STEPS)
    script = _played_by_best(case)
    checker.check_snapshots(case.make, max_steps=_SNAPSHOT_STEPS, actions=script)
    return "a restored world goes on as the original does, and holds no floats"


def _played_by_best(case: Case) -> Iterator[str]:
    """Yield what the best script does: it gets farther than chance."""
    yield from case.trials.policy_on(case.trials.best, _WORLD_SEED).actions


def _futures(case: Case) -> str:
    make, steps = case.scenario.make_world, case.scenario.limits.steps
    actions = list(islice(_played_by_best(case), min(steps, _SNAPSHOT_STEPS)))
    changed = checker.check_futures(
        make, _WORLD_SEED, max_steps=len(actions), actions=actions, seeds=_FUTURE_SEEDS
    )
    if not changed:
        return f"no other future on {_FUTURE_SEEDS} seeds: `tenure fork --futures` has no use here"
    return f"another future begins on its day, on {changed} of {_FUTURE_SEEDS} seeds seen to differ"


def _determinism(case: Case) -> str:
    here = golden.ladder_hash(case.scenario, _WORLD_SEED)
    name, scenario = case.subject.job_name, case.scenario.model_dump_json()
    there = checker.elsewhere(_LADDER, name, jobs.reference(name), scenario, str(_WORLD_SEED))
    if there != here:
        raise ContractError(
            "On one seed, random calls or the scripts led to other bytes in a second process."
        )
    return "equal bytes in a second process with other hash seeds"


_LADDER = """
import sys
from tenure.envs import jobs
from tenure.kit.golden import ladder_hash
from tenure.scenarios import Scenario
name, job, scenario, seed = sys.argv[1:]
jobs.register(name, job)
print(ladder_hash(Scenario.model_validate_json(scenario), int(seed)))
"""


def _faces(case: Case) -> str:
    checker.check_faces(case.subject.job_name, case.job)
    ids = [face.id for face in jobs.faces(case.subject.job_name)]
    return f"check_env passes on {', '.join(['the tool-call face', *ids])}"


def _golden(case: Case) -> str:
    try:
        return golden.compare(_folder(case), case.subject.scenarios)
    except golden.UnrecordedError as error:
        raise AdvisedError(str(error), _golden_command(case)) from None
    except AdvisedError:
        raise
    except ContractError as error:
        advice = f"If the change is meant, raise the version; then `{_golden_command(case)}`."
        raise AdvisedError(str(error), advice) from None


def _write_golden(case: Case) -> str:
    return f"{golden.write(_folder(case), case.subject.scenarios)} is written"


def _folder(case: Case) -> Path:
    if case.subject.folder is None:
        raise UsageError("A scenario alone has no golden.json.")
    return case.subject.folder


def _golden_command(case: Case) -> str:
    return f"tenure check {shlex.quote(case.subject.target)} --write-golden"


# --- the scenario --------------------------------------------------------------------------------


def _scenario(case: Case) -> str:
    for scenario in case.subject.scenarios:
        if not scenario.title.strip():
            raise ContractError(f"{scenario.id} has no title.")
        if not scenario.briefing:
            raise ContractError(f"{scenario.id} has no brief; the agent would know nothing.")
        scenario.make_world(_WORLD_SEED)
    shown = ", ".join(scenario.id for scenario in case.subject.scenarios)
    return f"{shown}: brief and parameters fit"


def _forecasts(case: Case) -> str:
    asking = [scenario for scenario in case.subject.scenarios if scenario.forecasts]
    for scenario in asking:
        check_questions(case.job, scenario.parameters, scenario.forecasts, _WORLD_SEED)
    return f"{', '.join(scenario.id for scenario in asking)}: questions only read the world"


def _limits(case: Case) -> str:
    trials, limit = case.trials, case.scenario.limits.steps
    plays = trials.policy(trials.best)
    for seed, play in zip(trials.seeds, plays, strict=True):
        if not play.finished:
            raise ContractError(
                f"{trials.best} had used up the {limit:,} steps on seed {seed} before the end."
            )
    most = max(len(play.actions) for play in plays)
    return f"{trials.best} needs at most {most:,} of {limit:,} steps"


def _ladder(case: Case) -> str:
    trials, score = case.trials, case.make().score
    nobody = _mean(trials.attack("absent"))
    floor = _mean(trials.policy(case.job.floor))
    best = _mean(trials.policy(trials.best))
    text = (
        f"mean {score}: nobody at work {nobody:,.0f}, floor {case.job.floor} {floor:,.0f}, "
        f"{trials.best} {best:,.0f}"
    )
    if floor < nobody:
        raise ContractError(f"{text}. The floor is below doing nothing.")
    if best <= floor:
        raise ContractError(f"{text}. The last policy is not above the floor.")
    return text


def _bound(case: Case) -> str:
    trials, first = case.trials, case.seeds[0]
    told = [(name, [trials.policy_on(name, first)]) for name in trials.scenario.oracles]
    for name, plays in [*_all_plays(case), *told]:  # the told may take long: on one seed
        for seed, play, point in zip(trials.seeds, plays, trials.references, strict=False):
            if play.earned > point.bound:
                raise ContractError(
                    f"On seed {seed}, {name} reaches {play.earned:,}; the bound is {point.bound:,}."
                )
    share = trials.normalised(trials.policy(trials.best))
    if share is None:
        raise ContractError("The bound is on no seed above the floor: nothing could be measured.")
    return f"nobody exceeds it; {trials.best} reaches {share:.3f} of the way from the floor"


def _attacks(case: Case) -> str:
    trials = case.trials
    scores = {name: trials.normalised(trials.attack(name)) for name in ATTACKS}
    scores |= {name: trials.normalised(trials.policy(name)) for name in case.job.exploits}
    known = {name: score for name, score in scores.items() if score is not None}
    if not known:
        raise ContractError("The bound is on no seed above the floor: nothing could be measured.")
    above = [f"{name} {score:.3f}" for name, score in known.items() if score > MOST_NORMALISED]
    if above:
        raise ContractError(
            f"Agents that do not do the job get above the floor: {', '.join(above)} "
            f"(normalised, mean over {len(trials.seeds)} seeds; at most {MOST_NORMALISED})."
        )
    worst = max(known, key=lambda name: known[name])
    return f"{len(known)} agents that do not do the job; the highest, {worst}: {known[worst]:.3f}"


def _luck(case: Case) -> str:
    trials, figure = Trials(case.scenario, _LUCK_SEEDS), case.job.world.luck
    names = dict.fromkeys((case.job.floor, trials.best, *case.job.exploits))
    agents = {name: trials.policy(name) for name in names}
    agents |= {f"attack {name!r}": trials.attack(name) for name in ("random", "spam")}
    rare = []
    for name, plays in agents.items():
        luck = [play.luck for play in plays]
        if _seeds_that_count(luck) < _FEWEST_SEEDS:
            rare += [name]
            continue
        error = stdev(luck) / sqrt(len(luck))
        if abs(mean(luck)) > _STANDARD_ERRORS * error:
            raise ContractError(
                f"With {name}, {figure} has the mean {mean(luck):,.1f} over "
                f"{len(luck)} seeds, more than {_STANDARD_ERRORS} standard errors ({error:,.1f})."
            )
    judged = ", ".join(name for name in agents if name not in rare)
    return "; ".join(
        [f"{figure} has mean zero with {judged}, as far as one sees"] * bool(judged)
        + [f"too rare to judge on {len(_LUCK_SEEDS)} seeds with {', '.join(rare)}"] * bool(rare)
    )


def _seeds_that_count(luck: Sequence[int]) -> float:
    """Return over how many seeds the spread is spread: 1 if one makes it up, 0 if there is none."""
    squares = [(value - median(luck)) ** 2 for value in luck]
    return sum(squares) ** 2 / sum(one**2 for one in squares) if any(squares) else 0.0


def _all_plays(case: Case) -> Iterator[tuple[str, list[Play]]]:
    for name in [*case.job.policies, *case.job.exploits]:
        yield name, case.trials.policy(name)
    for name in ATTACKS:
        yield f"attack {name!r}", case.trials.attack(name)


def _mean(plays: Sequence[Play]) -> float:
    return mean(play.earned for play in plays)


CHECKS = (
    Check("parts", _parts, "See the attributes of tenure.envs.jobs.Job."),
    Check("tools", _tools, "A tool's docstring and annotations are what the model reads."),
    Check(
        "steps",
        _steps,
        "Let each tool return a text, raise Refusal for what the world cannot do before anything "
        "is changed, bound its arguments with Field, and cost minutes or move the clock itself.",
    ),
    Check("figures", _figures, "Correct measure(), or the low and high of the figure."),
    Check("end", _end, "advance() must move now_minutes and set state.ended at the horizon."),
    Check(
        "snapshots",
        _snapshots,
        "Keep all that may change in `state`, as whole numbers, text, lists and dataclasses; "
        "draw all else in start() from parameters and chance.",
    ),
    Check(
        "futures",
        _futures,
        "Draw what a day brings from chance.on(day) or chance.series, facts from word and words; a "
        "world's own __init__ hands `future` on.",
    ),
    Check(
        "determinism",
        _determinism,
        "Draw from self.chance alone; no sets in an order that matters, no clock, no hash().",
    ),
    Check("gymnasium", _faces, "See the Gymnasium documentation on env_checker."),
    Check("golden", _golden, ""),
    Check("scenario", _scenario, "Mend the YAML file."),
    Check(
        "forecasts",
        _forecasts,
        "A question's functions read the world and change nothing; its outcome is a whole number.",
    ),
    Check("limits", _limits, "Raise limits.steps, or shorten the scenario."),
    Check(
        "ladder",
        _ladder,
        "List policies weakest first; the floor is a simple script that does the job, the last "
        "one does it with care. If the scenario is too short to tell them apart, lengthen it.",
    ),
    Check("bound", _bound, "A bound must hold for every agent: go through its proof again."),
    Check(
        "attacks",
        _attacks,
        "Let the floor be a better simple script, or close the gap: costs for idle calls, goods "
        "that are worthless at the end, worlds that differ more between seeds.",
    ),
    Check("luck", _luck, "Luck holds only what chance added, less what was to be expected of it."),
)

WRITE_GOLDEN = Check(
    "golden", _write_golden, "If the change is meant, raise the scenario's version."
)
