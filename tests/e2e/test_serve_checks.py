"""`autobackupd serve` with `checks:`: what is held is looked at again on a schedule, damage alarms, and is forgotten when it is gone."""

import fcntl
import json
import os
import signal
import time
import unittest

from harness import waiting
from scheduled_checks import ChecksCase

EVERY_SECOND = '"* * * * * *"'


class Checks(ChecksCase):
    def test_damage_alarms_and_is_forgotten_when_it_is_gone(self):
        process = self.serve_saved(f"checksum: {EVERY_SECOND}")
        good = self.wait_for_check("success")
        self.assertEqual((good["job"], good["trigger"], good["check"]), ("traffic-signs", "schedule", {"kind": "checksum", "copies": 2, "damaged": 0}))
        self.wait_metric("autobackup_check_copies", 2)
        pack = self.pack()
        at = os.path.getsize(pack) // 2
        self.flip(pack, at)
        bad = self.wait_for_check("partial")
        self.assertEqual(bad["check"], {"kind": "checksum", "copies": 2, "damaged": 1})
        self.wait_said(["failed checksum"])
        self.heard("/ping/x/fail")
        self.wait_metric("autobackup_check_damaged_copies", 1)
        status = self.client("status")
        self.assertIn("DAMAGE", status.out)
        self.assertIn("traffic-signs: check checksum partial, 1 of 2 copies damaged", status.out)
        shown = self.client("show", bad["run_id"]).out
        self.assertIn("checksum, 2 copies, 1 damaged", shown)
        self.assertIn(os.path.basename(pack), shown)
        (snapshot,) = json.loads(self.client("snapshots", "--json").out)["snapshots"]
        self.assertIn("the vault was found damaged on", snapshot["reason"])
        self.assertTrue(snapshot["restorable"], "the dated ZIP is whole")
        job = self.job()
        self.assertEqual((job["failures"], job["last"]["outcome"]), (0, "success"), "a check is no run of the job")
        self.flip(pack, at)
        self.wait_for_check("success")
        self.wait_said(["failed checksum", "recovered checksum"])
        self.assertEqual([json.loads(text)["transition"] for _, text in self.heard("/hook", 2)], ["failed", "recovered"])
        self.wait_metric("autobackup_check_damaged_copies", 0)
        self.assertNotIn("DAMAGE", self.client("status").out)
        (snapshot,) = json.loads(self.client("snapshots", "--json").out)["snapshots"]
        self.assertIsNone(snapshot["reason"])
        self.assertEqual(snapshot["verified"]["level"], "checksum")
        self.assertGreater(snapshot["verified"]["at"], snapshot["time"])
        self.assertEqual([path for path, _ in self.hooks.heard if path.startswith("/ping/x?") or "start" in path], [], "a ping watches over backups")
        self.end(process)

    def test_what_looks_damaged_is_believed_only_while_no_run_goes_on(self):
        process = self.serve_saved(f"checksum: {EVERY_SECOND}")
        self.wait_for_check("success")
        with open(os.path.join(self.storage, "locks/traffic-signs.lock")) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.flip(self.zip(), 500)
            time.sleep(3)
            self.assertEqual([one for one in self.checks() if one["outcome"] != "success"], [])
            self.flip(self.zip(), 500)
        self.wait_for_check("success")
        self.assertEqual([one for one in self.checks() if one["outcome"] != "success"], [])
        self.end(process)

    def test_a_daemon_that_died_while_it_checked_checks_again(self):
        process = self.serve_saved(f"checksum: {EVERY_SECOND}")
        self.wait_for_check("success")
        with open(os.path.join(self.storage, "locks/traffic-signs.lock")) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with waiting(20, "a check that waits") as again:
                while again() and not any("waiting for job" in one["phase"] for one in self.ask("status")["daemon"]["running"]):
                    pass
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        drills = os.path.join(self.storage, "spool/.drill/traffic-signs")
        os.makedirs(drills)
        process = self.serve()[0]
        self.assertFalse(os.path.exists(drills), "what a killed drill left")
        runs = self.checks()
        self.assertIn(("failed", True), [(one["outcome"], one.get("interrupted", False)) for one in runs])
        self.wait_for_check("success")
        self.end(process)

    def test_an_orderly_stop_ends_a_check_that_waits(self):
        process = self.serve_saved(f"structure: {EVERY_SECOND}")
        with open(os.path.join(self.storage, "locks/traffic-signs.lock")) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with waiting(20, "a check that waits") as again:
                while again() and not any("waiting for job" in one["phase"] for one in self.ask("status")["daemon"]["running"]):
                    pass
            (running,) = self.ask("status")["daemon"]["running"]
            self.assertEqual(self.ask("cancel", run=running["run_id"])["job"], "traffic-signs")
            with waiting(10, "a cancelled check") as again:
                while again() and not any(one["outcome"] == "cancelled" for one in self.checks()):
                    pass
            with waiting(20, "another one that waits") as again:
                while again() and not self.ask("status")["daemon"]["running"]:
                    pass
            self.assertLess(self.end(process), 8)

    def test_a_run_goes_beside_a_check_and_a_pause_holds_both(self):
        process = self.serve_saved(f"structure: {EVERY_SECOND}", more="    jitter: 0s\n")
        self.wait_for_check("success")
        self.assertEqual(self.ask("run", job="traffic-signs", wait=True, force=True)["outcome"], "unchanged")
        self.ask("pause", job="traffic-signs")
        with waiting(10, "the end of the check that goes on") as again:
            while again() and self.ask("status")["daemon"]["running"]:
                pass
        count = len(self.checks())
        time.sleep(2.5)
        self.assertEqual(len(self.checks()), count)
        self.ask("resume", job="traffic-signs")
        self.wait_for_check("success")
        self.end(process)

    def test_a_missing_vault_is_damage(self):
        process = self.serve_saved("structure: weekly")
        os.rename(self.vault, self.vault + ".away")
        done = self.client("verify", "--level", "structure", "--json")
        self.assertEqual(done.code, 3, done.err)
        self.assertIn("there is no repository, though versions were saved in it", done.out)
        os.rename(self.vault + ".away", self.vault)
        self.end(process)

    def test_what_is_found_by_hand_counts(self):
        process = self.serve_saved("checksum: weekly, drill: monthly")
        self.flip(self.zip(), 500)
        self.assertEqual(self.client("verify").code, 3)
        self.wait_said(["failed checksum"])
        self.assertIn("DAMAGE", self.client("status").out)
        self.assertEqual(self.client("drill", "traffic-signs").code, 3)
        self.wait_said(["failed checksum", "failed drill"])
        self.wait_metric("autobackup_drill_failed_restores", 1, label="backup_job")
        self.flip(self.zip(), 500)
        self.assertEqual(self.client("verify").code, 0)
        self.assertEqual(self.client("drill", "traffic-signs").code, 0)
        self.wait_said(["failed checksum", "failed drill", "recovered checksum", "recovered drill"])
        self.assertNotIn("DAMAGE", self.client("status").out)
        with waiting(20, "a good drill") as again:
            while again() and not any(float(line.split()[-1]) > 0 for line in self.metric("autobackup_drill_last_success_timestamp_seconds")):
                pass
        self.end(process)
        process = self.serve()[0]
        (checksum, drill) = self.job()["checks"]
        self.assertEqual((checksum["check"], checksum["damaged"], checksum["last"]["outcome"]), ("checksum", 0, "success"))
        self.assertEqual((drill["check"], drill["copies"], drill["last"]["outcome"]), ("drill", 2, "success"))
        self.end(process)

    def test_a_repair_ends_the_alarm(self):
        process = self.serve_saved("checksum: weekly")
        self.flip(self.pack(), os.path.getsize(self.pack()) // 2)
        self.assertEqual(self.client("verify").code, 3)
        self.wait_said(["failed checksum"])
        done = self.client("verify", "--repair")
        self.assertEqual(done.code, 0, done.err + done.out)
        self.wait_said(["failed checksum", "recovered checksum"])
        self.assertNotIn("DAMAGE", self.client("status").out)
        self.end(process)

    def test_due_times_are_told(self):
        self.write_checks('structure: weekly, drill: "monthly 1 04:00"')
        process = self.serve()[0]
        for client in (self.client("next", "--json"), None):
            if client is None:
                self.end(process)
                client = self.client("next", "--json")
            self.assertEqual(client.code, 0, client.err)
            (job,) = json.loads(client.out)["next"]
            self.assertEqual([(one["check"], one["schedule"], len(one["due"])) for one in job["checks"]],
                             [("drill", ["monthly 1 04:00"], 5), ("structure", ["weekly"], 5)])
        self.assertIn("traffic-signs drill", self.client("next").out)
        shown = self.call("check-config", "--show").out
        self.assertIn("# its check drill is due at\n", shown)
        told = json.loads(self.call("check-config", "--json").out)
        self.assertEqual(len(told["next_checks"]["traffic-signs"]["drill"]), 5)


if __name__ == "__main__":
    unittest.main()
