"""A GitHub job against `git clone --mirror`/`git remote update` (8 at once) and the real python-github-backup: same machine, same run, same
stand-in with a delay before every answer. Prints times, requests and ratios.

usage: github.py [REPOSITORIES] [DELAY_MS]     100 20
       AUTOBACKUPD_GITHUB_JUDGE_VENV=DIR   where tests/judges/run_github_judges.sh has put github-backup; without it that comparison is left out
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


class Bench:
    def __init__(self, count, delay):
        self.directory = tempfile.mkdtemp(prefix="autobackupd-bench-", dir=os.environ.get("BENCH_DIRECTORY"))
        for name in ("hub", "credentials", "script", "bin"):
            os.makedirs(os.path.join(self.directory, name))
        self.hub = Github(os.path.join(self.directory, "hub"), "--seed", f"org:{count}", "--delay", str(delay), tls=True)
        self.token = self.hub.token("alice")
        self.owner = sorted(name for name in self.hub.state()["repositories"] if "/repo-" in name)[0].split("/")[0]
        self.names = sorted(name.split("/")[1] for name in self.hub.state()["repositories"] if name.startswith(self.owner + "/"))
        self.write_config()
        self.write_counter()

    def write_config(self):
        with open(os.path.join(self.directory, "credentials", "token"), "w") as file:
            file.write(self.token)
        os.chmod(file.name, 0o600)
        self.config = os.path.join(self.directory, "autobackupd.yaml")
        with open(self.config, "w") as file:
            file.write(f"storage: {self.directory}/storage\nlimits: {{per_host: {AT_ONCE}}}\nservers:\n  hub:\n    github: {self.hub.api}\n"
                       f"    auth: {{token: token}}\n    ca_file: {self.hub.authority}\njobs:\n  code:\n    schedule: manual\n"
                       f"    github: {{organization: {self.owner}}}\n")

    def write_counter(self):
        """A `git` in front of git that counts its calls."""
        self.calls = os.path.join(self.directory, "calls")
        shim = os.path.join(self.directory, "bin", "git")
        with open(shim, "w") as file:
            file.write(f"#!/bin/sh\necho >>{self.calls}\nexec {shutil.which('git')} \"$@\"\n")
        os.chmod(shim, 0o755)

    def environment(self):
        return {**harness.FIXED_ENVIRONMENT, "CREDENTIALS_DIRECTORY": os.path.join(self.directory, "credentials"),
                "PATH": os.path.join(self.directory, "bin") + ":" + harness.FIXED_ENVIRONMENT["PATH"], "SSL_CERT_FILE": self.hub.authority,
                "GIT_SSL_CAINFO": self.hub.authority, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "HOME": self.directory}

    def timed(self, name, command):
        open(self.calls, "w").close()
        self.hub.forget_log()
        begin = time.monotonic()
        done = subprocess.run(command, env=self.environment(), capture_output=True, shell=isinstance(command, str))
        took = time.monotonic() - begin
        if done.returncode != 0:
            raise SystemExit(f"{name} ended with {done.returncode}\n{(done.stderr or done.stdout).decode()[-2000:]}")
        with open(self.calls) as file:
            calls = len(file.read())
        sides = self.hub.sides()
        api = sides.get("rest", 0) + sides.get("graphql", 0)
        print(f"{name:34} {took:9.3f} s   api {api:5}   git requests {sides.get('git', 0):5}   lfs {sides.get('lfs', 0):4}   git commands {calls:5}",
              flush=True)
        return took

    def ours(self, what):
        return self.timed(f"autobackupd, {what}", [harness.binary(), "run", "code", "--quiet", "--config", self.config])

    def script(self, what):
        source = self.hub.url.replace("https://", f"https://x-access-token:{self.token}@") + "/" + self.owner
        names = " ".join(self.names)
        place = os.path.join(self.directory, "script")
        one = (f"sh -c 'if [ -d {place}/$1.git ]; then git --git-dir={place}/$1.git remote update --prune; "
               f"else git clone --mirror {source}/$1.git {place}/$1.git; fi' -")
        return self.timed(f"git, {AT_ONCE} at once, {what}", f"printf '%s\\n' {names} | xargs -P {AT_ONCE} -n 1 {one}")

    def peer(self, what):
        program = os.path.join(os.environ.get("AUTOBACKUPD_GITHUB_JUDGE_VENV", ""), "bin", "github-backup")
        if not os.path.exists(program):
            return None
        return self.timed(f"python-github-backup, {what}",
                          [program, self.owner, "--organization", "--token", self.token, "-H", f"127.0.0.1:{self.hub.port}", "--repositories", "--wikis",
                           "--lfs", "--bare", "--private", "--fork", "-o", os.path.join(self.directory, "peer")])

    def close(self):
        self.hub.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    delay = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    bench = Bench(count, delay)
    goals = {"first run": ">= 2", "nothing moved": ">= 50", "one changed": ">= 20"}
    ratios = []
    try:
        for what in ("first run", "nothing moved", "one changed"):
            if what == "one changed":
                full = [name for name in bench.names if bench.hub.refs(f"{bench.owner}/{name}")][1]
                bench.hub.mutate("push", repo=f"{bench.owner}/{full}", branch="main", files={"bench.txt": "x"}, message="one more")
            own, script, peer = bench.ours(what), bench.script(what), bench.peer(what)
            ratios.append((what, script / own, peer / own if peer else None))
        for what, against_script, against_peer in ratios:
            told = "not installed" if against_peer is None else f"{against_peer:8.1f} x"
            print(f"{what:16} against git {against_script:8.1f} x (goal {goals[what]})   against python-github-backup {told}")
    finally:
        bench.close()


if __name__ == "__main__":
    main()
