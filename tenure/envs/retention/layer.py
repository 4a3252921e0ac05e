"""The layer itself: a job's world that also tells something in passing, and asks for it later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import Field

from tenure.envs.clock import day_of
from tenure.envs.layers import Layer, grown, lasting_days
from tenure.envs.retention.plan import Remark, Retention, check_fits, plan
from tenure.envs.tools import Fault, Refusal, tool
from tenure.envs.world import Step, World, WorldState

DONT_KNOW = "dont_know"
_INTRO = (
    "Now and then you are told something in passing. Days or months later you are asked for it, "
    "once; answer the same day with answer_question. No tool shows it again: your memory and your "
    "own notes count. Answers change neither the job nor its score."
)


@dataclass(slots=True)
class Book:
    """What a world's state has in addition; what was told follows from the seed.

    Attributes:
        day: The 0-based day up to which all was told and asked.
        told: How many remarks of the plan have had their day.
        waiting: Those that were told and are to be asked for.
        open: Those that are asked for today and not answered yet.
    """

    day: int = 0
    told: int = 0
    waiting: list[int] = field(default_factory=list)
    open: list[int] = field(default_factory=list)


class Recalling(Layer):
    """A world with the layer over it; see `recalling`."""

    retention: ClassVar[Retention]

    def start(self) -> WorldState:
        """Draw the job's world and all remarks."""
        days = lasting_days(self.parameters, "retention")
        check_fits(self.retention, days)
        self.__plan = plan(self.retention, days, self.chance)
        return super().start()

    def opening(self) -> str:
        """Tell that there will be remarks and questions; the first come later."""
        return f"{_INTRO}\n{super().opening()}"  # type: ignore[safe-super]  # the job's

    def stamp(self) -> str:
        """Put the questions that wait for an answer."""
        asked = [self.__remark(number).asked for number in self.__book.open]
        return "\n".join([*asked, super().stamp()])  # type: ignore[safe-super]  # the job's

    def advance(self, minutes: int) -> str:
        """Let time pass, and what it brings to be told."""
        news = super().advance(minutes)  # type: ignore[safe-super]  # the job's
        return "\n".join(part for part in (news, self.__tick()) if part)

    def _finish(self, text: str, fault: Fault | None, minutes: int) -> Step:
        # A tool of no minutes may have moved the clock itself.
        text = "\n".join(part for part in (text, self.__tick()) if part)
        return super()._finish(text, fault, minutes)

    def run_out(self) -> tuple[Mapping[str, Any], ...]:
        """Let time pass with nobody at work, who could be told or asked anything."""
        if not self.state.ended:
            book = self.__book
            for number in book.open:
                self.__void(self.__remark(number))
            book.told, book.waiting, book.open = len(self.__plan), [], []
        return super().run_out()

    @tool(minutes=1, writes=True)
    def answer_question(
        self,
        question: Annotated[int, Field(ge=1, le=10**6)],
        answer: Annotated[str, Field(max_length=200)] = "",
        dont_know: bool = False,  # noqa: FBT001, FBT002  tools are called by name
    ) -> str:
        """Answer a question by its number with one of its answers, or dont_know. Once only."""
        remark = self.__find(question)
        if dont_know == bool(answer.strip()):
            raise Refusal("Give either an answer or dont_know.")
        given = DONT_KNOW if dont_know else _chosen(answer, remark)
        self.__book.open.remove(remark.id)
        self.__settle(remark, answer=given)
        return f"Question {question}: your answer is {given}."

    # --- what time brings ----------------------------------------------------------------------

    def __tick(self) -> str:
        """Close, ask and tell what is due; return what is told.

        A day that passes within one step brings nothing: who is not there is told nothing, and a
        question that could not be answered on its day is void.
        """
        book, today = self.__book, day_of(self.state.now_minutes)
        if today == book.day and not self.state.ended:
            return ""
        book.day = today
        for remark in map(self.__remark, book.open):
            if remark.asked_day < today:
                self.__settle(remark)
            else:
                self.__void(remark)
        book.open = []
        if self.state.ended:
            return ""
        self.__ask(today)
        return "\n".join(remark.told for remark in self.__tell(today))

    def __ask(self, today: int) -> None:
        book = self.__book
        due = [one for one in map(self.__remark, book.waiting) if one.asked_day <= today]
        for remark in due:
            book.waiting.remove(remark.id)
            if remark.asked_day == today:
                book.open.append(remark.id)
            else:
                self.__void(remark)

    def __tell(self, today: int) -> list[Remark]:
        book, told = self.__book, []
        while book.told < len(self.__plan) and self.__plan[book.told].day <= today:
            remark = self.__plan[book.told]
            book.told += 1
            if remark.day == today:
                told.append(remark)
                book.waiting.append(remark.id)
        return told

    def __settle(self, remark: Remark, **answer: str) -> None:
        """Write down what became of a question; without an answer if its day is over."""
        facts = {**_facts(remark), "truth": remark.truth, "choices": len(remark.topic.choices)}
        self.emit("retention_settled", **facts, **answer)

    def __void(self, remark: Remark) -> None:
        self.emit("retention_void", **_facts(remark))

    # --- finding -------------------------------------------------------------------------------

    @property
    def __book(self) -> Book:
        book: Book = self.state.retention_book
        return book

    def __remark(self, number: int) -> Remark:
        return self.__plan[number - 1]

    def __find(self, number: int) -> Remark:
        if number in self.__book.open:
            return self.__remark(number)
        choices = ", ".join(map(str, self.__book.open)) or "none"
        raise Refusal(f"There is no question {number} today. Open now: {choices}.")


def _chosen(answer: str, remark: Remark) -> str:
    """Return the choice that an answer names, in whatever letters.

    Raises:
        Refusal: If it names none.
    """
    named = {choice.casefold(): choice for choice in remark.topic.choices}
    found = named.get(answer.strip().casefold())
    if found is None:
        raise Refusal(
            f"Give one of: {', '.join(remark.topic.choices)}; a guess may be right. Or dont_know."
        )
    return found


def _facts(remark: Remark) -> dict[str, Any]:
    """Return which question it is; days count from 1, as agents read them."""
    return {
        "id": remark.id,
        "topic": remark.topic.name,
        "told_day": remark.day + 1,
        "lag_days": remark.lag_days,
    }


@cache
def recalling(world: type[World[Any]], retention: Retention) -> type[World[Any]]:
    """Return a world with the layer over it, the same class each time.

    Raises:
        ContractError: If the world has a tool of a name that the layer needs.
    """
    return grown(world, "Recalling", [Recalling], ("retention_book", Book), retention=retention)
