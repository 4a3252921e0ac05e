"""A recorded episode goes on from one of its steps, with something changed."""

import asyncio
import json

import pytest

from tenure.agents import AgentSpec
from tenure.cli.progress import Watch
from tenure.envs.chance import Future
from tenure.errors import TrajectoryError, UsageError
from tenure.runner.fork import Change, draw_up_fork, fork
from tenure.runner.plan import draw_up
from tenure.runner.run import run
from tenure.scenarios import load
from tenure.scoring.leaderboard.submission import submit
from tenure.scoring.manifest import PARENT, Manifest
from tenure.scoring.past import Past
from tenure.scoring.recorder import compact
from tenure.scoring.records import FIRST_HASH, action_of, read, read_partial, seal
from tenure.scoring.scorecard import score_run
from tenure.scoring.verification import verify
from tests.runner.endpoint import endpoint
from tests.runner.stand import contents, plan, scenario

BREW_3 = '{"name":"make_pitchers","arguments":{"count":3}}'
EPISODE = "episodes/{}/seed-1.jsonl.zst"


def watch():
    return Watch(1)


@pytest.fixture(scope="module")
def parent(tmp_path_factory):
    """Two pitchers a day for ten days: steps 2n and 2n + 1 are those of day n + 1."""
    folder = tmp_path_factory.mktemp("parent")
    asyncio.run(run(folder, plan(days=10), watch()))
    return folder / EPISODE.format("two-a-day")


def forked(folder, parent, at, **change):
    names = change.pop("agents", ())
    manifest = draw_up_fork(parent, at, Change([AgentSpec(name=name) for name in names], **change))
    assert asyncio.run(fork(folder, parent, manifest, watch())) == []
    return manifest


def said(steps):
    return [{name: value for name, value in step.items() if name != "hash"} for step in steps]


def test_another_agent_goes_on_from_the_first_step_of_a_day(parent, tmp_path):
    forked(tmp_path, parent, "day:4", agents=["idle"])
    before, after = read(parent), read(tmp_path / EPISODE.format("idle"))
    assert said(after.steps[:6]) == said(before.steps[:6])
    assert {action_of(step) for step in after.own_steps} == {
        '{"name":"close_for_today","arguments":{}}'
    }
    told = after.header["parent"]
    assert (told["hash"], told["step"], told["agent"]) == (
        before.head_before(6),
        6,
        before.header["agent"],
    )
    assert after.header["minor"] == 1
    assert verify(tmp_path).ok


def test_who_remembers_goes_on_as_if_nothing_had_happened(parent, tmp_path):
    forked(tmp_path, parent, "step:7", keeps_context=True)
    assert said(read(tmp_path / EPISODE.format("two-a-day")).steps) == said(read(parent).steps)


def test_who_is_fresh_begins_again_with_the_last_observation_for_its_opening(parent, tmp_path):
    # It has brewed for day 4 already, as step 6, and brews once more as step 7.
    forked(tmp_path, parent, "step:7")
    fresh = read(tmp_path / EPISODE.format("two-a-day")).steps
    assert fresh[6]["action"] == fresh[7]["action"]
    assert verify(tmp_path).ok


@pytest.mark.parametrize("keeps", [False, True])
def test_a_decision_is_given_and_then_the_agent_goes_on(parent, tmp_path, keeps):
    forked(tmp_path, parent, "step:6", action=BREW_3, keeps_context=keeps)
    episode = read(tmp_path / EPISODE.format("two-a-day"))
    assert episode.steps[6]["action"] == BREW_3
    assert episode.header["parent"]["action"] == BREW_3
    assert '"make_pitchers"' in episode.steps[7]["action"]
    assert verify(tmp_path).ok


def test_other_futures_have_other_customers_from_the_next_day_on(parent, tmp_path):
    forked(tmp_path, parent, "day:4", keeps_context=True, futures=3, episodes=2)
    forks = [
        read(tmp_path / "episodes/two-a-day" / name)
        for name in ("seed-1.jsonl.zst", *(f"seed-1-attempt-{n}.jsonl.zst" for n in range(1, 6)))
    ]
    assert [one.future for one in forks] == [Future(number, 4) for number in (1, 2, 3, 1, 2, 3)]
    same = read(parent).steps[:7]
    assert all(said(one.steps[:7]) == said(same) for one in forks)
    assert said(forks[0].steps) == said(forks[3].steps)
    assert len({one.end["digest"] for one in forks}) > 1
    assert verify(tmp_path).ok


def test_a_fork_sets_its_outcomes_beside_its_parents(parent, tmp_path):
    forked(tmp_path, parent, "day:1", agents=["idle"])
    found = score_run(tmp_path).forks
    (outcome,) = found.outcomes
    assert found.parent_score == read(parent).end["measured"][0]
    assert outcome.difference == outcome.score - found.parent_score
    assert b'"forks"' in score_run(tmp_path).to_json()


def test_a_fork_can_be_forked_and_keeps_its_future(parent, tmp_path):
    forked(tmp_path / "one", parent, "day:4", keeps_context=True, futures=1)
    first = tmp_path / "one" / EPISODE.format("two-a-day")
    forked(tmp_path / "two", first, "day:6", agents=["idle"])
    second = read(tmp_path / "two" / EPISODE.format("idle"))
    assert second.future == Future(1, 4)
    assert said(second.steps[:10]) == said(read(first).steps[:10])
    assert verify(tmp_path / "two").ok
    with pytest.raises(UsageError, match="itself in future 1"):
        Past(second).before(3, future=2)
    with pytest.raises(UsageError, match="itself in future 1"):
        draw_up_fork(first, "day:6", Change(futures=2))


def test_a_fork_that_was_cut_short_goes_on_to_the_bytes_it_would_have_had(parent, tmp_path):
    manifest = forked(tmp_path, parent, "step:6", action=BREW_3, keeps_context=True)
    whole = contents(tmp_path)
    file = tmp_path / EPISODE.format("two-a-day")
    content = file.read_bytes()
    lengths = set()
    for size in range(len(content) // 4, len(content), 29):
        file.write_bytes(content[:size])
        try:
            lengths.add(len(read_partial(file).steps))
        except TrajectoryError:  # not even the header is whole
            continue
        assert asyncio.run(fork(tmp_path, parent, manifest, watch())) == []
        assert contents(tmp_path) == whole
    assert len(lengths) > 1


def altered(path, n, change):
    """Change a step of a record and seal it anew, as a forger can."""
    episode, head, lines = read(path), FIRST_HASH, []
    for record in (episode.header, *episode.steps, episode.end):
        content = {name: value for name, value in record.items() if name != "hash"}
        if record.get("n") == n:
            content |= change
        line, head = seal(head, content)
        lines.append(line)
    path.write_bytes(compact(b"".join(lines)))


def test_a_prefix_that_is_not_the_parents_is_found(parent, tmp_path):
    forked(tmp_path, parent, "step:6", agents=["idle"])
    altered(tmp_path / EPISODE.format("idle"), 3, {"exchange": {"cost_usd": 5}})
    (finding,) = verify(tmp_path).findings
    assert (finding.record, finding.problem) == (
        4,
        "Step 3 is not the parent's, though it comes before the fork.",
    )


@pytest.mark.parametrize(
    "falsehood",
    [
        {"figures": {"cash_cents": 1_000_000}},
        {"reward": 1_000_000},
        {"events": [{"kind": "prize"}]},
        {"text": "You have won."},
    ],
    ids=lambda falsehood: next(iter(falsehood)),
)
def test_nothing_goes_on_from_a_record_that_is_untrue_before_the_fork(parent, tmp_path, falsehood):
    false = tmp_path / "false.jsonl.zst"
    false.write_bytes(parent.read_bytes())
    altered(false, 3, falsehood)
    manifest = draw_up_fork(false, "step:6", Change([AgentSpec(name="idle")]))
    (failure,) = asyncio.run(fork(tmp_path / "fork", false, manifest, watch()))
    assert failure.error.record == 4
    assert failure.sentence == (
        "The parent's step 3 comes out otherwise than recorded; `tenure verify` of the parent "
        "tells how."
    )
    forked(tmp_path / "before", false, "step:3", agents=["idle"])


def test_a_parent_with_a_field_that_nobody_knows_can_be_forked(parent, tmp_path):
    other = tmp_path / "other.jsonl.zst"
    other.write_bytes(parent.read_bytes())
    altered(other, 3, {"acme": {"note": 1}})
    forked(tmp_path / "fork", other, "step:6", agents=["idle"])
    assert verify(tmp_path / "fork").ok


def test_a_fork_without_its_parent_is_found(parent, tmp_path):
    forked(tmp_path, parent, "step:6", agents=["idle"])
    (tmp_path / PARENT).unlink()
    assert [one.file for one in verify(tmp_path).findings] == [PARENT]


def test_no_leaderboard_takes_a_fork(parent, tmp_path):
    forked(tmp_path / "fork", parent, "step:6", agents=["idle"])
    with pytest.raises(UsageError, match="never enters a leaderboard"):
        submit(tmp_path / "fork", tmp_path / "board")


def test_what_a_plain_run_says_stays_as_it_was(tmp_path):
    plan().write(tmp_path)
    assert {"attempts", "origin"}.isdisjoint(json.loads((tmp_path / "run.json").read_bytes()))


def test_a_plain_plan_can_have_several_attempts(tmp_path):
    manifest = Manifest.model_validate({**plan(days=5).model_dump(), "attempts": 3})
    assert asyncio.run(run(tmp_path, manifest, watch())) == []
    assert verify(tmp_path).verified == 3
    assert [one.attempt for one in score_run(tmp_path).agents[0].scored] == [0, 1, 2]


def test_a_models_fork_has_its_own_limits_and_costs(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with endpoint() as server:
        spec = AgentSpec(name="openai/worker-1", base_url=server.url)
        parent = tmp_path / "parent"
        assert asyncio.run(run(parent, draw_up(scenario(days=7), [spec], [1]), watch())) == []
        answered = server.answered
        forked(tmp_path / "fork", next(parent.rglob("*.zst")), "day:5")
        assert server.answered - answered == 3
    whole, own = (score_run(one).agents[0].scored[0] for one in (parent, tmp_path / "fork"))
    assert (whole.spending.model_calls, own.spending.model_calls) == (7, 3)
    assert (whole.steps, own.steps) == (7, 7)


@pytest.mark.parametrize(
    ("at", "change", "problem"),
    [
        ("noon", Change(), "--at is 'noon'; it is day:43"),
        ("step:99", Change(), "There is no step 99: the episode has 20"),
        ("day:11", Change(), "no step on day 11 or after it"),
        ("step:20", Change(), "The episode is over after its 20 steps"),
        ("step:6", Change(limits={"steps": 5}), "the episode ends after 5"),
        ("day:3", Change([AgentSpec(name="clairvoyant")]), "plans the whole episode"),
        ("day:3", Change([AgentSpec(name="idle")], keeps_context=True), "can remember it"),
    ],
)
def test_what_cannot_be_forked_is_said(parent, at, change, problem):
    with pytest.raises(UsageError, match=problem):
        draw_up_fork(parent, at, change)


@pytest.mark.parametrize(
    ("scenario_id", "steps"), [("vending/month", 60), ("supply-line/quarter", 7)]
)
def test_every_script_can_take_over_in_the_middle(tmp_path, scenario_id, steps):
    known = load(scenario_id)
    floor = draw_up(known, [AgentSpec(name="floor")], [1])
    asyncio.run(run(tmp_path / "parent", floor, watch()))
    names = list(known.job.policies)
    forked(
        tmp_path / "fork",
        tmp_path / "parent" / EPISODE.format("floor"),
        f"step:{steps}",
        agents=names,
    )
    scores = {one.label: one.score for one in score_run(tmp_path / "fork").forks.outcomes}
    assert scores[names[-1]] > scores["null"]
    assert [*scores] == names


def test_nobody_remembers_what_somebody_else_decided(parent, tmp_path):
    forked(tmp_path, parent, "step:6", action=BREW_3, keeps_context=True)
    fork_of_it = tmp_path / EPISODE.format("two-a-day")
    with pytest.raises(UsageError, match="not all that came before is its agent's own doing"):
        draw_up_fork(fork_of_it, "step:8", Change([], keeps_context=True))
    assert draw_up_fork(fork_of_it, "step:8", Change([])).origin.step == 8
    with pytest.raises(UsageError, match="Days count from 1"):
        draw_up_fork(parent, "day:0", Change([]))
