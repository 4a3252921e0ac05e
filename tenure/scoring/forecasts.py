"""Forecasts: from the events of a record to losses, coverage and calibration.

An answer is scored twice: against what came, and against the world's own distribution when the
answer was due, which is free of luck. Quantiles: twice the mean pinball loss over seven levels,
close to the CRPS (Gneiting and Raftery 2007). Probabilities: the Brier score. Coverage stands
beside the loss, because intervals that are far too narrow cost little of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import fmean
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tenure.envs.forecasts import (
    LEVELS_PERCENT,
    Distribution,
    best_quantiles,
    expected_pinball_percents,
    pinball_percents,
)
from tenure.errors import TrajectoryError
from tenure.scoring.records import Episode
from tenure.scoring.statistics import Interval, mean_interval, wilson
from tenure.scoring.written import Part

INTERVALS_PERCENT = (90, 50)
"""The central intervals whose coverage is told: 5 to 95 %, and 25 to 75 %."""
SURE_PERCENT = 90
"""A probability of at least so much, or of at most the rest, is confident."""

_MOST = 10**15
_Whole = Annotated[int, Field(strict=True, ge=-_MOST, le=_MOST)]
Generators = Callable[[], np.random.Generator]


class Coverage(Part):
    """How often a central interval held the outcome.

    Attributes:
        covered: Outcomes inside, ends included.
        answers: Quantile answers.
        share: Their ratio.
        interval: Wilson's interval of the share; it takes the answers for independent.
        truth: How often the interval of the true distribution holds its outcome; more than its
            name where outcomes are few and whole. `None` if the world does not tell.
    """

    covered: int
    answers: int
    share: float
    interval: Interval
    truth: float | None


class SeedMean(Part):
    """A mean over seeds, each counting once.

    Attributes:
        mean: Mean of the seeds' means.
        interval: 95 % interval of the mean; `None` below five seeds.
        seeds: Seeds that have the number.
    """

    mean: float
    interval: Interval | None
    seeds: int


class _Counted(Part):
    """What all scores of a question count.

    Attributes:
        form: `quantiles` or `probability`.
        unit: Unit of the outcome and of the losses of quantiles; empty for probabilities.
        asked: Questions resolved.
        answered: With quantiles or a probability.
        dont_know: With "I don't know".
        unanswered: Not at all.
        void: Never put because its window passed within one step, or the episode ended while it was
            open; not among the asked.
    """

    form: Literal["quantiles", "probability"]
    unit: str
    asked: int
    answered: int
    dont_know: int
    unanswered: int
    void: int


class ForecastScore(_Counted):
    """One question over one episode. What rests on no answer is `None`.

    Attributes:
        loss: Mean over all asked; "I don't know" and silence at their price.
        answered_loss: Mean over the answered: CRPS, or Brier.
        truth_loss: What the true distribution's own answers lost on the same outcomes.
        excess_loss: Mean expected loss under the true distribution beyond that of the best answer;
            of a probability p where q is true, (p - q) squared.
        coverage: By interval in percent; quantiles only.
        sure: Probabilities of at least 90 % or at most 10 %.
        sure_and_wrong: Those that the outcome contradicts.
    """

    loss: float | None
    answered_loss: float | None
    truth_loss: float | None
    excess_loss: float | None
    coverage: dict[int, Coverage]
    sure: int
    sure_and_wrong: int


class ForecastSummary(_Counted):
    """One question over an agent's scored seeds. What rests on no answer is `None`.

    Attributes:
        loss: As in `ForecastScore`, over seeds; so are the next three.
        coverage: By interval in percent, over all answers.
        sure: Confident probabilities in all.
        sure_and_wrong: Those that the outcome contradicts.
        sure_and_wrong_share: Wilson's interval of their share; `None` if none was confident.
    """

    loss: SeedMean | None
    answered_loss: SeedMean | None
    truth_loss: SeedMean | None
    excess_loss: SeedMean | None
    coverage: dict[int, Coverage]
    sure: int
    sure_and_wrong: int
    sure_and_wrong_share: Interval | None


# --- events --------------------------------------------------------------------------------------


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    question: str
    unit: str = ""
    form: Literal["quantiles", "probability"]


class _Resolved(_Event):
    """The event `forecast_resolved`."""

    answer: tuple[_Whole, ...] | _Whole | Literal["dont_know"] | None = None
    outcome: _Whole
    truth: Distribution | None = None
    dont_know_price_milli: Annotated[int, Field(strict=True, ge=0, le=_MOST)]

    @model_validator(mode="after")
    def _fits(self) -> _Resolved:
        if self.form == "probability" and self.outcome not in (0, 1):
            raise ValueError("the outcome of a probability must be 0 or 1")
        if isinstance(self.answer, tuple) and (
            self.form != "quantiles"
            or len(self.answer) != len(LEVELS_PERCENT)
            or list(self.answer) != sorted(self.answer)
        ):
            raise ValueError("quantiles must be seven numbers that do not fall")
        if isinstance(self.answer, int) and not (
            self.form == "probability" and 0 <= self.answer <= 100
        ):
            raise ValueError("a probability must be 0 to 100")
        return self

    @property
    def answered(self) -> bool:
        return isinstance(self.answer, (tuple, int))

    @property
    def price(self) -> float:
        return self.dont_know_price_milli / 1000

    @property
    def numbers(self) -> tuple[int, ...]:
        """The seven quantiles, or the probability in percent."""
        return self.answer if isinstance(self.answer, tuple) else (int(self.answer or 0),)

    def loss(self, numbers: Sequence[float]) -> float:
        """Return what an answer loses on the outcome."""
        if self.form == "probability":
            return (numbers[0] / 100 - self.outcome) ** 2
        return _crps([int(number) for number in numbers], self.outcome)

    @property
    def best(self) -> tuple[float, ...]:
        """The answer with the lowest expected loss; only where the truth is known."""
        truth = _known(self.truth)
        if self.form == "probability":
            return (100 * truth.weight_within(1, 1) / truth.total,)
        return tuple(best_quantiles(truth))

    @property
    def excess(self) -> float:
        """The answer's expected loss beyond the best one's; only where the truth is known."""
        if self.form == "probability":
            return ((self.numbers[0] - self.best[0]) / 100) ** 2
        truth = _known(self.truth)
        best = [int(number) for number in self.best]
        beyond = expected_pinball_percents(self.numbers, truth)
        beyond -= expected_pinball_percents(best, truth)
        return 2 * beyond / (100 * len(LEVELS_PERCENT) * truth.total)


_KINDS: Mapping[str, type[_Event]] = {"forecast_resolved": _Resolved, "forecast_void": _Event}


def _known(truth: Distribution | None) -> Distribution:
    if truth is None:
        raise ValueError("the world told no distribution")
    return truth


def _crps(quantiles: Sequence[int], outcome: int) -> float:
    return 2 * pinball_percents(quantiles, outcome) / (100 * len(LEVELS_PERCENT))


def _events(episode: Episode) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield every event with the index of its record."""
    for index, step in enumerate(episode.steps, 1):
        yield from ((index, event) for event in step.get("events", ()))
    if episode.end is not None:
        last = len(episode.steps) + 1
        yield from ((last, event) for event in episode.end.get("events", ()))


def _read(model: type[_Event], index: int, event: Mapping[str, Any]) -> Any:
    try:
        return model.model_validate(event)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]["msg"]
        raise TrajectoryError(
            f"Record {index}: its event {event['kind']!r} is none: {problem}.", index
        ) from None


# --- scores --------------------------------------------------------------------------------------


def score_forecasts(episode: Episode) -> dict[str, ForecastScore]:
    """Score the forecasts of an episode from its records alone.

    Returns:
        By name of the question, in the order of the record; empty if none was asked.

    Raises:
        TrajectoryError: If an event is not what its kind says.
    """
    forms: dict[str, str] = {}
    resolved: dict[str, list[_Resolved]] = {}
    void: dict[str, list[Any]] = {}
    for index, event in _events(episode):
        kind = str(event.get("kind"))
        if kind not in _KINDS:
            continue
        one = _read(_KINDS[kind], index, event)
        if forms.setdefault(one.question, one.form) != one.form:
            raise TrajectoryError(
                f"Record {index}: {one.question!r} is asked for {one.form}, and before for "
                f"{forms[one.question]}.",
                index,
            )
        (resolved if kind == "forecast_resolved" else void).setdefault(one.question, []).append(one)
    return {name: _score(resolved.get(name, []), void.get(name, [])) for name in forms}


def _score(resolved: Sequence[_Resolved], void: Sequence[_Event]) -> ForecastScore:
    first = (*resolved, *void)[0]
    answered = [one for one in resolved if one.answered]
    told = bool(answered) and all(one.truth is not None for one in answered)
    losses = [one.loss(one.numbers) if one.answered else one.price for one in resolved]
    sure = [one for one in answered if one.form == "probability" and _is_sure(one.numbers[0])]
    return ForecastScore(
        form=first.form,
        unit=first.unit,
        asked=len(resolved),
        answered=len(answered),
        dont_know=sum(one.answer == "dont_know" for one in resolved),
        unanswered=sum(one.answer is None for one in resolved),
        void=len(void),
        loss=_mean(losses),
        answered_loss=_mean([one.loss(one.numbers) for one in answered]),
        truth_loss=_mean([one.loss(one.best) for one in answered]) if told else None,
        excess_loss=_mean([one.excess for one in answered]) if told else None,
        coverage=_coverage(answered, told=told) if first.form == "quantiles" else {},
        sure=len(sure),
        sure_and_wrong=sum((one.numbers[0] >= SURE_PERCENT) != one.outcome for one in sure),
    )


def _is_sure(percent: int) -> bool:
    return percent >= SURE_PERCENT or percent <= 100 - SURE_PERCENT


def _coverage(answered: Sequence[_Resolved], *, told: bool) -> dict[int, Coverage]:
    if not answered:
        return {}
    found = {}
    for percent in INTERVALS_PERCENT:
        low = LEVELS_PERCENT.index((100 - percent) // 2)
        ends = [(one.numbers[low], one.numbers[-1 - low], one.outcome) for one in answered]
        covered = sum(first <= outcome <= last for first, last, outcome in ends)
        truth = fmean(_true_coverage(one, low) for one in answered) if told else None
        found[percent] = _covered(covered, len(answered), truth)
    return found


def _covered(covered: int, answers: int, truth: float | None) -> Coverage:
    return Coverage(
        covered=covered,
        answers=answers,
        share=covered / answers,
        interval=wilson(covered, answers),
        truth=truth,
    )


def _true_coverage(one: _Resolved, low: int) -> float:
    truth = _known(one.truth)
    inside = truth.weight_within(int(one.best[low]), int(one.best[-1 - low]))
    return inside / truth.total


def pool_forecasts(
    episodes: Sequence[Mapping[str, ForecastScore]], generator: Generators
) -> dict[str, ForecastSummary]:
    """Bring an agent's episodes together, one a seed.

    Args:
        episodes: What `score_forecasts` says of each scored episode.
        generator: Returns the chance of one interval.
    """
    by_name: dict[str, list[ForecastScore]] = {}
    for episode in episodes:
        for name, score in episode.items():
            by_name.setdefault(name, []).append(score)
    return {name: _pooled(scores, generator) for name, scores in by_name.items()}


def _pooled(scores: Sequence[ForecastScore], generator: Generators) -> ForecastSummary:
    def over_seeds(values: Iterable[float | None]) -> SeedMean | None:
        numbers = [value for value in values if value is not None]
        if not numbers:
            return None
        interval = mean_interval(numbers, generator())
        return SeedMean(mean=fmean(numbers), interval=interval, seeds=len(numbers))

    sure, wrong = sum(one.sure for one in scores), sum(one.sure_and_wrong for one in scores)
    return ForecastSummary(
        form=scores[0].form,
        unit=scores[0].unit,
        asked=sum(one.asked for one in scores),
        answered=sum(one.answered for one in scores),
        dont_know=sum(one.dont_know for one in scores),
        unanswered=sum(one.unanswered for one in scores),
        void=sum(one.void for one in scores),
        loss=over_seeds(one.loss for one in scores),
        answered_loss=over_seeds(one.answered_loss for one in scores),
        truth_loss=over_seeds(one.truth_loss for one in scores),
        excess_loss=over_seeds(one.excess_loss for one in scores),
        coverage=_pooled_coverage([one.coverage for one in scores if one.coverage]),
        sure=sure,
        sure_and_wrong=wrong,
        sure_and_wrong_share=wilson(wrong, sure) if sure else None,
    )


def _pooled_coverage(parts: Sequence[Mapping[int, Coverage]]) -> dict[int, Coverage]:
    if not parts:
        return {}
    found = {}
    for percent in INTERVALS_PERCENT:
        each = [part[percent] for part in parts]
        answers = sum(one.answers for one in each)
        truths = [one.truth * one.answers for one in each if one.truth is not None]
        truth = sum(truths) / answers if len(truths) == len(each) else None
        found[percent] = _covered(sum(one.covered for one in each), answers, truth)
    return found


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None
