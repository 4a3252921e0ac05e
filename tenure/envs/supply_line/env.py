"""The supply line job as a Gymnasium environment."""

from __future__ import annotations

from typing import ClassVar

from tenure.envs.face import ToolEnv
from tenure.envs.supply_line.world import SupplyLineWorld


class SupplyLineEnv(ToolEnv):
    """The supply line behind Gymnasium's interface.

    ## Description

    Order week by week for four stages in a line (retailer, wholesaler, distributor, factory), where
    goods take weeks and customers wait if they must. The least expected cost is known exactly. Lead
    times, mean demand, first stock, and whatever comes by mail are redrawn per seed.

    ## Actions

    JSON texts `{"name": ..., "arguments": {...}}` that call one of the world's tools; see
    `action_space.toolbox`. Any other text is a failed step that costs five simulated minutes.

    ## Observations

    A dict of `text` (what a model reads, at most 1,000,000 characters) and `figures` (int64):

    | index | figure                  | unit  | low    | high  |
    |-------|-------------------------|-------|--------|-------|
    | 0     | result_cents            | cents | -2**53 | 0     |
    | 1     | week                    | weeks | 0      | 105   |
    | 2     | customers_waiting_units | units | 0      | 2**53 |
    | 3     | stock_units             | units | 0      | 2**53 |
    | 4     | on_the_way_units        | units | 0      | 2**53 |
    | 5     | unread_mails            | mails | 0      | 2**53 |

    ## Reward

    Minus the costs of the weeks that a step ended, in cents. An episode's rewards sum to minus all
    costs.

    ## Start

    Monday 08:00 of week 1, with drawn stock at each stage and drawn goods on their way.

    ## End

    Terminated after `horizon_weeks` weeks. Never truncated by itself.

    ## Arguments

    `parameters`: see `SupplyLineParameters`; those left out have their defaults (52 weeks, one
    mood of customers, nothing by mail). `render_mode`: `"ansi"` or `None`.

    ## Version history

    * v1: first version.
    """

    World: ClassVar[type[SupplyLineWorld]] = SupplyLineWorld
