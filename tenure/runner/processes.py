"""Plays episodes in several processes of this machine, and does other work there.

Each process hangs on a pipe of its own, so that one that is killed takes nothing with it and its
end is noticed at once. When its pipe closes, or the run is over, a process cancels what it plays,
so that agents close what they have opened, and ends: however the run ends, none is left.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import (
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from time import monotonic
from typing import Any, Literal, NamedTuple, TypeVar

from tenure.agents.network.limits import UNLIMITED, Limits
from tenure.envs import jobs
from tenure.errors import ProviderError
from tenure.runner.budget import Brake
from tenure.runner.episode import Assignment, Watcher
from tenure.runner.inline import Failure, play_here
from tenure.runner.shards import (
    News,
    Shard,
    check_portable,
    play_in_shards,
    play_shard,
    useful_workers,
)

GRACE_S = 5.0
"""How long a process may take to stop before it is made to."""
WORTH_S = 4.0
"""How long what is left must take in this process for others to be worth their start."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_T = TypeVar("_T")
_R = TypeVar("_R")
_Send = Callable[[Any], None]
_Work = Callable[[_Send, Brake], Awaitable[Any]]
"""What a process does: it may send news and be stopped; what it returns is sent at the end."""


class _Message(NamedTuple):
    """What a process sends."""

    kind: Literal["news", "done", "raised"]
    content: Any


class _Pull(NamedTuple):
    """What a process is sent to stop between two answers; see `Brake.pull`."""

    reason: str
    grace_s: float


class _Lost(NamedTuple):
    """A process ended before its work did, and how."""

    reason: str


def processors() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows do not say
        return os.cpu_count() or 1


async def play_in_processes(
    todo: Sequence[Assignment],
    hold: AbstractContextManager[None],
    watcher: Watcher,
    concurrency: int,
    *,
    limits: Limits = UNLIMITED,
    brake: Brake | None = None,
    workers: int,
) -> list[Failure]:
    """Play episodes in so many processes; a `Place` once it is given `workers`."""
    workers = useful_workers(workers, todo, limits)
    if workers < 2:
        return await play_here(todo, hold, watcher, concurrency, limits=limits, brake=brake)
    check_portable(todo)
    with hold:
        async with _processes(workers) as crew:
            return await play_in_shards(
                todo, crew, watcher, concurrency, limits=limits, brake=brake
            )


def worth_starting(each_s: float, count: int) -> int:
    """Return how many processes are worth their start, for so much that takes so long."""
    return processors() if each_s * count > WORTH_S else 1


def spread(
    function: Callable[[_T], _R],
    arguments: Sequence[_T],
    *,
    workers: int | None = None,
) -> list[_R]:
    """Apply a function to each argument, as `map` does, in processes if that is worth it.

    Args:
        function: One that a process can import, or a `partial` of one.
        arguments: What it is applied to.
        workers: How many processes; `None` to find out from the first argument.

    Raises:
        ProviderError: If a process was killed.
    """
    done: list[_R] = []
    if workers is None:
        began_s = monotonic()
        done = [function(argument) for argument in arguments[:1]]
        workers = worth_starting(monotonic() - began_s, len(arguments) - 1)
    left = arguments[len(done) :]
    if min(workers, len(left)) < 2:
        return done + [function(argument) for argument in left]
    work = partial(_apply, function, jobs.known())
    return done + asyncio.run(_spread(work, left, min(workers, len(left))))


async def _apply(
    function: Callable[[_T], _R], known: Mapping[str, str], argument: _T, *_: object
) -> _R:
    jobs.learn(known)
    return function(argument)


async def _spread(work: Callable[..., Any], arguments: Sequence[Any], workers: int) -> list[Any]:
    left = deque(enumerate(arguments))
    results: dict[int, Any] = {}

    async def keep_busy(process: _Process) -> None:
        while left:
            place, argument = left.popleft()
            results[place] = await process.do(partial(work, argument), _ignore)
            if isinstance(results[place], _Lost):
                raise ProviderError(f"A process ended too early, {results[place].reason}.")

    async with _processes(workers) as crew:
        try:
            async with asyncio.TaskGroup() as group:
                for process in crew:
                    group.create_task(keep_busy(process))
        except BaseExceptionGroup as errors:
            first = errors.exceptions[0]
            raise first from first.__cause__  # and not from the group
    return [results[place] for place in range(len(arguments))]


def _ignore(news: Any) -> None:
    """There are no news."""


@asynccontextmanager
async def _processes(count: int) -> AsyncIterator[list[_Process]]:
    """Yield processes that start when they have something to do, and stop them afterwards."""
    crew = [_Process() for _ in range(count)]
    try:
        yield crew
    finally:
        for process in crew:
            process.ask_to_stop()
        await asyncio.gather(*(process.stop() for process in crew))


class _Process:
    """A worker in a process of its own; a `Worker`."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._sending = threading.Lock()
        self._running: tuple[Any, Connection] | None = None

    async def play(self, shard: Shard, hear: Callable[[News], None]) -> str:
        lost = await self.do(partial(play_shard, shard), hear)
        return lost.reason if isinstance(lost, _Lost) else ""

    async def do(self, work: _Work, hear: Callable[[Any], None]) -> Any:
        """Have work done and return its result, or `_Lost` if the process ended before."""
        if self._running is None:
            self._running = _started()
        process, connection = self._running
        try:
            await self._apart(self._send, connection, work)
            while (message := await self._apart(connection.recv)).kind == "news":
                hear(message.content)
        except (EOFError, OSError):
            self._running = None
            await self._apart(process.join)
            connection.close()
            return _Lost(_manner(process.exitcode))
        if message.kind == "raised":
            raise message.content
        return message.content

    async def pull(self, reason: str, grace_s: float) -> None:
        if self._running:
            with suppress(OSError):
                await asyncio.to_thread(self._send, self._running[1], _Pull(reason, grace_s))

    def ask_to_stop(self) -> None:
        """Let the process cancel what it does."""
        if self._running:
            with suppress(OSError):
                self._send(self._running[1], None)

    def _send(self, connection: Connection, message: _Work | _Pull | None) -> None:
        """Send a message as a whole, from whatever thread."""
        with self._sending:
            connection.send(message)

    async def stop(self) -> None:
        """Wait until the process has ended, and make it end if it does not."""
        if self._running:
            process, connection = self._running
            await asyncio.to_thread(process.join, GRACE_S + 1)
            process.kill()
            await self._apart(process.join)
            connection.close()
        self._thread.shutdown()

    async def _apart(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call what may have to wait, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)


def _started() -> tuple[Any, Connection]:
    """Start a process, and return it with our end of its pipe."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    with _holding_signals():
        process.start()
    theirs.close()
    return process, ours


@contextmanager
def _holding_signals() -> Iterator[None]:
    """Let a process that is started here begin deaf to Ctrl-C and SIGTERM: the run stops it.

    Signals that come meanwhile are held, by it until `_serve` ignores them, by us until the end.
    """
    if sys.platform == "win32":  # which has no such mask
        yield
        return
    resource_tracker.ensure_running()  # when it starts, it lets them through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ignore_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def _manner(code: int | None) -> str:
    """Return how a process ended."""
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"with exit code {code}"


def _serve(connection: Connection) -> None:
    """Be a worker: do what comes through the pipe until it closes, or until `None` comes."""
    _ignore_signals()
    with suppress(asyncio.CancelledError, BrokenPipeError, ConnectionResetError):
        asyncio.run(_attend(connection))


async def _attend(connection: Connection) -> None:
    inbox: asyncio.Queue[_Work] = asyncio.Queue()
    loop, me = asyncio.get_running_loop(), asyncio.current_task()
    if me is None:
        raise AssertionError("a coroutine that runs is a task's")

    brake = Brake()

    def deliver(message: _Work | _Pull) -> None:
        if isinstance(message, _Pull):
            loop.call_soon_threadsafe(brake.pull, *message)
        else:
            loop.call_soon_threadsafe(inbox.put_nowait, message)

    def stop() -> None:
        loop.call_soon_threadsafe(me.cancel)

    threading.Thread(target=_listen, args=(connection, deliver, stop), daemon=True).start()
    while True:
        connection.send(await _outcome(await inbox.get(), connection, brake))


async def _outcome(work: _Work, connection: Connection, brake: Brake) -> _Message:
    try:
        result = await work(lambda news: connection.send(_Message("news", news)), brake)
    except Exception as error:  # noqa: BLE001  it is raised where the run is
        error.add_note(f"In a worker:\n{''.join(traceback.format_exception(error))}")
        return _Message("raised", error)
    return _Message("done", result)


def _listen(
    connection: Connection, deliver: Callable[[_Work | _Pull], object], stop: Callable[[], object]
) -> None:
    """Take what comes through the pipe; then stop the process, in the end by force."""
    with suppress(EOFError, OSError):
        while (message := _received(connection)) is not None:
            deliver(message)
    with suppress(RuntimeError):  # the loop has just ended by itself
        stop()
    time.sleep(GRACE_S)
    os._exit(1)


def _received(connection: Connection) -> _Work | _Pull | None:
    """Return the next message; work that cannot be unpickled here fails when it is done."""
    try:
        message: _Work | _Pull | None = connection.recv()
    except (EOFError, OSError):
        raise
    except Exception as error:  # noqa: BLE001  it is raised where the run is
        return partial(_fail, error)
    return message


async def _fail(error: Exception, *_: object) -> None:
    raise error
