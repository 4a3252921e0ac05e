"""The log of a 1,000-turn conversation, against inspect_ai's `.eval` for the same messages.

Goal: at most a quarter of the peer's bytes, and linear: 1,000 turns at most 4.4 times 250 turns.
Needs the peer: `pip install 'tenure[bench]'`.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from tenure import scenarios
from tenure.envs.jobs import Briefing
from tenure.scoring.recorder import Recorder, header

TURNS = 1_000
USAGE = {"input_tokens": 9_000, "cached_tokens": 8_000, "output_tokens": 40, "reasoning_tokens": 0}


class Exchange(NamedTuple):
    """One turn: what the agent read, and the tool call it answered with."""

    observation: str
    action: str


def conversation(turns: int) -> list[Exchange]:
    """Return the first turns of a scripted year."""
    return list(islice(_play("vending/year", "shopkeeper"), turns))


def _play(name: str, policy_name: str) -> Iterator[Exchange]:
    scenario = scenarios.load(name)
    world = scenario.make_world(1)
    text = world.opening()
    briefing = Briefing(scenario.briefing, text, world.toolbox, seed=0)
    policy = scenario.job.policies[policy_name](briefing)
    call = next(policy)
    while not world.ended:
        yield Exchange(text, call.to_json())
        text = world.step(call.to_json()).text
        call = policy.send(text)


def our_bytes(turns: Sequence[Exchange], folder: Path) -> int:
    """Record the conversation as an LLM agent's episode and return the file's size."""
    scenario = scenarios.load("vending/year")
    world = scenario.make_world(1)
    path = folder / f"{len(turns)}.jsonl.zst"
    head = header(scenario, 1, {"name": "log"}, 0, world, scenarios.References(0, 1))
    with Recorder(path, head) as recorder:
        for turn in turns:
            message = {"role": "assistant", "content": turn.action}
            exchange = {"message": message, "model": "log", "usage": USAGE, "latency_ms": 900}
            recorder.step(world, turn.action, exchange, world.step(turn.action))
        recorder.end(world, "steps")
    return path.stat().st_size


def peer_bytes(turns: Sequence[Exchange], folder: Path) -> int:
    """Let inspect_ai hold the conversation with its mock model and return its log's size."""
    from inspect_ai import Task, eval  # noqa: A004  the peer's own name
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ChatMessageUser, ModelOutput, ModelUsage, get_model
    from inspect_ai.solver import solver

    def answer(turn: Exchange) -> ModelOutput:
        output = ModelOutput.from_content("mockllm/model", turn.action)
        output.usage = ModelUsage(input_tokens=9_000, output_tokens=40, total_tokens=9_040)
        return output

    @solver
    def talk() -> Any:
        async def solve(state: Any, _: Any) -> Any:
            for turn in turns:
                state.messages.append(ChatMessageUser(content=turn.observation))
                output = await get_model().generate(state.messages)
                state.messages.append(output.message)
            return state

        return solve

    model = get_model("mockllm/model", custom_outputs=(answer(turn) for turn in turns))
    task = Task(dataset=[Sample(input="Begin.")], solver=talk())
    (log,) = eval(task, model=model, log_dir=str(folder), display="none")
    return Path(log.location).stat().st_size


def main() -> None:
    """Print both sizes, their ratio, and how ours grows."""
    try:
        import inspect_ai  # noqa: F401  only to see that it is there
    except ImportError:
        sys.exit("The peer is missing: pip install 'tenure[bench]'")
    turns = conversation(TURNS)
    with tempfile.TemporaryDirectory() as folder:
        ours, quarter = our_bytes(turns, Path(folder)), our_bytes(turns[:250], Path(folder))
        theirs = peer_bytes(turns, Path(folder))
    print(f"tenure, 1,000 turns        {ours:9,} bytes")
    print(f"inspect_ai .eval           {theirs:9,} bytes")
    print(f"tenure / inspect_ai        {ours / theirs:9.2f}     goal <= 0.25")
    print(f"1,000 turns / 250 turns    {ours / quarter:9.2f}     goal <= 4.4")


if __name__ == "__main__":
    main()
