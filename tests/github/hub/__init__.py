"""A stand-in for GitHub (github.com and GitHub Enterprise Server) for tests and demonstrations.

Listener, wire format, faults and log are those of the CVAT stand-in; Git LFS is that of tests/lfsserver.
"""

import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
for _room in ("standin", "lfsserver"):
    _path = os.path.join(TESTS, _room)
    if _path not in sys.path:
        sys.path.append(_path)
