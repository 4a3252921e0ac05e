"""Run every benchmark, one process each: `python -m benchmarks [NAME ...]`."""

import subprocess
import sys
from pathlib import Path

LADDER = "ladder"  # a table of scores, not of speed


def main() -> None:
    """Run the named benchmarks, or all of them."""
    known = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
    for name in sys.argv[1:] or [name for name in known if name != LADDER]:
        print(f"\n== {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False)


if __name__ == "__main__":
    main()
