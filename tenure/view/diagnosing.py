"""Failures and losses of an episode, worked out in the background while the page goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from tenure.errors import TenureError
from tenure.scoring import diagnosis, ledger
from tenure.scoring.failures import CLASSES
from tenure.scoring.ledger import Progress
from tenure.view.library import Library, Stamp


def diagnose(path: Path, progress: Progress) -> dict[str, Any]:
    """Return the failures and the ledger of an episode's file: the one place that asks for them.

    Returns:
        `failures` and `ledger` as their `to_json` has them, `None` for one that cannot be had;
        `classes`, what the failures' codes mean; `seats`, who sits in each of several;
        `tells_facts`, whether the job tells what most classes need; `problems`, why one of the two
        cannot be had.
    """
    told = {"classes": {code: each.name for code, each in CLASSES.items()}}
    try:
        found = diagnosis.diagnose(path, progress, processes=None)
    except TenureError as error:
        return {"failures": None, "ledger": None, "problems": [f"Failures: {error}"], **told}
    return {
        "failures": [each.to_json() for each in found.failures],
        "ledger": found.ledger and found.ledger.to_json(),
        "seats": dict(found.seats),
        "tells_facts": found.tells_facts,
        "problems": [f"Ledger: {found.problem}"] if found.problem else [],
        **told,
    }


class Diagnoses:
    """What was worked out, and what is being worked out.

    Args:
        library: Where the episodes are.
        work: What works a diagnosis out.
    """

    def __init__(
        self, library: Library, work: Callable[[Path, Progress], dict[str, Any]] = diagnose
    ) -> None:
        self._library, self._work = library, work
        self._lock = Lock()
        self._latest = Thread()
        self._known: dict[tuple[str, Stamp], dict[str, Any]] = {}

    def state(self, name: str) -> dict[str, Any]:
        """Return how far an episode's diagnosis is.

        Returns:
            `state`: `absent` (nobody has asked yet), `working` with its `progress`
            in words, `done` with all that `diagnose` returns, or `failed` with its `problem`.
        """
        with self._lock:
            known = self._known.get((name, self._library.stamp(name)))
        if known is not None:
            return known
        if ledger.is_kept(self._library.path(name)):
            return self.start(name)
        return {"state": "absent"}

    def start(self, name: str) -> dict[str, Any]:
        """Begin to work an episode's diagnosis out, unless that was begun; return how far it is."""
        key = (name, self._library.stamp(name))
        with self._lock:
            known = self._known.get(key)
            if known is not None and known["state"] != "failed":
                return known
            self._known[key] = {"state": "working", "progress": "starting"}
        self._latest = Thread(target=self._run, args=(key,), daemon=True)
        self._latest.start()
        return {"state": "working", "progress": "starting"}

    def wait(self) -> None:
        """Wait until what was begun last is over."""
        self._latest.join()

    def _run(self, key: tuple[str, Stamp]) -> None:
        def tell(progress: str) -> None:
            self._set(key, {"state": "working", "progress": progress})

        try:
            found = self._work(self._library.path(key[0]), tell)
        except Exception as error:  # noqa: BLE001  whatever it is, the page must hear of it
            self._set(key, {"state": "failed", "problem": f"{type(error).__name__}: {error}"})
        else:
            self._set(key, {"state": "done", **found})

    def _set(self, key: tuple[str, Stamp], state: dict[str, Any]) -> None:
        with self._lock:
            self._known[key] = state
