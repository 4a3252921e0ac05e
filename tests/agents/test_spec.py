import re

import pytest
from pydantic import ValidationError

from tenure.agents.spec import AgentSpec

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
    assert AgentSpec.model_validate(spec.model_dump(mode="json")).label == spec.label


def test_local_models_have_smaller_defaults_which_can_be_overridden():
    spec = AgentSpec(name="local/smollm2-135m", max_output_tokens=64)
    assert (spec.window_tokens, spec.max_output_tokens, spec.temperature) == (7_936, 64, 0.0)


@pytest.mark.parametrize(
    "url",
    ["https://me:secret@host/v1", "https://host/v1?key=secret", "host/v1", "ftp://host/v1"],
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


def test_an_unknown_option_is_refused():
    with pytest.raises(ValidationError, match="temprature"):
        AgentSpec(name="openai/m", temprature=1)


def test_an_option_set_to_its_default_does_not_show_in_the_label():
    assert AgentSpec(name="openai/m", protocol="auto", timeout_s=600).label == "openai-m"
