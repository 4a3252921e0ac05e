"""Scripts whose memory is known, at work where things are told in passing."""

import re
from collections.abc import Callable, Mapping

from tenure.envs.chance import Chance, pick
from tenure.envs.jobs import Briefing, Policy
from tenure.envs.retention import Retention
from tenure.envs.tools import ToolCall
from tests.scoring.sustained import kiosk

_TOLD = re.compile(r"^In passing, on day (\d+): (.+)\.$", re.MULTILINE)
_ASKED = re.compile(r"^Question (\d+), .* in passing on day (\d+)\. One of: (.+)\.$", re.MULTILINE)

Notes = Mapping[int, str]
Answer = Callable[[Notes, int, tuple[str, ...], Chance], str]
"""Is given all remarks by 1-based day, the day in question, the choices, and some chance."""


def remembering(days: int) -> Answer:
    """Know what was told up to so many days ago, and nothing that is older."""

    def answer(notes: Notes, day: int, choices: tuple[str, ...], _: Chance) -> str:
        if max(notes) - day > days:
            return ""
        return next(choice for choice in choices if choice in notes[day].split())

    return answer


def guessing(_: Notes, day: int, choices: tuple[str, ...], chance: Chance) -> str:
    """Choose whatever comes to mind."""
    return pick(chance.word("guess", at=day), choices)


def stubborn(_notes: Notes, _day: int, choices: tuple[str, ...], _: Chance) -> str:
    """Always choose the first."""
    return choices[0]


def but(known: Answer, otherwise: Answer) -> Answer:
    """Answer what is known, and what is not in another way."""
    return lambda *asked: known(*asked) or otherwise(*asked)


def script(
    answer: Answer, work: Callable[[Briefing], Policy] = kiosk.one_a_day
) -> Callable[[Briefing], Policy]:
    """Return a script that works as another does, and answers; an empty answer is "dont_know"."""

    def policy(briefing: Briefing) -> Policy:
        notes: dict[int, str] = {}
        worker, chance = work(briefing), Chance(briefing.seed)
        call = next(worker)
        while True:
            text = yield call
            notes |= {int(day): told for day, told in _TOLD.findall(text)}
            for number, day, choices in _ASKED.findall(text):
                said = answer(notes, int(day), tuple(choices.split(", ")), chance)
                given = {"answer": said} if said else {"dont_know": True}
                yield ToolCall("answer_question", {"question": int(number), **given})
            call = worker.send(text)

    return policy


RETENTION = Retention(every_days=1)
TALK = kiosk.SEASON.model_copy(update={"id": "kiosk/talk", "retention": RETENTION})
SCRIPTS = {
    "all": script(remembering(1_000)),
    "ten-days": script(remembering(10)),
    "ten-days-then-guess": script(but(remembering(10), guessing)),
    "none": script(remembering(-1)),
    "guess": script(guessing),
    "stubborn": script(stubborn),
    "silent": kiosk.one_a_day,
}
