"""What a model is shown: the brief, and as many of the latest turns as its window holds.

Between two trims the conversation only grows at its end, so that a provider's prompt cache works.
When it has outgrown the window, old turns go until a fixed share of the window is left: rarely, and
then many at once. What goes first is the policy: whole turns, or the answers of old turns while the
calls stay; a summary of what is dropped can stand in its place.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from tenure.agents.protocols import ToolProtocol

Message = dict[str, Any]
"""One message in the form in which it goes over the wire."""

CHARS_PER_TOKEN = 4
"""The estimate for what no provider has counted yet."""

DROPPED_NOTE = (
    "[Earlier turns are no longer shown here. What you wrote down with your tools is still there.]"
)
SUMMARY_NOTE = "[Earlier turns are no longer shown here. This is your own summary of them:]"
CLEARED_MARK = "[no longer shown]"
CUT_MARK = "[... cut]"

HEAD_MESSAGES = 2
"""The brief and the opening, which always stay."""


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
    had not counted before. A message is estimated once, and once more if it is cleared.

    Args:
        protocol: Writes the messages.
        brief: What the agent is told of its job; always kept.
        opening: The first observation; always kept.
        limit_tokens: The longest prompt.
        keep_percent: The share of the limit that trimming leaves.
        clears: Whether old answers go before whole turns do.
        reserve_tokens: Room for a summary that trimming leaves in addition.
    """

    def __init__(
        self,
        protocol: ToolProtocol,
        brief: str,
        opening: str,
        *,
        limit_tokens: int,
        keep_percent: int,
        clears: bool = False,
        reserve_tokens: int = 0,
    ) -> None:
        self.messages: list[Message] = [protocol.system(brief), protocol.user(opening)]
        """What to send. Read it, do not change it."""
        self.dropped = 0
        """How many messages have been dropped so far."""
        self.cleared = 0
        """How many of the turns that are shown, from the oldest on, are without their answers."""
        self._protocol = protocol
        self._opening = opening
        self._note = ""
        self._note_tokens = 0
        self._turns: deque[_Turn] = deque()
        self._tokens = _estimate(self.messages) + _estimate(protocol.fields)
        self._limit_tokens = limit_tokens
        self._keep_percent = keep_percent
        self._clears = clears
        self._reserve_tokens = reserve_tokens

    @property
    def tokens(self) -> int:
        """The size of the prompt as far as it is known."""
        return self._tokens

    @property
    def is_full(self) -> bool:
        """Whether the prompt has outgrown the window."""
        return self._tokens > self._limit_tokens

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

    def surplus(self) -> int:
        """Return how many messages trimming would drop, if it cleared none."""
        excess = self._tokens - self._goal_tokens
        old = list(self._turns)[:-1]
        before = accumulate((turn.tokens for turn in old), initial=0)
        going = takewhile(lambda one: one[1] < excess, zip(old, before, strict=False))
        return sum(turn.messages for turn, _ in going)

    def trim(self) -> bool:
        """Make the prompt smaller; return whether anything went.

        It is made as small as the kept share of the window, or of itself if it seemed to fit.
        """
        before = self.dropped, self.cleared
        goal_tokens = self._goal_tokens
        if self._clears:
            for_turns = goal_tokens - self._tokens + sum(turn.tokens for turn in self._turns)
            most = len(self._turns) - self._whole_turns(for_turns // 2)
            self._clear_until(lambda index: index >= most or self._tokens <= goal_tokens)
        self._drop_until(lambda _: self._tokens <= goal_tokens)
        return (self.dropped, self.cleared) != before

    def drop(self, messages: int) -> None:
        """Drop the oldest turns, as many as hold that many messages."""
        self._drop_until(lambda dropped: dropped >= messages)

    def clear(self, turns: int) -> None:
        """Clear the answers of that many of the oldest turns that are shown."""
        self._clear_until(lambda index: index >= turns)

    def summarise(self, text: str) -> None:
        """Put a summary after the opening, in place of an earlier one."""
        self._annotate(f"{SUMMARY_NOTE}\n{text}")

    @property
    def _goal_tokens(self) -> int:
        """The size that trimming leaves; a summary may be written anew as long as it may be."""
        kept = min(self._tokens, self._limit_tokens) * self._keep_percent // 100
        return kept - max(0, self._reserve_tokens - self._note_tokens)

    def _whole_turns(self, most_tokens: int) -> int:
        """Return how many of the newest turns have no more tokens; at least one."""
        sizes = accumulate(turn.tokens for turn in reversed(self._turns))
        return max(1, sum(1 for _ in takewhile(lambda size: size <= most_tokens, sizes)))

    def _drop_until(self, enough: Callable[[int], bool]) -> None:
        dropped = 0
        while len(self._turns) > 1 and not enough(dropped):
            turn = self._turns.popleft()
            self._tokens -= turn.tokens
            self.cleared = max(0, self.cleared - 1)
            dropped += turn.messages
        if dropped:
            del self.messages[HEAD_MESSAGES : HEAD_MESSAGES + dropped]
            self.dropped += dropped
            if not self._note:
                self._annotate(DROPPED_NOTE)

    def _clear_until(self, enough: Callable[[int], bool]) -> None:
        start = HEAD_MESSAGES
        for index, turn in enumerate(self._turns):
            if index >= self.cleared:
                if enough(index):
                    return
                self._clear_turn(turn, start)
                self.cleared = index + 1
            start += turn.messages

    def _clear_turn(self, turn: _Turn, start: int) -> None:
        """Clear a turn; the estimate of what that frees is its share of the turn's tokens."""
        place = slice(start, start + turn.messages)
        self.messages[place] = map(self._protocol.cleared, self.messages[place])
        left = _estimate(self.messages[place])
        freed = turn.tokens * (turn.estimate - left) // max(1, turn.estimate)
        turn.tokens -= freed
        self._tokens -= freed

    def _annotate(self, note: str) -> None:
        before = _estimate([self.messages[HEAD_MESSAGES - 1]])
        opening = self._protocol.user(f"{self._opening}\n\n{note}")
        self.messages[HEAD_MESSAGES - 1] = opening
        self._tokens += _estimate([opening]) - before
        self._note, self._note_tokens = note, len(note) // CHARS_PER_TOKEN


class _Turn:
    """The size of a turn: how many messages, and tokens as estimated and as known since."""

    __slots__ = ("estimate", "messages", "tokens")

    def __init__(self, messages: int, estimate: int) -> None:
        self.messages = messages
        self.estimate = estimate
        self.tokens = estimate


def _estimate(value: Any) -> int:
    return len(orjson.dumps(value)) // CHARS_PER_TOKEN
