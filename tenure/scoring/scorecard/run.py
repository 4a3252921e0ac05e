"""The scorecard of a run: each planned episode, each agent, and agents compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from tenure import __version__
from tenure.errors import TrajectoryError
from tenure.scoring.files import write_whole
from tenure.scoring.forecasts import ForecastScore
from tenure.scoring.forks import ForkScore, score_forks
from tenure.scoring.manifest import Manifest, Slot
from tenure.scoring.records import HeaderRecord, read_partial
from tenure.scoring.scorecard.agent import AgentScore, score_agent
from tenure.scoring.scorecard.comparison import Comparison, comparisons
from tenure.scoring.scorecard.episode import EpisodeScore, Unscored, score_episode
from tenure.scoring.spread import Spread
from tenure.scoring.written import Part, to_json

FILE_NAME = "scorecard.json"


class Scorecard(Part):
    """What a run says.

    Attributes:
        scenario: The scenario in full.
        scenario_digest: Hash of all it says.
        score_figure: Name of the figure that decides; empty if no episode can be read.
        luck_figure: Name of the figure that holds what chance alone added to the score, which
            normalised scores leave out; empty if the job does not tell.
        figure_meanings: What each figure means.
        agents: One entry an agent, in the order of the manifest.
        comparisons: Every pair of agents that share a finished seed.
        forks: Of a fork, its outcomes beside its parent's.
    """

    format: Literal["tenure.scorecard"] = "tenure.scorecard"
    version: Literal[1] = 1
    tenure: str = __version__
    scenario: dict[str, Any]
    scenario_digest: str
    seeds: list[int]
    score_figure: str
    luck_figure: str = ""
    figure_meanings: dict[str, str]
    agents: list[AgentScore]
    comparisons: list[Comparison]
    forks: ForkScore | None = None

    @property
    def planned(self) -> int:
        """Episodes planned."""
        return sum(agent.planned for agent in self.agents)

    @property
    def complete(self) -> int:
        """Episodes scored."""
        return sum(agent.complete for agent in self.agents)

    @property
    def telling_figures(self) -> list[str]:
        """The figures to show beside the score: luck, shares, and those that count units moved."""
        names = dict.fromkeys(name for agent in self.agents for name in agent.figures)
        telling = [
            name
            for name in names
            if name.startswith("units_") or name.endswith("_permille")
            if name != self.score_figure
        ]
        return [self.luck_figure, *telling] if self.luck_figure else telling

    def to_json(self) -> bytes:
        """Return the content of `scorecard.json`: the same bytes for the same run, anywhere."""
        unsaid = set() if self.forks else {"forks"}
        return to_json(self.model_dump(mode="json", exclude=unsaid))

    def write(self, run_dir: Path) -> Path:
        """Write `scorecard.json` into the run folder and return its path."""
        path = run_dir / FILE_NAME
        write_whole(path, self.to_json())
        return path

    @classmethod
    def read(cls, run_dir: Path) -> Scorecard:
        """Read `scorecard.json`."""
        return cls.model_validate_json((run_dir / FILE_NAME).read_bytes())


def score_run(run_dir: Path, spread: Spread = map) -> Scorecard:
    """Score all that a run has planned, whether it was played or not.

    Args:
        run_dir: The run's folder.
        spread: How the episodes are scored; the scores are the same.

    Raises:
        UsageError: If the folder holds no run.
    """
    return score_planned(run_dir, Manifest.read(run_dir), spread)


def score_planned(run_dir: Path, manifest: Manifest, spread: Spread = map) -> Scorecard:
    """Score a plan whose episodes stand in a folder, whether they were played or not."""
    figures: dict[str, str] = {}
    score_figure = luck_figure = ""
    outcomes: dict[str, list[EpisodeScore | Unscored]] = {label: [] for label in manifest.labels}
    planned = list(manifest.planned())
    found = spread(partial(_outcome, run_dir, manifest), planned)
    for slot, (outcome, header) in zip(planned, found, strict=True):
        outcomes[slot.label].append(outcome)
        if header is not None and not figures:
            score_figure = header["score"]
            luck_figure = header.get("luck", "")
            figures = {figure["name"]: figure["meaning"] for figure in header["figures"]}
    outcomes = _of_one_form(outcomes)
    attempts = 1 if manifest.origin else manifest.attempts
    agents = [
        score_agent(manifest.agent(label), label, outcomes[label], attempts) for label in outcomes
    ]
    return Scorecard(
        scenario=manifest.scenario.model_dump(mode="json"),
        scenario_digest=manifest.scenario.digest,
        seeds=manifest.seeds,
        score_figure=score_figure,
        luck_figure=luck_figure,
        figure_meanings=figures,
        agents=agents,
        comparisons=comparisons(agents),
        forks=score_forks(run_dir, manifest.origin, _finished(agents)) if manifest.origin else None,
    )


def _finished(agents: Sequence[AgentScore]) -> list[tuple[str, int, int]]:
    return [(agent.label, one.attempt, one.score) for agent in agents for one in agent.scored]


def _outcome(
    run_dir: Path, manifest: Manifest, slot: Slot
) -> tuple[EpisodeScore | Unscored, HeaderRecord | None]:
    label, seed, _ = slot
    path = run_dir / manifest.episode_path(*slot)
    if not path.is_file():
        return _unscored(label, seed, "missing", "It was planned and never begun."), None
    try:
        episode = read_partial(path)
    except TrajectoryError as error:
        return _unscored(label, seed, "damaged", str(error)), None
    if problem := manifest.disagreement(slot, episode):
        return _unscored(
            label, seed, "damaged", f"The file is not what was planned: {problem}."
        ), None
    try:
        return _to_go_on(score_episode(episode, label)), episode.header
    except TrajectoryError as error:
        return _unscored(label, seed, "damaged", str(error)), None


def _to_go_on(outcome: EpisodeScore | Unscored) -> EpisodeScore | Unscored:
    """Say of an episode without an end what goes on with it, as the plan of its run is there."""
    if isinstance(outcome, EpisodeScore):
        return outcome
    problem = f"{outcome.problem} The command that began the run goes on with it."
    return outcome.model_copy(update={"problem": problem})


def _of_one_form(
    outcomes: Mapping[str, list[EpisodeScore | Unscored]],
) -> dict[str, list[EpisodeScore | Unscored]]:
    """Return the outcomes with those unscored that were asked a question as most were not.

    A scenario asks each question in one form and unit, so such a record is not the scenario's.
    """
    forms: dict[str, Counter[tuple[str, str]]] = {}
    for episodes in outcomes.values():
        for episode in episodes:
            for name, found in _forecasts(episode).items():
                forms.setdefault(name, Counter())[found.form, found.unit] += 1
    usual = {name: counted.most_common(1)[0][0] for name, counted in forms.items()}
    return {
        label: [_if_usual(episode, usual) for episode in episodes]
        for label, episodes in outcomes.items()
    }


def _if_usual(
    episode: EpisodeScore | Unscored, usual: Mapping[str, tuple[str, str]]
) -> EpisodeScore | Unscored:
    for name, found in _forecasts(episode).items():
        if (found.form, found.unit) != usual[name]:
            return _unscored(
                episode.agent,
                episode.seed,
                "damaged",
                f"It was asked {name!r} as {' in '.join(filter(None, (found.form, found.unit)))}, "
                f"and the run's other episodes as {' in '.join(filter(None, usual[name]))}.",
            )
    return episode


def _forecasts(episode: EpisodeScore | Unscored) -> Mapping[str, ForecastScore]:
    return episode.forecasts if isinstance(episode, EpisodeScore) else {}


def _unscored(label: str, seed: int, kind: Literal["missing", "damaged"], problem: str) -> Unscored:
    return Unscored(agent=label, seed=seed, kind=kind, problem=problem)
