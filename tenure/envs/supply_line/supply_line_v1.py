"""The supply line for four agents, one a stage: PettingZoo environments `supply_line_v1`.

from tenure.envs.supply_line import supply_line_v1
env = supply_line_v1.parallel_env(talk=True)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, get_args

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from pettingzoo import AECEnv, ParallelEnv  # type: ignore[import-untyped]
from pettingzoo.utils import wrappers  # type: ignore[import-untyped]
from pettingzoo.utils.conversions import parallel_to_aec  # type: ignore[import-untyped]

from tenure.envs.chance import Chance
from tenure.envs.fitting import fitted
from tenure.envs.spaces import TextSpace
from tenure.envs.supply_line import figures, pages
from tenure.envs.supply_line.figures import Figures
from tenure.envs.supply_line.notices import Mail, write_mails
from tenure.envs.supply_line.parameters import SupplyLineParameters
from tenure.envs.supply_line.play import LinePlay
from tenure.envs.supply_line.seats import Reader, Sharing, Sight, seat_figures, seat_of
from tenure.envs.supply_line.terms import STAGES
from tenure.envs.supply_line.world import MOST_UNITS
from tenure.errors import EpisodeOver

MOST_MESSAGE_CHARS = 280
_MOST_TEXT_CHARS = 10_000

Observation = dict[str, Any]
Infos = dict[str, dict[str, Any]]


def parallel_env(*args: Any, **kwargs: Any) -> SupplyLineStages:
    """Return the environment in which all stages act at once; see `SupplyLineStages`."""
    return SupplyLineStages(*args, **kwargs)


def env(*args: Any, **kwargs: Any) -> AECEnv[str, Observation, Any]:
    """Return the environment in which stages act in turn, with the arguments of `parallel_env`.

    The week passes after the factory's turn; until then nobody sees what the others did.
    """
    return wrappers.OrderEnforcingWrapper(parallel_to_aec(parallel_env(*args, **kwargs)))


class SupplyLineStages(ParallelEnv[str, Observation, Any]):  # type: ignore[misc]  # PettingZoo is untyped
    """The supply line with an agent at each stage.

    ## Description

    The rules and the draws of `tenure/SupplyLine-v1`. A step is a week. All stages order at once
    on a Monday, before they know each other's orders of the week, and the orders go up without
    delay. So a stage learns on the next Monday what was ordered from it.

    What a stage must know to act as well as one who orders for all: under base-stock levels a
    stage's order depends on what it has, on what is on its way, and on the orders below it of the
    same week. With `sees="echelon"` it is told its echelon position, which holds all of that in
    one number, and what the stage above can ship. Four agents that each order up to the levels
    of Clark and Scarf (1960), as far as the stage above can ship, then reach exactly the optimum
    of the whole line, so what they lose beyond it is lost to coordination. With `sees="own"`, the
    classic beer game, a stage hears of an order a week late; that is as if its lead time were
    longer, and the optimum is a bound that cannot be reached.

    Mails, an impostor's among them, go to every stage, whole, on the Monday they come.

    Agents: `retailer`, `wholesaler`, `distributor`, `factory`.

    ## Actions

    `Discrete(most_units + 1)`: this week's order in units. With `talk`, a `Dict` of that `order`
    and a `message` of at most 280 characters, which all others read next week.

    ## Observations

    A `Dict` of `text`, what a model at that stage reads, and `figures` (int32, exact in float32):

    | index | figure             | unit   | low | high      |
    |-------|--------------------|--------|-----|-----------|
    | 0     | week, those over   | weeks  | 0   | 104       |
    | 1     | horizon_weeks      | weeks  | 4   | 104       |
    | 2     | mood: 0 quiet, 1 busy, -1 not told | | -1 | 1 |
    | 3     | lowest_mean_units, of the regimes  | units a week | 1 | 40 |
    | 4     | highest_mean_units | units a week | 1 | 40    |
    | 5     | backorder_cents    | cents a unit and week | 0 | 2**24 |
    | 6-9   | holding_cents, of all stages | cents a unit and week | 0 | 2**24 |
    | 10-13 | lead_weeks, of all stages | weeks | 1 | 4     |
    | 14-17 | closed: 1 if nothing can leave for the stage this week | | 0 | 1 |
    | 18    | on_hand_units      | units  | 0   | 2,000,000 |
    | 19    | owed_units, to the stage below or to customers | units | 0 | 2,000,000 |
    | 20    | due_units, owed by the stage above | units | 0 | 2,000,000 |
    | 21    | last_order_units   | units  | 0   | 9999      |
    | 22    | last_wanted_units, ordered from it last week | units | 0 | 9999 |
    | 23-26 | inbound_units, the first arrives next week | units | 0 | 2,000,000 |
    | 27    | echelon_position_units, if it sees that | units | -2,000,000 | 2,000,000 |
    | 28    | supplier_stock_units, if it sees that (9999 at the factory) | units | 0 | 2,000,000 |

    `state()` is the observation of `SupplyLineControlEnv`: the whole line.

    ## Reward

    In cents; those of the four stages always sum to minus the week's cost of the line.
    `reward="team"`, the default: a quarter of it each. `reward="own"`: each its own stage's.
    There backorders are charged to the retailer alone, so a stage above gains by not ordering, and
    what is best for each is not best for the line (Cachon and Zipkin 1999): a study of incentives,
    not of skill, which is why it is not the default.

    ## Start

    Week 0 with the goods that the seed drew.

    ## End

    All agents are terminated after `horizon_weeks`. Never truncated by itself.

    ## Info

    After `reset`: `seed`, of the world. After `step`: `cost_cents` of the stage. With `assess`, at
    the end also the line's `result_cents`, `luck_cents` and `above_optimum_permille`, and the
    stage's `loss_cents`: by week what its decision added to the line's expected cost.

    ## Arguments

    `talk`: whether stages talk. `parameters`: see `SupplyLineParameters`; those left out have
    their defaults. `render_mode`: `"ansi"` or `None`. `sees`, `reward`: as above. `most_units`: the
    largest order; learners want fewer choices. `assess`: whether to tell luck from work at the end.

    ## Version history

    * v1: first version.
    """

    metadata: ClassVar[dict[str, Any]] = {
        "name": "supply_line_v1",
        "render_modes": ["ansi"],
        "render_fps": 1,
        "is_parallelizable": True,
    }

    def __init__(
        self,
        talk: bool = False,  # noqa: FBT001, FBT002  PettingZoo's environments are called so
        parameters: Mapping[str, Any] | None = None,
        render_mode: str | None = None,
        *,
        sees: Sight = "echelon",
        reward: Sharing = "team",
        most_units: int = MOST_UNITS,
        assess: bool = False,
    ) -> None:
        _check_choice("sees", sees, get_args(Sight))
        _check_choice("reward", reward, get_args(Sharing))
        if render_mode is not None:
            _check_choice("render_mode", render_mode, self.metadata["render_modes"])
        self.render_mode = render_mode
        self.possible_agents = list(STAGES)
        self.agents: list[str] = []
        self._talk, self._sees, self._sharing, self._assess = talk, sees, reward, assess
        self._parameters = fitted(SupplyLineParameters, parameters or {})
        self._reader = Reader(self._parameters, sees, reward)
        most = figures.checked_most_units(most_units)
        blocks = figures.ECHELON if sees == "echelon" else figures.OWN
        self.observation_spaces = {name: _observation_space(blocks) for name in STAGES}
        self.action_spaces = {name: _action_space(most, talk=talk) for name in STAGES}
        self.state_space = figures.space(figures.LINE)
        self._generator: np.random.Generator | None = None
        self._play: LinePlay | None = None
        self._mails: tuple[Mail, ...] = ()

    def observation_space(self, agent: str) -> gymnasium.Space[Any]:
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> gymnasium.Space[Any]:
        return self.action_spaces[agent]

    def reset(
        self,
        seed: int | None = None,
        options: dict[str, Any] | None = None,  # noqa: ARG002  PettingZoo passes them
    ) -> tuple[dict[str, Observation], Infos]:
        """Draw a new line; without a seed, one drawn from the previous episode's generator.

        `options` is accepted for PettingZoo's sake and means nothing.
        """
        if seed is not None or self._generator is None:
            self._generator, _ = seeding.np_random(seed)
        world_seed = seed if seed is not None else int(self._generator.integers(2**31))
        self._play = LinePlay(self._parameters, world_seed)
        self._mails = write_mails(self._play.draw, Chance(world_seed))
        self.agents = list(STAGES)
        return self._observe(self._play, {}), {name: {"seed": world_seed} for name in STAGES}

    def step(
        self, actions: dict[str, Any]
    ) -> tuple[dict[str, Observation], dict[str, float], dict[str, bool], dict[str, bool], Infos]:
        """Send the orders up and let the week pass.

        Raises:
            EpisodeOver: If the episode has ended or has not begun.
            ValueError: If a stage's action is missing or not in its space.
        """
        play = self._play
        if play is None or play.over:
            raise EpisodeOver("There is no week to play; reset the environment first.")
        chosen = [self._checked(name, actions) for name in STAGES]
        play.play_week([int(one["order"]) for one in chosen])
        said = {name: _one_line(one["message"]) for name, one in zip(STAGES, chosen, strict=True)}
        if play.over:
            self.agents = []
        over: dict[str, bool] = dict.fromkeys(STAGES, play.over)
        never: dict[str, bool] = dict.fromkeys(STAGES, False)
        return self._observe(play, said), self._rewards(play), over, never, self._infos(play)

    def state(self) -> Figures:
        """Return the figures of the whole line.

        Raises:
            EpisodeOver: Before the first `reset`.
        """
        if self._play is None:
            raise EpisodeOver("There is no line yet; reset the environment first.")
        return figures.line_figures(self._play)

    def render(self) -> str | None:
        """Return a table of the line in mode `ansi`, else `None`."""
        if self.render_mode != "ansi" or self._play is None:
            return None
        return pages.line_page(self._play.state(), "")

    def close(self) -> None:
        """Do nothing; there is nothing to close."""

    def _checked(self, name: str, actions: Mapping[str, Any]) -> Mapping[str, Any]:
        space = self.action_spaces[name]
        if name not in actions or not space.contains(actions[name]):
            raise ValueError(f"{name} needs an action in {space}, got {actions.get(name)!r}")
        return actions[name] if self._talk else {"order": actions[name], "message": ""}

    def _observe(self, play: LinePlay, said: Mapping[str, str]) -> dict[str, Observation]:
        seen = {}
        mails = [one for one in enumerate(self._mails, start=1) if one[1].week == play.week]
        for index, name in enumerate(STAGES):
            heard = {other: text for other, text in said.items() if text and other != name}
            seen[name] = {
                "text": self._reader.page(play, index, heard, mails),
                "figures": seat_figures(play, seat_of(play, index), self._sees),
            }
        return seen

    def _rewards(self, play: LinePlay) -> dict[str, float]:
        costs = play.cost_cents
        shares = costs if self._sharing == "own" else [sum(costs) / len(costs)] * len(costs)
        return {name: -float(share) for name, share in zip(STAGES, shares, strict=True)}

    def _infos(self, play: LinePlay) -> Infos:
        infos: Infos = {
            name: {"cost_cents": cents} for name, cents in zip(STAGES, play.cost_cents, strict=True)
        }
        if self._assess and play.over:
            found = play.assessment()
            for index, name in enumerate(STAGES):
                own = [week[index] for week in found["loss_cents"]]
                infos[name] |= {**found, "loss_cents": own}
        return infos


def _observation_space(blocks: tuple[figures.Block, ...]) -> gymnasium.Space[Any]:
    return gymnasium.spaces.Dict(
        {"text": TextSpace(_MOST_TEXT_CHARS), "figures": figures.space(blocks)}
    )


def _action_space(most_units: int, *, talk: bool) -> gymnasium.Space[Any]:
    order = gymnasium.spaces.Discrete(most_units + 1)
    if not talk:
        return order
    return gymnasium.spaces.Dict({"order": order, "message": TextSpace(MOST_MESSAGE_CHARS)})


def _one_line(message: str) -> str:
    """Return a message without line breaks or quotation marks, so that it cannot pass for more."""
    return " ".join(message.replace('"', "'").split())


def _check_choice(name: str, value: str, choices: Collection[str]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; got {value!r}")
