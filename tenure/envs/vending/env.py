"""The vending job as a Gymnasium environment."""

from __future__ import annotations

from typing import ClassVar

from tenure.envs.face import ToolEnv
from tenure.envs.vending.world import VendingWorld


class VendingEnv(ToolEnv):
    """The vending business behind Gymnasium's interface.

    ## Description

    Run one vending machine for a year: find wholesalers, order by mail, pay, stock twelve slots,
    set prices, collect cash, sell goods before they expire and have repaired what breaks. The job
    follows the published description of Vending-Bench 2; what is unpublished there is chosen here
    and written down in the job's README. Everything about the town (catalogue, customers, weather,
    events, mishaps, wholesalers) is redrawn per seed.

    ## Actions

    JSON texts `{"name": ..., "arguments": {...}}` that call one of the world's tools; see
    `action_space.toolbox`. Any other text is a failed step that costs five simulated minutes.

    ## Observations

    A dict of `text` (what a model reads, at most 1,000,000 characters) and `figures` (int64):

    | index | figure        | unit    | low | high  |
    |-------|---------------|---------|-----|-------|
    | 0     | bank_cents    | cents   | 0   | 2**53 |
    | 1     | day           | days    | 0   | 3650  |
    | 2     | minute_of_day | minutes | 0   | 1439  |
    | 3     | unread_mails  | mails   | 0   | 2**53 |
    | 4     | unpaid_days   | days    | 0   | 3650  |

    ## Reward

    The change of the bank balance, in cents, or of net worth with `score="net_worth"`. An
    episode's rewards sum to the final figure less the first one.

    ## Start

    Day 1, 08:00, with `start_balance_cents` in the bank, an empty machine, and storage that is
    empty or, with `handover_units`, has goods of a previous owner.

    ## End

    Terminated after the midnight of day `horizon_days`, or when the daily fee could not be paid
    on `unpaid_days_limit` days in a row. Never truncated by itself.

    ## Arguments

    `parameters`: see `VendingParameters`; those left out have their defaults (365 days, $500, a
    fee of $2 a day). `render_mode`: `"ansi"` or `None`.

    ## Version history

    * v1: first version.
    """

    World: ClassVar[type[VendingWorld]] = VendingWorld
