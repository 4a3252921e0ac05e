"""Play a world below the runner: a policy or any other texts, and no record."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from tenure.envs.jobs import Briefing, Policy, Truth, agent_seed
from tenure.envs.world import Step, World
from tenure.errors import ContractError
from tenure.scenarios.schema import Scenario

FLOOR_SEED = 0
"""The seed of the floor's own chance, on every world: references are part of what is recorded."""

Act = Callable[[str], str | None]
"""Is told what was heard, at first the opening; returns an action, or `None` for no more."""

Begin = Callable[[Callable[[], Policy]], Policy]
"""Is told how a script is made; returns it."""


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
    """Return what a script of the job knows when it begins, in the seat whose turn it is.

    Args:
        scenario: What is played.
        world: A world of it.
        heard: What the seat reads first.
        policy_name: Which script; the floor has a seed of its own.
    """
    is_floor = policy_name == scenario.job.floor
    seed = FLOOR_SEED if is_floor else agent_seed(world.chance.seed)
    brief = world.role(world.seat) or scenario.briefing
    return Briefing(brief, heard, world.offered, seed)


def acting(
    scenario: Scenario, world: World[Any], name: str, begin: Begin = lambda make: make()
) -> Act:
    """Return a script as who plays, with a crew of its own if the world has other seats.

    Args:
        scenario: What is played.
        world: A new world of it.
        name: A policy, an exploit or a privileged script of the job.
        begin: Starts the script of a seat.

    Raises:
        ContractError: When it returns, which a policy must not; the message names it.
    """
    crew: dict[str, Policy] = {}

    def act(heard: str) -> str:
        policy = crew.get(world.seat)
        try:
            if policy:
                return policy.send(heard).to_json()
            crew[world.seat] = begin(_maker(scenario, world, name, heard))
            return next(crew[world.seat]).to_json()
        except StopIteration:
            raise ContractError(
                f"The policy {name!r} returned before its episode was over; "
                "it must go on yielding calls until it is closed."
            ) from None

    return act


def _maker(scenario: Scenario, world: World[Any], name: str, heard: str) -> Callable[[], Policy]:
    """Return how the script of the seat whose turn it is is made; oracles are told the truth."""
    job = scenario.job
    if name in job.oracles and world.seat not in job.crew:
        twin = scenario.make_world(world.chance.seed)
        return partial(job.oracles[name], Truth(twin, scenario.limits.steps))
    return partial(job.script(name, world.seat), briefing_of(scenario, world, heard, name))
