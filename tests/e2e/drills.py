"""Drills into a CVAT stand-in."""

import json
import os
import subprocess
import time

from harness import waiting
from restore_case import ctl
from to_cvat import ToCvat


class Staged(ToCvat):
    """`lab` is backed up; drills go into `staging`."""

    def setUp(self):
        super().setUp()
        self.staging = self.fresh()

    def saved(self, job="projects: [1]", archive="{}", server=None, more=""):
        self.back_up(archive=archive, job=job)
        self.point_to(server or self.staging, more)

    def point_to(self, server, more=""):
        """Drills of the job go into that server from now on."""
        with open(self.config) as file:
            text = file.read()
        staging = (f"  staging:\n    cvat: {server.url}\n    auth: {{token: lab-token}}\n    limits: {{poll_first: 20ms, poll_max: 200ms}}\n{more}")
        text = text.split("  staging:\n")[0].split("jobs:\n")[0] + staging + "jobs:\n" + text.split("jobs:\n")[1]
        if "drill_server" not in text:
            text += "    checks: {drill_server: staging}\n"
        with open(self.config, "w") as file:
            file.write(text)

    def standing(self, server):
        return {kind: [(one["id"], one.get("name"), one["updated_date"]) for one in self.listed(server, kind)] for kind in ("projects", "tasks", "jobs")}

    def drill(self, *more, code=0):
        done = self.ask("drill", "traffic-signs", "--json", *more)
        self.assertEqual(done.code, code, done.err + done.out)
        self.assertEqual(os.listdir(os.path.join(self.storage, "spool/.drill")), [])
        return json.loads(done.out) if done.out else {"err": done.err}

    def stages(self, item):
        return [(one["stage"], one.get("target"), one["outcome"]) for one in item["stages"]]

    def error(self, item, stage):
        return next(one["error"] for one in item["stages"] if one["stage"] == stage and "error" in one)

    def begin(self, *more):
        process = subprocess.Popen([ctl(), "drill", "traffic-signs", "--json", "--config", self.config, *more], env=self.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for clean in (process.stdout.close, process.stderr.close, process.wait, process.kill):
            self.addCleanup(clean)
        return process

    def wait_asked(self, method, path, server=None):
        with waiting(30, f"{method} {path}") as again:
            while again() and not self.asked(method, path, server):
                time.sleep(0.02)

    def asked(self, method, path, server=None):
        return [one for one in (server or self.staging).requests() if one["method"] == method and path in one["path"]]

    GOOD = [("import", "staging", "ok"), ("compare", "staging", "ok"), ("remove", "staging", "ok")]


class Saved(Staged):
    def setUp(self):
        super().setUp()
        self.saved()

    def empty(self, server=None):
        self.assertEqual((self.listed(server or self.staging), self.listed(server or self.staging, "tasks")), ([], []))
