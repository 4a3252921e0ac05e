"""Makes environments known to Gymnasium once it is there, without being the one who imports it.

Gymnasium takes longer to import than a job does, and who plays a scenario with an agent needs none
of it. So what is registered before Gymnasium is imported waits until it is.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_GYMNASIUM = "gymnasium"
_WAITING: list[tuple[str, str, str]] = []
"""What is registered as soon as Gymnasium is imported: id, environment, vectorised one."""


def register(env_id: str, env: str, vector: str) -> None:
    """Register an environment with Gymnasium, now or as soon as it is imported.

    An id that Gymnasium knows already stays as it is.

    Args:
        env_id: Such as `tenure/Vending-v1`.
        env: Import string of the `gymnasium.Env`.
        vector: Import string of the `gymnasium.vector.VectorEnv`; empty if there is none.
    """
    _WAITING.append((env_id, env, vector))
    if hasattr(sys.modules.get(_GYMNASIUM), "register"):  # else it is being imported
        _register_all()
    elif not any(isinstance(finder, _Lookout) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Lookout())


def _register_all() -> None:
    import gymnasium

    while _WAITING:
        env_id, env, vector = _WAITING.pop(0)
        if env_id not in gymnasium.registry:
            gymnasium.register(env_id, entry_point=env, vector_entry_point=vector or None)


class _Lookout:
    """Finds no module itself; sees that Gymnasium is looked for, and acts when it is loaded."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002  the import system's seam
        target: ModuleType | None = None,  # noqa: ARG002  likewise
    ) -> ModuleSpec | None:
        """Return the spec that all others find, with the registering after its execution."""
        if name != _GYMNASIUM:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(name)
        loader: Any = spec and spec.loader
        if loader:
            execute = loader.exec_module

            def execute_and_register(module: ModuleType) -> None:
                del loader.exec_module
                execute(module)
                _register_all()

            loader.exec_module = execute_and_register
        return spec
