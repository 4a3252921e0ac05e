r"""The command line: a call as a person types it.

    set_price A1 2.50
    stock_slot A1 Orange juice bottle 400 ml 8
    send_mail sales@example.com "Price list" "Hello,\nplease send it."
    answer_forecast 3 probability_percent=40

Arguments stand in the tool's order, or by name. A tool's name may be shortened as long as it is
one tool's. Where there are more words than arguments, one argument takes the rest: a list, else
the last needed text. Quotation marks keep words together; within double ones `\n` is a new line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from tenure.cli.desk.fields import BLANK, Field, fields_of, likely, read, write
from tenure.envs.tools import Mistake, Tool, Toolbox
from tenure.errors import nearest

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_KEY = re.compile(r"(\w+)=")
_BARE = re.compile(r"[^\s\"'\\=]+")
_JSON_START = re.compile(r"[\[{]")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a line.

    Attributes:
        text: What it says, quotation marks taken off.
        start: Where it begins in the line.
        key: The name before its `=`; empty if there is none.
        quoted: Whether some of its text stood in quotation marks.
        open: Whether a quotation mark is not closed.
    """

    text: str
    start: int
    key: str = ""
    quoted: bool = False
    open: bool = False


class Command(NamedTuple):
    """A call as far as it was typed; the tool may need more arguments."""

    tool: Tool
    arguments: dict[str, Any]


def parse(line: str, toolbox: Toolbox) -> Command | str:
    """Return what a line calls, or a sentence that says what is wrong with it.

    The arguments are typed but not checked; see `Tool.read`.
    """
    words = split(line)
    if not words:
        return "Type a call, or choose a tool with F2."
    if words[-1].open:
        return "A quotation mark is not closed."
    tool = find(words[0].text, toolbox)
    if isinstance(tool, str):
        return tool
    fields = fields_of(tool.schema)
    given = _assigned(fields, words[1:])
    return f"{tool.name}: {given}" if isinstance(given, str) else Command(tool, given)


def find(name: str, toolbox: Toolbox) -> Tool | str:
    """Return the tool of a name, be it shortened; or a sentence that says which there are."""
    if name in toolbox.tools:
        return toolbox.tools[name]
    longer = [known for known in toolbox.tools if known.startswith(name)]
    if len(longer) == 1:
        return toolbox.tools[longer[0]]
    if longer:
        return f"{name!r} may be {' or '.join(longer)}."
    return f"There is no tool {name!r}. {nearest(name, toolbox.tools)}"


def told(tool: Tool, arguments: Mapping[str, Any]) -> str:
    """Return the line of a call; `parse` reads it as the same call."""
    words = [tool.name]
    by_name = False
    for field in fields_of(tool.schema):
        if field.name not in arguments:
            by_name = True
            continue
        named = by_name or field.kind == "list" or not field.required
        key = f"{field.name}=" if named else ""
        words.append(key + _word(field, arguments[field.name]))
    return " ".join(words)


def told_action(action: str, toolbox: Toolbox) -> str:
    """Return the line of an action; what is no valid call stays as it is."""
    parsed = toolbox.parse(action)
    if isinstance(parsed, Mistake):
        return action
    tool, _ = parsed
    return told(tool, orjson.loads(action).get("arguments", {}))


def split(line: str) -> list[Word]:
    """Return a line's words."""
    words: list[Word] = []
    at = 0
    while (at := at + len(line[at:]) - len(line[at:].lstrip())) < len(line):
        word, at = _next(line, at)
        words.append(word)
    return words


def _next(line: str, start: int) -> tuple[Word, int]:
    """Read the word that begins at a place; return it, and where it ends."""
    key = _KEY.match(line, start)
    at = key.end() if key else start
    name = key.group(1) if key else ""
    if _JSON_START.match(line, at) and (end := _json_end(line, at)):
        return Word(line[at:end], start, name), end
    pieces: list[str] = []
    quoted = is_open = False
    while at < len(line) and not line[at].isspace():
        if line[at] in "\"'":
            piece, at, is_open = _quotation(line, at)
            quoted = True
        else:
            bare = _BARE.match(line, at)
            piece = bare.group() if bare else line[at]
            at += len(piece)
        pieces.append(piece)
    return Word("".join(pieces), start, name, quoted, is_open), at


def _json_end(line: str, start: int) -> int:
    """Return where JSON text that begins at a place ends; 0 if it is none."""
    from json import JSONDecodeError, JSONDecoder

    try:
        _, end = JSONDecoder().raw_decode(line, start)
    except (JSONDecodeError, RecursionError):
        return 0
    return end if end == len(line) or line[end].isspace() else 0


def _quotation(line: str, start: int) -> tuple[str, int, bool]:
    """Read what stands in quotation marks; return it, where it ends, and if the end is missing."""
    mark, at = line[start], start + 1
    said: list[str] = []
    while at < len(line) and line[at] != mark:
        if mark == '"' and line[at] == "\\" and at + 1 < len(line):
            at += 1
            said.append(_ESCAPES.get(line[at], line[at]))
        else:
            said.append(line[at])
        at += 1
    return "".join(said), at + 1, at >= len(line)


def _assigned(fields: Sequence[Field], words: Sequence[Word]) -> dict[str, Any] | str:
    """Return the arguments that words stand for, or what is wrong."""
    known = {field.name: field for field in fields}
    named = [word for word in words if word.key in known]
    placed = [word for word in words if word.key not in known]
    given: dict[str, Any] = {}
    for word in named:
        given[word.key] = read(known[word.key], word.text, quoted=word.quoted)
    left = [field for field in fields if field.name not in given]
    shares = _shared(left, placed)
    if isinstance(shares, str):
        return shares
    for field, own in shares:
        given[field.name] = _value(field, own)
    return {field.name: given[field.name] for field in fields if _is_given(given, field)}


def _is_given(given: Mapping[str, Any], field: Field) -> bool:
    return given.get(field.name, BLANK) is not BLANK


def _shared(
    fields: Sequence[Field], words: Sequence[Word]
) -> list[tuple[Field, Sequence[Word]]] | str:
    """Give each field its words, in order; one field may take several."""
    takers = [place for place, field in enumerate(fields) if field.kind == "list"]
    if takers and len(words) > takers[0]:
        ends = fields[: takers[0]]
        return [*_one_each(ends, words), (fields[takers[0]], words[takers[0] :])]
    surplus = len(words) - len(fields)
    needed = [field for field in fields if field.required]
    if len(words) > len(needed) and needed and _spreads(needed, words):
        fields, surplus = needed, len(words) - len(needed)
    if surplus <= 0:
        return _one_each(fields, words)
    texts = [place for place, field in enumerate(fields) if field.kind == "text"]
    if not texts:
        names = " ".join(field.name for field in fields)
        return f"it takes {names or 'no arguments'}; what is {_as_typed(words[-1])!r}?"
    before, after = texts[-1], texts[-1] + surplus + 1
    return [
        *_one_each(fields[:before], words[:before]),
        (fields[before], words[before:after]),
        *_one_each(fields[before + 1 :], words[after:]),
    ]


def _spreads(needed: Sequence[Field], words: Sequence[Word]) -> bool:
    """Tell whether the words are more than needed because one text is of several."""
    return needed[-1].kind == "text" and not any(word.quoted for word in words[len(needed) - 1 :])


def _one_each(fields: Sequence[Field], words: Sequence[Word]) -> list[tuple[Field, Sequence[Word]]]:
    return [(field, [word]) for field, word in zip(fields, words, strict=False)]


def _value(field: Field, words: Sequence[Word]) -> Any:
    """Return what a field's words stand for."""
    if field.kind == "list" and field.item and len(words) > 1:
        return [read(field.item, word.text.rstrip(","), quoted=word.quoted) for word in words]
    text = " ".join(_as_typed(word) for word in words)
    return read(field, text, quoted=any(word.quoted for word in words))


def _as_typed(word: Word) -> str:
    return f"{word.key}={word.text}" if word.key else word.text


def _word(field: Field, value: Any) -> str:
    """Write a value as one word."""
    if isinstance(value, str):
        return value if _is_plain(field, value) else _quoted(value)
    if isinstance(value, list | dict):
        return orjson.dumps(value).decode()
    return write(field, value)


def _is_plain(field: Field, text: str) -> bool:
    """Tell whether a text needs no quotation marks to be read as itself."""
    [word, *more] = split(text) or [Word("", 0, open=True)]
    alone = not more and not word.open and not word.key and not word.quoted
    return alone and word.text == text and read(field, text) == text


def _quoted(text: str) -> str:
    for plain, escaped in _ESCAPED.items():
        text = text.replace(plain, escaped)
    return f'"{text}"'


# --- completion ----------------------------------------------------------------------------------


class Completion(NamedTuple):
    """What may stand in place of the word that a line ends with.

    Attributes:
        start: Where that word begins.
        lines: The whole line with each candidate, best first.
    """

    start: int
    lines: list[str]


def complete(line: str, toolbox: Toolbox, seen: Callable[[str, str], Iterable[str]]) -> Completion:
    """Return how a line may go on.

    Args:
        line: What was typed up to the cursor.
        toolbox: The tools.
        seen: Texts that were read or given before, best first, for a tool and an argument.
    """
    words = split(line)
    if not words or line[-1:].isspace():
        words.append(Word("", len(line)))
    last = words[-1]
    if len(words) == 1:
        return Completion(last.start, begun(last.text, toolbox.tools))
    tool = find(words[0].text, toolbox)
    if isinstance(tool, str):
        return Completion(last.start, [])
    fields = {field.name: field for field in fields_of(tool.schema)}
    field = fields.get(last.key) or _awaited(list(fields.values()), words[1:])
    if field is None:
        return Completion(last.start, [])
    head = line[: last.start] + (f"{last.key}=" if last.key in fields else "")
    candidates = [*_values(field), *_likely(field, tool, seen)]
    tails = [_word(field, text) for text in begun(last.text, candidates)]
    names = [f"{name}=" for name in begun(last.text, fields)] if last.text else []
    return Completion(last.start, [head + tail for tail in (*tails, *names)])


def _likely(field: Field, tool: Tool, seen: Callable[[str, str], Iterable[str]]) -> list[str]:
    return likely(field, seen(tool.name, field.name)) if field.kind == "text" else []


def current(line: str, toolbox: Toolbox) -> tuple[Tool, Field | None] | None:
    """Return the tool that a line is about and the argument that its last word gives, if any."""
    words = split(line)
    tool = find(words[0].text, toolbox) if words else ""
    if isinstance(tool, str):
        return None
    if line[-1:].isspace():
        words.append(Word("", len(line)))
    fields = {field.name: field for field in fields_of(tool.schema)}
    field = fields.get(words[-1].key) or _awaited(list(fields.values()), words[1:])
    return tool, field


def _awaited(fields: Sequence[Field], words: Sequence[Word]) -> Field | None:
    """Return the field that the last of a tool's words gives; `None` if no word has begun."""
    known = {field.name for field in fields}
    named = {word.key for word in words} & known
    left = [field for field in fields if field.name not in named]
    place = sum(word.key not in known for word in words) - 1
    if place < 0 or not left:
        return None
    return left[min(place, len(left) - 1)]


def _values(field: Field) -> list[str]:
    if field.kind == "switch":
        return ["yes", "no"]
    return [str(choice) for choice in field.choices]


def begun(text: str, candidates: Iterable[str]) -> list[str]:
    """Return the candidates that begin with a text, then those in which a word does."""
    known = list(dict.fromkeys(candidates))
    if not text:
        return known
    wanted = text.casefold()
    first = [one for one in known if one.casefold().startswith(wanted)]
    taken = set(first)
    inner = re.compile(rf"(?:\b|_){re.escape(text)}", re.IGNORECASE)
    first += [one for one in known if one not in taken and inner.search(one)]
    return [one for one in first if one != text]
