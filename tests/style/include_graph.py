"""The arrows between rooms: each folder includes only what this table allows, and no file or function outgrows the house.

usage: include_graph.py [REPOSITORY]; exit 1 when something is wrong.
"""

import os
import re
import sys

# room → rooms that it may include. A room that is not named may not include anything of ours.
ALLOWED = {
    "lib/core": [],
    "lib/hash": ["lib/core"],
    "lib/zip": ["lib/core"],
    "lib/yaml": ["lib/core"],
    "lib/schedule": ["lib/core"],
    "lib/journal": ["lib/core"],
    "lib/systemd": ["lib/core"],
    "lib/async": ["lib/core"],
    "lib/process": ["lib/core", "lib/async"],
    "lib/http": ["lib/core", "lib/async"],
    "lib/lfs": ["lib/core", "lib/async", "lib/hash", "lib/http", "lib/remote"],
    "lib/git": ["lib/core", "lib/hash"],
    "lib/remote": ["lib/core", "lib/async", "lib/hash", "lib/http", "lib/process", "lib/git"],
    "lib/control": ["lib/core", "lib/async"],
    "lib/cvat": ["lib/core", "lib/async", "lib/hash", "lib/http", "lib/zip"],
    "lib/github": ["lib/core", "lib/async", "lib/hash", "lib/http"],
    "daemon/model": ["lib/core"],
    "daemon/cli": ["lib/core", "lib/journal", "lib/git"],
    "daemon/control": ["lib/core"],
    "daemon/config": ["lib/core", "lib/yaml", "lib/schedule", "lib/http", "lib/remote", "daemon/model"],
    "daemon/report": ["lib/core", "lib/journal", "daemon/model"],
    "daemon/state": ["lib/core", "daemon/model"],
    "daemon/retention": ["lib/core", "daemon/model"],
    "daemon/scheduler": ["lib/core", "lib/schedule", "daemon/model"],
    "daemon/vault": ["lib/core", "lib/async", "lib/hash", "lib/http", "lib/lfs", "lib/git", "lib/remote", "daemon/model"],
    "daemon/archive": ["lib/core", "lib/hash", "lib/zip", "lib/git", "daemon/model", "daemon/retention", "daemon/vault"],
    "daemon/restore": ["lib/core", "lib/async", "lib/hash", "lib/http", "lib/lfs", "lib/zip", "lib/git", "lib/remote", "lib/cvat", "daemon/model",
                       "daemon/retention", "daemon/vault", "daemon/archive", "daemon/mirror", "daemon/github"],
    "daemon/cvat": ["lib/core", "lib/async", "lib/hash", "lib/http", "lib/zip", "lib/git", "lib/remote", "lib/cvat", "daemon/model",
                    "daemon/report", "daemon/state", "daemon/vault", "daemon/archive"],
    "daemon/mirror": ["lib/core", "lib/async", "lib/hash", "lib/http", "lib/lfs", "lib/git", "lib/remote", "daemon/model", "daemon/report"],
    "daemon/github": ["lib/core", "lib/async", "lib/http", "lib/lfs", "lib/git", "lib/remote", "lib/github", "daemon/model", "daemon/report", "daemon/state",
                      "daemon/mirror"],
    "daemon/import": ["lib/core"],
    "daemon/runner": ["lib/core", "lib/async", "lib/hash", "lib/http", "lib/lfs", "lib/cvat", "lib/git", "lib/github", "lib/remote", "daemon/model", "daemon/config", "daemon/report",
                      "daemon/state", "daemon/vault", "daemon/cvat", "daemon/mirror", "daemon/github"],
    "daemon/checks": ["lib/core", "lib/async", "lib/hash", "lib/http", "lib/lfs", "lib/zip", "lib/git", "lib/remote", "lib/cvat", "daemon/model", "daemon/config",
                      "daemon/report", "daemon/state", "daemon/vault", "daemon/archive", "daemon/restore", "daemon/cvat", "daemon/mirror", "daemon/github", "daemon/runner"],
    "daemon/notify": ["lib/core", "lib/async", "lib/http", "lib/process", "lib/journal", "daemon/model", "daemon/config",
                      "daemon/report"],
    "daemon/metrics": ["lib/core", "lib/async", "lib/journal", "lib/control", "daemon/model"],
    "daemon/serve": ["lib/core", "lib/async", "lib/http", "lib/journal", "lib/systemd", "lib/control", "daemon/model", "daemon/control", "daemon/config",
                     "daemon/report", "daemon/state", "daemon/scheduler", "daemon/runner", "daemon/checks", "daemon/notify", "daemon/metrics"],
    "daemon/app": ["lib/core", "lib/async", "lib/http", "lib/git", "lib/remote", "lib/cvat", "lib/journal", "lib/schedule", "daemon/serve", "daemon/scheduler", "daemon/model",
                   "daemon/config", "daemon/report", "daemon/state", "daemon/cvat", "daemon/vault", "daemon/mirror", "daemon/import", "daemon/runner", "daemon/cli"],
    "daemon/ctl": ["lib/core", "lib/async", "lib/http", "lib/control", "lib/journal", "lib/schedule", "lib/remote", "daemon/model", "daemon/cli", "daemon/config",
                   "daemon/control", "daemon/report", "daemon/state", "daemon/vault", "daemon/mirror", "daemon/restore", "daemon/runner", "daemon/checks"],
    "daemon/manual": ["lib/core", "daemon/cli", "daemon/config", "daemon/app", "daemon/ctl"],
}
# Libraries that stay behind one room's door.
DOORS = {"boost/beast": ["lib/http"], "git2": ["lib/git"], "yaml-cpp": ["lib/yaml"], "SQLiteCpp": ["daemon/state"],
         "systemd/": ["lib/journal", "lib/systemd"], "CLI/": ["daemon/cli", "daemon/app", "daemon/ctl", "daemon/manual"], "date/": ["lib/schedule", "daemon/retention"]}
LONGEST_FILE = 300
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def sources(top):
    for base in ("lib", "daemon"):
        for place, folders, names in os.walk(os.path.join(top, base)):
            folders.sort()
            for name in sorted(names):
                if name.endswith((".hpp", ".cpp")):
                    yield os.path.relpath(os.path.join(place, name), top)


def room_of(path):
    return "/".join(path.split("/")[:2])


def problems_of(path, text):
    room = room_of(path)
    if room not in ALLOWED:
        yield f"{path}: room {room} is not in the table of tests/style/include_graph.py"
        return
    for included in INCLUDE.findall(text):
        if included.startswith(("lib/", "daemon/")):
            other = room_of(included)
            if other != room and other not in ALLOWED[room]:
                yield f"{path}: {room} may not include {included}"
        for library, rooms in DOORS.items():
            if included.startswith(library) and room not in rooms:
                yield f"{path}: <{included}> belongs to {', '.join(rooms)}"
    lines = text.count("\n")
    if lines > LONGEST_FILE:
        yield f"{path}: {lines} lines, more than {LONGEST_FILE}: what wants to be two files?"
    if "SPDX-License-Identifier" not in text.split("\n", 1)[0]:
        yield f"{path}: the first line names no licence"


def cycles():
    """Rooms that reach themselves: the table itself must be a tree of arrows."""
    def reach(room, seen):
        for other in ALLOWED.get(room, []):
            if other not in seen:
                seen.add(other)
                reach(other, seen)
        return seen
    return [f"the table has a cycle through {room}" for room in ALLOWED if room in reach(room, set())]


def main():
    top = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", ".."))
    found, count = cycles(), 0
    for path in sources(top):
        count += 1
        with open(os.path.join(top, path), encoding="utf-8") as file:
            found += problems_of(path, file.read())
    print("\n".join(found) if found else f"{count} files, every arrow points down")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
