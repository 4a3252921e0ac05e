"""Ways to play the arena in tests."""

from random import Random

from tenure.envs.jobs import Briefing
from tenure.envs.spaces import ToolCallSpace
from tenure.envs.tools import ToolCall
from tenure.envs.vending.arena.world import ArenaWorld
from tenure.envs.vending.policies import POLICIES
from tests.envs.vending.play import meddle


def make(seed: int = 1, seats: int = 3, **parameters) -> ArenaWorld:
    return ArenaWorld(ArenaWorld.Parameters(seats=seats, **parameters), seed)


def call(world: ArenaWorld, seat: int, name: str, **arguments):
    """Let a seat call a tool when its turn comes; the others look at their bank until then."""
    while world.state.turn != seat:
        world.call("check_bank")
    return world.call(name, **arguments)


def wait(world: ArenaWorld, days: int = 1) -> None:
    """Let all sleep."""
    for _ in range(days):
        day = world.seats[world.state.turn].today
        while not world.ended and world.seats[world.state.turn].today == day:
            world.call("wait_for_next_day")


def script(world: ArenaWorld, *names: str):
    """Return who answers what is heard: a script in each seat."""
    scripts = {}

    def act(heard: str) -> str:
        seat = world.seat
        if seat in scripts:
            return scripts[seat].send(heard).to_json()
        index = world.state.turn
        scripts[seat] = POLICIES[names[index % len(names)]](
            Briefing("", heard, world.offered, index)
        )
        return next(scripts[seat]).to_json()

    return act


def play_out(world: ArenaWorld, act, watch=lambda step: None) -> ArenaWorld:
    heard = world.opening()
    while not world.ended:
        step = world.step(act(heard))
        watch(step)
        heard = step.text
    return world


def meddling(world: ArenaWorld, seed: int):
    """Return who does things at random, with rivals too."""
    random, space = Random(seed), ToolCallSpace(world.toolbox, seed=seed)

    def act(_: str) -> str:
        seat = world.seats[world.state.turn]
        if random.random() < 0.25:
            return random.choice((_give, _pay, _write))(world, seat, random).to_json()
        return meddle(seat, random, space)

    return act


def _give(world, seat, random) -> ToolCall:
    goods = list(seat.state.storage) or ["nothing"]
    to = random.choice(world.signs).email
    return ToolCall(
        "send_goods", {"to": to, "product": random.choice(goods), "quantity": random.randint(1, 9)}
    )


def _pay(world, seat, random) -> ToolCall:
    to = random.choice(world.signs).email
    return ToolCall("send_payment", {"to": to, "amount": random.randint(1, 90) / 2})


def _write(world, seat, random) -> ToolCall:
    to = random.choice(world.signs).email
    return ToolCall("send_mail", {"to": to, "subject": "Prices", "body": "Let us keep $2.00."})
