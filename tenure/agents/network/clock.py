"""The clock by which requests wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Clock:
    """The running event loop's; another one takes its place where nobody is to wait."""

    def time(self) -> float:
        """Return the seconds since some moment; they only go forward."""
        return asyncio.get_running_loop().time()

    def call_at(self, when_s: float, callback: Callable[[], None]) -> asyncio.Handle:
        """Call a function at a time of this clock, unless the handle is cancelled before."""
        return asyncio.get_running_loop().call_at(when_s, callback)

    async def sleep(self, seconds: float) -> None:
        """Wait for so long."""
        await asyncio.sleep(seconds)
