"""The service as an administrator sees it: systemctl, journalctl, files. Inside the booted container, as root."""

import json
import os
import pwd
import shutil
import subprocess
import time
import unittest

from daemon import ask
from harness import git, token_of, waiting
from servers import StandinControl

UNIT = "autobackupd.service"
CONFIG = "/etc/autobackupd/autobackupd.yaml"
SECRET = "/etc/autobackupd/credentials/cvat-token"
STORAGE = "/var/lib/autobackupd"
SOCKET = "/run/autobackupd/control.sock"
TARGET = "/srv/annotations.git"
SAVED = "e50442d1ab9d4b8cbb1aa4fb3f5b0e0c"  # MESSAGE_ID of a green run
REJECTED = "0b4e0ce2a43a4606bd11472407abc79c"
RESUMED = "de5db275238c4fb8b8c7592199aac030"
JOB = "annotations"


def call(*command, **options):
    """A finished command: returncode, and stdout with what it wrote on stderr."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", timeout=120, check=False, **options)


class BootCase(unittest.TestCase):
    maxDiff = None

    @property
    def standin(self):
        with open("/boot-test/settings.json") as file:
            return StandinControl(json.load(file)["port"])

    def good(self, *command, **options):
        done = call(*command, **options)
        self.assertEqual(done.returncode, 0, f"{' '.join(command)}\n{done.stdout}\n{call('journalctl', '-u', UNIT, '-n', '40').stdout}")
        return done.stdout

    def show(self, name):
        return self.good("systemctl", "show", "--value", "-p", name, UNIT).strip()

    def pid(self):
        return int(self.show("MainPID"))

    def wait_until(self, condition, what, seconds=30):
        with waiting(seconds, what) as again:
            while again() and not condition():
                pass

    def journal(self, *matches):
        """Entries of the service in this boot as dictionaries, oldest first."""
        self.good("journalctl", "--sync")
        lines = self.good("journalctl", "-b", "-u", UNIT, "-o", "json", "--no-pager", "--all", *matches).splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def write(self, path, text, mode=0o644, group="root"):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        shutil.chown(path, group=group)
        os.chmod(path, mode)

    def configure(self, schedule, extra="", token="cvat-token"):
        self.write(CONFIG, f"""limits: {{reserve: 1MiB}}
servers:
  lab:
    cvat: {self.standin.url}
    auth: {{token: {token}}}
    limits: {{poll_first: 50ms, poll_max: 500ms}}
jobs:
  {JOB}:
    schedule: {schedule}
    retry: {{attempts: 3, delay: 100ms, max_delay: 1s}}
    cvat: {{server: lab, projects: [1, 4], download: whole}}
    git: {{url: {TARGET}}}
{extra}""", 0o640, "autobackupd")

    def drop_in(self, name, text):
        self.write(f"/etc/systemd/system/{UNIT}.d/{name}", text)
        self.good("systemctl", "daemon-reload")

    def ask(self, verb, **args):
        return ask(SOCKET, verb, **args)

    def runs(self):
        return self.ask("history", job=JOB)["runs"]

    def job(self):
        return next(job for job in self.ask("status")["jobs"] if job["job"] == JOB)

    def wait_for_green(self, trigger, besides="", seconds=40):
        """Until a run with this trigger has ended that is not named in `besides`; it is green. → its report's head."""
        def found():
            return [run for run in self.runs() if run["trigger"] == trigger and run["run_id"] not in besides]
        self.wait_until(found, f"a run with trigger {trigger}: {[(run['trigger'], run['outcome']) for run in self.runs()]}", seconds)
        self.assertIn(found()[0]["outcome"], ("success", "unchanged"), found()[0])
        return found()[0]

    def green_entry(self, run):
        """The journal's entry of a green run; it may come a moment after the history knows it."""
        def found():
            return [one for one in self.journal(f"MESSAGE_ID={SAVED}") if one["AUTOBACKUP_RUN_ID"] == run["run_id"]]
        self.wait_until(found, "the entry in the journal", 10)
        return found()[0]

    def start_a_long_run(self):
        """A run that hangs in the middle of a download of 2 MB when this returns."""
        self.standin.order("clear", {})
        task = self.standin.mutate("create_task", project=4, name=f"of boot at {time.time()}", images=20, bytes=100_000)["task"]
        self.standin.mutate("finish_data", task=task)
        self.standin.order("log/clear", {})
        self.standin.fault(f"tasks/{task}/backup/download", {"stall": 1_500_000, "seconds": 300})
        asked = self.ask("run", job=JOB)
        self.assertIn(asked["state"], ("started", "queued"))
        self.wait_until(lambda: self.spooled() > 1_000_000, "1 MB of the download", 30)
        self.write("/boot-test/tip", self.tip())
        self.write("/boot-test/task", str(task))
        self.write("/boot-test/runs", " ".join(run["run_id"] for run in self.runs()))

    def noted(self, name):
        """What start_a_long_run() wrote down: tip (of the target), task, runs (their ids)."""
        with open("/boot-test/" + name) as file:
            return file.read()

    def spooled(self):
        return sum(os.stat(os.path.join(place, name)).st_blocks * 512 for place, _, names in os.walk(f"{STORAGE}/spool") for name in names)

    def assert_export_attached(self):
        """The server was asked once to build the backup: the run after the boot took the one that was there. (The download
        begins anew: of a file that was not fsynced before a boot nothing is believed.)"""
        task = self.noted("task")
        asked = [one for one in self.standin.requests(path=f"tasks/{task}/backup/export") if one["method"] == "POST"]
        self.assertEqual(len(asked), 1, asked)
        self.assertEqual(len(self.standin.requests(path=f"tasks/{task}/backup/download")), 2)

    def tip(self):
        return self.in_target("rev-parse", "main")

    def in_target(self, *arguments):
        return git("-C", TARGET, *arguments)

    def user(self):
        return pwd.getpwnam("autobackupd")


__all__ = ["BootCase", "call", "git", "token_of", "UNIT", "CONFIG", "SECRET", "STORAGE", "SOCKET", "TARGET", "SAVED", "REJECTED", "RESUMED", "JOB"]
