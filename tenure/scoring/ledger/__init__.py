"""The loss ledger: what each decision of an episode cost, exactly, by a job's own reference."""

from tenure.scoring.ledger.drawing import ledger
from tenure.scoring.ledger.entries import Decisive, Entry, Ledger, Progress, Share
from tenure.scoring.ledger.keeping import diagnose, is_kept

__all__ = ["Decisive", "Entry", "Ledger", "Progress", "Share", "diagnose", "is_kept", "ledger"]
