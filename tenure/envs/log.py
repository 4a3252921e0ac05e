"""An append-only list whose digest costs the same however long it grows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any, Generic, TypeVar, get_args

import orjson
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")


class Log(Generic[T]):
    """Entries that are never changed once written: mails, bank transactions, sales.

    A world's digest takes in `chain`, a running hash of the entries, instead of the entries
    themselves, so a year of history costs no more than a day of it.

    Args:
        entries: JSON-able values or dataclasses of such.
    """

    __slots__ = ("_entries", "chain")

    def __init__(self, entries: Iterable[T] = ()) -> None:
        self._entries: list[T] = []
        self.chain = ""
        for entry in entries:
            self.append(entry)

    def append(self, entry: T) -> None:
        """Write one more entry."""
        self._entries.append(entry)
        link = self.chain.encode() + orjson.dumps(entry)
        self.chain = blake2b(link, digest_size=16).hexdigest()

    def copy(self) -> Log[T]:
        """Return a log of its own with the same entries, without hashing them again."""
        twin: Log[T] = Log()
        twin._entries, twin.chain = self._entries.copy(), self.chain
        return twin

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> T:
        return self._entries[index]

    def __iter__(self) -> Iterator[T]:
        return iter(self._entries)

    def last(self, count: int) -> list[T]:
        """Return the newest `count` entries, oldest first."""
        return self._entries[-count:] if count > 0 else []

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        (item,) = get_args(source) or (Any,)
        entries = core_schema.list_schema(handler.generate_schema(item))
        return core_schema.no_info_after_validator_function(cls, entries)
