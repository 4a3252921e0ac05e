"""OpenTelemetry spans: the OTLP/JSON encoding, and the names of the GenAI conventions."""

import base64
import json
from itertools import pairwise

import pytest

from tenure.scoring.export.otel import SCHEMA_URL, START_NS, spans, write


def attributes(span):
    return {one["key"]: plain(one["value"]) for one in span["attributes"]}


def plain(value):
    ((kind, found),) = value.items()
    if kind == "arrayValue":
        return [plain(one) for one in found["values"]]
    return int(found) if kind == "intValue" else found


@pytest.fixture
def exported(modelled):
    return list(spans(modelled))


def test_one_agent_span_holds_a_span_for_each_model_call_and_each_action(any_episode):
    *inner, agent = spans(any_episode)
    assert attributes(agent)["gen_ai.operation.name"] == "invoke_agent"
    assert "parentSpanId" not in agent
    assert {span["parentSpanId"] for span in inner} <= {agent["spanId"]}
    assert len({span["spanId"] for span in [*inner, agent]}) == len(inner) + 1
    actions = [span for span in inner if not span["name"].startswith("chat")]
    assert [attributes(span)["tenure.n"] for span in actions] == list(range(len(any_episode.steps)))
    assert [attributes(span)["tenure.action"] for span in actions] == [
        step["action"] for step in any_episode.steps
    ]
    chats = sum("exchange" in step for step in any_episode.steps)
    assert len(inner) == len(actions) + chats


def test_spans_follow_each_other_and_only_chats_last_as_long_as_was_measured(exported):
    *inner, agent = exported
    times = [(int(one["startTimeUnixNano"]), int(one["endTimeUnixNano"])) for one in inner]
    assert times[0] == (START_NS, START_NS + 1_500_000_000)
    assert times[1] == (START_NS + 1_500_000_000, START_NS + 1_500_001_000)
    assert all(end == start for (_, end), (start, _) in pairwise(times))
    assert int(agent["startTimeUnixNano"]) == START_NS
    assert int(agent["endTimeUnixNano"]) == times[-1][1]


def test_a_chat_tells_model_tokens_cost_and_what_was_said(exported):
    found = attributes(exported[2])
    assert exported[2]["name"] == "chat small-1"
    assert found["gen_ai.operation.name"] == "chat"
    assert (found["gen_ai.provider.name"], found["gen_ai.response.model"]) == ("acme", "small-1")
    assert found["gen_ai.usage.input_tokens"] == 1200
    assert found["gen_ai.usage.output_tokens"] == 30
    assert found["gen_ai.usage.cache_read.input_tokens"] == 1000
    assert found["gen_ai.usage.cache_creation.input_tokens"] == 150
    assert found["gen_ai.response.finish_reasons"] == ["stop"]
    assert found["tenure.cost_usd"] == 0.0012
    (message,) = json.loads(found["gen_ai.output.messages"])
    assert message["parts"] == [
        {"type": "reasoning", "content": "None are left."},
        {"type": "text", "content": "I need cups."},
        {"type": "tool_call", "id": "step-1", "name": "close_for_today", "arguments": {}},
    ]


def test_a_tool_tells_arguments_result_and_simulated_time(exported):
    found = attributes(exported[1])
    assert exported[1]["name"] == "execute_tool make_pitchers"
    assert found["gen_ai.tool.name"] == "make_pitchers"
    assert json.loads(found["gen_ai.tool.call.arguments"]) == {"count": 1}
    assert found["gen_ai.tool.call.result"] == "4 cups are ready.\n[day 1]"
    assert (found["tenure.day"], found["tenure.began"], found["tenure.minute"]) == (1, 480, 510)
    assert json.loads(found["tenure.mood"]) == ["fine"]


def test_a_fault_is_an_error_and_no_call_no_tool(exported):
    lost, refused = exported[4], exported[5]
    assert lost["name"] == "no_call"
    assert lost["status"] == {"code": 2, "message": "malformed"}
    assert "gen_ai.tool.name" not in attributes(lost)
    assert (refused["name"], attributes(refused)["error.type"]) == (
        "execute_tool make_pitchers",
        "refused",
    )


def test_an_episode_is_split_into_lines_that_any_collector_reads(any_episode, tmp_path):
    path = tmp_path / "spans.otlp.jsonl"
    write([any_episode], path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    found = [span for line in lines for span in _spans(line)]
    assert found == list(spans(any_episode))
    assert max(len(_spans(line)) for line in lines) <= 500


def test_every_conventional_name_is_one_of_the_conventions(exported):
    pytest.importorskip("opentelemetry.semconv", reason="needs the names of the conventions")
    from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
    from opentelemetry.semconv.schemas import Schemas

    known = {value for name, value in vars(gen_ai_attributes).items() if name.startswith("GEN_AI_")}
    used = {name for span in exported for name in attributes(span) if name.startswith("gen_ai.")}
    assert used <= known
    assert SCHEMA_URL in {one.value for one in Schemas}


@pytest.mark.frameworks
def test_the_protocols_own_types_take_it(any_episode, tmp_path):
    pytest.importorskip("opentelemetry.proto", reason="needs opentelemetry-proto")
    from google.protobuf import json_format
    from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

    path = tmp_path / "spans.otlp.jsonl"
    write([any_episode], path)
    for line in path.read_text().splitlines():
        content = json.loads(line)
        for span in _spans(content):
            _ids_as_protobuf_spells_them(span)
        data = json_format.ParseDict(content, TracesData())
        for span in data.resource_spans[0].scope_spans[0].spans:
            assert (len(span.trace_id), len(span.span_id)) == (16, 8)
            assert span.end_time_unix_nano > span.start_time_unix_nano


def _spans(content):
    return content["resourceSpans"][0]["scopeSpans"][0]["spans"]


def _ids_as_protobuf_spells_them(span):
    """OTLP/JSON writes ids in hex, where protobuf's own JSON has base64."""
    for name in {"traceId", "spanId", "parentSpanId"} & span.keys():
        span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
