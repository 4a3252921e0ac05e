"""Agents of foreign frameworks work through MCP, as the examples show."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tenure.scoring.records import read_partial
from tenure.scoring.replay import replay
from tests.runner.endpoint import endpoint

pytestmark = pytest.mark.frameworks

ROOT = Path(__file__).parents[2]
WHERE = [*(path for path in sys.path if path.endswith("site-packages")), str(ROOT)]
"""Where modules are found; the root comes last, for its door `agents` bears a framework's name."""
both = pytest.mark.parametrize("name", ["openai-agents", "pydantic-ai"])


def play(name, folder, *options):
    """Run an example to its end, and return what was recorded."""
    script = ROOT / "examples" / f"{name.replace('-', '_')}_mcp.py"
    done = subprocess.run(
        [sys.executable, script, *options, "--out", folder],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(WHERE), "OPENAI_API_KEY": "none"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return read_partial(folder / f"episodes/mcp-{name}/seed-1.jsonl.zst")


def asleep(request):
    """A native call with an id of its own."""
    call = {"name": "wait_for_next_day", "arguments": "{}"}
    one = {"id": f"call-{len(request['messages'])}", "type": "function", "function": call}
    return {"role": "assistant", "content": None, "tool_calls": [one]}


@both
def test_an_agent_that_calls_tools_natively_works_a_week(name, tmp_path):
    """The model is a stub that always goes to sleep: the week is over after seven calls."""
    with endpoint() as server:
        server.says = asleep
        options = ("--model", "stub", "--base-url", server.url, "--turns", "9")
        episode = play(name, tmp_path, *options)
    assert episode.end["reason"] == "horizon"
    assert len(episode.steps) == 7
    assert "client" in episode.steps[0]["exchange"]
    assert replay(episode).divergence is None


@pytest.mark.llm
@both
def test_the_embedded_model_works_a_few_steps_and_the_episode_can_go_on(name, tmp_path):
    from tenure.agents.local import serve

    async def work():
        async with serve("smollm2-135m") as server:
            where = ("--model", "smollm2-135m", "--base-url", server.base_url)
            return await asyncio.to_thread(
                play, name, tmp_path, *where, "--structured", "--turns", "2"
            )

    episode = asyncio.run(work())
    assert len(episode.steps) == 2
    assert not episode.complete
