"""A scenario file that says only in what it differs from another.

    from: vending/classic@1
    id: vending/classic-poor
    version: 1
    parameters: {start_balance_cents: 10000}

The scenario that is read holds everything, so a record of it needs neither file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from tenure.errors import UsageError

FROM = "from"
_NAMED = re.compile(r"([a-z0-9_-]+/[a-z0-9_-]+)@(\d{1,10})")
_OWN = ("id", "version")


def is_variant(said: Any) -> bool:
    """Tell whether a file's content names another scenario."""
    return isinstance(said, dict) and FROM in said


def whole(said: Mapping[str, Any], model: Callable[[str], Mapping[str, Any]]) -> dict[str, Any]:
    """Return all that a variant says, with what it takes from another scenario.

    What it says goes before; of parameters, limits, context and delegation, key by key.

    Args:
        said: The file's content, with `from: JOB/NAME@VERSION`.
        model: Returns what the scenario of an id says.

    Raises:
        UsageError: If it names none so, or another version than there is.
    """
    found = _NAMED.fullmatch(str(said[FROM]))
    if not found:
        raise UsageError(
            f"from: {said[FROM]!r} does not fit; name a scenario and its version, such as "
            "vending/classic@1."
        )
    base = dict(model(found[1]))
    if base["version"] != int(found[2]):
        raise UsageError(
            f"from: {found[1]} has version {base['version']}, not {found[2]}. See what is new in "
            "it, name that version, and raise your own."
        )
    for key in _OWN:
        del base[key]
    own = {key: value for key, value in said.items() if key != FROM}
    return base | {key: _merged(base.get(key), value) for key, value in own.items()}


def _merged(base: Any, said: Any) -> Any:
    return {**base, **said} if isinstance(base, dict) and isinstance(said, dict) else said
