"""What a model was asked before a step of a recorded episode, rebuilt from the record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from tenure import __version__
from tenure.agents.contract import Turn
from tenure.agents.rebuilding import Rebuilder, Request
from tenure.agents.spec import AgentSpec
from tenure.envs.jobs import agent_seed
from tenure.errors import UsageError
from tenure.runner.arena import seat_seed
from tenure.runner.episode import after_decision, briefing
from tenure.scoring.past import Past
from tenure.scoring.records import Episode, action_of


def requests(past: Past, n: int) -> list[Request]:
    """Return what the model was asked that took a step.

    Args:
        past: The episode.
        n: The step's number, from 0.

    Returns:
        The requests in their order: those for summaries, if the window was full, and then the one
        that was answered with the step. They are what was sent to the byte, but for what an
        embedded model's server is told of its cache; requests that were refused or failed are not
        on record. Steps that one message asked for together have the same ones.

    Raises:
        UsageError: If there is no such step, no model took it, or it would come out otherwise in
            this Tenure.
        TrajectoryError: If the steps up to there come out otherwise than recorded.
    """
    if not 0 <= n < len(past):
        raise UsageError(f"There is no step {n}: the episode has {len(past):,}, from 0 on.")
    episode = past.episode
    begun = _begun(episode, n)
    own = list(_own_steps(episode, n, begun))
    asked = next((one for one in reversed(own) if episode.steps[one].get("exchange")), n)
    rebuilder = _rebuilder(past, own[0], _observation(episode, own[0]), begun)
    for number in own[: own.index(asked)]:
        rebuilder.skip(_observation(episode, number), _turn(episode, number))
    return rebuilder.turn(_observation(episode, asked), _turn(episode, asked))


def _begun(episode: Episode, n: int) -> int:
    """Return the step before which the agent that took step `n` began.

    Raises:
        UsageError: If the step was another's, or nobody's.
    """
    parent = episode.header.get("parent")
    if not parent:
        return 0
    if n < parent["step"]:
        raise UsageError(
            f"Step {n:,} is the parent's, which this episode goes on from at step "
            f"{parent['step']:,}: its request is to be had from the parent's record."
        )
    if n == parent["step"] and "action" in parent:
        raise UsageError(f"Step {n:,} was decided when the fork was made; nobody was asked.")
    return 0 if parent["context"] == "kept" else parent["step"]


def _own_steps(episode: Episode, n: int, begun: int) -> Iterator[int]:
    """Yield the steps up to `n` that its seat's agent took, or remembers."""
    seat = episode.steps[n].get("seat", "")
    decided = _decided(episode)
    for number in range(begun, n + 1):
        if number != decided and episode.steps[number].get("seat", "") == seat:
            yield number


def _decided(episode: Episode) -> int | None:
    """Return the step that was decided when a fork was made."""
    parent = episode.header.get("parent")
    return parent["step"] if parent and "action" in parent else None


def _turn(episode: Episode, n: int) -> Turn:
    step = episode.steps[n]
    return Turn(action_of(step), step.get("exchange"))


def _observation(episode: Episode, n: int) -> str:
    """Return what was read before a step."""
    if n == 0:
        return episode.header["opening"]
    before = episode.steps[n - 1]
    parent = episode.header.get("parent")
    if parent and parent["context"] == "kept" and n - 1 == _decided(episode):
        return after_decision(_observation(episode, n - 1), action_of(before), before["text"])
    return before["text"]


def _rebuilder(past: Past, n: int, observation: str, begun: int) -> Rebuilder:
    """Return what lives through the turns of the agent whose first step is `n`.

    Raises:
        UsageError: If no model takes it, or it is offered other tools here than it was.
    """
    episode, world = past.episode, past.before(n)
    if episode.header.get("tools", world.toolbox.digest) != world.toolbox.digest:
        raise UsageError(
            f"It was recorded with Tenure {episode.header['tenure']}, whose tools are not worded "
            f"as those of {__version__}: rebuild its requests with that one."
        )
    seat = episode.steps[n].get("seat", "")
    spec, own_seat, seed = _who(episode, seat)
    told = briefing(past.scenario, world, seat, observation, seed, begun)
    return Rebuilder(spec, own_seat, told)


def _who(episode: Episode, seat: str) -> tuple[AgentSpec, str, int]:
    """Return who works in a seat, in which of its own seats that is, and with what chance.

    Raises:
        UsageError: If it is nobody that this Tenure knows.
    """
    agent: dict[str, Any] = dict(episode.header["agent"])
    seed = agent_seed(episode.seed, episode.attempt)
    if isinstance(seats := agent.get("seats"), dict):
        agent = {name: value for name, value in seats[seat].items() if name != "label"}
        seat, seed = "", seat_seed(seed, int(seat.removeprefix("seat_")))
    try:
        return AgentSpec.model_validate(agent), seat, seed
    except ValidationError:
        raise UsageError(
            f"{agent.get('name')} is no agent that this Tenure knows how to ask."
        ) from None
