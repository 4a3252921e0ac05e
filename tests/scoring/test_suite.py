"""A suite's scorecard: every scenario's own, and no mean over them."""

import shutil
from pathlib import Path

import orjson
import pytest
from pydantic import ValidationError

from tenure.errors import UsageError
from tenure.scenarios import Limits, load_suite
from tenure.scoring.manifest import Manifest
from tenure.scoring.scorecard import score_run
from tenure.scoring.suite import SuiteManifest, SuiteScorecard, is_suite_run, score_suite
from tenure.scoring.verification import verify
from tests.scoring import reported
from tests.scoring.other_jobs import scenarios

ROLES = [{"name": "floor", "policy": "idle"}, {"name": "best", "policy": "two-a-day"}]
SEEDS = [1, 2, 3, 4, 5]


def suite_of(runs, suite_id="suites/odd", title="Odd jobs"):
    return SuiteManifest(id=suite_id, suite_version=1, title=title, runs=runs)


def quick_of(runs, title="A quick look"):
    return suite_of(runs, "suites/quick", title)


def quick_runs():
    """Return the plans of all scenarios of the built-in suite."""
    suite = load_suite("suites/quick")
    return [
        Manifest(scenario=entry.load(), agents=[{"name": "null"}], seeds=suite.seeds(entry))
        for entry in suite.scenarios
    ]


def play_suite(folder: Path) -> SuiteManifest:
    """Play a suite of three jobs: a stand, a stand that costs money, and a kitchen."""
    planned = [reported.STAND, *scenarios()]
    manifest = suite_of([Manifest(scenario=one, agents=ROLES, seeds=SEEDS) for one in planned])
    manifest.write(folder)
    for place, run in manifest.folders(folder):
        reported.run(place, SEEDS, ROLES, run.scenario)
    return manifest


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    folder = tmp_path_factory.mktemp("suite") / "odd"
    play_suite(folder)
    return folder


@pytest.fixture
def suite_dir(played, tmp_path):
    return Path(shutil.copytree(played, tmp_path / "suite"))


class TestManifest:
    def test_it_reads_back_as_written(self, suite_dir):
        manifest = SuiteManifest.read(suite_dir)
        assert manifest.planned == 30
        assert manifest.labels == ["floor", "best"]
        folders = [folder.relative_to(suite_dir) for folder, _ in manifest.folders(suite_dir)]
        assert folders == [Path("lemonade/week"), Path("rented/week"), Path("kitchen/week")]

    def test_a_suite_is_told_from_a_run_and_each_is_named_to_who_takes_one_for_the_other(
        self, suite_dir
    ):
        assert is_suite_run(suite_dir)
        assert not is_suite_run(suite_dir / "lemonade/week")
        with pytest.raises(UsageError, match=r"whole suite. Name one of its runs: .*kitchen/week"):
            Manifest.read(suite_dir)
        with pytest.raises(UsageError, match=r"is not a suite's run: it has no suite\.json"):
            SuiteManifest.read(suite_dir / "lemonade/week")

    def test_what_cannot_be_a_suite_is_refused(self):
        run = Manifest(scenario=reported.STAND, agents=ROLES, seeds=[1])
        with pytest.raises(UsageError, match="lemonade/week is there 2 times"):
            suite_of([run, run])
        (other, _) = scenarios()
        with pytest.raises(UsageError, match="rented/week has other agents than lemonade/week"):
            suite_of([run, Manifest(scenario=other, agents=ROLES[:1], seeds=[1])])
        with pytest.raises(ValidationError, match="at least 1"):
            suite_of([])

    @pytest.mark.parametrize(
        ("text", "problem"), [("nonsense", "content"), ("{}", "id"), ('{"version": 2}', "version")]
    )
    def test_what_cannot_be_read_says_where(self, tmp_path, text, problem):
        (tmp_path / "suite.json").write_text(text)
        with pytest.raises(UsageError, match=rf"suite\.json: {problem}"):
            SuiteManifest.read(tmp_path)

    def test_a_changed_built_in_suite_says_how(self):
        week, *others = quick_runs()
        assert quick_of([week, *others]).departures() == []
        fewer = week.model_copy(update={"seeds": [1]})
        told = quick_of([fewer, *others]).departures()
        assert told == ["seeds.vending/week is [1], not [1,2,3,4,5]"]
        assert suite_of([fewer, *others]).departures() == []
        assert quick_of([week, *others], "Mine").departures() == ["title is Mine, not A quick look"]


class TestScorecard:
    def test_each_scenario_has_the_scorecard_of_its_run(self, suite_dir):
        card = score_suite(suite_dir)
        alone = [
            score_run(folder) for folder, _ in SuiteManifest.read(suite_dir).folders(suite_dir)
        ]
        assert card.scenarios == alone
        assert (card.planned, card.complete) == (30, 30)

    def test_the_same_records_give_the_same_bytes_and_they_read_back(self, suite_dir, tmp_path):
        other = Path(shutil.copytree(suite_dir, tmp_path / "elsewhere"))
        written = score_suite(suite_dir).write(suite_dir).read_bytes()
        assert written == score_suite(other).to_json()
        assert SuiteScorecard.model_validate_json(written).to_json() == written

    def test_an_agent_has_a_worst_scenario_and_no_mean(self, suite_dir):
        card = score_suite(suite_dir)
        best = card.agents[1]
        means = {own.scenario["id"]: own.agents[1].normalised.mean for own in card.scenarios}
        assert best.worst_scenario == min(means, key=means.get)
        assert best.worst_normalised == min(means.values())
        assert best.scored == 3
        written = orjson.loads(card.to_json())
        assert set(written["agents"][1]) == {
            *("label", "scored", "worst_scenario", "worst_normalised")
        }

    def test_equal_scores_have_no_worst_scenario(self, suite_dir):
        floor = score_suite(suite_dir).agents[0]
        assert (floor.worst_scenario, floor.worst_normalised) == (None, 0)

    def test_a_scenario_without_a_score_is_neither_zero_nor_the_worst(self, suite_dir):
        shutil.rmtree(suite_dir / "kitchen")
        shutil.rmtree(suite_dir / "rented/week/episodes/best")
        card = score_suite(suite_dir)
        assert card.complete == 15
        assert card.agents[1].scored == 1
        assert card.agents[1].worst_scenario == "lemonade/week"
        assert card.scenarios[2].agents[1].score is None

    def test_nothing_played_has_no_worst(self, tmp_path):
        run = Manifest(scenario=reported.STAND, agents=ROLES, seeds=[1])
        suite_of([run]).write(tmp_path)
        (floor, _) = score_suite(tmp_path).agents
        assert (floor.scored, floor.worst_scenario, floor.worst_normalised) == (0, None, None)

    def test_luck_is_told_of_jobs_that_have_it(self, suite_dir):
        plain, rented, kitchen = score_suite(suite_dir).scenarios
        assert (plain.luck_figure, kitchen.luck_figure) == ("", "")
        assert rented.luck_figure == "luck_cents"
        assert rented.telling_figures == ["luck_cents", "units_made"]
        floor = rented.agents[0].scored[0]
        assert floor.luck != 0
        assert floor.normalised == 0  # the luck of the seed is no part of it


class TestVerification:
    def test_a_true_suite_is_verified(self, suite_dir):
        assert verify(suite_dir) == (30, (), ())

    def test_what_is_wrong_is_named_below_the_suite(self, suite_dir):
        (suite_dir / "rented/week/episodes/best/seed-2.jsonl.zst").write_bytes(b"rubbish")
        shutil.rmtree(suite_dir / "kitchen")
        checked = verify(suite_dir)
        assert checked.verified == 19
        assert checked.findings[0].file == "rented/week/episodes/best/seed-2.jsonl.zst"
        assert len(checked.findings) == 11
        assert {finding.file.partition("/")[0] for finding in checked.findings[1:]} == {"kitchen"}

    def test_a_run_with_another_plan_than_the_suites_is_named(self, suite_dir):
        folder = suite_dir / "lemonade/week"
        Manifest.read(folder).model_copy(update={"seeds": [1, 2, 3, 4]}).write(folder)
        (finding,) = verify(suite_dir).findings
        assert finding.file == "lemonade/week/run.json"
        assert "not the one that the suite has for it" in finding.problem

    @pytest.mark.parametrize("content", [None, b"rubbish"])
    def test_a_plan_that_is_missing_or_damaged_is_named(self, suite_dir, content):
        path = suite_dir / "lemonade/week/run.json"
        path.unlink() if content is None else path.write_bytes(content)
        (finding,) = verify(suite_dir).findings
        assert finding.file == "lemonade/week/run.json"

    def test_a_run_that_the_suite_did_not_plan_is_named(self, suite_dir):
        shutil.copytree(suite_dir / "lemonade/week", suite_dir / "lemonade/again")
        (finding,) = verify(suite_dir).findings
        assert finding == ("lemonade/again/run.json", "The run is not in the suite's plan.", None)

    @pytest.mark.parametrize("place", ["", "elsewhere/", "kitchen/week/"])
    def test_an_episode_outside_of_every_planned_run_is_named(self, suite_dir, place):
        name = f"{place}seed-6.jsonl.zst"
        (suite_dir / place).mkdir(exist_ok=True)
        shutil.copy(suite_dir / "kitchen/week/episodes/best/seed-1.jsonl.zst", suite_dir / name)
        (finding,) = verify(suite_dir).findings
        assert finding == (name, "The episode is not in the suite's plan.", None)

    def test_a_run_that_went_on_with_another_tenure_is_still_the_suites(self, suite_dir):
        folder = suite_dir / "lemonade/week"
        Manifest.read(folder).model_copy(update={"tenure": "0.0.9"}).write(folder)
        assert verify(suite_dir) == (30, (), ())

    def test_departures_say_of_which_scenario(self, tmp_path):
        week, *others = quick_runs()
        limited = week.scenario.model_copy(update={"limits": Limits(steps=2)})
        runs = [week.model_copy(update={"scenario": limited}), *others]
        manifest = quick_of(runs)
        manifest.write(tmp_path)
        for folder, run in manifest.folders(tmp_path):
            reported.run(folder, run.seeds, run.agents, run.scenario)
        assert verify(tmp_path).departures == ("vending/week: limits.steps is 2, not 200",)
