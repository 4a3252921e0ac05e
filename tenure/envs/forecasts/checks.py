"""The contract of questions: their functions read the world and change nothing in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tenure.envs.checker import random_actions
from tenure.envs.forecasts.questions import Ask, Asked, Question
from tenure.envs.jobs import Job
from tenure.errors import ContractError, told


def check_questions(
    job: Job,
    parameters: Mapping[str, Any],
    forecasts: Sequence[Ask],
    seed: int,
    *,
    max_steps: int = 200,
) -> None:
    """A question's functions leave the world as it is, and its outcomes can be scored.

    Random actions are played, and then time alone until the end.

    Args:
        job: Whose questions.
        parameters: The job's parameters; those left out have their defaults.
        forecasts: What is asked when.
        seed: The world that is played.
        max_steps: How many actions.

    Raises:
        ContractError: At the first question that breaks the contract.
        UsageError: If a forecast does not fit the job.
    """
    questions = {name: _watched(name, question) for name, question in job.questions.items()}
    world = replace(job, questions=questions).make(parameters, seed, forecasts)
    for action in random_actions(world, seed, max_steps):
        if world.ended:
            return
        world.step(action)
    world.run_out()


def _watched(name: str, question: Question) -> Question:
    """Return a question whose functions raise if they change the world or fail."""
    return replace(
        question,
        outcome=_unchanging(name, "outcome", question.outcome),
        truth=_unchanging(name, "truth", question.truth),
        freeze=_unchanging(name, "freeze", question.freeze),
    )


def _unchanging(
    name: str, part: str, called: Callable[[Any, Asked], Any]
) -> Callable[[Any, Asked], Any]:
    def watched(world: Any, asked: Asked) -> Any:
        before = world.digest()
        try:
            found = called(world, asked)
        except Exception as error:
            raise ContractError(f"{part}() of the question {name!r}: {told(error)}") from error
        if world.digest() != before:
            raise ContractError(
                f"{part}() of the question {name!r} changes the world; it may only read it."
            )
        return found

    return watched
