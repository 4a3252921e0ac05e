"""Retention: a layer that any job switches on in a scenario.

Now and then the agent is told something in passing, and some days later it is asked for it, once.
No tool shows it again, so an answer that is right more often than by chance comes from the agent's
own memory, its notes included. Answers change neither the job's state nor its score.
"""

from tenure.envs.retention.layer import recalling
from tenure.envs.retention.plan import Remark, Retention, plan

__all__ = ["Remark", "Retention", "plan", "recalling"]
