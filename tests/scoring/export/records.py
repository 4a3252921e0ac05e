"""Records of every kind, for the tests of exports."""

from pathlib import Path

from tenure.cli import main
from tenure.scoring.records import Episode, read, read_partial
from tests.scoring.episodes import BREW, SLEEP, YEAR, play, scripted
from tests.scoring.reported import reseal

EXCHANGE = {
    "message": {
        "role": "assistant",
        "content": "I need cups.",
        "reasoning_content": "None are left.",
    },
    "model": "small-1",
    "usage": {
        "input_tokens": 1200,
        "cached_tokens": 1000,
        "cache_write_tokens": 150,
        "output_tokens": 30,
        "reasoning_tokens": 10,
    },
    "cost_usd": 0.0012,
    "latency_ms": 1500,
    "finish": "stop",
}
SPOKEN = '{ "name": "make_pitchers", "arguments": {"count": 1} }'
ACTIONS = [
    SPOKEN,
    SLEEP,
    "what \ud800?",
    BREW.replace("1", "20"),
    '{"name":"fly","arguments":{}}',
    '{"name":"make_pitchers","arguments":[1]}',
    SLEEP,
    SLEEP,
    SLEEP,
    SLEEP,
]
"""What an agent may do: calls, with spaces or without, no call, refused, unknown, ill-typed."""


def modelled(folder: Path) -> Episode:
    """A model's episode with every kind of action, and fields of a newer minor version."""
    as_said = {**EXCHANGE, "message": {"role": "assistant", "content": SPOKEN}}
    exchanges = [as_said, EXCHANGE] + [None] * (len(ACTIONS) - 2)
    path = play(folder / "seed-1.jsonl.zst", ACTIONS, exchanges=exchanges, agent=_AGENT)
    reseal(path, _made_newer)
    return read(path)


def unfinished(folder: Path) -> Episode:
    """An episode that was cut short before its first step."""
    return read_partial(play(folder / "seed-1.jsonl.zst", [], finish=False))


def year(folder: Path) -> Episode:
    """A year of 730 steps."""
    return read(play(folder / "year.jsonl.zst", scripted("two-a-day", 1, YEAR), scenario=YEAR))


def contest(folder: Path) -> Episode:
    """The first twelve steps of a match of two."""
    agents = ("--agent", "naive", "--agent", "best")
    words = ("run", "vending-arena/week", *agents, "--max-steps", "12", "--quiet")
    assert main([*words, "--out", str(folder / "run")]) == 0
    return read(folder / "run" / "episodes" / "seed-1" / "rotation-0.jsonl.zst")


_AGENT = {"name": "acme/small-1", "temperature": 0.5}


def _made_newer(records):
    records[0] |= {"minor": 9, "weather": "mild"}
    records[1]["mood"] = ["fine"]
