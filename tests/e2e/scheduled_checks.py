"""A daemon with checks on schedule."""

import os

from harness import waiting
from restore_case import RestoreCase
from test_serve_told import Told


class ChecksCase(Told):
    test_notices_and_metrics_follow_the_runs = None  # stands in test_serve_told

    def setUp(self):
        super().setUp()
        self.said = os.path.join(self.directory, "said")

    def write_checks(self, checks, more=""):
        words = f"echo $AUTOBACKUP_TRANSITION $AUTOBACKUP_CHECK >> {self.said}"
        self.write(extra=f"    checks: {{{checks}}}\n    archive: {{}}\n{more}",
                   top=f"metrics: {{file: {self.metrics}}}\nnotify:\n  - {{ping: '{self.hook_url}/ping/x'}}\n"
                       f"  - {{webhook: '{self.hook_url}/hook'}}\n  - {{command: [/bin/sh, -c, '{words}']}}")

    def serve_saved(self, checks="checksum: weekly", **more):
        """A daemon whose job has one version, in the vault and as a dated ZIP."""
        self.write_checks(checks, **more)
        self.run_job()
        return self.serve()[0]

    flip = RestoreCase.flip

    def client(self, *arguments, **more):
        socket = os.path.join(self.runtime, "control.sock")
        return super().client(*arguments, "--socket", socket, "--config", self.config, **more)

    def zip(self):
        folder = os.path.join(self.storage, "archives/traffic-signs/project-1")
        return next(os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".zip"))

    def pack(self):
        packs = os.path.join(self.vault, "objects/pack")
        return max((os.path.join(packs, name) for name in os.listdir(packs) if name.endswith(".pack")), key=os.path.getsize)

    def checks(self, kind=None):
        """Reports of checks in the history, newest first."""
        runs = self.ask("history", job="traffic-signs", limit=200)["runs"]
        return [one for one in runs if "check" in one and kind in (None, one["check"]["kind"])]

    def wait_for_check(self, outcome, seconds=30, kind=None):
        """Until one that began after now has that outcome; → its report's head."""
        known = {one["run_id"] for one in self.checks()}
        with waiting(seconds, f"a check that is {outcome}") as again:
            while again():
                for one in self.checks(kind):
                    if one["run_id"] not in known and one["outcome"] == outcome:
                        return one

    def wait_said(self, lines):
        with waiting(20, f"{lines}") as again:
            while again():
                if os.path.exists(self.said):
                    with open(self.said) as file:
                        if file.read().splitlines() == lines:
                            return

    def wait_metric(self, name, value, label='check="checksum"'):
        with waiting(20, f"{name} {value}") as again:
            while again():
                if os.path.exists(self.metrics) and any(label in line and float(line.split()[-1]) == value for line in self.metric(name)):
                    return
