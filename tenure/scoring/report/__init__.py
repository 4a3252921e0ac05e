"""The report of a run: one HTML page that loads nothing."""

from tenure.scoring.report.page import write_report

__all__ = ["write_report"]
