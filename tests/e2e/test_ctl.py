"""autobackupctl and the real daemon: what an operator does in a day."""

import json
import os
import signal
import subprocess
import time
import unittest

from harness import Case, Done, binary


class Control(Case):
    def setUp(self):
        super().setUp()
        self.ctl = os.path.join(os.path.dirname(binary()), "autobackupctl")
        if not os.path.exists(self.ctl):
            self.skipTest("autobackupctl is not built beside autobackupd")
        self.runtime = self.place("run")
        self.socket = os.path.join(self.runtime, "control.sock")
        self.cvat = self.standin()
        self.configure(self.cvat.url)

    def serve(self):
        log = open(os.path.join(self.directory, "serve.log"), "wb")
        self.addCleanup(log.close)
        daemon = subprocess.Popen(self.command("serve"), env=self.environment(RUNTIME_DIRECTORY=self.runtime), stdout=log, stderr=log)
        self.addCleanup(self.stop, daemon)
        deadline = time.monotonic() + 30
        while not os.path.exists(self.socket):
            if daemon.poll() is not None or time.monotonic() > deadline:
                with open(log.name, errors="replace") as text:
                    self.fail(f"the daemon did not start: {text.read()[-2000:]}")
            time.sleep(0.02)
        return daemon

    @staticmethod
    def stop(daemon):
        if daemon.poll() is None:
            daemon.send_signal(signal.SIGTERM)
        return daemon.wait(30)

    def ask(self, *arguments):
        done = subprocess.run([self.ctl, *arguments, "--socket", self.socket, "--config", self.config],
                              env=self.environment(), capture_output=True, timeout=120)
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def told(self, *arguments):
        done = self.ask(*arguments, "--json")
        self.assertEqual(done.code, 0, done.err)
        return json.loads(done.out)

    def test_a_day_of_an_operator(self):
        daemon = self.serve()
        status = self.told("status")
        self.assertEqual(status["daemon"]["pid"], daemon.pid)
        self.assertEqual([job["job"] for job in status["jobs"]], ["traffic-signs"])
        self.assertIn("traffic-signs", self.ask("status").out)

        run = self.ask("run", "traffic-signs", "--wait", "--json")
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(run.report["outcome"], "success")
        run_id = run.report["run_id"]
        self.assertEqual(self.told("list")["jobs"][0]["last"]["run_id"], run_id)

        again = self.ask("run", "traffic-signs", "--wait")
        self.assertEqual(again.code, 0, again.err)
        self.assertIn("outcome   unchanged", again.out)
        self.assertEqual([one["outcome"] for one in self.told("history")["runs"]], ["unchanged", "success"])
        self.assertEqual(self.told("show", run_id)["items"], run.report["items"])
        self.assertIn("saved", self.ask("show", run_id[:-1]).out + self.ask("show", run_id).out)

        self.assertEqual(self.stop(daemon), 0)
        self.assertFalse(os.path.exists(self.socket))
        self.assertEqual([one["outcome"] for one in self.told("history")["runs"]], ["unchanged", "success"])
        self.assertEqual(self.told("show", run_id)["run_id"], run_id)
        gone = self.ask("status")
        self.assertEqual(gone.code, 1)
        self.assertIn("no daemon is running at", gone.err)

    def test_pause_resume_and_skip(self):
        with open(self.config) as file:
            text = file.read().replace("schedule: manual", "schedule: daily 02:30")
        with open(self.config, "w") as file:
            file.write(text)
        self.serve()
        due = self.told("next")["next"][0]["due"]
        self.assertEqual(len(due), 5)
        self.assertTrue(self.told("skip-next", "traffic-signs")["skip_next"])
        paused = self.told("pause", "traffic-signs", "--until", "3h")
        self.assertTrue(paused["paused"])
        self.assertEqual(self.ask("run", "traffic-signs").code, 4)
        self.assertIn("paused until", self.ask("list").out)
        self.assertFalse(self.told("resume", "traffic-signs")["paused"])
        unknown = self.ask("pause", "trafic-signs")
        self.assertEqual(unknown.code, 2)
        self.assertIn('did you mean "traffic-signs"', unknown.err)

    def test_a_bad_reload_changes_nothing_and_says_why(self):
        self.serve()
        with open(self.config) as file:
            good = file.read()
        with open(self.config, "w") as file:
            file.write(good + "  other:\n    schedul: manual\n    cvat: {server: lab}\n")
        bad = self.ask("reload")
        self.assertEqual(bad.code, 2)
        self.assertIn(f"{self.config}:", bad.err)
        self.assertIn("schedul", bad.err)
        self.assertEqual(len(self.told("list")["jobs"]), 1)
        self.assertTrue(self.told("status")["daemon"]["reload_error"])
        with open(self.config, "w") as file:
            file.write(good + "  other:\n    schedule: manual\n    cvat: {server: lab}\n")
        reloaded = self.ask("reload")
        self.assertEqual(reloaded.code, 0, reloaded.err)
        self.assertEqual([job["job"] for job in self.told("list")["jobs"]], ["other", "traffic-signs"])
        self.assertEqual(self.told("status")["daemon"]["reload_error"], "")

    def test_a_job_that_does_not_run_is_no_unknown_run(self):
        self.serve()
        for verb in ("watch", "cancel"):
            done = self.ask(verb, "traffic-signs")
            self.assertIn(done.code, (1, 2))
            self.assertIn("job traffic-signs is not running", done.err)
            self.assertNotIn("no such run", self.ask(verb, "traffic-signs").err)
        self.assertIn("no such run", self.ask("watch", "nothing").err)

    def test_cancel_and_watch(self):
        self.cvat.fault("/api/*", {"delay": 20}, count=50)
        self.serve()
        self.assertEqual(self.ask("run", "traffic-signs").code, 0)
        watcher = subprocess.Popen([self.ctl, "watch", "traffic-signs", "--socket", self.socket, "--json"],
                                   env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(1)
        self.assertEqual(self.told("cancel", "traffic-signs")["job"], "traffic-signs")
        out, err = watcher.communicate(timeout=30)
        self.assertEqual(watcher.returncode, 5, err.decode())
        lines = [json.loads(line) for line in out.decode().splitlines()]
        self.assertEqual(lines[-1]["outcome"], "cancelled")
        self.assertIn("started", [line.get("event") for line in lines])


if __name__ == "__main__":
    unittest.main()
