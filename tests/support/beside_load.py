#!/usr/bin/env python3
"""Runs a command while busy processes of a higher priority leave it little of the processor.

  beside_load.py COMMAND [WORD…]     ends with the command's exit code

Two processes for each processor compute. A test that holds on an idle machine only fails here.
"""

import multiprocessing
import os
import subprocess
import sys


def compute():
    parent = os.getppid()
    while os.getppid() == parent:  # nobody is left when that was killed
        sum(range(100_000))


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for _ in range(2 * os.cpu_count()):
        multiprocessing.Process(target=compute, daemon=True).start()
    return subprocess.run(["nice", "-n", "5", *sys.argv[1:]]).returncode


if __name__ == "__main__":
    sys.exit(main())
