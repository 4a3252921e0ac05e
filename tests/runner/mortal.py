"""The lemonade stand, with an agent whose process is killed as often as files say so."""

import os
import signal
from dataclasses import replace
from pathlib import Path

from tests.lemonade import JOB as STAND
from tests.lemonade import two_a_day

DEATHS = "TENURE_TESTS_DEATHS"
"""Names the folder of those files."""


def mortal(briefing):
    for step, call in enumerate(two_a_day(briefing)):
        if step == 70:
            _die()
        yield call


def _die():
    for file in list(Path(os.environ[DEATHS]).iterdir()):
        try:
            file.unlink()
        except FileNotFoundError:  # another worker dies of it
            continue
        os.kill(os.getpid(), signal.SIGKILL)


JOB = replace(STAND, policies={**STAND.policies, "mortal": mortal})
