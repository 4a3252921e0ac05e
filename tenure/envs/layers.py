"""Layers over a job's world: subclasses made on demand, each with tools and state of its own.

A layer is a mixin, `class Remembering(Layer)`, that `grown` puts over a world. Layers may lie over
each other. A world without layers is the job's own, with the digest that it always had.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, fields, make_dataclass
from functools import cache
from typing import Any, cast

from pydantic import BaseModel

from tenure.envs.tools import Toolbox
from tenure.envs.world import World, WorldState
from tenure.errors import ContractError, UsageError, nearest


class Layer(World[Any]):
    """A world with more over it than its job wrote. Private names have two underscores."""

    def start(self) -> WorldState:
        """Draw the job's world, and make room in its state for what the layers keep."""
        state = super().start()  # type: ignore[safe-super]  # the job's
        parts = {part.name: getattr(state, part.name) for part in fields(state)}
        self.state = self.State(**parts)
        return cast("WorldState", self.state)


def grown(
    world: type[World[Any]],
    prefix: str,
    mixins: Sequence[type],
    room: tuple[str, type],
    **members: object,
) -> type[World[Any]]:
    """Put a layer over a world.

    Args:
        world: The world below.
        prefix: Begins the names of the new class and of its state.
        mixins: The layer.
        room: Name and type of what the state has in addition; the type needs no arguments.
        members: Further attributes of the new class.

    Raises:
        ContractError: If the world below has a tool of the same name as the layer.
    """
    own = {name for mixin in mixins for name in Toolbox.of(mixin).tools}
    for name in sorted(own & world.toolbox.tools.keys()):
        raise ContractError(f"{world.__name__} has a tool {name} already; the layer needs it.")
    name, kind = room
    state = make_dataclass(
        f"{prefix}{world.State.__name__}",
        [(name, kind, field(default_factory=kind))],
        bases=(world.State,),
        slots=True,
        namespace={"__module__": __name__, "__doc__": world.State.__doc__},
    )
    namespace = {"State": state, "__module__": __name__, "__doc__": world.__doc__, **members}
    return cast("type[World[Any]]", type(f"{prefix}{world.__name__}", (*mixins, world), namespace))


def lasting_days(parameters: BaseModel, layer: str) -> int:
    """Return how many days a job lasts.

    Args:
        parameters: The job's.
        layer: Who needs to know, for the complaint.

    Raises:
        UsageError: If they have neither `horizon_days` nor `horizon_weeks`.
    """
    days = getattr(parameters, "horizon_days", 7 * getattr(parameters, "horizon_weeks", 0))
    if not days:
        raise UsageError(
            f"{layer}: this job has no parameter horizon_days or horizon_weeks, which is needed."
        )
    return int(days)


@cache
def lacking(world: type[World[Any]], tools: tuple[str, ...]) -> type[World[Any]]:
    """Return a world without some of its tools; all else is as it was.

    Raises:
        UsageError: If it has no such tool.
    """
    for name in tools:
        if name not in world.toolbox.tools:
            raise UsageError(
                f"without_tools: the job has no tool {name!r}. {nearest(name, world.toolbox.tools)}"
            )
    hidden: dict[str, object] = dict.fromkeys(tools)
    namespace = {**hidden, "__module__": __name__, "__doc__": world.__doc__}
    return cast("type[World[Any]]", type(f"Lesser{world.__name__}", (world,), namespace))
