"""Exports: views of a record for the tools of others, made from records alone.

Each module turns episodes into one format, as that format's own readers take it, and carries along
under Tenure's names what the format has no place for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from tenure.errors import UsageError
from tenure.scoring.records import Episode


class Target(NamedTuple):
    """A format to export to.

    Attributes:
        meaning: What it is, for a list of choices.
        suffix: How its files' names end.
        module: Where its `write(episodes, path)` is; `episodes` can be iterated again and again.
        joins: Whether one file holds all episodes of a run, and not each its own.
        extra: The optional part of Tenure's installation that it needs; empty for none.
        package: The package of that part that is imported.
    """

    meaning: str
    suffix: str
    module: str
    joins: bool = False
    extra: str = ""
    package: str = ""

    def writer(self) -> Callable[[Iterable[Episode], Path], None]:
        """Return the function that writes episodes to a file, taking the place of an older one.

        Raises:
            UsageError: If the extra that it needs is not installed.
        """
        if self.extra:
            try:
                importlib.import_module(self.package)
            except ImportError:
                raise UsageError(
                    f"This export needs the extra `{self.extra}`: "
                    f"pip install 'tenure[{self.extra}]'"
                ) from None
        write: Callable[[Iterable[Episode], Path], None]
        write = importlib.import_module(f"tenure.scoring.export.{self.module}").write
        return write


TARGETS = {
    "atif": Target("Harbor's trajectory format, ATIF", ".atif.json", "atif"),
    "inspect": Target(
        "a log that Inspect reads and views",
        ".eval",
        "inspect_log",
        extra="inspect",
        package="inspect_ai",
    ),
    "otel": Target("OpenTelemetry GenAI spans, as OTLP/JSON lines", ".otlp.jsonl", "otel"),
    "parquet": Target(
        "one table, a row a step",
        ".parquet",
        "table",
        joins=True,
        extra="parquet",
        package="pyarrow",
    ),
}
