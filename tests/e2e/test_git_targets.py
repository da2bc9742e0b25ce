"""The git side: continuing repositories, targets that move, refuse, or are away."""

import os
import unittest

from harness import Case, git, publish, stage


class Targets(Case):
    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.forge = self.git_server("--create", "annotations.git", "--filter", "--create", "plain.git",
                                     "--create", "refusing.git", "--refuse", "refusing.git=the quota is used up")
        self.target = os.path.join(self.forge.repos, "annotations.git")

    def configure_target(self, where="/git/annotations.git", password="git-password", extra=""):
        self.configure(self.cvat.url, job="projects: [1]",
                       git=f"url: {self.forge.url}{where}\nauth: {{username: bot, password: {password}}}\n{extra}")

    def commit_by_somebody(self, files, repository=None):
        """A commit pushed by another clone."""
        repository = repository or self.target
        clone = os.path.join(self.directory, f"clone-{len(os.listdir(self.directory))}")
        git("clone", "-q", repository, clone)
        git("checkout", "-q", "-B", "main", cwd=clone)
        return publish(clone, files, "origin")

    def continue_predecessor(self, repository, where):
        by_hand = self.commit_by_somebody({"README.md": "ours\n", "cvat_backup_project_1/old.txt": "old\n", "big.bin": "x" * 100_000},
                                          repository)
        self.configure_target(where)
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success", report)
        files = self.files(repository)
        self.assertEqual(files["README.md"], b"ours\n")
        self.assertNotIn("cvat_backup_project_1/old.txt", files)
        self.assert_members(files, "cvat_backup_project_1", "project-images-video-gt-skeleton-guide.zip")
        self.assertEqual(git("rev-parse", "main~1", cwd=repository), by_hand)
        self.assert_sound(self.vault, repository)

    def test_a_predecessors_repository_is_continued_without_its_blobs(self):
        self.continue_predecessor(self.target, "/git/annotations.git")
        blob = git("rev-parse", "main:big.bin", cwd=self.target)
        self.assertNotIn(blob, git("cat-file", "--batch-check", "--batch-all-objects", cwd=self.vault))
        self.assertEqual(git("config", "remote.origin.promisor", cwd=self.vault), "true")

    def test_a_server_without_filters_is_continued_shallow(self):
        self.continue_predecessor(os.path.join(self.forge.repos, "plain.git"), "/git/plain.git")
        self.assertTrue(os.path.exists(os.path.join(self.vault, "shallow")))

    def test_a_branch_that_moved_is_followed_never_forced(self):
        self.configure_target()
        self.run_job()
        by_hand = self.commit_by_somebody({"notes.txt": "kept\n"})
        self.cvat.mutate("add_shape", task=1)
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success")
        self.assertEqual(self.files(self.target)["notes.txt"], b"kept\n")
        self.assertEqual(git("rev-parse", "main~1", cwd=self.target), by_hand)
        self.assertEqual(git("rev-parse", "main", cwd=self.vault), git("rev-parse", "main", cwd=self.target))
        self.assert_sound(self.vault, self.target)

    def test_a_branch_that_moved_while_we_had_unpushed_commits(self):
        self.configure_target()
        self.run_job()
        self.cvat.mutate("add_shape", task=1)
        self.run_job("--no-push")
        unpushed = git("rev-parse", "main", cwd=self.vault)
        self.commit_by_somebody({"notes.txt": "kept\n"})
        self.cvat.mutate("add_shape", task=2)
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success")
        subjects = git("log", "--format=%s", "main", cwd=self.target).splitlines()
        self.assertEqual(len(subjects), 4, subjects)
        self.assertIn(unpushed, git("for-each-ref", "--format=%(objectname)", "refs/autobackup/keep", cwd=self.vault))
        self.assert_sound(self.vault, self.target)

    def test_a_target_that_is_away_gets_its_commits_later(self):
        self.configure_target("/down/annotations.git")
        report = self.run_job(code=3).report
        item = report["items"][0]
        self.assertEqual((report["outcome"], item["outcome"]), ("partial", "saved"))
        failed = stage(item, "push")
        self.assertEqual(failed["outcome"], "failed")
        self.assertEqual(failed["error"]["code"], "server_error")
        vault_tip = git("rev-parse", "main", cwd=self.vault)
        self.configure_target()
        self.cvat.order("log/clear", {})
        report = self.run_job().report
        item = report["items"][0]
        self.assertEqual((report["outcome"], item["outcome"]), ("success", "unchanged"))
        self.assertEqual(stage(item, "push")["outcome"], "ok")
        self.assertEqual(git("rev-parse", "main", cwd=self.target), vault_tip)
        self.assertEqual([one for one in self.cvat.requests() if "backup" in one["path"]], [])

    def test_a_refusal_keeps_the_servers_words(self):
        self.configure_target("/git/refusing.git")
        report = self.run_job(code=3).report
        error = stage(report["items"][0], "push")["error"]
        self.assertEqual(error["code"], "push_rejected")
        self.assertIn("the quota is used up", error["peer"])
        self.assertNotIn("quota", error["message"])
        self.assert_sound(self.vault)

    def test_a_wrong_password_is_tried_once_for_each_step(self):
        self.secret("wrong", "not-the-password")
        self.configure_target(password="wrong")
        report = self.run_job(code=3).report
        error = stage(report["items"][0], "push")["error"]
        self.assertEqual(error["code"], "unauthorized")
        with open(os.path.join(self.forge.directory, "log"), errors="replace") as log:
            access = log.read().split()[-1]
        if os.path.exists(access):
            with open(access) as log:
                self.assertEqual(sum(" 401 " in line for line in log), 1)

    def test_a_push_whose_answer_is_lost_is_not_repeated(self):
        proxy = self.proxy(self.forge.port, "--connections", "1", "down:cut:900:rst")
        self.configure(self.cvat.url, job="projects: [1]",
                       git=f"url: http://127.0.0.1:{proxy.port}/git/annotations.git\nauth: {{username: bot, password: git-password}}")
        report = self.run_job(code=None).report
        self.assertIn(report["outcome"], ("success", "partial"))
        again = self.run_job(code=None).report
        self.assertIn(again["outcome"], ("success", "unchanged", "partial"))
        self.assert_sound(self.vault, self.target)

    def run_job(self, *options, code=0, **more):
        if code is None:
            return self.call("run", "traffic-signs", "--json", *options)
        return super().run_job(*options, code=code, **more)

    def test_a_local_path_and_a_file_url(self):
        for number, form in enumerate(("{}", "file://{}")):
            path = os.path.join(self.directory, f"local-{number}.git")
            git("init", "-q", "--bare", path)
            self.storage = os.path.join(self.directory, f"storage-{number}")
            self.configure(self.cvat.url, job="projects: [1]", git="url: " + form.format(path))
            report = self.run_job().report
            self.assertEqual(report["outcome"], "success")
            self.assertEqual(git("rev-parse", "main", cwd=path), git("rev-parse", "main", cwd=self.vault))

    def test_a_branch_of_another_name_is_made(self):
        self.configure_target(extra="branch: backups/cvat")
        self.run_job()
        self.assertEqual(git("rev-parse", "backups/cvat", cwd=self.target), git("rev-parse", "backups/cvat", cwd=self.vault))

    def test_tls_with_a_certificate_authority_of_ones_own(self):
        forge = self.git_server("--create", "tls.git", "--tls-dir", self.place("tls"))
        url = f"https://localhost:{forge.port}/git/tls.git"
        target = f"url: {url}\nauth: {{username: bot, password: git-password}}\n"
        self.configure(self.cvat.url, job="projects: [1]", git=target)
        error = stage(self.run_job(code=3).report["items"][0], "push")["error"]
        self.assertEqual(error["code"], "certificate_invalid")
        self.configure(self.cvat.url, job="projects: [1]", git=target + f"ca_file: {self.directory}/tls/ca.pem")
        self.assertEqual(self.run_job().report["outcome"], "success")


if __name__ == "__main__":
    unittest.main()
