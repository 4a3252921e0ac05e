import pytest

from tenure.cli import main
from tests.runner.buckets import url  # noqa: F401  a fixture
from tests.runner.endpoint import endpoint
from tests.runner.stand import SCENARIO_FILE


@pytest.fixture
def server(monkeypatch):
    """A model's endpoint, with no key in the environment."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with endpoint() as running:
        yield running


@pytest.fixture
def tenure(capsys, monkeypatch):
    """The command, called as from a shell: returns the exit code and what was printed."""
    monkeypatch.delenv("COLUMNS", raising=False)

    def call(*words):
        code = main([str(word) for word in words])
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def play(tenure, tmp_path):
    """`tenure run` of a summer at the stand, into the test's own folder."""

    def call(*words):
        return tenure("run", SCENARIO_FILE, "--out", tmp_path / "run", *words)

    return call
