"""Run the speed and size benchmarks, one process each: `python -m benchmarks [NAME ...]`."""

import subprocess
import sys

SPEED = (
    "env_step",
    "recording",
    "llm_turn",
    "concurrency",
    "log_size",
    "command_start",
    "supply_line",
    "supply_line_speed",
    "vending_manager",
    "places",
)


def main() -> None:
    """Run the named benchmarks, or all of them."""
    for name in sys.argv[1:] or SPEED:
        print(f"\n== {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False)


if __name__ == "__main__":
    main()
