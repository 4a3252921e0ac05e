"""What is told in passing: nothing that any job is about, and nothing that can be worked out."""

from __future__ import annotations

from typing import NamedTuple


class Topic(NamedTuple):
    """Something that has one of a few answers, all equally likely.

    Attributes:
        name: Names it in the record.
        remark: What is told, with `{}` for the answer.
        question: What is asked.
        choices: The answers.
    """

    name: str
    remark: str
    question: str
    choices: tuple[str, ...]


TOPICS = (
    Topic(
        "umbrella",
        "a visitor left behind a {} umbrella",
        "which colour was the umbrella that a visitor left behind",
        ("black", "blue", "brown", "green", "grey", "red", "white", "yellow"),
    ),
    Topic(
        "dog",
        "the courier brought along a dog called {}",
        "what was the dog called that the courier brought along",
        ("Bella", "Coco", "Luna", "Max", "Nero", "Oscar", "Rex", "Toby"),
    ),
    Topic(
        "instrument",
        "somebody upstairs was playing the {}",
        "which instrument was somebody upstairs playing",
        ("accordion", "cello", "clarinet", "flute", "guitar", "piano", "trumpet", "violin"),
    ),
    Topic(
        "postcard",
        "the neighbours got a postcard from {}",
        "where did the postcard come from that the neighbours got",
        ("Athens", "Bergen", "Cairo", "Lima", "Oslo", "Porto", "Quito", "Turin"),
    ),
    Topic(
        "flowers",
        "there were {} in the window next door",
        "which flowers were in the window next door",
        ("daisies", "irises", "lilies", "poppies", "roses", "tulips", "violets", "zinnias"),
    ),
    Topic(
        "bird",
        "a {} sat on the roof",
        "which bird sat on the roof",
        ("blackbird", "crow", "gull", "heron", "magpie", "owl", "robin", "sparrow"),
    ),
    Topic(
        "game",
        "the children next door were playing {}",
        "what were the children next door playing",
        ("badminton", "cards", "chess", "darts", "dominoes", "football", "marbles", "tag"),
    ),
    Topic(
        "raffle",
        "the caretaker drew number {} in a raffle",
        "which number did the caretaker draw in a raffle",
        ("12", "27", "31", "46", "58", "63", "79", "84"),
    ),
)
"""Each has eight answers, so who guesses is right once in eight times."""
