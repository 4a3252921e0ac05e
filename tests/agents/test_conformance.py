"""What is sent fits the vendors' own types, and what is read is what their SDKs read."""

import asyncio
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin

import anthropic.types
import anthropic.types.beta.message_create_params as anthropic_beta
import anthropic.types.message_create_params as anthropic_params
import orjson
import pytest
from google.genai import types as gemini
from openai.types.chat import ChatCompletion
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from openai.types.responses import Response
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from typing_extensions import get_type_hints, is_typeddict

from tenure.agents.context import CLEARED_MARK, SUMMARY_NOTE
from tenure.agents.contract import Turn
from tenure.agents.protocols import EMPTY, NOT_RUN
from tenure.agents.rebuilding import Rebuilder
from tenure.agents.spec import AgentSpec
from tests.agents.apis import APIS, CLOSE, SIGNATURE, Counts, Said
from tests.agents.endpoint import BASE_URL, MODEL, Endpoint, briefing, live

TWO_CALLS = (("make_pitchers", {"count": 2}), ("close_for_today", {}))
BOTH = Said("Both.", TWO_CALLS, thought=True, stop="tool_calls")
CONVERSATION = [
    CLOSE,
    Said("Let me think.", thought=True),
    BOTH,
    Said(""),
    Said("I will not.", stop="refusal"),
    Said("Cut o", stop="length"),
    CLOSE,
]
OBSERVATIONS = [f"observation {n}" for n in range(8)]
EVERY_API = pytest.mark.parametrize("api", list(APIS.values()), ids=list(APIS))


def conversed(api, said=CONVERSATION, **options):
    """Return the endpoint that was asked, and the turns."""
    endpoint = Endpoint(map(api.answer, said))
    parallel = options.pop("parallel", False)
    agent = endpoint.agent(api=api.name, parallel=parallel, **options)
    return endpoint, live(agent, OBSERVATIONS[: len(said)])


def misfit(value: Any, hint: Any, where: str = "body") -> str:
    """Say where a value does not fit a type of an SDK, unknown keys included; empty if it fits."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Required, NotRequired, Annotated):
        return misfit(value, arguments[0], where)
    if origin in (Union, UnionType):
        misfits = [misfit(value, one, where) for one in arguments]
        return "" if "" in misfits else max(misfits, key=len)
    if origin is Literal:
        return "" if value in arguments else f"{where} is {value!r}, not one of {arguments}"
    if is_typeddict(hint):
        return _misfit_fields(value, hint, where)
    return _misfit_plain(value, hint, where)


def _misfit_plain(value: Any, hint: Any, where: str) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if arguments and isinstance(value, list) and origin is not dict:
        found = (misfit(one, arguments[0], f"{where}[{n}]") for n, one in enumerate(value))
        return next(filter(None, found), "")
    if hint in (Any, object) or (origin is dict and isinstance(value, dict)):
        return ""
    plain = {int: int, float: (int, float), None: NoneType}.get(hint, hint)
    fits = isinstance(plain, (type, tuple)) and not arguments and isinstance(value, plain)
    return "" if fits else f"{where} is {value!r}, not {hint}"


def _misfit_fields(value: Any, hint: Any, where: str) -> str:
    if not isinstance(value, dict):
        return f"{where} is {value!r}, not {hint.__name__}"
    hints = get_type_hints(hint, include_extras=True)
    allows_more = getattr(hint, "__pydantic_config__", {}).get("extra") == "allow"
    if not allows_more and (unknown := value.keys() - hints):
        return f"{where} has {sorted(unknown)}, which {hint.__name__} does not know"
    required = {name for name, one in hints.items() if get_origin(one) is Required}
    if missing := required - value.keys():
        return f"{where} lacks {sorted(missing)} of {hint.__name__}"
    known = value.keys() & hints
    found = (misfit(value[name], hints[name], f"{where}.{name}") for name in sorted(known))
    return next(filter(None, found), "")


def fits_gemini(body):
    """The SDK's models refuse fields that they do not know."""
    assert set(body) <= {
        *("contents", "systemInstruction", "generationConfig", "tools", "toolConfig"),
    }
    gemini.Content.model_validate(body["systemInstruction"])
    for content in body["contents"]:
        gemini.Content.model_validate(content)
    gemini.GenerationConfig.model_validate(body["generationConfig"])
    for offered in body.get("tools", ()):
        gemini.Tool.model_validate(offered)
    gemini.ToolConfig.model_validate(body.get("toolConfig", {}))


PARAMS = {
    "chat": CompletionCreateParamsNonStreaming,
    "responses": ResponseCreateParamsNonStreaming,
    "messages": anthropic_params.MessageCreateParamsNonStreaming,
}


def test_the_check_itself_finds_what_does_not_fit():
    good = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    assert misfit(good, PARAMS["chat"]) == ""
    for wrong in (
        {"model": "m"},
        good | {"mesages": []},
        good | {"seed": "one"},
        good | {"reasoning_effort": "vast"},
        good | {"messages": [{"role": "user", "content": "hi", "extra": 1}]},
    ):
        assert misfit(wrong, PARAMS["chat"]) != ""


@EVERY_API
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"parallel": True, "temperature": 0.5, "reasoning_effort": "high"},
        {"protocol": "json", "reasoning_effort": "low"},
        {"quirks": ["max_completion_tokens", "prompt_cache_key", "no_reasoning"]},
        {"reasoning_effort": "none"},
    ],
    ids=["plain", "parallel", "json", "quirks", "no thinking"],
)
def test_every_request_fits_the_vendors_types(api, options):
    endpoint, _ = conversed(api, **options)
    assert len(endpoint.requests) >= len(CONVERSATION) - 1
    for body in endpoint.requests:
        if api.name == "gemini":
            fits_gemini(body)
        else:
            assert misfit(_standard(api, body), PARAMS[api.name]) == ""


def _standard(api, body):
    """Leave out what the types leave out: what other providers than OpenAI want back in Chat
    messages, and the temperature, which only earlier models of Anthropic's take."""
    if api.name == "messages":
        body.pop("temperature", None)
    for message in body.get("messages", ()):
        message.pop("reasoning_content", None)
    return body


@EVERY_API
def test_a_seed_is_sent_where_the_api_has_one(api):
    """Responses and Messages have none: a specification that wants one is refused there."""
    body = {
        "chat": lambda sent: sent,
        "gemini": lambda sent: sent["generationConfig"],
    }.get(api.name)
    if body is None:
        assert "seed" not in PARAMS[api.name].__annotations__
        return
    endpoint = Endpoint([api.answer(Said("hi"))])
    provider = endpoint.provider(AgentSpec(name="openai/m", api=api.name, request_seed=7))
    asyncio.run(provider.complete([provider._dialect.user("hi")], {}))
    (sent,) = endpoint.requests
    assert body(sent)["seed"] == 7
    if api.name == "gemini":
        assert gemini.GenerationConfig.model_validate(body(sent)).seed == 7
    else:
        assert misfit(sent, PARAMS["chat"]) == ""


def test_what_binds_thinking_fits_the_beta_of_the_api_that_a_header_asks_for():
    endpoint, _ = conversed(APIS["messages"], quirks=["bound_thinking"])
    for body in endpoint.requests:
        assert misfit(body, anthropic_beta.MessageCreateParamsNonStreaming) == ""
    assert {header["anthropic-beta"] for header in endpoint.headers} == {
        "thinking-binding-controls-2026-08-01"
    }


# --- reading -----------------------------------------------------------------------------------


def asked(api, answer):
    async def once():
        spec = AgentSpec(name="openai/m", api=api.name, max_retries=0)
        provider = Endpoint([answer]).provider(spec)
        words = provider._dialect
        reply = await provider.complete([words.system("brief"), words.user("hi")], {})
        return reply, words

    return asyncio.run(once())


def sdk_chat(answer):
    completion = ChatCompletion.model_validate(answer)
    message = completion.choices[0].message
    calls = [
        (call.function.name, orjson.loads(call.function.arguments))
        for call in message.tool_calls or ()
    ]
    usage = completion.usage
    return (message.content or "", calls, completion.model), (
        usage.prompt_tokens,
        usage.prompt_tokens_details.cached_tokens,
        usage.prompt_tokens_details.cache_write_tokens,
        usage.completion_tokens,
        usage.completion_tokens_details.reasoning_tokens,
    )


def sdk_responses(answer):
    response = Response.model_validate(answer)
    calls = [
        (item.name, orjson.loads(item.arguments))
        for item in response.output
        if item.type == "function_call"
    ]
    usage = response.usage
    return (response.output_text, calls, response.model), (
        usage.input_tokens,
        usage.input_tokens_details.cached_tokens,
        usage.input_tokens_details.cache_write_tokens,
        usage.output_tokens,
        usage.output_tokens_details.reasoning_tokens,
    )


def sdk_messages(answer):
    message = anthropic.types.Message.model_validate(answer)
    text = "".join(block.text for block in message.content if block.type == "text")
    calls = [(block.name, block.input) for block in message.content if block.type == "tool_use"]
    usage = message.usage
    cached, stored = usage.cache_read_input_tokens, usage.cache_creation_input_tokens
    return (text, calls, message.model), (
        usage.input_tokens + cached + stored,
        cached,
        stored,
        usage.output_tokens,
        usage.output_tokens_details.thinking_tokens,
    )


def sdk_gemini(answer):
    response = gemini.GenerateContentResponse.model_validate(answer)
    parts = response.candidates[0].content.parts or ()
    text = "".join(part.text or "" for part in parts if not part.thought)
    calls = [(call.name, call.args) for call in response.function_calls or ()]
    usage = response.usage_metadata
    thoughts = usage.thoughts_token_count
    return (text, calls, response.model_version), (
        usage.prompt_token_count,
        usage.cached_content_token_count,
        0,
        usage.candidates_token_count + thoughts,
        thoughts,
    )


SDKS = {
    "chat": sdk_chat,
    "responses": sdk_responses,
    "messages": sdk_messages,
    "gemini": sdk_gemini,
}


@EVERY_API
@pytest.mark.parametrize("said", [CLOSE, BOTH, Said("Hello.", thought=True), Said("")])
def test_text_calls_model_and_usage_are_what_the_sdk_reads(api, said):
    answer = api.answer(said)
    reply, words = asked(api, answer)
    calls = [
        (name, orjson.loads(arguments) if isinstance(arguments, str) else arguments)
        for name, arguments in words.calls(reply.message)
    ]
    read, counts = SDKS[api.name](answer)
    assert (words.text(reply.message), calls, reply.model) == read
    assert tuple(reply.usage.values()) == counts
    assert read == (said.text, list(said.calls), "model-1")


@EVERY_API
@pytest.mark.parametrize("stop", ["stop", "tool_calls", "length", "content_filter"])
def test_why_an_answer_ended_is_one_word_in_all_apis(api, stop):
    said = CLOSE if stop == "tool_calls" else Said("So.", stop=stop)
    reply, _ = asked(api, api.answer(said))
    wanted = "refusal" if (api.name, stop) == ("messages", "content_filter") else stop
    assert reply.finish == wanted
    assert reply.stop != ""


@pytest.mark.parametrize("name", ["chat", "responses", "messages"])
def test_a_refusal_is_told_apart(name):
    reply, words = asked(APIS[name], APIS[name].answer(Said("I will not.", stop="refusal")))
    assert reply.finish == "refusal"
    assert (words.refusal(reply.message) or words.text(reply.message)) == "I will not."


def test_a_prompt_that_gemini_blocks_is_answered_by_the_filter():
    feedback = gemini.GenerateContentResponsePromptFeedback(block_reason="PROHIBITED_CONTENT")
    blocked = gemini.GenerateContentResponse(prompt_feedback=feedback)
    answer = blocked.model_dump(mode="json", by_alias=True, exclude_none=True)
    reply, words = asked(APIS["gemini"], answer)
    assert (reply.finish, reply.stop) == ("content_filter", "PROHIBITED_CONTENT")
    assert "filter" in words.text(reply.message)


def test_every_word_of_gemini_for_an_end_is_known():
    for reason in gemini.FinishReason:
        answer = APIS["gemini"].answer(Said("So."))
        answer["candidates"][0]["finishReason"] = reason.value
        if reason is gemini.FinishReason.PUP_LIMITED_DISABLED:
            continue  # the account's doing: an error
        reply, _ = asked(APIS["gemini"], answer)
        assert reply.stop == reason.value


# --- the conversation --------------------------------------------------------------------------


@EVERY_API
def test_reasoning_is_sent_back_as_it_came(api):
    endpoint, _ = conversed(api, said=[BOTH, CLOSE])
    sent = endpoint.requests[1]
    if api.name == "responses":
        assert sent["store"] is False
        assert sent["include"] == ["reasoning.encrypted_content"]
        assert sent["input"][2] == {
            "id": "rs_1",
            "type": "reasoning",
            "summary": [],
            "encrypted_content": SIGNATURE,
        }
    elif api.name == "messages":
        thought = sent["messages"][1]["content"][0]
        assert thought == {"type": "thinking", "thinking": "hm", "signature": SIGNATURE}
    elif api.name == "gemini":
        parts = sent["contents"][1]["parts"]
        assert [part.get("thoughtSignature") for part in parts] == [None, SIGNATURE, SIGNATURE]
    else:
        assert sent["messages"][2]["reasoning_content"] == "hm"


def results(api, body):
    """Return the texts that answer calls in the last messages of a body."""
    match api.name:
        case "chat":
            return [one["content"] for one in body["messages"] if one["role"] == "tool"]
        case "responses":
            outputs = [one for one in body["input"] if one.get("type") == "function_call_output"]
            return [one["output"] for one in outputs]
        case "messages":
            return [block["content"] for block in body["messages"][-1]["content"]]
    parts = body["contents"][-1]["parts"]
    return [part["functionResponse"]["response"]["result"] for part in parts]


@EVERY_API
def test_of_several_calls_one_is_run_and_all_are_answered(api):
    endpoint, turns = conversed(api, said=[BOTH, CLOSE])
    assert orjson.loads(turns[0].action) == {"name": "make_pitchers", "arguments": {"count": 2}}
    assert results(api, endpoint.requests[1]) == ["observation 1", NOT_RUN]


@EVERY_API
def test_where_calls_may_be_parallel_all_are_run_and_answered_at_once(api):
    endpoint = Endpoint(map(api.answer, [BOTH, CLOSE]))
    turns = live(endpoint.agent(api=api.name, parallel=True), OBSERVATIONS[:3])
    assert [orjson.loads(turn.action)["name"] for turn in turns[:2]] == [
        "make_pitchers",
        "close_for_today",
    ]
    assert results(api, endpoint.requests[1]) == ["observation 1", "observation 2"]


@EVERY_API
@pytest.mark.parametrize("policy", ["clear", "summary"])
def test_what_a_window_does_to_old_turns_fits_the_vendors_types_too(api, policy):
    said = Said("Look.", CLOSE.calls, thought=True, stop="tool_calls")
    uncounted = {**api.answer(said), "usage": None, "usageMetadata": None}
    endpoint = Endpoint([uncounted] * 80)
    agent = endpoint.agent(api=api.name, context=policy, window_tokens=4_096, max_output_tokens=16)
    live(agent, [f"{n} " + "x" * 800 for n in range(40)])
    for body in endpoint.requests:
        if api.name == "gemini":
            fits_gemini(body)
        else:
            assert misfit(_standard(api, body), PARAMS[api.name]) == ""
    sent = b"".join(endpoint.bodies)
    assert (CLEARED_MARK if policy == "clear" else SUMMARY_NOTE[:30]).encode() in sent


@EVERY_API
def test_silence_is_a_step_and_stands_in_the_conversation(api):
    endpoint, turns = conversed(api, said=[Said(""), CLOSE])
    assert turns[0].action == ""
    assert EMPTY in endpoint.bodies[1].decode()


@EVERY_API
@pytest.mark.parametrize("protocol", ["tools", "json"])
def test_after_a_resume_the_next_request_is_the_same_to_the_byte(api, protocol):
    options = {"protocol": protocol, "window_tokens": 1_024, "max_output_tokens": 16}
    first, turns = conversed(api, **options)
    for kept in range(1, len(CONVERSATION)):
        second = Endpoint([api.answer(CLOSE)])
        agent = second.agent(api=api.name, **options)
        for observation, turn in zip(OBSERVATIONS, turns[:kept], strict=False):
            stored = orjson.loads(orjson.dumps(turn.exchange))
            agent.recall(observation, Turn(turn.action, stored))
        live(agent, [OBSERVATIONS[kept]])
        assert second.bodies[0] == first.bodies[kept]


@EVERY_API
@pytest.mark.parametrize("protocol", ["tools", "json"])
def test_all_requests_can_be_rebuilt_from_what_was_answered(api, protocol):
    options = {"protocol": protocol, "window_tokens": 1_024, "max_output_tokens": 16}
    endpoint, turns = conversed(api, **options)
    spec = AgentSpec(name=MODEL, base_url=BASE_URL, api=api.name, **options)
    rebuilder = Rebuilder(spec, "", briefing())
    found = [rebuilder.turn(*each) for each in zip(OBSERVATIONS, turns, strict=False)]
    assert [request.body for turn in found for request in turn] == endpoint.bodies
    paths = {request.url.removeprefix("http://endpoint.test") for turn in found for request in turn}
    assert paths == {api.path.replace("/m:", "/test-model:")}


@EVERY_API
def test_a_conversation_is_sent_without_being_copied(api):
    spec = AgentSpec(name="openai/m", api=api.name)
    words = Endpoint([]).provider(spec)._dialect
    conversation = [words.system("brief"), *(words.user(f"turn {n}") for n in range(9))]
    body = words.body(conversation, {})
    sent = body.get("messages") or body.get("input") or body["contents"]
    assert all(any(one is message for message in sent) for one in conversation[1:])


def test_the_stable_prefix_and_the_end_are_marked_for_anthropics_cache():
    endpoint, _ = conversed(APIS["messages"], said=[CLOSE, CLOSE])
    mark = {"type": "ephemeral"}
    for body in endpoint.requests:
        assert body["system"][0]["cache_control"] == body["cache_control"] == mark


def test_schemas_for_anthropics_structured_output_have_no_bounds():
    endpoint, _ = conversed(APIS["messages"], said=[CLOSE], protocol="json")
    schema = endpoint.requests[0]["output_config"]["format"]["schema"]
    assert schema["anyOf"][0]["properties"]["arguments"] == {
        "type": "object",
        "properties": {"count": {"type": "integer"}},
        "required": ["count"],
        "additionalProperties": False,
    }


def test_counts_that_do_not_add_up_are_unknown():
    answer = APIS["gemini"].answer(CLOSE, Counts())
    answer["usageMetadata"]["promptTokenCount"] = -1
    assert asked(APIS["gemini"], answer)[0].usage is None
