"""`autobackupd serve` with `checks:`: what is held is looked at again on a schedule, damage alarms, and is forgotten when it is gone."""

import fcntl
import json
import os
import signal
import time
import unittest

import own_export
from harness import token_of, waiting
from restore_case import RestoreCase
from test_serve_told import Told

EVERY_SECOND = '"* * * * * *"'


class Checks(Told):
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

    def test_a_drill_on_schedule(self):
        process = self.serve_saved(f"drill: {EVERY_SECOND}")
        good = self.wait_for_check("success")
        self.assertEqual(good["check"], {"kind": "drill", "copies": 2, "damaged": 0})
        self.assertEqual(os.listdir(os.path.join(self.storage, "spool/.drill")), [])
        self.end(process)

    def serve_staged(self, staging):
        """A daemon that drills into that server every second."""
        self.write_checks(f"drill: {EVERY_SECOND}, drill_server: staging")
        with open(self.config) as file:
            text = file.read()
        with open(self.config, "w") as file:
            file.write(text.replace("jobs:\n", f"  staging:\n    cvat: {staging.url}\n    auth: {{token: lab-token}}\n    limits: {{poll_first: 20ms}}\njobs:\n", 1))
        self.run_job()
        return self.serve()[0]

    def projects(self, staging):
        return json.loads(own_export.ask(staging, token_of("admin"), "GET", "/api/projects?page_size=all")[1])["results"]

    def test_a_drill_on_schedule_into_a_server(self):
        staging = self.standin("--seed", "empty")
        process = self.serve_staged(staging)
        good = self.wait_for_check("success")
        self.assertEqual(good["check"], {"kind": "drill", "copies": 1, "damaged": 0, "server": "staging"})
        self.assertEqual(self.job()["checks"][0]["server"], "staging")
        self.wait_metric("autobackup_drill_server_info", 1, label='server="staging"')
        nothing = {"version": 0, "tags": [], "shapes": [], "tracks": []}
        staging.fault(r"/api/jobs/\d+/annotations", {"status": 200, "body": nothing}, count=-1, method="GET")
        self.wait_said(["failed drill"])
        self.wait_metric("autobackup_drill_failed_restores", 1, label="backup_job")
        self.assertIn("traffic-signs: drill into staging failed, 1 of 1 restores failed", self.client("status").out)
        staging.order("clear", {})
        self.wait_said(["failed drill", "recovered drill"])
        self.assertEqual(json.loads(self.heard("/hook", 2)[0][1])["check"]["server"], "staging")
        self.ask("pause", job="traffic-signs")
        with waiting(20, "the end of the drill that goes on") as again:
            while again() and self.ask("status")["daemon"]["running"]:
                pass
        self.assertEqual(self.projects(staging), [])
        self.end(process)

    def test_a_daemon_that_died_in_a_drill_takes_away_what_it_left(self):
        staging = self.standin("--seed", "empty")
        staging.fault(r"/api/jobs/\d+/annotations", {"delay": 30}, count=1, method="GET")
        process = self.serve_staged(staging)
        with waiting(20, "a drill that compares") as again:
            while again() and not any("/annotations" in one["path"] for one in staging.requests()):
                pass
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        (left,) = self.projects(staging)
        process = self.serve()[0]
        self.wait_for_check("success")
        self.assertNotIn(left["id"], [one["id"] for one in self.projects(staging)])
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


del Told  # its own tests run where they stand

if __name__ == "__main__":
    unittest.main()
