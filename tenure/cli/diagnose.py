"""`tenure diagnose`: what went wrong, which decisions cost how much, and what was better."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenure.cli.exits import Exit
from tenure.cli.failures import NO_FACTS, failure_lines, incidence_table
from tenure.cli.parsing import Parser, add_options, whole_number
from tenure.cli.terminal import amount, heading, printable, remark, say, table, width
from tenure.errors import TrajectoryError, UsageError

if TYPE_CHECKING:
    from tenure.scoring.diagnosis import Diagnosis
    from tenure.scoring.failures import Failure
    from tenure.scoring.ledger import Decisive, Entry, Ledger

_TOP, _SUMS, _CALL_CHARS, _LINE_CHARS = 10, 8, 120, 98
_KEYS = ("cause", "tool", "product", "counterparty", "day")
_CLOCK = frozenset({"day", "week", "minute_of_day"})
_EPILOG = """\
The loss of a step is what it took from the score that the job's reference, a good manager who
knows the present and not the future, would have reached by taking over at that moment, under the
episode's own chance. All losses together are exactly V(s0) - G: what the reference reaches from the
start, less what was reached. A negative loss is a step that did better. docs/diagnose.md has more.
Failures are found from the world and the record, without a judge: docs/failures.md.

examples:
  tenure diagnose runs/mine/episodes/shopkeeper/seed-1.jsonl.zst
  tenure diagnose runs/mine
  tenure diagnose EPISODE --full --json | jq .entries
  tenure diagnose EPISODE --futures 8
  tenure diagnose EPISODE --bar 10000 --plot losses.png"""


def _bar(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is no score, such as 10000") from None


_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "--full": {"action": "store_true", "help": "resolve every day into its steps"},
    "--futures": {
        "metavar": "K",
        "type": whole_number(2),
        "default": 0,
        "help": "average the losses of the decisions over K other futures, too (none)",
    },
    "--bar": {
        "metavar": "SCORE",
        "type": _bar,
        "help": "the score that the decisive step is about, as scores are printed: of money in "
        "dollars (no loss, or the naive script's score)",
    },
    "--processes": {
        "metavar": "N",
        "type": whole_number(1),
        "help": "how many work (all processors)",
    },
    "--plot": {"metavar": "FILE", "type": Path, "help": "draw the losses by day"},
    "--json": {"action": "store_true", "help": "print one JSON document only"},
}


def _define(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.epilog = _EPILOG
    parser.add_argument("path", type=Path, help="an episode's file, or the folder of a run")
    add_options(parser, _OPTIONS)
    return _diagnose


COMMANDS = {"diagnose": _define}


def _diagnose(options: argparse.Namespace) -> int:
    path: Path = options.path
    if not path.exists():
        raise UsageError(f"There is no {path}.")
    look = partial(
        _diagnosis,
        full=options.full,
        futures=options.futures,
        bar=options.bar,
        processes=options.processes,
    )
    if path.is_dir():
        if options.plot:
            raise UsageError("--plot draws one episode; name its file.")
        return _diagnose_run(path, look, as_json=options.json)
    if options.plot:
        _check_picture(options.plot)
    found = look(path)
    if options.plot and not found.ledger:
        raise UsageError(f"There are no losses to draw: {found.problem}")
    if options.json:
        _say_json(found.to_json())
    else:
        for part in _parts(found):
            say(printable(part))
    if options.plot and found.ledger:
        _plot(found.ledger, options.plot)
    return Exit.DONE


def _diagnosis(path: Path, *, bar: Decimal | None, **how: Any) -> Diagnosis:
    from tenure.scoring.diagnosis import diagnose

    return diagnose(path, partial(_tell, path), bar=_in_units(path, bar), **how)


def _tell(path: Path, doing: str) -> None:
    remark(f"{path.parent.name}/{path.name}: {doing}")


# --- one episode ----------------------------------------------------------------------------------


def _parts(found: Diagnosis) -> Iterator[str]:
    """Yield what is told of an episode, part by part."""
    ledger = found.ledger
    yield _headline(ledger) if ledger else f"{found.name}. {found.problem}"
    yield "\n" + "\n".join(failure_lines(found.failures, found.seats))
    if not found.tells_facts:
        yield NO_FACTS
    if ledger:
        yield from _costs(ledger, found.failures)


def _costs(ledger: Ledger, failures: Sequence[Failure]) -> Iterator[str]:
    worst = ledger.worst(_TOP)
    if worst:
        yield f"\nThe {len(worst)} most expensive decisions" if len(worst) > 1 else "\nOne mistake"
    for place, entry in enumerate(worst, start=1):
        yield f"\n{_decision(place, entry, ledger.score, _at(failures, entry.step))}"
    for key in _KEYS:
        if sums := _sums(ledger, key):
            yield f"\n{sums}"
    yield f"\n{_check(ledger)}"
    yield _verdict(ledger.decisive, ledger)


def _at(failures: Sequence[Failure], step: int) -> list[str]:
    """Return the classes of the failures that a step belongs to."""
    return sorted({one.code for one in failures if one.step <= step <= one.until})


def _headline(ledger: Ledger) -> str:
    who = f"{ledger.scenario}, seed {ledger.seed}, {ledger.agent}"
    start, outcome = (amount(value, ledger.score) for value in (ledger.start, ledger.outcome))
    if not ledger.complete:
        return (
            f"{who}: unfinished. The reference reaches {start} from the start on, and "
            f"{outcome} if it takes over now."
        )
    return f"{who}: {outcome}. The reference, from the start on: {start}."


def _decision(place: int, entry: Entry, score: str, codes: Sequence[str]) -> str:
    """Return an entry as a paragraph: when, how much, what was known, done and better."""
    known = [
        f"{heading(name)} {amount(value, name)}"
        for name, value in entry.known.items()
        if value and name not in _CLOCK
    ]
    known += [f"{name} {text}" for name, text in entry.at_hand.items()]
    about = ", ".join(filter(None, [entry.cause, entry.product, entry.counterparty]))
    lines = [f"{place:>2}. {amount(entry.loss_cents, score)}  day {entry.day}, step {entry.step}"]
    lines[0] += f": {about}" if about else ""
    lines[0] += f" [{', '.join(codes)}]" if codes else ""
    if entry.luckless is not None and entry.error is not None:
        mean, error = amount(entry.luckless, score), amount(entry.error, score)
        lines += _indented(
            "futures", f"{mean} on average over other futures (standard error {error})"
        )
    lines += _indented("shared", _shares(entry, score))
    lines += _indented("known", "; ".join(known))
    lines += _indented("done", _cut(entry.did))
    lines += _indented("better", _would(entry))
    return "\n".join(lines)


def _shares(entry: Entry, score: str) -> str:
    """Say which cause accounts for how much, the largest first, where there are several."""
    shares = sorted(entry.shares, key=lambda share: -abs(share.loss_cents))
    return ", ".join(
        f"{share.cause} {amount(share.loss_cents, score)}" for share in shares if share.loss_cents
    )


def _would(entry: Entry) -> str:
    """Say what the reference would have done: one call for each tool, in its order."""
    tools = [call.partition("(")[0] for call in entry.would]
    shown = []
    for tool in dict.fromkeys(tools):
        calls = [call for call, name in zip(entry.would, tools, strict=True) if name == tool]
        more = f" and {len(calls) - 1} more of these" if len(calls) > 1 else ""
        shown.append(f"{_cut(max(calls, key=len))}{more}")
    return "; ".join(shown)


def _indented(name: str, text: str) -> list[str]:
    if not text:
        return []
    return textwrap.wrap(
        " ".join(text.split()),
        min(_LINE_CHARS, width() or _LINE_CHARS),
        initial_indent=f"    {name:<8}",
        subsequent_indent=" " * 12,
    )


def _cut(text: str) -> str:
    """Return a call in one line, not too long; lines of a mail stand beside each other."""
    text = text.replace("\\n", " ")
    return text if len(text) <= _CALL_CHARS else f"{text[: _CALL_CHARS - 3]}..."


def _sums(ledger: Ledger, key: str) -> str:
    """Return losses added up by a key, the largest first; empty if no entry says anything of it."""
    sums = {name: cents for name, cents in ledger.sums(key).items() if cents}
    if not any(sums.keys() - {""}):
        return ""
    named = list(sums.items())
    rows = [(_named(key, name), amount(cents, ledger.score)) for name, cents in named[:_SUMS]]
    if rest := named[_SUMS:]:
        total = sum(cents for _, cents in rest)
        rows.append((f"({len(rest)} others)", amount(total, ledger.score)))
    return table((f"by {key}", "lost"), rows)


def _named(key: str, name: str) -> str:
    if key == "day":
        return f"day {name}"
    return name or f"(no {key})"


def _check(ledger: Ledger) -> str:
    figures = (ledger.start, ledger.outcome, ledger.start - ledger.outcome, ledger.total)
    start, outcome, lost, total = (amount(value, ledger.score) for value in figures)
    decisions = sum(entry.is_decision for entry in ledger.entries)
    end = "G" if ledger.complete else "V(now)"
    whole_days = sum(entry.steps > 1 for entry in ledger.entries)
    more = f" {whole_days:,} are of whole days: --full resolves these too." if whole_days else ""
    return (
        f"V(s0) - {end} = {start} - {outcome} = {lost}; the {len(ledger.entries):,} losses "
        f"({decisions:,} single steps) sum to {total}.{more}"
    )


def _verdict(decisive: Decisive, ledger: Ledger) -> str:
    if not ledger.complete:
        return "Decisive step: none can be told of an episode that is unfinished."
    bar = f"{amount(decisive.bar, ledger.score)} ({decisive.bar_name})"
    if decisive.reached:
        return f"Decisive step: none, the outcome reached {bar}."
    late = _last_chance(decisive)
    if decisive.step is None or decisive.outcome is None:
        return (
            f"Decisive step: none {_tried(ledger)}; to correct one alone would not have reached "
            f"{bar}. {late}".rstrip()
        )
    after = amount(decisive.outcome, ledger.score)
    return (
        f"Decisive step: {decisive.step}, the earliest {_tried(ledger)}. With the reference at "
        "work for the rest of that day, and the recorded actions from the next day on, the outcome "
        f"is {after} and reaches {bar}. {late}"
    ).rstrip()


def _tried(ledger: Ledger) -> str:
    """Say which steps' corrections were tried."""
    steps, tried = sum(entry.steps for entry in ledger.entries), ledger.decisive.tried
    return "of all steps" if tried >= steps else f"of the {tried} most expensive decisions"


def _last_chance(decisive: Decisive) -> str:
    if decisive.last_chance is None:
        return "The reference could not have reached it from any moment."
    return f"The reference could still have reached it from step {decisive.last_chance} on."


# --- a run ----------------------------------------------------------------------------------------


def _diagnose_run(folder: Path, look: Callable[[Path], Diagnosis], *, as_json: bool) -> int:
    from tenure.cli.playback import planned_files

    paths = [path for path in planned_files(folder) if path.exists()]
    if not paths:
        say(f"No episode of {folder} has been played yet.")
        return Exit.UNFINISHED
    found, code = [], Exit.DONE
    for path in paths:
        try:
            found.append(look(path))
        except TrajectoryError as error:
            remark(f"{path}: {error}")
            code = Exit.INVALID
    if as_json:
        _say_json([one.to_json() for one in found])
    elif found:
        for part in _run_parts(found):
            say(printable(part))
    return code


def _run_parts(found: Sequence[Diagnosis]) -> Iterator[str]:
    from tenure.scoring.failures import incidence

    head = ("agent", "seed", "outcome", "reference", "lost", "the most expensive decision")
    if rows := [_row(one.ledger) for one in found if one.ledger]:
        yield table(head, rows, width=width())
    yield from dict.fromkeys(one.problem for one in found if one.problem)
    if not all(one.tells_facts for one in found):
        yield f"\n{NO_FACTS}"
    for whose, failures in _by_agent(found).items():
        title = f"{whose}: " if whose else ""
        last = max((one.day for those in failures for one in those), default=0)
        if not last:
            yield f"\n{title}no failure was found." if title else "\nNo failure was found."
            continue
        days = sorted({max(1, last // 4), max(1, last // 2), last})
        told = incidence_table(incidence(failures), days)
        yield f"\n{title}\n{told}" if title else f"\n{told}"


def _by_agent(found: Sequence[Diagnosis]) -> dict[str, list[list[Failure]]]:
    """Return the failures of each episode, of matches those of each agent in it, by agent."""
    failures: dict[str, list[list[Failure]]] = {}
    for one in found:
        rivals = {seat: who for seat, who in one.seats.items() if "" not in one.seats}
        if not rivals:
            failures.setdefault("", []).append(list(one.failures))
        for seat, who in rivals.items():
            own = [failure for failure in one.failures if failure.seat == seat]
            failures.setdefault(who, []).append(own)
    return failures


def _row(ledger: Ledger) -> Sequence[str]:
    worst = next(iter(ledger.worst(1)), None)
    what = "-"
    if worst:
        lost = amount(worst.loss_cents, ledger.score)
        what = f"{lost} on day {worst.day}, step {worst.step}: {worst.cause or worst.tool}"
    outcome, start, total = (
        amount(value, ledger.score) for value in (ledger.outcome, ledger.start, ledger.total)
    )
    if not ledger.complete:
        outcome = "unfinished"
    return ledger.agent, str(ledger.seed), outcome, start, total, what


def _say_json(content: Any) -> None:
    import orjson

    say(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())


def _in_units(path: Path, bar: Decimal | None) -> int | None:
    """Return a bar in units of the score figure of an episode's file."""
    from tenure.scoring.records import read_partial

    if bar is None:
        return None
    is_money = read_partial(path).header["score"].endswith("_cents")
    return int(bar * 100 if is_money else bar)


# --- a picture ------------------------------------------------------------------------------------


def _check_picture(path: Path) -> None:
    """See that a picture can be drawn, before an episode is valued for it.

    Raises:
        UsageError: If not.
    """
    if path.suffix not in (".png", ".svg", ".pdf"):
        raise UsageError(f"--plot {path}: name a file that ends in .png, .svg or .pdf.")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"--plot {path}: there is no folder {path.absolute().parent}.")


def _plot(ledger: Ledger, path: Path) -> None:
    """Draw cumulative losses by day from nothing on, with the most expensive decisions marked.

    What a day cost is the rise at that day.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    from tenure.scoring.report.figures import set_units
    from tenure.scoring.report.wording import is_money

    scale = 100 if is_money(ledger.score) else 1
    lost = [0.0, *accumulate(cost / scale for cost in _by_day(ledger))]
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.step(range(len(lost)), lost, where="post", color="#3b6ea5")
    places: dict[int, list[str]] = {}
    legend = []
    for place, entry in enumerate(ledger.worst(_TOP), start=1):
        places.setdefault(entry.day, []).append(str(place))
        cost = amount(entry.loss_cents, ledger.score)
        legend.append(f"{place:>2}  {cost}  day {entry.day}: {entry.cause or entry.tool}")
    for day, named in places.items():
        at = (day, lost[day])
        axes.plot(*at, "o", color="#b5452c", markersize=5)
        axes.annotate(
            ", ".join(named), at, xytext=(-4, 5), textcoords="offset points", ha="right", fontsize=8
        )
    axes.text(1.02, 1, "\n".join(legend), transform=axes.transAxes, va="top", fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlim(0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(min(0, *lost))
    set_units(axes, money=is_money(ledger.score))
    unit = "" if is_money(ledger.score) else f", {heading(ledger.score)}"
    axes.set(xlabel="day", ylabel=f"lost so far{unit}")
    axes.set_title(f"{ledger.scenario}, seed {ledger.seed}, {ledger.agent}", fontsize=10)
    figure.savefig(path, dpi=150)


def _by_day(ledger: Ledger) -> list[int]:
    """Return what each day cost, from the first to the last that an entry has."""
    sums = {int(day): lost for day, lost in ledger.sums("day").items()}
    return [sums.get(day, 0) for day in range(1, max(sums, default=1) + 1)]
