"""The supply line as a numeric environment: four orders in, figures out, a week a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import gymnasium
import numpy as np
from numpy.typing import NDArray

from tenure.envs.fitting import fitted
from tenure.envs.supply_line import figures, pages
from tenure.envs.supply_line.control_vector import SupplyLineControlVectorEnv
from tenure.envs.supply_line.figures import Figures
from tenure.envs.supply_line.parameters import SupplyLineParameters
from tenure.envs.supply_line.play import LinePlay
from tenure.envs.supply_line.terms import STAGES
from tenure.envs.supply_line.world import MOST_UNITS
from tenure.errors import EpisodeOver

__all__ = ["SupplyLineControlEnv", "SupplyLineControlVectorEnv"]


class SupplyLineControlEnv(gymnasium.Env[Figures, NDArray[np.integer[Any]]]):
    """The supply line for agents that think in numbers.

    ## Description

    The rules and the draws of `tenure/SupplyLine-v1`: with equal parameters and seed, equal orders
    meet equal demand and cost the same, week by week. Without tools, texts and mails: what a
    mail would announce for later, such as a new cost sheet, happens unannounced.

    ## Actions

    `MultiDiscrete([most_units + 1] * 4)`: this week's orders in units, retailer first; the
    factory's is what it produces. An order of 0 is no order.

    ## Observations

    `Box` of 47 whole numbers (int32, each exact in float32), as a Monday finds the line after what
    arrived. Four numbers are by stage, retailer first.

    | index | figure             | unit   | low | high      |
    |-------|--------------------|--------|-----|-----------|
    | 0     | week, those over   | weeks  | 0   | 104       |
    | 1     | horizon_weeks      | weeks  | 4   | 104       |
    | 2     | mood: 0 quiet, 1 busy, -1 not told | | -1 | 1 |
    | 3     | lowest_mean_units, of the regimes  | units a week | 1 | 40 |
    | 4     | highest_mean_units | units a week | 1 | 40    |
    | 5     | backorder_cents    | cents a unit and week | 0 | 2**24 |
    | 6-9   | holding_cents      | cents a unit and week | 0 | 2**24 |
    | 10-13 | lead_weeks         | weeks  | 1   | 4         |
    | 14-17 | closed: 1 if nothing can leave for the stage this week | | 0 | 1 |
    | 18    | last_demand_units  | units  | 0   | 9999      |
    | 19-22 | on_hand_units      | units  | 0   | 2,000,000 |
    | 23-26 | owed_units, to the stage below or to customers | units | 0 | 2,000,000 |
    | 27-30 | last_order_units   | units  | 0   | 9999      |
    | 31-46 | inbound_units: four a stage, the first arrives next week | units | 0 | 2,000,000 |

    ## Reward

    Minus the week's cost of the whole line, in cents. An episode's rewards sum to the world's
    score, to the cent.

    ## Start

    Week 0 with the goods that the seed drew.

    ## End

    Terminated after `horizon_weeks`. Never truncated by itself.

    ## Info

    After `reset`: `seed`, of the world. After `step`: `cost_cents`, the week's cost by stage. With
    `assess`, at the end also `result_cents`, `luck_cents`, `above_optimum_permille` (the world's
    figures of those names) and `loss_cents`: by week and stage what the decision added to the
    expected cost.

    ## Arguments

    `parameters`: see `SupplyLineParameters`; those left out have their defaults. `render_mode`:
    `"ansi"` or `None`. `most_units`: the largest order; a learner wants fewer choices than 10,000
    (99 is ample for the default parameters). `assess`: whether to tell luck from work at the end,
    which takes a tenth of a second with default terms.

    ## Version history

    * v1: first version.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi"], "render_fps": 1}  # type: ignore[misc]  # Gymnasium has it per instance

    def __init__(
        self,
        parameters: Mapping[str, Any] | None = None,
        render_mode: str | None = None,
        *,
        most_units: int = MOST_UNITS,
        assess: bool = False,
    ) -> None:
        self.render_mode = render_mode
        self._parameters = fitted(SupplyLineParameters, parameters or {})
        self._most_units = figures.checked_most_units(most_units)
        self._assess = assess
        self.action_space = gymnasium.spaces.MultiDiscrete([most_units + 1] * len(STAGES))
        self.observation_space = figures.space(figures.LINE)
        self._play: LinePlay | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Figures, dict[str, Any]]:
        """Draw a new line; without a seed, one drawn from the previous episode's generator.

        `options` is accepted for Gymnasium's sake and means nothing.
        """
        super().reset(seed=seed, options=options)
        world_seed = seed if seed is not None else int(self.np_random.integers(2**31))
        self._play = LinePlay(self._parameters, world_seed)
        return figures.line_figures(self._play), {"seed": world_seed}

    def step(
        self, action: NDArray[np.integer[Any]]
    ) -> tuple[Figures, float, bool, bool, dict[str, Any]]:
        """Send the orders up and let the week pass.

        Raises:
            EpisodeOver: If the episode has ended or has not begun.
            ValueError: If the action is not four whole numbers in range.
        """
        play = self._play
        if play is None or play.over:
            raise EpisodeOver("There is no week to play; reset the environment first.")
        costs = play.play_week(self._orders(action))
        info: dict[str, Any] = {"cost_cents": np.array(costs, np.int64)}
        if self._assess and play.over:
            info |= play.assessment()
        return figures.line_figures(play), float(-sum(costs)), play.over, False, info

    def render(self) -> str | None:
        """Return a table of the line in mode `ansi`, else `None`."""
        if self.render_mode != "ansi" or self._play is None:
            return None
        return pages.line_page(self._play.state(), "")

    def _orders(self, action: NDArray[np.integer[Any]] | Sequence[int]) -> list[int]:
        array = np.asarray(action)
        if array.shape != (len(STAGES),) or array.dtype.kind not in "iu":
            raise ValueError(f"an action is four whole numbers, retailer first; got {action!r}")
        orders: list[int] = array.tolist()
        if min(orders) < 0 or max(orders) > self._most_units:
            raise ValueError(f"an order is from 0 to {self._most_units} units; got {orders}")
        return orders
