"""Mirrors as dated bundles."""

import os
import unittest

from harness import git, stage
from mirrors import CopiesCase


class Bundles(CopiesCase):
    def setUp(self):
        super().setUp()
        self.a = self.source("a")
        self.folder = self.out("bundles/group/a")

    def configure_bundles(self, keep=2):
        self.configure_mirrors({"group/a": self.a}, extra=f"bundles: {{directory: {self.out('bundles')}, keep: {keep}}}")

    def bundles(self):
        return sorted(os.listdir(self.folder)) if os.path.isdir(self.folder) else []

    def test_dated_whole_and_only_so_many(self):
        self.configure_bundles()
        done = self.run_mirrors()
        made = stage(done.item("group/a"), "bundle")
        self.assertEqual((made["outcome"], made["target"]), ("ok", os.path.join(self.folder, self.bundles()[0])))
        self.assertRegex(self.bundles()[0], r"^\d{8}T\d{6}Z\.bundle$")
        self.assertEqual(made["bytes"], os.path.getsize(made["target"]))
        git("bundle", "verify", made["target"], cwd=self.a)
        clone = self.out("clone.git")
        git("clone", "-q", "--mirror", made["target"], clone)
        self.assertEqual(self.refs(clone), self.refs(self.a))
        self.assertEqual(self.run_mirrors().report["outcome"], "unchanged")
        self.assertEqual(len(self.bundles()), 1)
        for number in range(3):
            self.commit(self.a, "main", {"file.txt": f"{number}\n"})
            self.run_mirrors()
        self.assertEqual(len(self.bundles()), 2)
        for name in self.bundles():
            git("bundle", "verify", os.path.join(self.folder, name), cwd=self.a)
        heads = [git("bundle", "list-heads", os.path.join(self.folder, name)) for name in self.bundles()]
        self.assertTrue(any(git("rev-parse", "main", cwd=self.a) in one for one in heads), heads)
        with open(os.path.join(self.folder, "mine.bundle"), "w") as file:
            file.write("somebody else's")
        self.commit(self.a, "main", {"file.txt": "last\n"})
        self.run_mirrors()
        self.assertIn("mine.bundle", self.bundles())

    def test_one_that_could_not_be_written_is_owed(self):
        self.configure_bundles()
        with open(self.out("bundles"), "w") as file:
            file.write("in the way")
        done = self.run_mirrors(code=3)
        self.assertEqual((done.item("group/a")["outcome"], stage(done.item("group/a"), "bundle")["outcome"]), ("cloned", "failed"))
        os.remove(self.out("bundles"))
        done = self.run_mirrors()
        self.assertEqual((done.report["outcome"], done.item("group/a")["outcome"]), ("success", "unchanged"))
        self.assertEqual(len(self.bundles()), 1)

    def test_the_last_good_one_stays_when_a_new_one_cannot_be_written(self):
        self.configure_bundles(keep=1)
        self.run_mirrors()
        first = self.bundles()
        self.commit(self.a, "main", {"file.txt": "new\n"})
        self.run_mirrors("--no-push")
        packs = os.path.join(self.mirror("group/a"), "objects", "pack")
        for name in os.listdir(packs):
            if name.endswith(".pack"):
                path = os.path.join(packs, name)
                self.flip(path, os.path.getsize(path) // 2)
        done = self.run_mirrors(code=3)
        self.assertEqual(stage(done.item("group/a"), "bundle")["outcome"], "failed")
        self.assertEqual(self.bundles(), first)


if __name__ == "__main__":
    unittest.main()
