"""What a model said, whichever API it said it in.

A record holds a message in the form of its API: Chat Completions has `content` and fields for
reasoning beside it, Responses a list of `output` items, Messages `content` blocks, Gemini `parts`.
All of them come down to a list of pieces, each with text that is spoken or thought. What is none
of these says nothing: a record may be anybody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_THOUGHTS = ("reasoning_content", "reasoning")
"""Where servers of Chat Completions put reasoning as text; some say the same in both."""


def said(message: Any) -> str:
    """Return the words of a message that were for others, a refusal too; empty if there are none.

    Args:
        message: What a model said, as an exchange holds it; agents of one's own may put text there.
    """
    if not isinstance(message, Mapping):
        return message if isinstance(message, str) else ""
    told = _text(message, "content") or "".join(_spoken(message))
    return told or _text(message, "refusal")


def reasoning(message: Any) -> str:
    """Return the words of a message that were for itself, as far as its provider shows them."""
    if not isinstance(message, Mapping):
        return ""
    told = next(filter(None, (_text(message, name) for name in _THOUGHTS)), "")
    return told or "\n".join(filter(None, _thought(message)))


def _spoken(message: Mapping[str, Any]) -> Iterator[str]:
    for part in _objects(message, "content"):
        yield _text(part, "text")
    for item in _objects(message, "output"):
        if item.get("type") == "message":
            for part in _objects(item, "content"):
                yield _text(part, "text") or _text(part, "refusal")
    for part in _objects(message, "parts"):
        if not part.get("thought"):
            yield _text(part, "text")


def _thought(message: Mapping[str, Any]) -> Iterator[str]:
    for detail in _objects(message, "reasoning_details"):
        yield _text(detail, "text") or _text(detail, "summary")
    for item in _objects(message, "output"):
        if item.get("type") == "reasoning":
            told = _objects(item, "content") or _objects(item, "summary")
            yield from (_text(part, "text") for part in told)
    for block in _objects(message, "content"):
        yield _text(block, "thinking")
    for part in _objects(message, "parts"):
        if part.get("thought"):
            yield _text(part, "text")


def _objects(whole: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = whole.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _text(whole: Mapping[str, Any], name: str) -> str:
    found = whole.get(name)
    return found if isinstance(found, str) else ""
