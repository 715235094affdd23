"""How long `artcli --help` takes: the median of ten, beside Python alone as the control.

python benchmarks/startup.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime

RUNS = 10


def main() -> None:
    print(f"{datetime.now(UTC):%Y-%m-%d}, Python {sys.version.split()[0]}, median of {RUNS}")
    for name, arguments in (
        ("artcli --help", ["-m", "artcli", "--help"]),
        ("python alone", ["-c", "pass"]),
    ):
        times = [seconds(arguments) for _ in range(RUNS)]
        print(f"{name}: {statistics.median(times):.3f} s (slowest {max(times):.3f} s)")


def seconds(arguments: list[str]) -> float:
    """The wall clock's seconds of one run in a process of its own."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
