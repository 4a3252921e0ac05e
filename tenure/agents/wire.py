"""JSON as an endpoint sends it, made once, on arrival, into what can be written again unchanged.

Readers of JSON take more than writers: deeper nesting, numbers without bounds, halves of
characters. What has passed through here is recorded as it stands and goes back over the wire as it
stands, so a conversation rebuilt from its record is the same to the byte.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import orjson

MAX_DEPTH = 100
"""The deepest nesting that is kept; orjson writes some 250 levels, its reader takes 1,024."""
DEPTH_MARK = "[nested too deeply]"
KEY_MARK = "[key]"

_SECRET_CHARS = 16
"""Shorter keys are placeholders such as `EMPTY`, and words that an answer may well hold."""


def _spelled(character: str) -> str:
    """Return a pattern for a character as it stands, and escaped once or more as JSON escapes."""
    plain = re.escape(character)
    if character in '"\\/':
        plain = rf"\\{{0,8}}{plain}"
    return rf"(?:{plain}|\\{{1,8}}u(?i:{ord(character):04x}))"


class Secret:
    """A key that no record and no error may show.

    Args:
        key: The key; one of fewer than 16 characters hides nothing.
    """

    def __init__(self, key: str) -> None:
        spelled = "".join(map(_spelled, key))
        self._pattern = re.compile(spelled) if len(key) >= _SECRET_CHARS else None
        self._plain = (
            key.encode("utf-8", "replace") if re.fullmatch(r"[!#-.0-\[\]-~]*", key) else b""
        )

    def hidden(self, text: str) -> str:
        """Return a text without the key, also where JSON within the text spells it with escapes."""
        return self._pattern.sub(KEY_MARK, text) if self._pattern else text

    def is_absent(self, body: bytes) -> bool:
        """Tell whether no text in a body of JSON can hold the key; `False` also if in doubt.

        A body without numbered escapes spells a key of plain characters in one way only.
        """
        return not self._pattern or (
            self._plain != b"" and rb"\u" not in body and self._plain not in body
        )


NO_SECRET = Secret("")


def read(body: bytes, secret: Secret = NO_SECRET) -> Any:
    """Read JSON that can be written again, without the secret if there is one.

    What is nested beyond `MAX_DEPTH` becomes `DEPTH_MARK`; numbers that JSON's writers refuse
    become text; half a character, where a model was cut off within one, becomes "?".

    Raises:
        ValueError: If it is not JSON, or nested too deeply to be read at all.
    """
    try:
        parsed = orjson.loads(body)
    except ValueError:
        return _writable(_parsed_leniently(body), secret, 0)
    if _is_shallow(body) and secret.is_absent(body):
        return parsed  # orjson reads strictly: all that it read it writes
    return _writable(parsed, secret, 0)


def _is_shallow(body: bytes) -> bool:
    """Tell whether JSON has too few brackets to be nested too deeply."""
    return body.count(b"{") + body.count(b"[") < MAX_DEPTH


def _parsed_leniently(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8", "replace"))
    except RecursionError:
        raise ValueError("nested too deeply to be read") from None


def _writable(value: Any, secret: Secret, depth: int) -> Any:
    match value:
        case str():
            return secret.hidden(value.encode("utf-8", "replace").decode())
        case dict() | list() if depth == MAX_DEPTH:
            return DEPTH_MARK
        case dict():
            return {
                _writable(name, secret, depth): _writable(item, secret, depth + 1)
                for name, item in value.items()
            }
        case list():
            return [_writable(item, secret, depth + 1) for item in value]
        case int() | float() if not _is_writable(value):
            return str(value)
    return value


def _is_writable(number: float) -> bool:
    if isinstance(number, int):
        return -(2**63) <= number < 2**64
    return math.isfinite(number)
