"""Fields of records as all exports need them."""

import pytest

from tenure.scoring.export.fields import brief_of
from tenure.scoring.records import read
from tests.scoring.episodes import SLEEP, play
from tests.scoring.reported import reseal


@pytest.fixture
def path(tmp_path):
    return play(tmp_path / "seed-1.jsonl.zst", [SLEEP] * 5)


def test_a_brief_is_what_agents_read(path):
    assert brief_of(read(path)) == "Run the stand for 5 days."


@pytest.mark.parametrize(
    ("change", "brief"),
    [
        ({"id": "ghost/week"}, "Run the stand for {horizon_days} days."),
        ({"parameters": {"unheard_of": 1}}, "Run the stand for {horizon_days} days."),
        ({"brief": "{pay}"}, "{pay}"),
        ({"brief": 5}, ""),
    ],
)
def test_where_it_cannot_be_filled_in_it_is_what_the_scenario_says(path, change, brief):
    reseal(path, lambda records: records[0]["scenario"].update(change))
    assert brief_of(read(path)) == brief
