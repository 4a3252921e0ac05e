"""`tenure score` and `tenure report`: from records to a table, scorecard.json and report.html."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tenure.cli.exits import Exit
from tenure.cli.parsing import Parser
from tenure.cli.places import define_source, define_workers, from_store, spreading
from tenure.cli.playback import going_on
from tenure.cli.terminal import amount, at_limits, heading, printable, ratio, say, table, width
from tenure.errors import UsageError

if TYPE_CHECKING:
    from tenure.scoring.arena.scorecard import ArenaScorecard, UnscoredMatch
    from tenure.scoring.conduct import ConductScore
    from tenure.scoring.forecasts import Coverage, ForecastScore, ForecastSummary, SeedMean
    from tenure.scoring.forks import ForkMean, ForkOutcome
    from tenure.scoring.scorecard import (
        AgentScore,
        EpisodeScore,
        Scorecard,
        Summary,
        Unscored,
    )
    from tenure.scoring.spending import Spending
    from tenure.scoring.spread import Spread
    from tenure.scoring.statistics import Interval
    from tenure.scoring.suite import SuiteScorecard

    AnyScorecard = Scorecard | SuiteScorecard | ArenaScorecard

_NOTHING = "-"


def _define_score(parser: Parser) -> Callable[[argparse.Namespace], int]:
    define_source(parser, "path", "an episode's file, or the folder of a run or a suite")
    parser.add_argument("--json", action="store_true", help="print one JSON document only")
    define_workers(parser)
    return from_store(_score, "path")


def _define_report(parser: Parser) -> Callable[[argparse.Namespace], int]:
    define_source(parser, "run", "the folder of a run or a suite")
    define_workers(parser)
    return from_store(_report, "run")


COMMANDS = {"score": _define_score, "report": _define_report}


def conclude(folder: Path, spread: Spread = map) -> tuple[AnyScorecard, Path]:
    """Score a run or a suite's, and write its scorecard and `report.html` into its folder.

    Returns:
        The scorecard, and the report's path.
    """
    from tenure.scoring.arena.page import write_arena_report
    from tenure.scoring.arena.scorecard import ArenaScorecard
    from tenure.scoring.report import write_report, write_suite_report
    from tenure.scoring.scorecard import Scorecard

    scorecard = _scored(folder, spread)
    scorecard.write(folder)
    if isinstance(scorecard, Scorecard):
        return scorecard, write_report(folder, scorecard)
    if isinstance(scorecard, ArenaScorecard):
        return scorecard, write_arena_report(folder, scorecard)
    return scorecard, write_suite_report(folder, scorecard)


def summary(scorecard: AnyScorecard) -> str:
    """Return a run's table, one line an agent; of a suite the matrix and each scenario's table."""
    from tenure.scoring.arena.scorecard import ArenaScorecard
    from tenure.scoring.scorecard import Scorecard

    if isinstance(scorecard, ArenaScorecard):
        from tenure.cli.contest import contest_summary

        return printable(contest_summary(scorecard))
    if isinstance(scorecard, Scorecard):
        return printable(_table(scorecard))
    parts = (f"{own.scenario['id']}\n{_table(own)}" for own in scorecard.scenarios)
    return printable("\n\n".join([_matrix(scorecard), *parts]))


def sheet(path: Path) -> str:
    """Return everything known of one complete episode, a line each."""
    from tenure.scoring.records import read
    from tenure.scoring.scorecard import Unscored, score_episode

    episode = read(path)
    outcome = score_episode(episode)
    if isinstance(outcome, Unscored):
        return printable(f"{outcome.agent}, seed {outcome.seed}: unscored. {outcome.problem}")
    return printable(_sheet(outcome, episode.header["score"], has_luck="luck" in episode.header))


def _scored(folder: Path, spread: Spread) -> AnyScorecard:
    from tenure.scoring.arena.manifest import is_arena_run
    from tenure.scoring.arena.scorecard import score_arena
    from tenure.scoring.scorecard import score_run
    from tenure.scoring.suite import is_suite_run, score_suite

    if is_arena_run(folder):
        return score_arena(folder, spread)
    return score_suite(folder, spread) if is_suite_run(folder) else score_run(folder, spread)


def _table(scorecard: Scorecard) -> str:
    rows = [_row(agent, scorecard) for agent in scorecard.agents]
    heads = [head for head in rows[0] if any(row[head] for row in rows)]
    agents = table(heads, [[row[head] for head in heads] for row in rows], width=width())
    more = (_seats, _reliability, _forecasts, _conduct, _forks)
    return "\n\n".join([agents, *(part for tell in more for part in tell(scorecard))])


def _seats(scorecard: Scorecard) -> Iterator[str]:
    """Yield what each seat's models took, where several seats acted."""
    rows = [
        [agent.title, seat, *_spent(own)]
        for agent in scorecard.agents
        if agent.spending
        for seat, own in agent.spending.seats.items()
    ]
    if rows:
        yield table(["agent", "seat", "tokens", "cost"], rows, width=width())


def _reliability(scorecard: Scorecard) -> Iterator[str]:
    """Yield a table of pass^k on one seed, if seeds were played several times."""
    rows = [
        [
            agent.title,
            f"pass^{k}",
            f"{found.share:.2f}",
            f"{found.interval.low:.2f} to {found.interval.high:.2f}"
            if found.interval
            else _NOTHING,
            str(found.seeds),
        ]
        for agent in scorecard.agents
        for k, found in agent.reliability.items()
    ]
    if rows:
        heads = ["agent", "above the floor", "chance", "95 % interval", "seeds"]
        yield table(heads, rows, left=2, width=width())


_MOST_FORKS = 20
"""How many forks are told one by one."""


def _forks(scorecard: Scorecard) -> Iterator[str]:
    """Yield how forks ended beside their parent: each, and each agent's on the whole."""
    forks, figure = scorecard.forks, scorecard.score_figure
    if not forks:
        return
    score = "without an end" if forks.parent_score is None else amount(forks.parent_score, figure)
    changed = ", a decision given" if forks.decided else ""
    yield (
        f"forked at step {forks.step:,} ({forks.context} context{changed}); "
        f"parent {forks.parent_agent}: {score}"
    )
    if any(one.future for one in forks.outcomes):
        yield (
            "Floor and bound, and so the normalised score, are those of the seed's own luck; in"
            " other futures compare outcomes."
        )
    yield from _each_fork(forks.outcomes, figure)
    yield from _forks_on_the_whole(forks.means, figure)
    yield from _repetitions(forks.outcomes)


def _each_fork(outcomes: Sequence[ForkOutcome], figure: str) -> Iterator[str]:
    rows = [
        [
            *(one.label, f"{one.future or 'own'}", f"{one.repetition}"),
            *(amount(one.score, figure), _signed(one.difference, figure)),
        ]
        for one in outcomes[:_MOST_FORKS]
    ]
    if rows:
        heads = ["fork", "future", "repetition", heading(figure), "difference"]
        yield table(heads, rows, width=width())
    if len(outcomes) > _MOST_FORKS:
        yield f"and {len(outcomes) - _MOST_FORKS} more, in scorecard.json"


def _forks_on_the_whole(means: Sequence[ForkMean], figure: str) -> Iterator[str]:
    rows = [
        [
            *(one.label, f"{one.forks}", amount(one.score, figure)),
            *(_signed(one.difference, figure), _between(one.interval, figure)),
        ]
        for one in means
        if one.forks > 1
    ]
    if rows:
        heads = ["mean of", "forks", heading(figure), "difference", "95 % interval"]
        yield table(heads, rows, width=width())


def _repetitions(outcomes: Sequence[ForkOutcome]) -> Iterator[str]:
    """Yield whose forks are copies of each other."""
    for label in dict.fromkeys(one.label for one in outcomes):
        if _repeats_itself([one for one in outcomes if one.label == label]):
            yield (
                f"{label} ended the same whenever it was repeated in one future, as a script"
                " without chance always does; then one episode a future tells as much."
            )


def _repeats_itself(own: Sequence[ForkOutcome]) -> bool:
    """Tell whether there are repetitions in one future, and none of them ended otherwise."""
    ends = {(one.future, one.score) for one in own}
    return len(ends) == len({one.future for one in own}) < len(own)


def _signed(value: float | None, figure: str) -> str:
    if value is None:
        return _NOTHING
    return f"{'+' if value > 0 else ''}{amount(value, figure)}"


def _between(interval: Interval | None, figure: str) -> str:
    if interval is None:
        return _NOTHING
    return f"{_signed(interval.low, figure)} to {_signed(interval.high, figure)}"


def _forecasts(scorecard: Scorecard) -> Iterator[str]:
    """Yield a table for each form of question that was asked."""
    for form, loss in (("quantiles", "CRPS"), ("probability", "Brier")):
        rows = [
            _forecast_row(agent.title, name, found, loss)
            for agent in scorecard.agents
            for name, found in agent.forecasts.items()
            if found.form == form
        ]
        if rows:
            yield table(list(rows[0]), [list(row.values()) for row in rows], left=2, width=width())


def _forecast_row(label: str, name: str, found: ForecastSummary, loss: str) -> dict[str, str]:
    """Return what an agent's forecasts were worth: losses, and beside them its confidence."""
    row = {
        "agent": label,
        "forecast": name,
        "answered": f"{found.answered}/{found.asked}",
        "loss": _mean(found.loss, _three),
        loss: _mean(found.answered_loss, _three),
        "truth's": _mean(found.truth_loss, _three),
        "excess": _mean(found.excess_loss, _three),
    }
    if found.form == "probability":
        return row | {"sure and wrong": f"{found.sure_and_wrong}/{found.sure}"}
    return row | {f"in {percent}%": _held(found.coverage.get(percent)) for percent in (90, 50)}


def _conduct(scorecard: Scorecard) -> Iterator[str]:
    """Yield a table of what was kept and broken, if the job tells; it is no part of the score."""
    rows = [
        {
            "agent": agent.title,
            "conduct, not in the score": topic.replace("_", " "),
            "kept": f"{found.kept:,}/{found.occasions:,}",
            "broken": f"{found.broken:,}",
            "at stake": amount(found.cents, "at_stake_cents") if found.cents else _NOTHING,
        }
        for agent in scorecard.agents
        for topic, found in agent.conduct.items()
    ]
    if rows:
        yield table(list(rows[0]), [list(row.values()) for row in rows], left=2, width=width())


def _held(coverage: Coverage | None) -> str:
    if coverage is None:
        return _NOTHING
    low, high = coverage.interval.low, coverage.interval.high
    return f"{coverage.share:.0%} [{low:.0%}, {high:.0%}]"


def _matrix(suite: SuiteScorecard) -> str:
    """Return the normalised scores: one line an agent, one column a scenario."""
    heads = ["normalised", *(own.scenario["id"] for own in suite.scenarios), "worst in"]
    rows = [
        [
            across.label,
            *(_cell(own.agents[place]) for own in suite.scenarios),
            across.worst_scenario or _NOTHING,
        ]
        for place, across in enumerate(suite.agents)
    ]
    return table(heads, rows, width=width())


def _cell(agent: AgentScore) -> str:
    """Return a normalised score, and which script a name like `best` stood for in the job."""
    script = f" ({agent.policy})" if agent.policy else ""
    return f"{_ratio(agent.normalised)}{script}"


def _score(options: argparse.Namespace) -> int:
    if options.path.is_dir():
        return _score_run(options)
    return _score_episode(options)


def _score_run(options: argparse.Namespace) -> int:
    scorecard = _scored(options.path, spreading(options))
    path = scorecard.write(options.path)
    say(
        scorecard.to_json().decode().rstrip()
        if options.json
        else f"{summary(scorecard)}\n{options.shown(path)}"
    )
    return _exit_of(scorecard)


class Gap(NamedTuple):
    """A planned episode without a score.

    Attributes:
        scenario_id: What was to be played.
        label: The agent, or of a match which of the seed's it is.
        seed: The world's seed.
        outcome: Why there is no score.
    """

    scenario_id: str
    label: str
    seed: int
    outcome: Unscored | UnscoredMatch


def unscored(scorecard: AnyScorecard) -> Iterator[Gap]:
    """Yield the planned episodes without a score."""
    from tenure.scoring.arena.scorecard import ArenaScorecard
    from tenure.scoring.scorecard import Scorecard, Unscored

    if isinstance(scorecard, ArenaScorecard):
        for match in scorecard.unscored:
            yield Gap(scorecard.scenario["id"], match.label, match.seed, match)
        return
    for own in [scorecard] if isinstance(scorecard, Scorecard) else scorecard.scenarios:
        for agent in own.agents:
            for outcome in agent.episodes:
                if isinstance(outcome, Unscored):
                    yield Gap(own.scenario["id"], outcome.agent, outcome.seed, outcome)


def _exit_of(scorecard: AnyScorecard) -> Exit:
    """Return the exit code: a damaged record weighs more than an unfinished episode."""
    kinds = [gap.outcome.kind for gap in unscored(scorecard)]
    if "damaged" in kinds:
        return Exit.INVALID
    return Exit.UNFINISHED if kinds else Exit.DONE


def _score_episode(options: argparse.Namespace) -> int:
    from tenure.scoring.records import read_partial
    from tenure.scoring.scorecard import Unscored, score_episode

    if not options.path.exists():
        raise UsageError(f"There is no {options.path}.")
    episode = read_partial(options.path)
    outcome = score_episode(episode)
    if options.json:
        say(outcome.model_dump_json(indent=2))
    elif isinstance(outcome, Unscored):
        unscored = f"{outcome.agent}, seed {outcome.seed}: unscored. {outcome.problem}"
        say(printable(f"{unscored} {going_on(options.path)}"))
    else:
        say(printable(_sheet(outcome, episode.header["score"], has_luck="luck" in episode.header)))
    return Exit.UNFINISHED if isinstance(outcome, Unscored) else Exit.DONE


def _report(options: argparse.Namespace) -> int:
    if options.run.is_file():
        raise UsageError(
            f"A report is made of a whole run; {options.run} is one episode, "
            f"for `tenure score` or `tenure show`."
        )
    scorecard, report = conclude(options.run, spreading(options))
    say(options.shown(report))
    return _exit_of(scorecard)


def _row(agent: AgentScore, scorecard: Scorecard) -> dict[str, str]:
    """Return an agent's cells by head; steps and faults are per episode, tokens and cost in all."""
    done = max(agent.complete, 1)
    tokens, cost = _spent(agent.spending)
    figure = scorecard.score_figure
    return {
        "agent": agent.title,
        "episodes": f"{agent.complete}/{agent.planned}",
        heading(figure) or "score": _mean(agent.score, lambda value: amount(value, figure)),
        "normalised": _ratio(agent.normalised),
        "worst": amount(agent.score.worst, figure) if agent.score else _NOTHING,
        **{
            heading(name): amount(agent.figures[name], name) if agent.score else _NOTHING
            for name in scorecard.telling_figures
        },
        "steps": f"{agent.steps / done:,.0f}",
        "at a limit": at_limits(agent.reasons),
        "faults": f"{sum(agent.faults.values()) / done:,.0f}",
        "tokens": tokens,
        "cost": cost,
    }


def _ratio(of: Summary | None) -> str:
    return _mean(of, ratio)


def _three(value: float) -> str:
    return f"{value:.3f}"


def _mean(of: Summary | SeedMean | None, written: Callable[[float], str]) -> str:
    if of is None:
        return _NOTHING
    if of.interval is None:
        return written(of.mean)
    return f"{written(of.mean)} [{written(of.interval.low)}, {written(of.interval.high)}]"


def _spent(spending: Spending | None) -> tuple[str, str]:
    """Return tokens and cost of all episodes; what is unknown is no zero."""
    if spending is None:
        return "?", "?"
    if not spending.model_calls:
        return _NOTHING, _NOTHING
    tokens = f"{spending.known_tokens.input + spending.known_tokens.output:,}"
    if spending.cost_usd is None:
        return tokens if spending.tokens else f"{tokens}+", "?"
    return tokens if spending.tokens else f"{tokens}+", f"${spending.cost_usd:,.2f}"


def _sheet(score: EpisodeScore, figure: str, *, has_luck: bool) -> str:
    """Return everything known of one episode, a line each."""
    tokens, cost = _spent(score.spending)
    facts: dict[str, Any] = {
        "agent": score.agent,
        "seed": score.seed,
        "score": f"{amount(score.score, figure)} ({figure})",
        **({"luck in it": amount(score.luck, figure)} if has_luck else {}),
        "floor, bound": f"{amount(score.floor, figure)}, {amount(score.bound, figure)}",
        "normalised": _NOTHING if score.normalised is None else ratio(score.normalised),
        "ended": f"{score.reason} after {score.steps:,} steps, {score.days:,} days",
        "faults": _listed(score.faults),
        "tools": _listed(score.tools),
        "figures": ", ".join(f"{name} {value:,}" for name, value in score.figures.items()),
        "tokens": tokens,
        "cost": cost,
        **{f"of {seat}": ", ".join(_spent(own)) for seat, own in score.spending.seats.items()},
        **{f"forecast {name}": _told(found) for name, found in score.forecasts.items()},
        **{f"conduct {topic}": _ledger(found) for topic, found in score.conduct.items()},
    }
    width = max(map(len, facts))
    return "\n".join(f"{name:<{width}}  {fact}" for name, fact in facts.items())


def _told(found: ForecastScore) -> str:
    """Return what one question's answers were worth in an episode."""
    parts = [f"{found.answered} of {found.asked} answered"]
    if found.loss is not None:
        parts.append(f"loss {found.loss:.3f} {found.unit}".rstrip())
    if found.excess_loss is not None:
        parts.append(f"excess {found.excess_loss:.3f}")
    parts += [f"{percent}% interval held {_held(c)}" for percent, c in found.coverage.items()]
    if found.sure:
        parts.append(f"sure and wrong {found.sure_and_wrong} of {found.sure}")
    return ", ".join(parts)


def _ledger(found: ConductScore) -> str:
    """Return one topic of an episode's conduct ledger."""
    at_stake = f", {amount(found.cents, 'at_stake_cents')} at stake" if found.cents else ""
    return f"{found.kept:,} of {found.occasions:,} kept{at_stake}"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"
