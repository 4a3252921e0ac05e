"""Scenarios: schema, loader and the built-in YAML files."""

import tenure.envs  # noqa: F401  registers the jobs that scenarios name
from tenure.scenarios.comparison import departures, differences
from tenure.scenarios.loader import folder_of, installed_names, load, names
from tenure.scenarios.references import References, references
from tenure.scenarios.schema import Limits, Scenario
from tenure.scenarios.suite import Suite, is_suite, load_suite, suite_names

__all__ = [
    "Limits",
    "References",
    "Scenario",
    "Suite",
    "departures",
    "differences",
    "folder_of",
    "installed_names",
    "is_suite",
    "load",
    "load_suite",
    "names",
    "references",
    "suite_names",
]
