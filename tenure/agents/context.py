"""What a model is shown: the brief, and as many of the latest turns as its window holds.

Between two trims the conversation only grows at its end, so that a provider's prompt cache works.
When it has outgrown the window, whole turns go, oldest first, until a fixed share of the window is
left: rarely, and then many at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import orjson

Message = dict[str, Any]
"""One message in the form in which it goes over the wire."""

CHARS_PER_TOKEN = 4
"""The estimate for what no provider has counted yet."""

DROPPED_NOTE = (
    "[Earlier turns are no longer shown here. What you wrote down with your tools is still there.]"
)
CUT_MARK = "[... cut]"


def cut(text: str, limit_chars: int) -> str:
    """Return a text of at most `limit_chars` characters, with a visible mark where it was cut."""
    if len(text) <= limit_chars:
        return text
    return text[: max(0, limit_chars - len(CUT_MARK) - 1)] + "\n" + CUT_MARK


class Window:
    """The messages of one conversation, bounded in tokens.

    A turn is an assistant's message with the answers to it, so a tool's answer never stands
    without its call. Sizes are estimates at four characters a token until the provider counts a
    prompt; what it then counts more or less is put down to the newest turn, the only one that it
    had not counted before.

    Args:
        head: The messages that are always kept: the brief, then the opening.
        noted: The opening as it reads when turns have been dropped.
        overhead: What else is sent with every request, such as tool definitions.
        limit_tokens: The longest prompt.
        keep_percent: The share of the limit that trimming leaves.
    """

    def __init__(
        self,
        head: Sequence[Message],
        noted: Message,
        overhead: Any,
        limit_tokens: int,
        keep_percent: int,
    ) -> None:
        self.messages: list[Message] = list(head)
        """What to send. Read it, do not change it."""
        self._head_messages = len(self.messages)
        self._turns: deque[_Turn] = deque()
        self._tokens = _estimate(self.messages) + _estimate(overhead)
        self._limit_tokens = limit_tokens
        self._keep_percent = keep_percent
        self._note = noted
        self._noted = False

    @property
    def tokens(self) -> int:
        """The size of the prompt as far as it is known."""
        return self._tokens

    def add(self, turn: Sequence[Message]) -> None:
        """Append a turn: the assistant's message and the answers to it."""
        tokens = _estimate(turn)
        self.messages.extend(turn)
        self._turns.append(_Turn(len(turn), tokens))
        self._tokens += tokens

    def count(self, prompt_tokens: int) -> None:
        """Learn from the provider how large the prompt really was."""
        if self._turns:
            self._turns[-1].tokens += prompt_tokens - self._tokens
        self._tokens = prompt_tokens

    def fit(self) -> int:
        """Trim if the prompt has outgrown the window; return how many messages were dropped."""
        if self._tokens <= self._limit_tokens:
            return 0
        return self._trim(self._limit_tokens)

    def shrink(self) -> int:
        """Trim although the prompt seemed to fit; return how many messages were dropped."""
        return self._trim(min(self._tokens, self._limit_tokens))

    def drop(self, messages: int) -> None:
        """Drop the oldest turns, as many as hold that many messages (as `fit` returned)."""
        self._drop_until(lambda dropped: dropped >= messages)

    def _trim(self, tokens: int) -> int:
        target = tokens * self._keep_percent // 100
        return self._drop_until(lambda _: self._tokens <= target)

    def _drop_until(self, enough: Callable[[int], bool]) -> int:
        dropped = 0
        while len(self._turns) > 1 and not enough(dropped):
            turn = self._turns.popleft()
            self._tokens -= turn.tokens
            dropped += turn.messages
        if dropped:
            del self.messages[self._head_messages : self._head_messages + dropped]
            self._note_once()
        return dropped

    def _note_once(self) -> None:
        if self._noted:
            return
        self._noted = True
        self.messages[self._head_messages - 1] = self._note
        self._tokens += len(DROPPED_NOTE) // CHARS_PER_TOKEN


class _Turn:
    """The size of a turn."""

    __slots__ = ("messages", "tokens")

    def __init__(self, messages: int, tokens: int) -> None:
        self.messages = messages
        self.tokens = tokens


def _estimate(value: Any) -> int:
    return len(orjson.dumps(value)) // CHARS_PER_TOKEN
