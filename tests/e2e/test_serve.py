"""`autobackupd serve`: on time, stopped, killed, watched."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from daemon import Serves
from harness import git, waiting


class OnTime(Serves):
    def test_a_scheduled_run_is_green_and_told(self):
        self.write("every 2s")
        process, manager = self.serve()
        runs = self.wait_for_runs(2)
        self.assertEqual(runs[-1]["outcome"], "success")
        self.assertEqual(runs[-1]["trigger"], "schedule")
        self.assertEqual(runs[0]["outcome"], "unchanged")
        starts = [run["started_at"] for run in runs]
        self.assertEqual(len(set(starts)), len(starts))
        self.assert_pushed()
        job = self.job()
        self.assertEqual(job["failures"], 0)
        self.assertEqual(job["last"]["outcome"], "unchanged")
        self.assertIn("next traffic-signs in", " ".join(manager.listen()))
        self.assertLess(self.end(process), 10)
        self.assertIn("STOPPING=1", manager.listen())
        log = self.log_text()
        self.assertIn("runs 1 jobs", log)
        self.assertIn("traffic-signs  success: 1 saved", log)

    def test_manual_runs_start_only_when_asked(self):
        process, _ = self.serve()
        time.sleep(1)
        self.assertEqual(self.ask("history")["runs"], [])
        self.assertEqual(self.job()["state"], "manual")
        events = []
        report = self.ask("run", events, job="traffic-signs", wait=True)
        self.assertEqual((report["outcome"], report["trigger"]), ("success", "manual"))
        self.assertEqual(events[0]["event"], "started")
        self.assertEqual(events[0]["data"]["run_id"], report["run_id"])
        self.assertIn("item", [one["event"] for one in events])
        self.assertEqual(self.ask("show", run=report["run_id"])["items"], report["items"])
        self.assertEqual(self.ask("show", run=report["run_id"][:20])["run_id"], report["run_id"])
        forced = self.ask("run", job="traffic-signs", wait=True, force=True)
        self.assertEqual(forced["outcome"], "unchanged")
        self.assertIn("download", [one["stage"] for one in forced["items"][0]["stages"]])
        self.end(process)

    def test_missed_due_times_are_made_up_for_once(self):
        self.write("every 2s")
        process, _ = self.serve()
        count = len(self.wait_for_runs(1))
        self.end(process)
        # As if the last due time had been a day ago.
        with sqlite3.connect(os.path.join(self.storage, "state.sqlite")) as database:
            rows = dict(database.execute("SELECT job, value FROM job_values WHERE key = 'schedule'"))
        self.assertIn("traffic-signs", rows)
        self.write("every 1h")
        time.sleep(1.1)
        process, _ = self.serve()
        time.sleep(1.5)
        self.assertLessEqual(len(self.ask("history")["runs"]), count + 1)
        self.end(process)

    def test_after_runs_when_the_other_one_succeeded(self):
        self.write()
        with open(self.config) as file:
            text = file.read()
        head, job = text.split("  traffic-signs:\n")
        second = job.replace("    schedule: manual\n", "    after: [traffic-signs]\n    schedule: manual\n").replace(f"      url: {self.target}", f"      url: {self.directory}/second.git")
        git("init", "-q", "--bare", "-b", "main", os.path.join(self.directory, "second.git"))
        with open(self.config, "w") as file:
            file.write(head + "  traffic-signs:\n" + job + "  second:\n" + second)
        process, _ = self.serve()
        self.ask("run", job="traffic-signs", wait=True)
        runs = self.wait_for_runs(1, "second")
        self.assertEqual((runs[0]["outcome"], runs[0]["trigger"]), ("success", "after"))
        self.end(process)

    def test_a_failure_that_passes_is_tried_again(self):
        self.write("every 8s")
        self.cvat.fault("/api/", {"status": 503}, count=4)  # a run tries three times by itself
        process, _ = self.serve()
        runs = self.wait_for_runs(2)
        self.assertEqual([run["outcome"] for run in runs[-2:]], ["success", "failed"], self.log_text())
        self.assertEqual([run["trigger"] for run in runs[-2:]], ["retry", "schedule"])
        self.assertEqual([run["attempt"] for run in runs[-2:]], [2, 1])
        self.end(process)


class Stopped(Serves):
    def run_that_waits(self):
        self.cvat.order("export", {"kind": "slow", "seconds": 6, "count": 1})
        process, manager = self.serve()
        self.ask("run", job="traffic-signs")
        with waiting(20, "the export") as again:
            while again() and not any("/api/requests" in one["path"] for one in self.cvat.requests()):
                pass
        return process, manager

    def assert_goes_on(self, first):
        """A new daemon runs the job at once, although it is `manual`."""
        process, _ = self.serve()
        runs = self.wait_for_runs(2)
        self.assertEqual((runs[0]["outcome"], runs[0]["trigger"]), ("success", "resume"), self.log_text())
        self.assertEqual(runs[1]["outcome"], first)
        self.assert_pushed()
        self.assert_no_leftovers()
        self.end(process)
        return runs[0]["run_id"]

    def test_a_stop_cancels_and_the_next_start_goes_on(self):
        process, _ = self.run_that_waits()
        self.assertLess(self.end(process), 10)
        self.assert_goes_on("cancelled")

    def test_a_kill_is_seen_and_the_next_start_goes_on(self):
        process, _ = self.run_that_waits()
        process.kill()
        process.wait()
        self.assert_goes_on("failed")
        self.assertIn("was interrupted by a crash", self.log_text())

    def test_a_stop_in_a_download_keeps_what_came(self):
        self.write(job="projects: [4]\ndownload: whole")
        self.cvat.fault("backup/download", {"drip": 300_000}, count=-1)
        process, _ = self.serve()
        self.ask("run", job="traffic-signs")
        self.wait_for_request("backup/download")
        time.sleep(1.5)
        self.assertLess(self.end(process), 10)
        self.cvat.order("clear", {})
        self.cvat.order("log/clear", {})
        run_id = self.assert_goes_on("cancelled")
        with contextlib.closing(sqlite3.connect(os.path.join(self.storage, "state.sqlite"))) as database:
            report = json.loads(database.execute("SELECT report FROM runs WHERE run_id = ?", [run_id]).fetchone()[0])
        self.assertEqual([stage["resumed"] for stage in report["items"][0]["stages"] if stage["stage"] == "download"], [1])
        asked = self.cvat.requests(path="backup/download")[0]
        self.assertRegex(str(asked["headers"]), r"(?i)'range': 'bytes=[1-9]\d{4,}-'")
        self.assertEqual([one["path"] for one in self.cvat.requests(method="POST") if "export" in one["path"]], [])

    def test_a_start_clears_away_what_a_dead_process_left(self):
        self.write(job="projects: [4]\ndownload: whole")
        self.cvat.fault("backup/download", {"drip": 300_000}, count=-1)
        process = self.start("run", "traffic-signs")  # by hand: no daemon goes on with it by itself
        self.wait_for_request("backup/download")
        time.sleep(1.5)
        self.assertEqual(self.stop(process).code, 5)
        spool = os.path.join(self.storage, "spool")
        kept = [os.path.join("traffic-signs", name) for name in os.listdir(os.path.join(spool, "traffic-signs"))]
        self.assertTrue(kept, "the download that the next run goes on with")
        left = ["spool/traffic-signs/task_9.zip", "spool/traffic-signs/parts/a", "spool/gone/task_1.zip", "spool/.repair/traffic-signs/pack/b",
                "archives/traffic-signs/project_4/.a.zip.1.part"]
        busy = "spool/busy/task_1.zip"
        for name in left + [busy]:
            path = os.path.join(self.storage, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write("half")
        with open(os.path.join(self.storage, "locks/busy.lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            process, _ = self.serve()
        self.assertEqual(self.ask("status")["daemon"]["running"], [])
        for name in left:
            self.assertFalse(os.path.exists(os.path.join(self.storage, name)), name)
        for name in [busy] + [os.path.join("spool", name) for name in kept]:
            self.assertTrue(os.path.exists(os.path.join(self.storage, name)), name)
        self.end(process)

    def test_a_second_daemon_is_refused_by_name_of_the_first(self):
        process, _ = self.serve()
        second = subprocess.run(self.command("serve"), env=self.environment(RUNTIME_DIRECTORY=self.place("run2")), capture_output=True, timeout=20)
        self.assertEqual(second.returncode, 4, second.stderr)
        self.assertIn(f"process {process.pid}", second.stderr.decode())
        self.end(process)

    def test_sigterm_at_any_moment_of_the_start(self):
        for delay in (0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1):
            process, _ = self.serve(ready=False)
            time.sleep(delay)
            process.send_signal(signal.SIGTERM)
            process.wait(15)
            # Before main() has begun the kernel's own answer is all there is.
            begun = os.path.exists(os.path.join(self.storage, "daemon.lock"))
            self.assertIn(process.returncode, (0,) if begun else (0, -signal.SIGTERM), f"after {delay} s\n{self.log_text()}")
            shutil.rmtree(self.storage, ignore_errors=True)

    def test_a_bad_configuration_never_starts(self):
        with open(self.config, "a") as file:
            file.write("nonsense: 1\n")
        process, _ = self.serve(ready=False)
        self.assertEqual(process.wait(20), 2)
        self.assertIn("nonsense", self.log_text())

    def test_a_missing_secret_fails_its_job_only(self):
        os.remove(os.path.join(self.credentials, "lab-token"))
        process, _ = self.serve()
        self.assertIn("lab-token", self.log_text())
        report = self.ask("run", job="traffic-signs", wait=True)
        self.assertEqual(report["outcome"], "failed")
        self.secret("lab-token", "wrong")
        self.end(process)


class Watched(Serves):
    def test_the_watchdog_is_fed(self):
        process, manager = self.serve(WATCHDOG_USEC="2000000")
        with waiting(20, "two signs of life") as again:
            while manager.listen().count("WATCHDOG=1") < 2 and again():
                pass
        self.end(process)

    def test_json_lines(self):
        process, _ = self.serve(ready=True, AUTOBACKUPD_LOG_LEVEL="info")
        self.end(process)
        environment = self.environment(RUNTIME_DIRECTORY=self.runtime)
        process = subprocess.Popen([*self.command("serve"), "--log-format", "json"], env=environment, stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        with waiting(20, "the socket") as again:
            while again() and not os.path.exists(os.path.join(self.runtime, "control.sock")):
                pass
        run_id = self.ask("run", job="traffic-signs", wait=True)["run_id"]
        process.terminate()
        _, err = process.communicate(timeout=15)
        lines = [json.loads(line) for line in err.decode().splitlines()]
        ids = [line.get("message_id") for line in lines]
        of_items = [line["fields"] for line in lines if "AUTOBACKUP_ITEM" in line.get("fields", {})]
        self.assertEqual([(one["AUTOBACKUP_ITEM"], one["AUTOBACKUP_OUTCOME"], one["AUTOBACKUP_RUN_ID"]) for one in of_items],
                         [("project-1", "saved", run_id)])
        notices = [line for line in lines if line.get("fields", {}).get("AUTOBACKUP_OUTCOME") == "success"]
        self.assertEqual(len(notices), 1)
        self.assertIn("647671e076d54124aa63ceb0502a5b4e", ids)
        self.assertIn("a3293d7bc8634ea0af7040a921a4d22e", ids)


if __name__ == "__main__":
    unittest.main()
