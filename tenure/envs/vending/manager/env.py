"""The vending job as a numeric environment: prices and orders in, figures out, a day a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import gymnasium
import numpy as np
from numpy.typing import NDArray

from tenure.envs.vending.manager import figures
from tenure.envs.vending.manager.draw import draw_terms
from tenure.envs.vending.manager.figures import Seen
from tenure.envs.vending.manager.play import ManagerPlay
from tenure.envs.vending.manager.terms import ACTIONS, LEVELS, parameters_of
from tenure.envs.vending.manager.vector import VendingManagerVectorEnv
from tenure.errors import EpisodeOver

__all__ = ["VendingManagerEnv", "VendingManagerVectorEnv"]


class VendingManagerEnv(gymnasium.Env[Seen, NDArray[np.integer[Any]]]):
    """A year with one vending machine, for agents that think in numbers.

    ## Description

    The world of `tenure/Vending-v1`: with equal parameters and seed the same catalogue, customers,
    weather, events, mishaps, wholesalers and ages of goods. The manager decides once a day on
    prices and orders of eight products; a clerk does the errands, under the rules of that world and
    at fixed times. A test plays the same decisions through the tools there: sales, stock and bank
    balance are equal every day, to the cent.

    What is traded follows from price lists alone, which the clerk asks of all houses on day 0
    (those who want a fee first send none). For each size (small, large): of each house, the four
    products that are cheapest against their average list price, those that keep two weeks first;
    taken is the house with most of these that keep two weeks, then the one whose four prices are
    lowest against the averages. Each product has a slot of its own: A1, A2, A3, B1, C1, C2, C3, D1.
    A house that closes is followed by the open one that carries most of the four, at most three
    times.

    What the clerk does on each day:

    | at          | errand |
    |-------------|--------|
    | 08:00       | bring the machine's cash to the bank |
    | 08:25       | call the technician if one of the eight slots is broken and the bank can pay |
    | 08:50       | pay this morning's invoices, small goods first; drop what the bank cannot pay |
    | 09:00       | from day 1: send the order of each size, if there is one to send |
    | 09:10-13:10 | every 30 minutes fill one slot from storage, then set its price |

    An order is sent if the last one of that size has come before today (or never will, or was
    dropped), and comes to the house's minimum by its price list. Products that the house does not
    carry, or of which three lots of different last days are in house, are left out; with four lots
    of one, nothing of that size is ordered. The clerk neither bargains nor complains.

    ## Actions

    `MultiDiscrete([8] * 16)`: price levels of the eight products, small ones first, then order
    levels. Prices are 140, 170, 200, 230, 260, 300, 340 or 400% of a product's average list price;
    orders 0, 4, 8, 12, 20, 30, 45 or 60 units.

    ## Observations

    `Box` of 112 float32, as the manager finds things at 08:00. Each is a whole number divided by
    what 1.0 stands for. Bounds are before the division; eight figures are by product, two by size.

    | index   | figure        | unit   | low | high | 1.0 is |
    |---------|---------------|--------|-----|------|--------|
    | 0-6     | weekday, Monday first: 1 for today's | | 0 | 1 | 1 |
    | 7       | month         | months | 0   | 12   | 12     |
    | 8-11    | sky: 1 for sunny, cloudy, rainy or stormy | | 0 | 1 | 1 |
    | 12      | celsius       | degrees | -50 | 50  | 40     |
    | 13      | event_today: 1 if it brings customers, -1 if it keeps them away | | -1 | 1 | 1 |
    | 14      | event_tomorrow, as expected | | -1 | 1 | 1      |
    | 15-22   | list_cents: today's house's, 0 if it has none | cents | 0 | 10,000 | 500 |
    | 23-24   | minimum_order_cents | cents | 0 | 100,000 | 10,000 |
    | 25      | day, those over | days | 0  | 3650 | 365    |
    | 26      | days_left     | days   | 0   | 3650 | 365    |
    | 27      | bank_cents    | cents  | 0   | 10,000,000 | 100,000 |
    | 28      | cash_cents, in the machine | cents | 0 | 10,000,000 | 100,000 |
    | 29      | unpaid_days   | days   | 0   | 3650 | 10     |
    | 30-31   | order_open: 1 if an order has not come | | 0 | 1 | 1 |
    | 32-39   | average_list_cents | cents | 0 | 10,000 | 500 |
    | 40-47   | keeps_days, at the least after delivery | days | 0 | 400 | 100 |
    | 48-55   | price_cents, last asked | cents | 0 | 9999 | 500 |
    | 56-63   | slot_units    | units  | 0   | 15   | 15     |
    | 64-71   | storage_units | units  | 0   | 1000 | 60     |
    | 72-79   | on_the_way_units, as ordered | units | 0 | 60 | 60 |
    | 80-87   | sold_units, on the last day | units | 0 | 15 | 15 |
    | 88-95   | pace_milliunits: slow mean of sales while on offer | | 0 | 15,000 | 5,000 |
    | 96-103  | lasts_days: until the first lot expires | days | 0 | 400 | 100 |
    | 104-111 | out_of_order  |        | 0   | 1    | 1      |

    Nothing of it is hidden from an agent of the text job. After the last day the first 25 are 0.

    ## Reward

    The change of the bank balance until next morning, in dollars.

    ## Start

    Day 0 with `start_balance_cents` in the bank and an empty machine; with `handover_units`, those
    goods of the previous owner that are among the eight are in storage.

    ## End

    Terminated after `horizon_days`, or when the daily fee could not be paid on `unpaid_days_limit`
    days in a row. Never truncated by itself.

    ## Info

    After `reset`: `seed`, of the world. After `step`: `bank_cents`.

    ## Arguments

    `parameters`: see `VendingParameters`; those left out have their defaults. `render_mode`:
    `None`.

    ## Version history

    * v1: first version.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}  # type: ignore[misc]  # Gymnasium has it per instance

    def __init__(
        self, parameters: Mapping[str, Any] | None = None, render_mode: str | None = None
    ) -> None:
        self.render_mode = render_mode
        self._parameters = parameters_of(parameters)
        self.action_space = gymnasium.spaces.MultiDiscrete([LEVELS] * ACTIONS)
        self.observation_space = figures.space()
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
