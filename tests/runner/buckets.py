"""Stores for tests."""

import fsspec
import pytest


@pytest.fixture(params=["memory", "file"])
def url(request, tmp_path):
    """A folder that is not there yet, in a store."""
    path = tmp_path / "store/run"
    yield f"{request.param}://{path}"
    if request.param == "memory":
        fsspec.filesystem("memory").store.clear()
