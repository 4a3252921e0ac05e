"""Draw the README's picture from a run of the ladder.

tenure run vending/year --agent null --agent random --agent naive --agent shopkeeper --episodes 10
python -m benchmarks.picture RUN docs/images/ladder.png
"""

import sys
from pathlib import Path
from statistics import mean

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tenure.scoring.scorecard import AgentScore, EpisodeScore, score_run

LABEL_DOLLARS = 1_000
"""Labels stand at least so far apart."""
COLOURS = ("#6b7280", "#d97706", "#0f766e", "#4338ca")


def balance_by_day(episode: EpisodeScore, days: int) -> list[float]:
    """Return dollars by day; a business that ended early keeps its last balance."""
    dollars = [cents / 100 for cents in episode.series.figures["bank_cents"]]
    return dollars + dollars[-1:] * (days - len(dollars))


def draw(agents: list[AgentScore], path: Path) -> None:
    """Write the picture: every episode a thin line, the mean of an agent a bold one."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    days = max(episode.series.days for agent in agents for episode in agent.episodes)
    place: float | None = None
    for agent, colour in zip(agents, COLOURS, strict=True):  # weakest first
        lines = [balance_by_day(episode, days) for episode in agent.episodes]
        for line in lines:
            axes.plot(line, color=colour, linewidth=0.7, alpha=0.35)
        bold = [mean(values) for values in zip(*lines, strict=True)]
        axes.plot(bold, color=colour, linewidth=2.2)
        place = max(bold[-1], place + LABEL_DOLLARS) if place is not None else bold[-1]
        label = f"{agent.label} ${bold[-1]:,.0f}"
        axes.annotate(label, (days, place), (6, 0), textcoords="offset points",
                      color=colour, va="center", annotation_clip=False)  # fmt: skip
    axes.set(xlabel="day", ylabel="bank balance", xlim=(0, days), ylim=(0, None))
    axes.yaxis.set_major_formatter(lambda dollars, _: f"${dollars:,.0f}")
    axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150, metadata={"Software": None})


if __name__ == "__main__":
    draw(score_run(Path(sys.argv[1])).agents, Path(sys.argv[2]))
