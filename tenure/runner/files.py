"""How many files and connections this process may have open."""

from __future__ import annotations

from tenure.errors import UsageError

FILES_AN_EPISODE = 2
"""A record and a connection."""
SPARE_FILES = 100
"""What else is open: libraries, standard streams, certificates, files on their way."""


def allow_files(episodes: int) -> None:
    """Raise the soft limit of open files, if need be, for so many episodes at a time.

    Raises:
        UsageError: If the hard limit forbids it; the message says how many episodes it allows.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = files_needed(episodes)
    if soft == resource.RLIM_INFINITY or needed <= soft:
        return
    if hard != resource.RLIM_INFINITY and needed > hard:
        raise UsageError(_too_few(episodes, needed, hard))
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    except (ValueError, OSError):  # a system may have a limit that it does not tell
        raise UsageError(_too_few(episodes, needed, soft)) from None


def files_needed(episodes: int) -> int:
    """Return how many files are open while so many episodes are played."""
    return SPARE_FILES + FILES_AN_EPISODE * episodes


def _too_few(episodes: int, needed: int, allowed: int) -> str:
    possible = max(1, (allowed - SPARE_FILES) // FILES_AN_EPISODE)
    return (
        f"{episodes:,} episodes at a time need {needed:,} open files, and this process may have"
        f" {allowed:,}. Play fewer at a time (--concurrency {possible}), or raise the limit"
        f" (ulimit -n)."
    )
