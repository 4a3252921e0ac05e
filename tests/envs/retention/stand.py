"""The lemonade stand, where something is told in passing and asked for later."""

from collections.abc import Sequence
from typing import Any

from tenure.envs.chance import OWN_FUTURE, Future
from tenure.envs.forecasts import Ask
from tenure.envs.jobs import NO_LAYERS, Layers
from tenure.envs.retention import Remark, Retention, plan
from tenure.envs.world import Step, World
from tests.envs.forecasts.stand import JOB

RETENTION = Retention(lags_days=(1, 4), every_days=2)
DAYS = 20


def stand(
    seed: int = 3,
    retention: Retention = RETENTION,
    *,
    layers: Layers = NO_LAYERS,
    asks: Sequence[Ask] = (),
    future: Future = OWN_FUTURE,
) -> World[Any]:
    laid = layers._replace(retention=retention)
    return JOB.make({"horizon_days": DAYS}, seed, asks, laid, future=future)


def remarks(world: World[Any], retention: Retention = RETENTION) -> tuple[Remark, ...]:
    return plan(retention, DAYS, world.chance)


def sleep(world: World[Any]) -> Step:
    return world.call("close_for_today")


def sleep_until(world: World[Any], day: int) -> Step:
    """Sleep until the morning of a 0-based day, at least once."""
    step = sleep(world)
    while world.state.now_minutes // 1440 < day:
        step = sleep(world)
    return step


def recalls(step: Step) -> list[dict[str, Any]]:
    return [dict(event) for event in step.events if str(event["kind"]).startswith("retention")]
