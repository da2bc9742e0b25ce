"""Each item of a report names its own commit, whatever was committed meanwhile; and a commit that is there already is no trouble."""

import os
import shutil
import time
import unittest

from harness import Case, git


class ItemCommits(Case):
    def test_every_item_names_its_own(self):
        cvat = self.standin()
        target = self.out("target.git")
        git("init", "-q", "--bare", "-b", "main", target)
        self.configure(cvat.url, job="projects: all\ntasks: unassigned", git=f"url: {target}")
        done = self.run_job()
        items = [item for item in done.report["items"] if item["outcome"] == "saved"]
        self.assertGreater(len(items), 3)
        for item in items:
            message = git("log", "-1", "--format=%s", item["commit"], cwd=target)
            self.assertIn(f"add cvat {item['kind'].removeprefix('cvat_')} {item['id']} backup ", message)
        self.assertEqual(len({item["commit"] for item in items}), len(items))

    def test_the_commit_is_there_and_only_the_branch_is_not(self):
        """What a full disk leaves: the pack was written, the branch was not; a run in the same second makes the very same commit."""
        self.configure(self.standin().url, job="projects: [1]")
        for _ in range(5):
            shutil.rmtree(self.storage, ignore_errors=True)
            lock = os.path.join(self.vault, "refs", "heads", "main.lock")
            git("init", "-q", "--bare", "-b", "main", self.vault)
            os.makedirs(lock)
            time.sleep(1 - time.time() % 1)
            first = self.run_job(code=1)
            self.assertEqual(first.item(1)["stages"][-1]["stage"], "commit", first.item(1)["stages"])
            os.rmdir(lock)
            self.assertEqual(self.run_job().item(1)["outcome"], "saved")
            self.assert_sound(self.vault)


if __name__ == "__main__":
    unittest.main()
