"""How a model calls tools: natively, or in JSON text that a schema constrains.

A protocol translates between the world's two texts (observation, action) and a model's messages.
What a model says is carried to the world as it is: a missing call, an unknown tool, bad arguments
or a refusal is a step of the episode, which the world scores and explains. How messages look is the
business of an API's vocabulary; `tenure.agents.providers` has one for each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, repeat
from sys import intern
from typing import Any, Literal, NamedTuple, Protocol

import orjson

from tenure.agents.context import CLEARED_MARK, Message
from tenure.envs.tools import Tool, Toolbox

NOT_RUN = "not run: one tool call at a time"
EMPTY = "(no answer)"
"""Stands in the conversation for an answer without any text, which many endpoints refuse."""
SCHEMA_NAME = "tool_call"
"""What the schema of a call is called, where an API wants a name."""

Way = Literal["tools", "json", "text"]
"""Native tool calls; calls in JSON text; or no tools at all."""

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

    def text(self, message: Message) -> str:
        """Return what an assistant's message says; empty for none. A refusal is none."""

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


class Call(NamedTuple):
    """A tool call as a model made it: neither the name nor the arguments need be what they should.

    Attributes:
        name: Of the tool.
        arguments: JSON text in some APIs, an object in others.
    """

    name: Any
    arguments: Any


class Vocabulary(Protocol):
    """How one API writes a conversation."""

    def system(self, text: str) -> Message:
        """Return the message that opens a conversation."""

    def user(self, text: str) -> Message:
        """Return a message of the user's."""

    def text(self, message: Message) -> str:
        """Return what an assistant's message says, without refusals and reasoning."""

    def refusal(self, message: Message) -> str:
        """Return in what words an assistant's message refuses; empty for none."""

    def calls(self, message: Message) -> list[Call]:
        """Return the tool calls in an assistant's message."""

    def echo(self, message: Message, *, with_calls: bool) -> list[Message]:
        """Return an assistant's message as the API takes it back, its reasoning unchanged.

        APIs check identifiers, names and arguments of calls, and that something is said at all;
        models do not.
        """

    def results(self, echoed: Sequence[Message], texts: Iterable[str]) -> list[Message]:
        """Return what answers the calls in an echo, in their order; nothing if it has none.

        Args:
            echoed: What `echo` returned.
            texts: As many as there are calls, or more.
        """

    def offer(self, toolbox: Toolbox, *, parallel: bool) -> Mapping[str, Any]:
        """Return what a request says that offers tools.

        Args:
            toolbox: The tools.
            parallel: Whether one message may hold several calls.
        """

    def constrain(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a request says that wants JSON text as an answer."""

    def forbid(self, offer: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return an offer of tools of which none may be called now."""

    def cleared(self, message: Message, mark: str) -> Message:
        """Return a user's message or results with a mark in place of each longer text.

        An assistant's message is returned as it is.
        """

    def asked(self, messages: Sequence[Message], text: str) -> list[Message]:
        """Return a conversation at whose end the user says something in addition."""


class PlainText:
    """A conversation without tools.

    Args:
        words: How the API writes it.
    """

    def __init__(self, words: Vocabulary) -> None:
        self._words = words
        self.fields: Mapping[str, Any] = {}
        self.text_fields: Mapping[str, Any] = {}

    def system(self, brief: str) -> Message:
        return self._words.system(brief)

    def user(self, text: str) -> Message:
        return self._words.user(text)

    def text(self, message: Message) -> str:
        return self._words.text(message)

    def actions(self, message: Message) -> list[str]:
        return [self._words.text(message) or self._words.refusal(message)]

    def spoken(self, message: Message) -> list[Message]:
        return self._words.echo(message, with_calls=False)

    def answers(self, spoken: Sequence[Message], observations: Sequence[str]) -> list[Message]:  # noqa: ARG002  as in ToolProtocol
        return [self._words.user(observation) for observation in observations]

    def cleared(self, message: Message) -> Message:
        return self._words.cleared(message, CLEARED_MARK)

    def asked(self, messages: Sequence[Message], text: str) -> list[Message]:
        return self._words.asked(messages, text)


class JsonText(PlainText):
    """JSON text `{"name": ..., "arguments": {...}}`, for models without tool calling.

    The tools stand in the system prompt, one a line; a schema constrains the answer, where the API
    has such a thing.

    Args:
        words: How the API writes a conversation.
        toolbox: The tools on offer.
    """

    def __init__(self, words: Vocabulary, toolbox: Toolbox) -> None:
        super().__init__(words)
        self._toolbox = toolbox
        self.fields = words.constrain(call_schema(toolbox))

    def system(self, brief: str) -> Message:
        tools = "\n".join(map(_line, self._toolbox.tools.values()))
        text = (
            f"{brief}\n\nTools:\n{tools}\n\n"
            'Answer with one JSON object and nothing else: {"name": "<tool>", "arguments": {...}}'
        )
        return self._words.system(intern(text))  # a thousand episodes hold one


class NativeTools(PlainText):
    """The API's own tool calling.

    Args:
        words: How the API writes a conversation.
        toolbox: The tools on offer.
        parallel: Whether one message may hold several calls that are all taken.
    """

    def __init__(self, words: Vocabulary, toolbox: Toolbox, *, parallel: bool = False) -> None:
        super().__init__(words)
        self._parallel = parallel
        self.fields = words.offer(toolbox, parallel=parallel)
        self.text_fields = words.forbid(self.fields)

    def actions(self, message: Message) -> list[str]:
        calls = self._words.calls(message)
        taken = calls if self._parallel else calls[:1]
        return [_action(call) for call in taken] or super().actions(message)

    def spoken(self, message: Message) -> list[Message]:
        return self._words.echo(message, with_calls=True)

    def answers(self, spoken: Sequence[Message], observations: Sequence[str]) -> list[Message]:
        told = self._words.results(spoken, chain(observations, repeat(NOT_RUN)))
        return told or super().answers(spoken, observations)


def speak(words: Vocabulary, way: Way, toolbox: Toolbox, *, parallel: bool = False) -> ToolProtocol:
    """Return the protocol that goes a way; calls in JSON text are never parallel."""
    if way == "tools":
        return NativeTools(words, toolbox, parallel=parallel)
    return JsonText(words, toolbox) if way == "json" else PlainText(words)


@lru_cache(maxsize=64)
def defined(define: Callable[[Tool], dict[str, Any]], toolbox: Toolbox) -> list[dict[str, Any]]:
    """Return tools as an API defines them: one list for all episodes, which nobody may change."""
    return [define(tool) for tool in toolbox.tools.values()]


@lru_cache(maxsize=64)
def call_schema(toolbox: Toolbox) -> dict[str, Any]:
    """Return the JSON Schema of one call of any of the tools; nobody may change it."""
    options: list[dict[str, Any]] = []
    shared: dict[str, Any] = {}
    for tool in toolbox.tools.values():
        arguments = dict(tool.schema)
        shared |= arguments.pop("$defs", {})
        name = {"type": "string", "enum": [tool.name]}  # some APIs know no `const`
        options.append(_object(name=name, arguments=arguments))
    return {"anyOf": options} | ({"$defs": shared} if shared else {})


def tool_name(name: Any) -> str:
    """Return a tool's name as APIs take it back, whatever the model wrote."""
    return _UNNAMEABLE.sub("_", str(name))[:_MAX_NAME_CHARS] or "_"


def arguments_text(arguments: Any) -> Any:
    """Return arguments, mostly JSON text, as APIs take them back: as the text of an object."""
    if not isinstance(arguments, str) and arguments is not None:
        return arguments
    text = arguments or ""
    if not text.strip():
        return "{}"
    if text.lstrip().startswith("{") and is_json(text):
        return text
    return orjson.dumps({"not_an_object": text}).decode()


def arguments_object(arguments: Any) -> dict[str, Any]:
    """Return arguments, mostly an object, as APIs take them back."""
    if isinstance(arguments, dict):
        return arguments
    return {} if arguments is None else {"not_an_object": arguments}


def is_json(text: str) -> bool:
    """Tell whether a text is JSON."""
    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _line(tool: Tool) -> str:
    arguments = "" if tool.signature == "none" else tool.signature
    return f"- {tool.name}({arguments}): {' '.join(tool.description.split())}"


def _action(call: Call) -> str:
    """Write a native call as the world reads it.

    Arguments that are JSON are put in as they stand, and no text at all is how some models write
    no arguments; what is not JSON becomes a string, for the world to complain about.
    """
    arguments = call.arguments
    if not isinstance(arguments, str):
        written = orjson.dumps(arguments or {}).decode()
    elif is_json(arguments):
        written = arguments
    else:
        written = orjson.dumps(arguments).decode() if arguments.strip() else "{}"
    return f'{{"name":{orjson.dumps(call.name).decode()},"arguments":{written}}}'
