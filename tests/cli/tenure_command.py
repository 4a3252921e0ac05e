"""The command in a process of its own, with the lemonade stand registered."""

import os
import subprocess
import sys

_CODE = """
import signal, sys, tests.lemonade
from tenure.cli import main
signal.signal(signal.SIGINT, signal.{handler})
sys.exit(main())
"""
"""What a shell starts in the background ignores Ctrl-C, and whether we are there is chance."""


def code(*, in_background=False):
    """Return what Python is to run, as a shell does in fore- or background."""
    return _CODE.format(handler="SIG_IGN" if in_background else "default_int_handler")


def start(*words, in_background=False, **options):
    """Start `tenure` without keys, its output piped, as a shell does in fore- or background."""
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("OPENAI_")}
    return subprocess.Popen(
        [sys.executable, "-c", code(in_background=in_background), *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **options,
    )
