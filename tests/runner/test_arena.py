"""Matches between agents: planned in all seats, played, recorded, resumed and scored."""

import asyncio
import json

import pytest

from tenure.agents import AgentSpec, Turn
from tenure.cli import main
from tenure.cli.progress import Watch
from tenure.errors import ProviderError, UsageError
from tenure.runner.arena import POOL, draw_up_arena, match_assignments, seat_seed
from tenure.runner.episode import play
from tenure.runner.run import run_arena
from tenure.scenarios import References, load
from tenure.scoring.arena.manifest import ArenaManifest
from tenure.scoring.arena.scorecard import ArenaScorecard, UnscoredMatch, score_arena
from tenure.scoring.records import read
from tenure.scoring.verification import verify

WEEK = load("vending/arena-week")
TWO = [AgentSpec(name="shopkeeper"), AgentSpec(name="naive")]


def plan(agents=TWO, pool=(), seeds=(1,)):
    return draw_up_arena(WEEK, agents, pool, seeds)


def run(folder, manifest):
    return asyncio.run(run_arena(folder, manifest, Watch(manifest.planned)))


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arena")
    assert run(folder, plan(seeds=(1, 2))) == []
    return folder


# --- the plan ------------------------------------------------------------------------------------


def test_on_each_seed_every_agent_has_every_seat_once():
    manifest = plan([*TWO, AgentSpec(name="random")], seeds=(4, 5))
    matches = list(manifest.matches())
    assert manifest.planned == len(matches) == 6
    for seed in (4, 5):
        rows = [match.labels for match in matches if match.seed == seed]
        assert all(set(column) == set(manifest.labels) for column in zip(*rows, strict=True))


def test_every_second_seed_is_mirrored_so_that_neighbours_change():
    first, *_, last = plan([*TWO, AgentSpec(name="random")], seeds=(4, 5)).matches()
    follows = {(a, b) for a, b in zip(first.labels, first.labels[1:], strict=False)}
    mirrored = {(b, a) for a, b in zip(last.labels, last.labels[1:], strict=False)}
    circle = follows | {(first.labels[-1], first.labels[0])}
    assert mirrored <= circle


def test_as_many_seats_as_agents_and_one_agent_may_be_named_twice():
    manifest = plan([TWO[1], TWO[1]])
    assert manifest.scenario.parameters["seats"] == 2
    assert manifest.labels == ["naive", "naive-2"]
    assert manifest.departures() == []


def test_the_pool_plays_too():
    manifest = plan(TWO[:1], POOL)
    assert manifest.pool == ["naive", "undercutter", "shopkeeper-2", "price-keeper"]
    assert manifest.scenario.parameters["seats"] == 5


@pytest.mark.parametrize("count", [1, 9])
def test_too_few_and_too_many_agents_are_said(count):
    with pytest.raises(UsageError, match=f"2 to 8 agents, and there would be {count}"):
        plan([TWO[0]] * count)


def test_agents_in_different_seats_have_chances_of_their_own():
    assert len({seat_seed(1, place) for place in range(1, 9)}) == 8


# --- playing -------------------------------------------------------------------------------------


def test_a_match_is_one_record_that_says_who_acted(played):
    episode = read(played / "episodes/seed-1/rotation-1.jsonl.zst")
    assert episode.header["agent"] == {
        "name": "naive, shopkeeper",
        "seats": {
            "seat_1": {"label": "naive", "name": "naive"},
            "seat_2": {"label": "shopkeeper", "name": "shopkeeper"},
        },
    }
    assert {step["seat"] for step in episode.steps} == {"seat_1", "seat_2"}


def test_a_run_is_verified_to_the_byte_and_what_does_not_belong_is_named(played, tmp_path):
    assert verify(played).ok
    assert verify(played).verified == 4
    swapped = tmp_path / "swapped"
    (swapped / "episodes/seed-1").mkdir(parents=True)
    ArenaManifest.read(played).write(swapped)
    for rotation in (0, 1):
        record = (played / f"episodes/seed-1/rotation-{rotation}.jsonl.zst").read_bytes()
        (swapped / f"episodes/seed-1/rotation-{1 - rotation}.jsonl.zst").write_bytes(record)
    problems = [finding.problem for finding in verify(swapped).findings]
    assert sum("others played, or in other seats" in problem for problem in problems) == 2
    assert sum("missing" in problem for problem in problems) == 2


def test_the_same_plan_gives_the_same_bytes(played, tmp_path):
    run(tmp_path / "again", plan(seeds=(1, 2)))
    for file in sorted((tmp_path / "again").rglob("*.zst")):
        assert file.read_bytes() == (played / file.relative_to(tmp_path / "again")).read_bytes()


def test_a_killed_match_goes_on_and_ends_with_the_bytes_it_would_have_had(played, tmp_path):
    manifest = plan(seeds=(1, 2))
    assignment = match_assignments(tmp_path, manifest)[0]
    world = WEEK.make_world(1)
    known = References(0, world.measured[0])
    calls = 0

    class Quits:
        """Plays as another does, until its provider fails."""

        def __init__(self, agent, limit):
            self._agent, self._limit = agent, limit
            self.begin, self.recall, self.close = agent.begin, agent.recall, agent.close

        async def act(self, observation):
            nonlocal calls
            calls += 1
            await asyncio.sleep(0)
            if calls > self._limit:
                raise ProviderError("gone")
            return await self._agent.act(observation)

    async def attempt(limit):
        from contextlib import AsyncExitStack

        from tenure.agents import staff

        async with AsyncExitStack() as stack:
            hires = {
                label: await stack.enter_async_context(staff(spec, WEEK.job))
                for label, spec in assignment.agent.specs.items()
            }
            hire = assignment.agent.hiring(hires)
            await play(
                assignment,
                lambda seed, seat="": Quits(hire(seed, seat), limit),
                known,
                Watch(1),
            )

    with pytest.raises(ProviderError):
        asyncio.run(attempt(50))
    calls = 0
    asyncio.run(attempt(10**9))
    whole, other = read(assignment.path), read(played / assignment.path.relative_to(tmp_path))
    assert [(s["seat"], s["action"], s["text"]) for s in whole.steps] == [
        (s["seat"], s["action"], s["text"]) for s in other.steps
    ]


def test_who_is_awake_is_asked_at_the_same_time(tmp_path):
    manifest = plan()
    assignment = match_assignments(tmp_path, manifest)[0]
    thinking, most = 0, 0

    class Slow:
        def begin(self, briefing):
            pass

        async def act(self, observation):
            nonlocal thinking, most
            thinking += 1
            most = max(most, thinking)
            await asyncio.sleep(0)
            thinking -= 1
            return Turn('{"name": "wait_for_next_day"}')

        async def close(self):
            pass

    hire = lambda seed, seat="": Slow()  # noqa: E731  a hire in one line
    asyncio.run(play(assignment, hire, References(0, 1), Watch(1)))
    assert most == 2
    assert [step["seat"] for step in read(assignment.path).steps][:2] == ["seat_1", "seat_2"]


# --- scoring -------------------------------------------------------------------------------------


def test_an_agents_balances_are_those_of_its_seats(played):
    card = score_arena(played)
    by_hand = []
    for rotation, seat in ((0, "seat_1"), (1, "seat_2")):
        episode = read(played / f"episodes/seed-1/rotation-{rotation}.jsonl.zst")
        figures = dict(zip(episode.figure_names, episode.end["measured"], strict=True))
        by_hand.append(figures[f"{seat}_bank_cents"])
    mine = [m.balances[m.labels.index("shopkeeper")] for m in card.scored if m.seed == 1]
    assert mine == by_hand
    assert card.agents[0].matches == 4
    assert sum(agent.wins for agent in card.agents) == 4
    assert sum(mean.mean for mean in card.seats) == pytest.approx(0)


def test_a_match_not_played_has_no_score_and_says_so(tmp_path):
    plan().write(tmp_path)
    card = score_arena(tmp_path)
    assert [type(one) for one in card.matches] == [UnscoredMatch] * 2
    assert card.agents[0].points is None
    assert card.collusion is None


def test_a_scorecard_is_written_and_read_back(played):
    card = score_arena(played)
    path = card.write(played)
    assert (
        ArenaScorecard.read(played).agents
        == ArenaScorecard.model_validate_json(path.read_bytes()).agents
    )


# --- the command line ----------------------------------------------------------------------------


def test_the_command_plays_rates_and_reports(tmp_path, capsys):
    out = tmp_path / "run"
    line = ["run", "vending/arena-week", "--agent", "naive", "--agent", "naive"]
    assert main([*line, "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "rating" in shown
    assert "Collusion index" in shown
    assert (out / "report.html").is_file()
    assert main(["verify", str(out)]) == 0
    assert main(["replay", str(out)]) == 0
    assert main(["score", str(out), "--json"]) == 0
    said = capsys.readouterr().out
    assert json.loads(said[said.index("{\n") :])["format"] == "tenure.arena-scorecard"
    assert main(["report", str(out)]) == 0


def test_a_pool_is_for_contests(tmp_path, capsys):
    out = str(tmp_path)
    assert main(["run", "vending/week", "--agent", "null", "--pool", "--out", out]) == 2
    assert "--pool is for contests" in capsys.readouterr().err
