"""The bookings desk as a Gymnasium environment."""

from __future__ import annotations

from typing import ClassVar

from tenure.envs.bookings.world import BookingsWorld
from tenure.envs.face import ToolEnv


class BookingsEnv(ToolEnv):
    """The bookings desk behind Gymnasium's interface.

    ## Description

    Every evening, forecast tomorrow's bookings: seven quantiles of a Poisson count whose hidden
    level is drawn anew now and then. The law is told; what an exact Bayes filter makes of the
    counts so far is the optimum, known for every seed.

    ## Actions

    JSON texts `{"name": ..., "arguments": {...}}` that call one of the world's tools; see
    `action_space.toolbox`. Any other text is a failed step that costs five simulated minutes.

    ## Observations

    A dict of `text` (what a model reads, at most 1,000,000 characters) and `figures` (int64):

    | index | figure      | unit           | low    | high |
    |-------|-------------|----------------|--------|------|
    | 0     | millipoints | 1/1000 booking | -2**53 | 0    |
    | 1     | day         | days           | 0      | 365  |
    | 2     | answers     | evenings       | 0      | 365  |

    ## Reward

    Minus the loss of the evening, in thousandths of a booking: twice the mean pinball loss over
    the seven levels, or the price of not knowing.

    ## Start

    The evening of day 1, with `history_days` earlier counts on the table.

    ## End

    Terminated when the forecast of the last of `horizon_days` evenings is settled. Never truncated
    by itself.

    ## Arguments

    `parameters`: see `BookingsParameters`; those left out have their defaults (12 evenings, 4
    known counts, not knowing costs 6 bookings). `render_mode`: `"ansi"` or `None`.

    ## Version history

    * v1: first version.
    """

    World: ClassVar[type[BookingsWorld]] = BookingsWorld
