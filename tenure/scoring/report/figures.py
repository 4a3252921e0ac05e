"""Figures of a run as SVG text that takes its colours from the page it stands in."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from html import escape
from itertools import pairwise
from math import floor, inf, log10
from typing import Any, Literal, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter, FuncFormatter, MaxNLocator

from tenure.scoring.report import wording
from tenure.scoring.scorecard import AgentScore, EpisodeScore, Series

COLOURS = 6
"""Agents beyond this many share a colour; dashes and marker tell them apart."""

_INK, _FAINT = "#010101", "#020202"  # stand-ins that `_themed` replaces
_MARKERS = "osD^vP<>X*hp"
_DASHES = ("-", (0, (6, 1.5)), (0, (2.5, 1.2)), (0, (7, 1.5, 1.5, 1.5)), (0, (1.2, 1.2)))
_AFTER_END = (0, (1, 2))
_BRIEF = 0.05
"""An agent whose episodes all end within this share of the time has no line worth the name."""

_LEFT_MARGIN = 0.03  # so that what happens on day 0 is not drawn onto the axis
_WIDTH = 360
_POINTS_PER_LINE, _POINTS_PER_SMALL_LINE = 120, 60
_TOOL_ROWS = 10
_MARKED_SPOTS = 15


@contextmanager
def _settings() -> Iterator[None]:
    """Draw with our own settings, whatever the reader's matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rc("svg", fonttype="none")
        mpl.rc("text", parse_math=False)
        mpl.rc("font", size=12)
        mpl.rc("axes", linewidth=0.8)
        yield


class Drawing(NamedTuple):
    """A figure of the page.

    Attributes:
        heading: What it shows.
        caption: How to read it.
        svg: The figure itself; its accessible name says in words what it shows.
        about: The place of the one agent it shows, or `None`.
    """

    heading: str
    caption: str
    svg: str
    about: int | None = None

    def prefixed(self, prefix: str) -> Drawing:
        """Return the drawing with a prefix before its ids, for a page with others like it."""
        svg = re.sub(r'(\bid="|href="#|url\(#)(?!agent-)', rf"\g<1>{prefix}", self.svg)
        return self._replace(svg=svg)


@_settings()
def over_time(figure: str, meaning: str, agents: Sequence[AgentScore], *, small: bool) -> Drawing:
    """Draw a figure over simulated time: a thin line an episode, a bold one an agent's mean.

    Args:
        figure: Name of the figure.
        meaning: What it means, as the job says.
        agents: The agents in their order; their scored episodes have a series.
        small: Whether it is one of several small ones.
    """
    points = _POINTS_PER_SMALL_LINE if small else _POINTS_PER_LINE
    canvas, axes = _canvas(220 if small else 270)
    length = max(_longest(agent.scored) for agent in agents)
    for index, agent in enumerate(agents):
        _draw_agent(axes, figure, index, agent.scored, points)
        _draw_after_end(axes, figure, index, agent.scored, length)
    axes.set_xlabel("simulated day")
    axes.set_ylabel(wording.title(figure) + wording.unit(figure))
    set_units(axes, money=wording.is_money(figure))
    last_day = length - 1 or 1
    axes.set_xlim(-_LEFT_MARGIN * last_day, last_day)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
    heading = f"{wording.title(figure)} over time"
    ends = ", ".join(
        f"{agent.label} {wording.amount(figure, agent.figures.get(figure))}" for agent in agents
    )
    caption = f"{meaning[:1].upper()}{meaning[1:].rstrip('.')}." if meaning else ""
    if not small:
        caption = f"{caption} {_brief_note(agents, length)}".strip()
    return Drawing(heading, caption, _svg(canvas, figure, f"{heading}. Mean at the end: {ends}."))


@_settings()
def final_scores(figure: str, agents: Sequence[AgentScore], *, has_luck: bool = False) -> Drawing:
    """Draw the final score of every episode, seed by seed, with each seed's floor and bound.

    Where luck is known the scores are those without it, as floor and bound are.
    """
    episodes = [episode for agent in agents for episode in agent.scored]
    seeds = sorted({episode.seed for episode in episodes})
    scale = 100 if wording.is_money(figure) else 1
    canvas, axes = _canvas(270)
    for place, seed in enumerate(seeds):
        scores = [episode.earned / scale for episode in episodes if episode.seed == seed]
        axes.plot([place] * 2, [min(scores), max(scores)], color=_FAINT, linewidth=1)
    for index, agent in enumerate(agents):
        shift = 0.5 * ((index + 0.5) / len(agents) - 0.5)
        places = [seeds.index(episode.seed) + shift for episode in agent.scored]
        _scatter(axes, index, places, [episode.earned / scale for episode in agent.scored])
    marks = {episode.seed: (episode.floor, episode.bound) for episode in episodes}
    shown = _draw_references(axes, [marks[seed] for seed in seeds], scale)
    _label_seeds(axes, seeds)
    without = " without luck" if has_luck else ""
    axes.set_ylabel(wording.title(figure) + without + wording.unit(figure))
    set_units(axes, money=wording.is_money(figure))
    return Drawing(
        f"Final score{without} of every episode, seed by seed",
        _final_caption(figure, list(marks.values()), shown),
        _svg(canvas, "final", _spoken_scores(figure, agents)),
    )


@_settings()
def tool_use(index: int, agent: AgentScore) -> Drawing:
    """Draw how often one agent used each tool, week by week (day by day in a short job)."""
    span, days = ("week", 7) if _longest(agent.scored) > 22 else ("day", 1)
    bins = _binned_calls(agent.scored, days)
    rows = sorted(bins, key=lambda tool: (-sum(bins[tool]), tool))[:_TOOL_ROWS]
    canvas, axes = _canvas(60 + 23 * max(len(rows), 1))
    top = max((max(bins[tool]) for tool in rows), default=1)
    for row, tool in enumerate(reversed(rows)):
        _draw_ridge(axes, index, row, [count / top for count in bins[tool]])
    middles = [row + 0.35 for row in range(len(rows))]
    axes.set_yticks(middles, [_clipped(tool, 22) for tool in reversed(rows)])
    axes.set_ylim(-0.15, len(rows) + 0.1)
    axes.set_xlim(0, max((len(bins[tool]) for tool in rows), default=1))
    axes.set_xlabel(span)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(axis="y", length=0)
    caption = f"Tallest peak: {wording.counted(round(top, 1), 'call')} a {span}."
    if len(bins) > len(rows):
        caption += f" The {len(rows)} tools used most, of {len(bins)}."
    totals = ", ".join(f"{tool} {wording.number(round(sum(bins[tool]), 1))}" for tool in rows)
    spoken = f"Tool calls of {agent.label}, mean over its episodes: {totals or 'none'}."
    return Drawing(agent.label, caption, _svg(canvas, f"tools {index}", spoken), index)


@_settings()
def tokens(agents: Sequence[AgentScore]) -> Drawing:
    """Draw the mean tokens of an episode, for the agents that have a model behind them."""
    usage = [(index, *_mean_tokens(agent)) for index, agent in enumerate(agents) if _talks(agent)]
    canvas, axes = _canvas(70 + 34 * len(usage))
    for row, (index, read, written) in enumerate(reversed(usage)):
        axes.barh(row, read, color=_colour(index), alpha=0.45, height=0.55)
        axes.barh(row, written, left=read, color=_colour(index), height=0.55)
        axes.text(read + written, row, f" {wording.short(read + written)}", va="center", color=_INK)
    names = [agents[index].label for index, *_ in usage]
    axes.set_yticks(range(len(usage)), [_clipped(name, 18) for name in reversed(names)])
    axes.margins(x=0.2)
    axes.set_xlim(left=0)
    axes.set_xlabel("tokens an episode")
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: wording.short(value)))
    spoken = "; ".join(
        f"{agents[index].label}: {wording.short(read)} read, {wording.short(written)} written"
        for index, read, written in usage
    )
    return Drawing(
        "Tokens an episode",
        "Pale: tokens the model read, cached ones included. Full: tokens it wrote.",
        _svg(canvas, "tokens", f"Mean tokens an episode. {spoken}."),
    )


class Spot(NamedTuple):
    """A value of an agent's line and its interval's ends, which are the value if it has none."""

    x: float
    value: float
    low: float
    high: float


class Line(NamedTuple):
    """One agent's line: its place among all agents, and its spots from left to right."""

    place: int
    label: str
    spots: Sequence[Spot]


Kind = Literal["money", "share", "number"]


class Axis(NamedTuple):
    """A vertical axis: its title, and dollars, shares as per cent, or plain numbers."""

    title: str
    kind: Kind


@_settings()
def lines(
    heading: str,
    caption: str,
    across: str,
    axis: Axis,
    drawn: Sequence[Line],
    *,
    marks: Sequence[str] = (),
) -> Drawing:
    """Draw a line an agent with the interval of each of its spots, moved aside a little.

    An interval that is much wider than all values differ is cut, and ends in an arrowhead.

    Args:
        heading: What it shows.
        caption: How to read it.
        across: Title of the horizontal axis.
        axis: The vertical one.
        drawn: The lines.
        marks: What stands below x = 0, 1, 2 and so on, where x is no number of its own.
    """
    canvas, axes = _canvas(240)
    bottom, top = _window(drawn)
    span = max((line.spots[-1].x - line.spots[0].x for line in drawn), default=1) or 1
    for number, line in enumerate(drawn):
        aside = span * 0.012 * (number - (len(drawn) - 1) / 2)
        xs = [spot.x + aside for spot in line.spots]
        colour = _colour(line.place)
        for x, spot in zip(xs, line.spots, strict=True):
            low, high = max(spot.low, bottom), min(spot.high, top)
            axes.plot([x, x], [low, high], color=colour, linewidth=1.1, alpha=0.55)
            for end, is_cut, sign in ((low, low > spot.low, "v"), (high, high < spot.high, "^")):
                axes.plot([x] * is_cut, [end] * is_cut, sign, color=colour, markersize=4, alpha=0.7)
        values = [spot.value for spot in line.spots]
        axes.plot(xs, values, color=colour, linewidth=1.8, linestyle=_dash(line.place))
        if len(xs) <= _MARKED_SPOTS:
            _scatter(axes, line.place, xs, values)
    axes.axhline(0, color=_FAINT, linewidth=0.8, zorder=0)
    _finish(axes, across, axis)
    if marks:
        axes.set_xticks(range(len(marks)), marks)
    spoken = "; ".join(f"{line.label}: {_spoken_ends(line, axis)}" for line in drawn)
    return Drawing(heading, caption, _svg(canvas, heading, f"{heading}. {spoken}."))


def _window(drawn: Sequence[Line]) -> tuple[float, float]:
    """Return between which values intervals are drawn: values and 0, and half as much around."""
    values = [0.0, *(spot.value for line in drawn for spot in line.spots)]
    room = (max(values) - min(values)) / 2 or inf
    return min(values) - room, max(values) + room


@_settings()
def rows(  # noqa: PLR0917  what a figure consists of
    heading: str,
    caption: str,
    across: str,
    kind: Literal["money", "number"],
    drawn: Sequence[Line],
    mark: float,
    until: float | None = None,
) -> Drawing:
    """Draw a row an agent, with its values and their intervals from left to right.

    Args:
        heading: What it shows.
        caption: How to read it.
        across: Title of the axis.
        kind: What its values are.
        drawn: The rows from top to bottom; of the spots `value`, `low` and `high` count.
        mark: The value that has a line, such as that of no change.
        until: The last value, where the axis goes from the mark to there; `None` for as far as
            the rows do.
    """
    canvas, axes = _canvas(60 + 34 * len(drawn))
    for row, line in enumerate(reversed(drawn)):
        colour = _colour(line.place)
        for spot in line.spots:
            axes.plot([spot.low, spot.high], [row, row], color=colour, linewidth=1.4, alpha=0.7)
        _scatter(axes, line.place, [spot.value for spot in line.spots], [row] * len(line.spots))
    axes.axvline(mark, color=_FAINT, linewidth=0.8, zorder=0)
    axes.set_yticks(range(len(drawn)), [_clipped(line.label, 18) for line in reversed(drawn)])
    axes.set_ylim(-0.6, len(drawn) - 0.4)
    if until is not None:
        axes.set_xlim(mark, until)
    axes.set_xlabel(across)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(_Units("$" if kind == "money" else ""))
    spoken = "; ".join(
        f"{line.label}: {', '.join(_WRITTEN[kind](spot.value) for spot in line.spots)}"
        for line in drawn
    )
    return Drawing(heading, caption, _svg(canvas, heading, f"{heading}. {spoken}."))


@_settings()
def steps(heading: str, caption: str, across: str, drawn: Sequence[Line], until: float) -> Drawing:
    """Draw a share of episodes that only rises or falls, with its interval as a band."""
    canvas, axes = _canvas(240)
    for line in drawn:
        spots = [*line.spots, line.spots[-1]._replace(x=until)]
        xs = [spot.x for spot in spots]
        low, high = [spot.low for spot in spots], [spot.high for spot in spots]
        colour = _colour(line.place)
        axes.fill_between(xs, low, high, step="post", color=colour, alpha=0.1, linewidth=0)
        style: dict[str, Any] = {"color": colour, "linewidth": 2, "linestyle": _dash(line.place)}
        axes.step(xs, [spot.value for spot in spots], where="post", **style)
        _scatter(axes, line.place, [until], [spots[-1].value])
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlim(0, until)
    axis = Axis("share of episodes", "share")
    _finish(axes, across, axis)
    spoken = "; ".join(f"{line.label}: {_spoken_ends(line, axis)}" for line in drawn)
    return Drawing(heading, caption, _svg(canvas, heading, f"{heading}. {spoken}."))


def _finish(axes: Axes, across: str, axis: Axis) -> None:
    axes.set_xlabel(across)
    axes.set_ylabel(axis.title)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))
    if axis.kind == "share":
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: wording.percent(value)))
    else:
        set_units(axes, money=axis.kind == "money")


def _spoken_ends(line: Line, axis: Axis) -> str:
    first, last = (_spoken_value(line.spots[place].value, axis) for place in (0, -1))
    return f"{first} at first, {last} at last"


def _spoken_value(value: float, axis: Axis) -> str:
    return _WRITTEN[axis.kind](value)


_WRITTEN: dict[Kind, Callable[[float], str]] = {
    "share": wording.percent,
    "money": wording.dollars,
    "number": lambda value: wording.number(round(value, 1)),
}


@_settings()
def swatch(index: int) -> str:
    """Return the sign of an agent, a line and its marker, as the symbol `agent-<index>`."""
    canvas = Figure(figsize=(32 / 72, 14 / 72))
    canvas.patch.set_alpha(0)
    axes = canvas.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, 32)
    axes.set_ylim(0, 14)
    axes.plot([1, 31], [7, 7], color=_colour(index), linestyle=_dash(index), linewidth=2)
    _scatter(axes, index, [16], [7])
    box, content = _drawn(canvas, f"swatch {index}")
    return f'<symbol id="agent-{index}" viewBox="{box}">{content}</symbol>'


# --- parts of figures ------------------------------------------------------------------------


def _draw_agent(
    axes: Axes, figure: str, index: int, episodes: Sequence[EpisodeScore], points: int
) -> None:
    if not episodes:
        return
    scale = 100 if wording.is_money(figure) else 1
    days = _spread_out(_longest(episodes), points)
    lines = np.array([[_at(episode, figure, day) / scale for day in days] for episode in episodes])
    for episode, line in zip(episodes, lines, strict=True):
        last = _length(episode) - 1
        lived = [day for day in days if day < last]
        values = [*line[: len(lived)], _at(episode, figure, last) / scale]
        axes.plot([*lived, last], values, color=_colour(index), linewidth=0.8, alpha=0.45)
        if episode.ended_early:
            _cross(axes, index, last, values[-1])
    mean = lines.mean(axis=0)
    axes.plot(days, mean, color=_colour(index), linewidth=2.2, linestyle=_dash(index))


def _draw_after_end(
    axes: Axes, figure: str, index: int, episodes: Sequence[EpisodeScore], length: int
) -> None:
    """Carry an agent's mean on to the end of the time, and give a brief agent its sign."""
    if not episodes or _longest(episodes) == length:
        return
    last = _longest(episodes) - 1
    scale = 100 if wording.is_money(figure) else 1
    mean = sum(_at(episode, figure, last) for episode in episodes) / len(episodes) / scale
    style: dict[str, Any] = {"color": _colour(index), "linewidth": 1.4, "linestyle": _AFTER_END}
    axes.plot([last, length - 1], [mean, mean], **style)
    if _is_brief(episodes, length):
        _scatter(axes, index, [last], [mean])


def _is_brief(episodes: Sequence[EpisodeScore], length: int) -> bool:
    return _longest(episodes) < length and _longest(episodes) - 1 <= _BRIEF * length


def _brief_note(agents: Sequence[AgentScore], length: int) -> str:
    """Name the agents that are but a sign at the left of a figure; empty if there is none."""
    brief = [agent for agent in agents if agent.scored and _is_brief(agent.scored, length)]
    if not brief:
        return ""
    names = ", ".join(agent.label for agent in brief)
    days = max(_longest(agent.scored) for agent in brief)
    span = "first day" if days == 1 else f"first {days} days"
    return f"Ended within the {span}, so only a sign at the left: {names}."


def _cross(axes: Axes, index: int, day: int, value: float) -> None:
    """Mark an early end, above the axes wherever they cross it."""
    style: dict[str, Any] = {"markersize": 6, "markeredgewidth": 1.4, "zorder": 4, "clip_on": False}
    axes.plot(day, value, "x", color=_colour(index), **style)


def _spread_out(length: int, points: int) -> list[int]:
    """Return at most so many days of an episode, the first and the last among them."""
    chosen = np.linspace(0, length - 1, min(points, length))
    return [round(day) for day in chosen.tolist()]


def _at(episode: EpisodeScore, figure: str, day: int) -> int:
    """Return a figure on a day; after the end it stays as it was."""
    values = _series(episode).figures[figure]
    return values[min(day, len(values) - 1)]


def _length(episode: EpisodeScore) -> int:
    return _series(episode).days


def _longest(episodes: Sequence[EpisodeScore]) -> int:
    return max((_length(episode) for episode in episodes), default=1)


def _series(episode: EpisodeScore) -> Series:
    if episode.series is None:
        raise ValueError(f"the episode of {episode.agent} on seed {episode.seed} has no series")
    return episode.series


def _talks(agent: AgentScore) -> bool:
    return agent.spending is not None and agent.spending.model_calls > 0


def _mean_tokens(agent: AgentScore) -> tuple[float, float]:
    """Return the mean of tokens read and of tokens written, over the scored episodes."""
    parts = [episode.spending.known_tokens for episode in agent.scored]
    count = len(parts) or 1
    return sum(part.input for part in parts) / count, sum(part.output for part in parts) / count


def _draw_references(axes: Axes, marks: Sequence[tuple[int, int]], scale: int) -> tuple[bool, bool]:
    """Mark each seed's floor and its bound, each where that leaves the dots room to differ.

    Returns:
        Whether the floors are shown, and whether the bounds are.
    """
    low, high = axes.get_ylim()
    floors, bounds = ([value / scale for value in values] for values in zip(*marks, strict=True))
    shown = high - min(floors) <= 3 * (high - low), max(bounds) - low <= 3 * (high - low)
    for values, fits in zip((floors, bounds), shown, strict=True):
        if fits:
            places = range(len(values))
            axes.scatter(places, values, marker="_", s=200, color=_INK, linewidths=1.2, zorder=1)
    return bool(shown[0]), bool(shown[1])


def _label_seeds(axes: Axes, seeds: Sequence[int]) -> None:
    every = -(-len(seeds) // 12) or 1
    axes.set_xticks(range(0, len(seeds), every), [str(seed) for seed in seeds[::every]])
    axes.set_xlim(-0.6, max(len(seeds), 1) - 0.4)
    axes.set_xlabel("seed")


def _final_caption(figure: str, marks: Sequence[tuple[int, int]], shown: tuple[bool, bool]) -> str:
    caption = "Agents on one seed met the same world: compare within a column. "
    if all(shown):
        return caption + "Dashes: the seed's floor (normalised 0) and its bound (1)."
    floor, bound = (
        wording.amount(figure, sum(values) / len(values)) for values in zip(*marks, strict=True)
    )
    said = (
        "Dash: the seed's floor (normalised 0)." if shown[0] else "",
        "Dash: the seed's bound (normalised 1)." if shown[1] else "",
        "" if shown[0] else f"The floors (normalised 0), {floor} mean, are far below.",
        "" if shown[1] else f"The bounds, {bound} mean, are far above.",
    )
    return caption + " ".join(part for part in said if part)


def _spoken_scores(figure: str, agents: Sequence[AgentScore]) -> str:
    parts = [
        f"{agent.label} from {wording.amount(figure, min(scores))} "
        f"to {wording.amount(figure, max(scores))}"
        for agent in agents
        if (scores := [episode.earned for episode in agent.scored])
    ]
    return f"Final scores by seed: {'; '.join(parts)}."


def _binned_calls(episodes: Sequence[EpisodeScore], days: int) -> dict[str, list[float]]:
    """Count the calls of each tool in each bin of so many days, as a mean over the episodes."""
    length = -(-_longest(episodes) // days)
    bins: dict[str, list[float]] = {}
    for episode in episodes:
        for tool, calls in _series(episode).calls.items():
            counts = bins.setdefault(tool, [0.0] * length)
            for day, count in enumerate(calls):
                counts[day // days] += count / len(episodes)
    used = max(
        (place for row in bins.values() for place, count in enumerate(row) if count), default=0
    )
    return {tool: counts[: used + 1] for tool, counts in bins.items()}


def _draw_ridge(axes: Axes, index: int, row: int, heights: Sequence[float]) -> None:
    edges = np.repeat(np.arange(len(heights) + 1), 2)[1:-1]
    tops = row + 0.92 * np.repeat(np.array(heights), 2)
    axes.fill_between(edges, row, tops, color=_colour(index), alpha=0.75, linewidth=0)
    axes.axhline(row, color=_FAINT, linewidth=0.6)


def _scatter(axes: Axes, index: int, x: Sequence[float], y: Sequence[float]) -> None:
    marker = _MARKERS[index % len(_MARKERS)]
    axes.scatter(x, y, marker=marker, s=34, color=_colour(index), zorder=3, clip_on=False)


def set_units(axes: Axes, *, money: bool) -> None:
    """Let the ticks of the y axis be few and round, and no two of them read alike."""
    axes.yaxis.set_major_formatter(_Units("$" if money else ""))
    axes.yaxis.set_major_locator(MaxNLocator(5))


class _Units(Formatter):
    """Writes the values of ticks: short, or in full where short ones would be alike."""

    def __init__(self, sign: str) -> None:
        self._sign = sign

    def __call__(self, value: float, pos: int | None = None) -> str:
        del pos
        return self.format_ticks([value])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        short = [wording.short(abs(value)) for value in values]
        if len(set(zip(short, np.sign(values), strict=True))) < len(values):
            short = [f"{abs(value):,.{_decimals(values)}f}" for value in values]
        signs = ["" if value >= 0 else wording.MINUS for value in values]
        return [sign + self._sign + text for sign, text in zip(signs, short, strict=True)]


def _decimals(values: Sequence[float]) -> int:
    """Return how many decimals tell neighbouring values apart."""
    step = min(b - a for a, b in pairwise(sorted(values)))
    return max(0, -floor(log10(step) + 1e-9)) if step > 0 else 0


def _clipped(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


# --- canvas and theme -------------------------------------------------------------------------


def _canvas(height: float) -> tuple[Figure, Axes]:
    canvas = Figure(figsize=(_WIDTH / 72, height / 72), layout="constrained")
    canvas.patch.set_alpha(0)
    axes = canvas.add_subplot()
    axes.patch.set_alpha(0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_FAINT)
    axes.tick_params(color=_FAINT, labelcolor=_INK)
    axes.xaxis.label.set_color(_INK)
    axes.yaxis.label.set_color(_INK)
    return canvas, axes


def _colour(index: int) -> str:
    return f"#a000{index % COLOURS:02x}"


def _dash(index: int) -> str | tuple[int, tuple[float, ...]]:
    return _DASHES[index % len(_DASHES)]


def _svg(canvas: Figure, salt: str, spoken: str) -> str:
    """Write a canvas as an SVG element for a page, with what it shows in words as its name."""
    box, content = _drawn(canvas, salt)
    return f'<svg role="img" aria-label="{escape(spoken)}" viewBox="{box}">{content}</svg>'


def _drawn(canvas: Figure, salt: str) -> tuple[str, str]:
    """Return a canvas's view box and its content; equal salts and content give equal ids."""
    out = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context({"svg.hashsalt": salt}):
        canvas.savefig(out, format="svg", metadata=nothing)
    whole = re.search(r'<svg[^>]*?viewBox="([^"]*)"[^>]*>(.*)</svg>', out.getvalue(), re.DOTALL)
    if whole is None:
        raise ValueError("matplotlib wrote no SVG element")
    return whole[1], _themed(_rounded(_bare(whole[2])))


def _bare(svg: str) -> str:
    """Drop what a standalone file needs and a page does not, and repeated ids of groups."""
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    return re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)


def _rounded(svg: str) -> str:
    """Write coordinates with one decimal, and lines without repeating their command."""

    def shorten(found: re.Match[str]) -> str:
        text = re.sub(r"(\.\d)\d+", r"\1", found[0]).replace(".0 ", " ")
        return text if re.search("[CQ]", text) else re.sub(r"\s+L ", " ", text)

    return re.sub(r'\b(?:d|x|y)="[^"]*"', shorten, svg)


def _themed(svg: str) -> str:
    svg = svg.replace(_INK, "currentColor").replace(_FAINT, "var(--faint)")
    return re.sub(r"#a000(\d\d)", lambda found: f"var(--agent-{int(found[1])})", svg)
