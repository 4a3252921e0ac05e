"""Tools: the typed actions a world offers, and how a model's text becomes one.

A tool is a method of a world. Its docstring is what the model reads, its annotations are its JSON
Schema, and the decorator states what it costs:

    class Stand(World[StandState]):
        @tool(minutes=5, writes=True)
        def set_price(self, price: Annotated[float, Field(ge=0, le=9)]) -> str:
            \"\"\"Set the price of a cup, in dollars.\"\"\"
"""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cached_property
from hashlib import blake2b
from typing import Any, NamedTuple, NotRequired, get_type_hints

import orjson
from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic needs it before Python 3.12

from tenure.errors import ContractError, nearest

MAX_ACTION_CHARS = 100_000
_DEEPEST_ARGUMENTS = 20
_PROBLEMS_TOLD = 5
_TOLD_CHARS = 60
_PREVIEW = reprlib.Repr()  # never follows a value to its depths
_PREVIEW.maxstring = _TOLD_CHARS
_SHAPE = '{"name": "<tool>", "arguments": {...}}'


class ToolCall(NamedTuple):
    """One typed action: the name of a tool and its JSON arguments."""

    name: str
    arguments: Mapping[str, Any] = {}

    def to_json(self) -> str:
        """Return the action an environment's `step` takes."""
        return orjson.dumps({"name": self.name, "arguments": self.arguments}).decode()


class Fault(StrEnum):
    """Why a step did not do what the agent may have wanted."""

    MALFORMED = "malformed"
    """Not a tool call at all."""
    UNKNOWN_TOOL = "unknown_tool"
    BAD_ARGUMENTS = "bad_arguments"
    REFUSED = "refused"
    """A valid call that the world could not carry out."""


class Mistake(NamedTuple):
    """An action that is not a valid call, with a sentence that tells the agent what would be."""

    fault: Fault
    advice: str


class Refusal(Exception):  # noqa: N818  not an error of the program: the world says no
    """Raised by a tool, before it changes anything, to tell the agent that the world says no."""


class Tool:
    """A world's method, its schema and its cost.

    Attributes:
        name: What the agent calls it.
        description: What the model reads: the method's docstring.
        minutes: Simulated minutes a call takes; 0 for a tool that moves the clock itself.
        writes: Whether a call may change the world beyond the passing of time.
    """

    def __init__(self, method: Callable[..., str], minutes: int, *, writes: bool) -> None:
        self.method = method
        self.name = method.__name__
        self.description = inspect.cleandoc(method.__doc__ or "")
        self.minutes = minutes
        self.writes = writes

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the arguments."""
        schema: dict[str, Any] = _without_titles(self._adapter.json_schema())
        schema.pop("description", None)
        return schema

    def read(self, arguments: object) -> dict[str, Any] | Mistake:
        """Return the arguments ready for the method, or what is wrong with them."""
        try:
            return self._validate(arguments, strict=True)
        except ValidationError as error:
            return self._second_reading(arguments, error)

    def problems(self, arguments: object) -> dict[tuple[str | int, ...], str]:
        """Return what is wrong with arguments by place, such as `("slots", 2, "price")`.

        Empty if `read` would take them.
        """
        if not isinstance(self.read(arguments), Mistake):
            return {}
        try:
            self._validate(arguments, strict=True)
        except ValidationError as error:
            return {detail["loc"]: _sentence(detail) for detail in error.errors(include_url=False)}
        return {}

    def _second_reading(
        self, arguments: object, error: ValidationError
    ) -> dict[str, Any] | Mistake:
        """Read again with 5.0 taken for 5, as JSON Schema has it, before giving up."""
        try:
            return self._validate(_with_whole_floats_as_ints(arguments), strict=True)
        except ValidationError:
            return Mistake(Fault.BAD_ARGUMENTS, self._explain(error))

    @cached_property
    def _validate(self) -> Callable[..., dict[str, Any]]:
        return self._adapter.validator.validate_python

    @cached_property
    def _adapter(self) -> TypeAdapter[dict[str, Any]]:
        hints = get_type_hints(self.method, include_extras=True)
        parameters = list(inspect.signature(self.method).parameters.values())[1:]
        for parameter in parameters:
            if parameter.name not in hints:
                raise ContractError(
                    f"The argument {parameter.name!r} of the tool {self.name} has no annotation; "
                    f"it is what the model reads. Write its type: {parameter.name}: int."
                )
        fields = {
            parameter.name: hints[parameter.name]
            if parameter.default is parameter.empty
            else NotRequired[hints[parameter.name]]
            for parameter in parameters
        }
        make: Any = TypedDict  # a call that type checkers know only with literals
        arguments = make(self.name, fields)
        arguments.__pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)
        return TypeAdapter(arguments)

    def _explain(self, error: ValidationError) -> str:
        details = error.errors(include_url=False)
        problems = [_problem(detail) for detail in details[:_PROBLEMS_TOLD]]
        if len(details) > _PROBLEMS_TOLD:
            problems.append(f"and {len(details) - _PROBLEMS_TOLD} more")
        return f"{self.name}: {'; '.join(problems)}. Expected arguments: {self.signature}"

    @cached_property
    def signature(self) -> str:
        """The arguments on one line, such as `slot: string, price: number (optional)`."""
        required = self.schema.get("required", [])
        parts = [
            f"{name}: {_type_name(schema)}" + ("" if name in required else " (optional)")
            for name, schema in self.schema.get("properties", {}).items()
        ]
        return ", ".join(parts) or "none"


def tool(*, minutes: int, writes: bool = False) -> Callable[[Callable[..., str]], Any]:
    """Make a method of a world a tool.

    Args:
        minutes: Simulated minutes that a call takes.
        writes: Whether a call may change the world.
    """

    def mark(method: Callable[..., str]) -> Callable[..., str]:
        method.__tool__ = Tool(method, minutes, writes=writes)  # type: ignore[attr-defined]  # our mark
        return method

    return mark


class Toolbox:
    """The tools of a world, by name, in the order in which they were defined."""

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        self.tools = dict(tools)

    @classmethod
    def of(cls, world: type) -> Toolbox:
        """Collect the tools of a class and its bases; a base's tools come first."""
        members: dict[str, Any] = {}
        for base in reversed(world.__mro__):
            members |= vars(base)
        marked = {name: getattr(member, "__tool__", None) for name, member in members.items()}
        return cls({name: mark for name, mark in marked.items() if isinstance(mark, Tool)})

    @cached_property
    def digest(self) -> str:
        """A hash of what the model reads of the tools and of what they cost: 32 hex digits."""
        whole = [
            (each.name, each.description, each.schema, each.minutes, each.writes)
            for each in self.tools.values()
        ]
        canonical = orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)
        return blake2b(canonical, digest_size=16).hexdigest()

    def parse(self, action: str) -> tuple[Tool, dict[str, Any]] | Mistake:
        """Read an action: JSON text of the form `{"name": ..., "arguments": {...}}`.

        Returns:
            The tool and its validated arguments, or the mistake. Never raises on any text.
        """
        if len(action) > MAX_ACTION_CHARS:
            return Mistake(
                Fault.MALFORMED,
                f"The reply has {len(action):,} characters; at most {MAX_ACTION_CHARS:,} are read.",
            )
        try:
            call = orjson.loads(action)
        except ValueError:
            return Mistake(Fault.MALFORMED, f"No tool was called. Call one tool: {_SHAPE}.")
        if type(call) is not dict or type(call.get("name")) is not str:
            return Mistake(Fault.MALFORMED, f"This is not a tool call. Write {_SHAPE}.")
        return self._look_up(call)

    def _look_up(self, call: dict[str, Any]) -> tuple[Tool, dict[str, Any]] | Mistake:
        if len(call) > 2 or (len(call) == 2 and "arguments" not in call):
            extra = next(key for key in call if key not in {"name", "arguments"})
            advice = f"Unexpected {_PREVIEW.repr(extra)} beside the call. Write {_SHAPE}."
            return Mistake(Fault.MALFORMED, advice)
        found = self.tools.get(call["name"])
        if found is None:
            advice = (
                f"There is no tool {call['name'][:80]!r}. {nearest(call['name'][:80], self.tools)}"
            )
            return Mistake(Fault.UNKNOWN_TOOL, advice)
        arguments = found.read(call.get("arguments", {}))
        return arguments if isinstance(arguments, Mistake) else (found, arguments)


def _problem(detail: Any) -> str:
    where = ".".join(str(part) for part in detail["loc"])[:_TOLD_CHARS]
    return f"{where + ': ' if where else ''}{_sentence(detail)}"


def _sentence(detail: Any) -> str:
    message: str = detail["msg"][0].lower() + detail["msg"][1:]
    if detail["type"] in ("missing", "extra_forbidden"):
        return message
    return f"{message} (got {_PREVIEW.repr(detail['input'])[:_TOLD_CHARS]})"


def _type_name(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(str(choice) for choice in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type_name(option) for option in schema["anyOf"])
    return str(schema.get("type", "value"))


def _without_titles(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: _without_titles(value)
            for key, value in schema.items()
            if not (key == "title" and isinstance(value, str))
        }
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    return schema


def _with_whole_floats_as_ints(value: Any, depth: int = 0) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if depth == _DEEPEST_ARGUMENTS:
        return value
    if isinstance(value, dict):
        return {key: _with_whole_floats_as_ints(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_whole_floats_as_ints(item, depth + 1) for item in value]
    return value
