"""A person plays real scenarios: recorded, resumed, verified and scored like anybody else."""

import pytest

from tenure.agents import AgentSpec
from tenure.cli.desk.line import told_action
from tenure.runner.plan import draw_up
from tenure.scenarios import load
from tenure.scoring.records import read
from tenure.scoring.verification import verify
from tests.cli.desk.person import sit
from tests.runner.test_run import play

pytest.importorskip("textual")

OWN = ("hash", "agent", "exchange")
"""What of a record is the player's own."""


def record(folder):
    (path,) = folder.glob("episodes/*/*.zst")
    return path


def by_script(scenario, agent, folder):
    assert play(folder, draw_up(load(scenario), [AgentSpec(name=agent)], [1])) == []
    return read(record(folder))


def lines_of(episode):
    toolbox = load(episode.scenario_id).make_world(episode.seed).toolbox
    return [told_action(step["action"], toolbox) for step in episode.steps]


def without_player(episode):
    records = [episode.header, *episode.steps, episode.end]
    return [{name: value for name, value in one.items() if name not in OWN} for one in records]


@pytest.mark.parametrize(
    ("scenario", "agent"),
    [
        ("bookings/smoke", "floor"),
        ("supply-line/quarter", "best"),
        pytest.param("vending/week", "shopkeeper", marks=pytest.mark.slow),
    ],
)
def test_who_types_what_a_script_does_leaves_the_record_of_the_script(scenario, agent, tmp_path):
    script = by_script(scenario, agent, tmp_path / "script")

    async def type_all(here):
        for line in lines_of(script):
            await here.type(line)

    app = sit(scenario, tmp_path / "person", type_all)
    assert app.failure is None
    person = read(record(tmp_path / "person"))
    assert person.agent_name == "human/ada"
    assert without_player(person) == without_player(script)
    assert verify(tmp_path / "person").ok
    assert all(step["exchange"].keys() == {"latency_ms", "active_ms"} for step in person.steps)
