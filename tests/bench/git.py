"""Our git client against the git program: same machine, same run, same server (nginx, git http-backend). Prints ratios.

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
        """COMMITS commits in a row; each is the tip of many branches."""
        self.bare("refs.git")
        lines = []
        for number in range(COMMITS):
            text = f"file {number}\n"
            lines.append(f"commit refs/heads/main\ncommitter t <t@t> {1_700_000_000 + number} +0000\ndata 2\nc\n"
                         f"M 100644 inline f{number % 50}\ndata {len(text)}\n{text}")
        subprocess.run(["git", "fast-import", "--quiet"], input="\n".join(lines).encode(), cwd=self.repository("refs.git"), env=ENVIRONMENT, check=True)
        commits = harness.git("rev-list", "main", cwd=self.repository("refs.git")).split()
        updates = "".join(f"create refs/heads/b{number:05} {commits[number % COMMITS]}\n" for number in range(REFS - 1))
        subprocess.run(["git", "update-ref", "--stdin"], input=updates.encode(), cwd=self.repository("refs.git"), env=ENVIRONMENT, check=True)
        harness.git("pack-refs", "--all", cwd=self.repository("refs.git"))
        for name in ("theirs.git", "ours.git"):
            subprocess.run(["git", "clone", "-q", "--mirror", self.url("refs.git"), self.path(name)], env=ENVIRONMENT, check=True)

    def compare_refs(self, rounds, before):
        theirs, ours = [], []
        for _ in range(rounds):
            before()
            base = Cost(["git", "-C", self.path("theirs.git"), "fetch", "-q", "--prune", "origin"], ENVIRONMENT)
            one = Cost([program(), "mirror", self.path("ours.git"), self.url("refs.git")], ENVIRONMENT)
            print(f"  git fetch {base}\n  ours      {one}  {one.out.strip()}", flush=True)
            theirs.append(base.wall)
            ours.append(one.wall)
        tips = [harness.git("for-each-ref", cwd=self.path(name)) for name in ("theirs.git", "ours.git")]
        if tips[0] != tips[1]:
            raise SystemExit("the two mirrors differ")
        return statistics.median(theirs), statistics.median(ours)

    def new_commit(self):
        place = self.repository("refs.git")
        tree = harness.git("rev-parse", "main^{tree}", cwd=place)
        commit = harness.git("commit-tree", "-p", "main", "-m", f"at {time.time()}", tree, cwd=place)
        harness.git("update-ref", "refs/heads/main", commit, cwd=place)

    def refs(self):
        self.many_refs()
        print(f"{REFS} refs, nothing new")
        told("no-change check of 41,000 refs", *self.compare_refs(ROUNDS, lambda: None), ">= 10")
        print(f"{REFS} refs, one new commit")
        told("one new commit in 41,000 refs", *self.compare_refs(ROUNDS, self.new_commit), ">= 9")

    # -- 300 repositories --

    def many(self):
        self.bare("many-0.git")
        tree = harness.git("hash-object", "-w", "-t", "tree", "/dev/null", cwd=self.repository("many-0.git"))
        for number in range(20):
            commit = harness.git("commit-tree", "-m", str(number), tree, cwd=self.repository("many-0.git"))
            harness.git("update-ref", f"refs/heads/{'main' if number == 0 else number}", commit, cwd=self.repository("many-0.git"))
        delay = Delay(self.server.port, ROUND_TRIP)
        urls = []
        with open(self.path("list"), "w") as out:
            for number in range(REPOSITORIES):
                name = f"many-{number}.git"
                if number:
                    shutil.copytree(self.repository("many-0.git"), self.repository(name))
                shutil.copytree(self.repository("many-0.git"), self.path(name))
                urls.append(self.url(name, delay.port))
                out.write(f"{self.path(name)} {urls[-1]}\n")
        theirs, ours = [], []
        for _ in range(ROUNDS):
            begin = time.monotonic()
            with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(lambda url: subprocess.run(["git", "ls-remote", url], env=ENVIRONMENT, check=True, capture_output=True), urls))
            theirs.append(time.monotonic() - begin)
            one = Cost([program(), "check", str(AT_ONCE), self.path("list")], ENVIRONMENT)
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
