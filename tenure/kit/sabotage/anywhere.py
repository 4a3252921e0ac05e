"""Faults that need no knowledge of a job, but for its tools."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any

from tenure.envs.tools import ToolCall
from tenure.kit.sabotage.saboteur import Deed, Mischief, Stage

Turns = Generator[Deed | None, None, None]


def morning(stage: Stage, first: int, last: int, purpose: str = "onset") -> Turns:
    """Wait for the morning of a day from `first` to `last`, drawn by lot."""
    day = stage.draw(first, last, purpose)
    while stage.day < day or not stage.is_morning:
        yield None


def do(call: ToolCall | str, code: str = "", *, said: str = "", times: int = 1) -> Mischief:
    """Return a mischief that does something some times, on a morning in the first half."""

    def mischief(stage: Stage) -> Turns:
        yield from morning(stage, 6, 14)
        yield from acts(stage, code, [call] * times, said=said)

    return mischief


def acts(
    stage: Stage, code: str, calls: Sequence[ToolCall | str], *, said: str = ""
) -> Iterator[Deed]:
    """Yield calls, or texts that are none, and label them together."""
    if code:
        stage.label(code, len(calls))
    for call in calls:
        if isinstance(call, str):
            yield Deed(text=call)
        else:
            yield Deed(call, said=said)


def say(code: str, *words: str) -> Mischief:
    """Return a mischief that says something, in one way or another, beside the script's call."""

    def mischief(stage: Stage) -> Turns:
        yield from morning(stage, 6, 14)
        stage.label(code)
        yield Deed(said=stage.pick(words))

    return mischief


def hop(tools: Sequence[ToolCall], calls: int) -> Mischief:
    """Return a mischief that calls tools in disorder."""

    def mischief(stage: Stage) -> Turns:
        yield from morning(stage, 6, 14)
        words = iter(stage.chance.words("sabotage hop", count=calls * len(tools)))
        order: list[ToolCall] = []
        while len(order) < calls:  # every tool once, in one order after the other: no loop
            order += sorted(tools, key=lambda _: next(words))
        yield from acts(stage, "T4", order[:calls])

    return mischief


def outside(code: str, exchange: dict[str, Any], text: str = "") -> Mischief:
    """Return a mischief whose turn shows that something failed outside."""

    def mischief(stage: Stage) -> Turns:
        yield from morning(stage, 6, 14)
        stage.label(code)
        yield Deed(text=text, exchange=exchange, said="" if text else "On we go.")

    return mischief


def give_up(code: str, first: int, last: int, call: ToolCall) -> Mischief:
    """Return a mischief that from a day on does nothing but one call."""

    def mischief(stage: Stage) -> Turns:
        yield from morning(stage, first, last)
        stage.label(code, 10**6)
        while True:
            yield Deed(call)

    return mischief


def nothing(_: Stage) -> Turns:
    """Do nothing wrong."""
    while True:
        yield None
