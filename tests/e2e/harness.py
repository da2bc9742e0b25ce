"""The real binary against the CVAT stand-in and a real git server.

AUTOBACKUPD (environment) names the binary; without it the newest build directory of the repository is used.
"""

import contextlib
import glob
import hashlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import zipfile

import report_checker
from servers import GitServer, Proxy, SshServer, Standin

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored, and the program respects that

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
REPOSITORY = os.path.dirname(TESTS)
SAMPLES = os.path.join(TESTS, "data", "cvat", "samples")
FIXED_ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8", "TZ": "UTC"}
PATIENCE = 3


def binary():
    """The program under test."""
    named = os.environ.get("AUTOBACKUPD")
    found = [named] if named else sorted(glob.glob(os.path.join(REPOSITORY, "build*", "autobackupd")), key=os.path.getmtime)
    if not found or not os.path.exists(found[-1]):
        raise unittest.SkipTest("no autobackupd binary: build it, or name it in $AUTOBACKUPD")
    return os.path.abspath(found[-1])


def token_of(user):
    return hashlib.sha1(f"standin-token-{user}".encode()).hexdigest()


class Done:
    """A finished call of the program."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def reports(self):
        return [json.loads(line) for line in self.out.splitlines() if line.strip()]

    @property
    def report(self):
        reports = self.reports
        if len(reports) != 1:
            raise AssertionError(f"{len(reports)} reports, exit {self.code}\n{self.err}")
        return reports[0]

    def item(self, number):
        return next(item for item in self.report["items"] if item["id"] == number)

    def errors(self, number=None):
        """The errors of the failed stages of an item (of all items without a number)."""
        items = [item for item in self.report["items"] if number in (None, item["id"])]
        return [one["error"] for item in items for one in item["stages"] if "error" in one]


def stage(item, name):
    """The item's stage of that name."""
    found = [one for one in item["stages"] if one["stage"] == name]
    if not found:
        raise AssertionError(f"no stage {name} in {[one['stage'] for one in item['stages']]}")
    return found[0]


def git(*arguments, cwd=None, check=True):
    environment = {**FIXED_ENVIRONMENT, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
                   "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
                   "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@t", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@t"}
    done = subprocess.run(["git", *arguments], cwd=cwd, env=environment, capture_output=True, timeout=120)
    if check and done.returncode != 0:
        raise AssertionError(f"git {arguments}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode(errors="replace").strip()


def publish(clone, files, to, branch="main", message="by hand"):
    """A commit of these texts in a clone, pushed; its name."""
    for name, content in files.items():
        path = os.path.join(clone, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(content)
    git("add", "-A", cwd=clone)
    git("commit", "-q", "-m", message, cwd=clone)
    git("push", "-q", to, branch, cwd=clone)
    return git("rev-parse", "HEAD", cwd=clone)


class Case(unittest.TestCase):
    """A directory of its own, servers on demand, and the program."""

    maxDiff = None
    standin_options = ()

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="autobackupd-e2e-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.storage = os.path.join(self.directory, "storage")
        self.credentials = os.path.join(self.directory, "credentials")
        os.makedirs(self.credentials)
        self.secret("git-password", "bot-password")
        self.secret("lab-token", token_of("admin"))

    def secret(self, name, value):
        path = os.path.join(self.credentials, name)
        with open(path, "w") as file:
            file.write(value + "\n")
        os.chmod(path, 0o600)

    def place(self, name):
        path = os.path.join(self.directory, name)
        os.makedirs(path, exist_ok=True)
        return path

    def out(self, name):
        """A path in it, where nothing is yet."""
        return os.path.join(self.directory, name)

    def flip(self, path, at, bit=0):
        """Damages one bit of a file."""
        os.chmod(path, 0o640)
        with open(path, "r+b") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ (1 << bit)]))

    def new_place(self, kind):
        """A directory that no other server of this test has."""
        return tempfile.mkdtemp(prefix=kind + "-", dir=self.directory)

    def standin(self, *options):
        server = Standin(self.new_place("standin"), *(options or self.standin_options))
        self.addCleanup(server.stop)
        return server

    def git_server(self, *options):
        server = GitServer(self.new_place("git"), *options)
        self.addCleanup(server.stop)
        return server

    def ssh_server(self, *options):
        server = SshServer(self.new_place("ssh"), *options)
        self.addCleanup(server.stop)
        return server

    def proxy(self, port, *rules):
        server = Proxy(self.new_place("proxy"), port, *rules)
        self.addCleanup(server.stop)
        return server

    def configure(self, url, job="", git="", server="", top="", name="traffic-signs"):
        """Writes a configuration; job, git and server are YAML lines of those mappings."""
        def indented(text, spaces):
            return "".join(" " * spaces + line + "\n" for line in text.strip("\n").splitlines())
        target = f"    git:\n{indented(git, 6)}" if git else ""
        text = (f"storage: {self.storage}\n{indented(top, 0)}"
                f"servers:\n  lab:\n    cvat: {url}\n    auth: {{token: lab-token}}\n"
                f"    limits: {{poll_first: 20ms, poll_max: 200ms}}\n{indented(server, 4)}"
                f"jobs:\n  {name}:\n    schedule: manual\n    retry: {{attempts: 3, delay: 20ms, max_delay: 100ms}}\n"
                f"    cvat:\n      server: lab\n{indented(job, 6)}{target}")
        self.config = os.path.join(self.directory, "autobackupd.yaml")
        with open(self.config, "w") as file:
            file.write(text)

    def command(self, *arguments):
        return [binary(), arguments[0], "--config", self.config, *arguments[1:]]

    def environment(self, **more):
        return {**FIXED_ENVIRONMENT, "CREDENTIALS_DIRECTORY": self.credentials, **more}

    def call(self, *arguments, timeout=120, **environment):
        done = subprocess.run(self.command(*arguments), env=self.environment(**environment), capture_output=True, timeout=timeout * PATIENCE)
        done = Done(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
        if arguments[0] == "run" and "--json" in arguments and done.code >= 0:
            report_checker.check_output(done.out, done.code)
        return done

    def run_job(self, *options, name="traffic-signs", code=0, **environment):
        done = self.call("run", name, "--json", *options, **environment)
        self.assertEqual(done.code, code, done.err + done.out)
        return done

    def start(self, *arguments, **environment):
        process = subprocess.Popen(self.command(*arguments), env=self.environment(**environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for pipe in (process.stdout, process.stderr):
            self.addCleanup(pipe.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def finish(self, process, timeout=30):
        out, err = process.communicate(timeout=timeout * PATIENCE)
        return Done(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))

    def stop(self, process, timeout=15):
        """SIGTERM, and an orderly stop within the ten seconds that are promised."""
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        done = self.finish(process, timeout)
        self.assertLess(time.monotonic() - begin, 10, done.err)
        return done

    @property
    def vault(self):
        return os.path.join(self.storage, "vaults", "traffic-signs.git")

    def files(self, repository, branch="main"):
        """path → content of everything in the branch's tip."""
        names = git("-c", "core.quotePath=false", "ls-tree", "-r", "-z", "--name-only", branch, cwd=repository).split("\0")
        contents = {}
        for name in names:
            if name:
                done = subprocess.run(["git", "cat-file", "blob", f"{branch}:{name}"], cwd=repository, capture_output=True, check=True)
                contents[name] = done.stdout
        return contents

    def assert_sound(self, *repositories):
        for repository in repositories:
            self.assertEqual(git("fsck", "--full", "--strict", "--no-dangling", cwd=repository), "", repository)

    def assert_no_leftovers(self):
        left = [os.path.join(place, name) for place, _, names in os.walk(os.path.join(self.storage, "spool")) for name in names]
        self.assertEqual(left, [])

    def assert_members(self, files, folder, sample):
        """The folder holds exactly the members of the sample ZIP."""
        with zipfile.ZipFile(os.path.join(SAMPLES, sample)) as archive:
            expected = {f"{folder}/{name}": archive.read(name) for name in archive.namelist() if not name.endswith("/")}
        held = {name: content for name, content in files.items() if name.startswith(folder + "/")}
        self.assertEqual(sorted(held), sorted(expected))
        for name, content in expected.items():
            self.assertEqual(held[name], content, name)


@contextlib.contextmanager
def waiting(seconds, what):
    """`with waiting(5, "x") as again: while again(): …` fails after the time, which an idle machine would need; a busy one has PATIENCE times as long."""
    seconds *= PATIENCE
    end = time.monotonic() + seconds

    def again():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.02)
        return True

    yield again
