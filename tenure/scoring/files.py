"""Files that are there as a whole or not at all, whenever who writes them is killed."""

from __future__ import annotations

import os
from pathlib import Path

DRAFT = ".draft"
"""How the name of a file ends that is not whole yet; one that a killed process left is replaced."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one move, in place of the one that is there."""
    draft = path.with_name(f".{path.name}{DRAFT}")
    draft.write_bytes(content)
    os.replace(draft, path)  # noqa: PTH105  atomic, and said so
