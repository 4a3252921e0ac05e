"""Plays episodes on a Ray cluster, with the extra `ray`.

An actor a processor plays shard after shard, as a process of this machine would. What a lost actor
had is played on by a new one, wherever Ray puts it, from what was recorded: on a file system that
all machines share, or in a store (see `tenure.runner.store`) that each worker pushes to.
"""

from __future__ import annotations

import asyncio
import io
import os
import platform
import signal
import socket
import tempfile
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import (
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    redirect_stderr,
    suppress,
)
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tenure import __version__
from tenure.agents.network.limits import UNLIMITED, Limits
from tenure.errors import ProviderError, UsageError
from tenure.runner.budget import Brake
from tenure.runner.episode import Assignment, Watcher, is_complete
from tenure.runner.inline import Failure, failed
from tenure.runner.shards import (
    News,
    Shard,
    check_portable,
    play_in_shards,
    play_shard,
    useful_workers,
)

if TYPE_CHECKING:
    from tenure.runner.store import Store

GRACE_S = 5.0
"""How long a worker may take to stop before it is made to."""
_CONNECT_S = 10.0
_STORE_BYTES = 80 * 2**20
"""The object store of a cluster of our own: the least that Ray takes, as we put nothing there."""
SECONDS_BEFORE_POLL = 1.0
"""How long after a shard has begun it is asked for news; each time after it, twice as long."""
MOST_SECONDS_BETWEEN_POLLS = 4.0
_POLLS_A_SECOND = 100
"""How often all workers together are asked for news at most."""


class _Playing(NamedTuple):
    """What an actor plays, in a thread of its own."""

    loop: asyncio.AbstractEventLoop
    task: asyncio.Task[None]
    brake: Brake

    def call(self, function: Callable[..., object], *arguments: Any) -> None:
        """Call a function in that thread."""
        with suppress(RuntimeError):  # it has just ended by itself
            self.loop.call_soon_threadsafe(function, *arguments)


class Hand:
    """An actor that plays shards; its methods may be called at the same time."""

    def __init__(self) -> None:
        self._news: list[News] = []
        self._handing_over = threading.Lock()
        self._playing: _Playing | None = None
        self._pulled: tuple[str, float] | None = None

    def version(self) -> str:
        """Return the version of Tenure that is installed there."""
        return __version__

    def play(self, shard: Shard, store: tuple[str, Path] | None) -> list[News]:
        """Play a shard.

        Args:
            shard: Which episodes.
            store: A URL, and the folder that mirrors it where the run was started; `None` if the
                records go to the paths that are said.

        Returns:
            What was told since the last call of `news`.

        Raises:
            UsageError: If there is no such folder here, or an agent cannot be had.
        """
        if store:
            self._play_in_store(shard, *store)
            return self.news()
        folder = shard.items[0].path.parents[2]
        if not folder.is_dir():
            raise UsageError(
                f"On {socket.gethostname()} there is no {folder}. Name a folder that all machines "
                f"of the cluster share, or one in a store, such as --out s3://BUCKET/RUN."
            )
        self._play(shard)
        return self.news()

    def news(self) -> list[News]:
        """Return what was told since the last call."""
        with self._handing_over:
            told, self._news = self._news, []
        return told

    def stop(self) -> None:
        """Cancel what is played; `play` returns soon."""
        if self._playing:
            self._playing.call(self._playing.task.cancel)

    def pull(self, reason: str, grace_s: float) -> None:
        """Pull the brake of what is played, and of all that is played later."""
        self._pulled = reason, grace_s
        if self._playing:
            self._playing.call(self._playing.brake.pull, reason, grace_s)

    def _play_in_store(self, shard: Shard, url: str, root: Path) -> None:
        from tenure.runner.store import Store, pushing

        folder = Path(tempfile.mkdtemp(prefix="tenure-"))
        store = Store(url, folder)
        names = [item.path.relative_to(root) for item in shard.items]
        items = [
            replace(item, path=folder / name) for item, name in zip(shard.items, names, strict=True)
        ]
        with pushing(store):
            store.fetch([name.as_posix() for name in names])
            self._play(replace(shard, items=items))

    def _play(self, shard: Shard) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run(_attend(self, shard))

    def hear(self, news: News) -> None:
        """Keep news until they are asked for."""
        with self._handing_over:
            self._news.append(news)

    def begin(self, playing: _Playing) -> None:
        """Know what is to be stopped if the run stops."""
        self._playing = playing
        if self._pulled:
            playing.brake.pull(*self._pulled)


async def _attend(hand: Hand, shard: Shard) -> None:
    """Play a shard; no method of the actor, which would then have one thread for all of them."""
    brake = Brake()
    task = asyncio.create_task(play_shard(shard, hand.hear, brake))
    hand.begin(_Playing(asyncio.get_running_loop(), task, brake))
    await task


async def play_on_ray(
    todo: Sequence[Assignment],
    hold: AbstractContextManager[None],
    watcher: Watcher,
    concurrency: int,
    *,
    limits: Limits = UNLIMITED,
    brake: Brake | None = None,
    address: str = "ray",
    workers: int | None = None,
    store: Store | None = None,
) -> list[Failure]:
    """Play episodes on a cluster; a `Place`.

    Args:
        todo: Which.
        hold: Holds the folders.
        watcher: Is told of the steps.
        concurrency: How many episodes of agents that wait may be under way at a time.
        limits: What all of them together may ask of one endpoint.
        brake: Stops all of them.
        address: `ray://HOST:PORT` or `HOST:PORT` of a cluster; `ray` for the one that RAY_ADDRESS
            names, or else one of this machine that ends with the run.
        workers: How many actors, a processor each; `None` for as many as the cluster has.
        store: Where the records go, if it is no folder of a shared file system.

    Raises:
        UsageError: If Ray is not installed, or the cluster cannot be reached or does not fit.
    """
    check_portable(todo)
    placed = [replace(item, path=item.path.resolve()) for item in todo]
    where = (store.url, store.folder.resolve()) if store else None
    with hold:
        if not placed:
            return []
        with _cluster(address) as ray:
            count = useful_workers(workers or _processors(ray), placed, limits)
            async with _hands(ray, count, where, _longest_s(brake)) as crew:
                failures = await play_in_shards(
                    placed, crew, watcher, concurrency, limits=limits, brake=brake
                )
    if store is None:
        return failures
    _bring_back(store)
    is_stopped = brake is not None and brake.reason
    return failures if is_stopped else [*failures, *_not_arrived(placed, failures, watcher)]


@contextmanager
def _cluster(address: str) -> Iterator[Any]:
    """Yield Ray, connected to a cluster; one of our own ends with it.

    Raises:
        UsageError: As `_connected` does.
    """
    ray = _connected(address)
    try:
        yield ray
    finally:
        ray.shutdown()


def _processors(ray: Any) -> int:
    """Return how many processors a cluster has, at least one."""
    return int(ray.cluster_resources().get("CPU", 1)) or 1


def _bring_back(store: Store) -> None:
    """Bring what the workers have pushed into the folder of the run.

    Raises:
        UsageError: If the store cannot be reached.
    """
    from tenure.runner.store import reaching

    with reaching(store):
        store.fetch()


def _longest_s(brake: Brake | None) -> float:
    """Return for how long a worker is asked for no news: what is limited, a run hears at once."""
    limited = brake is not None and brake.budget.counts_before
    return SECONDS_BEFORE_POLL if limited else MOST_SECONDS_BETWEEN_POLLS


def _not_arrived(
    placed: Sequence[Assignment], failures: Sequence[Failure], watcher: Watcher
) -> list[Failure]:
    """Return the failures of episodes that were told to be over, but are not in the store."""
    known = {failure.assignment.path for failure in failures}
    error = ProviderError("its worker ended before all of its record was in the store.")
    return [
        failed(item, error, watcher)
        for item in placed
        if item.path not in known and not is_complete(item.path)
    ]


def _connected(address: str) -> Any:
    """Return Ray, connected to a cluster: quiet, without a dashboard and reports of its use.

    Raises:
        UsageError: If it is not installed, or there is no such cluster, or one of another version.
    """
    ray = _imported()
    named = os.environ.get("RAY_ADDRESS", "local") if address == "ray" else address
    if named not in ("local", "auto"):
        _check_reachable(named)
    terminating = signal.getsignal(signal.SIGTERM)
    _join(ray, named)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, terminating)  # Ray has put one of its own
    return ray


def _imported() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError:
        raise UsageError("--on needs the extra `ray`: pip install 'tenure[ray]'") from None
    return ray


def _join(ray: Any, named: str) -> None:
    own: dict[str, Any] = {"include_dashboard": False, "object_store_memory": _STORE_BYTES}
    try:
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")  # Ray's own, of which nobody here can do anything
            ray.init(
                named,
                configure_logging=False,
                log_to_driver=False,
                **(own if named == "local" else {}),
            )
    except ImportError as error:
        raise UsageError(
            f"{named} needs more of Ray: pip install 'ray[client]' ({error})."
        ) from None
    except (ConnectionError, RuntimeError, ValueError) as error:  # other versions are among them
        said = str(error).strip().partition("\n")[0]
        raise UsageError(
            f"The cluster {named} cannot be used by Ray {ray.__version__} on Python "
            f"{platform.python_version()}: {said}"
        ) from None


def _check_reachable(address: str) -> None:
    """See that somebody listens at an address: Ray itself would try for minutes.

    Raises:
        UsageError: If nobody does.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), _CONNECT_S).close()
    except (OSError, ValueError) as error:
        why = f" ({error})" if isinstance(error, OSError) else ""
        raise UsageError(
            f"There is no cluster at {address!r}{why}. An address looks like "
            f"ray://HOST:10001, or HOST:6379 on a machine of the cluster."
        ) from None


@asynccontextmanager
async def _hands(
    ray: Any,
    count: int,
    where: tuple[str, Path] | None,
    longest_s: float = MOST_SECONDS_BETWEEN_POLLS,
) -> AsyncIterator[list[_Worker]]:
    """Yield workers that start when they have something to do, and stop them afterwards."""
    actor = ray.remote(num_cpus=1, max_concurrency=4)(Hand)
    first_s = max(SECONDS_BEFORE_POLL, count / _POLLS_A_SECOND)
    crew = [_Worker(ray, actor, where, (first_s, longest_s)) for _ in range(count)]
    try:
        yield crew
    finally:
        await asyncio.gather(*(worker.stop() for worker in crew))


def pauses(
    first_s: float = SECONDS_BEFORE_POLL, longest_s: float = MOST_SECONDS_BETWEEN_POLLS
) -> Iterator[float]:
    """Yield for how many seconds a worker that plays a shard is left alone, each time."""
    pause_s = first_s
    while True:
        yield pause_s
        pause_s = max(first_s, min(2 * pause_s, longest_s))


class _Worker:
    """An actor that plays shards, and is made anew when it was lost; a `Worker`."""

    def __init__(
        self, ray: Any, actor: Any, where: tuple[str, Path] | None, between_s: tuple[float, float]
    ) -> None:
        self._ray, self._actor, self._where, self._between_s = ray, actor, where, between_s
        self._hand: Any = None
        self._playing: asyncio.Future[Any] | None = None

    async def play(self, shard: Shard, hear: Callable[[News], None]) -> str:
        errors = self._ray.exceptions
        try:
            await self._play(shard, hear)
        except errors.RayTaskError as error:
            raise error.cause from None
        except errors.RayActorError as error:
            self._hand = None
            return f"lost by the cluster ({str(error).strip().partition(chr(10))[0].rstrip('.:')})"
        return ""

    async def _play(self, shard: Shard, hear: Callable[[News], None]) -> None:
        if self._hand is None:
            self._hand = self._actor.remote()
            _check_version(await _answer(self._hand.version.remote()))
        self._playing = _answer(self._hand.play.remote(shard, self._where))
        for pause_s in pauses(*self._between_s):
            await asyncio.wait([self._playing], timeout=pause_s)
            if self._playing.done():
                break
            for news in await _answer(self._hand.news.remote()):
                hear(news)
        for news in await self._playing:
            hear(news)

    async def pull(self, reason: str, grace_s: float) -> None:
        if self._hand is not None:
            with suppress(self._ray.exceptions.RayError):
                await _answer(self._hand.pull.remote(reason, grace_s))

    async def stop(self) -> None:
        """Let the actor close what it has opened, and end."""
        if self._hand is None:
            return
        with suppress(self._ray.exceptions.RayError, TimeoutError, asyncio.CancelledError):
            await _answer(self._hand.stop.remote())
            if self._playing:
                await asyncio.wait_for(asyncio.shield(self._playing), GRACE_S)
        self._ray.kill(self._hand)


def _answer(reference: Any) -> asyncio.Future[Any]:
    return asyncio.wrap_future(reference.future())


def _check_version(there: str) -> None:
    """See that a worker plays as this process would.

    Raises:
        UsageError: If it has another version of Tenure.
    """
    if there != __version__:
        raise UsageError(
            f"The cluster has Tenure {there} and this machine {__version__}; install the same."
        )
