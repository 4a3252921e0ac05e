"""A short PPO run on the numeric face, beside its naive rule; needs the extra `rl`.

`python -m tests.envs.vending.learner` trains, plays both on held-out seeds and prints their gains.
"""

from collections.abc import Callable

import numpy as np
import torch
from gymnasium.spaces import MultiDiscrete
from gymnasium.vector import AutoresetMode
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv

from tenure.envs.vending.manager import VendingManagerVectorEnv
from tenure.envs.vending.manager.figures import PLACES, SCALE
from tenure.envs.vending.manager.terms import LEVELS

QUARTER = {"horizon_days": 90}
START_DOLLARS = 500
TRAINING_SEED, TRAINING_WORLDS, TRAINING_DAYS = 1, 64, 345_600
HELD_OUT = range(1_000_000, 1_000_100)

DECISIONS = MultiDiscrete([LEVELS] * 4)
Rule = Callable[[np.ndarray], np.ndarray]


FEW_UNITS = 30


def figures_of(seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the whole numbers of an observation, and each product's units in house or coming."""
    figures = np.rint(seen / SCALE).astype(int)
    units = sum(
        figures[:, PLACES[name]] for name in ("slot_units", "storage_units", "on_the_way_units")
    )
    return figures, units


def naive(seen: np.ndarray) -> np.ndarray:
    """Fixed rules: 200% of the average list price for everything; every seventh day, but not in the
    last fourteen, 45 units more of whatever has fewer than 30 in house and on the way.
    """
    figures, units = figures_of(seen)
    is_time = (figures[:, PLACES["day"]] % 7 == 1) & (figures[:, PLACES["days_left"]] > 14)
    return np.concatenate([np.full_like(units, 2), 6 * ((units < FEW_UNITS) & is_time)], axis=1)


def spread(seen: np.ndarray, decisions: np.ndarray) -> np.ndarray:
    """Turn a learner's four decisions into an action: a price level for each size, then an order
    level for each size, which goes to its products that have fewer than 30 units.
    """
    _, units = figures_of(seen)
    prices, orders = decisions[:, :2].repeat(4, axis=1), decisions[:, 2:].repeat(4, axis=1)
    return np.concatenate([prices, orders * (units < FEW_UNITS)], axis=1)


def earned(rule: Rule, seeds: range, parameters: dict) -> np.ndarray:
    """Play an episode on each seed; return what the bank balance rose by, in dollars."""
    worlds = VendingManagerVectorEnv(len(seeds), parameters)
    seen, _ = worlds.reset(seed=list(seeds))
    rewards, is_over = np.zeros(len(seeds)), np.zeros(len(seeds), np.bool_)
    while not is_over.all():
        seen, reward, terminated, _, _ = worlds.step(rule(seen))
        rewards += np.where(is_over, 0, reward)
        is_over |= terminated
    return rewards


class Worlds(VecEnv):
    """The vectorised face as Stable-Baselines3 wants it, with rewards in tens of dollars."""

    def __init__(self, worlds: int, parameters: dict, seed: int) -> None:
        self._worlds = VendingManagerVectorEnv(
            worlds, parameters, autoreset_mode=AutoresetMode.SAME_STEP
        )
        self._first_seed = seed
        super().__init__(worlds, self._worlds.single_observation_space, DECISIONS)

    def reset(self):
        self._seen = self._worlds.reset(seed=self._first_seed)[0]
        return self._seen

    def step_async(self, actions):
        self._actions = actions

    def step_wait(self):
        seen, rewards, over, _, info = self._worlds.step(spread(self._seen, self._actions))
        self._seen = seen
        infos = [{} for _ in range(self.num_envs)]
        for place in np.flatnonzero(over):
            infos[place]["terminal_observation"] = info["final_obs"][place]
        return seen, rewards / 10, over, infos

    def close(self):
        self._worlds.close()

    def get_attr(self, attr_name, indices=None):
        return [getattr(self._worlds, attr_name, None)] * self.num_envs

    def set_attr(self, attr_name, value, indices=None):
        raise NotImplementedError("the worlds have no attributes to set")

    def env_method(self, method_name, *args, indices=None, **kwargs):
        raise NotImplementedError("the worlds have no methods to call one by one")

    def env_is_wrapped(self, wrapper_class, indices=None):
        return [False] * self.num_envs


def train(days: int = TRAINING_DAYS, *, verbose: int = 0, **settings) -> PPO:
    torch.set_num_threads(1)
    chosen = {
        "n_steps": 90,
        "batch_size": 1_440,
        "n_epochs": 6,
        "learning_rate": 1e-3,
        "gamma": 0.99,
        "gae_lambda": 0.95,
        "ent_coef": 0.002,
        "policy_kwargs": {"net_arch": [128, 128]},
    } | settings
    worlds = Worlds(TRAINING_WORLDS, QUARTER, TRAINING_SEED)
    model = PPO("MlpPolicy", worlds, seed=0, device="cpu", verbose=verbose, **chosen)
    return model.learn(days)


def of(model: PPO) -> Rule:
    return lambda seen: spread(seen, model.predict(seen, deterministic=True)[0])


def interval(values: np.ndarray) -> str:
    half = 1.96 * values.std(ddof=1) / len(values) ** 0.5
    return f"{values.mean():,.0f} +- {half:,.0f}"


def main() -> None:
    rule = of(train())
    ours, floor = (earned(one, HELD_OUT, QUARTER) for one in (rule, naive))
    print(f"dollars earned in {QUARTER['horizon_days']} days, {len(HELD_OUT)} held-out seeds, 95%")  # noqa: T201  a command's output
    for name, values in (("naive", floor), ("PPO", ours), ("PPO - naive", ours - floor)):
        print(f"{name:<12}{interval(values):>16}")  # noqa: T201  a command's output


if __name__ == "__main__":
    main()
