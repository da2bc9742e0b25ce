"""`autobackupd serve`: what notices, metrics and the journal tell of it."""

import http.server
import json
import os
import re
import threading
import unittest

from daemon import Serves
from harness import waiting


class Hooks(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.heard.append((self.path, self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


class Told(Serves):
    def setUp(self):
        super().setUp()
        self.hooks = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hooks)
        self.hooks.heard = []
        threading.Thread(target=self.hooks.serve_forever, daemon=True).start()
        self.addCleanup(self.hooks.server_close)
        self.addCleanup(self.hooks.shutdown)
        self.hook_url = f"http://127.0.0.1:{self.hooks.server_port}"
        self.metrics = os.path.join(self.directory, "autobackupd.prom")
        self.paged = os.path.join(self.directory, "paged")

    def heard(self, part, count=1):
        with waiting(20, part) as again:
            while again():
                found = [one for one in self.hooks.heard if part in one[0]]
                if len(found) >= count:
                    return found

    def metric(self, name):
        with open(self.metrics) as file:
            return [line for line in file.read().splitlines() if line.startswith(name + "{") or line.startswith(name + " ")]

    def test_notices_and_metrics_follow_the_runs(self):
        self.write(top=f"metrics: {{file: {self.metrics}}}\nnotify:\n  - {{ping: '{self.hook_url}/ping/x'}}\n"
                       f"  - {{webhook: '{self.hook_url}/hook'}}\n  - {{command: [/bin/sh, -c, 'echo $AUTOBACKUP_TRANSITION >> {self.paged}']}}")
        process, _ = self.serve()
        self.assertEqual(self.ask("run", job="traffic-signs", wait=True)["outcome"], "success")
        self.heard("/ping/x/start")
        self.heard("/ping/x?")
        with waiting(10, "the metrics") as again:
            while again() and not any(line.endswith(" 1") for line in self.metric("autobackup_job_runs_total") if 'outcome="success"' in line):
                pass
        self.cvat.fault("/api/", {"status": 403}, count=-1)
        self.assertEqual(self.ask("run", job="traffic-signs", wait=True)["outcome"], "failed")
        self.heard("/ping/x/fail")
        self.assertEqual(json.loads(self.heard("/hook")[0][1])["transition"], "failed")
        self.cvat.order("clear", {})
        self.ask("run", job="traffic-signs", wait=True)
        self.assertEqual(json.loads(self.heard("/hook", 2)[1][1])["transition"], "recovered")
        self.end(process)
        with open(self.paged) as file:
            self.assertEqual(file.read().split(), ["failed", "recovered"])


class Catalogue(unittest.TestCase):
    def test_every_message_id_has_its_text(self):
        top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        ids = set()
        for place, _, names in os.walk(os.path.join(top, "daemon")):
            for name in names:
                with open(os.path.join(place, name), encoding="utf-8") as file:
                    ids |= set(re.findall(r'const char\* \w+ = "([0-9a-f]{32})"', file.read()))
        with open(os.path.join(top, "systemd", "autobackupd.catalog"), encoding="utf-8") as file:
            told = re.findall(r"^-- ([0-9a-f]{32})$", file.read(), re.M)
        self.assertEqual(sorted(ids), sorted(told))
        self.assertGreaterEqual(len(told), 15)


if __name__ == "__main__":
    unittest.main()
