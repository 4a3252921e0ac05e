"""The report of a run, or of a suite's: one HTML page that loads nothing."""

from tenure.scoring.report.page import write_report
from tenure.scoring.report.suite_page import write_suite_report
from tenure.scoring.report.sustained import write_sustained

__all__ = ["write_report", "write_suite_report", "write_sustained"]
