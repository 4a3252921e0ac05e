"""What the exit code of `tenure` says."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes; scripts may rely on them."""

    DONE = 0
    INVALID = 1
    USAGE = 2
    UNFINISHED = 3
    SYSTEM = 4
    LIMIT = 5
    INTERRUPTED = 130
    TERMINATED = 143


MEANINGS = {
    Exit.DONE: "done",
    Exit.INVALID: "a check failed: a job breaks a rule, a record is damaged or not reproduced",
    Exit.USAGE: "the command does not fit; the message says what would",
    Exit.UNFINISHED: "episodes are unfinished (a provider failed, a run was cut short)",
    Exit.SYSTEM: "the system refused (a full disk, a folder that cannot be written)",
    Exit.LIMIT: "a limit of the whole run was reached; a higher one goes on",
    Exit.INTERRUPTED: "interrupted; the same command goes on",
    Exit.TERMINATED: "told to end (SIGTERM); the same command goes on",
}
