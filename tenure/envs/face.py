"""The Gymnasium face of a world: it only translates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import gymnasium
import numpy as np
from numpy.typing import NDArray

from tenure.envs.fitting import fitted
from tenure.envs.spaces import TextSpace, ToolCallSpace
from tenure.envs.world import Figure, World
from tenure.errors import EpisodeOver

Observation = dict[str, Any]

MAX_TEXT_CHARS = 1_000_000


class ToolEnv(gymnasium.Env[Observation, str]):
    """A world as a `gymnasium.Env`; a job's face subclasses it and names its `World`.

    Actions are JSON texts `{"name": ..., "arguments": {...}}` (`ToolCallSpace`); any other text is
    a step too, one that failed. Observations have `text`, what a model reads, and `figures`, an
    int64 array of the world's visible figures in the order of `figure_names`. The reward is the
    change of the score figure; `terminated` is the end of the job, `truncated` is left to wrappers.

    Args:
        parameters: The job's parameters by name; those left out have their defaults.
        render_mode: `"ansi"` to let `render` return the latest text.

    Raises:
        UsageError: If a parameter is unknown or out of range.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi"], "render_fps": 1}  # type: ignore[misc]  # Gymnasium has it per instance
    World: ClassVar[type[World[Any]]]

    def __init__(
        self, parameters: Mapping[str, Any] | None = None, render_mode: str | None = None
    ) -> None:
        self.render_mode = render_mode
        self._parameters = fitted(self.World.Parameters, parameters or {})
        visible = [figure for figure in self.World.figures if not figure.hidden]
        self._visible = len(visible)
        self.figure_names = tuple(figure.name for figure in visible)
        self.action_space = ToolCallSpace(self.World.toolbox)
        self.observation_space = gymnasium.spaces.Dict(
            {"text": TextSpace(MAX_TEXT_CHARS), "figures": _figure_space(visible)}
        )
        self._text = ""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Draw a new world; without a seed, one drawn from the previous episode's generator.

        `options` is accepted for Gymnasium's sake and means nothing.
        """
        super().reset(seed=seed, options=options)
        world_seed = seed if seed is not None else int(self.np_random.integers(2**31))
        self.world = self.World(self._parameters, world_seed)
        return self._observe(self.world.opening(), self.world.measured), {"seed": world_seed}

    def step(self, action: str) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Do what a tool call says.

        Raises:
            EpisodeOver: If the episode has ended, or none has begun.
            TypeError: If the action is no text.
        """
        if not isinstance(action, str):
            raise TypeError(
                f"an action is JSON text, got {type(action).__name__}; "
                'write ToolCall("name", {...}).to_json()'
            )
        if not hasattr(self, "world"):
            raise EpisodeOver("There is no episode yet; reset the environment first.")
        step = self.world.step(action)
        observation = self._observe(step.text, step.figures)
        info = {"fault": step.fault, "minute": step.minute, "ended": step.ended}
        return observation, float(step.reward), bool(step.ended), False, info

    def render(self) -> str | None:
        """Return the latest text in mode `ansi`, else `None`."""
        return self._text if self.render_mode == "ansi" else None

    def _observe(self, text: str, measured: tuple[int, ...]) -> Observation:
        self._text = text
        figures: NDArray[np.int64] = np.array(measured[: self._visible], dtype=np.int64)
        return {"text": text, "figures": figures}


def _figure_space(figures: list[Figure]) -> gymnasium.spaces.Box:
    low = np.array([figure.low for figure in figures], dtype=np.int64)
    high = np.array([figure.high for figure in figures], dtype=np.int64)
    return gymnasium.spaces.Box(low, high, dtype=np.int64)
