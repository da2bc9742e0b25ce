"""--adopt-remote: branches of targets that somebody deleted, rewound or replaced."""

import unittest

from harness import git
from targets import TargetsCase


class Adopted(TargetsCase):
    def broken_then_adopted(self, harm, position):
        """What `harm` did to a target is an error, and no force; --adopt-remote is the way out."""
        self.targets((self.one, "main"), (self.two, "main"))
        self.cvat.mutate("add_shape", task=1)
        self.run_job()
        self.cvat.mutate("add_shape", task=2)
        self.run_job()
        harmed, other = ((self.one, self.two) if position == 0 else (self.two, self.one))
        old = self.tip(harmed)
        harm(harmed)
        after_harm = git("for-each-ref", cwd=harmed)
        self.cvat.mutate("add_shape", task=1)
        for outcome in ("saved", "unchanged"):
            report = self.run_job(code=3).report
            self.assertEqual((report["outcome"], report["items"][0]["outcome"]), ("partial", outcome))
            error = self.errors(report)[0]
            self.assertEqual((error["code"], error["transient"]), ("remote_moved", False))
            self.assertIn("--adopt-remote", error["hint"])
            self.assertEqual(git("for-each-ref", cwd=harmed), after_harm)
        self.cvat.order("log/clear", {})
        report = self.run_job("--adopt-remote").report
        self.assertEqual((report["outcome"], report["items"][0]["outcome"]), ("success", "unchanged"))
        self.assertIn((harmed, "ok"), self.pushes(report))
        self.assertEqual([one for one in self.cvat.requests() if "backup" in one["path"]], [])
        self.assertIn(old, git("for-each-ref", "--format=%(objectname)", "refs/autobackup/keep", cwd=self.vault))
        self.assert_same_members((harmed,), (other,), (self.vault,))
        self.cvat.mutate("add_shape", task=2)
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assert_same_members((harmed,), (other,), (self.vault,))
        self.assert_sound(self.vault, self.one, self.two)
        return harmed

    def delete(self, repository):
        git("update-ref", "-d", "refs/heads/main", cwd=repository)

    def rewind(self, repository):
        git("update-ref", "refs/heads/main", "main~1", cwd=repository)

    def replace(self, repository):
        self.delete(repository)
        self.foreign = self.commit_by_somebody(repository, {"other.txt": "another history\n"})

    def test_deleted_first(self):
        self.broken_then_adopted(self.delete, 0)

    def test_deleted_second(self):
        self.broken_then_adopted(self.delete, 1)

    def test_rewound_first(self):
        self.broken_then_adopted(self.rewind, 0)

    def test_rewound_second(self):
        self.broken_then_adopted(self.rewind, 1)

    def test_replaced_first(self):
        harmed = self.broken_then_adopted(self.replace, 0)
        self.assertEqual(self.files(harmed)["other.txt"], b"another history\n")
        self.assertEqual(git("merge-base", "main", self.foreign, cwd=harmed), self.foreign)
        self.assertEqual(self.count(harmed), 3)

    def test_replaced_second(self):
        harmed = self.broken_then_adopted(self.replace, 1)
        self.assertEqual(self.files(harmed)["other.txt"], b"another history\n")
        self.assertEqual(git("merge-base", "main", self.foreign, cwd=harmed), self.foreign)

    def test_a_predecessors_branch_that_was_deleted_is_begun_anew(self):
        self.commit_by_somebody(self.one, {"README.md": "ours\n", "big.bin": "x" * 100_000})
        self.targets((self.one, "main"))
        self.run_job()
        self.delete(self.one)
        self.cvat.mutate("add_shape", task=1)
        self.assertEqual(self.errors(self.run_job(code=3).report)[0]["code"], "remote_moved")
        report = self.run_job("--adopt-remote").report
        self.assertEqual(report["outcome"], "success")
        self.assertNotIn("README.md", self.files(self.one))
        self.assertEqual(self.tip(self.one), self.tip(self.vault))
        self.cvat.mutate("add_shape", task=2)
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assertEqual(self.count(self.one), 2)
        self.assert_sound(self.one)

    def test_adopt_remote_with_nothing_to_adopt_changes_nothing(self):
        self.targets((self.one, "main"), (self.two, "main"))
        self.run_job()
        before = [self.tip(place) for place in (self.one, self.two, self.vault)]
        self.run_job("--adopt-remote")
        self.assertEqual([self.tip(place) for place in (self.one, self.two, self.vault)], before)


if __name__ == "__main__":
    unittest.main()
