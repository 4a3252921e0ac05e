"""Run folders in a bucket or on a server: anything that fsspec has a URL for.

The rest of Tenure works on local folders. So a run in a store has a working copy here: what is
there is fetched first, and what changes here is pushed while the run goes on. A complete record is
there within `SECONDS_BETWEEN_PUSHES` and the time of its upload, an unfinished one at most
`SECONDS_BETWEEN_PARTIAL` later than it was written: that much, and no more, a machine that
vanishes can lose.
"""

from __future__ import annotations

import logging
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path, PurePosixPath
from shutil import rmtree
from time import monotonic, time
from typing import Any
from uuid import uuid4

import orjson

from tenure.errors import ProviderError, TenureError, UsageError, told
from tenure.scoring.files import DRAFT
from tenure.scoring.manifest import SUFFIX
from tenure.scoring.records import SEAL_BYTES, SEAL_MAGIC

SECONDS_BETWEEN_PUSHES = 5.0
SECONDS_BETWEEN_PARTIAL = 60.0
LEASE_S = 120.0
"""How long after its last sign of life a run still holds its folder in a store."""

_LOGGER = logging.getLogger("tenure.agents.store")
_LEASE = ".lease"
_UPLOADING = ".uploading"
_PASSING = (".part", ".whole", DRAFT, _UPLOADING)
"""Files that will have another name, or none, when they are of use."""
_WHOLE_AT_ONCE = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "memory"}
"""Where an object appears as a whole or not at all; elsewhere it is moved to its place."""


class Store:
    """A run's folder in a store, and its working copy.

    Threads may use it at the same time: they take turns, file by file.

    Args:
        url: Of the folder in the store.
        folder: The working copy.

    Raises:
        UsageError: If nothing is installed that reads such a URL.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url.rstrip("/")
        self.folder = folder
        self._files, self._root = _opened(self.url)
        self._same: dict[str, tuple[int, int]] = {}
        self._partial_s: dict[str, float] = {}
        self._turn = threading.RLock()
        self._owner = f"{socket.gethostname()}, process {os.getpid()}, {uuid4().hex[:8]}"

    def shown(self, path: Path) -> str:
        """Return the URL of a file of the working copy; another file's path."""
        if not path.is_relative_to(self.folder):
            return str(path)
        return f"{self.url}/{path.relative_to(self.folder).as_posix()}".removesuffix("/.")

    def copy_of(self, url: str) -> Path:
        """Return the path in the working copy of what has a URL in the store, or of its root."""
        return self.folder / url.rstrip("/").removeprefix(self.url).lstrip("/")

    def fetch(self, names: Sequence[str] | None = None) -> None:
        """Bring what is in the store into the working copy, if it is not there as it is.

        Args:
            names: Relative paths of files that may be there; `None` for all files.
        """
        there = self._there() if names is None else [one for one in names if self._has(one)]
        missing = [name for name in there if not _is_complete(self.folder / name)]
        for name in missing:
            with self._turn:
                self._get(name)

    def push(self, *, everything: bool = False) -> None:
        """Bring what is new in the working copy into the store, manifests before records.

        Args:
            everything: Also records that are being written and were pushed not long ago.
        """
        for path in sorted(self.folder.rglob("*"), key=lambda path: (path.suffix == ".zst", path)):
            name = path.relative_to(self.folder).as_posix()
            with self._turn, suppress(FileNotFoundError):  # it has another name by now
                if path.is_file() and self._is_due(path, name, everything):
                    version = _version(path)
                    self._put(path, name)
                    self._same[name] = version

    def take(self) -> None:
        """Hold the folder in the store against other runs, for as long as it is said again.

        Stores know no locks, so two runs that begin in the same second may not see each other.

        Raises:
            UsageError: If another run holds it.
        """
        lease = self._lease()
        if lease.get("owner", self._owner) != self._owner and lease["until"] > time():
            seconds = round(lease["until"] - time())
            raise UsageError(
                f"Another tenure is playing in {self.url} ({lease['owner']}). Let it end first; if "
                f"it was killed, its hold ends in {seconds} s."
            )
        self._make_room(self._at(_LEASE))
        content = {"owner": self._owner, "until": time() + LEASE_S}
        self._files.pipe_file(self._at(_LEASE), orjson.dumps(content))

    def release(self) -> None:
        """Let others have the folder, at once or when the hold ends by itself; theirs stays."""
        with suppress(Exception):  # every store has its own, also for one that is away
            if self._lease().get("owner") == self._owner:
                self._files.rm_file(self._at(_LEASE))

    def _lease(self) -> dict[str, Any]:
        self._files.invalidate_cache()
        try:
            lease: dict[str, Any] = orjson.loads(self._files.cat_file(self._at(_LEASE)))
        except (FileNotFoundError, orjson.JSONDecodeError):
            return {}
        return lease

    def _there(self) -> list[str]:
        self._files.invalidate_cache()
        try:
            found = self._files.find(self._root)
        except FileNotFoundError:
            return []
        names = [str(PurePosixPath(path).relative_to(self._root)) for path in found]
        return [name for name in names if name != _LEASE and not name.endswith(_PASSING)]

    def _has(self, name: str) -> bool:
        return bool(self._files.exists(self._at(name)))

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _is_due(self, path: Path, name: str, everything: bool) -> bool:  # noqa: FBT001  passed on
        if name.endswith(_PASSING) or self._same.get(name) == _version(path):
            return False
        if everything or not name.endswith(SUFFIX) or _is_complete(path):
            return True
        if monotonic() - self._partial_s.get(name, 0.0) < SECONDS_BETWEEN_PARTIAL:
            return False
        self._partial_s[name] = monotonic()
        return True

    def _get(self, name: str) -> None:
        """Fetch a file; it has its name once it is whole, so that no half of it is pushed."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.part")
        self._files.get_file(self._at(name), str(draft))
        self._same[name] = _version(draft)
        draft.replace(path)

    def _put(self, path: Path, name: str) -> None:
        target = self._at(name)
        if self._is_whole_at_once:
            self._files.put_file(str(path), target)
            return
        self._make_room(target)
        self._files.put_file(str(path), f"{target}{_UPLOADING}")
        self._files.mv(f"{target}{_UPLOADING}", target)

    def _make_room(self, target: str) -> None:
        if not self._is_whole_at_once:  # buckets have no folders
            self._files.makedirs(target.rpartition("/")[0], exist_ok=True)

    @cached_property
    def _is_whole_at_once(self) -> bool:
        return self.url.partition("://")[0] in _WHOLE_AT_ONCE


def _opened(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the path in it.

    Raises:
        UsageError: If nothing is installed that reads such a URL.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise UsageError(f"{url} needs the extra `store`: pip install 'tenure[store]'") from None
    try:
        files, root = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise UsageError(f"{url} cannot be reached: {error}.") from None
    return files, str(root).rstrip("/")


def _version(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def _is_complete(path: Path) -> bool:
    """Tell whether a file is a record that ends with its seal, so that it never changes."""
    if not path.name.endswith(SUFFIX) or not path.is_file() or path.stat().st_size < SEAL_BYTES:
        return False
    with path.open("rb") as file:
        file.seek(-SEAL_BYTES, os.SEEK_END)
        return file.read().startswith(SEAL_MAGIC)


@contextmanager
def reaching(store: Store) -> Iterator[None]:
    """Say what an outside failure is about.

    Raises:
        ProviderError: If the store cannot be reached, or there is no such bucket or no key to it.
    """
    try:
        yield
    except TenureError:
        raise
    except Exception as error:
        raise ProviderError(f"{store.url} cannot be reached: {told(error)}") from error


@contextmanager
def working_copy(url: str) -> Iterator[Store]:
    """Fetch a run's folder, or one episode's file, and push at the end what was written beside it.

    Raises:
        UsageError: If there is nothing, or nothing is installed that reads such a URL.
        ProviderError: If the store cannot be reached.
    """
    with tempfile.TemporaryDirectory(prefix="tenure-") as name:
        folder = Path(name)
        whole, _, file = url.rpartition("/")
        is_file = file.endswith(SUFFIX)
        store = Store(whole if is_file else url, folder)
        with reaching(store):
            store.fetch([file] if is_file else None)
        if not any(folder.iterdir()):
            raise UsageError(f"There is nothing at {url}.")
        yield store
        with reaching(store):
            store.push()


@contextmanager
def played_in(url: str) -> Iterator[Store]:
    """Hold a run's folder in a store: fetch it, push what is played now and then and at the end.

    Raises:
        UsageError: If another run holds it, or nothing is installed that reads such a URL.
        ProviderError: If the store cannot be reached; at the end the working copy is left then.
    """
    folder = Path(tempfile.mkdtemp(prefix="tenure-"))
    try:
        store = Store(url, folder)
        with reaching(store):
            store.take()
            store.fetch()
    except BaseException:
        rmtree(folder)
        raise
    try:
        with pushing(store, store.take):
            yield store
    finally:
        store.release()


@contextmanager
def pushing(store: Store, hold: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Push what is written, now and then and at the end; then remove the working copy.

    What could not be pushed, or whose upload was broken off, stays there.

    Args:
        store: Where to.
        hold: Is called before each push, and raises `UsageError` once the folder is another's;
            nothing is pushed any more then.

    Raises:
        ProviderError: If the store cannot be reached at the end, or is another's.
    """
    over = threading.Event()

    def push() -> None:
        while not over.wait(SECONDS_BETWEEN_PUSHES):
            try:
                hold()
                store.push()
            except UsageError as error:
                _LOGGER.warning("%s What is played from now on stays in %s.", error, store.folder)
                return
            except Exception as error:  # noqa: BLE001  every store has its own; it may come back
                _LOGGER.warning("%s cannot be reached: %s", store.url, told(error))

    thread = threading.Thread(target=push, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        _push_all(store, hold)
        rmtree(store.folder)


def _push_all(store: Store, hold: Callable[[], None]) -> None:
    try:
        hold()
        store.push(everything=True)
    except UsageError as error:
        raise ProviderError(f"{error} What was played is in {store.folder}.") from error
    except Exception as error:
        raise ProviderError(
            f"{store.url} cannot be reached: {told(error)} What was played is in {store.folder}."
        ) from error
