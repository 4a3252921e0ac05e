"""What is told when, and when it is asked for: drawn from the seed, whatever the agent does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tenure.envs.chance import Chance, pick, shuffled
from tenure.envs.retention.topics import TOPICS, Topic
from tenure.errors import UsageError

_MOST_DAYS = 100_000
_Days = Annotated[int, Field(ge=1, le=_MOST_DAYS)]


class Retention(BaseModel):
    """What a scenario says of remarks that are asked for later. Days count from 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lags_days: tuple[_Days, ...] = Field(
        default=(1, 7, 30, 90),
        min_length=1,
        max_length=10,
        description="How many days after a remark it is asked for, rising; each remark has one of "
        "these, in random order, each as often.",
    )
    every_days: _Days = Field(default=3, description="So often something is told.")
    first_day: int = Field(
        default=2,
        ge=2,
        le=_MOST_DAYS,
        description="The day of the first remark; what is read on the first day can be read again.",
    )

    @field_validator("lags_days")
    @classmethod
    def _check_rising(cls, lags: tuple[int, ...]) -> tuple[int, ...]:
        if list(lags) != sorted(set(lags)):
            raise ValueError(f"lags must rise; write {sorted(set(lags))}")
        return lags


class Remark(NamedTuple):
    """Something that is told, and the question about it. Days count from 0, as worlds count them.

    Attributes:
        id: 1 for the first of the episode; the number of the question, too.
        day: When it is told.
        lag_days: After how many days it is asked for.
        topic: What it is about.
        truth: Which of the topic's choices was told.
    """

    id: int
    day: int
    lag_days: int
    topic: Topic
    truth: str

    @property
    def asked_day(self) -> int:
        """When it is asked for."""
        return self.day + self.lag_days

    @property
    def told(self) -> str:
        """What the agent reads on the day."""
        return f"In passing, on day {self.day + 1}: {self.topic.remark.format(self.truth)}."

    @property
    def asked(self) -> str:
        """What the agent is asked."""
        return (
            f"Question {self.id}, to answer today with answer_question: {self.topic.question}? You "
            f"were told in passing on day {self.day + 1}. One of: {', '.join(self.topic.choices)}."
        )


def plan(retention: Retention, horizon_days: int, chance: Chance) -> tuple[Remark, ...]:
    """Return all remarks of an episode in their order.

    What a day's remark says comes from that day's luck; when it is asked for is the seed's own.

    Args:
        retention: What the scenario wants.
        horizon_days: How many days the job lasts; some of the last remarks are never asked for.
        chance: The world's.
    """
    lags = _lags(retention, chance)
    days = range(retention.first_day - 1, horizon_days, retention.every_days)
    return tuple(_drawn(number, day, next(lags), chance) for number, day in enumerate(days, 1))


def _lags(retention: Retention, chance: Chance) -> Iterator[int]:
    """Yield a lag for each remark: all of them, shuffled, and again."""
    block, count = 0, len(retention.lags_days)
    while True:
        words = chance.words("retention lags", str(block), count=count)
        yield from shuffled(words, retention.lags_days)
        block += 1


def _drawn(number: int, day: int, lag_days: int, chance: Chance) -> Remark:
    words = chance.on(day).words("retention", str(day), count=2)
    topic = pick(words[0], TOPICS)
    return Remark(number, day, lag_days, topic, pick(words[1], topic.choices))


def check_fits(retention: Retention, horizon_days: int) -> None:
    """See that each lag can come to an end.

    Raises:
        UsageError: If a remark of the first day could not be asked for any more.
    """
    longest = horizon_days - retention.first_day
    late = [lag for lag in retention.lags_days if lag > longest]
    if late:
        raise UsageError(
            f"retention.lags_days: what is told on day {retention.first_day} cannot be asked for "
            f"{late[0]} days later, for the job has {horizon_days} days; at most {longest}."
        )
