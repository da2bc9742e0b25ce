"""SIGTERM, SIGHUP and kill -9 in every stage of a run of the daemon: the job goes green, and nothing is left over."""

import os
import signal
import time
import unittest

from daemon import Serves
from harness import waiting

SLOWLY = "delay_enter=800000"  # microseconds


class Stages(Serves):
    """Each hold_… makes its stage last, and returns when the run of `process` is in it; let_go() ends it."""

    def setUp(self):
        super().setUp()
        self.tracer = None
        self.write(job="projects: [4]\ndownload: whole")
        with open(self.config, "a") as file:
            file.write("    archive: {}\n")

    def begin(self):
        self.ask("run", job="traffic-signs")

    def hold_inspect(self, process):
        self.cvat.fault("/api/projects", {"delay": 3})
        self.begin()
        self.wait_for_request("/api/projects")

    def hold_export(self, process):
        self.cvat.order("export", {"kind": "slow", "seconds": 3, "count": 1})
        self.begin()
        self.wait_for_phase("waiting for the export")

    def hold_download(self, process):
        self.cvat.fault("backup/download", {"drip": 700_000})
        self.begin()
        self.wait_for_phase("downloading")

    def hold_by_slow_calls(self, process, calls, phase):
        self.tracer = self.inject(process, calls, SLOWLY)
        self.begin()
        self.wait_for_phase(phase)

    def hold_verify(self, process):
        self.hold_by_slow_calls(process, "rename", "verifying")

    def hold_commit(self, process):
        self.hold_by_slow_calls(process, "fsync", "committing")

    def hold_archive(self, process):
        self.hold_by_slow_calls(process, "fsync", "writing the dated ZIP")

    def hold_push(self, process):
        self.hook = os.path.join(self.target, "hooks", "pre-receive")
        os.makedirs(os.path.dirname(self.hook), exist_ok=True)
        with open(self.hook, "w") as file:
            file.write("#!/bin/sh\nsleep 2\n")
        os.chmod(self.hook, 0o755)
        self.begin()
        self.wait_for_phase("pushing")

    def let_go(self, stage):
        if self.tracer is not None:
            self.tracer.send_signal(signal.SIGINT)
            self.tracer.wait(10)
            self.tracer = None
        if stage == "push":
            os.remove(self.hook)
            time.sleep(2.5)  # a server goes on with what it was sent
        self.cvat.order("clear", {})

    def assert_tidy(self):
        """Nothing lies in the storage but what a run leaves that was not disturbed."""
        self.assert_no_leftovers()
        found = [os.path.relpath(os.path.join(place, name), self.storage) for place, _, names in os.walk(self.storage) for name in names]
        half = [name for name in found if "tmp" in name or ".part" in name or ".new" in name or "/." in name or name.startswith("vaults") and name.endswith(".lock")]
        self.assertEqual(half, [])
        folder = os.path.join(self.storage, "archives", "traffic-signs", "project-4")
        names = sorted(os.listdir(folder))
        zips = [name for name in names if name.endswith(".zip")]
        self.assertGreaterEqual(len(zips), 1)
        self.assertEqual(sorted(zips + [name.removesuffix("zip") + "json" for name in zips]), names)

    def ends_by(self, stage, number):
        process, _ = self.serve()
        getattr(self, f"hold_{stage}")(process)
        process.send_signal(number)
        if number == signal.SIGHUP:
            with waiting(10, "the reload") as again:
                while again() and "loaded again" not in self.log_text():
                    pass
            self.let_go(stage)
            runs = self.wait_for_runs(1)
            self.assertEqual((runs[0]["outcome"], runs[0]["trigger"]), ("success", "manual"), self.log_text())
        else:
            process.wait(12)  # with the tracer: one that lets go in the middle of a delay may leave a thread stopped
            self.assertEqual(process.returncode, 0 if number == signal.SIGTERM else -number, self.log_text())
            self.let_go(stage)
            process, _ = self.serve()
            runs = self.wait_for_runs(2)
            self.assertIn(runs[0]["outcome"], ("success", "unchanged"), self.log_text())
            self.assertEqual(runs[0]["trigger"], "resume")
            self.assertEqual(runs[1]["outcome"], "cancelled" if number == signal.SIGTERM else "failed")
        self.assertEqual(self.job()["failures"], 0)
        self.assert_pushed()
        self.assert_tidy()
        self.end(process)


def add_tests():
    for stage in ("inspect", "export", "download", "verify", "commit", "archive", "push"):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
            def test(self, stage=stage, number=number):
                self.ends_by(stage, number)
            setattr(Stages, f"test_{number.name.lower()}_in_{stage}", test)


add_tests()


if __name__ == "__main__":
    unittest.main()
