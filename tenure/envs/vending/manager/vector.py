"""Many machines at once in NumPy: the manager's numeric environment, vectorised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from tenure.envs.vending.manager import figures
from tenure.envs.vending.manager.days import Flags, ManagerDays, Small, Whole
from tenure.envs.vending.manager.draw import draw_terms
from tenure.envs.vending.manager.figures import Seen
from tenure.envs.vending.manager.terms import ACTIONS, LEVELS, parameters_of
from tenure.errors import EpisodeOver

Rewards = NDArray[np.float64]


class VendingManagerVectorEnv(VectorEnv[Seen, NDArray[np.integer[Any]], NDArray[Any]]):
    """`num_envs` worlds at once, each equal to a `VendingManagerEnv`, figure by figure.

    ## Description

    Worlds that end early begin anew by themselves, as `autoreset_mode` says. A new world is drawn
    in about the time in which a thousand of them play ten days.

    ## Actions, Observations, Reward, Start, End

    Those of `VendingManagerEnv`, with `num_envs` as the first axis.

    ## Info

    As Gymnasium's `SyncVectorEnv` gathers it: `seed` of worlds that begin, `bank_cents` of those
    that played a day, each with its mask; in mode `SAME_STEP` `final_obs` and `final_info`.

    ## Arguments

    `num_envs`: how many worlds, >= 1. `parameters` as in `VendingManagerEnv`. `autoreset_mode`:
    Gymnasium's `NEXT_STEP`, `SAME_STEP` or `DISABLED`.

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
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise TypeError(
                f"there is no {', '.join(unknown)} here; "
                "known: num_envs, parameters, autoreset_mode"
            )
        if num_envs < 1:
            raise ValueError(f"num_envs must be >= 1, got {num_envs}")
        self.num_envs = num_envs
        self._mode = AutoresetMode(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self._mode}  # type: ignore[misc]  # as above
        self._parameters = parameters_of(parameters)
        self.single_action_space = gymnasium.spaces.MultiDiscrete([LEVELS] * ACTIONS)
        self.single_observation_space = figures.space()
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self._generators: list[np.random.Generator | None] = [None] * num_envs
        self._days: ManagerDays | None = None

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Seen, dict[str, Any]]:
        """Draw new worlds.

        Args:
            seed: One for each world; or the first one's, the next ones following; or `None`, to
                draw each from its previous one.
            options: `reset_mask`, of bool and shape (num_envs,), lets some worlds alone begin.

        Raises:
            ValueError: If the number of seeds or the mask's shape is wrong.
        """
        mask = np.asarray((options or {}).get("reset_mask", np.ones(self.num_envs, np.bool_)))
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_ or not mask.any():
            raise ValueError(
                f"a reset_mask is of bool and shape {(self.num_envs,)} and names a world or more"
            )
        if self._days is None:
            self._days = ManagerDays(self._parameters, self.num_envs)
        seeds = self._seeds(seed)
        info = self._begin(self._days, np.flatnonzero(mask), seeds)
        return self._days.seen(), info

    def step(
        self, actions: NDArray[np.integer[Any]]
    ) -> tuple[Seen, Rewards, Flags, Flags, dict[str, Any]]:
        """Let a day pass in all worlds, and those begin anew whose turn it is.

        Raises:
            EpisodeOver: Before the first `reset`, or in mode `DISABLED` if a world is over.
            ValueError: If the actions are not sixteen levels in range for each world.
        """
        days = self._days
        if days is None:
            raise EpisodeOver("There is no day to play; reset the environment first.")
        was_over = days.over.copy()
        if self._mode is AutoresetMode.DISABLED and was_over.any():
            raise EpisodeOver("Some worlds are over; reset them with options['reset_mask'].")
        change_cents = days.play_day(self._levels(actions))
        days.over &= ~was_over
        over = days.over.copy()
        rewards = np.where(was_over, 0, change_cents) / 100
        info = self._info_of(~was_over, bank_cents=days.bank_cents)
        if self._mode is AutoresetMode.SAME_STEP and over.any():
            info = self._final(days, over)
            info |= self._begin(days, np.flatnonzero(over), [None] * self.num_envs)
        elif was_over.any():
            info |= self._begin(days, np.flatnonzero(was_over), [None] * self.num_envs)
        return days.seen(), rewards, over, np.zeros(self.num_envs, np.bool_), info

    def _final(self, days: ManagerDays, over: Flags) -> dict[str, Any]:
        """Return the info of a step at whose end some worlds are over and begin anew."""
        seen, final = days.seen(), np.full(self.num_envs, None, object)
        for place in np.flatnonzero(over):
            final[place] = seen[place].copy()
        return {
            **self._info_of(~over, bank_cents=days.bank_cents),
            "final_obs": final,
            "_final_obs": over.copy(),
            "final_info": self._info_of(over, bank_cents=days.bank_cents),
            "_final_info": over.copy(),
        }

    def _begin(
        self, days: ManagerDays, which: Whole, seeds: Sequence[int | None]
    ) -> dict[str, Any]:
        """Draw some worlds; return their seeds."""
        drawn = np.zeros(self.num_envs, np.int64)
        drawn[which] = [self._world_seed(place, seeds[place]) for place in which.tolist()]
        terms = [draw_terms(self._parameters, int(drawn[place])) for place in which]
        days.begin(which.tolist(), terms)
        mask = np.zeros(self.num_envs, np.bool_)
        mask[which] = True
        return self._info_of(mask, seed=drawn)

    def _info_of(self, mask: Flags, **figures: Whole) -> dict[str, Any]:
        """Return figures of some worlds and 0 for the others, as Gymnasium has them."""
        if not mask.any():
            return {}
        info: dict[str, Any] = {}
        for name, values in figures.items():
            info |= {name: np.where(mask, values, 0), f"_{name}": mask.copy()}
        return info

    def _world_seed(self, index: int, seed: int | None) -> int:
        """Return a world's seed; its generator goes on as that of a single environment does."""
        generator = self._generators[index]
        if seed is not None or generator is None:
            generator, _ = seeding.np_random(seed)
            self._generators[index] = generator
        return seed if seed is not None else int(generator.integers(2**31))

    def _seeds(self, seed: int | Sequence[int | None] | None) -> Sequence[int | None]:
        if seed is None:
            return [None] * self.num_envs
        if isinstance(seed, (int, np.integer)):
            return range(int(seed), int(seed) + self.num_envs)
        if len(seed) != self.num_envs:
            raise ValueError(f"{self.num_envs} worlds need as many seeds, got {len(seed)}")
        return seed

    def _levels(self, actions: NDArray[np.integer[Any]]) -> Small:
        array = np.asarray(actions)
        if array.shape != (self.num_envs, ACTIONS) or array.dtype.kind not in "iu":
            raise ValueError(
                f"actions are whole numbers of shape {(self.num_envs, ACTIONS)}, "
                f"got {array.dtype} of shape {array.shape}"
            )
        if array.min() < 0 or array.max() >= LEVELS:
            raise ValueError(
                f"a level is from 0 to {LEVELS - 1}; got from {array.min()} to {array.max()}"
            )
        return np.ascontiguousarray(array.T, np.int32)
