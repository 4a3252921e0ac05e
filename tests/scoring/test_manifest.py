from pathlib import PurePosixPath

import pytest
from pydantic import ValidationError

from tenure.errors import UsageError
from tenure.scoring.manifest import Manifest, Slot, label_of
from tenure.scoring.records import read
from tests.scoring.episodes import SCENARIO, SLEEP, play
from tests.scoring.reported import reseal

PLAN = Manifest(scenario=SCENARIO, agents=[{"name": "idle"}, {"name": "me"}], seeds=[4, 2])

UNSAFE = PLAN.model_dump_json().replace('"name":"me"', '"name":"me","label":"a/b"')


def test_a_manifest_reads_back_as_written(tmp_path):
    PLAN.write(tmp_path / "run")
    assert Manifest.read(tmp_path / "run") == PLAN


def test_every_agent_plays_every_seed():
    assert list(PLAN.planned()) == [("idle", 4), ("idle", 2), ("me", 4), ("me", 2)]


def test_an_episode_has_one_place():
    assert PLAN.episode_path("idle", 4) == PurePosixPath("episodes/idle/seed-4.jsonl.zst")


def test_a_label_is_given_or_made_from_the_name():
    assert label_of({"name": "openai/GPT-5 mini"}) == "openai-gpt-5-mini"
    assert label_of({"name": "openai/gpt-5", "label": "warm"}) == "warm"


def test_a_folder_without_a_manifest_is_no_run(tmp_path):
    with pytest.raises(UsageError, match=r"is not a run: it has no run\.json"):
        Manifest.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{}", "scenario"),
        (UNSAFE, "label 'a/b' cannot name a folder"),
        ("nonsense", "content"),
        ('{"version": 2}', "version"),
    ],
)
def test_a_manifest_that_cannot_be_read_says_where(tmp_path, text, problem):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(UsageError, match=problem):
        Manifest.read(tmp_path)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"agents": [{"name": "a"}, {"name": "A"}]}, "label 'a' is there 2 times"),
        ({"agents": [{"name": "a", "label": "../../etc"}]}, "cannot name a folder"),
        ({"agents": [{"model": "a"}]}, "needs a name"),
        ({"agents": [{"name": ""}]}, "needs a name"),
        ({"agents": [{"name": {"a": 1}}]}, "needs a name"),
        ({"seeds": [1, 1]}, "seed 1 is there 2 times"),
        ({"seeds": [2**63]}, "seed 9223372036854775808 is not between"),
        ({"seeds": [-1]}, "seed -1 is not between"),
    ],
)
def test_an_impossible_plan_is_refused(change, problem):
    with pytest.raises(UsageError, match=problem):
        Manifest.model_validate(PLAN.model_dump() | change)


def test_a_plan_without_agents_or_seeds_is_none():
    for nothing in ({"agents": []}, {"seeds": []}):
        with pytest.raises(ValidationError, match="at least 1"):
            Manifest.model_validate(PLAN.model_dump() | nothing)


def test_an_episode_that_was_planned_agrees(tmp_path):
    episode = read(play(tmp_path / "e", [SLEEP] * 5, seed=4, agent={"name": "me"}))
    assert PLAN.disagreement(Slot("me", 4), episode) == ""


def test_an_episode_that_was_not_planned_says_why(tmp_path):
    episode = read(play(tmp_path / "e", [SLEEP] * 5, seed=4, agent={"name": "me"}))
    harder = SCENARIO.model_copy(update={"parameters": {"cash_cents": 5}})
    other = PLAN.model_copy(update={"scenario": harder})
    assert PLAN.disagreement(Slot("me", 2), episode) == "it was played on seed 4, not 2"
    assert PLAN.disagreement(Slot("idle", 4), episode) == "it was played by another agent ('me')"
    assert "another scenario" in other.disagreement(Slot("me", 4), episode)


def test_a_second_attempt_is_not_what_was_planned(tmp_path):
    path = play(tmp_path / "e", [SLEEP] * 5, seed=4, agent={"name": "me"})
    reseal(path, lambda records: records[0].update(attempt=3))
    assert PLAN.disagreement(Slot("me", 4), read(path)) == "it was attempt 3, not 0"
