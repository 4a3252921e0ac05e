"""A model may word what counterparts say: recorded, so that replay and resume need no model."""

import asyncio

import pytest

from tenure.agents import AgentSpec, local
from tenure.cli import main
from tenure.cli.progress import Watch
from tenure.errors import UsageError
from tenure.runner.plan import default_folder, draw_up
from tenure.runner.run import run
from tenure.scenarios import load
from tenure.scoring.leaderboard.submission import submit
from tenure.scoring.records import read
from tenure.scoring.replay import replay
from tenure.scoring.report import write_report
from tenure.scoring.scorecard import score_run
from tenure.scoring.verification import verify
from tests.runner.endpoint import endpoint
from tests.runner.stand import plan as stand_plan
from tests.runner.stand import scenario as stand_scenario


@pytest.fixture(autouse=True)
def _no_settings_of_the_tester(monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")


def planned(url, agent="shopkeeper"):
    voice = AgentSpec(name="openai/voice-1", base_url=url, max_retries=0)
    return draw_up(load("vending/week"), [AgentSpec(name=agent)], [1], voice)


def echo(request):
    """A voice that says what it was given and is polite about it."""
    said = request["messages"][-1]["content"].partition("\n")[2]
    return {"role": "assistant", "content": f"{' '.join(said.split())} Yours sincerely."}


def played(folder, server, says):
    server.says = says
    manifest = planned(server.url)
    return manifest, asyncio.run(run(folder, manifest, Watch(0)))


def wordings(folder):
    steps = read(folder / "episodes/shopkeeper/seed-1.jsonl.zst").steps
    return [step["outside"] for step in steps if "outside" in step]


def test_what_a_voice_says_is_read_recorded_and_replayed_without_it(tmp_path):
    with endpoint() as server:
        assert played(tmp_path, server, echo)[1] == []
    record = read(tmp_path / "episodes/shopkeeper/seed-1.jsonl.zst")
    assert record.header["voice"]["name"] == "openai/voice-1"
    assert any("Yours sincerely." in step["text"] for step in record.steps)
    told = wordings(tmp_path)
    assert told
    assert all(one["voice"]["model"] == "worker-1" for one in told)
    assert all(one["voice"]["usage"]["output_tokens"] > 0 for one in told)
    assert "sk-test" not in str(record)
    assert verify(tmp_path).ok
    page = write_report(tmp_path, score_run(tmp_path)).read_text()
    assert "worded by openai/voice-1" in page


def test_words_from_outside_without_a_voice_are_no_record(tmp_path):
    with endpoint() as server:
        played(tmp_path, server, echo)
    record = read(tmp_path / "episodes/shopkeeper/seed-1.jsonl.zst")
    del record.header["voice"]
    assert replay(record).divergence.field == "outside"


def test_a_voice_that_lies_is_not_heard(tmp_path):
    with endpoint() as server:
        played(tmp_path, server, lambda _: {"role": "assistant", "content": "All is $0.01!"})
    record = read(tmp_path / "episodes/shopkeeper/seed-1.jsonl.zst")
    events = [event for step in record.steps for event in step.get("events", ())]
    assert {one["is_kept"] for one in events if one["kind"] == "wording"} == {False}
    assert not any("All is $0.01!" in step["text"] for step in record.steps)
    assert verify(tmp_path).ok


def test_a_run_cut_short_asks_for_no_recorded_words_again(tmp_path):
    with endpoint() as server:
        played(tmp_path / "whole", server, echo)
        asked = server.answered
        server.patience = asked + 1
        _, failures = played(tmp_path / "cut", server, echo)
        assert len(failures) == 1
        server.patience, server.answered = 10**6, 0
        assert played(tmp_path / "cut", server, echo)[1] == []
        assert server.answered == asked - 1
    file = "episodes/shopkeeper/seed-1.jsonl.zst"
    assert [one["wordings"] for one in wordings(tmp_path / "whole")] == [
        one["wordings"] for one in wordings(tmp_path / "cut")
    ]
    assert (
        read(tmp_path / "cut" / file).end["digest"]
        == (read(tmp_path / "whole" / file).end["digest"])
    )


def test_a_run_with_a_voice_is_another_plan_and_no_board_takes_it(tmp_path):
    plain = draw_up(load("vending/week"), [AgentSpec(name="null")], [1])
    manifest = planned("http://127.0.0.1:9/v1", agent="null")
    assert default_folder(plain) != default_folder(manifest)
    assert asyncio.run(run(tmp_path / "run", plain, Watch(0))) == []
    voiced = plain.model_copy(update={"voice": manifest.voice})
    (tmp_path / "run" / "run.json").unlink()
    voiced.write(tmp_path / "run")
    assert "not worded as planned" in verify(tmp_path / "run").findings[0].problem
    with pytest.raises(UsageError, match=r"voiced by openai/voice-1.*without --voice"):
        submit(tmp_path / "run", tmp_path / "board")


def test_where_nobody_speaks_or_no_model_is_named_that_is_said(capsys):
    with pytest.raises(UsageError, match="In lemonade/summer nobody speaks"):
        draw_up(stand_scenario(), [AgentSpec(name="idle")], [1], AgentSpec(name="openai/m"))
    assert stand_plan().voice is None
    assert main(["run", "vending/week", "--agent", "null", "--voice", "shopkeeper"]) != 0
    assert "A voice is a model" in capsys.readouterr().err
    assert main(["run", "suites/quick", "--agent", "floor", "--voice", "openai/m"]) != 0
    assert "--voice is for a single scenario" in capsys.readouterr().err


@pytest.mark.llm
def test_the_embedded_model_can_be_the_voice(tmp_path):
    try:
        local.find_weights("smollm2-135m")
    except UsageError as missing:
        pytest.skip(str(missing))
    voice = AgentSpec(name="local/smollm2-135m", max_output_tokens=64)
    manifest = draw_up(load("vending/week"), [AgentSpec(name="shopkeeper")], [1], voice)
    assert asyncio.run(run(tmp_path, manifest, Watch(0))) == []
    assert wordings(tmp_path)
    assert verify(tmp_path).ok
