"""What is built is what is in the tree, and it works away from it."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT],
        check=True,
        capture_output=True,
    )
    return out


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    target = tmp_path_factory.mktemp("elsewhere")
    (wheel,) = built.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", target, wheel], check=True)
    return target


def files_below(folder):
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def run(target, *command):
    environment = os.environ | {"PYTHONPATH": str(target)}
    return subprocess.run(
        command, cwd=target, env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_the_wheel_holds_the_package_and_nothing_else(built):
    (wheel,) = built.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == files_below("tenure")


def test_the_sdist_holds_what_is_needed_to_test_it(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for folder in ("tenure", "tests", "docs", "benchmarks", "examples"):
        assert files_below(folder) <= names
    assert {"Makefile", "README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml"} <= names
    assert not {name for name in names if name.startswith(("runs/", ".venv/"))}


def test_the_installed_wheel_tells_its_version(installed):
    where = run(installed, sys.executable, "-c", "import tenure; print(tenure.__file__)")
    assert Path(where.strip()).is_relative_to(installed)
    assert run(installed, installed / "bin" / "tenure", "--version").startswith("tenure 0.")


def test_the_installed_wheel_plays_a_day(installed, tmp_path):
    command = [installed / "bin" / "tenure", "run", "vending/week", "--agent", "naive"]
    printed = run(
        installed, *command, "--episodes", "1", "--max-steps", "5", "--out", tmp_path / "day"
    )
    assert "naive" in printed
    assert run(installed, installed / "bin" / "tenure", "verify", tmp_path / "day")
