"""The scorecard: from records alone to numbers with intervals.

`score_episode` is a pure function of one record, `score_run` of a run folder. What was planned and
not played to its end is `Unscored`, shown and counted, and never a zero.
"""

from tenure.scoring.scorecard.agent import AgentScore
from tenure.scoring.scorecard.comparison import Comparison
from tenure.scoring.scorecard.days import Series, series, tool_called
from tenure.scoring.scorecard.episode import EpisodeScore, Unscored, score_episode
from tenure.scoring.scorecard.run import FILE_NAME, Scorecard, score_planned, score_run
from tenure.scoring.scorecard.seeds import Reliability, Summary

__all__ = [
    "FILE_NAME",
    "AgentScore",
    "Comparison",
    "EpisodeScore",
    "Reliability",
    "Scorecard",
    "Series",
    "Summary",
    "Unscored",
    "score_episode",
    "score_planned",
    "score_run",
    "series",
    "tool_called",
]
