"""Failure detectors: from world state, events and the record to what went wrong, and where.

past = Past(read(path))
for failure in detect(past):
    print(failure.code, failure.step, failure.what)

No detector asks a judge. `classes.py` is the table of classes, `docs/failures.md` tells how far
each can be relied on.
"""

from tenure.scoring.failures.classes import CLASSES, CODE_OF, FailureClass
from tenure.scoring.failures.detect import detect, tells_facts
from tenure.scoring.failures.failure import Failure
from tenure.scoring.failures.incidence import Incidence, incidence

__all__ = [
    "CLASSES",
    "CODE_OF",
    "Failure",
    "FailureClass",
    "Incidence",
    "detect",
    "incidence",
    "tells_facts",
]
