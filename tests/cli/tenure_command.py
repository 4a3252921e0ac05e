"""The command in a process of its own, with the lemonade stand registered."""

import os
import subprocess
import sys

_CODE = "import sys, tests.lemonade; from tenure.cli import main; sys.exit(main())"


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
