"""A tool's JSON Schema as a person fills it in: fields, and the text of each read as a value.

Nothing here decides what is valid: text that fits no type of its field is passed on as text, so
that the tool's own validation says what is wrong with it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

Kind = Literal["text", "choice", "switch", "whole", "number", "list", "rows", "group", "json"]
"""How a value is given: `list` is a list of plain values, `rows` a list of objects, `group` an
object with known names, and `json` anything else."""

BLANK = object()
"""What an empty text stands for: the field is left out."""
EMPTY = '""'
"""How an empty text is written."""

_PROSE_CHARS = 1_000
"""A field that takes longer texts gets an editor of several lines."""
_NO_BOUND = 10**9
"""Bounds so far out say nothing to a person."""
_DEEPEST = 3
_BETWEEN_ITEMS = re.compile(r"[\s,;]+")
_WHOLE = re.compile(r"[+-]?\d{1,300}")
_YES, _NO = ("yes", "true", "on"), ("no", "false", "off")
_PLAIN: tuple[Kind, ...] = ("text", "choice", "switch", "whole", "number")


@dataclass(frozen=True, slots=True)
class Field:
    """One argument, or a part of one.

    Attributes:
        name: What the schema calls it; empty for the items of a list.
        kind: How it is given.
        required: Whether a call must have it.
        hint: What it takes, such as `whole number, 1 to 1,000`.
        nullable: Whether it may be null.
        choices: The values of a choice.
        parts: The fields of a group, or of a row.
        item: What a list holds.
        others: The fields of the other types that it may have.
        longest: The most characters of a text; 0 for any number.
        example: A text that it takes, if the schema has one.
    """

    name: str
    kind: Kind
    required: bool = True
    hint: str = ""
    nullable: bool = False
    choices: tuple[Any, ...] = ()
    parts: tuple[Field, ...] = ()
    item: Field | None = None
    others: tuple[Field, ...] = ()
    longest: int = 0
    example: str = ""

    @property
    def is_prose(self) -> bool:
        """Whether it takes texts of several lines."""
        return self.kind == "json" or (
            self.kind == "text" and not 0 < self.longest <= _PROSE_CHARS and not self.others
        )


def fields_of(schema: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the fields of an object's schema, in its order."""
    return _parts(schema, schema.get("$defs", {}), 0)


def _parts(schema: Mapping[str, Any], shared: Mapping[str, Any], depth: int) -> tuple[Field, ...]:
    required = schema.get("required", ())
    return tuple(
        _field(name, part, shared, depth, required=name in required)
        for name, part in schema.get("properties", {}).items()
    )


def _field(
    name: str, schema: Mapping[str, Any], shared: Mapping[str, Any], depth: int, *, required: bool
) -> Field:
    options = _options(schema, shared)
    nullable = any(_is_null(option) for option in options)
    typed = [option for option in options if not _is_null(option)] or [{}]
    found = [_typed(name, option, shared, depth, required=required) for option in typed]
    first, *others = sorted(found, key=lambda field: field.kind == "text")
    hint = " or ".join(field.hint for field in (first, *others))
    told = " ".join(filter(None, (_described(schema), hint)))
    return Field(
        name=name,
        kind=first.kind,
        required=required,
        hint=told,
        nullable=nullable,
        choices=first.choices,
        parts=first.parts,
        item=first.item,
        others=tuple(others),
        longest=first.longest,
        example=next((field.example for field in found if field.example), ""),
    )


def _described(schema: Mapping[str, Any]) -> str:
    said = " ".join(str(schema.get("description", "")).split())
    return f"{said}:" if said else ""


def _options(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the types that a schema allows, references followed."""
    schema = _followed(schema, shared)
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        return [option for one in several for option in _options(one, shared)]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": kind} for kind in schema["type"]]
    return [schema]


def _followed(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> Mapping[str, Any]:
    while (reference := str(schema.get("$ref", ""))).startswith("#/$defs/"):
        schema = shared.get(reference.removeprefix("#/$defs/"), {})
    return schema


def _is_null(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "null"


def _typed(
    name: str, schema: Mapping[str, Any], shared: Mapping[str, Any], depth: int, *, required: bool
) -> Field:
    """Return the field of a schema that allows one type."""
    if "const" in schema or "enum" in schema:
        choices = tuple(schema.get("enum", (schema.get("const"),)))
        return Field(name, "choice", required, _listed(choices), choices=choices)
    kind = schema.get("type")
    if kind in _PLAIN_TYPES:
        known, hint = _PLAIN_TYPES[kind]
        example = str(next(iter(schema.get("examples", ())), ""))
        longest = schema.get("maxLength", 0)
        return Field(name, known, required, hint(schema), longest=longest, example=example)
    if depth < _DEEPEST and kind == "object" and schema.get("properties"):
        return Field(name, "group", required, "", parts=_parts(schema, shared, depth + 1))
    if depth < _DEEPEST and kind == "array" and isinstance(schema.get("items"), dict):
        return _array(name, schema, shared, depth, required=required)
    return Field(name, "json", required, "JSON")


def _array(
    name: str, schema: Mapping[str, Any], shared: Mapping[str, Any], depth: int, *, required: bool
) -> Field:
    item = _field("", schema["items"], shared, depth + 1, required=True)
    many = _many(schema)
    if item.kind in _PLAIN and not item.others:
        return Field(name, "list", required, f"{many}, each {item.hint}", item=item)
    if item.kind == "group" and not item.others:
        return Field(name, "rows", required, many, parts=item.parts)
    return Field(name, "json", required, f"JSON, {many}")


def _listed(choices: Sequence[Any]) -> str:
    return f"one of {', '.join(str(choice) for choice in choices)}"


def _said(*parts: str) -> str:
    return ", ".join(filter(None, parts))


def _length(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minLength", 0), schema.get("maxLength")
    examples = schema.get("examples", ())
    most = f"up to {high:,} characters" if high is not None else ""
    least = f"at least {low:,}" if low > 1 else ""
    such = f"such as {examples[0]}" if examples else ""
    return _said(least, most, such) or "text"


def _range(schema: Mapping[str, Any]) -> str:
    low, high = _bound(schema, "minimum"), _bound(schema, "maximum")
    above, below = _bound(schema, "exclusiveMinimum"), _bound(schema, "exclusiveMaximum")
    if low is not None and high is not None:
        return f"{low:,} to {high:,}"
    bounds = ((low, "from"), (above, "above"), (high, "up to"), (below, "below"))
    return " and ".join(f"{word} {bound:,}" for bound, word in bounds if bound is not None)


def _bound(schema: Mapping[str, Any], name: str) -> float | None:
    bound = schema.get(name)
    return None if bound is None or abs(bound) >= _NO_BOUND else bound


def _many(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minItems", 0), schema.get("maxItems")
    if high is None:
        return f"a list of {low} or more" if low else "a list"
    return f"a list of {high}" if low == high else f"a list of {low} to {high}"


_PLAIN_TYPES: dict[Any, tuple[Kind, Callable[[Mapping[str, Any]], str]]] = {
    "string": ("text", _length),
    "integer": ("whole", lambda schema: _said("whole number", _range(schema))),
    "number": ("number", lambda schema: _said("number", _range(schema))),
    "boolean": ("switch", lambda _: "yes or no"),
}


def likely(field: Field, texts: Iterable[str]) -> list[str]:
    """Return texts in the order in which they may be meant: addresses first where one is asked."""
    wants_address = "@" in field.example
    return sorted(texts, key=lambda text: wants_address and "@" not in text)


# --- from text to value, and back ----------------------------------------------------------------


def read(field: Field, text: str, *, quoted: bool = False) -> Any:
    """Return what a text stands for in a field.

    Args:
        field: The field; one of kind `rows` or `group` takes JSON here.
        text: What was typed; empty to leave the field out, `""` for an empty text.
        quoted: Whether it is text for sure, because it stood in quotation marks.

    Returns:
        The value, `BLANK`, or the text itself if it fits no type of the field.
    """
    if not quoted and text == "":
        return BLANK
    if not quoted and field.nullable and text.strip() == "null":
        return None
    if quoted and any(one.kind == "text" for one in (field, *field.others)):
        return text
    for one in (field, *field.others):
        value = _READERS[one.kind](one, text)
        if value is not BLANK:
            return value
    return text


def write(field: Field, value: Any) -> str:
    """Return the text that is read as a value; the inverse of `read` for values that fit."""
    if value is BLANK:
        return ""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value or EMPTY
    plain = isinstance(value, list) and field.item and field.item.kind in ("whole", "number")
    if plain and value:
        return " ".join(map(str, value))
    return orjson.dumps(value).decode()


def _text(_: Field, text: str) -> Any:
    return "" if text == EMPTY else text


def _choice(field: Field, text: str) -> Any:
    wanted = text.strip().casefold()
    exact = [choice for choice in field.choices if str(choice) == text.strip()]
    like = [choice for choice in field.choices if str(choice).casefold() == wanted]
    return next(iter(exact + like), BLANK)


def _switch(_: Field, text: str) -> Any:
    word = text.strip().lower()
    return True if word in _YES else False if word in _NO else BLANK


def _whole(_: Field, text: str) -> Any:
    number = _number(_, text)
    return number if isinstance(number, int) or number is BLANK or number.is_integer() else BLANK


def _number(_: Field, text: str) -> Any:
    """Read a finite number that JSON can hold."""
    text = text.strip()
    try:
        number = int(text) if _WHOLE.fullmatch(text) else float(text)
    except ValueError:
        return BLANK
    held = -(2**63) <= number < 2**64 if isinstance(number, int) else math.isfinite(number)
    return number if held and "_" not in text else BLANK


def _list(field: Field, text: str) -> Any:
    if text.lstrip().startswith("["):
        return _json(field, text)
    assert field.item  # noqa: S101  a list has an item
    return [read(field.item, item) for item in _BETWEEN_ITEMS.split(text.strip()) if item]


def _json(_: Field, text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        return BLANK


_READERS = {
    "text": _text,
    "choice": _choice,
    "switch": _switch,
    "whole": _whole,
    "number": _number,
    "list": _list,
    "rows": _json,
    "group": _json,
    "json": _json,
}
