"""What Tenure and an agent over HTTP say to each other: the schema `tenure.agent/1`.

python -m tenure.agents.http_schema > docs/tenure-agent-1.schema.json
"""

from __future__ import annotations

import sys
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

SCHEMA: Literal["tenure.agent/1"] = "tenure.agent/1"

_Count = Annotated[int, Field(ge=0, strict=True)]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Literal["tenure.agent/1"] = Field(SCHEMA, alias="schema")
    episode: str = Field(description="One playing of an episode; `begin` is the first to name it.")


class Tool(BaseModel):
    """A tool on offer."""

    name: str
    description: str
    parameters: dict[str, Any] = Field(description="JSON Schema of the arguments, an object.")


class Limits(BaseModel):
    """What ends the episode from outside."""

    steps: int = Field(description="The most steps, faulty ones included.")


class Begin(_Message):
    """An episode begins. Answer with any JSON object."""

    type: Literal["begin"] = "begin"
    seed: int = Field(description="For the agent's own chance; it tells nothing of the world.")
    brief: str = Field(description="The job's instructions.")
    opening: str = Field(description="What is seen first; the first `act` says it again.")
    tools: list[Tool]
    limits: Limits


class Act(_Message):
    """Act on an observation. Answer with an `Action`.

    A request that comes again, with the same episode and step, is to be answered the same.
    """

    type: Literal["act"] = "act"
    step: int = Field(description="From 0.")
    observation: str


class Past(BaseModel):
    """A step that was taken before an interruption."""

    step: int
    observation: str
    action: str = Field(description="As text, however it was given.")
    note: Any = Field(None, description="The note that came with the action, if any.")


class Recall(_Message):
    """Live through steps again that were taken before an interruption, and do nothing.

    It follows `begin`, perhaps several times, each with the next steps. Answer with any JSON
    object, or with status 501 if you cannot.
    """

    type: Literal["recall"] = "recall"
    steps: list[Past]


class End(_Message):
    """The episode is over. Answer with any JSON object. It does not come after an interruption."""

    type: Literal["end"] = "end"
    observation: str = Field(description="What the last action led to.")
    reason: str = Field(description="The world's own, or `steps` at the limit.")


class Usage(BaseModel):
    """Tokens that a model took for one action."""

    model_config = ConfigDict(extra="forbid")

    input_tokens: _Count = Field(description="Cached ones included.")
    output_tokens: _Count = Field(description="Reasoning included.")
    cached_tokens: _Count = Field(default=0, description="Of the input, read from a cache.")
    cache_write_tokens: _Count = Field(default=0, description="Of the input, written to a cache.")
    reasoning_tokens: _Count = 0


class Call(BaseModel):
    """A tool call."""

    name: str
    arguments: dict[str, Any] = {}


class Action(BaseModel):
    """What is done, and what that took.

    What is no valid call is a faulty step; what does not fit otherwise stops the episode, which
    can be resumed.
    """

    action: Call | str | Any = Field(description="A call, or its JSON as text.")
    usage: Usage | None = Field(None, description="Unknown if left out.")
    cost_usd: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        None, description="US dollars; unknown if left out."
    )
    model: str | None = Field(None, description="Which model answered.")
    note: Any = Field(None, description="Recorded with the step and given back by `recall`.")


REQUESTS: tuple[type[_Message], ...] = (Begin, Act, Recall, End)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of what Tenure sends; `#/$defs/Action` is that of what comes back."""
    models = [(model, "validation") for model in (*REQUESTS, Action)]
    _, definitions = models_json_schema(models, by_alias=True)  # type: ignore[arg-type]  # str, not Literal
    requests = [{"$ref": f"#/$defs/{model.__name__}"} for model in REQUESTS]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "title": "Requests to a Tenure agent over HTTP; answers to `act` fit #/$defs/Action",
        "oneOf": requests,
        **definitions,
    }


def main() -> None:
    """Print the JSON Schema."""
    written = orjson.dumps(json_schema(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    sys.stdout.write(written.decode())


if __name__ == "__main__":
    main()
