"""What an agent still knows of what it was told in passing, from events of the record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tenure.errors import TrajectoryError
from tenure.scoring.records import Episode

KIND = "retention_settled"
DONT_KNOW = "dont_know"


class Recall(NamedTuple):
    """A question whose day is over.

    Attributes:
        lag_days: How many days before it was told.
        choices: How many answers there were to choose from, all equally likely.
        truth: The right one.
        answer: The one that was given, or `dont_know`; empty if none was.
    """

    lag_days: int
    choices: int
    truth: str
    answer: str

    @property
    def is_right(self) -> bool:
        """Whether the answer was right, by memory or by luck."""
        return self.answer == self.truth

    @property
    def credit(self) -> float:
        """1 for a right answer, 0 for none, and for a wrong one what makes guessing worth 0.

        Its mean is the share that is known, if who does not know guesses or says nothing.
        """
        if self.is_right:
            return 1.0
        return 0.0 if self.answer in ("", DONT_KNOW) else -1 / (self.choices - 1)


class _Settled(BaseModel):
    """The event `retention_settled`."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    lag_days: Annotated[int, Field(ge=1)]
    choices: Annotated[int, Field(ge=2)]
    truth: Annotated[str, Field(min_length=1)]
    answer: str = ""


def recalls(episode: Episode) -> list[Recall]:
    """Return the questions of an episode that were open until they were answered or their day over.

    Raises:
        TrajectoryError: If an event is not what its kind says.
    """
    return [_read(index, event) for index, event in _events(episode)]


def _events(episode: Episode) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the events with the indices of their records."""
    records: list[Mapping[str, Any]] = [*episode.steps, *([episode.end] if episode.end else [])]
    for index, record in enumerate(records, 1):
        for event in record.get("events", ()):
            if event.get("kind") == KIND:
                yield index, event


def _read(index: int, event: Mapping[str, Any]) -> Recall:
    try:
        said = _Settled.model_validate(event)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]["msg"]
        raise TrajectoryError(
            f"Record {index}: its event {KIND!r} is none: {problem}.", index
        ) from None
    return Recall(said.lag_days, said.choices, said.truth, said.answer)
