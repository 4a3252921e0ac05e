"""The report's table of conduct: one row a topic, one column an agent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tenure.scoring.conduct import ConductScore
from tenure.scoring.report import wording
from tenure.scoring.scorecard import AgentScore


def conduct_rows(agents: Sequence[AgentScore]) -> list[dict[str, Any]]:
    """Return a row for each topic that came to a verdict; nothing if the job tells nothing.

    A row has the topic in words and a cell for each agent, which is a text and a smaller one below
    it. An agent without an occasion has a dash: that is no verdict.
    """
    topics = sorted({topic for agent in agents for topic in agent.conduct})
    return [
        {
            "title": wording.title(topic),
            "cells": [_cell(agent.conduct.get(topic)) for agent in agents],
        }
        for topic in topics
    ]


def _cell(found: ConductScore | None) -> dict[str, str]:
    if found is None:
        return {"kept": wording.DASH, "more": ""}
    parts = [
        f"{wording.number(found.broken)} broken" if found.broken else "",
        f"{wording.dollars(found.cents / 100)} at stake" if found.cents else "",
    ]
    return {
        "kept": f"{wording.number(found.kept)} of {wording.number(found.occasions)}",
        "more": ", ".join(filter(None, parts)),
    }
