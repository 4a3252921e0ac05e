"""What went wrong in an episode, and what it cost: failures and the loss ledger together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tenure.errors import UsageError
from tenure.scoring import ledger
from tenure.scoring.failures import Failure, detect
from tenure.scoring.past import Past
from tenure.scoring.records import read_partial


class Diagnosis(NamedTuple):
    """What is known of an episode's failings.

    Attributes:
        name: What a person calls it.
        failures: What went wrong, in the order of the steps.
        ledger: What its decisions cost; `None` if nobody can tell.
        problem: Why nobody can; else empty.
    """

    name: str
    failures: Sequence[Failure]
    ledger: ledger.Ledger | None
    problem: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        costs = self.ledger.to_json() if self.ledger else {"problem": self.problem}
        return {**costs, "failures": [one.to_json() for one in self.failures]}


def diagnose(path: Path, progress: ledger.Progress = lambda _: None, **how: Any) -> Diagnosis:
    """Find the failures of an episode's file, and its ledger if the job has a reference.

    Args:
        path: The file, finished or not.
        progress: Is told what is being done.
        how: How the ledger is drawn up; see `ledger.ledger`.

    Raises:
        TrajectoryError: If the record is damaged, or cannot be played again.
        UsageError: If its job is not installed.
    """
    episode = read_partial(path)
    name = f"{episode.scenario_id}, seed {episode.seed}, {episode.agent_name}"
    progress("looking for failures")
    failures = detect(Past(episode))
    try:
        drawn = ledger.diagnose(path, episode=episode, progress=progress, **how)
    except UsageError as error:  # its job is installed, or there were no failures either
        return Diagnosis(name, failures, None, str(error))
    return Diagnosis(name, failures, drawn)
