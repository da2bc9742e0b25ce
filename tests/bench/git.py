"""Our git client against the git program and libgit2's own push and fetch: same machine, same run, same server (nginx, git http-backend). Prints ratios.

usage: git.py [push|refs|many]...     push: a pack of 1 GB, against git index-pack of it and the bare transfer
                                      refs: a repository of 41,000 refs, unchanged and with one new commit, against git fetch
                                      many: 300 unchanged repositories 40 ms away, against git ls-remote, both 32 at once
                                      (nothing named: all three). Needs build/tests/bench/git_bench.
"""

import concurrent.futures
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import harness  # noqa: E402
from cvat import Cost  # noqa: E402
from delay import Delay  # noqa: E402

ROUNDS = 3
PACK_BYTES, REFS, COMMITS, REPOSITORIES, AT_ONCE, ROUND_TRIP = 1_000_000_000, 41_000, 2_000, 300, 32, 0.040
ENVIRONMENT = {**harness.FIXED_ENVIRONMENT, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_COUNT": "2",
               "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*", "GIT_CONFIG_KEY_1": "gc.auto", "GIT_CONFIG_VALUE_1": "0",
               "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@t", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@t"}


def program():
    path = os.path.join(os.path.dirname(harness.binary()), "tests", "bench", "git_bench")
    if not os.path.exists(path):
        raise SystemExit(f"{path} is not built: ninja -C build git_bench")
    return path


def told(name, base, ours, goal):
    print(f"{name:44} {base / ours:9.1f} x   (goal {goal})", flush=True)


class Sink:
    """Takes whatever is sent to its port and says nothing: the bare transfer."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        buffer = bytearray(1 << 20)
        while True:
            link, _ = self.listener.accept()
            with link:
                while link.recv_into(buffer):
                    pass

    def take(self, path):
        begin = time.monotonic()
        with socket.create_connection(self.listener.getsockname()) as link, open(path, "rb") as file:
            link.sendfile(file)
            link.shutdown(socket.SHUT_WR)
            link.recv(1)
        return time.monotonic() - begin


class Bench:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="autobackupd-bench-", dir=os.environ.get("BENCH_DIRECTORY"))
        os.makedirs(self.path("git"))
        self.server = harness.GitServer(self.path("git"), "--create", "first.git")

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def repository(self, name):
        return os.path.join(self.server.repos, name)

    def url(self, name, port=None):
        return f"http://127.0.0.1:{port or self.server.port}/noauth/{name}"

    def close(self):
        self.server.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def bare(self, name):
        harness.git("init", "-q", "--bare", "-b", "main", self.repository(name))
        harness.git("config", "http.receivepack", "true", cwd=self.repository(name))

    # -- a pack of 1 GB --

    def push(self):
        vault = self.path("vault.git")
        pack = Cost([program(), "fill", vault, str(PACK_BYTES)], ENVIRONMENT).out.split()[0]
        sink, ours, floors, rss = Sink(), [], [], 0
        for number in range(ROUNDS):
            self.bare(f"push-{number}.git")
            one = Cost([program(), "push", vault, self.url(f"push-{number}.git")], ENVIRONMENT)
            empty = self.path(f"empty-{number}.git")
            harness.git("init", "-q", "--bare", empty)
            index = Cost(["sh", "-c", f"git --git-dir={empty} index-pack --stdin < {pack}"], ENVIRONMENT)
            transfer = sink.take(pack)
            if number == 0:  # once: it takes its time, and as much memory as the pack
                self.bare("push-libgit2.git")
                theirs = Cost([program(), "libgit2-push", vault, self.url("push-libgit2.git")], ENVIRONMENT)
                shutil.rmtree(self.repository("push-libgit2.git"))
                told("push of 1 GB by libgit2", theirs.wall, one.wall, "none")
                print(f"  libgit2   {theirs}\n  ours      {one}", flush=True)
            print(f"push of {os.path.getsize(pack) / 1e9:.2f} GB   ours {one}\n{'':16} git index-pack {index.wall:.3f} s + transfer {transfer:.3f} s", flush=True)
            ours.append(one.wall)
            floors.append(index.wall + transfer)
            rss = max(rss, one.rss)
            shutil.rmtree(empty)
            shutil.rmtree(self.repository(f"push-{number}.git"))
        print(f"{'push of 1 GB over index-pack and transfer':44} {statistics.median(ours) / statistics.median(floors):9.2f}     (goal <= 1.1)")
        print(f"{'its memory':44} {rss:7.0f} MiB   (goal <= 30)")

    # -- 41,000 refs --

    def many_refs(self):
        """COMMITS commits in a row, and as a forge has it of its changes: branches off them with a commit each."""
        self.bare("refs.git")
        lines = []
        for number in range(COMMITS + REFS - 1):
            text = f"file {number}\n"
            branch = "refs/heads/main" if number < COMMITS else f"refs/changes/{number % 100:02}/{number}/1"
            begin = f"from :{1 + number % COMMITS}\n" if number >= COMMITS else ""
            lines.append(f"commit {branch}\nmark :{number + 1}\ncommitter t <t@t> {1_700_000_000 + number} +0000\ndata 2\nc\n{begin}"
                         f"M 100644 inline f{number % 50}\ndata {len(text)}\n{text}")
        quick = ["-c", "core.fsync=none"]  # only for making it: each ref is a file of its own at first
        subprocess.run(["git", *quick, "fast-import", "--quiet"], input="\n".join(lines).encode(), cwd=self.repository("refs.git"), env=ENVIRONMENT, check=True)
        harness.git(*quick, "pack-refs", "--all", cwd=self.repository("refs.git"))
        base = Cost(["git", "clone", "-q", "--mirror", self.url("refs.git"), self.path("theirs.git")], ENVIRONMENT)
        shutil.copytree(self.path("theirs.git"), self.path("libgit2.git"))  # it would write each ref into a file of its own
        print(f"clone of {REFS} refs\n  git clone {base}\n  ours      {self.mirror('refs.git')}", flush=True)

    def mirror(self, *names, port=None):
        """What a mirror job of these repositories does."""
        with open(self.path("list"), "w") as out:
            for name in names:
                out.write(f"{self.path('ours', name)} {self.url(name, port)}\n")
        return Cost([program(), "mirror", str(AT_ONCE), self.path("list")], ENVIRONMENT)

    def compare_refs(self, outcome, before):
        theirs, library, ours = [], [], []
        for _ in range(ROUNDS):
            before()
            base = Cost(["git", "-C", self.path("theirs.git"), "fetch", "-q", "--prune", "origin"], ENVIRONMENT)
            third = Cost([program(), "libgit2-fetch", self.path("libgit2.git"), self.url("refs.git")], ENVIRONMENT)
            one = self.mirror("refs.git")
            if one.out.strip() != f"1 {outcome}":
                raise SystemExit(f"the mirror says {one.out}")
            print(f"  git fetch {base}\n  libgit2   {third}  {third.out.strip()}\n  ours      {one}  {one.out.strip()}", flush=True)
            theirs.append(base.wall)
            library.append(third.wall)
            ours.append(one.wall)
        tips = [harness.git("for-each-ref", cwd=self.path(name)) for name in ("theirs.git", os.path.join("ours", "refs.git"))]
        if tips[0] != tips[1]:
            raise SystemExit("the two mirrors differ")
        return statistics.median(theirs), statistics.median(library), statistics.median(ours)

    def new_commit(self):
        place = self.repository("refs.git")
        tree = harness.git("rev-parse", "main^{tree}", cwd=place)
        commit = harness.git("commit-tree", "-p", "main", "-m", f"at {time.time()}", tree, cwd=place)
        harness.git("update-ref", "refs/heads/main", commit, cwd=place)

    def refs(self):
        self.many_refs()
        for what, outcome, before, goal in (("nothing new", "unchanged", lambda: None, ">= 10"), ("one new commit", "saved", self.new_commit, ">= 9")):
            print(f"{REFS} refs, {what}")
            theirs, library, ours = self.compare_refs(outcome, before)
            told(f"{REFS} refs, {what}: git fetch", theirs, ours, goal)
            told(f"{REFS} refs, {what}: libgit2's fetch", library, ours, "none")

    # -- 300 repositories --

    def many(self):
        self.bare("many-0.git")
        tree = harness.git("hash-object", "-w", "-t", "tree", "/dev/null", cwd=self.repository("many-0.git"))
        for number in range(20):
            commit = harness.git("commit-tree", "-m", str(number), tree, cwd=self.repository("many-0.git"))
            harness.git("update-ref", f"refs/heads/{'main' if number == 0 else number}", commit, cwd=self.repository("many-0.git"))
        delay = Delay(self.server.port, ROUND_TRIP)
        names = [f"many-{number}.git" for number in range(REPOSITORIES)]
        for name in names[1:]:
            shutil.copytree(self.repository("many-0.git"), self.repository(name))
        urls = [self.url(name, delay.port) for name in names]
        self.mirror(*names, port=delay.port)
        theirs, ours = [], []
        for _ in range(ROUNDS):
            begin = time.monotonic()
            with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(lambda url: subprocess.run(["git", "ls-remote", url], env=ENVIRONMENT, check=True, capture_output=True), urls))
            theirs.append(time.monotonic() - begin)
            one = self.mirror(*names, port=delay.port)
            if one.out.strip() != f"{REPOSITORIES} unchanged":
                raise SystemExit(f"the mirrors say {one.out}")
            print(f"{REPOSITORIES} repositories   git ls-remote {theirs[-1]:.3f} s   ours {one}  {one.out.strip()}", flush=True)
            ours.append(one.wall)
        delay.stop()
        told("300 unchanged repositories, 40 ms away", statistics.median(theirs), statistics.median(ours), ">= 2.5")


def main():
    chosen = sys.argv[1:] or ["push", "refs", "many"]
    if not set(chosen) <= {"push", "refs", "many"}:
        raise SystemExit(__doc__)
    bench = Bench()
    try:
        for one in chosen:
            getattr(bench, one)()
    finally:
        bench.close()


if __name__ == "__main__":
    main()
