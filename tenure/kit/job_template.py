"""`tenure new job`: a small installable project with a job that passes every check."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from tenure.envs import jobs
from tenure.errors import UsageError
from tenure.kit import golden
from tenure.kit.subject import find
from tenure.scenarios.loader import SUITES

_TEMPLATES = resources.files("tenure.kit") / "templates" / "job"
_ENDING = ".jinja"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def new_job(name: str, parent: Path) -> Path:
    """Write the project of a new job.

    Args:
        name: The job's name, such as `corner-shop`; its package is then `corner_shop`.
        parent: Where the project's folder is made.

    Returns:
        The project's folder.

    Raises:
        UsageError: If the name does not fit or is taken, or the folder exists.
    """
    folder = parent / name
    if _NAME.fullmatch(name) and folder.exists():
        raise UsageError(f"{folder} exists already; choose another name or --dir.")
    package = _package_of(name)
    for path, text in _files(name, package):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    (subject,) = find(str(folder))
    golden.write(folder / package, subject.scenarios)
    return folder


def _package_of(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a job: write small letters and digits, a letter first, and "
            "single hyphens between words, such as corner-shop."
        )
    if name in (*jobs.names(), SUITES):
        raise UsageError(f"The name {name!r} is taken; choose another one.")
    package = name.replace("-", "_")
    if package in sys.stdlib_module_names or keyword.iskeyword(package) or find_spec(package):
        raise UsageError(
            f"Python has something named {package!r} already, so a package of that name could not "
            "be imported; choose another name."
        )
    return package


def _files(name: str, package: str) -> Iterator[tuple[PurePosixPath, str]]:
    """Yield each file's path in the project, and its text."""
    import jinja2

    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  no HTML is written
    )
    for path, template in _walk(_TEMPLATES, PurePosixPath()):
        parts = [package if part == "package" else part for part in path.parts]
        text = environment.from_string(template.read_text(encoding="utf-8"))
        yield PurePosixPath(*parts), text.render(name=name, package=package)


def _walk(folder: Traversable, path: PurePosixPath) -> Iterator[tuple[PurePosixPath, Traversable]]:
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            yield from _walk(item, path / item.name)
        elif item.name.endswith(_ENDING):
            yield path / item.name.removesuffix(_ENDING), item
