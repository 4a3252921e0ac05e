"""Find tools that refuse a call after they have changed something."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from tenure.envs.tools import Refusal, Tool, Toolbox
from tenure.envs.world import World
from tenure.errors import ContractError


def watched(world: World[Any]) -> World[Any]:
    """Return the same world, with tools that raise `ContractError` if they change it and refuse."""
    tools = world.toolbox.tools.values()
    spied = {tool.name: Tool(_watching(tool), tool.minutes, writes=tool.writes) for tool in tools}
    world.toolbox = Toolbox(spied)  # type: ignore[misc]  # this world's alone
    return world


def _watching(tool: Tool) -> Callable[..., str]:
    @wraps(tool.method)
    def method(world: World[Any], **arguments: Any) -> str:
        before = _digest(world)
        try:
            return tool.method(world, **arguments)
        except Refusal as refusal:
            if _digest(world) != before:
                raise ContractError(
                    f"{tool.name} changed the state and then refused ({str(refusal)[:80]!r}); "
                    "raise Refusal before anything is changed."
                ) from None
            raise

    return method


def _digest(world: World[Any]) -> str:
    try:
        return world.digest()
    except ContractError:  # a state that cannot be hashed: the check of snapshots says why
        return ""
