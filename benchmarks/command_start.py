"""How long `tenure --help` takes, against a bare interpreter. Goal: at most 4x."""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROUNDS = 21


def seconds(command: list[str]) -> float:
    """Return the wall-clock seconds of one run."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Print both times, taken in turn, and their ratio."""
    bare = [sys.executable, "-c", "pass"]
    ours = [str(Path(sys.executable).with_name("tenure")), "--help"]
    seconds(bare), seconds(ours)
    pairs = [(seconds(bare), seconds(ours)) for _ in range(ROUNDS)]
    print(f"python -c pass   {median(pair[0] for pair in pairs) * 1e3:8.1f} ms")
    print(f"tenure --help    {median(pair[1] for pair in pairs) * 1e3:8.1f} ms")
    ratio = median(pair[1] / pair[0] for pair in pairs)
    print(f"ratio            {ratio:8.2f}     goal <= 4")


if __name__ == "__main__":
    main()
