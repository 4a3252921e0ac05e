"""How a model calls tools: natively, or in JSON text that a schema constrains.

A protocol translates between the world's two texts (observation, action) and a model's messages.
What a model says is carried to the world as it is: a missing call, an unknown tool, bad arguments
or a refusal is a step of the episode, which the world scores and explains.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import Any, Literal, Protocol

import orjson

from tenure.agents.context import CLEARED_MARK, Message
from tenure.envs.tools import Tool, Toolbox

NOT_RUN = "not run: one tool call at a time"
EMPTY = "(no answer)"
"""Stands in the conversation for an answer without any text, which many endpoints refuse."""

_KEPT = ("reasoning_content", "reasoning_details")
"""Fields beyond the standard that some providers want back with the next request."""

_UNNAMEABLE = re.compile(r"[^A-Za-z0-9_-]")
_MAX_NAME_CHARS = 64


class ToolProtocol(Protocol):
    """How observations and actions travel in messages, as one API writes them."""

    @property
    def fields(self) -> Mapping[str, Any]:
        """What every request says besides its messages."""

    @property
    def text_fields(self) -> Mapping[str, Any]:
        """The same for a request that is to be answered in text, without a call."""

    def system(self, brief: str) -> Message:
        """Return the first message of every request."""

    def user(self, text: str) -> Message:
        """Return a message of the user's, such as the opening."""

    def actions(self, message: Message) -> list[str]:
        """Return what an assistant's message asks of the world, as texts for its `step`.

        At least one; more than one only where calls may be parallel, to be taken in this order.
        """

    def spoken(self, message: Message) -> list[Message]:
        """Return an assistant's message as it is sent back in later requests."""

    def answers(self, spoken: Sequence[Message], observations: Sequence[str]) -> list[Message]:
        """Return the messages that tell the model what its message led to.

        Args:
            spoken: What `spoken` returned.
            observations: What each action led to; fewer than actions if the episode's seat was
                left before all were taken.
        """

    def cleared(self, message: Message) -> Message:
        """Return one of `answers` with `CLEARED_MARK` in place of what it says.

        A message that is none, or says no more than the mark does, is returned as it is.
        """

    def asked(self, messages: Sequence[Message], text: str) -> list[Message]:
        """Return a conversation at whose end the user says something in addition."""

    def text(self, message: Message) -> str:
        """Return what an assistant's message says; empty for none. A refusal is none."""


class _ChatMessages:
    """What is the same in both ways to call tools: `role` and `content`."""

    def user(self, text: str) -> Message:
        return user(text)

    def cleared(self, message: Message) -> Message:
        if message["role"] == "assistant" or len(message["content"]) <= len(CLEARED_MARK):
            return message
        return {**message, "content": CLEARED_MARK}

    def asked(self, messages: Sequence[Message], text: str) -> list[Message]:
        *before, last = messages
        if last["role"] != "user":
            return [*messages, user(text)]
        return [*before, user(f"{last['content']}\n\n{text}")]  # some refuse two in a row

    def text(self, message: Message) -> str:
        return _written(message)


class NativeTools(_ChatMessages):
    """The endpoint's own tool calling: `tools`, `tool_calls`, and messages of role `tool`.

    Args:
        toolbox: The tools on offer.
        parallel: Whether one message may hold several calls that are all taken.
    """

    def __init__(self, toolbox: Toolbox, *, parallel: bool = False) -> None:
        self._parallel = parallel
        self.fields: Mapping[str, Any] = {
            "tools": [_definition(tool) for tool in toolbox.tools.values()],
            "tool_choice": "auto",
            "parallel_tool_calls": parallel,
        }
        self.text_fields: Mapping[str, Any] = {**self.fields, "tool_choice": "none"}

    def system(self, brief: str) -> Message:
        return {"role": "system", "content": brief}

    def actions(self, message: Message) -> list[str]:
        calls = _functions(message)
        taken = calls if self._parallel else calls[:1]
        return [_action(call["function"]) for call in taken] or [text_of(message)]

    def spoken(self, message: Message) -> list[Message]:
        calls = [_sendable(call, index) for index, call in enumerate(_functions(message))]
        if not calls:
            return [_spoken_text(message)]
        content = text_of(message) or None
        return [{"role": "assistant", "content": content, "tool_calls": calls, **_kept(message)}]

    def answers(self, spoken: Sequence[Message], observations: Sequence[str]) -> list[Message]:
        calls = spoken[0].get("tool_calls")
        if not calls:
            return [user(observation) for observation in observations]
        told = chain(observations, repeat(NOT_RUN))
        return [_answer(call["id"], text) for call, text in zip(calls, told, strict=False)]


class JsonText(_ChatMessages):
    """JSON text `{"name": ..., "arguments": {...}}`, for models without tool calling.

    The tools stand in the system prompt, one a line; `response_format` constrains the answer.
    """

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox
        schema = {"name": "tool_call", "strict": True, "schema": call_schema(toolbox)}
        self.fields: Mapping[str, Any] = {
            "response_format": {"type": "json_schema", "json_schema": schema}
        }
        self.text_fields: Mapping[str, Any] = {}

    def system(self, brief: str) -> Message:
        tools = "\n".join(map(_line, self._toolbox.tools.values()))
        content = (
            f"{brief}\n\nTools:\n{tools}\n\n"
            'Answer with one JSON object and nothing else: {"name": "<tool>", "arguments": {...}}'
        )
        return {"role": "system", "content": content}

    def actions(self, message: Message) -> list[str]:
        return [text_of(message)]

    def spoken(self, message: Message) -> list[Message]:
        return [_spoken_text(message)]

    def answers(self, spoken: Sequence[Message], observations: Sequence[str]) -> list[Message]:  # noqa: ARG002  as in ToolProtocol
        return [user(observation) for observation in observations]


def speak(
    name: Literal["tools", "json"], toolbox: Toolbox, *, parallel: bool = False
) -> ToolProtocol:
    """Return the protocol of that name; calls in JSON text are never parallel."""
    return NativeTools(toolbox, parallel=parallel) if name == "tools" else JsonText(toolbox)


def user(text: str) -> Message:
    """Return a user's message."""
    return {"role": "user", "content": text}


def text_of(message: Message) -> str:
    """Return what an assistant's message says, be it in parts, or its refusal; may be empty."""
    return _written(message) or str(message.get("refusal") or "")


def _written(message: Message) -> str:
    """Return what an assistant's message says, be it in parts, without its refusal."""
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")


def call_schema(toolbox: Toolbox) -> dict[str, Any]:
    """Return the JSON Schema of one call of any of the tools."""
    options: list[dict[str, Any]] = []
    shared: dict[str, Any] = {}
    for tool in toolbox.tools.values():
        arguments = dict(tool.schema)
        shared |= arguments.pop("$defs", {})
        options.append(_object(name={"const": tool.name}, arguments=arguments))
    return {"anyOf": options} | ({"$defs": shared} if shared else {})


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _definition(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.schema}
    return {"type": "function", "function": function}


def _line(tool: Tool) -> str:
    arguments = "" if tool.signature == "none" else tool.signature
    return f"- {tool.name}({arguments}): {' '.join(tool.description.split())}"


def _answer(call_id: str, text: str) -> Message:
    return {"role": "tool", "tool_call_id": call_id, "content": text}


def _spoken_text(message: Message) -> Message:
    return {"role": "assistant", "content": text_of(message) or EMPTY, **_kept(message)}


def _kept(message: Message) -> Message:
    return {name: message[name] for name in _KEPT if message.get(name)}


def _functions(message: Message) -> list[Mapping[str, Any]]:
    """Return the calls in an assistant's message that are calls at all."""
    calls = message.get("tool_calls")
    if not isinstance(calls, list):
        return []
    return [
        call for call in calls if isinstance(call, dict) and isinstance(call.get("function"), dict)
    ]


def _action(function: Mapping[str, Any]) -> str:
    """Write a native call as the world reads it.

    Arguments that are JSON are put in as they stand, and no text at all is how some models write
    no arguments; what is not JSON becomes a string, for the world to complain about.
    """
    arguments = function.get("arguments")
    if not isinstance(arguments, str):
        written = orjson.dumps(arguments or {}).decode()
    elif _is_json(arguments):
        written = arguments
    else:
        written = orjson.dumps(arguments).decode() if arguments.strip() else "{}"
    return f'{{"name":{orjson.dumps(function.get("name")).decode()},"arguments":{written}}}'


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True


def _sendable(call: Mapping[str, Any], index: int) -> Message:
    """Return a call as endpoints take it back: they check id, name and arguments, models do not.

    What else a provider put into the call (signatures of thoughts) is kept.
    """
    function = call["function"]
    arguments = function.get("arguments")
    if isinstance(arguments, str) or arguments is None:
        arguments = _sendable_arguments(arguments or "")
    name = _UNNAMEABLE.sub("_", str(function.get("name")))[:_MAX_NAME_CHARS]
    return {
        **call,
        "id": str(call.get("id") or f"call_{index}"),
        "type": "function",
        "function": {**function, "name": name or "_", "arguments": arguments},
    }


def _sendable_arguments(arguments: str) -> str:
    if not arguments.strip():
        return "{}"
    if arguments.lstrip().startswith("{") and _is_json(arguments):
        return arguments
    return orjson.dumps({"not_an_object": arguments}).decode()
