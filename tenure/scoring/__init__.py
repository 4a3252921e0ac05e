"""Scoring: trajectory records, replay, statistics, reports and the leaderboard."""
