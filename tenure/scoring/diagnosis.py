"""What went wrong in an episode, and what it cost: failures and the loss ledger together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tenure.errors import UsageError
from tenure.scoring import ledger
from tenure.scoring.failures import Failure, detect, tells_facts
from tenure.scoring.past import Past
from tenure.scoring.records import Episode, name_of, read_partial


class Diagnosis(NamedTuple):
    """What is known of an episode's failings.

    Attributes:
        name: What a person calls it.
        failures: What went wrong, in the order of the steps.
        ledger: What its decisions cost; `None` if nobody can tell.
        problem: Why nobody can; else empty.
        seats: Who sits in each seat that has acted, such as `naive` in `seat_2`; empty for an agent
            that is alone. The main agent of a worker has a seat without a name.
        tells_facts: Whether the job tells what the classes need that need a job.
    """

    name: str
    failures: Sequence[Failure]
    ledger: ledger.Ledger | None
    problem: str = ""
    seats: Mapping[str, str] = {}
    tells_facts: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        costs = self.ledger.to_json() if self.ledger else {"problem": self.problem}
        return {
            **costs,
            "seats": dict(self.seats),
            "tells_facts": self.tells_facts,
            "failures": [one.to_json() for one in self.failures],
        }


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
    past = Past(episode)
    found = Diagnosis(name, detect(past), None, "", seats_of(episode), tells_facts(past))
    try:
        drawn = ledger.diagnose(path, episode=episode, progress=progress, **how)
    except UsageError as error:  # its job is installed, or there were no failures either
        return found._replace(problem=str(error))
    return found._replace(ledger=drawn)


def seats_of(episode: Episode) -> dict[str, str]:
    """Return who sat in each seat that has acted; nobody for an agent that is alone."""
    acted = {step.get("seat", "") for step in episode.steps}
    agent = episode.header["agent"]
    rivals = agent.get("seats")
    known = rivals if isinstance(rivals, dict) else {"worker": agent.get("sub_agent")}
    if acted <= {""}:
        return {}
    return {seat: name_of(known.get(seat)) or seat or "main agent" for seat in sorted(acted)}
