"""The command in a process of its own, with the lemonade stand registered."""

import os
import subprocess
import sys

_CODE = """
import signal, sys, tests.lemonade
from tenure.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
"""
"""What a shell starts in the background would ignore Ctrl-C; this undoes it."""


def start(*words, **options):
    """Start `tenure` without keys, its output piped."""
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("OPENAI_")}
    return subprocess.Popen(
        [sys.executable, "-c", _CODE, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **options,
    )
