"""Jobs that installed packages bring."""

import re
import sys

import pytest

from tenure import scenarios
from tenure.envs import jobs
from tenure.errors import UsageError

WEEK = """
id: stall/week
version: 1
title: A week
brief: Mind the stall for {horizon_days} days.
parameters: {horizon_days: 7}
limits: {steps: 50}
"""


@pytest.fixture
def stall(install, tmp_path):
    """A package `stall` whose job is the lemonade stand, with one scenario."""
    (tmp_path / "stall" / "scenarios").mkdir(parents=True)
    (tmp_path / "stall" / "__init__.py").write_text("from tests.lemonade import JOB as JOB\n")
    (tmp_path / "stall" / "scenarios" / "week.yaml").write_text(WEEK)
    install("stall", stall="stall:JOB")
    yield tmp_path / "stall"
    sys.modules.pop("stall", None)


def test_the_job_of_an_installed_package_is_named_without_being_imported(stall):
    assert "stall" in jobs.names()
    assert jobs.reference("stall") == "stall:JOB"
    assert "stall/week" in scenarios.installed_names()
    assert "stall" not in sys.modules


def test_its_scenarios_are_loaded_by_their_ids_and_are_not_built_in(stall):
    assert scenarios.load("stall/week").make_world(1).parameters.horizon_days == 7
    assert "stall/week" not in scenarios.names()
    assert scenarios.departures(scenarios.load("stall/week")) == []


def test_a_scenario_with_the_id_of_another_job_is_refused(stall):
    (stall / "scenarios" / "week.yaml").write_text(WEEK.replace("stall/week", "vending/week"))
    with pytest.raises(UsageError, match=r"week.yaml has the id 'vending/week'; .*'stall/week'"):
        scenarios.load("stall/week")
    assert scenarios.load("vending/week").job_name == "vending"


def test_a_misspelt_scenario_of_a_package_names_the_nearest(stall):
    with pytest.raises(UsageError, match="Did you mean 'stall/week'"):
        scenarios.load("stall/weak")


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("JOB = 1 / 0", r"ZeroDivisionError: division by zero .*line 1"),
        ("job = 1", "AttributeError"),
        ("JOB = (", r"SyntaxError: .* \(.*stall.__init__.py, line 1\).*`pip uninstall stall`"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("JOB = 'a bakery'", "no tenure.envs.jobs.Job but str"),
    ],
)
def test_a_broken_package_is_said_when_it_is_used_and_breaks_no_other_job(stall, code, complaint):
    (stall / "__init__.py").write_text(code)
    with pytest.raises(UsageError, match=complaint):
        jobs.load("stall")
    with pytest.raises(UsageError, match=complaint):
        scenarios.load("stall/week")
    assert "stall/week" in scenarios.installed_names()
    assert jobs.load("vending").floor == "naive"


def test_a_package_without_its_module_has_no_scenarios(install):
    install("ghost", ghost="ghost.world:JOB")
    assert "ghost" in jobs.names()
    assert [name for name in scenarios.installed_names() if name.startswith("ghost/")] == []
    for use, name in ((jobs.load, "ghost"), (scenarios.load, "ghost/week")):
        with pytest.raises(UsageError, match=r"ghost.world:JOB.*No module named 'ghost'"):
            use(name)


@pytest.mark.parametrize("place", ["deep/er.py", "deep/er/__init__.py"])
def test_what_lies_above_a_dotted_module_is_not_run_to_find_its_scenarios(stall, install, place):
    module = stall / place
    (module.parent / "scenarios").mkdir(parents=True)
    (module.parent / "scenarios" / "week.yaml").write_text(WEEK.replace("stall/", "deep/"))
    module.write_text("from tests.lemonade import JOB as JOB\n")
    (stall / "__init__.py").write_text("raise SystemExit")
    install("deep", deep="stall.deep.er:JOB")
    assert scenarios.folder_of("deep") == module.parent
    assert "deep/week" in scenarios.installed_names()
    assert "stall" not in sys.modules
    with pytest.raises(UsageError, match=r"'deep' \(stall.deep.er:JOB\) cannot be .*SystemExit"):
        jobs.load("deep")


def test_no_package_takes_the_name_of_a_job_of_tenures_own(install):
    install("rival", vending="rival:JOB")
    assert jobs.reference("vending").startswith("tenure.")
    assert scenarios.load("vending/week").make_world(1).opening()
    assert jobs.clash("vending") == (
        "The name 'vending' is Tenure's own; rival:JOB (package rival) cannot be used under it. "
        "Rename that job, or `pip uninstall rival`."
    )
    assert jobs.clash("supply-line") == ""


def test_of_two_packages_with_one_name_none_is_chosen_and_what_to_do_is_said(stall, install):
    install("rival", stall="rival:JOB")
    complaint = (
        r"'stall': .*rival:JOB \(package rival\).*`pip uninstall \w+` or `pip uninstall \w+`"
    )
    for use in (jobs.load, jobs.reference):
        with pytest.raises(UsageError, match=complaint):
            use("stall")
    with pytest.raises(UsageError, match=complaint):
        scenarios.load("stall/week")
    assert re.search(complaint, jobs.clash("stall"))
    assert "stall/week" not in scenarios.installed_names()


def test_what_this_program_registered_is_not_chosen_over_a_package(install):
    install("rival", lemonade="rival:JOB")
    with pytest.raises(UsageError, match=r"tests.lemonade:JOB \(registered by this program\)"):
        jobs.load("lemonade")


def test_a_name_that_nobody_has_may_be_of_a_package_that_is_not_installed():
    with pytest.raises(UsageError, match="install that: pip install --editable FOLDER"):
        jobs.load("corner-shop")
    with pytest.raises(UsageError, match="install that: pip install --editable FOLDER"):
        scenarios.load("corner-shop/week")


def test_a_package_may_register_its_own_job_as_well(install):
    install("tests", lemonade="tests.lemonade:JOB")
    assert jobs.load("lemonade").floor == "idle"
