"""Many lines at once in NumPy: the numeric environment, vectorised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from tenure.envs.chance import Chance
from tenure.envs.fitting import fitted
from tenure.envs.supply_line import figures
from tenure.envs.supply_line.draw import Draw, draw_line
from tenure.envs.supply_line.figures import Figures
from tenure.envs.supply_line.lines import Lines
from tenure.envs.supply_line.parameters import SupplyLineParameters
from tenure.envs.supply_line.terms import STAGES
from tenure.envs.supply_line.world import MOST_UNITS
from tenure.errors import EpisodeOver

Rewards = NDArray[np.float64]
Flags = NDArray[np.bool_]


class SupplyLineControlVectorEnv(VectorEnv[Figures, NDArray[np.integer[Any]], NDArray[Any]]):
    """`num_envs` lines at once, each equal to a `SupplyLineControlEnv`, figure by figure.

    ## Description

    All lines have the same horizon, so they begin and end together. After the last week the next
    `step` begins new ones (`AutoresetMode.NEXT_STEP`): its actions are ignored and its rewards 0.

    ## Actions, Observations, Reward, Start, End

    Those of `SupplyLineControlEnv`, with `num_envs` as the first axis.

    ## Info

    After `reset` and when new lines begin: `seed`, int64 of shape (num_envs,). After other steps
    `cost_cents`, int64 of shape (num_envs, 4). Masks `_seed` and `_cost_cents` as Gymnasium has
    them.

    ## Arguments

    `num_envs`: how many lines, >= 1. `parameters` and `most_units` as in `SupplyLineControlEnv`.

    ## Version history

    * v1: first version.
    """

    metadata: ClassVar[dict[str, Any]] = {  # type: ignore[misc]  # Gymnasium has it per instance
        "render_modes": [],
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        parameters: Mapping[str, Any] | None = None,
        *,
        most_units: int = MOST_UNITS,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise TypeError(
                f"there is no {', '.join(unknown)} here; known: num_envs, parameters, most_units"
            )
        if num_envs < 1:
            raise ValueError(f"num_envs must be >= 1, got {num_envs}")
        self.num_envs = num_envs
        self._parameters = fitted(SupplyLineParameters, parameters or {})
        self._most_units = figures.checked_most_units(most_units)
        self.single_action_space = gymnasium.spaces.MultiDiscrete([most_units + 1] * len(STAGES))
        self.single_observation_space = figures.space(figures.LINE)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self._generators: list[np.random.Generator | None] = [None] * num_envs
        self._lines: Lines | None = None

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Figures, dict[str, Any]]:
        """Draw new lines.

        Args:
            seed: One for each line; or the first one's, the next ones following; or `None`, to
                draw each from its previous one.
            options: Accepted for Gymnasium's sake, but for `reset_mask`.

        Raises:
            ValueError: If the number of seeds is wrong, or some lines alone should begin.
        """
        if options and "reset_mask" in options:
            raise ValueError("lines begin and end together; leave out options['reset_mask']")
        return self._begin(self._seeds(seed))

    def step(
        self, actions: NDArray[np.integer[Any]]
    ) -> tuple[Figures, Rewards, Flags, Flags, dict[str, Any]]:
        """Let a week pass on all lines, or begin new ones after the last week.

        Raises:
            EpisodeOver: Before the first `reset`.
            ValueError: If the actions are not four whole numbers in range for each line.
        """
        lines, never = self._lines, np.zeros(self.num_envs, np.bool_)
        if lines is None:
            raise EpisodeOver("There is no week to play; reset the environment first.")
        if lines.over:
            seen, info = self._begin([None] * self.num_envs)
            return seen, np.zeros(self.num_envs), never, never.copy(), info
        costs = lines.play_week(self._orders(actions))
        info = self._for_all(cost_cents=costs.T.copy())
        over = np.full(self.num_envs, lines.over)
        return lines.seen(), -costs.sum(axis=0).astype(np.float64), over, never, info

    def _begin(self, seeds: Sequence[int | None]) -> tuple[Figures, dict[str, Any]]:
        drawn = [self._world_seed(index, seed) for index, seed in enumerate(seeds)]
        self._lines = Lines(self._draw_all(drawn), told=self._parameters.regimes == "observed")
        return self._lines.seen(), self._for_all(seed=np.array(drawn, np.int64))

    def _draw_all(self, seeds: Sequence[int]) -> list[Draw]:
        return [draw_line(self._parameters, Chance(seed)) for seed in seeds]

    def _world_seed(self, index: int, seed: int | None) -> int:
        """Return a line's seed; its generator goes on as that of a single environment does."""
        generator = self._generators[index]
        if seed is not None or generator is None:
            generator, _ = seeding.np_random(seed)
            self._generators[index] = generator
        return seed if seed is not None else int(generator.integers(2**31))

    def _seeds(self, seed: int | Sequence[int | None] | None) -> Sequence[int | None]:
        if seed is None:
            return [None] * self.num_envs
        if isinstance(seed, (int, np.integer)):
            return range(int(seed), seed + self.num_envs)
        if len(seed) != self.num_envs:
            raise ValueError(f"{self.num_envs} lines need as many seeds, got {len(seed)}")
        return seed

    def _orders(self, actions: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        array = np.asarray(actions)
        if array.shape != (self.num_envs, len(STAGES)) or array.dtype.kind not in "iu":
            raise ValueError(
                f"actions are whole numbers of shape {(self.num_envs, len(STAGES))}, "
                f"got {array.dtype} of shape {array.shape}"
            )
        if array.min() < 0 or array.max() > self._most_units:
            raise ValueError(
                f"an order is from 0 to {self._most_units} units; "
                f"got from {array.min()} to {array.max()}"
            )
        return array.T.astype(np.int64)

    def _for_all(self, **infos: NDArray[Any]) -> dict[str, Any]:
        masks = {f"_{name}": np.ones(self.num_envs, np.bool_) for name in infos}
        return {**infos, **masks}
