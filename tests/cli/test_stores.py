"""Commands take the URL of a run in a store where they take a folder."""

import pytest

from tests.runner.stand import SCENARIO_FILE


@pytest.mark.parametrize("words", [["score"], ["verify"], ["replay"], ["report"]])
def test_commands_read_a_store(url, tenure, words):
    ran, out, _ = tenure("run", SCENARIO_FILE, "--agent", "idle", "--out", url, "--quiet")
    assert (ran, out) == (0, f"{url}/report.html\n")
    code, out, err = tenure(*words, url)
    assert (code, err) == (0, "")
    assert "/tenure-" not in out
    code, _, err = tenure(*words, f"{url}/elsewhere")
    assert (code, err) == (2, f"tenure: There is nothing at {url}/elsewhere.\n")
