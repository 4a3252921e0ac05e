"""A run enters the board if every episode replays, and leaves no trace otherwise."""

import re
import shutil
from pathlib import Path

import orjson
import pytest

from tenure import scenarios
from tenure.errors import TenureError, TrajectoryError, UsageError
from tenure.scoring import leaderboard
from tenure.scoring.leaderboard import submission
from tenure.scoring.leaderboard.tiers import tiers
from tenure.scoring.manifest import Manifest
from tenure.scoring.records import read
from tenure.scoring.scorecard import Summary, score_run
from tenure.scoring.statistics import Interval
from tests.scoring import reported

SEEDS = (1, 2, 3, 4, 5)


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "honest"
    reported.run(folder, SEEDS)
    score_run(folder).write(folder)
    return folder


@pytest.fixture
def run_dir(played, tmp_path):
    return Path(shutil.copytree(played, tmp_path / "run"))


@pytest.fixture
def board(tmp_path):
    return tmp_path / "board"


def episode(run_dir, label="two-a-day", seed=1):
    return run_dir / Manifest.read(run_dir).episode_path(label, seed)


def refused(run_dir, board, message, error=TenureError):
    with pytest.raises(error, match=message) as caught:
        leaderboard.submit(run_dir, board)
    assert not board.exists(), "a refused run leaves nothing behind"
    return caught.value


def test_an_honest_run_enters_with_one_row_an_agent(run_dir, board):
    entry = leaderboard.submit(run_dir, board)
    assert [row.label for row in entry.rows] == ["idle", "two-a-day"]
    assert [row.complete for row in entry.rows] == [5, 5]
    assert entry.rows[1].proven == "re-simulated: 5 of 5; scores recomputed"
    assert "which model acted" in entry.not_proven
    assert leaderboard.entries(board) == [entry]


def test_an_entry_can_be_verified_and_submitted_to_another_board(run_dir, board, tmp_path):
    entry = leaderboard.submit(run_dir, board)
    again = leaderboard.submit(board / "entries" / entry.id, tmp_path / "other")
    assert again == entry


def test_an_entry_links_every_episode_and_its_report(run_dir, board):
    entry = leaderboard.submit(run_dir, board)
    folder = board / "entries" / entry.id
    files = [file.path for row in entry.rows for file in row.episodes]
    assert len(files) == 10
    assert all((folder / path).is_file() for path in files)
    assert (folder / "report.html").is_file()


def test_the_same_run_twice_is_refused_by_name(run_dir, board):
    entry = leaderboard.submit(run_dir, board)
    with pytest.raises(UsageError, match=entry.id):
        leaderboard.submit(run_dir, board)
    assert len(leaderboard.entries(board)) == 1
    assert not list(board.glob(".incoming-*"))


def test_a_flipped_byte_is_refused_with_the_file_named(run_dir, board):
    path = episode(run_dir)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    refused(run_dir, board, r"two-a-day/seed-1\.jsonl\.zst", TrajectoryError)


def test_an_edited_score_is_refused_though_its_chain_was_sealed_anew(run_dir, board):
    def enrich(records):
        records[-1]["measured"][0] += 100_000

    reported.reseal(episode(run_dir), enrich)
    (run_dir / "scorecard.json").unlink()
    refused(run_dir, board, "measured", TrajectoryError)


def test_an_edited_observation_names_its_record(run_dir, board):
    def lie(records):
        records[3]["text"] = "Sold 400 cups."

    reported.reseal(episode(run_dir), lie)
    assert refused(run_dir, board, "Sold 400 cups", TrajectoryError).record == 3


def test_an_episode_cut_at_its_best_moment_is_refused(run_dir, board):
    def stop_early(records):
        last = records[4]
        end = records[-1] | {"steps": 4, "reason": "steps", "digest": last.get("digest", "")}
        records[5:] = [end]

    reported.reseal(episode(run_dir), stop_early)
    refused(run_dir, board, "seed-1", TrajectoryError)


def test_an_easier_floor_is_refused(run_dir, board):
    def lower(records):
        records[0]["references"]["floor"] = 0

    reported.reseal(episode(run_dir), lower)
    refused(run_dir, board, "references", TrajectoryError)


@pytest.mark.parametrize(
    "agent", [{"name": "two-a-day", "oracle": True}, {"name": "clairvoyant", "label": "two-a-day"}]
)
def test_who_was_told_the_truth_of_its_seeds_is_refused(run_dir, board, agent):
    """Marked by the plan, or a privileged script of the job under a mask."""
    manifest = Manifest.read(run_dir)
    manifest.model_copy(update={"agents": [{"name": "idle"}, agent]}).write(run_dir)
    refused(run_dir, board, "was told the truth of its seeds", UsageError)


def test_a_missing_episode_is_refused(run_dir, board):
    episode(run_dir, seed=4).unlink()
    refused(run_dir, board, r"seed-4\.jsonl\.zst is planned and missing", UsageError)


def test_an_unfinished_episode_is_refused(run_dir, board):
    episode(run_dir, seed=4).unlink()
    reported.play(run_dir, Manifest.read(run_dir), "two-a-day", 4, stop=3)
    refused(run_dir, board, r"seed-4\.jsonl\.zst: Record 4 \(step\)", TrajectoryError)


def test_two_swapped_episodes_are_refused(run_dir, board):
    first, second = episode(run_dir, seed=1), episode(run_dir, seed=2)
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(kept)
    refused(run_dir, board, "seed 2, not 1", TrajectoryError)


def test_an_edited_scorecard_is_refused_with_the_place_named(run_dir, board):
    path = run_dir / "scorecard.json"
    card = orjson.loads(path.read_bytes())
    card["agents"][1]["score"]["mean"] *= 2
    path.write_bytes(orjson.dumps(card))
    refused(run_dir, board, r"differs in 'agents\.1\.score\.mean'", UsageError)


def test_a_run_without_a_scorecard_is_scored_from_its_records(run_dir, board):
    (run_dir / "scorecard.json").unlink()
    entry = leaderboard.submit(run_dir, board)
    assert (board / "entries" / entry.id / "scorecard.json").is_file()


@pytest.mark.parametrize("label", ["../outside", "a/b", ".hidden", "", "Über"])
def test_a_label_that_leaves_its_folder_is_refused(run_dir, board, label):
    manifest = Manifest.read(run_dir)
    spec = manifest.agents[0] | {"label": label}
    manifest.model_copy(update={"agents": [spec]}).write(run_dir)
    refused(run_dir, board, "cannot name a folder", UsageError)


def test_a_seed_planned_twice_is_refused(run_dir, board):
    Manifest.read(run_dir).model_copy(update={"seeds": [1, 1]}).write(run_dir)
    refused(run_dir, board, "seed 1 is there 2 times", UsageError)


def test_a_folder_that_is_no_run_is_refused(tmp_path, board):
    refused(tmp_path, board, "not a run", UsageError)


def test_an_own_scenario_is_marked_as_custom(run_dir, board):
    assert not leaderboard.submit(run_dir, board).scenario_builtin


@pytest.fixture
def week():
    return scenarios.load("vending/week")


def test_a_built_in_scenario_played_unchanged_is_marked_so(tmp_path, board, week):
    reported.run(tmp_path / "week", (1,), [{"name": "null"}], week)
    assert leaderboard.submit(tmp_path / "week", board).scenario_builtin


def test_a_changed_brief_under_a_built_in_id_is_refused(tmp_path, board, week):
    helpful = week.model_copy(update={"brief": "Buy low, sell high."})
    reported.run(tmp_path / "week", (1,), [{"name": "null"}], helpful)
    refused(tmp_path / "week", board, "but brief is Buy low", UsageError)


def test_another_version_of_a_built_in_scenario_is_refused(tmp_path, board, week):
    other = week.model_copy(update={"version": week.version + 1})
    reported.run(tmp_path / "week", (1,), [{"name": "null"}], other)
    refused(tmp_path / "week", board, f"this Tenure has version {week.version}", UsageError)


def digest_of(run_dir, manifest=None):
    manifest = manifest or Manifest.read(run_dir)
    episodes = [read(run_dir / manifest.episode_path(*plan)) for plan in manifest.planned()]
    return submission.run_digest(manifest, episodes)


@pytest.mark.parametrize(
    "edit",
    [
        lambda records: records[2].update(exchange={"cost_usd": 0.0}),
        lambda records: records[1].update(note="again"),
        lambda records: records[0].update(tenure="0.0.9"),
    ],
)
def test_a_run_that_was_only_dressed_up_is_the_same_run(run_dir, board, edit):
    entry = leaderboard.submit(run_dir, board)
    (run_dir / "scorecard.json").unlink()
    reported.reseal(episode(run_dir), edit)
    with pytest.raises(UsageError, match=f"on the board already, as {entry.id}"):
        leaderboard.submit(run_dir, board)


def test_the_order_of_the_plan_does_not_make_another_run(run_dir):
    manifest = Manifest.read(run_dir)
    turned = {"agents": manifest.agents[::-1], "seeds": manifest.seeds[::-1]}
    assert digest_of(run_dir) == digest_of(run_dir, manifest.model_copy(update=turned))


def test_other_actions_seeds_or_labels_make_another_run(run_dir, tmp_path):
    manifest = Manifest.read(run_dir)
    fewer = manifest.model_copy(update={"seeds": [1, 2, 3, 4]})
    reported.run(
        tmp_path / "lazy", SEEDS, [{"name": "idle"}, {"name": "two-a-day", "policy": "idle"}]
    )
    reported.run(tmp_path / "named", SEEDS, [{"name": "idle"}, {"name": "two-a-day", "label": "b"}])
    digests = {digest_of(run_dir), digest_of(run_dir, fewer)}
    digests |= {digest_of(tmp_path / name) for name in ("lazy", "named")}
    assert len(digests) == 4


def test_another_attempt_is_refused(run_dir, board):
    reported.reseal(episode(run_dir), lambda records: records[0].update(attempt=1))
    refused(run_dir, board, "attempt 1", TrajectoryError)


def test_the_page_counts_one_as_one(tmp_path, board):
    reported.run(tmp_path / "short", (1,), [{"name": "two-a-day"}])
    leaderboard.submit(tmp_path / "short", board)
    assert "1 agent and 1 episode in 1 submission, " in leaderboard.build(board).read_text()


def summary(mean, low=None, high=None):
    interval = None if low is None else Interval(low, high, 0.95, "t")
    return Summary(mean=mean, interval=interval, worst=mean, best=mean, cvar10=mean)


def test_whoever_overlaps_with_the_leader_of_a_tier_shares_it():
    leader, close, behind = summary(9, 8, 10), summary(8, 7, 9), summary(5, 4, 6)
    assert tiers([behind, leader, close]) == [2, 1, 1]


def test_a_chain_of_overlaps_does_not_carry_the_last_into_the_first_tier():
    assert tiers([summary(9, 8, 10), summary(7, 6, 8.5), summary(5, 4, 6.5)]) == [1, 1, 2]


def test_without_an_interval_there_is_no_tier():
    assert tiers([summary(9), summary(5, 4, 6), None]) == [None, 1, None]


def test_an_empty_board_says_how_to_submit(board):
    page = leaderboard.build(board).read_text()
    assert "Nobody is on the board yet" in page
    assert "tenure submit" in page


def test_the_page_shows_each_row_with_what_was_proven(run_dir, board):
    entry = leaderboard.submit(run_dir, board)
    page = leaderboard.build(board).read_text()
    assert page.count("re-simulated: 5 of 5; scores recomputed") == 2
    assert "custom scenario" in page
    links = re.findall(r'href="(entries/[^"]*)"', page)
    assert len(links) == 12
    assert all((board / link).is_file() for link in links)
    assert f"entries/{entry.id}/report.html" in links


def test_the_page_is_the_same_bytes_every_time(run_dir, board):
    leaderboard.submit(run_dir, board)
    first = leaderboard.build(board).read_bytes()
    assert leaderboard.build(board).read_bytes() == first


def test_fewer_than_five_seeds_have_neither_interval_nor_tier(tmp_path, board):
    reported.run(tmp_path / "short", (1, 2), [{"name": "two-a-day"}])
    leaderboard.submit(tmp_path / "short", board)
    page = leaderboard.build(board).read_text()
    assert "n = 2 &lt; 5: no interval" in page


def test_an_agent_cannot_smuggle_markup_into_the_page(tmp_path, board):
    spec = {"name": "<img src=x onerror=alert(1)>", "label": "sly", "policy": "two-a-day"}
    reported.run(tmp_path / "sly", (1,), [spec])
    leaderboard.submit(tmp_path / "sly", board)
    page = leaderboard.build(board).read_text()
    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_a_small_board_speaks_in_the_singular(tmp_path, board):
    reported.run(tmp_path / "one", (1,), [{"name": "idle"}])
    leaderboard.submit(tmp_path / "one", board)
    page = leaderboard.build(board).read_text()
    assert "1 agent and 1 episode in 1 submission, every" in page
    assert "<summary>1 file</summary>" in page


def test_only_chosen_settings_of_a_model_are_in_sight(tmp_path, board):
    spec = {
        "name": "openai/x",
        "label": "x",
        "policy": "two-a-day",
        "temperature": 0.7,
        "max_retries": 8,
    }
    reported.run(tmp_path / "model", (1,), [spec])
    leaderboard.submit(tmp_path / "model", board)
    page = leaderboard.build(board).read_text()
    assert '<span class="sub">openai/x; policy two-a-day; temperature 0.7</span>' in page
    assert "<summary>other settings</summary>max retries 8</details>" in page


def test_an_unreadable_entry_is_named(run_dir, board):
    entry = leaderboard.submit(run_dir, board)
    path = board / "entries" / entry.id / "entry.json"
    path.write_text("{}")
    with pytest.raises(UsageError, match=entry.id):
        leaderboard.build(board)
