"""The layer itself: a scratchpad, a key-value store and a vector store as tools of any world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field

from tenure.envs.layers import Layer, grown
from tenure.envs.log import Log
from tenure.envs.memory.embedding import closest
from tenure.envs.tools import Refusal, tool
from tenure.envs.world import World
from tenure.errors import nearest

Kind = Literal["scratchpad", "key_value", "vector"]

SCRATCHPAD_CHARS = 20_000
VALUE_CHARS = 5_000
MOST_KEYS = 500
MOST_TEXTS = 500
_KEYS_TOLD = 30

_Text = Annotated[str, Field(min_length=1, max_length=VALUE_CHARS)]
_Key = Annotated[str, Field(min_length=1, max_length=100)]


@dataclass(slots=True)
class Memory:
    """What a world's state has in addition.

    Attributes:
        scratchpad: The whole text.
        values: By key, in the order of first writing.
        texts: What the vector store holds, oldest first; vectors follow from them.
    """

    scratchpad: str = ""
    values: dict[str, str] = field(default_factory=dict)
    texts: Log[str] = field(default_factory=Log)


class _Remembering(Layer):
    """What the kinds of memory share."""

    @property
    def _memory_of_agent(self) -> Memory:
        memory: Memory = self.state.agent_memory
        return memory


class Scratchpad(_Remembering):
    """One text that grows."""

    @tool(minutes=5, writes=True)
    def write_scratchpad(self, text: _Text) -> str:
        """Add a text to the end of your scratchpad."""
        memory = self._memory_of_agent
        whole = f"{memory.scratchpad}\n{text}" if memory.scratchpad else text
        if len(whole) > SCRATCHPAD_CHARS:
            raise Refusal(
                f"The scratchpad holds {SCRATCHPAD_CHARS:,} characters and has "
                f"{SCRATCHPAD_CHARS - len(memory.scratchpad):,} left; erase_scratchpad makes room."
            )
        memory.scratchpad = whole
        return f"Written; {SCRATCHPAD_CHARS - len(whole):,} characters are left."

    @tool(minutes=5)
    def read_scratchpad(self) -> str:
        """Read the whole scratchpad."""
        return self._memory_of_agent.scratchpad or "The scratchpad is empty."

    @tool(minutes=5, writes=True)
    def erase_scratchpad(self) -> str:
        """Erase the whole scratchpad."""
        self._memory_of_agent.scratchpad = ""
        return "The scratchpad is empty now."


class KeyValues(_Remembering):
    """Texts by key."""

    @tool(minutes=5, writes=True)
    def set_kv_value(self, key: _Key, value: _Text) -> str:
        """Keep a value under a key; an older value of that key is replaced."""
        values = self._memory_of_agent.values
        if key not in values and len(values) >= MOST_KEYS:
            raise Refusal(f"There are {MOST_KEYS} keys already; delete_kv_value makes room.")
        values[key] = value
        return f"Kept under {key!r}."

    @tool(minutes=5)
    def get_kv_value(self, key: _Key) -> str:
        """Read the value under a key."""
        return self.__find(key)

    @tool(minutes=5, writes=True)
    def delete_kv_value(self, key: _Key) -> str:
        """Delete a key and its value."""
        self.__find(key)
        del self._memory_of_agent.values[key]
        return f"Deleted {key!r}."

    def __find(self, key: str) -> str:
        values = self._memory_of_agent.values
        if key in values:
            return values[key]
        newest = list(values)[-_KEYS_TOLD:]
        known = (
            f"{nearest(key, values)} Newest keys: {', '.join(newest)}." if newest else "No keys."
        )
        raise Refusal(f"There is no key {key!r}. {known}")


class VectorStore(_Remembering):
    """Texts that are found by likeness."""

    @tool(minutes=5, writes=True)
    def add_to_vector_db(self, text: _Text) -> str:
        """Keep a text in the vector database."""
        texts = self._memory_of_agent.texts
        if len(texts) >= MOST_TEXTS:
            raise Refusal(f"The vector database is full: it holds {MOST_TEXTS:,} texts.")
        texts.append(text)
        return f"Added as text {len(texts)}."

    @tool(minutes=5)
    def search_vector_db(
        self,
        query: Annotated[str, Field(min_length=1, max_length=1_000)],
        results: Annotated[int, Field(ge=1, le=20)] = 5,
    ) -> str:
        """Find the texts in the vector database that are most like a query, best first."""
        texts = list(self._memory_of_agent.texts)
        if not texts:
            return "The vector database is empty."
        found = closest(query, texts, results)
        lines = [f"{one.at + 1}. ({_shown(one.score_permille)}) {texts[one.at]}" for one in found]
        return "\n".join(lines) or "Nothing in the vector database is like that."


_KINDS: dict[Kind, type] = {
    "scratchpad": Scratchpad,
    "key_value": KeyValues,
    "vector": VectorStore,
}


def remembering(world: type[World[Any]], kinds: Sequence[Kind]) -> type[World[Any]]:
    """Return a world with the memory tools of some kinds over it, the same class each time.

    Raises:
        ContractError: If the world has a tool of one of their names already.
    """
    return _new_class(world, tuple(kind for kind in _KINDS if kind in kinds))


@cache
def _new_class(world: type[World[Any]], kinds: tuple[Kind, ...]) -> type[World[Any]]:
    mixins = [_KINDS[kind] for kind in kinds]
    return grown(world, "Remembering", mixins, ("agent_memory", Memory))


def _shown(permille: int) -> str:
    return f"likeness {permille // 1000}.{permille % 1000:03d}"
