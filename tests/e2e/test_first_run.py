"""The main way through: from the configuration to a verified commit on the git server."""

import os
import unittest

from harness import Case, git, stage


class FirstRun(Case):
    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.forge = self.git_server("--create", "annotations.git", "--filter")
        self.target = os.path.join(self.forge.repos, "annotations.git")
        self.configure(self.cvat.url, job="projects: [1, 2, 3]",
                       git=f"url: {self.forge.url}/git/annotations.git\nauth: {{username: bot, password: git-password}}")

    def test_everything_is_saved_and_pushed(self):
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success")
        self.assertEqual(report["counts"]["saved"], 3)
        for item in report["items"]:
            self.assertEqual(item["outcome"], "saved", item)
            self.assertEqual([one["outcome"] for one in item["stages"] if one["outcome"] != "ok"], [])
            self.assertTrue(item["pushed"][0]["verified"])
        tip = git("rev-parse", "main", cwd=self.target)
        self.assertEqual(report["items"][-1]["commit"], git("rev-parse", "main", cwd=self.vault))
        self.assertEqual(tip, git("rev-parse", "main", cwd=self.vault))
        self.assert_sound(self.vault, self.target)
        self.assert_no_leftovers()

    def test_members_are_the_servers_own(self):
        self.run_job()
        files = self.files(self.target)
        self.assert_members(files, "cvat_backup_project_1", "project-images-video-gt-skeleton-guide.zip")
        self.assert_members(files, "cvat_backup_project_2", "project-no-tasks.zip")
        self.assert_members(files, "cvat_backup_project_3", "project-unicode-name.zip")
        self.assertIn("cvat_backup_project_1.manifest.json", files)

    def test_the_second_run_asks_three_questions_per_workspace(self):
        self.run_job()
        self.cvat.order("log/clear", {})
        report = self.run_job().report
        self.assertEqual(report["outcome"], "unchanged")
        self.assertEqual(report["counts"]["unchanged"], 3)
        asked = [one["path"] for one in self.cvat.requests()]
        # organisations, then projects, tasks and jobs of acme and of the personal space
        self.assertLessEqual(len(asked), 7, asked)
        self.assertFalse([path for path in asked if "backup" in path])

    def test_one_changed_task_is_exported_alone(self):
        self.run_job()
        self.cvat.mutate("add_shape", task=1)
        self.cvat.order("log/clear", {})
        report = self.run_job().report
        item = next(one for one in report["items"] if one["id"] == 1)
        self.assertEqual(item["outcome"], "saved")
        self.assertEqual(item["tasks"], {"total": 4, "exported": 1, "kept": 2, "skipped": 1, "failed": 0})
        exports = [one["path"] for one in self.cvat.requests(method="POST") if "backup/export" in one["path"]]
        self.assertEqual(len(exports), 1, exports)
        self.assertIn("/api/tasks/1/", exports[0])
        self.assertEqual(stage(item, "push")["branch"], "main")
        self.assert_sound(self.vault, self.target)

    def test_the_commit_message_is_the_predecessors(self):
        self.run_job()
        subjects = git("log", "--format=%s", "main", cwd=self.target).splitlines()
        self.assertEqual(len(subjects), 3)
        for subject in subjects:
            self.assertRegex(subject, r"^chore\(backup\): add cvat project \d+ backup \d{8}T\d{6}Z\.zip @ \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_force_exports_again_and_finds_it_equal(self):
        self.run_job()
        before = git("rev-parse", "main", cwd=self.vault)
        report = self.run_job("--force").report
        self.assertEqual(report["outcome"], "unchanged")
        self.assertEqual(git("rev-parse", "main", cwd=self.vault), before)

    def test_without_its_state_it_learns_again_from_the_vault(self):
        self.run_job()
        for name in os.listdir(self.storage):
            if name.startswith("state.sqlite"):
                os.remove(os.path.join(self.storage, name))
        before = git("rev-parse", "main", cwd=self.vault)
        self.cvat.order("log/clear", {})
        report = self.run_job().report
        self.assertEqual(report["counts"]["unchanged"], 3)
        self.assertEqual([one for one in self.cvat.requests(method="POST") if "export" in one["path"]], [])
        self.assertEqual(git("rev-parse", "main", cwd=self.vault), before)


if __name__ == "__main__":
    unittest.main()
