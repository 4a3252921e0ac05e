"""Memory tools: a layer that any job switches on in a scenario (`memory: [scratchpad, ...]`)."""

from tenure.envs.memory.layer import Kind, Memory, remembering

__all__ = ["Kind", "Memory", "remembering"]
