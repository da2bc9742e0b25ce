"""Every server family: the same backup, the same ways through."""

import os
import unittest

import own_export
from harness import Case, git, token_of


class Family(Case):
    """Abstract: a family's servers (`letter`) give what the recorded backups of that family hold."""

    letter = ""
    prefix = ""
    options = ()

    def setUp(self):
        if not self.letter:
            self.skipTest("abstract")
        super().setUp()
        self.cvat = self.standin("--family", self.letter, *self.options)
        self.forge = self.git_server("--create", "annotations.git", "--filter")
        self.target = os.path.join(self.forge.repos, "annotations.git")
        self.configure_job("projects: [1, 2, 3]\ntasks: unassigned")

    def configure_job(self, job):
        self.configure(self.cvat.url, job=job,
                       git=f"url: {self.forge.url}/git/annotations.git\nauth: {{username: bot, password: git-password}}")

    def exports(self):
        """The paths of the exports begun since the log was cleared."""
        if self.letter == "A":
            return sorted({one["path"] for one in self.cvat.requests() if one["path"].endswith("/backup")})
        return [one["path"] for one in self.cvat.requests(method="POST") if "backup/export" in one["path"]]

    def test_members_are_the_servers_own(self):
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success", report)
        self.assertEqual(report["counts"]["saved"], 5)
        files = self.files(self.target)
        self.assert_members(files, "cvat_backup_project_1", self.prefix + "project-images-video-gt-skeleton-guide.zip")
        self.assert_members(files, "cvat_backup_project_2", self.prefix + "project-no-tasks.zip")
        self.assert_members(files, "cvat_backup_project_3", self.prefix + "project-unicode-name.zip")
        for task in (9, 10):
            folder = f"cvat_backup_task_{task}/"
            held = {name.removeprefix(folder): content for name, content in files.items() if name.startswith(folder)}
            self.assertEqual(held, own_export.fetch(self.cvat, token_of("admin"), "task", task, self.letter))
        self.assert_sound(self.vault, self.target)
        self.assert_no_leftovers()

    def test_the_whole_projects_own_export_is_the_same(self):
        self.run_job()
        tree = git("rev-parse", "main:cvat_backup_project_1", cwd=self.vault)
        self.configure_job("projects: [1, 2, 3]\ntasks: unassigned\nexport: project")
        self.cvat.order("log/clear", {})
        report = self.run_job("--force").report
        self.assertTrue(any("/api/projects/1/" in path for path in self.exports()))
        self.assertEqual(git("rev-parse", "main:cvat_backup_project_1", cwd=self.vault), tree)
        self.assertEqual(report["counts"]["unchanged"], 5, [item["outcome"] for item in report["items"]])

    def test_the_second_run_is_unchanged_and_cheap(self):
        self.run_job()
        tip = git("rev-parse", "main", cwd=self.target)
        self.cvat.order("log/clear", {})
        report = self.run_job().report
        self.assertEqual(report["outcome"], "unchanged")
        self.assertEqual(report["counts"]["unchanged"], 5)
        self.assertEqual(self.exports(), [])
        self.assertLessEqual(len(self.cvat.requests()), 7)
        self.assertEqual(git("rev-parse", "main", cwd=self.target), tip)

    def test_one_changed_task(self):
        self.run_job()
        before = self.files(self.target)
        self.cvat.mutate("add_shape", task=2)
        self.cvat.order("log/clear", {})
        done = self.run_job()
        self.assertEqual(done.report["outcome"], "success")
        self.assertEqual(done.report["counts"], {"saved": 1, "unchanged": 4, "partial": 0, "failed": 0, "skipped": 0, "gone": 0})
        self.assertEqual(done.item(1)["tasks"], {"total": 4, "exported": 1, "kept": 2, "skipped": 1, "failed": 0})
        self.assertEqual(len(self.exports()), 1, self.exports())
        self.assertIn("/api/tasks/2/", self.exports()[0])
        after = self.files(self.target)
        moved = sorted(name for name in after if before.get(name) != after[name] and "manifest" not in name and "details" not in name)
        self.assertEqual(moved, ["cvat_backup_project_1/task_1/annotations.json"])

    def test_a_changed_standalone_task(self):
        self.run_job()
        self.cvat.mutate("add_shape", task=10)
        done = self.run_job()
        self.assertEqual([item["id"] for item in done.report["items"] if item["outcome"] == "saved"], [10])
        self.assertIn(b"30.5", self.files(self.target)["cvat_backup_task_10/annotations.json"])

    def test_a_password_logs_in_at_most_once(self):
        self.secret("alice-password", "alice-password")
        self.configure_job("projects: [1]")
        with open(self.config) as file:
            text = file.read()
        with open(self.config, "w") as file:
            file.write(text.replace("{token: lab-token}", "{username: alice, password: alice-password}"))
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success", report)
        self.assertLessEqual(len(self.cvat.requests(path="auth/login")), 1)

    def test_the_access_token_is_a_bearer(self):
        if self.letter != "D":
            return
        self.secret("lab-token", self.cvat.order("state")["users"]["admin"]["access_token"])
        with open(self.config) as file:
            text = file.read()
        with open(self.config, "w") as file:
            file.write(text.replace("{token: lab-token}", "{access_token: lab-token}"))
        self.assertEqual(self.run_job().report["outcome"], "success")


class FamilyA(Family):
    letter, prefix = "A", "A-"


class FamilyB(Family):
    letter = "B"


class FamilyC(Family):
    letter = "C"


class FamilyCWithWords(Family):
    """Before 2.37 a 409 does not name the export that runs."""
    letter, options = "C", ("--version", "2.34.0")


class FamilyD(Family):
    letter = "D"


def load_tests(loader, standard, pattern):
    suite = unittest.TestSuite()
    for case in (FamilyA, FamilyB, FamilyC, FamilyCWithWords, FamilyD):
        suite.addTests(loader.loadTestsFromTestCase(case))
    return suite


if __name__ == "__main__":
    unittest.main()
