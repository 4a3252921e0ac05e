"""Tenure: can a model hold down a job?

`import tenure.envs` registers the Gymnasium environments; the rest is imported where it is used,
so that `import tenure` stays cheap.
"""

__version__ = "0.1.0"
