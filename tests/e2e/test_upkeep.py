"""Small packs of a vault are joined after a run; a stop ends that at once."""

import glob
import os
import unittest

from harness import Case, git, waiting


class Upkeep(Case):
    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.target = os.path.join(self.directory, "target.git")
        git("init", "-q", "--bare", "-b", "main", self.target)
        self.configure_target()
        self.run_job()

    def configure_target(self, top=""):
        self.configure(self.cvat.url, job="projects: [1]", top=top, git=f"url: {self.target}")

    def packs(self):
        return glob.glob(os.path.join(self.vault, "objects", "pack", "*.pack"))

    def add_packs(self, count, size):
        """Packs of an object each that no ref leads to: files beyond the threshold get a pack of their own."""
        for _ in range(count):
            path = os.path.join(self.directory, "blob")
            with open(path, "wb") as file:
                file.write(os.urandom(size))
            git("-c", "core.bigFileThreshold=1", "hash-object", "-w", path, cwd=self.vault)

    def everything(self):
        return git("cat-file", "--batch-all-objects", "--batch-check", cwd=self.vault)

    def test_a_pile_is_joined_and_told(self):
        self.add_packs(20, 2_000)
        before = self.everything()
        self.cvat.mutate("add_shape", task=1)
        done = self.run_job("--log-level", "info")
        self.assertEqual(done.report["outcome"], "success")
        self.assertRegex(done.err, r"joined 2[12] small packs of the vault of job traffic-signs: \d+ objects, ")
        self.assertLessEqual(len(self.packs()), 2)
        self.assertEqual(set(before.splitlines()) - set(self.everything().splitlines()), set())
        self.assertEqual(git("rev-parse", "main", cwd=self.target), git("rev-parse", "main", cwd=self.vault))
        self.cvat.mutate("add_shape", task=2)
        done = self.run_job("--log-level", "info")
        self.assertEqual(done.report["outcome"], "success")
        self.assertNotIn("joined", done.err)
        self.assertEqual(len(git("log", "--format=%H", "main", cwd=self.target).split()), 3)
        self.assert_sound(self.vault, self.target)

    def test_without_space_it_is_told_and_left(self):
        self.add_packs(20, 2_000)
        self.configure_target(top="limits: {reserve: 1000TiB}")
        done = self.run_job()
        self.assertEqual(done.report["outcome"], "unchanged")
        self.assertIn("limits.reserve is kept free", done.err)
        self.assertEqual(len(self.packs()), 21)

    def test_a_stop_ends_it_at_once_and_the_run_is_what_it_was(self):
        self.add_packs(20, 16_000_000)
        process = self.start("run", "traffic-signs", "--json")
        with waiting(30, "the joining") as again:
            while not glob.glob(os.path.join(self.vault, "objects", "tmp_objdir-autobackup-*", "pack")) and again():
                pass
        done = self.stop(process)
        self.assertEqual((done.code, done.report["outcome"]), (0, "unchanged"), done.err)
        self.assertNotIn("joined", done.err)
        self.assertEqual(len(self.packs()), 21)
        self.assertEqual(glob.glob(os.path.join(self.vault, "objects", "tmp_*")), [])
        self.assertEqual(self.run_job().report["outcome"], "unchanged")
        self.assertLessEqual(len(self.packs()), 2)
        self.assert_sound(self.vault)


if __name__ == "__main__":
    unittest.main()
