#!/usr/bin/env python3
"""Starts the GitHub stand-in server. See README.md beside this file."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from hub.main import main  # noqa: E402  (the path has to be set first)

if __name__ == "__main__":
    sys.exit(main())
