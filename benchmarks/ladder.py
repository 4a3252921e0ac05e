"""Print how far a job's scripted agents get, raw and normalised.

python benchmarks/ladder.py vending/year --seeds 10
"""

from __future__ import annotations

import argparse
import statistics
import time

from tenure.envs.jobs import Briefing
from tenure.scenarios import Scenario, load


def final_score(scenario: Scenario, policy_name: str, seed: int) -> tuple[int, int]:
    """Play one episode; return the score and the number of calls."""
    world = scenario.make_world(seed)
    briefing = Briefing(scenario.briefing, world.opening(), world.toolbox, seed=seed)
    policy = scenario.job.policies[policy_name](briefing)
    score_at = [figure.name for figure in world.figures].index(world.score)
    call = next(policy)
    for calls in range(1, scenario.limits.steps + 1):
        step = world.step(call.to_json())
        if step.ended:
            return step.figures[score_at], calls
        call = policy.send(step.text)
    return world.measured[score_at], scenario.limits.steps


def main() -> None:
    """Play every policy on every seed and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenario")
    parser.add_argument("--seeds", type=int, default=10, help="seeds 1 to N (default 10)")
    parser.add_argument("--policies", nargs="*", help="only these (default: all)")
    options = parser.parse_args()
    scenario = load(options.scenario)
    seeds = range(1, options.seeds + 1)
    parameters = scenario.job.world.Parameters.model_validate(scenario.parameters)
    bounds = [scenario.job.bound(parameters, seed) for seed in seeds]
    floors = [final_score(scenario, scenario.job.floor, seed)[0] for seed in seeds]
    print(
        f"{scenario.id} v{scenario.version}, seeds 1-{options.seeds}, "
        f"mean bound {statistics.mean(bounds) / 100:,.2f}"
    )
    print(f"{'policy':<12}{'mean':>12}{'min':>12}{'max':>12}{'normalised':>12}{'calls':>8}{'s':>7}")
    for name in options.policies or scenario.job.policies:
        began = time.perf_counter()
        scores, calls = zip(*(final_score(scenario, name, seed) for seed in seeds), strict=True)
        seconds = (time.perf_counter() - began) / len(seeds)
        normalised = statistics.mean(
            (score - floor) / (bound - floor)
            for score, floor, bound in zip(scores, floors, bounds, strict=True)
        )
        print(
            f"{name:<12}{statistics.mean(scores) / 100:>12,.2f}{min(scores) / 100:>12,.2f}"
            f"{max(scores) / 100:>12,.2f}{normalised:>12.3f}{statistics.mean(calls):>8.0f}"
            f"{seconds:>7.2f}"
        )


if __name__ == "__main__":
    main()
