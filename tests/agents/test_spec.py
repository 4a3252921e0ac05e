import re

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tenure.agents.spec import AgentSpec
from tenure.scenarios.schema import Context

FILE_SYSTEM_SAFE = re.compile(r"[A-Za-z0-9._-]+")


def test_a_plain_name_is_its_own_label():
    assert AgentSpec(name="shopkeeper").label == "shopkeeper"
    assert AgentSpec(name="openai/gpt-5-mini").label == "openai-gpt-5-mini"


def test_specs_that_differ_in_an_option_have_different_labels():
    labels = {AgentSpec(name="openai/m", window_tokens=n).label for n in (8_000, 30_000, 69_000)}
    assert len(labels) == 3
    assert "openai-m" in labels


def test_names_that_look_alike_once_cleaned_have_different_labels():
    labels = {AgentSpec(name=name).label for name in ("openai/a/b", "openai/a-b", "openai/a:b")}
    assert len(labels) == 3
    assert all(FILE_SYSTEM_SAFE.fullmatch(label) for label in labels)


def test_a_label_survives_the_record():
    spec = AgentSpec(name="openai/m", temperature=0.5)
    assert AgentSpec.model_validate(spec.record()).label == spec.label


def test_local_models_have_smaller_defaults_which_can_be_overridden():
    spec = AgentSpec(name="local/smollm2-135m", max_output_tokens=64)
    assert (spec.window_tokens, spec.max_output_tokens, spec.temperature) == (7_936, 64, 0.0)


@pytest.mark.parametrize(
    "url",
    [
        "https://me:secret@host/v1",
        "https://host/v1?key=secret",
        "host/v1",
        "ftp://host/v1",
        "http://h\0/v1",
        "http://h/v1\n",
        "http://ho st/v1",
        "http://host:99999/v1",
        "http://[::1/v1",
        "http://1.2.3.999/v1",
        "http://\u200b/v1",
        "http://host/" + "v" * 70_000,
    ],
)
def test_a_base_url_that_could_hold_a_secret_or_is_no_http_address_is_refused(url):
    with pytest.raises(ValidationError, match="base URL") as failure:
        AgentSpec(name="openai/m", base_url=url)
    assert "secret" not in str(failure.value)


def test_a_base_url_loses_its_last_slash():
    assert AgentSpec(name="openai/m", base_url="http://h:1/v1/").base_url == "http://h:1/v1"


def test_a_local_model_takes_no_base_url():
    with pytest.raises(ValidationError, match="openai/<model>"):
        AgentSpec(name="local/smollm2-135m", base_url="http://host/v1")
    with pytest.raises(ValidationError, match="openai/<model>"):
        AgentSpec(name="local/smollm2-135m", api="messages")


@pytest.mark.parametrize("key", ["sk-proj-0123456789", "hunter2", "AIzaSyA0", "KEY-1"])
def test_a_key_in_place_of_its_variable_is_refused_without_being_shown(key):
    with pytest.raises(ValidationError, match="key_variable") as failure:
        AgentSpec(name="openai/m", key_variable=key)
    assert key not in str(failure.value)


def test_an_unknown_option_is_refused():
    with pytest.raises(ValidationError, match="temprature"):
        AgentSpec(name="openai/m", temprature=1)


def test_an_option_set_to_its_default_does_not_show_in_the_label():
    assert AgentSpec(name="openai/m", protocol="auto", timeout_s=600).label == "openai-m"


# --- the record --------------------------------------------------------------------------------

settings_of_models = st.fixed_dictionaries(
    {},
    optional={
        "protocol": st.sampled_from(["auto", "tools", "json"]),
        "window_tokens": st.integers(1_024, 2**53),
        "keep_percent": st.integers(10, 90),
        "context": st.sampled_from(["drop", "clear", "summary"]),
        "remind_every": st.none() | st.integers(1, 2**53),
        "max_output_tokens": st.integers(16, 2**53),
        "temperature": st.none() | st.floats(0, 2),
        "input_usd_per_mtok": st.none() | st.floats(0, 1e9),
        "cached_usd_per_mtok": st.none() | st.floats(0, 1e9),
        "cache_write_usd_per_mtok": st.none() | st.floats(0, 1e9),
        "output_usd_per_mtok": st.none() | st.floats(0, 1e9),
        "reasoning_effort": st.sampled_from([None, "none", "high", "max"]),
        "key_variable": st.sampled_from([None, "", "OPENAI_API_KEY"]),
        "quirks": st.sampled_from([(), ("random_seed", "prompt_cache_key")]),
        "request_seed": st.none() | st.integers(0, 2**53),
        "timeout_s": st.floats(0, exclude_min=True, allow_infinity=False),
        "max_retries": st.integers(0, 100),
    },
)
endpoints = st.sampled_from([None, "http://localhost:8000/v1", "https://[::1]:1/v1"])


def through_json(record):
    return orjson.loads(orjson.dumps(record))


@given(settings_of_models, endpoints, st.sampled_from(["openai/m", "openai/M x", "local/m"]))
def test_a_models_record_gives_its_spec_back(options, base_url, name):
    spec = AgentSpec(name=name, **options | ({} if name == "local/m" else {"base_url": base_url}))
    again = AgentSpec.model_validate(through_json(spec.record()))
    assert (again, again.label) == (spec, spec.label)
    rare = {"policy", "oracle", "by_scenario", "by_catalogue", "sub_agent", "source", "package"}
    assert set(spec.record()) == set(AgentSpec.model_fields) - rare


RECOMMENDED = {"window_tokens": 30_000, "keep_percent": None}


def test_a_model_takes_the_window_that_a_scenario_recommends_under_its_usual_label():
    spec = AgentSpec(name="openai/m").in_context(RECOMMENDED)
    assert (spec.window_tokens, spec.keep_percent) == (30_000, 61)
    assert spec.record()["by_scenario"] == ["window_tokens"]
    assert spec.label == AgentSpec(name="openai/m").label
    assert AgentSpec.model_validate(through_json(spec.record())) == spec


def test_what_somebody_said_of_a_model_goes_before_the_scenario():
    spec = AgentSpec(name="openai/m", window_tokens=69_000)
    assert spec.in_context(RECOMMENDED) == spec
    other = spec.in_context({"window_tokens": 30_000, "keep_percent": 50})
    assert (other.window_tokens, other.keep_percent) == (69_000, 50)


@pytest.mark.parametrize("policy", ["drop", "clear", "summary"])
def test_a_scenario_can_recommend_every_policy_and_reminders(policy):
    context = Context(policy=policy, remind_every=20)
    spec = AgentSpec(name="openai/m").in_context(context.settings)
    assert (spec.context, spec.remind_every) == (policy, 20)
    assert spec.record()["by_scenario"] == ["context", "remind_every"]
    assert spec.label == "openai-m"


def test_a_sub_agent_can_be_recommended_a_window_of_its_own():
    spec = AgentSpec(name="openai/m").in_context(RECOMMENDED, {"window_tokens": 4_000})
    assert spec.in_seat("").window_tokens == 30_000
    assert spec.in_seat("worker") == spec.model_copy(update={"window_tokens": 4_000})
    assert spec.record()["sub_agent"] == {"window_tokens": 4_000}
    assert spec.record()["by_scenario"] == ["window_tokens", "sub_agent"]
    assert AgentSpec.model_validate(through_json(spec.record())) == spec
    assert spec.label == "openai-m"


def test_what_somebody_said_of_a_model_holds_for_its_sub_agent_too():
    spec = AgentSpec(name="openai/m", window_tokens=9_000)
    own = spec.in_context(RECOMMENDED, {"window_tokens": 4_000, "context": "clear"})
    worker = own.in_seat("worker")
    assert (worker.window_tokens, worker.context, own.context) == (9_000, "clear", "drop")


def test_without_a_recommendation_a_sub_agent_is_like_its_employer():
    spec = AgentSpec(name="openai/m").in_context(RECOMMENDED)
    assert spec.in_seat("worker") == spec


@pytest.mark.parametrize("name", ["local/m", "shopkeeper"])
def test_local_models_and_scripts_stay_as_they_are(name):
    spec = AgentSpec(name=name)
    assert spec.in_context(RECOMMENDED).record() == spec.record()


@given(settings_of_models, endpoints)
def test_a_scripted_agents_record_and_label_are_its_name(options, base_url):
    spec = AgentSpec(name="shopkeeper", base_url=base_url, **options)
    assert spec.record() == {"name": "shopkeeper"}
    assert spec.label == "shopkeeper"
    assert AgentSpec.model_validate(spec.record()) == AgentSpec(name="shopkeeper")


@pytest.mark.parametrize("option", ["temperature", "input_usd_per_mtok", "timeout_s"])
@pytest.mark.parametrize("figure", [float("nan"), float("inf")])
def test_a_figure_that_no_record_can_hold_is_refused(option, figure):
    with pytest.raises(ValidationError, match=option):
        AgentSpec(name="openai/m", **{option: figure})


def test_a_role_has_one_label_whatever_it_stands_for_and_records_what_that_is():
    best = AgentSpec(name="best", policy="shopkeeper")
    assert best.label == AgentSpec(name="best").label == "best"
    assert best.record() == {"name": "best", "policy": "shopkeeper"}
    assert AgentSpec(name="best").record() == {"name": "best"}


def test_a_model_has_no_policy():
    assert "policy" not in AgentSpec(name="openai/x").record()
    with pytest.raises(ValidationError, match="a model has no policy"):
        AgentSpec(name="openai/x", policy="shopkeeper")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("my_pkg.my_agent:Agent", "python"),
        ("http://localhost:8000/agent", "http"),
        ("mcp/claude", "mcp"),
        ("human/ann", "human"),
    ],
)
def test_an_outsiders_record_is_its_name_and_what_was_said_of_it(name, kind):
    spec = AgentSpec(name=name)
    assert spec.kind == kind
    assert spec.record() == {"name": name}
    assert FILE_SYSTEM_SAFE.fullmatch(spec.label)
    assert AgentSpec.model_validate(spec.record()) == spec


def test_which_code_an_import_path_led_to_is_on_record_and_not_in_the_label():
    spec = AgentSpec(name="a:f", source="0" * 32, package="a 1.2", timeout_s=5)
    assert spec.record() == {"name": "a:f", "source": "0" * 32, "package": "a 1.2", "timeout_s": 5}
    assert spec.label == AgentSpec(name="a:f", timeout_s=5).label != AgentSpec(name="a:f").label


def test_an_address_that_could_hold_a_secret_is_refused():
    with pytest.raises(ValidationError, match="may hold no user, password or query"):
        AgentSpec(name="http://me:secret@localhost/agent")


def test_another_sub_agent_is_in_the_record_and_in_the_label():
    hand = AgentSpec(name="openai/hand", window_tokens=4_000)
    spec = AgentSpec(name="anthropic/boss", sub_agent=hand)
    assert spec.in_seat("worker") == hand
    assert spec.in_seat("") == spec
    assert spec.record()["sub_agent"] == hand.record()
    assert AgentSpec.model_validate(spec.record()) == spec
    assert spec.label.startswith("anthropic-boss-with-openai-hand-")
    labels = {
        spec.label,
        AgentSpec(name="anthropic/boss").label,
        AgentSpec(name="anthropic/boss", sub_agent=AgentSpec(name="openai/hand")).label,
        AgentSpec(name="anthropic/boss-with-openai-hand").label,
    }
    assert len(labels) == 4


@pytest.mark.parametrize("name", ["shopkeeper", "my_pkg:Agent", "http://127.0.0.1:9/agent"])
def test_who_asks_no_model_can_have_a_sub_agent_that_does(name):
    spec = AgentSpec(name=name, sub_agent=AgentSpec(name="local/smollm2-135m"))
    assert AgentSpec.model_validate(spec.record()) == spec
    recommended = spec.in_context({"window_tokens": 30_000, "remind_every": 5})
    # the embedded model keeps its small window
    assert (recommended.employee.window_tokens, recommended.employee.remind_every) == (7_936, 5)
    assert recommended.employee.by_scenario == ("remind_every",)
    assert recommended.label == spec.label


def test_what_is_recommended_for_the_sub_agent_goes_before_what_is_for_all():
    spec = AgentSpec(name="openai/boss", sub_agent=AgentSpec(name="openai/hand", keep_percent=50))
    both = spec.in_context(
        {"window_tokens": 9_000, "keep_percent": 90}, {"window_tokens": 4_000, "context": "clear"}
    )
    own = both.employee
    assert (both.window_tokens, both.keep_percent, both.context) == (9_000, 90, "drop")
    assert (own.window_tokens, own.keep_percent, own.context) == (4_000, 50, "clear")
    assert (both.by_scenario, own.by_scenario) == (
        *(("window_tokens", "keep_percent"), ("window_tokens", "context")),
    )


@pytest.mark.parametrize("name", ["human/ada", "mcp/client"])
def test_who_plays_from_outside_is_nobodys_sub_agent(name):
    with pytest.raises(ValidationError, match="a sub-agent is a model, a script"):
        AgentSpec(name="openai/boss", sub_agent=AgentSpec(name=name))


def test_a_sub_agent_has_none_of_its_own():
    hand = AgentSpec(name="openai/hand", sub_agent=AgentSpec(name="openai/x"))
    with pytest.raises(ValidationError, match="a sub-agent has no sub-agent of its own"):
        AgentSpec(name="openai/boss", sub_agent=hand)


def test_windows_of_its_own_alone_make_no_other_agent():
    """Records from before a sub-agent could be another say so much, and read as they did."""
    spec = AgentSpec(name="openai/boss").in_context({}, {"window_tokens": 4_000})
    assert spec.employee is None
    assert spec.crew == (spec,)
    assert spec.record()["sub_agent"] == {"window_tokens": 4_000}
    assert spec.label == "openai-boss"
