"""A brake stops a run between two answers, and loses none that is paid for."""

import asyncio
import threading

import pytest

from tenure.cli.progress import Watch
from tenure.runner.budget import Brake
from tenure.runner.run import Conditions, run, run_arena
from tenure.scoring.records import read_partial
from tests.runner.endpoint import ANSWER, endpoint
from tests.runner.killing import worker
from tests.runner.stand import plan
from tests.runner.test_arena import plan as arena_plan


class Pulling(Watch):
    """Pulls the brake at the first step."""

    def __init__(self, brake):
        super().__init__(1)
        self._brake = brake

    def stepped(self, *args):
        super().stepped(*args)
        self._brake.pull("enough")


@pytest.fixture
def server(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with endpoint() as running:
        yield running


def steps(folder):
    return [len(read_partial(file).steps) for file in sorted(folder.rglob("*.zst"))]


def test_what_all_seats_were_asked_at_the_same_time_is_recorded(server, tmp_path):
    manifest = arena_plan([worker(server.url), worker(server.url)])
    brake = Brake()
    assert (
        asyncio.run(
            run_arena(tmp_path, manifest, Pulling(brake), Conditions(concurrency=1, brake=brake))
        )
        == []
    )
    assert steps(tmp_path) == [server.answered]
    assert server.answered >= 2


def test_a_script_stops_after_the_step_that_pulls_it(tmp_path):
    brake = Brake()
    assert asyncio.run(run(tmp_path, plan("idle"), Pulling(brake), Conditions(brake=brake))) == []
    assert steps(tmp_path) == [1]
    assert asyncio.run(run(tmp_path, plan("idle"), Watch(1))) == []
    assert steps(tmp_path) == [60]


def test_an_answer_that_does_not_come_is_not_waited_for_for_ever(server, tmp_path):
    brake, released = Brake(), threading.Event()

    def says(_):
        loop.call_soon_threadsafe(brake.pull, "enough", 0)
        assert released.wait(30)
        return ANSWER

    async def playing():
        nonlocal loop
        loop = asyncio.get_running_loop()
        manifest = plan().model_copy(update={"agents": [worker(server.url).record()]})
        return await run(tmp_path, manifest, Watch(1), Conditions(brake=brake))

    loop, server.says = None, says
    assert asyncio.run(playing()) == []
    released.set()
    assert steps(tmp_path) == [0]


def test_the_first_reason_stays():
    brake = Brake()
    brake.pull("usd")
    brake.pull("interrupted")
    assert brake.reason == "usd"
