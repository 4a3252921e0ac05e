"""The vending job as a numeric environment: prices and orders in, figures out, a day a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import gymnasium
import numpy as np
from numpy.typing import NDArray

from tenure.envs.fitting import fitted
from tenure.envs.vending import manager_figures
from tenure.envs.vending.manager_draw import draw_terms
from tenure.envs.vending.manager_figures import Seen
from tenure.envs.vending.manager_play import ManagerPlay
from tenure.envs.vending.manager_terms import ORDER_UNITS, PRICE_PERCENT, PRODUCTS
from tenure.envs.vending.state import VendingParameters
from tenure.errors import EpisodeOver

__all__ = ["VendingManagerEnv"]

ACTIONS = 2 * PRODUCTS
LEVELS = len(PRICE_PERCENT)
assert len(ORDER_UNITS) == LEVELS


class VendingManagerEnv(gymnasium.Env[Seen, NDArray[np.integer[Any]]]):
    """doc"""

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}  # type: ignore[misc]  # Gymnasium has it per instance

    def __init__(
        self, parameters: Mapping[str, Any] | None = None, render_mode: str | None = None
    ) -> None:
        self.render_mode = render_mode
        self._parameters = fitted(VendingParameters, parameters or {})
        self.action_space = gymnasium.spaces.MultiDiscrete([LEVELS] * ACTIONS)
        self.observation_space = manager_figures.space()
        self._play: ManagerPlay | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Seen, dict[str, Any]]:
        """Draw a new world; without a seed, one drawn from the previous episode's generator.

        `options` is accepted for Gymnasium's sake and means nothing.
        """
        super().reset(seed=seed, options=options)
        world_seed = seed if seed is not None else int(self.np_random.integers(2**31))
        self._play = ManagerPlay(self._parameters, draw_terms(self._parameters, world_seed))
        return self._play.seen(), {"seed": world_seed}

    def step(
        self, action: NDArray[np.integer[Any]]
    ) -> tuple[Seen, float, bool, bool, dict[str, Any]]:
        """Let the clerk do as told, and the day pass.

        Raises:
            EpisodeOver: If the episode has ended or has not begun.
            ValueError: If the action is not sixteen levels in range.
        """
        play = self._play
        if play is None or play.over:
            raise EpisodeOver("There is no day to play; reset the environment first.")
        change_cents = play.play_day(_levels(action))
        return play.seen(), change_cents / 100, play.over, False, {"bank_cents": play.bank_cents}


def _levels(action: NDArray[np.integer[Any]] | Sequence[int]) -> list[int]:
    array = np.asarray(action)
    if array.shape != (ACTIONS,) or array.dtype.kind not in "iu":
        raise ValueError(f"an action is {ACTIONS} whole numbers; got {action!r}")
    levels: list[int] = array.tolist()
    if min(levels) < 0 or max(levels) >= LEVELS:
        raise ValueError(f"a level is from 0 to {LEVELS - 1}; got {levels}")
    return levels
