"""Gymnasium spaces for tool calls and for text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np

from tenure.envs.tools import Mistake, Toolbox, ToolCall

_LETTERS = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:-@$%\n"
_MAX_SAMPLED_CHARS = 40
_MAX_SAMPLED_ITEMS = 4
_MAX_SAMPLED_NUMBER = 1_000


class ToolCallSpace(gymnasium.Space[str]):
    """The JSON texts that are valid calls of a toolbox.

    `contains` is the validation itself; `sample` draws a tool and arguments that fit its schema.

    Args:
        toolbox: The tools on offer.
        seed: Seed of `sample`.
    """

    def __init__(self, toolbox: Toolbox, seed: int | np.random.Generator | None = None) -> None:
        super().__init__(shape=None, dtype=None, seed=seed)
        self.toolbox = toolbox

    @property
    def is_np_flattenable(self) -> bool:
        """Tool calls have no array form."""
        return False

    def contains(self, x: Any) -> bool:
        """Tell whether `x` is JSON text that calls one of the tools with valid arguments."""
        return isinstance(x, str) and not isinstance(self.toolbox.parse(x), Mistake)

    def sample(self, mask: Any | None = None, probability: Any | None = None) -> str:
        """Draw a valid call: the tool uniformly, then each of its arguments.

        Raises:
            ValueError: If a mask or probabilities are given; tools are not maskable.
        """
        if mask is not None or probability is not None:
            raise ValueError("ToolCallSpace takes neither a mask nor probabilities")
        names = list(self.toolbox.tools)
        name = names[int(self.np_random.integers(len(names)))]
        arguments = sample_json(self.toolbox.tools[name].schema, self.np_random)
        return ToolCall(name, arguments).to_json()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ToolCallSpace) and self._schemas() == other._schemas()

    __hash__ = None  # type: ignore[assignment]  # mutable, like every Gymnasium space

    def __repr__(self) -> str:
        return f"ToolCallSpace({', '.join(self.toolbox.tools)})"

    def _schemas(self) -> dict[str, Any]:
        return {name: tool.schema for name, tool in self.toolbox.tools.items()}


class TextSpace(gymnasium.Space[str]):
    """Any text of at most `max_length` characters (Gymnasium's own `Text` needs a closed alphabet).

    Args:
        max_length: Longest text, in characters.
        seed: Seed of `sample`.
    """

    def __init__(self, max_length: int, seed: int | np.random.Generator | None = None) -> None:
        super().__init__(shape=None, dtype=None, seed=seed)
        self.max_length = max_length

    @property
    def is_np_flattenable(self) -> bool:
        """Text has no array form."""
        return False

    def contains(self, x: Any) -> bool:
        """Tell whether `x` is a text that is short enough."""
        return isinstance(x, str) and len(x) <= self.max_length

    def sample(self, mask: Any | None = None, probability: Any | None = None) -> str:
        """Draw a short text.

        Raises:
            ValueError: If a mask or probabilities are given.
        """
        if mask is not None or probability is not None:
            raise ValueError("TextSpace takes neither a mask nor probabilities")
        return _sample_text(self.np_random, 0, min(self.max_length, _MAX_SAMPLED_CHARS))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextSpace) and self.max_length == other.max_length

    __hash__ = None  # type: ignore[assignment]  # mutable, like every Gymnasium space

    def __repr__(self) -> str:
        return f"TextSpace({self.max_length})"


def sample_json(schema: Mapping[str, Any], random: np.random.Generator) -> Any:
    """Draw a value that fits a JSON Schema of the kind tools have.

    Understands `enum`, `const`, `anyOf`, `examples` and the types string, integer, number,
    boolean, null, array and object with their bounds.

    Raises:
        ValueError: If the schema uses something else.
    """
    if "const" in schema:
        return schema["const"]
    if choices := schema.get("enum") or schema.get("examples"):
        return _choose(choices, random)
    if "anyOf" in schema:
        return sample_json(_choose(schema["anyOf"], random), random)
    draw = _BY_TYPE.get(schema.get("type", ""))
    if draw is None:
        raise ValueError(f"a tool's schema must say its type, got {schema!r}")
    return draw(schema, random)


def _choose(choices: Sequence[Any], random: np.random.Generator) -> Any:
    return choices[int(random.integers(len(choices)))]


def _sample_text(random: np.random.Generator, low: int, high: int) -> str:
    length = int(random.integers(low, high + 1))
    return "".join(_LETTERS[index] for index in random.integers(len(_LETTERS), size=length))


def _string(schema: Mapping[str, Any], random: np.random.Generator) -> str:
    low = schema.get("minLength", 0)
    high = min(schema.get("maxLength", _MAX_SAMPLED_CHARS), max(low, _MAX_SAMPLED_CHARS))
    return _sample_text(random, low, high)


def _integer(schema: Mapping[str, Any], random: np.random.Generator) -> int:
    low, high = _range(schema, step=1)
    return int(random.integers(int(low), int(high) + 1))


def _number(schema: Mapping[str, Any], random: np.random.Generator) -> float:
    low, high = _range(schema, step=0.01)
    return min(high, max(low, round(float(random.uniform(low, high)), 2)))


def _range(schema: Mapping[str, Any], step: float) -> tuple[float, float]:
    low = schema.get("minimum", schema.get("exclusiveMinimum", -_MAX_SAMPLED_NUMBER - step) + step)
    high = schema.get(
        "maximum", schema.get("exclusiveMaximum", low + _MAX_SAMPLED_NUMBER + step) - step
    )
    return low, high


def _array(schema: Mapping[str, Any], random: np.random.Generator) -> list[Any]:
    low = schema.get("minItems", 0)
    high = min(schema.get("maxItems", _MAX_SAMPLED_ITEMS), max(low, _MAX_SAMPLED_ITEMS))
    count = int(random.integers(low, high + 1))
    return [sample_json(schema["items"], random) for _ in range(count)]


def _object(schema: Mapping[str, Any], random: np.random.Generator) -> dict[str, Any]:
    required = schema.get("required", [])
    return {
        name: sample_json(field, random)
        for name, field in schema.get("properties", {}).items()
        if name in required or random.random() < 0.5
    }


_BY_TYPE = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": lambda _, random: bool(random.integers(2)),
    "null": lambda _, __: None,
    "array": _array,
    "object": _object,
}
