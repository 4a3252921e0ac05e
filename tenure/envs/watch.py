"""Find tools that change what they must not: those that only read, or that then refuse."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from tenure.envs.tools import Refusal, Tool, Toolbox
from tenure.envs.world import World
from tenure.errors import ContractError


def watched(world: World[Any]) -> World[Any]:
    """Return the same world, with tools that raise `ContractError` if they wrongly change it.

    A tool without minutes moves the clock itself, so what it only reads cannot be told.
    """
    tools = world.toolbox.tools.values()
    spied = {tool.name: Tool(_watching(tool), tool.minutes, writes=tool.writes) for tool in tools}
    world.toolbox = Toolbox(spied)  # type: ignore[misc]  # this world's alone
    return world


def _watching(tool: Tool) -> Callable[..., str]:
    @wraps(tool.method)
    def method(world: World[Any], **arguments: Any) -> str:
        before = digest_of(world)
        try:
            text = tool.method(world, **arguments)
        except Refusal as refusal:
            if digest_of(world) != before:
                raise ContractError(
                    f"{tool.name} changed the state and then refused ({str(refusal)[:80]!r}); "
                    "raise Refusal before anything is changed."
                ) from None
            raise
        if tool.minutes and not tool.writes and digest_of(world) != before:
            raise ContractError(
                f"{tool.name} only reads, yet it changed the state; "
                "mark it @tool(..., writes=True)."
            )
        return text

    return method


def digest_of(world: World[Any]) -> str:
    """Return a world's digest; empty if its state holds what cannot be hashed."""
    try:
        return world.digest()
    except ContractError:  # the check of snapshots says why
        return ""
