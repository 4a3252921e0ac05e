"""The layer itself: a job's world that also asks, keeps answers and resolves them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, make_dataclass, replace
from functools import cache
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, Field

from tenure.envs.chance import OWN_FUTURE, Future
from tenure.envs.forecasts.answers import (
    MOST,
    Given,
    read_quantiles,
    resolved_facts,
    rule,
)
from tenure.envs.forecasts.distribution import Distribution
from tenure.envs.forecasts.questions import Asked, Question
from tenure.envs.tools import Fault, Refusal, tool
from tenure.envs.world import Step, World, WorldState

_FIELD = "forecast_book"
_Quantile = Annotated[int, Field(ge=-MOST, le=MOST)]


@dataclass(slots=True)
class Standing:
    """A question that has been asked and not yet resolved.

    Attributes:
        id: Its number in the schedule.
        answered: Whether there is an answer.
        numbers: Seven quantiles or one probability; empty for "I don't know".
        closed: Whether the window has closed.
        frozen: What the question rests on, kept when the window closed or opened.
        truth: What the world could tell at that moment.
    """

    id: int
    answered: bool = False
    numbers: tuple[int, ...] = ()
    closed: bool = False
    frozen: dict[str, int] = field(default_factory=dict)
    truth: Distribution | None = None

    @property
    def given(self) -> Given | None:
        """The answer, if there is one."""
        return Given(self.numbers) if self.answered else None


@dataclass(slots=True)
class Book:
    """What a world's state has in addition.

    Attributes:
        asked: How many questions of the schedule have been asked.
        standing: Those not yet resolved, in the order of asking.
    """

    asked: int = 0
    standing: list[Standing] = field(default_factory=list)


class Forecasting(World[Any]):
    """A world with the layer over it; see `asking`.

    Its private names have two underscores, so that they never meet a job's.

    Args:
        parameters: The job's parameters.
        seed: The draw of this world, >= 0.
        questions: The job's questions by name.
        plan: The schedule.
        future: Which luck its days have from some day on.
    """

    def __init__(
        self,
        parameters: BaseModel,
        seed: int,
        questions: Mapping[str, Question],
        plan: tuple[Asked, ...],
        *,
        future: Future = OWN_FUTURE,
    ) -> None:
        self.__questions = questions
        self.__plan = plan
        super().__init__(parameters, seed, future=future)

    def start(self) -> WorldState:
        """Draw the job's world, and ask what is asked at once."""
        state = super().start()  # type: ignore[safe-super]  # the job's
        parts = {part.name: getattr(state, part.name) for part in fields(state)}
        self.state = self.State(**parts)
        self.__open()
        return cast("WorldState", self.state)

    def opening(self) -> str:
        """Tell that there will be questions, and those that are open."""
        intro = (
            "You will be asked for forecasts; answer with answer_forecast. They are scored beside "
            "the job, not in it. An answer can be changed until its window closes."
        )
        open_now = [self.__told(one) for one in self.__book.standing if not one.closed]
        return "\n".join([intro, *open_now, super().opening()])  # type: ignore[safe-super]  # the job's

    def stamp(self) -> str:
        """Tell which questions wait for an answer."""
        waiting = [
            str(one.id) for one in self.__book.standing if not one.closed and not one.answered
        ]
        stamp = super().stamp()  # type: ignore[safe-super]  # the job's
        return f"Forecasts to answer: {', '.join(waiting)}\n{stamp}" if waiting else stamp

    def advance(self, minutes: int) -> str:
        """Let time pass, and what it brings to the questions."""
        news = super().advance(minutes)  # type: ignore[safe-super]  # the job's
        return _joined(news, self.__tick())

    def _finish(self, text: str, fault: Fault | None, minutes: int) -> Step:
        # A tool of no minutes may have moved the clock itself.
        return super()._finish(_joined(text, self.__tick()), fault, minutes)

    @tool(minutes=5, writes=True)
    def answer_forecast(
        self,
        forecast: Annotated[int, Field(ge=1, le=MOST)],
        quantiles: Annotated[list[_Quantile], Field(max_length=7)] | None = None,
        probability_percent: Annotated[int, Field(ge=0, le=100)] | None = None,
        dont_know: bool = False,  # noqa: FBT001, FBT002  tools are called by name
    ) -> str:
        """Answer a forecast by its number, with what it asks for, or with dont_know.

        The last answer before the window closes counts. Without an answer: reads the question.
        """
        standing = self.__find(forecast)
        asked = self.__asked(standing)
        question = self.__questions[asked.ask.question]
        given = [quantiles is not None, probability_percent is not None, dont_know]
        if not any(given):
            return self.__told(standing)
        if sum(given) > 1:
            raise Refusal("Give one of quantiles, probability_percent and dont_know.")
        if dont_know:
            answer = Given()
        elif quantiles is not None and question.form == "quantiles":
            answer = read_quantiles(quantiles)
        elif probability_percent is not None and question.form == "probability":
            answer = Given((probability_percent,))
        else:
            raise Refusal(rule(question.form, question.unit, asked.ask.dont_know_price_milli))
        standing.answered, standing.numbers = True, answer.numbers
        return (
            f"Forecast {forecast}: {answer.written(question.form)}. "
            f"It can be changed until the end of day {asked.closes_day}."
        )

    # --- what time brings ----------------------------------------------------------------------

    def __tick(self) -> str:
        """Close, resolve and open what is due, in this order; return what the agent is told."""
        now, ended = self.state.now_minutes, bool(self.state.ended)
        told = []
        for standing in list(self.__book.standing):
            asked = self.__asked(standing)
            if now >= asked.closes_minute and not standing.closed:
                self.__close(standing)
            if standing.closed and (ended or now >= asked.due_minute):
                told.append(self.__resolve(standing))
            elif ended:
                self.__book.standing.remove(standing)
                self.__void(asked)
        opened = [] if ended else self.__open()
        return "\n".join([*told, *map(self.__told, opened)])

    def __open(self) -> list[Standing]:
        book, opened = self.__book, []
        while book.asked < len(self.__plan):
            asked = self.__plan[book.asked]
            if self.state.now_minutes < asked.opens_minute:
                break
            book.asked += 1
            if self.state.now_minutes >= asked.closes_minute:
                self.__void(asked)  # the window passed within a step: an answer would be late
            else:
                opened.append(Standing(asked.id))
                self.__note(opened[-1], "open")
        book.standing += opened
        return opened

    def __close(self, standing: Standing) -> None:
        standing.closed = True
        self.__note(standing, "close")

    def __note(self, standing: Standing, moment: Literal["open", "close"]) -> None:
        """Keep what the question rests on and what the world can tell, if this is the moment."""
        asked = self.__asked(standing)
        question = self.__questions[asked.ask.question]
        if question.as_of == moment:
            standing.frozen = dict(question.freeze(self, asked))
            standing.truth = question.truth(self, self.__asked(standing))

    def __void(self, asked: Asked) -> None:
        question = self.__questions[asked.ask.question]
        self.emit(
            "forecast_void",
            id=asked.id,
            question=asked.ask.question,
            unit=question.unit,
            form=question.form,
        )

    def __resolve(self, standing: Standing) -> str:
        asked = self.__asked(standing)
        question = self.__questions[asked.ask.question]
        outcome = question.resolve(self, asked)
        self.__book.standing.remove(standing)
        facts = resolved_facts(
            question.form,
            standing.given,
            outcome,
            standing.truth,
            id=asked.id,
            question=asked.ask.question,
            unit=question.unit,
            dont_know_price_milli=asked.ask.dont_know_price_milli,
        )
        self.emit("forecast_resolved", **facts)
        came = f"{outcome} {question.unit}"
        if question.form == "probability":
            came = "yes" if outcome else "no"
        said = standing.given.written(question.form) if standing.given else "nothing"
        return (
            f"Forecast {asked.id} ({asked.ask.question}): the outcome is {came}; you said {said}."
        )

    # --- finding and telling -------------------------------------------------------------------

    @property
    def __book(self) -> Book:
        book: Book = self.state.forecast_book
        return book

    def __asked(self, standing: Standing) -> Asked:
        asked = self.__plan[standing.id - 1]
        return replace(asked, frozen=standing.frozen) if standing.frozen else asked

    def __find(self, number: int) -> Standing:
        open_now = {one.id: one for one in self.__book.standing if not one.closed}
        if number in open_now:
            return open_now[number]
        choices = ", ".join(map(str, open_now)) or "none"
        state = "is not open any more" if number <= self.__book.asked else "has not been asked"
        raise Refusal(f"Forecast {number} {state}. Open now: {choices}.")

    def __told(self, standing: Standing) -> str:
        asked = self.__asked(standing)
        question = self.__questions[asked.ask.question]
        return (
            f"Forecast {asked.id}, to answer by the end of day {asked.closes_day}: "
            f"{question.text(asked)} "
            f"{rule(question.form, question.unit, asked.ask.dont_know_price_milli)}"
        )


def _new_class(world: type[World[Any]]) -> type[Forecasting]:
    state = make_dataclass(
        f"Asking{world.State.__name__}",
        [(_FIELD, Book, field(default_factory=Book))],
        bases=(world.State,),
        slots=True,
        namespace={"__module__": __name__, "__doc__": world.State.__doc__},
    )
    return cast(
        "type[Forecasting]",
        type(
            f"Asking{world.__name__}",
            (Forecasting, world),
            {"State": state, "__module__": __name__},
        ),
    )


asking: Callable[[type[World[Any]]], type[Forecasting]] = cache(_new_class)
"""Return a job's world with the layer over it, the same class each time."""


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
