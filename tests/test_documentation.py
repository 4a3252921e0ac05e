"""What the documentation shows works."""

import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("tenure/**/*.md")])


def test_the_example_of_the_readme_runs(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102  our own example
    assert "bank_cents" in capsys.readouterr().out


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


# --- step by step --------------------------------------------------------------------------------

GUIDES = (
    *("write-a-job.md", "write-a-scenario.md", "private-benchmark.md"),
    "bring-your-own-agent.md",
)
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Newcomer:
    """Follows a guide in an empty folder: types its commands, makes its edits, compares outputs."""

    def __init__(self, folder, environment):
        self.folder, self.environment, self.read = folder, environment, ""

    def sh(self, commands, remark):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self.read = done.stdout + done.stderr
        assert (done.returncode != 0) == (remark == "fails"), self.read

    def text(self, lines, _):
        for line in lines.splitlines():
            assert line in self.read

    def python(self, code, remark):
        action, _, file = remark.partition("=")
        path = self.folder / file
        if action == "excerpt":
            assert code in path.read_text()
        else:
            path.write_text((path.read_text() if path.exists() else "") + code)

    def json(self, text, _):
        json.loads(text)

    def diff(self, lines, remark):
        path = self.folder / remark.removeprefix("file=")
        for old, new in edits(lines):
            assert path.read_text().count(old) == 1, old
            path.write_text(path.read_text().replace(old, new))


def edits(lines):
    """Yield each group of `-` lines with the `+` lines that replace it."""
    for group in re.finditer(r"((?:^-.*\n)+)((?:^\+.*\n)+)", lines, re.MULTILINE):
        yield [re.sub(r"^.", "", part, flags=re.MULTILINE) for part in group.groups()]


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """An environment like a newcomer's: Tenure, its command, and pip without a network."""
    home = tmp_path_factory.mktemp("machine") / "venv"
    venv.create(home, with_pip=True)
    (site,) = home.glob("lib/python*/site-packages")
    (site / "here.pth").write_text("\n".join([str(ROOT), *(p for p in sys.path if "site-" in p)]))
    command = home / "bin" / "tenure"
    command.write_text(f'#!/bin/sh\nexec {home}/bin/python -m tenure.cli "$@"\n')
    command.chmod(0o755)
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept | offline | quiet | {"PATH": f"{home / 'bin'}:{os.environ['PATH']}"}


@pytest.mark.slow
@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_can_be_followed_word_by_word(guide, machine, tmp_path):
    newcomer = Newcomer(tmp_path, machine)
    blocks = BLOCK.findall((ROOT / "docs" / guide).read_text())
    assert len(blocks) > 5
    for kind, remark, content in blocks:
        getattr(newcomer, kind)(content, remark.strip())
