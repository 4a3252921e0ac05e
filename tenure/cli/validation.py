"""`tenure validate-detectors`: failure detectors against agents whose faults are known."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tenure.cli.exits import Exit
from tenure.cli.parsing import Parser, whole_number
from tenure.cli.terminal import remark, say
from tenure.errors import UsageError, nearest

if TYPE_CHECKING:
    from tenure.runner.first_sight import Reading
    from tenure.runner.validation import Grade, Trial
    from tenure.scoring.statistics import Interval

_EPILOG = """\
Each kind of fault is a scripted agent that works as it should until it misbehaves, at a time drawn
from the seed. A detection is right if its class is the injected one and its step lies where the
fault does, or where the time ran out for what was not done. All else that is found in these
episodes, and anything that is found in those of agents without faults, is wrong. Thresholds were
set on seeds below 4001.

With --words, sentences are said in worlds in which they are so or not. Those that may be learnt
from are told if they are misread; the others only count, so that nobody tunes to them.

examples:
  tenure validate-detectors
  tenure validate-detectors --words
  tenure validate-detectors --fault look-again --fault hop --seeds 20
  tenure validate-detectors --out faults && tenure show faults/hop-4001.jsonl.zst --failure T4"""


def _define(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.epilog = _EPILOG
    parser.add_argument(
        "--seeds", metavar="N", type=whole_number(1), default=12, help="worlds a fault; default 12"
    )
    parser.add_argument(
        "--first-seed", metavar="N", type=whole_number(1), default=4001, help="default 4001"
    )
    parser.add_argument(
        "--fault", dest="faults", metavar="NAME", action="append", default=[], help="only this one"
    )
    parser.add_argument(
        "--words", action="store_true", help="grade how sentences are read that none was made from"
    )
    parser.add_argument("--out", metavar="DIR", type=Path, help="keep the records in a new folder")
    parser.add_argument("--page", metavar="FILE", type=Path, help="renew a page's tables")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return _validate


COMMANDS = {"validate-detectors": _define}


def _validate(options: argparse.Namespace) -> int:
    from tenure.kit.sabotage import FAULTS

    if options.words and options.faults:
        raise UsageError("--words plays sentences, and --fault a fault; name one of them.")
    for name in options.faults:
        if name not in FAULTS:
            raise UsageError(f"There is no fault {name!r}. {nearest(name, FAULTS)}")
    if options.out and options.out.exists():
        raise UsageError(f"{options.out} exists already; the records go into a new folder.")
    play = _play_words if options.words else _play
    if options.out:
        return play(options, options.out)
    with TemporaryDirectory(prefix="tenure-") as folder:
        return play(options, Path(folder))


def _play_words(options: argparse.Namespace, folder: Path) -> int:
    from tenure.runner.first_sight import readings

    read = []
    for one in readings(folder, options.first_seed):
        read.append(one)
        if one.sentence.may_be_learnt_from and not one.is_right:
            found = ", ".join(one.found) or "nothing"
            wanted = one.sentence.code if one.sentence.is_faulty else "nothing"
            remark(f"{one.sentence.fault.name}: {found}, not {wanted}: {one.words!r}")
    if options.page:
        _renew(options.page, "words", word_lines(read))
    if options.json:
        halves = {"learnt": True, "measured": False}
        say(json.dumps({name: _tallied(read, is_learnt=half) for name, half in halves.items()}))
    else:
        for line in word_lines(read):
            say(line)
    return Exit.DONE


def _tallied(read: Sequence[Reading], *, is_learnt: bool) -> list[dict[str, Any]]:
    from tenure.runner.first_sight import tallies

    half = [one for one in read if one.sentence.may_be_learnt_from is is_learnt]
    return [one._asdict() for one in tallies(half)]


def word_lines(read: Sequence[Reading]) -> Iterator[str]:
    """Yield a table of how sentences were read, by class, each half of them by itself."""
    from tenure.scoring.failures import CLASSES

    yield "| class | measured: found | honest ones misread | learnt from: found | misread |"
    yield "|---|---|---|---|---|"
    halves = (_tallied(read, is_learnt=False), _tallied(read, is_learnt=True))
    for measured, learnt in zip(*halves, strict=True):
        code = measured["code"]
        name = f"{code} {CLASSES[code].name}" if code in CLASSES else f"**{code}**"
        cells = [
            f"{half[part]} of {half[whole]}"
            for half in (measured, learnt)
            for part, whole in (("found", "faulty"), ("misread", "honest"))
        ]
        yield f"| {name} | {' | '.join(cells)} |"


def _play(options: argparse.Namespace, folder: Path) -> int:
    from tenure.runner.validation import grades, trials

    seeds = range(options.first_seed, options.first_seed + options.seeds)
    played = []
    for one in trials(folder, seeds, options.faults):
        played.append(one)
        for failure in one.wrong:
            remark(f"wrong: {one.path.name}: {failure.code} at step {failure.step}: {failure.what}")
        for label in one.missed:
            remark(f"missed: {one.path.name}: {label.code} from step {label.first} on")
    graded = [grade for grade in grades(played) if grade.labels or not options.faults]
    if options.page:
        _renew(options.page, "classes", class_lines())
        _renew(options.page, "grades", report_lines(graded, played))
    if options.json:
        say(json.dumps(_as_json(graded, played)))
    else:
        for line in report_lines(graded, played):
            say(line)
    return Exit.DONE


def _renew(page: Path, name: str, lines: Iterable[str]) -> None:
    """Put lines between the two marks of a name in a page.

    Raises:
        UsageError: If it has no such marks.
    """
    text = page.read_text(encoding="utf-8")
    opening, closing = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    head, found, rest = text.partition(opening)
    _, end, tail = rest.partition(closing)
    if not (found and end):
        raise UsageError(f"{page} has no lines {opening.strip()} and {closing}.")
    body = "\n".join(lines)
    page.write_text(f"{head}{opening}{body}\n{closing}{tail}", encoding="utf-8")


def class_lines() -> Iterator[str]:
    """Yield a table of the classes."""
    from tenure.scoring.failures import CLASSES

    yield "| class | what it is | how it is found | needs |"
    yield "|---|---|---|---|"
    for one in CLASSES.values():
        yield f"| `{one.code}` {one.name} | {one.meaning} | {one.rule} | {one.needs} |"


def report_lines(graded: Sequence[Grade], played: Sequence[Trial]) -> Iterator[str]:
    """Yield the whole report as Markdown."""
    from tenure.scoring.report.wording import counted

    faulty = [one for one in played if one.fault.code]
    kinds = len({one.fault.name for one in faulty})
    seeds = sorted({one.seed for one in played})
    clean = len({one.fault.name for one in played}) - kinds
    on = f"seeds {seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"seed {seeds[0]}"
    yield (
        f"{counted(len(played), 'episode')}: {counted(kinds, 'kind')} of faults and "
        f"{counted(clean, 'script')} without faults, on {on}. "
        "Shares with 95 % intervals (Wilson)."
    )
    yield ""
    yield from grade_lines(graded)
    yield ""
    yield _missed_kinds(faulty, kinds)
    yield ""
    yield from confusion_lines(played)


def _missed_kinds(faulty: Sequence[Trial], kinds: int) -> str:
    """Say which kinds of faults were not found each time."""
    missed = Counter(one.fault.name for one in faulty if one.missed)
    played = Counter(one.fault.name for one in faulty if one.labels)
    if not missed:
        of = "The one kind" if kinds == 1 else f"Each of the {kinds} kinds"
        return f"{of} of faults was found each time."
    named = ", ".join(f"`{name}` ({count} of {played[name]})" for name, count in missed.items())
    return (
        f"{kinds - len(missed)} of {kinds} kinds of faults were found each time; missed: {named}."
    )


def grade_lines(graded: Sequence[Grade]) -> Iterator[str]:
    """Yield a table of precision and recall, and say which classes fall short."""
    from tenure.runner.validation import GOOD_SHARE
    from tenure.scoring.failures import CLASSES

    yield "| class | injected | found | recall | detections | right | precision |"
    yield "|---|---|---|---|---|---|---|"
    for one in graded:
        yield (
            f"| {one.code} {CLASSES[one.code].name} | {one.labels} | {one.found} | "
            f"{_share(one.found, one.labels, one.recall)} | {one.detections} | {one.right} | "
            f"{_share(one.right, one.detections, one.precision)} |"
        )
    yield ""
    poor = [one.code for one in graded if not one.is_good]
    if poor:
        named = ", ".join(poor)
        yield f"**Below {GOOD_SHARE} in precision or recall, or never injected: {named}.**"
    else:
        yield f"No class is below {GOOD_SHARE} in precision or recall."


def confusion_lines(played: Sequence[Trial]) -> Iterator[str]:
    """Yield a table of what was found where what was injected."""
    from tenure.runner.validation import confusion

    yield "| injected | episodes | found, with the number of episodes (`-` for nothing) |"
    yield "|---|---|---|"
    for code, row in confusion(played).items():
        episodes = sum((one.fault.code or "clean") == code for one in played)
        found = ", ".join(f"{name} {count}" for name, count in row.most_common())
        yield f"| {code} | {episodes} | {found} |"


def _share(part: int, whole: int, interval: Interval | None) -> str:
    if interval is None:
        return "none"
    return f"{part / whole:.2f} ({interval.low:.2f} to {interval.high:.2f})"


def _as_json(graded: Sequence[Grade], played: Sequence[Trial]) -> dict[str, Any]:
    from tenure.runner.validation import confusion

    return {
        "episodes": len(played),
        "classes": [
            grade._asdict()
            | {"is_good": grade.is_good}
            | {
                name: [interval.low, interval.high] if interval else None
                for name, interval in (("recall", grade.recall), ("precision", grade.precision))
            }
            for grade in graded
        ],
        "confusion": {code: dict(row) for code, row in confusion(played).items()},
    }
