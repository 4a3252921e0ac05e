"""`tenure show`: an episode as a person reads it, all of it or the steps that were asked for."""

from __future__ import annotations

import argparse
import json
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from tenure.cli.exits import Exit
from tenure.cli.parsing import Parser, choice, whole_number
from tenure.cli.places import define_source, from_store
from tenure.cli.playback import only_episode
from tenure.cli.terminal import amount, heading, printable, remark, say, width
from tenure.errors import UsageError, nearest

if TYPE_CHECKING:
    from tenure.scoring.failures import Failure
    from tenure.scoring.records import EndRecord, Episode
    from tenure.scoring.scenes import Scene

    Keep = Callable[[Scene], bool]

_FAULTS = ("malformed", "unknown_tool", "bad_arguments", "refused")
_CLOCK = frozenset({"day", "minute_of_day"})
"""Figures that the head of a step tells anyhow."""
_SHOWN_LINES, _SHOWN_CHARS, _SHOWN_EVENTS = 14, 500, 4
"""How much of a text, of a call and of a step's events is shown without --full."""
_INDENT = "    "
_TOKEN_WORDS = {
    "input_tokens": "read",
    "cached_tokens": "of them cached",
    "cache_write_tokens": "of them put into the cache",
    "output_tokens": "written",
}

_EPILOG = """\
Filters add up: a step is shown if it passes all of them. Days count from 1, as agents are told;
steps from 0, as in the record. What a call led to stands below it, also where another seat acted
in between. Without --full long texts are cut, and figures that only tell the time are left out.

examples:
  tenure show EPISODE --day 12
  tenure show EPISODE --days 10..20 --tool send_payment
  tenure show EPISODE --fault refused --full | less
  tenure show EPISODE --events theft --json | jq .events
  tenure show EPISODE --failure M1         # classes: docs/failures.md
  tenure show EPISODE --request 512        # a line a request; the last was answered"""


def _define(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.epilog = _EPILOG
    number = whole_number(0)
    define_source(parser, "path", "an episode's file, or a run's folder with but one")
    which = parser.add_argument_group("which steps")
    days = which.add_mutually_exclusive_group()
    days.add_argument("--day", dest="days", metavar="D", type=_one_day, help="those of one day")
    days.add_argument("--days", metavar="A..B", type=_days, help="those of days A to B")
    which.add_argument("--from", dest="first", metavar="N", type=number, help="from step N on")
    which.add_argument("--to", dest="last", metavar="N", type=number, help="up to step N")
    which.add_argument("--tool", metavar="NAME", help="calls of a tool")
    which.add_argument("--fault", metavar="KIND", type=choice(*_FAULTS), help=", ".join(_FAULTS))
    which.add_argument("--events", metavar="KIND", help="with an event of a kind")
    which.add_argument(
        "--failure", metavar="CLASS", help="of failures of a class such as M1; or all"
    )
    which.add_argument("--seat", metavar="NAME", help="of one seat, in a world of several")
    which.add_argument(
        "--grep", metavar="TEXT", help="with a text in what was thought, said or answered"
    )
    parser.add_argument("--full", action="store_true", help="cut nothing")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON line a step")
    form.add_argument(
        "--request",
        metavar="N",
        type=number,
        help="print what the model was asked that took step N, rebuilt, as JSON",
    )
    return from_store(_show, "path")


COMMANDS = {"show": _define}


class Days(NamedTuple):
    """Days from the first to the last, both in it; 1 is the episode's first."""

    first: int
    last: int


def _one_day(text: str) -> Days:
    day = whole_number(1)(text)
    return Days(day, day)


def _days(text: str) -> Days:
    found = re.fullmatch(r"([1-9]\d*)\.\.([1-9]\d*)", text)
    if not found or int(found[1]) > int(found[2]):
        raise argparse.ArgumentTypeError(f"{text!r} is not a span of days such as 10..20")
    return Days(int(found[1]), int(found[2]))


def _show(options: argparse.Namespace) -> int:
    from tenure.scoring.records import read_partial
    from tenure.scoring.scenes import scenes

    path = only_episode(options.path, options.shown)
    if not path.exists():
        raise UsageError(f"There is no {path}.")
    episode = read_partial(path)
    place, content = _by_place(options), _by_content(options)
    if options.request is not None:
        if place or content or options.failure:
            raise UsageError("--request names its step itself: leave the filters out.")
        return _show_requests(episode, options.request)
    _check_window(episode, options.first or 0, options.last)
    failures = _failures(episode, options.failure)
    if options.failure:
        content.append(lambda scene: bool(_of_step(failures, scene)))
    shown = [scene for scene in scenes(episode) if all(keep(scene) for keep in (*place, *content))]
    if options.json:
        for scene in shown:
            say(_as_json(scene, failures))
    else:
        view = _View(episode, width(), failures, full=options.full, openings=not content)
        for part in view.parts(shown):
            say(printable(part))
    if not shown and (place or content):
        remark(f"No step of {len(episode.steps):,} matches. {_hint(options, episode)}".rstrip())
    return Exit.DONE


def _show_requests(episode: Episode, n: int) -> int:
    from tenure.runner.rebuilding import requests
    from tenure.scoring.past import Past

    for request in requests(Past(episode), n):
        say(_ascii(json.loads(request.body)))
    return Exit.DONE


def _failures(episode: Episode, code: str | None) -> list[Failure]:
    """Return the failures of a class, or of `all`; none if nobody asks for any.

    Raises:
        UsageError: If there is no such class.
    """
    if code is None:
        return []
    from tenure.scoring.failures import CLASSES, detect
    from tenure.scoring.past import Past

    wanted = code.upper()
    if wanted != "ALL" and wanted not in CLASSES:
        raise UsageError(f"There is no class {code!r} of failures. {nearest(wanted, CLASSES)}")
    return [one for one in detect(Past(episode)) if wanted in ("ALL", one.code)]


def _of_step(failures: Sequence[Failure], scene: Scene) -> list[Failure]:
    return [one for one in failures if one.covers(scene.step)]


def _check_window(episode: Episode, first: int, last: int | None) -> None:
    """See that there is a step to show.

    Raises:
        UsageError: If there is none.
    """
    if last is not None and last < first:
        raise UsageError(f"No step is shown: --to {last} comes before --from {first}.")
    if first and first >= len(episode.steps):
        steps = len(episode.steps)
        had = f"steps 0 to {steps - 1}" if steps else "no steps yet"
        raise UsageError(f"There is no step {first} to show from: the episode has {had}.")


# --- which steps ---------------------------------------------------------------------------------


def _by_place(options: argparse.Namespace) -> list[Keep]:
    """Return what keeps steps by where they stand, and whose they are."""
    keeps: list[Keep] = []
    if options.days is not None:
        keeps.append(lambda scene: options.days.first <= scene.day <= options.days.last)
    if options.first is not None:
        keeps.append(lambda scene: scene.step["n"] >= options.first)
    if options.last is not None:
        keeps.append(lambda scene: scene.step["n"] <= options.last)
    if options.seat is not None:
        keeps.append(lambda scene: scene.step.get("seat", "") == options.seat)
    return keeps


def _by_content(options: argparse.Namespace) -> list[Keep]:
    """Return what keeps steps by what happened in them."""
    keeps: list[Keep] = []
    if options.tool is not None:
        keeps.append(lambda scene: scene.call is not None and scene.call.name == options.tool)
    if options.fault is not None:
        keeps.append(lambda scene: scene.step.get("fault") == options.fault)
    if options.events is not None:
        keeps.append(lambda scene: options.events in _kinds(scene.step))
    if options.grep is not None:
        wanted = options.grep.casefold()
        keeps.append(lambda scene: wanted in _words(scene).casefold())
    return keeps


def _kinds(step: Mapping[str, Any]) -> set[str]:
    return {str(event.get("kind")) for event in step.get("events", ())}


def _words(scene: Scene) -> str:
    """Return all that an agent said or read in a step."""
    call = "" if scene.call is None else scene.call.text
    own = (scene.step["action"], call, *scene.summaries, scene.reasoning, scene.said)
    return "\n".join((*own, scene.opening, scene.answer or ""))


def _hint(options: argparse.Namespace, episode: Episode) -> str:
    """Tell which names the episode has, where one that was asked for is not among them."""
    from tenure.envs.clock import day_of
    from tenure.scoring.scenes import call_of

    steps = episode.steps
    known: dict[str, tuple[str | None, Callable[[], set[str]]]] = {
        "tool": (options.tool, lambda: {call.name for call in map(call_of, steps) if call}),
        "event": (options.events, lambda: set().union(*map(_kinds, steps))),
        "seat": (options.seat, lambda: {seat for step in steps if (seat := step.get("seat"))}),
    }
    for what, (wanted, names) in known.items():
        if wanted is not None and wanted not in (found := names()):
            return f"The episode has no {what} {wanted!r}. {nearest(wanted, found)}"
    last = day_of(episode.last_minute) + 1
    if options.days is not None and options.days.first > last:
        return f"It came to day {last}."
    return ""


# --- how they look -------------------------------------------------------------------------------


class _View:
    """How an episode is put on a page.

    Args:
        episode: The records.
        width: The most characters of a line; `None` for any.
        failures: Those to be told beside their steps.
        full: Whether nothing is cut.
        openings: Whether to show what a seat read before its first turn.
    """

    def __init__(
        self,
        episode: Episode,
        width: int | None,
        failures: Sequence[Failure],
        *,
        full: bool,
        openings: bool,
    ) -> None:
        self._episode = episode
        self._width = width
        self._failures = failures
        self._full = full
        self._openings = openings

    def parts(self, shown: Sequence[Scene]) -> Iterator[str]:
        """Yield the page from its head to its end, a few lines at a time."""
        yield self._head()
        day = 0
        for scene in shown:
            if scene.day != day:
                day = scene.day
                yield self._day(scene)
            yield "\n".join(self._scene(scene))
        if not self._episode.steps:
            yield self._block("", self._episode.header["opening"])
        yield self._end()

    def _head(self) -> str:
        from tenure.scoring.records import name_of

        header = self._episode.header
        agent: Mapping[str, Any] = header["agent"]
        policy = f" (policy {agent['policy']})" if "policy" in agent else ""
        voice = f"; counterparts worded by {header['voice']['name']}" if "voice" in header else ""
        version = header["scenario"].get("version", "?")
        place = f"{self._episode.scenario_id}, version {version}, seed {self._episode.seed}"
        lines = [
            f"{place}, recorded with Tenure {header['tenure']}",
            f"agent {self._episode.agent_name}{policy}{voice}",
        ]
        if isinstance(employee := agent.get("sub_agent"), dict) and "name" in employee:
            lines.append(f"  worker: {name_of(employee)}")
        if isinstance(seats := agent.get("seats"), dict):
            lines += [f"  {seat}: {name_of(who) or who}" for seat, who in seats.items()]
        return "\n".join([*lines, self._outcome()])

    def _outcome(self) -> str:
        header, end = self._episode.header, self._episode.end
        score = header["score"]
        floor, bound = (amount(header["references"][key], score) for key in ("floor", "bound"))
        against = f"(floor {floor}, bound {bound})"
        if end is None:
            return (
                f"without an end after {len(self._episode.steps):,} steps (still unfinished, or "
                f"cut off); {heading(score)} {against}"
            )
        final = dict(zip(self._episode.figure_names, end["measured"], strict=True))
        return f"{heading(score)} {amount(final[score], score)} {against}, {_ending(end)}"

    def _day(self, scene: Scene) -> str:
        score = self._episode.header["score"]
        before = scene.changes.get(score, (scene.figures.get(score, 0),))[0]
        return f"\n=== Day {scene.day}, {heading(score)} {amount(before, score)}"

    def _scene(self, scene: Scene) -> Iterator[str]:
        seat = f" {scene.step['seat']}" if "seat" in scene.step else ""
        if scene.opening and self._openings:
            yield f"\n{_time(scene.began)}{seat} reads first"
            yield self._block("", scene.opening)
        action = self._cut_line(scene.call.text if scene.call else scene.step["action"])
        yield self._block(
            "", f"\n#{scene.step['n']} {_time(scene.began)}{seat}  {action}", indent=""
        )
        for label, words in self._spoken(scene):
            yield self._block(f"{label}: ", words)
        if scene.answer is not None:
            yield self._block("", scene.answer)
        for label, fact in self._facts(scene):
            yield self._block(f"{label}: ", self._cut_line(fact))

    def _spoken(self, scene: Scene) -> Iterator[tuple[str, str]]:
        """Yield what a model wrote beside its call; what is not for the world is cut short."""
        for summary in scene.summaries:
            yield "summed up", self._cut_line(summary.strip())
        if thought := scene.reasoning.strip():
            yield "thought", self._cut_line(thought)
        spoken = scene.said.strip()
        if spoken and spoken != scene.step["action"].strip():
            yield "said", spoken

    def _facts(self, scene: Scene) -> Iterator[tuple[str, str]]:
        if fault := scene.step.get("fault"):
            yield "fault", fault
        if changed := self._changed(scene):
            yield "changed", changed
        yield from self._told(scene.step.get("events", ()))
        if scene.exchange:
            yield "model", _spent(scene.exchange)
        for one in _of_step(self._failures, scene):
            more = f", to step {one.until}" if one.until > one.step else ""
            whose = f"{one.seat}, " if one.seat else ""
            yield "failure", f"{one.code} {one.what} ({whose}step {one.step}{more})"
        if ended := scene.step.get("ended"):
            yield "ended", ended

    def _changed(self, scene: Scene) -> str:
        names = [name for name in scene.changes if self._full or name not in _CLOCK]
        parts = ((name, *scene.changes[name]) for name in names)
        return "; ".join(
            f"{heading(name)} {amount(old, name)} -> {amount(new, name)}"
            for name, old, new in parts
        )

    def _told(self, events: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
        from tenure.scoring.sustained.retention import KIND

        for event in events:
            if event.get("kind") == KIND:
                yield "recalled", _recalled(event)
        events = [event for event in events if event.get("kind") != KIND]
        shown = len(events) if self._full or len(events) <= _SHOWN_EVENTS else _SHOWN_EVENTS - 1
        for event in events[:shown]:
            facts = {name: value for name, value in event.items() if name != "kind"}
            yield "event", f"{event.get('kind')} {_compact(facts) if facts else ''}".rstrip()
        if shown < len(events):
            yield "events", f"{len(events) - shown:,} more"

    def _end(self) -> str:
        end = self._episode.end
        if end is None:
            return "\n=== The record stops here"
        events = [
            self._block(f"{label}: ", self._cut_line(fact))
            for label, fact in self._told(end.get("events", ()))
        ]
        return "\n".join([f"\n=== The end: {_ending(end)}, {_date(end['minute'])}", *events])

    def _block(self, label: str, text: str, indent: str = _INDENT) -> str:
        """Return a text under a step: indented, wrapped, and cut unless all is wanted."""
        lines = text.split("\n")
        if not self._full and len(lines) > _SHOWN_LINES:
            left_out = len(lines) - _SHOWN_LINES + 1
            kept = _SHOWN_LINES - 2
            lines = [*lines[:kept], f"[{left_out:,} lines more]", lines[-1]]
        lines[0] = f"{label}{lines[0]}"
        return "\n".join(wrapped for line in lines for wrapped in self._wrapped(line, indent))

    def _wrapped(self, line: str, indent: str) -> list[str]:
        if self._width is None or len(indent) + len(line) <= self._width:
            return [f"{indent}{line}".rstrip()]
        return textwrap.wrap(
            line,
            max(self._width, 40),
            initial_indent=indent,
            subsequent_indent=f"{indent}  ",
            break_on_hyphens=False,
        )

    def _cut_line(self, text: str) -> str:
        if self._full or len(text) <= _SHOWN_CHARS:
            return text
        return f"{text[:_SHOWN_CHARS]}... [{len(text) - _SHOWN_CHARS:,} characters more]"


def _ending(end: EndRecord) -> str:
    reason = "step limit" if end["reason"] == "steps" else end["reason"]
    return f"{reason} after {end['steps']:,} steps"


def _spent(exchange: Mapping[str, Any]) -> str:
    """Return which model answered, and what it took; what is not known is left out."""
    found = exchange.get("usage")
    usage = found if isinstance(found, dict) else {}
    parts = [str(exchange.get("model") or "unnamed")]
    parts += [
        f"{usage[key]:,} {word}"
        for key, word in _TOKEN_WORDS.items()
        if _is_number(usage.get(key)) and (usage[key] or key != "cache_write_tokens")
    ]
    if _is_number(cost := exchange.get("cost_usd")):
        parts.append(f"${cost:,.6f}".rstrip("0").rstrip("."))
    if _is_number(latency := exchange.get("latency_ms")):
        parts.append(f"{latency / 1000:,.1f} s")
    if exchange.get("finish") not in {None, "stop", "tool_calls"}:
        parts.append(f"finish {exchange['finish']}")
    return ", ".join(parts)


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _recalled(event: Mapping[str, Any]) -> str:
    """Return what became of a question about what was told in passing."""
    truth, answer = event.get("truth"), event.get("answer")
    if answer is None:
        became = f"not answered; it was {truth}"
    elif answer == "dont_know":
        became = f"not known; it was {truth}"
    else:
        became = f"right, {truth}" if answer == truth else f"wrong, {answer}; it was {truth}"
    return (
        f"question {event.get('id')} ({event.get('topic')}, told on day {event.get('told_day')}, "
        f"{event.get('lag_days')} days before): {became}"
    )


def _compact(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in facts.items())


def _as_json(scene: Scene, failures: Sequence[Failure]) -> str:
    """Return a step's record and what a reader would look up beside it, in plain ASCII."""
    call = scene.call
    found = {
        "day": scene.day,
        "began": scene.began,
        "tool": call and call.name,
        "arguments": call and call.arguments,
        "opening": scene.opening or None,
        "thought": scene.reasoning or None,
        "said": scene.said or None,
        "answer": scene.answer,
        **scene.step,
    }
    if failures:
        found["failures"] = [one.to_json() for one in _of_step(failures, scene)]
    return _ascii(found)


def _ascii(value: Any) -> str:
    """Return JSON that no terminal can be harmed by."""
    return json.dumps(value, separators=(",", ":")).replace("\x7f", "\\u007f")


def _date(minute: int) -> str:
    from tenure.envs.clock import day_of

    return f"day {day_of(minute) + 1} {_time(minute)}"


def _time(minute: int) -> str:
    from tenure.envs.clock import MINUTES_PER_DAY

    rest = minute % MINUTES_PER_DAY
    return f"{rest // 60:02d}:{rest % 60:02d}"
