"""Failures and losses of an episode, worked out in the background while the page goes on."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from tenure.errors import TenureError
from tenure.scoring.past import Past
from tenure.scoring.records import read_partial
from tenure.view.library import Library, Stamp

Progress = Callable[[str], None]

LEDGER = "tenure.scoring.ledger"
FAILURES = "tenure.scoring.failures"


def diagnose(path: Path, progress: Progress) -> dict[str, Any]:
    """Return the failures and the ledger of an episode's file: the one place that asks for them.

    Returns:
        `failures` and `ledger` as their `to_json` has them, `None` for what this Tenure has not;
        `classes`, what the failures' codes mean; `problems`, why something could not be worked out.
    """
    found: dict[str, Any] = {"failures": None, "ledger": None, "classes": {}, "problems": []}
    if _has(FAILURES):
        progress("looking for failures")
        detectors = importlib.import_module(FAILURES)
        try:
            past = Past(read_partial(path))
            found["failures"] = [each.to_json() for each in detectors.detect(past)]
            found["classes"] = {each.code: each.name for each in detectors.CLASSES}
        except TenureError as error:
            found["problems"].append(f"Failures: {error}")
    if _has(LEDGER):
        progress("drawing up the ledger")
        try:
            drawn = importlib.import_module(LEDGER).diagnose(path, progress=progress)
            found["ledger"] = drawn.to_json()
        except TenureError as error:
            found["problems"].append(f"Ledger: {error}")
    return found


def available() -> bool:
    """Tell whether this Tenure can work out anything of an episode."""
    return _has(LEDGER) or _has(FAILURES)


def _has(module: str) -> bool:
    return find_spec(module) is not None


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
        self._known: dict[tuple[str, Stamp], dict[str, Any]] = {}

    def state(self, name: str) -> dict[str, Any]:
        """Return how far an episode's diagnosis is.

        Returns:
            `state`: `unavailable`, `absent` (nobody has asked yet), `working` with its `progress`
            in words, `done` with all that `diagnose` returns, or `failed` with its `problem`.
        """
        with self._lock:
            known = self._known.get((name, self._library.stamp(name)))
        if known is not None:
            return known
        return {"state": "absent" if available() else "unavailable"}

    def start(self, name: str) -> dict[str, Any]:
        """Begin to work an episode's diagnosis out, unless that was begun; return how far it is."""
        key = (name, self._library.stamp(name))
        with self._lock:
            if key in self._known or not available():
                return self._known.get(key, {"state": "unavailable"})
            self._known[key] = {"state": "working", "progress": "starting"}
        Thread(target=self._run, args=(key,), daemon=True).start()
        return {"state": "working", "progress": "starting"}

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
