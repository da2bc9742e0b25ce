"""`autobackupd serve`: steered by the control socket, reloaded."""

import signal
import time
import unittest

from daemon import Refused, Serves
from harness import waiting


class Steered(Serves):
    def test_paused_jobs_wait(self):
        process, _ = self.serve()
        job = self.ask("pause", job="traffic-signs")
        self.assertEqual((job["state"], job["paused"]), ("paused", True))
        with self.assertRaises(Refused) as refused:
            self.ask("run", job="traffic-signs")
        self.assertEqual((refused.exception.error["code"], refused.exception.error["exit"]), ("paused", 4))
        self.end(process)
        process, _ = self.serve()
        self.assertEqual(self.job()["state"], "paused", "a pause outlives a restart")
        report = self.run_job(code=4).report
        self.assertEqual((report["outcome"], report["items"], report["errors"][0]["hint"]), ("refused", [], "autobackupctl resume traffic-signs"))
        self.assertIn("it is paused until it is resumed", report["errors"][0]["message"])
        self.ask("resume", job="traffic-signs")
        self.assertEqual(self.ask("run", job="traffic-signs", wait=True)["outcome"], "success")
        with self.assertRaises(Refused):
            self.ask("resume", job="traffic-signs")
        self.end(process)

    def test_a_pause_that_has_run_out_stops_nobody(self):
        process, _ = self.serve()
        self.ask("pause", job="traffic-signs", until=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 12)))
        self.end(process)
        self.run_job(code=4)
        time.sleep(12)
        self.run_job()

    def test_a_run_is_cancelled_and_the_next_one_completes(self):
        self.cvat.order("export", {"kind": "slow", "seconds": 5, "count": 1})
        process, _ = self.serve()
        asked = self.ask("run", job="traffic-signs")
        self.assertIn(asked["state"], ("started", "queued"))
        with waiting(20, "the export") as again:
            while again() and not any("/api/requests" in one["path"] for one in self.cvat.requests()):
                pass
        with self.assertRaises(Refused) as refused:
            self.ask("show", run=self.job()["running"]["run_id"])
        self.assertEqual((refused.exception.error["code"], refused.exception.error["exit"]), ("not_found", 2))
        self.assertIn("it has not ended", str(refused.exception))
        begin = time.monotonic()
        self.assertEqual(self.ask("cancel", run="traffic-signs")["job"], "traffic-signs")
        runs = self.wait_for_runs(1, seconds=10)
        self.assertLess(time.monotonic() - begin, 10)
        self.assertEqual(runs[0]["outcome"], "cancelled")
        self.assertEqual(self.ask("run", job="traffic-signs", wait=True)["outcome"], "success")
        self.assert_pushed()
        self.end(process)

    def test_unknown_names_get_an_answer(self):
        process, _ = self.serve()
        for verb, args, code in (("run", {"job": "trafic-signs"}, 2), ("show", {"run": "01NOSUCH"}, 2), ("cancel", {"run": "x"}, 1),
                                 ("pause", {"job": "x"}, 2), ("nonsense", {}, 2)):
            with self.assertRaises(Refused) as refused:
                self.ask(verb, **args)
            self.assertEqual(refused.exception.error["exit"], code, verb)
        with self.assertRaises(Refused) as refused:
            self.ask("run", job="trafic-signs")
        self.assertIn('did you mean "traffic-signs"', str(refused.exception))
        self.end(process)

    def test_skip_next(self):
        self.write("every 8s")
        process, _ = self.serve()
        first = self.ask("next", job="traffic-signs")["next"][0]["due"][0]
        self.ask("skip-next", job="traffic-signs")
        self.assertTrue(self.job()["skip_next"])
        time.sleep(9)
        self.assertNotIn(first[:19], [run["started_at"][:19] for run in self.ask("history")["runs"]])
        self.end(process)


class Reloaded(Serves):
    def test_a_good_file_counts_and_a_bad_one_does_not(self):
        process, manager = self.serve()
        self.write("every 2s")
        self.assertEqual(self.ask("reload")["jobs"], 1)
        self.wait_for_runs(1)
        with open(self.config, "a") as file:
            file.write("nonsense: 1\n")
        with self.assertRaises(Refused) as refused:
            self.ask("reload")
        error = refused.exception.error
        self.assertEqual((error["code"], error["exit"]), ("config_invalid", 2))
        self.assertEqual(error["data"]["errors"][0]["path"], "nonsense")
        self.assertIn("nonsense", self.ask("status")["daemon"]["reload_error"])
        self.assertEqual(self.job()["state"] in ("waiting", "running", "queued"), True)
        manager.listen()
        self.assertTrue(any(line.startswith("RELOADING=1") for line in manager.heard))
        self.write()
        process.send_signal(signal.SIGHUP)
        with waiting(10, "the reload") as again:
            while again() and self.job()["state"] != "manual":
                pass
        self.assertEqual(self.ask("status")["daemon"]["reload_error"], "")
        self.end(process)

    def test_during_a_run(self):
        self.cvat.order("export", {"kind": "slow", "seconds": 5, "count": 1})
        process, _ = self.serve()
        asked = self.ask("run", job="traffic-signs")
        with waiting(20, "the export") as again:
            while again() and not any("/api/requests" in one["path"] for one in self.cvat.requests()):
                pass
        with open(self.config) as file:
            text = file.read()
        with open(self.config, "w") as file:
            file.write(text.replace("  traffic-signs:", "  other-name:"))
        self.assertEqual(self.ask("reload")["jobs"], 1)
        status = self.ask("status")
        self.assertEqual([job["job"] for job in status["jobs"]], ["other-name"])
        self.assertEqual([run["job"] for run in status["daemon"]["running"]], ["traffic-signs"])
        with waiting(40, "the end of the run") as again:
            while again() and self.ask("status")["daemon"]["running"]:
                pass
        self.assertIn(asked["job"], "traffic-signs")
        self.assert_pushed()
        self.end(process)

    def test_another_storage_needs_a_restart(self):
        process, _ = self.serve()
        with open(self.config) as file:
            text = file.read()
        with open(self.config, "w") as file:
            file.write(text.replace(self.storage, self.storage + "-2"))
        with self.assertRaises(Refused) as refused:
            self.ask("reload")
        self.assertIn("restart", str(refused.exception))
        self.end(process)


if __name__ == "__main__":
    unittest.main()
