"""Mirrors under the daemon: what autobackupctl tells of them."""

import os
import unittest

from daemon import ServeCase
from harness import git
from mirrors import MirrorCase


class MirrorsUnderTheDaemon(MirrorCase, ServeCase):
    def ctl(self, *words):
        return self.client(*words, "--socket", os.path.join(self.runtime, "control.sock"), "--config", self.config)

    def test_autobackupctl_lists_runs_and_shows_them(self):
        source = self.source()
        self.configure_mirrors({"group/a": source})
        process, _ = self.serve()
        tip = git("rev-parse", "main", cwd=source)
        report = self.ask("run", job="mirrors", wait=True)
        self.assertEqual(report["outcome"], "success")
        self.assertEqual(self.job("mirrors")["kind"], "mirror")
        listed = self.ctl("list")
        self.assertRegex(listed.out, r"mirrors +mirror ", listed.err)
        self.assertIn(f"group/a  cloned  [{tip[:8]}]", self.ctl("show", report["run_id"]).out)
        self.assertEqual(self.ask("run", job="mirrors", wait=True)["outcome"], "unchanged")
        old = git("rev-parse", "dev", cwd=source)
        git("branch", "-D", "dev", cwd=source)
        report = self.ask("run", job="mirrors", wait=True)
        self.assertIn(f"group/a  updated  [{old[:8]} -> 00000000] refs/heads/dev", self.ctl("show", report["run_id"]).out)
        self.assertEqual(len(self.ask("history", job="mirrors")["runs"]), 3)
        self.end(process)
        self.assertIn("group/a", self.log_text())


if __name__ == "__main__":
    unittest.main()
