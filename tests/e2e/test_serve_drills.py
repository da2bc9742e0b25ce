"""Drills on schedule: into a directory and into a server."""

import json
import os
import signal
import unittest

from harness import token_of, waiting
import own_export
from scheduled_checks import ChecksCase

EVERY_SECOND = '"* * * * * *"'


class Drills(ChecksCase):
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


if __name__ == "__main__":
    unittest.main()
