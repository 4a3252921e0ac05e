"""The JSON Schema of the lines of a trajectory file, made from the types that the reader checks.

`python -m tenure.scoring.schema` prints it; `docs/trajectory.schema.json` is what it printed last.
"""

from __future__ import annotations

import sys
from typing import Any

import orjson
from pydantic import TypeAdapter

from tenure.scoring.records import (
    FORMAT,
    MINOR,
    SHOWN_HASH_DIGITS,
    VERSION,
    EndRecord,
    HeaderRecord,
    StepRecord,
)


def json_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) of a line as it stands in a file.

    Every record may have more fields than it names. What no schema can say, such as that steps are
    numbered and hashes follow from each other, is for `records.read`.
    """
    schema = TypeAdapter(HeaderRecord | StepRecord | EndRecord).json_schema()
    records: dict[str, Any] = schema["$defs"]
    for record in records.values():
        for field in record["properties"].values():
            field.pop("title", None)
        if "hash" in record["properties"]:
            record["properties"]["hash"]["pattern"] = f"^[0-9a-f]{{{SHOWN_HASH_DIGITS}}}$"
    records["HeaderRecord"]["properties"] |= {
        "format": {"const": FORMAT, "type": "string"},
        "version": {"const": VERSION, "type": "integer"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A line of a {FORMAT} file, version {VERSION}.{MINOR}",
        "oneOf": schema["anyOf"],
        "$defs": records,
    }


def as_published() -> bytes:
    """Return the schema as the documentation has it."""
    return orjson.dumps(json_schema(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    sys.stdout.buffer.write(as_published())
