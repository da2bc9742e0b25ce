"""`autobackupd serve` on a machine that fails: a full disk, no more descriptors, a disk that does not write."""

import contextlib
import errno
import os
import resource
import signal
import sqlite3
import subprocess
import time
import unittest

from daemon import Serves
from harness import git, waiting

RESERVE = 8 << 20  # state.reserve, docs/operations.md


def cpu_seconds(process):
    with open(f"/proc/{process.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@unittest.skipUnless(os.geteuid() == 0, "a small file system can only be mounted by root")
class FullDisk(Serves):
    def setUp(self):
        super().setUp()
        os.makedirs(self.storage)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m,mode=0750", "tmpfs", self.storage], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest(f"a small file system cannot be mounted here: {mounted.stderr.decode().strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", self.storage])
        self.filler = os.path.join(self.storage, "filler")
        self.reserve = os.path.join(self.storage, "state.reserve")
        self.write(job="projects: [4]\ndownload: whole", top="limits: {reserve: 10MiB}")

    def fill(self):
        with open(self.filler, "ab", buffering=0) as file:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError as error:
                    self.assertEqual(error.errno, errno.ENOSPC)

    def fail_on_a_full_disk(self):
        """A run whose disk becomes full in the middle of its download; its report."""
        self.cvat.fault("backup/download", {"drip": 400_000}, count=-1)
        asked = self.ask("run", job="traffic-signs")
        self.wait_for_phase("downloading")
        self.fill()
        with waiting(30, "the end of the run") as again:
            while again() and self.ask("status")["daemon"]["running"]:
                pass
        self.assertEqual(self.job()["last"]["run_id"], asked["run_id"])
        self.cvat.order("clear", {})
        return self.ask("show", run=asked["run_id"])

    def test_it_is_said_and_recorded_and_passes(self):
        process, _ = self.serve()
        self.assertEqual(os.stat(self.reserve).st_blocks * 512, RESERVE)
        report = self.fail_on_a_full_disk()
        self.assertEqual(report["outcome"], "failed")
        codes = [stage["error"]["code"] for item in report["items"] for stage in item["stages"] if "error" in stage]
        self.assertEqual(codes, ["disk_full"])
        self.assertTrue(os.path.exists(self.filler), "the record was written while the disk was full")
        status = self.ask("status")
        self.assertIn("No space left on device", status["jobs"][0]["last"]["error"])
        self.assertEqual(status["jobs"][0]["failures"], 1)
        with waiting(10, "the word on the disk") as again:
            while again() and "less than limits.reserve" not in self.log_text():
                pass
        self.assertIsNone(process.poll())

        os.remove(self.filler)
        self.assertEqual(self.ask("run", job="traffic-signs", wait=True)["outcome"], "success")
        self.assertEqual(os.stat(self.reserve).st_blocks * 512, RESERVE)
        self.assert_pushed()
        self.assert_no_leftovers()
        self.end(process)

    def test_a_log_on_the_full_disk_stops_nothing(self):
        process, _ = self.serve(log=os.path.join(self.storage, "daemon.log"))
        self.fail_on_a_full_disk()
        self.fill()  # what the reserve file gave
        for _ in range(3):
            self.assertIn(self.ask("run", job="traffic-signs", wait=True)["outcome"], ("failed",))
        self.assertIsNone(process.poll())
        os.remove(self.filler)
        self.assertEqual(self.ask("run", job="traffic-signs", wait=True)["outcome"], "success")
        self.assertIn("traffic-signs  success", self.log_text())
        self.assert_pushed()
        self.end(process)


class StateReplaced(Serves):
    """What the daemon has open is not what its runs have made anew."""

    def assert_the_new_one_counts(self, process):
        report = self.ask("run", job="traffic-signs", wait=True)
        self.assertEqual(report["outcome"], "unchanged")
        self.assertEqual([run["run_id"] for run in self.ask("history")["runs"]], [report["run_id"]])
        self.assertIn("made anew", " ".join(self.ask("status")["daemon"]["warnings"]))
        self.ask("pause", job="traffic-signs")
        self.end(process)
        process, _ = self.serve()
        self.assertEqual(self.job()["state"], "paused", "what the daemon remembers went into the new file")
        self.assertEqual([run["run_id"] for run in self.ask("history")["runs"]], [report["run_id"]])
        self.end(process)

    def begun(self):
        process, _ = self.serve()
        self.assertEqual(self.ask("run", job="traffic-signs", wait=True)["outcome"], "success")
        return process, os.path.join(self.storage, "state.sqlite")

    def test_a_damaged_state(self):
        process, file = self.begun()
        self.end(process)
        with contextlib.closing(sqlite3.connect(file)) as database:  # so that what is damaged is read
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        process, _ = self.serve()
        with open(file, "r+b") as damaged:
            damaged.write(b"no database at all" * 10)
        self.assert_the_new_one_counts(process)
        self.assertTrue(any(".damaged-" in name for name in os.listdir(self.storage)))

    def test_a_removed_state(self):
        process, file = self.begun()
        for suffix in ("", "-wal", "-shm"):
            os.remove(file + suffix)
        self.assert_the_new_one_counts(process)


class NoDescriptors(Serves):
    def test_it_is_said_and_passes(self):
        self.write("every 2s")
        process, _ = self.serve()
        self.wait_for_runs(1)
        with waiting(10, "a moment without a run") as again:
            while again() and self.ask("status")["daemon"]["running"]:
                pass
        soft, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
        open_now = max(int(name) for name in os.listdir(f"/proc/{process.pid}/fd"))
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (open_now - 1, hard))
        spent = cpu_seconds(process)
        with waiting(20, "a run without descriptors") as again:
            while again() and "Too many open files" not in self.log_text():
                pass
        time.sleep(3)
        self.assertLess(cpu_seconds(process) - spent, 2, "it does not spin")
        self.assertIsNone(process.poll())
        self.assertRegex(self.log_text(), r"traffic-signs  failed: .*Too many open files")
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (soft, hard))
        with waiting(20, "a green run") as again:
            while again() and self.job()["failures"] > 0:
                pass
        self.assertIn(self.job()["last"]["outcome"], ("success", "unchanged"))
        self.assert_pushed()
        self.end(process)


class Unwritten(Serves):
    """fsync fails once and for all: what was being written is not trusted."""

    def fail_once(self, calls):
        """A run while every one of `calls` fails with EIO; the daemon, the run's report."""
        process, _ = self.serve()
        tracer = self.inject(process, calls, "error=EIO")
        report = self.ask("run", job="traffic-signs", wait=True)
        tracer.send_signal(signal.SIGINT)
        tracer.wait(10)
        self.assertEqual(report["outcome"], "failed")
        errors = report["errors"] + [one["error"] for item in report["items"] for one in item["stages"] if "error" in one]
        self.assertEqual({error["code"] for error in errors}, {"io_error"}, errors)
        self.assertIsNone(process.poll())
        return process, report

    def assert_recovers(self, process):
        self.assertEqual(self.ask("run", job="traffic-signs", wait=True)["outcome"], "success", self.log_text())
        self.assert_pushed()
        self.assert_no_leftovers()
        self.end(process)

    def test_the_state(self):
        process, report = self.fail_once("fdatasync")
        self.assertEqual(report["items"], [], "nothing is asked of the server before the run stands in the state")
        self.assertTrue(os.path.exists(os.path.join(self.storage, "state.sqlite.check")), "the next open checks the file")
        self.assertEqual([one["path"] for one in self.cvat.requests(method="POST")], [])
        self.assert_recovers(process)
        self.assertFalse(os.path.exists(os.path.join(self.storage, "state.sqlite.check")))

    def test_the_vault(self):
        process, report = self.fail_once("fsync")
        failed = [stage["stage"] for item in report["items"] for stage in item["stages"] if stage["outcome"] == "failed"]
        self.assertIn(failed, (["commit"], []))
        self.assertEqual(git("rev-parse", "--verify", "-q", "main", cwd=self.target, check=False), "")
        if os.path.exists(self.vault):
            self.assert_sound(self.vault)
            packs = os.listdir(os.path.join(self.vault, "objects", "pack"))
            self.assertEqual(packs, [], "a pack that was not written is removed")
        self.assert_recovers(process)

    def test_the_vault_when_it_holds_versions(self):
        process, _ = self.serve()
        self.assertEqual(self.ask("run", job="traffic-signs", wait=True)["outcome"], "success")
        self.end(process)
        held = git("rev-parse", "main", cwd=self.vault)
        packs = sorted(os.listdir(os.path.join(self.vault, "objects", "pack")))
        self.cvat.mutate("add_shape", task=1)
        process, _ = self.fail_once("fsync")
        self.assertEqual(git("rev-parse", "main", cwd=self.vault), held)
        self.assertEqual(sorted(os.listdir(os.path.join(self.vault, "objects", "pack"))), packs)
        self.assert_sound(self.vault)
        self.assert_recovers(process)
        git("merge-base", "--is-ancestor", held, "main", cwd=self.vault)


if __name__ == "__main__":
    unittest.main()
