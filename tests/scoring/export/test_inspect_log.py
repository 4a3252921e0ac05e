"""A log of Inspect, read back by Inspect."""

import pytest

from tenure.scoring.export.inspect_log import write

pytestmark = pytest.mark.frameworks


@pytest.fixture
def read_back(tmp_path):
    """Write an episode as a log and let Inspect read it."""
    inspect = pytest.importorskip("inspect_ai.log", reason="needs the extra `inspect`")

    def through_inspect(episode):
        path = tmp_path / "episode.eval"
        write([episode], path)
        return inspect.read_eval_log(str(path))

    return through_inspect


def test_an_episode_is_a_log_with_one_sample(read_back, any_episode):
    log = read_back(any_episode)
    (sample,) = log.samples
    assert log.status == ("success" if any_episode.complete else "cancelled")
    assert (log.eval.task, log.eval.model) == (any_episode.scenario_id, any_episode.agent_name)
    assert (sample.id, sample.epoch) == (f"seed-{any_episode.seed}", 1)
    said = [one for one in sample.messages if one.role == "assistant"]
    assert [one.metadata["tenure"]["action"] for one in said] == [
        step["action"] for step in any_episode.steps
    ]


def test_every_text_that_was_read_comes_back_once(read_back, any_episode):
    (sample,) = read_back(any_episode).samples
    read = [one.text for one in sample.messages if one.role in {"user", "tool"}]
    recorded = [any_episode.header["opening"], *(step["text"] for step in any_episode.steps)]
    assert sorted(read) == sorted(recorded)


def test_calls_faults_and_scores_are_where_inspect_looks_for_them(read_back, modelled):
    log = read_back(modelled)
    (sample,) = log.samples
    _, _, said, answered, *_ = sample.messages
    (call,) = said.tool_calls
    assert (call.function, call.arguments, said.model) == ("make_pitchers", {"count": 1}, "small-1")
    assert (answered.tool_call_id, answered.function, answered.error) == (
        call.id,
        "make_pitchers",
        None,
    )
    refused = next(one for one in sample.messages if one.id == "step-3-read")
    assert refused.error.message == "refused"
    assert sample.scores["score"].value == modelled.end["measured"][0]
    assert log.results.scores[0].metrics["mean"].value == modelled.end["measured"][0]


def test_tokens_and_cost_are_those_of_the_record(read_back, modelled):
    usage = read_back(modelled).stats.model_usage["acme/small-1"]
    assert (usage.input_tokens, usage.input_tokens_cache_read) == (100, 2000)
    assert usage.input_tokens_cache_write == 300
    assert (usage.output_tokens, usage.reasoning_tokens, usage.total_tokens) == (60, 20, 2460)
    assert usage.total_cost == 0.0024


def test_digests_and_unknown_fields_are_in_the_metadata(read_back, modelled):
    (sample,) = read_back(modelled).samples
    told = sample.metadata["tenure"]
    assert (told["header"]["weather"], told["header"]["seed"]) == ("mild", 1)
    assert told["end"]["digest"] == modelled.end["digest"]
    assert sample.messages[2].metadata["tenure"]["mood"] == ["fine"]
