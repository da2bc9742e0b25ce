"""A large commit is sent while it is written; the target never gets ahead of the vault."""

import os
import signal
import time
import unittest

from harness import Case, git, stage


class LivePush(Case):
    standin_options = ("--seed", "big:2:50:1000000:1")  # 50 MB

    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.forge = self.git_server("--create", "annotations.git", "--filter", "--create", "refusing.git",
                                     "--refuse", "refusing.git=the quota is used up")
        self.target = os.path.join(self.forge.repos, "annotations.git")

    def aim(self, where, more=""):
        self.configure(self.cvat.url, job="projects: [1]",
                       git=f"url: {self.forge.url}{where}\nauth: {{username: bot, password: git-password}}\n{more}")

    def tip(self, repository):
        return git("rev-parse", "--verify", "-q", "main", cwd=repository, check=False)

    def test_it_goes_along_with_the_commit(self):
        self.aim("/noauth/annotations.git")
        item = self.run_job().item(1)
        self.assertEqual([one["stage"] for one in item["stages"]][-2:], ["commit", "push"])
        self.assertEqual(stage(item, "push")["commit"], item["commit"])
        self.assertEqual(stage(item, "push")["bytes"], stage(item, "commit")["bytes"])
        self.assertEqual(self.tip(self.target), item["commit"])
        self.assertEqual(self.tip(self.vault), item["commit"])
        self.assert_sound(self.vault, self.target)
        self.assertEqual(self.run_job().report["outcome"], "unchanged")

    def test_a_server_that_refuses_chunks_gets_it_the_ordinary_way(self):
        self.aim("/nochunk/annotations.git")
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success", report)
        self.assertEqual(self.tip(self.target), report["items"][0]["commit"])
        self.assert_sound(self.vault, self.target)

    def test_a_server_that_refuses_the_branch_is_told_once(self):
        self.aim("/git/refusing.git")
        done = self.run_job(code=3)
        self.assertEqual([error["code"] for error in done.errors()], ["push_rejected"])
        self.assertIn("quota", done.errors()[0]["peer"])
        self.assert_sound(self.vault)

    def test_a_branch_that_moved_meanwhile_is_followed(self):
        """Somebody pushes between our look at the branch and the end of our pack."""
        self.aim("/git/annotations.git")
        process = self.start("run", "traffic-signs", "--json")
        seed = os.path.join(self.directory, "seed")
        git("init", "-q", "-b", "main", seed)
        git("commit", "-q", "--allow-empty", "-m", "by hand", cwd=seed)
        packs = os.path.join(self.vault, "objects", "pack")
        while process.poll() is None and not (os.path.isdir(packs) and any("tmp_pack" in name for name in os.listdir(packs))):
            time.sleep(0.001)
        git("push", "-q", self.target, "main", cwd=seed, check=False)
        done = self.finish(process)
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(self.tip(self.target), self.tip(self.vault))
        self.assert_sound(self.vault, self.target)

    def test_killed_at_any_moment_the_target_is_not_ahead(self):
        self.aim("/noauth/annotations.git")
        for delay in (0.0, 0.05, 0.1, 0.2, 0.4):
            process = self.start("run", "traffic-signs", "--json")
            packs = os.path.join(self.vault, "objects", "pack")
            while process.poll() is None and not (os.path.isdir(packs) and any("tmp_pack" in name for name in os.listdir(packs))):
                time.sleep(0.001)
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            process.wait()
            time.sleep(0.5)  # the server ends what it has begun
            if self.tip(self.target):
                self.assertEqual(self.tip(self.target), self.tip(self.vault), delay)
                break
        self.assertEqual(self.run_job().report["counts"]["failed"], 0)
        self.assertEqual(self.tip(self.target), self.tip(self.vault))
        self.assert_sound(self.vault, self.target)


if __name__ == "__main__":
    unittest.main()
