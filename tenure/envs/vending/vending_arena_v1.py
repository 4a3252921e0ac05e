"""Vending businesses at one location, an agent each: PettingZoo environments `vending_arena_v1`.

from tenure.envs.vending import vending_arena_v1
env = vending_arena_v1.parallel_env({"seats": 4})
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from pettingzoo import AECEnv, ParallelEnv  # type: ignore[import-untyped]
from pettingzoo.utils import wrappers  # type: ignore[import-untyped]
from pettingzoo.utils.conversions import parallel_to_aec  # type: ignore[import-untyped]

from tenure.envs.face import MAX_TEXT_CHARS
from tenure.envs.fitting import fitted
from tenure.envs.spaces import TextSpace, ToolCallSpace
from tenure.envs.vending.arena.seat import SeatWorld
from tenure.envs.vending.arena.state import ArenaParameters
from tenure.envs.vending.arena.street import SEATS
from tenure.envs.vending.arena.world import ArenaWorld
from tenure.errors import EpisodeOver

_VISIBLE = [figure for figure in SeatWorld.figures if not figure.hidden]

FIGURE_NAMES = (*(figure.name for figure in _VISIBLE), "is_asleep")
"""What the figures of an observation are, in their order."""

Observation = dict[str, Any]
Infos = dict[str, dict[str, Any]]


def parallel_env(*args: Any, **kwargs: Any) -> VendingArena:
    """Return the environment in which all who are awake act at once; see `VendingArena`."""
    return VendingArena(*args, **kwargs)


def env(*args: Any, **kwargs: Any) -> AECEnv[str, Observation, Any]:
    """Return the environment in which seats act in turn, with the arguments of `parallel_env`."""
    return wrappers.OrderEnforcingWrapper(parallel_to_aec(parallel_env(*args, **kwargs)))


class VendingArena(ParallelEnv[str, Observation, Any]):  # type: ignore[misc]  # PettingZoo is untyped
    """The arena with an agent in each seat.

    ## Description

    The rules of the job's card (`tenure/envs/vending/arena/README.md`): each seat runs a vending
    business as in `tenure/Vending-v1`, their machines stand at one location and share its
    customers by a logit choice, and they can write, pay and send goods to each other. A step is
    one call of each agent that is awake. Who goes to sleep waits until all sleep; then the night
    comes, and the day's customers buy. Nothing that one does reaches another before the next
    morning.

    Agents: `seat_1` to `seat_8`, as many as `seats`. In the world they have drawn names.

    ## Actions

    JSON texts `{"name": ..., "arguments": {...}}` that call one of the tools; any other text is a
    call too, one that failed. What an agent that sleeps says is not heard, and may be left out.

    ## Observations

    A `Dict` of `text`, what a model in that seat reads, and `figures` (int64), in the order of
    `FIGURE_NAMES`:

    | index | figure        | unit    | low | high  |
    |-------|---------------|---------|-----|-------|
    | 0     | bank_cents    | cents   | 0   | 2**53 |
    | 1     | day           | days    | 0   | 3650  |
    | 2     | minute_of_day | minutes | 0   | 1439  |
    | 3     | unread_mails  | mails   | 0   | 2**53 |
    | 4     | unpaid_days   | days    | 0   | 3650  |
    | 5     | is_asleep: it waits for the morning, or has no calls left | | 0 | 1 |

    ## Reward

    The change of the agent's own bank balance, in cents.

    ## Start

    Day 1, 08:00, every business alike.

    ## End

    An agent is terminated when its business is bankrupt, and all are after the last midnight.
    Never truncated by itself.

    ## Info

    After `reset`: `seed`, of the world, and `name`, what the others know the agent by. After
    `step`: `fault` of its call, or `None`.

    ## Arguments

    `parameters`: see `ArenaParameters`; those left out have their defaults (2 seats, 91 days).
    `render_mode`: `"ansi"` or `None`.

    ## Version history

    * v1: first version.
    """

    metadata: ClassVar[dict[str, Any]] = {
        "name": "vending_arena_v1",
        "render_modes": ["ansi"],
        "render_fps": 1,
        "is_parallelizable": True,
    }

    def __init__(
        self, parameters: Mapping[str, Any] | None = None, render_mode: str | None = None
    ) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"render_mode must be ansi or None; got {render_mode!r}")
        self.render_mode = render_mode
        self._parameters = fitted(ArenaParameters, parameters or {})
        self.possible_agents = list(SEATS[: self._parameters.seats])
        self.agents: list[str] = []
        self.action_spaces = {
            name: ToolCallSpace(ArenaWorld.toolbox) for name in self.possible_agents
        }
        self.observation_spaces = {name: _observation_space() for name in self.possible_agents}
        self._generator: np.random.Generator | None = None
        self._world: ArenaWorld | None = None

    def observation_space(self, agent: str) -> gymnasium.Space[Any]:
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> gymnasium.Space[Any]:
        return self.action_spaces[agent]

    def reset(
        self,
        seed: int | None = None,
        options: dict[str, Any] | None = None,  # noqa: ARG002  PettingZoo passes them
    ) -> tuple[dict[str, Observation], Infos]:
        """Draw a new town; without a seed, one drawn from the previous episode's generator.

        `options` is accepted for PettingZoo's sake and means nothing.
        """
        if seed is not None or self._generator is None:
            self._generator, _ = seeding.np_random(seed)
        world_seed = seed if seed is not None else int(self._generator.integers(2**31))
        world = self._world = ArenaWorld(self._parameters, world_seed)
        self.agents = list(self.possible_agents)
        infos = {sign.seat: {"seed": world_seed, "name": sign.name} for sign in world.signs}
        return self._observe(world, self.agents), infos

    def step(
        self, actions: dict[str, Any]
    ) -> tuple[dict[str, Observation], dict[str, float], dict[str, bool], dict[str, bool], Infos]:
        """Let each agent that is awake make one call.

        Raises:
            EpisodeOver: If the episode has ended or has not begun.
            TypeError: If an agent that is awake has no action, or one that is no text.
        """
        world = self._world
        if world is None or world.ended:
            raise EpisodeOver("There is nobody at work; reset the environment first.")
        awake = [seat.sign.seat for seat in world.seats if seat.is_awake]
        for name in awake:
            if not isinstance(actions.get(name), str):
                raise TypeError(f"{name} needs an action, a text; got {actions.get(name)!r}")
        acted, before = self.agents, _balances(world)
        faults: dict[str, str | None] = dict.fromkeys(acted)
        for _ in awake:
            name = world.seat
            faults[name] = world.step(actions[name]).fault
        gained = {name: float(_balances(world)[name] - before[name]) for name in acted}
        over = {name: name in world.closed for name in acted}
        self.agents = [name for name in acted if not over[name]]
        never: dict[str, bool] = dict.fromkeys(acted, False)
        infos = {name: {"fault": faults[name]} for name in acted}
        return self._observe(world, acted), gained, over, never, infos

    def render(self) -> str | None:
        """Return in mode `ansi` what each agent reads, else `None`."""
        if self.render_mode != "ansi" or self._world is None:
            return None
        texts = zip(self._world.signs, self._world.state.heard, strict=True)
        return "\n\n".join(f"{sign.name}:\n{heard}" for sign, heard in texts)

    def close(self) -> None:
        """Do nothing; there is nothing to close."""

    def _observe(self, world: ArenaWorld, agents: list[str]) -> dict[str, Observation]:
        seen = {}
        for name in agents:
            index = SEATS.index(name)
            seat = world.seats[index]
            figures = [*seat.measured[: len(_VISIBLE)], not seat.is_awake]
            seen[name] = {
                "text": world.state.heard[index],
                "figures": np.array(figures, dtype=np.int64),
            }
        return seen


def _balances(world: ArenaWorld) -> dict[str, int]:
    return {seat.sign.seat: seat.state.bank_cents for seat in world.seats}


def _observation_space() -> gymnasium.spaces.Dict:
    low = np.array([*(figure.low for figure in _VISIBLE), 0], dtype=np.int64)
    high = np.array([*(figure.high for figure in _VISIBLE), 1], dtype=np.int64)
    figures = gymnasium.spaces.Box(low, high, dtype=np.int64)
    return gymnasium.spaces.Dict({"text": TextSpace(MAX_TEXT_CHARS), "figures": figures})
