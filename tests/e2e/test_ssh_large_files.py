"""Large files of ssh targets: git-lfs-authenticate tells the way in; the real git-lfs is the judge."""

import json
import os
import subprocess
import unittest
from unittest import mock

from harness import FIXED_ENVIRONMENT
from test_large_files import LIMIT, LargeFilesCase, large_members


class SshLargeFiles(LargeFilesCase):
    """The LFS server takes what git-lfs-authenticate of the sshd gives, and nothing else of ours."""

    def setUp(self):
        super().setUp()
        self.lfs.order("set", tokens=["RemoteAuth ssh-upload", "RemoteAuth ssh-download"])
        self.ssh = self.ssh_server("--create", "a.git", "--lfs", str(self.lfs.port))
        self.target = os.path.join(self.ssh.repos, "a.git")
        self.secret("git-key", self.ssh.key())
        self.configure(self.cvat.url, job="projects: [1]",
                       git=f"url: {self.ssh.url('a.git')}\nauth: {{ssh_key: git-key, known_hosts: {self.ssh.file('known_hosts')}}}\n"
                           f"large_file_limit: {LIMIT}B\n")

    def answer(self, **given):
        with open(self.ssh.file("lfs_answer.json"), "w") as file:
            json.dump(given, file)

    def asked(self):
        path = self.ssh.file("lfs_asked")
        if not os.path.exists(path):
            return []
        with open(path) as log:
            return [line.split()[-1] for line in log]

    def held_here(self):
        return self.lfs.held(self.target.strip("/").replace("/", "_"))

    def test_objects_go_where_the_server_says_and_git_lfs_clones_them(self):
        done = self.run_job()
        self.assertEqual(done.report["outcome"], "success", done.report)
        self.assertEqual(self.asked(), ["upload", "download"])
        self.assertEqual(len(self.held_here()), len(set(large_members().values())))
        batches = self.lfs.requests("POST", "objects/batch")
        self.assertEqual([one["headers"]["authorization"] for one in batches], ["RemoteAuth ssh-upload", "RemoteAuth ssh-download"])
        self.assertNotIn("RemoteAuth", done.out + done.err)
        found = subprocess.run(["grep", "-rlF", "RemoteAuth", self.storage], capture_output=True, text=True)
        self.assertEqual(found.stdout, "", "the header lies in the storage")
        ssh = f"ssh -i {self.ssh.file('client')} -o IdentitiesOnly=yes -o UserKnownHostsFile={self.ssh.file('known_hosts')}"
        with mock.patch.dict(FIXED_ENVIRONMENT, GIT_SSH_COMMAND=ssh):
            self.assert_clone(self.ssh.url("a.git"))
        self.assert_sound(self.vault, self.target)

    def test_a_server_without_it_is_told_with_the_way_out(self):
        os.remove(os.path.join(self.ssh.directory, "bin", "git-lfs-authenticate"))
        error = self.push_error(self.run_job(code=3).report)
        self.assertEqual((error["code"], error["transient"]), ("unsupported", False))
        self.assertIn("unrecognized command", error["peer"])
        self.assertIn("large_file_limit", error["hint"])
        self.assertEqual(self.lfs.requests(), [])

    def test_a_refusal_keeps_the_servers_words_and_the_next_run_brings_it(self):
        self.answer(exit=1, words="Deploy key: write access denied")
        error = self.push_error(self.run_job(code=3).report)
        self.assertEqual((error["code"], error["peer"]), ("forbidden", "Deploy key: write access denied"))
        self.answer(header={"Authorization": "RemoteAuth ssh-OPERATION"})
        report = self.run_job().report
        self.assertEqual((report["outcome"], report["items"][0]["outcome"]), ("success", "unchanged"))
        self.assertEqual(len(self.held_here()), len(set(large_members().values())))

    def test_a_header_that_the_lfs_server_does_not_take(self):
        self.answer(header={"Authorization": "RemoteAuth stolen"})
        report = self.run_job(code=3).report
        self.assertEqual(self.push_error(report)["code"], "unauthorized")
        self.assertNotIn("stolen", json.dumps(report))

    def test_an_answer_that_is_none(self):
        self.answer(exit=0, words="")
        os.chmod(os.path.join(self.ssh.directory, "bin", "git-lfs-authenticate"), 0o755)
        self.assertEqual(self.push_error(self.run_job(code=3).report)["code"], "bad_response")


if __name__ == "__main__":
    unittest.main()
