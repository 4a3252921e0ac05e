"""Jobs that a test makes known, and forgets."""

import importlib
import sys

import pytest

from tenure.envs import jobs


@pytest.fixture
def own_jobs(monkeypatch):
    """Forget after the test what it made known: jobs, folders and modules of bakeries."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(jobs, "_JOBS", dict(jobs._JOBS))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "bakery"]:
        del sys.modules[name]


@pytest.fixture
def install(own_jobs, tmp_path):
    """Put entry points where an installer would put them."""

    def write(package, **points):
        info = tmp_path / f"{package}-0.1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 0.1.0\n")
        lines = [f"{name} = {value}" for name, value in points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[tenure.jobs]", *lines]) + "\n")
        sys.path.insert(0, str(tmp_path))
        importlib.invalidate_caches()
        jobs._plugins.cache_clear()

    yield write
    jobs._plugins.cache_clear()
