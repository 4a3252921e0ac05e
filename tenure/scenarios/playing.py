"""Play a world below the runner: a policy or any other texts, and no record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tenure.envs.jobs import Briefing, Policy, agent_seed
from tenure.envs.world import Step, World
from tenure.errors import ContractError
from tenure.scenarios.schema import Scenario

FLOOR_SEED = 0
"""The seed of the floor's own chance, on every world: references are part of what is recorded."""

Act = Callable[[str], str | None]
"""Is told what was heard, at first the opening; returns an action, or `None` for no more."""


class Play(NamedTuple):
    """How one episode ended.

    Attributes:
        earned: The score without luck, in units of the score figure.
        luck: What luck added to the score; 0 if the world does not know.
        actions: What was done.
        finished: Whether the world ended before the steps were used up.
    """

    earned: int
    luck: int
    actions: tuple[str, ...]
    finished: bool


def play(
    world: World[Any],
    heard: str,
    act: Act,
    steps: int,
    saw: Callable[[Step], None] = lambda _: None,
) -> Play:
    """Play a world to its end; when the steps are used up, nobody is at work any more.

    Args:
        world: A new world.
        heard: Its opening.
        act: Who plays.
        steps: The limit.
        saw: Is told of every step.
    """
    actions: list[str] = []
    while not world.ended and len(actions) < steps and (action := act(heard)) is not None:
        step = world.step(action)
        heard = step.text
        actions.append(action)
        saw(step)
    finished = bool(world.ended)
    world.run_out()
    score = [figure.name for figure in world.figures].index(world.score)
    luck = world.measured[score] - world.earned
    return Play(world.earned, luck, tuple(actions), finished)


def briefing_of(scenario: Scenario, world: World[Any], heard: str, policy_name: str) -> Briefing:
    """Return what a script of the job knows when it begins.

    Args:
        scenario: What is played.
        world: A new world of it.
        heard: Its opening.
        policy_name: Which script; the floor has a seed of its own.
    """
    is_floor = policy_name == scenario.job.floor
    seed = FLOOR_SEED if is_floor else agent_seed(world.chance.seed)
    return Briefing(scenario.briefing, heard, world.toolbox, seed)


def acting(name: str, policy: Policy) -> Act:
    """Return a policy as who plays.

    Raises:
        ContractError: When it returns, which a policy must not; the message names it.
    """
    begun = False

    def act(heard: str) -> str:
        nonlocal begun
        try:
            call = policy.send(heard) if begun else next(policy)
        except StopIteration:
            raise ContractError(
                f"The policy {name!r} returned before its episode was over; "
                "it must go on yielding calls until it is closed."
            ) from None
        begun = True
        return call.to_json()

    return act
