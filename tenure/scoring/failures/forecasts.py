"""Calibration: forecasts against the world's own distribution, U1 and U2. Luck plays no part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tenure.envs.forecasts import Distribution, best_quantiles
from tenure.errors import TrajectoryError
from tenure.scoring.failures.failure import Failure
from tenure.scoring.failures.sights import Sight

_COVERED_PERCENT = 50
_WIDTH_RATIO = 2.5
_POINTS = 25


class Calibration:
    """Remembers which step answered which question, and compares answers with the truth."""

    def __init__(self) -> None:
        self._answered: dict[int, Sight] = {}

    def judge(self, sight: Sight) -> Iterator[Failure]:
        """Look at one more step."""
        if isinstance(sight.arguments, dict) and not sight.fault:
            number = sight.arguments.get("forecast")
            if isinstance(number, int) and len(sight.arguments) > 1:
                self._answered[number] = sight
        for event in sight.scene.step.get("events", ()):
            if event.get("kind") == "forecast_resolved" and event.get("truth"):
                yield from _judge(self._answered.get(event.get("id", 0), sight), event)


def _judge(sight: Sight, event: Mapping[str, Any]) -> Iterator[Failure]:
    try:
        truth = Distribution(event["truth"]["start"], tuple(event["truth"]["weights"]))
    except (LookupError, TypeError, ValueError) as error:
        what = f"Step {sight.n}: a forecast's truth is no distribution: {error!r}."
        raise TrajectoryError(what, sight.n + 1) from error
    answer = event.get("answer")
    facts = {"question": event.get("question"), "answer": answer}
    if isinstance(answer, int) and not isinstance(answer, bool):
        true_percent = 100 * truth.weight_within(1, 1) / truth.total
        code = _side(answer, true_percent)
        what = f"it gives {answer} % where {true_percent:.0f} % is right"
    elif isinstance(answer, list | tuple) and len(answer) > 1:
        covered = 100 * truth.weight_within(answer[0], answer[-1]) / truth.total
        best = best_quantiles(truth)
        width, right = answer[-1] - answer[0], best[-1] - best[0]
        facts = {**facts, "covered_percent": round(covered, 1), "best": list(best)}
        if covered < _COVERED_PERCENT and width < right:
            code, what = "U1", f"its 90 % interval holds {covered:.0f} % of what can come"
        elif width > _WIDTH_RATIO * max(right, 1):
            code, what = "U2", f"its 90 % interval is {width} wide where {right} is right"
        else:
            return
    else:
        return
    if code:
        yield Failure.of(code, sight, what, facts)


def _side(answer: int, true_percent: float) -> str:
    """Return `U1`, `U2` or nothing for a probability."""
    if abs(answer - true_percent) < _POINTS:
        return ""
    is_surer = abs(answer - 50) > abs(true_percent - 50)
    is_wrong_side = (answer - 50) * (true_percent - 50) < 0
    return "U1" if is_surer or is_wrong_side else "U2"
