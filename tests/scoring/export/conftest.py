import pytest

from tests.scoring.export import records

KINDS = ("modelled", "unfinished", "year", "contest")


@pytest.fixture(scope="package", params=KINDS)
def any_episode(request, tmp_path_factory):
    return getattr(records, request.param)(tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="package")
def modelled(tmp_path_factory):
    return records.modelled(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="package")
def contest(tmp_path_factory):
    return records.contest(tmp_path_factory.mktemp("match"))
