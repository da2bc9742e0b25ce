"""Drills into a CVAT server that are killed or stopped, and who takes away what they left."""

import json
import signal
import time
import unittest

from drills import Saved
from harness import waiting


class Stops(Saved):
    def killed(self, method, path):
        """A drill that is killed when it has asked for that."""
        process = self.begin()
        self.wait_asked(method, path)
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def test_killed_while_it_compares(self):
        self.staging.fault(r"/api/jobs/\d+/annotations", {"delay": 30}, count=1, method="GET")
        self.killed("GET", "/annotations")
        self.assertEqual(len(self.listed(self.staging)), 1)
        report = self.drill()
        self.assertIn("removed what an earlier drill left", " ".join(report["warnings"]))
        self.empty()

    def test_killed_while_the_server_imports(self):
        self.staging.order("config", {"import_ms": 1500})
        self.killed("GET", "/api/requests/action")
        with waiting(20, "the import that nobody waits for") as again:
            while again() and not self.listed(self.staging):
                time.sleep(0.05)
        self.staging.order("config", {"import_ms": 0})
        report = self.drill()
        self.assertIn("removed what an earlier drill left", " ".join(report["warnings"]))
        self.empty()

    def test_a_drill_into_a_directory_clears_the_server_too(self):
        self.staging.fault(r"/api/jobs/\d+/annotations", {"delay": 30}, count=1, method="GET")
        self.killed("GET", "/annotations")
        with open(self.config) as file:
            text = file.read().replace("    checks: {drill_server: staging}\n", "")
        with open(self.config, "w") as file:
            file.write(text)
        report = self.drill()
        self.assertNotIn("server", report["check"])
        self.assertIn("removed what an earlier drill left", " ".join(report["warnings"]))
        self.empty()

    def test_stopped_it_takes_away_what_is_there(self):
        self.staging.fault(r"/api/jobs/\d+/annotations", {"delay": 30}, count=1, method="GET")
        process = self.begin()
        self.wait_asked("GET", "/annotations")
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 5, err)
        self.assertLess(time.monotonic() - begin, 10)
        self.empty()
        report = json.loads(out)
        self.assertEqual((report["outcome"], self.stages(report["items"][0])[-1]), ("cancelled", ("remove", "staging", "ok")))

    def test_stopped_while_the_server_imports_it_says_what_may_come(self):
        self.staging.order("config", {"import_ms": 2500})
        process = self.begin()
        self.wait_asked("GET", "/api/requests/action")
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 5, err)
        report = json.loads(out)
        self.assertIn("may still be importing it", self.error(report["items"][0], "remove")["message"])
        with waiting(20, "the import that nobody waits for") as again:
            while again() and not self.listed(self.staging):
                time.sleep(0.05)
        self.staging.order("config", {"import_ms": 0})
        self.drill()
        self.empty()


if __name__ == "__main__":
    unittest.main()
