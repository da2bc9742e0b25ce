"""A GitHub job against `git clone --mirror`/`git remote update` (8 at once) and the real python-github-backup: same machine, same run, same
stand-in with a delay before every answer, and the same work on both sides of each row. Prints times, requests, git commands and ratios.

Two loads: "refs" (repositories alone) and "all" (also the wikis that are there, and the large files of the repositories that have some: the
script is told which, so that it asks for nothing in vain). Times are the best of several.

usage: github.py [REPOSITORIES] [DELAY_MS]     100 20
       AUTOBACKUPD_GITHUB_JUDGE_VENV=DIR   where tests/judges/run_github_judges.sh has put github-backup; without it that comparison is left out
       BENCH_ROUNDS=N                      3
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import harness  # noqa: E402
from github import Github  # noqa: E402

AT_ONCE = 8
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
LOADS = {"refs": "wikis: false, lfs: false, ", "all": ""}
NEVER = 1000  # `recheck` of the rows without the rotation
SCRIPT = """#!/bin/sh
# one repository of a mirror script: PLACE URL NAME, and "lfs" for large files
if [ -d "$1/$3.git" ]; then git --git-dir="$1/$3.git" remote update --prune; else git clone --mirror "$2/$3.git" "$1/$3.git"; fi || exit 1
[ "$4" != lfs ] || GIT_DIR="$1/$3.git" git lfs fetch --all
"""


class Measured:
    """The best time of a row, with what it cost in that round."""

    def __init__(self):
        self.seconds, self.words = float("inf"), ""

    def take(self, seconds, words):
        if seconds < self.seconds:
            self.seconds, self.words = seconds, words


class Bench:
    def __init__(self, count, delay):
        self.directory = tempfile.mkdtemp(prefix="autobackupd-bench-", dir=os.environ.get("BENCH_DIRECTORY"))
        for name in ("hub", "credentials", "bin"):
            os.makedirs(self.place(name))
        self.hub = Github(self.place("hub"), "--ghes", "--seed", f"org:{count}", "--delay", str(delay), tls=True)
        self.token = self.hub.token("alice")
        known = self.hub.state()["repositories"]
        self.owner = sorted(name for name in known if "/repo-" in name)[0].split("/")[0]
        self.names = sorted(name.split("/")[1] for name in known if name.startswith(self.owner + "/"))
        self.wikis = [name for name in self.names if os.path.isdir(self.hub.path(f"{self.owner}/{name}", wiki=True))]
        self.large = {name for name in self.names if self.has_large(name)}
        self.rows = {}
        with open(self.place("credentials", "token"), "w") as file:
            file.write(self.token)
        os.chmod(file.name, 0o600)
        with open(self.place("mirror.sh"), "w") as file:
            file.write(SCRIPT)
        os.chmod(file.name, 0o755)
        self.write_counter()

    def place(self, *names):
        return os.path.join(self.directory, *names)

    def has_large(self, name):
        done = subprocess.run(["git", "grep", "-q", "filter=lfs", "main", "--", ".gitattributes"], cwd=self.hub.path(f"{self.owner}/{name}"),
                              env=harness.FIXED_ENVIRONMENT, capture_output=True)
        return done.returncode == 0

    def config(self, load, recheck):
        path = self.place(f"{load}-{recheck}.yaml")
        with open(path, "w") as file:
            file.write(f"storage: {self.place('storage-' + load)}\nlimits: {{per_host: {AT_ONCE}}}\nservers:\n  hub:\n    github: {self.hub.api}\n"
                       f"    auth: {{token: token}}\n    ca_file: {self.hub.authority}\njobs:\n  code:\n    schedule: manual\n"
                       f"    github: {{organization: {self.owner}, {LOADS[load]}recheck: {recheck}}}\n")
        return path

    def write_counter(self):
        """A `git` in front of git that counts its calls."""
        self.calls = self.place("calls")
        shim = self.place("bin", "git")
        with open(shim, "w") as file:
            file.write(f"#!/bin/sh\necho >>{self.calls}\nexec {shutil.which('git')} \"$@\"\n")
        os.chmod(shim, 0o755)

    def environment(self):
        return {**harness.FIXED_ENVIRONMENT, "CREDENTIALS_DIRECTORY": self.place("credentials"),
                "PATH": self.place("bin") + ":" + harness.FIXED_ENVIRONMENT["PATH"], "SSL_CERT_FILE": self.hub.authority,
                "GIT_SSL_CAINFO": self.hub.authority, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "HOME": self.directory}

    def timed(self, row, command):
        """Runs it, keeps the best time of the row, prints this one."""
        open(self.calls, "w").close()
        self.hub.forget_log()
        begin = time.monotonic()
        done = subprocess.run(command, env=self.environment(), capture_output=True, shell=isinstance(command, str))
        took = time.monotonic() - begin
        if done.returncode != 0:
            raise SystemExit(f"{row} ended with {done.returncode}\n{(done.stderr or done.stdout).decode()[-2000:]}")
        with open(self.calls) as file:
            calls = len(file.read())
        sides = self.hub.sides()
        words = f"api {sides.get('rest', 0) + sides.get('graphql', 0):5}   git {sides.get('git', 0):5}   lfs {sides.get('lfs', 0):4}   git commands {calls:5}"
        self.rows.setdefault(row, Measured()).take(took, words)
        print(f"{row:44} {took:9.3f} s   {words}", flush=True)

    def ours(self, load, what, recheck=NEVER):
        self.timed(f"autobackupd, {load}, {what}", [harness.binary(), "run", "code", "--quiet", "--config", self.config(load, recheck)])

    def script(self, load, what):
        source = self.hub.url.replace("https://", f"https://x-access-token:{self.token}@") + "/" + self.owner
        place = self.place("script-" + load)
        os.makedirs(place, exist_ok=True)
        jobs = [[name, "lfs" if load == "all" and name in self.large else "-"] for name in self.names]
        if load == "all":
            jobs += [[name + ".wiki", "-"] for name in self.wikis]
        lines = " ".join(f"'{name} {large}'" for name, large in jobs)
        self.timed(f"git, {load}, {what}", f"printf '%s\\n' {lines} | xargs -P {AT_ONCE} -L 1 {self.place('mirror.sh')} {place} {source}")

    def peer(self, what):
        program = os.path.join(os.environ.get("AUTOBACKUPD_GITHUB_JUDGE_VENV", ""), "bin", "github-backup")
        if not os.path.exists(program):
            return
        self.timed(f"python-github-backup, all, {what}",
                   [program, self.owner, "--organization", "--token", self.token, "-H", f"127.0.0.1:{self.hub.port}", "--repositories", "--wikis",
                    "--lfs", "--bare", "--private", "--fork", "-o", self.place("peer")])

    def forget(self):
        """The next first run begins with nothing."""
        for load in LOADS:
            for name in ("storage-" + load, "script-" + load):
                shutil.rmtree(self.place(name), ignore_errors=True)

    def first_runs(self):
        for number in range(ROUNDS):
            if number > 0:
                self.forget()
            for load in LOADS:
                self.ours(load, "first run")
                self.script(load, "first run")
        self.peer("first run")

    def unchanged_runs(self):
        for number in range(ROUNDS):
            for load in LOADS:
                for _ in range(3):
                    self.ours(load, "nothing moved")
                for _ in range(3):
                    self.ours(load, "nothing moved, recheck 7", recheck=7)
                self.script(load, "nothing moved")
        self.peer("nothing moved")

    def changed_runs(self):
        full = [name for name in self.names if self.hub.refs(f"{self.owner}/{name}")]
        for number in range(ROUNDS):
            self.hub.mutate("push", repo=f"{self.owner}/{full[number + 1]}", branch="main", files={"bench.txt": "x"}, message="one more")
            for load in LOADS:
                self.ours(load, "one changed")
                self.script(load, "one changed")
        self.peer("one changed")

    def seconds(self, row):
        return self.rows[row].seconds if row in self.rows else None

    def tell(self):
        print("\nthe best of each")
        for row, measured in self.rows.items():
            print(f"{row:44} {measured.seconds:9.3f} s   {measured.words}")
        goals = {"first run": ">= 2", "nothing moved": ">= 50", "nothing moved, recheck 7": "", "one changed": ">= 20"}
        print("\nratios")
        for load in LOADS:
            for what, goal in goals.items():
                own, told = self.seconds(f"autobackupd, {load}, {what}"), what.partition(",")[0]
                script, peer = self.seconds(f"git, {load}, {told}"), self.seconds(f"python-github-backup, {load}, {told}")
                beside = f"   python-github-backup {peer / own:8.1f} x" if peer else ""
                print(f"{load:5} {what:26} git, {AT_ONCE} at once {script / own:8.1f} x {'(goal ' + goal + ')' if goal else ''}{beside}")

    def close(self):
        self.hub.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def main():
    bench = Bench(int(sys.argv[1]) if len(sys.argv) > 1 else 100, int(sys.argv[2]) if len(sys.argv) > 2 else 20)
    try:
        bench.first_runs()
        bench.unchanged_runs()
        bench.changed_runs()
        bench.tell()
    finally:
        bench.close()


if __name__ == "__main__":
    main()
