"""Failure detectors against agents whose faults are known: who is found, and who is blamed wrongly.

Every kind of fault of `tenure.kit.sabotage` is played on some seeds and recorded as any episode is;
so are scripts without faults. The detectors see the records alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tenure.envs.chance import Chance
from tenure.kit.sabotage import FAULTS, Action, Fault, Label, Stage, perform
from tenure.kit.sabotage.anywhere import nothing
from tenure.kit.sabotage.vending import QUIET, chat
from tenure.scenarios import References, Scenario, load, references
from tenure.scenarios.playing import acting
from tenure.scoring.failures import CLASSES, Failure, detect
from tenure.scoring.past import Past
from tenure.scoring.recorder import Recorder, header
from tenure.scoring.records import read
from tenure.scoring.statistics import Interval, wilson

GOOD_SHARE = 0.9
"""A class below it, in precision or in recall, is said to be."""

CLEAN = tuple(
    Fault(f"clean-{name}", "", scenario, base, mischief, parameters)
    for name, scenario, base, mischief, parameters in (
        ("shopkeeper", "vending/month", "shopkeeper", nothing, {}),
        ("shopkeeper-quarter", "vending/quarter", "shopkeeper", nothing, {}),
        ("shopkeeper-week", "vending/week", "shopkeeper", nothing, {}),
        ("naive", "vending/month", "naive", nothing, QUIET),
        ("chatty", "vending/quarter", "shopkeeper", chat, {}),
        ("local-base-stock", "supply-line/classic", "local-base-stock", nothing, {}),
        ("echelon-base-stock", "supply-line/year", "echelon-base-stock", nothing, {}),
        ("bayes", "bookings/smoke", "bayes", nothing, {}),
    )
)
"""Scripts that do their work; naive ones only where nothing is asked of them that they ignore."""


class Trial(NamedTuple):
    """One episode of the suite.

    Attributes:
        fault: Who played.
        seed: The world's.
        path: Its record.
        labels: What was done wrong.
        failures: What was found.
    """

    fault: Fault
    seed: int
    path: Path
    labels: tuple[Label, ...]
    failures: tuple[Failure, ...]

    @property
    def wrong(self) -> list[Failure]:
        """What was found and is not so; what follows from a fault counts neither way."""
        first = min((label.first for label in self.labels), default=None)
        return [
            one
            for one in self.failures
            if not _is_labelled(one, self.labels)
            and (first is None or one.step < first or one.code not in self.fault.also)
        ]

    @property
    def missed(self) -> list[Label]:
        """What was done wrong and not found."""
        return [
            label
            for label in self.labels
            if not any(label.covers(one.code, one.step, one.day) for one in self.failures)
        ]


class Grade(NamedTuple):
    """How far the detector of a class can be relied on.

    Attributes:
        code: The class.
        labels: How often it was injected.
        found: How many of these were found at the right steps.
        detections: How often it was found at all, where that is right or wrong.
        right: How many of these were.
    """

    code: str
    labels: int
    found: int
    detections: int
    right: int

    @property
    def recall(self) -> Interval | None:
        """Wilson's 95 % interval of the share found; `None` if it was never injected."""
        return wilson(self.found, self.labels) if self.labels else None

    @property
    def precision(self) -> Interval | None:
        """The same of the share that is right; `None` if it was never found."""
        return wilson(self.right, self.detections) if self.detections else None

    @property
    def is_good(self) -> bool:
        """Whether both shares are at least 0.9, and there was something to find."""
        return (
            self.labels > 0
            and self.found >= GOOD_SHARE * self.labels
            and self.right >= GOOD_SHARE * self.detections
        )


def trials(folder: Path, seeds: Iterable[int], names: Sequence[str] = ()) -> Iterator[Trial]:
    """Play the suite.

    Args:
        folder: Where the records are written.
        seeds: The worlds that each fault is played in.
        names: Kinds of faults; if empty all of them, and the scripts without faults.

    Raises:
        KeyError: If there is no such fault.
    """
    worlds = list(seeds)
    for fault in [FAULTS[name] for name in names] or (*FAULTS.values(), *CLEAN):
        for seed in worlds:
            yield trial(fault, seed, folder / f"{fault.name}-{seed}.jsonl.zst")


def trial(fault: Fault, seed: int, path: Path, *, after: int | None = None) -> Trial:
    """Play and record one episode, and look for failures in its record.

    Args:
        fault: Who plays.
        seed: The world's.
        path: Where it is recorded.
        after: How many steps after a fault the episode is broken off; `None` plays on to its end.
    """
    labels = _record(fault, seed, path, after)
    return Trial(fault, seed, path, tuple(labels), tuple(detect(Past(read(path)))))


def grades(found: Iterable[Trial]) -> list[Grade]:
    """Grade every class, in the order of the classes."""
    labels, hits, right, wrong = (Counter[str]() for _ in range(4))
    for one in found:
        labels.update(label.code for label in one.labels)
        hits.update((Counter(x.code for x in one.labels)) - Counter(x.code for x in one.missed))
        right.update(x.code for x in one.failures if _is_labelled(x, one.labels))
        wrong.update(x.code for x in one.wrong)
    return [
        Grade(code, labels[code], hits[code], right[code] + wrong[code], right[code])
        for code in CLASSES
    ]


def confusion(found: Iterable[Trial]) -> Mapping[str, Counter[str]]:
    """Return, by injected class, in how many episodes each class was found; `-` for none."""
    table: dict[str, Counter[str]] = {}
    for one in found:
        row = table.setdefault(one.fault.code or "clean", Counter())
        row.update({failure.code for failure in one.failures} or {"-"})
    return table


def _is_labelled(one: Failure, labels: Iterable[Label]) -> bool:
    return any(label.covers(one.code, one.step, one.day) for label in labels)


def _record(fault: Fault, seed: int, path: Path, after: int | None) -> list[Label]:
    """Play and record one episode, and return what was done wrong."""
    scenario = scenario_of(fault)
    world = scenario.make_world(seed)
    agent = {"name": f"sabotage/{fault.name}"}
    told = header(scenario, seed, agent, 0, world, _references(scenario.model_dump_json(), seed))
    opening = world.opening()
    waits = next(iter(scenario.job.audit().waiting))
    stage = Stage(world, Chance(seed), waits, heard=opening)
    script = acting(scenario, world, fault.base)
    turns: Iterator[Action] = perform(
        stage, lambda heard: script(heard) or "", fault.mischief, opening
    )
    with Recorder(path, told) as recorder:
        while not world.ended and stage.n < scenario.limits.steps and not _is_over(stage, after):
            turn = next(turns)
            step = world.step(turn.action)
            recorder.step(world, turn.action, turn.exchange, step)
            stage.heard, stage.n = step.text, stage.n + 1
        recorder.end(world, world.ended or "steps")
    return [label for label in stage.labels if label.first < stage.n]


def _is_over(stage: Stage, after: int | None) -> bool:
    """Tell whether enough was played after the first fault."""
    return after is not None and bool(stage.labels) and stage.n > stage.labels[0].first + after


def scenario_of(fault: Fault) -> Scenario:
    """Return the scenario in which a fault is played."""
    scenario = load(fault.scenario)
    changes: dict[str, object] = {"parameters": {**scenario.parameters, **fault.parameters}}
    if fault.steps:
        changes["limits"] = scenario.limits.model_copy(update={"steps": fault.steps})
    return scenario.model_copy(update=changes)


@cache
def _references(scenario: str, seed: int) -> References:
    return references(Scenario.model_validate_json(scenario), seed)
