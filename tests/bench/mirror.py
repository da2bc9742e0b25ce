#!/usr/bin/env python3
"""Mirrors against the git program, over the same real server: mirror.py [REPOSITORIES [REFS]] (100 repositories; one of 41,000 refs).

Prints wall time, processes started and bytes of the mirrors for: first run, nothing moved, one moved; then the same for a repository of many
refs. The other side is what scripts do: `git clone --mirror`, `git remote update`, eight at once.
"""

import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))
from harness import GitServer, binary, git  # noqa: E402

ENVIRONMENT = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}


def fill(path, commits, words):
    """A history of `commits` commits, by fast-import."""
    lines = []
    for number in range(commits):
        text = f"{words} {number}\n" * 20
        lines.append(f"commit refs/heads/main\ncommitter t <t@t> {1700000000 + number} +0000\ndata 1\nx\n"
                     f"M 100644 inline dir{number % 7}/file{number % 50}.txt\ndata {len(text)}\n{text}\n")
    subprocess.run(["git", "fast-import", "--quiet"], cwd=path, input="".join(lines).encode(), env=ENVIRONMENT, check=True)
    git("symbolic-ref", "HEAD", "refs/heads/main", cwd=path)


def touch(path, number):
    tip = git("rev-parse", "main", cwd=path)
    made = git("commit-tree", "-p", tip, "-m", f"again {number}", "main^{tree}", cwd=path)
    git("update-ref", "refs/heads/main", made, cwd=path)


def timed(work):
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


class Ours:
    def __init__(self, directory, urls):
        self.config = os.path.join(directory, "config.yaml")
        with open(self.config, "w") as file:
            repositories = "".join(f"        - {{name: {name}, url: \"{url}\"}}\n" for name, url in urls.items())
            file.write(f"storage: {directory}/storage\nlimits: {{per_host: 8}}\njobs:\n  m:\n    schedule: manual\n    mirror:\n"
                       f"      lfs: false\n      repositories:\n{repositories}")

    def run(self):
        done = subprocess.run([binary(), "run", "m", "--json", "--config", self.config], env=ENVIRONMENT, capture_output=True)
        report = json.loads(done.stdout)
        assert done.returncode == 0, done.stderr
        return report["outcome"]


class Theirs:
    def __init__(self, directory, urls):
        self.directory, self.urls = os.path.join(directory, "theirs"), urls
        os.makedirs(self.directory)

    def one(self, item):
        name, url = item
        place = os.path.join(self.directory, f"{name}.git")
        words = ["git", "-C", place, "remote", "update", "--prune"] if os.path.isdir(place) else ["git", "clone", "-q", "--mirror", url, place]
        subprocess.run(words, env=ENVIRONMENT, capture_output=True, check=True)

    def run(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(self.one, self.urls.items()))


def compare(title, directory, urls, change):
    ours, theirs = Ours(directory, urls), Theirs(directory, urls)
    for step in ("first run", "nothing moved", "one moved"):
        if step == "one moved":
            change()
        mine, other = timed(ours.run), timed(theirs.run)
        print(f"{title}, {step}: {mine:.2f} s, git program {other:.2f} s, {other / mine:.1f} x", flush=True)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    refs = int(sys.argv[2]) if len(sys.argv) > 2 else 41_000
    with tempfile.TemporaryDirectory(prefix="mirror-bench-") as directory:
        names = [f"r{number}" for number in range(count)]
        options = [word for name in names + ["many"] for word in ("--create", f"{name}.git")]
        server = GitServer(directory, *options)
        try:
            url = f"http://127.0.0.1:{server.port}/noauth"
            for name in names:
                fill(os.path.join(server.repos, f"{name}.git"), 60, name)
            many = os.path.join(server.repos, "many.git")
            fill(many, 2000, "many")
            tips = git("rev-list", "main", cwd=many).splitlines()
            with open(os.path.join(many, "packed-refs"), "w") as file:  # a file for each would take minutes
                rows = sorted([("refs/heads/main", tips[0])] + [(f"refs/pull/{number}/head", tips[number % len(tips)]) for number in range(refs)])
                file.write("# pack-refs with: sorted \n" + "".join(f"{oid} {name}\n" for name, oid in rows))
            os.remove(os.path.join(many, "refs", "heads", "main"))
            places = [os.path.join(directory, one) for one in ("one", "two")]
            for place in places:
                os.makedirs(place)
            first = os.path.join(server.repos, f"{names[0]}.git")
            compare(f"{count} repositories", places[0], {name: f"{url}/{name}.git" for name in names}, lambda: touch(first, 1))
            compare(f"{refs} refs", places[1], {"many": f"{url}/many.git"}, lambda: touch(many, 1))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
