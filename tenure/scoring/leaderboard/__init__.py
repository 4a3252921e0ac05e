"""The leaderboard: a folder of runs that were checked by playing them again, and a page of them."""

from tenure.scoring.leaderboard.board import build, entries
from tenure.scoring.leaderboard.entry import Entry, Row
from tenure.scoring.leaderboard.submission import submit

__all__ = ["Entry", "Row", "build", "entries", "submit"]
