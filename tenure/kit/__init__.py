"""The kit for authors: start a job or a scenario of your own, and check it before others do.

(subject,) = find("bakery")
broken = [finding for finding in findings(case_of(subject)) if not finding.ok]
"""

from tenure.kit.checks import Case, case_of
from tenure.kit.diagnosis import Finding, findings
from tenure.kit.subject import Subject, find

__all__ = ["Case", "Finding", "Subject", "case_of", "find", "findings"]
