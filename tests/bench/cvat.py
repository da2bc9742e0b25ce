"""A CVAT job against the predecessor's steps: same machine, same run, same stand-in, same git server. Prints ratios.

usage: cvat.py [quick|full|alone|huge]
                                     quick: 15 tasks, 1,500 images of 200 KB + 30 MB of JSON (0.33 GB)
                                     full: 50 tasks, 5,000 images + 100 MB of JSON (1.1 GB)
                                     alone: the size of full, without the predecessor: a first run beside the floor, then unchanged ones
                                     huge: 4 GB, autobackupd alone (memory)
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import harness  # noqa: E402
import predecessor  # noqa: E402

SIZES = {"quick": "big:15:1500:200000:30", "full": "big:50:5000:200000:100", "huge": "big:50:20000:200000:100"}
SIZES["alone"] = SIZES["full"]
PROJECT = 1
SHORT_ROUNDS = 9  # of runs of a few hundredths of a second: one alone says more of the machine than of the program


class Cost:
    """Wall seconds, CPU seconds, peak memory (MiB), bytes written (MB) of a process and its children."""

    def __init__(self, command, environment=None):
        os.sync()  # nobody writes what the one before has left in memory
        begin = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.out = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.wall = time.monotonic() - begin
        self.cpu = usage.ru_utime + usage.ru_stime
        self.rss = usage.ru_maxrss / 1024
        self.written = usage.ru_oublock * 512 / 1e6
        if process.returncode != 0:
            raise SystemExit(f"{command} ended with {process.returncode}\n{self.out[-2000:]}")

    def __str__(self):
        return f"{self.wall:9.3f} s  cpu {self.cpu:7.2f} s  rss {self.rss:6.0f} MiB  written {self.written:7.0f} MB"


class Bench:
    def __init__(self, size):
        self.directory = tempfile.mkdtemp(prefix="autobackupd-bench-", dir=os.environ.get("BENCH_DIRECTORY"))
        for name in ("standin", "git", "credentials"):
            os.makedirs(os.path.join(self.directory, name))
        self.cvat = harness.Standin(os.path.join(self.directory, "standin"), "--seed", SIZES[size])
        self.git = harness.GitServer(os.path.join(self.directory, "git"), "--create", "ours.git", "--create", "theirs.git", "--filter")
        self.token = harness.token_of("admin")
        with open(os.path.join(self.directory, "credentials", "token"), "w") as file:
            file.write(self.token)
        self.config = os.path.join(self.directory, "autobackupd.yaml")
        with open(self.config, "w") as file:
            file.write(f"storage: {self.directory}/storage\nservers:\n  lab:\n    cvat: {self.cvat.url}\n    auth: {{token: token}}\n"
                       "    limits: {poll_first: 10ms, exports: 2}\n"
                       f"jobs:\n  bench:\n    cvat: {{projects: [{PROJECT}]}}\n    schedule: manual\n"
                       f"    git: {{url: {self.git.url}/noauth/ours.git}}\n")

    def close(self):
        self.cvat.stop()
        self.git.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def ours(self, *options):
        environment = {**harness.FIXED_ENVIRONMENT, "CREDENTIALS_DIRECTORY": os.path.join(self.directory, "credentials")}
        return Cost([harness.binary(), "run", "bench", "--json", "--quiet", "--config", self.config, *options], environment)

    def middle(self, rounds, *options):
        """The middle one of so many runs."""
        return sorted((self.ours(*options) for _ in range(rounds)), key=lambda cost: cost.wall)[rounds // 2]

    def theirs(self):
        return Cost([sys.executable, os.path.join(HERE, "predecessor.py"), self.cvat.url, self.token, str(PROJECT),
                     f"{self.git.url}/noauth/theirs.git", os.path.join(self.directory, "work")])

    def curl(self, path):
        url = predecessor.export(self.cvat.url, self.token, PROJECT)
        return Cost(["curl", "-fsS", "-H", f"Authorization: Token {self.token}", "-o", path, url])

    def floor(self):
        """curl of the ZIP, and git index-pack of our pack: what no client can save."""
        curl = self.curl(os.path.join(self.directory, "curl.zip"))
        packs = os.path.join(self.directory, "storage", "vaults", "bench.git", "objects", "pack")
        pack = max((os.path.join(packs, name) for name in os.listdir(packs) if name.endswith(".pack")), key=os.path.getsize)
        empty = os.path.join(self.directory, "empty.git")
        harness.git("init", "-q", "--bare", empty)
        index = Cost(["sh", "-c", f"git --git-dir={empty} index-pack --stdin < {pack}"])
        return curl, index


def ratio(name, base, ours, goal):
    print(f"{name:44} {base.wall / ours.wall:9.1f} x   (goal {goal})")


def compare(bench):
    rows = {}
    for name, options, rounds, prepare in (("first run", (), 1, None), ("all again, equal", ("--force",), 1, None), ("nothing moved", (), SHORT_ROUNDS, None),
                                           ("one task changed", (), 1, lambda: bench.cvat.mutate("add_shape", task=1))):
        if prepare:
            prepare()
        base = bench.theirs()
        if name == "first run":
            bench.curl("/dev/null")  # the server's pictures were in its memory when the predecessor came, which took minutes: now they are again
        bench.cvat.order("log/clear", {})
        ours = bench.middle(rounds, *options)
        received = sum(one.get("sent", 0) for one in bench.cvat.requests() if "download" in one["path"])
        rows[name] = (base, ours)
        print(f"{name:18} predecessor {base}\n{'':18} autobackupd {ours}  downloaded {received / 1e6:.1f} MB", flush=True)
        if name == "first run":
            rows["floor"] = bench.floor()
    return rows


def alone(bench):
    first = bench.ours()
    curl, index = bench.floor()
    print(f"first run    {first}\n{'':12} {first.wall / (curl.wall + index.wall):.2f} of curl {curl.wall:.3f} s + git index-pack {index.wall:.3f} s")
    print(f"nothing moved, the middle one of {SHORT_ROUNDS}: {bench.middle(SHORT_ROUNDS)}")


def main():
    size = sys.argv[1] if len(sys.argv) > 1 else "quick"
    if size not in SIZES:
        raise SystemExit(__doc__)
    bench = Bench(size)
    try:
        if size == "huge":
            return print(f"first run of 4 GB    {bench.ours()}")
        if size == "alone":
            return alone(bench)
        rows = compare(bench)
        curl, index = rows.pop("floor")
        print(f"{'floor':18} curl {curl.wall:.3f} s + git index-pack {index.wall:.3f} s")
        goals = {"first run": ">= 10", "all again, equal": ">= 25", "nothing moved": ">= 1000", "one task changed": ">= 40"}
        for name, (base, ours) in rows.items():
            ratio(name, base, ours, goals[name])
        print(f"{'first run over the floor':44} {rows['first run'][1].wall / (curl.wall + index.wall):9.2f}     (goal <= 1.3)")
    finally:
        bench.close()


if __name__ == "__main__":
    main()
