"""The vending job as numbers: prices and orders in, figures out, a day a step."""

from tenure.envs.vending.manager.env import VendingManagerEnv
from tenure.envs.vending.manager.vector import VendingManagerVectorEnv

__all__ = ["VendingManagerEnv", "VendingManagerVectorEnv"]
