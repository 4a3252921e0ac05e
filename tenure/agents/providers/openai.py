"""What OpenAI's two dialects, Chat Completions and Responses, have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from tenure.agents.context import Message
from tenure.agents.protocols import Call, arguments_text, defined, tool_name
from tenure.agents.spec import AgentSpec
from tenure.envs.tools import Tool, Toolbox


class OpenAI(ABC):
    """How a key is sent, who speaks, and how tools are offered."""

    def headers(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"} if key else {}

    def system(self, text: str) -> Message:
        return {"role": "system", "content": text}

    def user(self, text: str) -> Message:
        return {"role": "user", "content": text}

    def offer(self, toolbox: Toolbox, *, parallel: bool) -> Mapping[str, Any]:
        return {
            "tools": defined(self._definition, toolbox),
            "tool_choice": "auto",
            "parallel_tool_calls": parallel,
        }

    def forbid(self, offer: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**offer, "tool_choice": "none"}

    @staticmethod
    @abstractmethod
    def _definition(tool: Tool) -> dict[str, Any]:
        """Return a tool as the request defines it."""


def cache_key_of(spec: AgentSpec, cache_key: str) -> str | None:
    """Return what tells the provider which requests begin alike, where it is known."""
    return cache_key if "prompt_cache_key" in spec.quirks and cache_key else None


def call_in(function: Mapping[str, Any]) -> Call:
    """Return the call that a model made, whatever it put into it."""
    return Call(function.get("name"), function.get("arguments"))


def mended(function: Mapping[str, Any]) -> dict[str, str]:
    """Return those parts of a call, whatever a model put into them, as endpoints take them back."""
    return {
        "name": tool_name(function.get("name")),
        "arguments": arguments_text(function.get("arguments")),
    }
