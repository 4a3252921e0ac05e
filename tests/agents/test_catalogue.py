"""Who serves models, where, and at what price."""

import textwrap
from datetime import date
from urllib.parse import urlsplit

import pytest

from tenure.agents.providers.catalogue import key_of, load, settle
from tenure.agents.spec import AgentSpec
from tenure.errors import UsageError

TODAY = date(2026, 11, 28)
OPENAI_URL = "https://api.openai.com/v1"


def settled(name, environment=None, *, day=TODAY, file=None, **options):
    environment = environment or {}
    spec = AgentSpec(name=name, **options)
    return settle(spec, load(environment, file and str(file)), environment, day)


@pytest.fixture
def file(tmp_path):
    """A file of providers with the given text."""

    def write(text):
        path = tmp_path / "providers.yaml"
        path.write_text(textwrap.dedent(text))
        return path

    return write


# --- the endpoint ------------------------------------------------------------------------------


def test_plan_and_record_say_which_endpoint_answers_how_and_whose_key_it_takes():
    said = settled("anthropic/claude-opus-5-5").record()
    assert said["api"] == "messages"
    assert said["base_url"] == "https://api.anthropic.com/v1"
    assert said["key_variable"] == "ANTHROPIC_API_KEY"
    assert said["quirks"] == ["bound_thinking"]
    assert said["by_catalogue"][:4] == ["api", "base_url", "key_variable", "quirks"]


@pytest.mark.parametrize(
    ("name", "api", "host"),
    [
        ("openai/gpt-6-luna", "chat", "api.openai.com"),
        ("google/gemini-4-argon", "gemini", "generativelanguage.googleapis.com"),
        ("openrouter/meta/llama", "chat", "openrouter.ai"),
        ("ollama/qwen3:8b", "chat", "localhost"),
    ],
)
def test_each_provider_has_an_api_and_an_address(name, api, host):
    spec = settled(name)
    assert (spec.api, urlsplit(spec.base_url).hostname) == (api, host)


def test_what_the_catalogue_says_does_not_show_in_the_label_and_survives_the_record():
    spec = settled("openai/gpt-6-luna")
    assert spec.label == "openai-gpt-6-luna"
    assert AgentSpec.model_validate(spec.record()) == spec
    assert settled("openai/gpt-6-luna", api="responses").label != spec.label


def test_a_model_is_settled_once():
    spec = settled("openai/m", {"OPENAI_BASE_URL": "http://a/v1"})
    again = settle(spec, load({}), {"OPENAI_BASE_URL": "http://b/v1"}, TODAY)
    assert again == spec


def test_an_endpoint_from_the_environment_is_as_if_named_in_the_spec():
    spec = settled("openai/m", {"OPENAI_BASE_URL": " http://h:1/v1/\n"})
    assert spec == settled("openai/m", base_url="http://h:1/v1")
    assert spec.base_url == "http://h:1/v1"
    assert settled("openai/m", {"OPENAI_BASE_URL": "http://b/v1"}, base_url="http://a/v1") == (
        settled("openai/m", base_url="http://a/v1")
    )


def test_models_behind_different_endpoints_have_different_labels():
    urls = ("http://a/v1", "http://b/v1", "")
    assert len({settled("openai/m", {"OPENAI_BASE_URL": url}).label for url in urls}) == 3


@pytest.mark.parametrize("nothing", ["", " ", OPENAI_URL, OPENAI_URL + "/"])
def test_the_providers_own_endpoint_is_the_default(nothing):
    assert settled("openai/m", {"OPENAI_BASE_URL": nothing}) == settled("openai/m")


def test_each_provider_has_a_variable_for_another_address():
    mine = {"VLLM_BASE_URL": "http://gpu:8000/v1", "GOOGLE_GEMINI_BASE_URL": "http://proxy"}
    assert settled("vllm/m", mine).base_url == "http://gpu:8000/v1"
    assert settled("google/m", mine).base_url == "http://proxy"


def test_an_endpoint_of_ones_own_has_neither_the_providers_quirks_nor_its_prices():
    spec = settled("openai/gpt-6-luna", base_url="http://h/v1", api="responses")
    assert (spec.api, spec.quirks, spec.output_usd_per_mtok) == ("responses", (), None)


@pytest.mark.parametrize("name", ["shopkeeper", "local/smollm2-135m", "human", "pkg.mod:Agent"])
def test_only_models_of_providers_are_settled(name):
    assert settled(name, {"OPENAI_BASE_URL": "no address"}) == AgentSpec(name=name)


def test_an_unfit_endpoint_in_the_environment_is_refused_without_being_shown():
    with pytest.raises(UsageError, match="ANTHROPIC_BASE_URL does not fit") as failure:
        settled("anthropic/m", {"ANTHROPIC_BASE_URL": "https://me:hunter2@host/v1"})
    assert "hunter2" not in str(failure.value)


def test_an_unknown_provider_gets_the_nearest_known_one():
    with pytest.raises(UsageError, match=r"no provider 'antropic'. Did you mean 'anthropic'"):
        settled("antropic/claude")


@pytest.mark.parametrize("api", ["messages", "responses"])
def test_a_seed_for_an_api_that_takes_none_is_refused(api):
    with pytest.raises(UsageError, match="takes no seed"):
        settled("openai/m", api=api, request_seed=1)
    assert settled("google/m", request_seed=1).request_seed == 1


# --- keys --------------------------------------------------------------------------------------


def test_a_key_is_found_by_its_variable_and_never_in_the_record():
    spec = settled("groq/m")
    assert key_of(spec, {"GROQ_API_KEY": " gsk-secret\n"}) == "gsk-secret"
    assert "gsk-secret" not in str(spec.record())


def test_a_server_on_this_machine_and_an_endpoint_of_ones_own_need_no_key():
    assert key_of(settled("vllm/m"), {}) == ""
    assert key_of(settled("anthropic/m", base_url="http://proxy/v1"), {}) == ""
    with pytest.raises(UsageError, match=r"set GROQ_API_KEY, or name .* or GROQ_BASE_URL"):
        key_of(settled("groq/m"), {})


# --- prices ------------------------------------------------------------------------------------


def prices(spec):
    return (
        spec.input_usd_per_mtok,
        spec.cached_usd_per_mtok,
        spec.cache_write_usd_per_mtok,
        spec.output_usd_per_mtok,
    )


def test_the_price_is_that_of_the_day_and_says_where_it_was_read():
    last, first = date(2026, 11, 30), date(2026, 12, 1)
    assert prices(settled("google/gemini-4-argon", day=last)) == (2, 0.1, None, 10)
    spec = settled("google/gemini-4-argon", day=first)
    assert prices(spec) == (4, 0.2, None, 20)
    assert spec.price_source.endswith("(from 2026-12-01)")


def test_a_dated_version_costs_what_the_model_costs():
    assert prices(settled("openai/gpt-6.1-sol-2026-09-29")) == (2, 0.1, 2.5, 10)
    assert prices(settled("anthropic/claude-haiku-4-5-20251001")) == (1, 0.1, 1.25, 5)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("openai/gpt-6.1-sol-preview", {}),
        ("openai/gpt-6.1-sol", {"day": date(2026, 9, 1)}),
        ("anthropic/claude-haiku-5-5", {"window_tokens": 200_000}),
        ("groq/llama", {}),
    ],
)
def test_a_price_that_nobody_read_is_unknown(name, options):
    spec = settled(name, **options)
    assert prices(spec) == (None, None, None, None)
    assert spec.price_source is None


def test_prices_that_somebody_stated_go_before_the_list():
    spec = settled("openai/gpt-6-luna", input_usd_per_mtok=1, output_usd_per_mtok=2)
    assert prices(spec) == (1, None, None, 2)
    assert spec.price_source is None


def test_the_list_names_for_each_price_an_https_page_and_overlaps_nowhere():
    for name, service in load({}).items():
        for price in service.prices:
            assert price.source.startswith("https://")
            others = [one for one in service.prices if set(one.models) & set(price.models)]
            held = [one for one in others if one.since <= price.since <= (one.until or date.max)]
            assert held == [price], f"{name}: {price.models} from {price.since}"


# --- a file of one's own -----------------------------------------------------------------------

LAB = """
    lab:
      api: messages
      base_url: https://llm.lab.example/v1
      key_variable: LAB_KEY
      quirks: [bound_thinking]
      prices:
        - models: ["small-*"]
          input: 1
          output: 2
          from: 2026-01-01
          source: the lab's own bill
    openai:
      quirks: [max_completion_tokens]
"""


def test_a_file_adds_a_provider_with_its_own_key_and_prices(file):
    spec = settled("lab/small-1", file=file(LAB))
    assert (spec.base_url, spec.api) == ("https://llm.lab.example/v1", "messages")
    assert prices(spec) == (1, None, None, 2)
    with pytest.raises(UsageError, match="set LAB_KEY"):
        key_of(spec, {})


def test_a_file_can_be_named_in_the_environment(file):
    spec = settled("lab/small-1", {"TENURE_PROVIDERS": str(file(LAB))})
    assert spec.key_variable == "LAB_KEY"


def test_what_a_file_says_of_a_known_provider_is_laid_over_what_is_known(file):
    spec = settled("openai/gpt-6-luna", file=file(LAB))
    assert spec.quirks == ("max_completion_tokens",)
    assert (spec.base_url, spec.output_usd_per_mtok) == (OPENAI_URL, 0.5)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("lab: {key_variable: sk-secret-0123456789}", r"lab\.key_variable"),
        ("lab: {base_url: 'https://me:hunter2@h/v1'}", r"lab\.base_url"),
        ("lab: {qirks: []}", r"lab\.qirks"),
        ("local: {base_url: 'http://h/v1'}", "cannot name a provider"),
        ("- lab", "does not map"),
        ("{", "not YAML"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_without_showing_what_may_be_a_secret(
    file, text, problem
):
    with pytest.raises(UsageError, match=problem) as failure:
        settled("lab/m", file=file(text))
    assert "hunter2" not in str(failure.value)
    assert "sk-secret" not in str(failure.value)


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        settled("lab/m", file=tmp_path / "none.yaml")


def test_a_provider_without_an_address_wants_one(file):
    path = file("lab: {}")
    with pytest.raises(UsageError, match="name it with --base-url"):
        settled("lab/m", file=path)
    assert settled("lab/m", file=path, base_url="http://h/v1").api == "chat"
