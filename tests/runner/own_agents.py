"""Agents such as a user writes, for the lemonade stand."""

import asyncio
import threading

from tenure.agents import Turn
from tenure.envs.tools import ToolCall
from tenure.errors import ProviderError

SLEEP = {"name": "close_for_today", "arguments": {}}
together = threading.Barrier(2, timeout=30)
went_home = []


def sleeper(observation):
    return SLEEP


async def dozer(observation):
    return '{"name": "close_for_today", "arguments": {}}'


def reporter(observation):
    return {"name": "finish", "arguments": {"report": "I looked."}}


class Seller:
    """Makes two pitchers each morning; remembers whether it has."""

    made = False

    def act(self, observation):
        self.made = not self.made
        return ToolCall("make_pitchers", {"count": 2}) if self.made else SLEEP


class Steady(Seller):
    def begin(self, briefing):
        self.tools = list(briefing.toolbox.tools)

    def recall(self, observation, action):
        self.made = "make_pitchers" in action

    def close(self):
        went_home.append(self.tools)


class Modelled:
    """Has a loop with a model of its own, and rebuilds its conversation from what was recorded."""

    def __init__(self, seed):
        self.said = [seed]

    async def act(self, observation):
        self.said.append(f"thought {len(self.said)}")
        return Turn(
            {"name": "close_for_today"},
            {
                "message": self.said[-1],
                "usage": {"input_tokens": 100, "output_tokens": len(self.said)},
                "cost_usd": 0.25,
            },
        )

    def recall(self, observation, action, exchange):
        self.said.append(exchange["message"])

    async def close(self):
        went_home.append(self.said)


class Companion(Seller):
    """Remembers only when another episode remembers at the same time."""

    def recall(self, observation, action):
        together.wait()
        self.made = "make_pitchers" in action


class Thoughtful(Seller):
    """Needs the loop to remember."""

    async def recall(self, observation, action):
        await asyncio.sleep(0)
        self.made = "make_pitchers" in action


class Forgetful(Seller):
    def recall(self, observation, action):
        threading.Event().wait()

    def close(self):
        went_home.append("nobody hears this")


def in_step(observation):
    """Goes on only when another episode acts at the same time."""
    together.wait()
    return SLEEP


def broken(observation):
    return {"name": observation.nme}


def exhausted(observation):
    return next(iter(()))


def mute(observation):
    return None


def lavish(observation):
    return Turn("x", {"usage": {"input_tokens": 1}})


def unlucky(observation):
    raise ProviderError("The weather service is down.")


def hung(observation):
    threading.Event().wait()


class NoActor:
    pass


ANSWER = 42
