"""Draw the README's picture from a run of the ladder.

tenure run vending/year --agent null --agent random --agent naive --agent shopkeeper \
  --agent planner --episodes 10 --out RUN
python -m benchmarks.picture RUN docs/images/ladder.png --seed 1

Above: every episode a thin line, the mean of an agent a bold one, a cross where a business ended
early, and the proven bounds (one for each seed) with their mean. Below: what one seed's customers
spent a week with the best script and with the privileged one, and what befell the street, the
machine and the houses.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import mean
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tenure.scoring.manifest import Manifest
from tenure.scoring.records import Episode, read
from tenure.scoring.scorecard import AgentScore, EpisodeScore, score_run

LABEL_DOLLARS = 2_400
"""Labels stand at least so far apart."""

COLOURS = ("#6b7280", "#d97706", "#0f766e", "#4338ca", "#be185d")
GOOD, BAD, PLAIN = "#16a34a", "#dc2626", "#374151"
MARKS = {
    "fault": ("v", BAD, "fault"),
    "jam": ("s", "#d97706", "coin jam"),
    "theft": ("X", "#7c3aed", "theft"),
    "lost": ("D", PLAIN, "a house closes"),
}
"""Marker, colour and name of what befalls the business, by the kind of event."""


def balance_by_day(episode: EpisodeScore, days: int) -> list[float]:
    """Return dollars by day; a business that ended early keeps its last balance."""
    dollars = [cents / 100 for cents in episode.series.figures["bank_cents"]]
    return dollars + dollars[-1:] * (days - len(dollars))


def draw_balances(
    axes: Axes, agents: Sequence[AgentScore], days: int, bounds: Sequence[float]
) -> None:
    """Draw what the bank had, day by day, and how much room there is above."""
    place = -LABEL_DOLLARS
    for agent, colour in zip(agents, COLOURS, strict=False):  # weakest first
        lines = [balance_by_day(episode, days) for episode in agent.scored]
        for line, episode in zip(lines, agent.scored, strict=True):
            axes.plot(line, color=colour, linewidth=0.7, alpha=0.3)
            if episode.reason == "bankrupt":
                last = episode.series.days - 1
                axes.plot(last, line[-1], "x", color=colour, markersize=7, zorder=9, clip_on=False)
        bold = [mean(values) for values in zip(*lines, strict=True)]
        axes.plot(bold, color=colour, linewidth=2.2)
        place = max(bold[-1], place + LABEL_DOLLARS)
        told = "\n(told the truth)" if agent.is_privileged else ""
        _note(axes, days, place, f"{agent.label} ${bold[-1]:,.0f}{told}", colour)
    bound = mean(bounds)
    axes.axhline(bound, color=PLAIN, linewidth=1.2, linestyle=(0, (5, 4)))
    axes.plot([days] * len(bounds), bounds, "_", color=PLAIN, markersize=11, clip_on=False)
    _note(axes, days, bound, f"proven bound of each\nseed, mean ${bound:,.0f}", PLAIN)
    axes.set(ylabel="bank balance", xlim=(0, days), ylim=(0, None))
    axes.yaxis.set_major_formatter(lambda dollars, _: f"${dollars:,.0f}")


def _note(axes: Axes, days: int, height: float, text: str, colour: str) -> None:
    axes.annotate(text, (days, height), (9, 0), textcoords="offset points", color=colour,
                  va="center", fontsize=9, annotation_clip=False)  # fmt: skip


def draw_takings(axes: Axes, episodes: Mapping[str, Episode], colours: Mapping[str, str]) -> None:
    """Draw what customers spent in the week up to each day, with what befell the business."""
    days = 0
    for label, episode in episodes.items():
        cents = [event["revenue_cents"] for _, event in events(episode) if event["kind"] == "day"]
        week = [sum(cents[max(0, at - 6) : at + 1]) / 100 for at in range(len(cents))]
        axes.plot(week, color=colours[label], linewidth=1.5)
        days = max(days, len(week))
    top = axes.get_ylim()[1]
    befell = list(events(next(iter(episodes.values()))))
    for day, event in befell:
        if event["kind"] == "local_event" and not event["cancelled"]:
            colour = GOOD if event["traffic_permille"] > 1000 else BAD
            axes.axvspan(day, day + event["days"], color=colour, alpha=0.16, linewidth=0)
    for colour, name in ((GOOD, "fair, match"), (BAD, "roadworks, holiday")):
        axes.fill([], [], color=colour, alpha=0.25, linewidth=0, label=name)
    for kind, (marker, colour, name) in MARKS.items():
        when = sorted({day for day, event in befell if event["kind"] == kind})
        axes.plot(when, [top * 1.04] * len(when), marker, color=colour, markersize=4.5,
                  linestyle="", label=name, clip_on=False)  # fmt: skip
    axes.set(ylabel="takings a week", xlim=(0, days), ylim=(0, top))
    axes.yaxis.set_major_formatter(lambda dollars, _: f"${dollars:,.0f}")


def events(episode: Episode) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the facts of an episode, each with its 0-based day."""
    day = 0
    for step in episode.steps:
        for event in step.get("events", []):
            yield day, event
            if event["kind"] == "day":
                day = event["day"]


def _name_months(axes: Axes, start: date, days: int) -> None:
    firsts = [day for day in range(days) if (start + timedelta(day)).day == 1]
    axes.set_xticks(firsts, [f"{start + timedelta(day):%b}" for day in firsts])


def draw(run_dir: Path, path: Path, seed: int) -> None:
    """Write the picture of a run."""
    manifest, scorecard = Manifest.read(run_dir), score_run(run_dir)
    agents = scorecard.agents
    days = max(episode.series.days for agent in agents for episode in agent.scored)
    records = {
        agent.label: read(run_dir / manifest.episode_path(agent.label, seed))
        for agent in agents[-2:]
    }
    one = next(iter(records.values()))
    bounds = [episode.bound for episode in agents[0].scored]
    figure = Figure(figsize=(8.6, 5.8), facecolor="white")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(
        2, 1, sharex=True, gridspec_kw={"height_ratios": (3, 1.25), "hspace": 0.13}
    )
    draw_balances(above, agents, days, [cents / 100 for cents in bounds])
    labels = [agent.label for agent in agents]
    draw_takings(below, records, dict(zip(labels, COLOURS, strict=False)))
    _name_months(below, date.fromisoformat(str(start_date(one))), days)
    below.legend(loc="upper left", bbox_to_anchor=(1.0, 1.1), frameon=False, fontsize=8,
                 handletextpad=0.4, handlelength=1.2, title=f"seed {seed}",
                 title_fontsize=8)  # fmt: skip
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150, bbox_inches="tight", pad_inches=0.12,
                   metadata={"Software": None})  # fmt: skip


def start_date(episode: Episode) -> Any:
    """Return the date of an episode's first day."""
    given = episode.header["scenario"]["parameters"]
    return given.get("start_date", "2026-01-05")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("image", type=Path)
    parser.add_argument("--seed", type=int, default=1, help="whose events are shown (default 1)")
    options = parser.parse_args()
    draw(options.run, options.image, options.seed)
