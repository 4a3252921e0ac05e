import sys

import pytest

from tenure.envs import jobs
from tenure.kit.job_template import new_job


@pytest.fixture
def bakery(own_jobs, tmp_path):
    """The folder of a new job, and Python ready to import it anew."""
    folder = new_job("bakery", tmp_path)
    forget()
    return folder


def forget():
    """Let Python import the bakery anew, as another process would."""
    jobs._JOBS.pop("bakery", None)
    for name in [name for name in sys.modules if name.partition(".")[0] == "bakery"]:
        del sys.modules[name]
