"""Questions about what was told in passing reach agents of every kind through the usual tools."""

import asyncio
from functools import partial

from mcp.client.client import Client

from tenure.agents import AgentSpec
from tenure.agents.mcp import Desk, Face
from tenure.agents.relay import Reception
from tenure.cli.progress import Watch
from tenure.envs.retention import Retention, plan
from tenure.runner.inline import play_here
from tenure.runner.plan import draw_up
from tenure.runner.run import Conditions, run
from tenure.scoring.records import read
from tenure.scoring.replay import replay
from tenure.scoring.sustained.retention import recalls
from tests.runner import stand
from tests.runner.test_http_agents import SLEEP, worker  # noqa: F401  a fixture
from tests.runner.test_mcp import text_of

RETENTION = Retention(lags_days=(1,), every_days=1)
SCENARIO = stand.scenario(days=4).model_copy(update={"retention": RETENTION})
FIRST, SECOND = plan(RETENTION, 4, SCENARIO.make_world(1).chance)[:2]
ANSWERS = [{"question": 1, "answer": FIRST.truth}, {"question": 2, "dont_know": True}]


def check(folder):
    (file,) = (folder / "episodes").glob("*/*")
    episode = read(file)
    assert [(one.is_right, one.answer) for one in recalls(episode)] == [
        (True, FIRST.truth),
        (False, "dont_know"),
    ]
    assert replay(episode).explanation == ""


def test_an_agent_over_http_answers(tmp_path, worker):  # noqa: F811  the fixture
    said = [{"name": "answer_question", "arguments": answer} for answer in ANSWERS]
    calls = [SLEEP, SLEEP, said[0], SLEEP, said[1], SLEEP]
    worker.replies["act"] = [{"action": call} for call in calls]
    manifest = draw_up(SCENARIO, [AgentSpec(name=worker.url)], [1])
    assert asyncio.run(run(tmp_path, manifest, Watch(0))) == []
    (begin,) = (request for request in worker.asked if request["type"] == "begin")
    assert begin["tools"][-1]["name"] == "answer_question"
    check(tmp_path)


def test_a_client_over_mcp_answers_and_cannot_read_again_what_it_was_told(tmp_path):
    async def play():
        reception = Reception()
        face = Face(
            Desk(reception, 1, shared=True), SCENARIO.briefing, SCENARIO.make_world(1).offered
        )
        manifest = draw_up(SCENARIO, [AgentSpec(name="mcp/me")], [1])
        playing = run(
            tmp_path,
            manifest,
            Watch(1),
            Conditions(place=partial(play_here, staffing=reception.staff)),
        )
        running = asyncio.create_task(playing)
        async with Client(face.server("tenure", "1")) as client:

            async def call(name, **said):
                return text_of(await client.call_tool(name, said))

            told, asked = await call("close_for_today"), await call("close_for_today")
            again = await call("start_work")
            for answer in ANSWERS:
                await call("answer_question", **answer)
                await call("close_for_today")
            assert await running == []
            return told, asked, again

    told, asked, again = asyncio.run(play())
    assert FIRST.told in told
    assert FIRST.asked in asked
    assert FIRST.told not in again
    check(tmp_path)
