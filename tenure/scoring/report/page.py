"""The report's page: what the scorecard and the records say, in words, tables and figures."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Iterable, Iterator, Sequence
from hashlib import sha256
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tenure import __version__, scenarios
from tenure.errors import TenureError, UsageError
from tenure.scenarios import Limits, Scenario
from tenure.scoring.files import write_whole
from tenure.scoring.manifest import Manifest
from tenure.scoring.records import read
from tenure.scoring.report import figures, wording
from tenure.scoring.report.conduct import conduct_rows
from tenure.scoring.report.figures import Drawing
from tenure.scoring.report.forecasts import forecast_tables
from tenure.scoring.report.reliability import reliability_table
from tenure.scoring.report.settings import settings
from tenure.scoring.report.sustained import sustained_context
from tenure.scoring.scorecard import (
    AgentScore,
    Comparison,
    EpisodeScore,
    Scorecard,
    Summary,
    Unscored,
    series,
)
from tenure.scoring.spending import Spending
from tenure.scoring.statistics import FEWEST_FOR_INTERVAL, Interval
from tenure.scoring.sustained.measures import sustained_run

FILE_NAME = "report.html"
_TEMPLATES = "templates"
_CLOCK = ("day", "week", "minute", "hour")  # figures that only tell the time
_SMALL_FIGURES = 6
_UNFOLDED_EPISODES = 24
_SPOKEN_REASONS = {
    "horizon": "worked to the end",
    "steps": "step limit reached",
    "tokens": "token limit reached",
    "usd": "dollar limit reached",
    "minutes": "time limit reached",
}


class Place(NamedTuple):
    """Where a run's sections stand in a page.

    Attributes:
        level: Level of their headings: 2 in a page of their own, 3 in a suite's.
        prefix: What their ids begin with, so that no two of a page are the same.
        folder: The run's folder, relative to the page's; empty for the same.
    """

    level: int = 2
    prefix: str = ""
    folder: str = ""


_ALONE = Place()


def write_report(run_dir: Path, scorecard: Scorecard) -> Path:
    """Write the report of a run into its folder.

    The same run gives the same bytes.

    Args:
        run_dir: The run; its trajectories are read where the scorecard has no series.
        scorecard: What `score_run` says of it.

    Returns:
        The path of `report.html`.

    Raises:
        UsageError: If the folder holds no run.
        TrajectoryError: If an episode that has a score can no longer be read.
    """
    context = run_context(run_dir, Manifest.read(run_dir), scorecard)
    return write_page(run_dir, "run.html.j2", context)


def write_page(folder: Path, template: str, context: dict[str, Any], name: str = FILE_NAME) -> Path:
    """Write the report of a folder, or another page of it, and return its path."""
    path = folder / name
    write_whole(path, render(template, context).encode())
    return path


def render(template: str, context: dict[str, Any], script: str = "") -> str:
    """Fill a template of a page.

    Args:
        template: File name of the template.
        context: What it shows; all text is escaped.
        script: The one script that the page may run.
    """
    return fill(
        template,
        context,
        tenure=__version__,
        look=Markup(asset("look.css")),  # noqa: S704  our own file
        script=Markup(script),  # noqa: S704  our own file
        script_source=_source_of(script),
    )


def fill(template: str, *context: dict[str, Any], **more: Any) -> str:
    """Fill a template, be it a page or a part of one; all text is escaped."""
    environment = Environment(
        loader=PackageLoader("tenure.scoring.report", _TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(*context, **more)


def asset(name: str) -> str:
    """Return a style sheet or script that comes with the package."""
    return (resources.files("tenure.scoring.report") / _TEMPLATES / name).read_text("utf-8")


def _source_of(script: str) -> str:
    """Return what a content security policy must say to let one inline script run."""
    if not script:
        return "'none'"
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def run_context(
    run_dir: Path, manifest: Manifest, scorecard: Scorecard, place: Place = _ALONE
) -> dict[str, Any]:
    """Return what the sections of a run show.

    Raises:
        TrajectoryError: If an episode that has a score can no longer be read.
    """
    agents = [_with_series(agent, run_dir, manifest) for agent in scorecard.agents]
    lasting = _lasting(run_dir, scorecard, place.prefix)
    return {**_context(manifest, scorecard, agents, place), "sustained": lasting}


def _lasting(run_dir: Path, scorecard: Scorecard, prefix: str) -> dict[str, Any] | None:
    """Return what is to be said of sustained competence.

    `None` if a run is too short to tell, or its job is not here, or does not fit the records:
    `tenure sustained` says which.
    """
    try:
        found = sustained_run(run_dir, scorecard)
    except TenureError:
        return None
    labels = [agent.label for agent in scorecard.agents]
    return sustained_context(found, labels, prefix) if found else None


def swatches(count: int) -> list[Markup]:
    """Return the signs of so many agents; a page holds them once."""
    return [Markup(figures.swatch(index)) for index in range(count)]  # noqa: S704  drawn here


def _with_series(agent: AgentScore, run_dir: Path, manifest: Manifest) -> AgentScore:
    episodes = [
        episode
        if isinstance(episode, Unscored) or episode.series is not None
        else episode.model_copy(
            update={
                "series": series(
                    read(
                        run_dir / manifest.episode_path(agent.label, episode.seed, episode.attempt)
                    )
                )
            }
        )
        for episode in agent.episodes
    ]
    return agent.model_copy(update={"episodes": episodes})


def _context(
    manifest: Manifest, scorecard: Scorecard, agents: list[AgentScore], place: Place
) -> dict[str, Any]:
    scenario, figure = manifest.scenario, scorecard.score_figure
    others = scorecard.telling_figures
    return {
        "level": place.level,
        "at": place.prefix,
        "alone": place == _ALONE,
        "scenario": scenario,
        "summary": _summary(scorecard),
        "gaps": gaps(scorecard.planned, scorecard.complete),
        "origin": _origin(scenario),
        "changed": _changed(scenario),
        "score_title": wording.title(figure) or "Score",
        "score_meaning": scorecard.figure_meanings.get(figure, "the figure that decides"),
        "floor": floor_name(scenario),
        "figure_headings": [wording.title(name) for name in others],
        "has_luck": bool(scorecard.luck_figure),
        "rows": [_row(manifest, agent, figure, others, place.folder) for agent in agents],
        "swatches": swatches(len(agents)),
        "forecast_tables": forecast_tables(agents),
        "conduct_rows": conduct_rows(agents),
        "reliability": reliability_table(agents),
        "attempts": manifest.attempts,
        "comparisons": [_comparison(pair, figure) for pair in scorecard.comparisons],
        "unfolded": scorecard.planned <= _UNFOLDED_EPISODES,
        "usage_note": _usage_note(agents),
        "models_called": bool(_talking(agents)),
        "seeds": wording.ranges(manifest.seeds),
        "voice": manifest.voice["name"] if manifest.voice else "",
        "limits": ", ".join(_limits(scenario.limits)),
        "run_tenure": manifest.tenure,
        "parameters": _pretty(scenario.parameters),
        "brief": _brief(scenario),
        "example": manifest.episode_path(*next(manifest.planned())),
        **_drawings(scorecard, agents, place.prefix),
    }


# --- words -----------------------------------------------------------------------------------


def floor_name(scenario: Scenario) -> str:
    """Return the name of the script that is normalised to 0."""
    try:
        return scenario.job.floor
    except UsageError:
        return "that the job names"


def _origin(scenario: Scenario) -> str:
    if scenario.id not in scenarios.names():
        return "custom"
    return "changed" if _changed(scenario) else "built in"


def _changed(scenario: Scenario) -> str:
    """Tell what sets a scenario apart from the built-in one of its id; empty if nothing does."""
    changes = scenarios.departures(scenario)
    if not changes:
        return ""
    return (
        f"Not as built in: {'; '.join(changes)}. Compare these scores only with those of runs that "
        "were changed in the same way."
    )


def _brief(scenario: Scenario) -> str:
    try:
        return scenario.briefing
    except (UsageError, ValueError, LookupError):
        return scenario.brief


def _limits(limits: Limits) -> Iterator[str]:
    """Yield what ends an episode, in words."""
    yield wording.counted(limits.steps, "tool call")
    if limits.tokens is not None:
        yield wording.counted(limits.tokens, "token")
    if limits.usd is not None:
        yield wording.usd(limits.usd)
    if limits.minutes is not None:
        yield f"{limits.minutes:g} minutes of waiting for answers"


def _summary(scorecard: Scorecard) -> str:
    agents = wording.counted(len(scorecard.agents), "agent")
    seeds = wording.counted(len(scorecard.seeds), "seed")
    planned = wording.counted(scorecard.planned, "planned episode")
    scored = f"{scorecard.complete} of {planned} scored"
    return f"{scorecard.scenario['id']}: {agents} on {seeds}, {scored}."


def gaps(planned: int, complete: int) -> str:
    """Tell how many planned episodes have no score; empty if all have one."""
    missing = planned - complete
    if not missing:
        return ""
    have = "has" if missing == 1 else "have"
    return (
        f"{missing} of {wording.counted(planned, 'planned episode')} {have} no score. "
        "A gap counts as neither zero nor success; the numbers below rest on the others alone."
    )


def _talking(agents: Sequence[AgentScore]) -> list[AgentScore]:
    """Return the agents that may have asked a model: whose record is unreadable, too."""
    return [agent for agent in agents if not agent.spending or agent.spending.model_calls]


def _usage_note(agents: Sequence[AgentScore]) -> str:
    talking = _talking(agents)
    if not talking:
        return "No model was called: these agents are scripts, and cost nothing."
    unknown = [
        agent.label for agent in talking if not agent.spending or agent.spending.cost_usd is None
    ]
    if unknown:
        note = (
            f"The cost of {', '.join(unknown)} is unknown, because no price is known of at least "
            "one call; it is not zero."
        )
    else:
        note = "Costs are what the calls cost at the prices that each agent's settings give."
    return " ".join([note, *map(_by_seat, filter(_has_seats, talking))])


def _has_seats(agent: AgentScore) -> bool:
    return bool(agent.spending and agent.spending.seats)


def _by_seat(agent: AgentScore) -> str:
    """Return what each seat's models took."""
    seats = agent.spending.seats if agent.spending else {}
    told = (f"{seat} {_tokens(own)} tokens, {cost(own)}" for seat, own in seats.items())
    return f"By seat, {agent.label}: {'; '.join(told)}."


def _pretty(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() if value else ""


# --- tables ----------------------------------------------------------------------------------


def _row(
    manifest: Manifest, agent: AgentScore, figure: str, others: Sequence[str], folder: str
) -> dict[str, Any]:
    faults, spent = sum(agent.faults.values()), agent.spending
    score, scaled = agent.score, agent.normalised
    return {
        "label": agent.title,
        "settings": settings(agent.spec),
        "has_gaps": agent.complete < agent.planned,
        "count": f"{agent.complete} of {wording.counted(agent.planned, 'episode')}",
        "mean": wording.amount(figure, score.mean if score else None),
        "interval": spoken_interval(score, agent.complete, figure),
        "normalised": wording.ratio(scaled.mean if scaled else None),
        "normalised_interval": spoken_interval(scaled, agent.complete),
        "worst": wording.amount(figure, score.worst if score else None),
        "cvar": wording.amount(figure, score.cvar10 if score else None),
        "early": f"{agent.ended_early} of {agent.complete}",
        "figures": [wording.amount(name, agent.figures.get(name)) for name in others],
        "faults": wording.number(faults),
        "fault_share": f"{faults / agent.steps:.1%} of steps" if agent.steps else "",
        "tokens": _tokens(spent),
        "cost": cost(spent),
        "episodes": [
            _episode_row(PurePosixPath(folder, path), episode, figure)
            for path, episode in _filed(manifest, agent)
        ],
    }


def spoken_interval(summary: Summary | None, count: int, figure: str = "") -> str:
    """Return a mean's interval, or why there is none; without a figure, of a normalised score."""
    if summary is None:
        return ""
    if summary.interval is None:
        return f"n = {count} < {FEWEST_FOR_INTERVAL}: no interval"
    low, high = _ends(summary.interval, figure)
    return f"{low} to {high}"


def _spoken(interval: Interval | None, figure: str) -> str:
    return "{} to {}".format(*_ends(interval, figure)) if interval else "n < 5: no interval"


def _ends(interval: Interval, figure: str) -> tuple[str, str]:
    if figure:
        return wording.amount(figure, interval.low), wording.amount(figure, interval.high)
    return wording.ratio(interval.low), wording.ratio(interval.high)


def _tokens(spent: Spending | None) -> str:
    if spent is None or (spent.model_calls and spent.tokens is None):
        return "unknown"
    if not spent.model_calls:
        return "no model"
    return wording.short(spent.known_tokens.input + spent.known_tokens.output)


def cost(spent: Spending | None) -> str:
    """Return what model calls cost: dollars, `unknown`, or `no model`."""
    if spent is None:
        return "unknown"
    return wording.usd(spent.cost_usd) if spent.model_calls else "no model"


def _comparison(pair: Comparison, figure: str) -> dict[str, str]:
    score, scaled = pair.score, pair.normalised
    return {
        "first": pair.first,
        "second": pair.second,
        "mean": wording.amount(figure, score.mean),
        "interval": _spoken(score.interval, figure),
        "normalised": wording.ratio(scaled.mean if scaled else None),
        "normalised_interval": _spoken(scaled.interval, "") if scaled else "",
        "detectable": wording.amount(figure, score.smallest_detectable),
        "seeds": str(len(score.seeds)),
    }


def _filed(
    manifest: Manifest, agent: AgentScore
) -> Iterator[tuple[PurePosixPath, EpisodeScore | Unscored]]:
    slots = (slot for slot in manifest.planned() if slot.label == agent.label)
    for slot, episode in zip(slots, agent.episodes, strict=True):
        yield manifest.episode_path(*slot), episode


def _episode_row(
    path: PurePosixPath, episode: EpisodeScore | Unscored, figure: str
) -> dict[str, Any]:
    return {
        "seed": episode.seed,
        "file": path.name,
        "href": quote(str(path)),
        "tokens": _tokens(episode.spending),
        "cost": cost(episode.spending),
        **_told(episode, figure),
    }


def _told(episode: EpisodeScore | Unscored, figure: str) -> dict[str, str]:
    if isinstance(episode, Unscored):
        return {
            "unscored": f"{episode.kind}: {episode.problem}",
            "days": wording.DASH,
            "steps": wording.number(episode.steps),
            "faults": wording.DASH,
        }
    return {
        "unscored": "",
        "score": wording.amount(figure, episode.score),
        "luck": wording.amount(figure, episode.luck),
        "normalised": wording.ratio(episode.normalised),
        "days": wording.number(episode.days),
        "steps": wording.number(episode.steps),
        "faults": wording.number(sum(episode.faults.values())),
        "reason": _SPOKEN_REASONS.get(episode.reason, episode.reason),
    }


# --- figures ---------------------------------------------------------------------------------


def _drawings(
    scorecard: Scorecard, agents: Sequence[AgentScore], prefix: str
) -> dict[str, list[Drawing]]:
    """Draw all figures; without a scored episode there is nothing to draw."""
    kinds: dict[str, list[Drawing]] = {
        name: [] for name in ("drawings", "small_drawings", "tool_drawings", "usage_drawings")
    }
    if scorecard.complete:
        figure, meanings = scorecard.score_figure, scorecard.figure_meanings
        kinds["drawings"] = [
            figures.over_time(figure, meanings[figure], agents, small=False),
            figures.final_scores(figure, agents, has_luck=bool(scorecard.luck_figure)),
        ]
        kinds["small_drawings"] = [
            figures.over_time(name, meanings[name], agents, small=True)
            for name in _worth_drawing(meanings, {figure, scorecard.luck_figure})
        ]
        kinds["tool_drawings"] = _tool_drawings(agents)
        kinds["usage_drawings"] = [figures.tokens(agents)] if _uses_tokens(agents) else []
    return {name: [item.prefixed(prefix) for item in drawn] for name, drawn in kinds.items()}


def _worth_drawing(figures_known: Iterable[str], shown: Collection[str]) -> list[str]:
    """Choose figures that tell of the work: units moved, then stock, then money, then the rest.

    Shares of the whole episode have no course; the table has them.
    """
    names = [
        name
        for name in figures_known
        if not (name in shown or name.startswith(_CLOCK) or wording.is_share(name))
    ]
    return sorted(names, key=_rank)[:_SMALL_FIGURES]


def _rank(figure: str) -> int:
    """Return 0 for the most telling kind of figure; equals stay in the job's own order."""
    kinds = (figure.startswith("units_"), "stock" in figure, wording.is_money(figure), True)
    return kinds.index(True)


def _tool_drawings(agents: Sequence[AgentScore]) -> list[Drawing]:
    return [figures.tool_use(index, agent) for index, agent in enumerate(agents) if agent.scored]


def _uses_tokens(agents: Sequence[AgentScore]) -> bool:
    return any(
        episode.spending.known_tokens.input + episode.spending.known_tokens.output
        for agent in agents
        for episode in agent.scored
    )
