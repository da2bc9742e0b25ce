"""GitHub jobs over ssh: large files come by the way that the server's git-lfs-authenticate tells; and what becomes of many small packs."""

import hashlib
import os
import shutil
import unittest

from github import Github
from harness import git
from mirrors import MirrorCase, lfs_clone
from servers import LfsServer


class OverSsh(MirrorCase):
    def setUp(self):
        super().setUp()
        if shutil.which("git-lfs") is None:
            self.skipTest("the program git-lfs is not installed")
        self.lfs = LfsServer(self.place("lfs"))
        self.addCleanup(self.lfs.stop)
        self.lfs.order("set", tokens=["RemoteAuth ssh-download"])
        self.ssh = self.ssh_server("--lfs", str(self.lfs.port))
        self.hub = Github(self.place("github"), "--seed", "empty", "--git-root", self.ssh.repos, "--ssh-prefix", self.ssh.url(""))
        self.addCleanup(self.hub.stop)
        self.secret("github-token", self.hub.token())
        self.secret("ssh-key", self.ssh.key())

    def configure_hub(self):
        self.config = os.path.join(self.directory, "autobackupd.yaml")
        with open(self.config, "w") as file:
            file.write(f"storage: {self.storage}\nservers:\n  hub:\n    github: {self.hub.api}\n    auth: {{token: github-token}}\n"
                       f"    ssh: {{key: ssh-key, known_hosts: {self.ssh.file('known_hosts')}}}\njobs:\n"
                       "  code:\n    schedule: manual\n    github: {user: alice, transport: ssh}\n")

    def test_large_files_come_where_the_server_says(self):
        self.hub.mutate("create_repository", owner="alice", name="large")
        path = self.hub.path("alice/large")
        content = os.urandom(5000)
        oid = hashlib.sha256(content).hexdigest()
        folder = os.path.join(self.lfs.objects, path.strip("/").replace("/", "_"))
        os.makedirs(folder)
        with open(os.path.join(folder, oid), "wb") as file:
            file.write(content)
        self.commit(path, "main", {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
                                   "x.bin": f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"})
        self.configure_hub()
        done = self.run_job(name="code")
        item = next(one for one in done.report["items"] if one["name"] == "alice/large")
        self.assertEqual(item["outcome"], "cloned", done.report)
        batches = self.lfs.requests("POST", "objects/batch")
        self.assertEqual([one["headers"]["authorization"] for one in batches], ["RemoteAuth ssh-download"])
        self.assertNotIn("RemoteAuth", done.out + done.err)
        clone = lfs_clone(self, os.path.join(self.storage, "github", "alice", "repositories", "large", "repository"))
        with open(os.path.join(clone, "x.bin"), "rb") as file:
            self.assertEqual(file.read(), content)


class SmallPacks(MirrorCase):
    def test_those_of_github_mirrors_are_joined(self):
        hub = Github(self.place("github"), "--seed", "empty")
        self.addCleanup(hub.stop)
        self.secret("github-token", hub.token())
        hub.mutate("create_repository", owner="alice", name="app")
        path = hub.path("alice/app")
        self.config = os.path.join(self.directory, "autobackupd.yaml")
        with open(self.config, "w") as file:
            file.write(f"storage: {self.storage}\nservers:\n  hub:\n    github: {hub.api}\n    auth: {{token: github-token}}\njobs:\n"
                       "  code:\n    schedule: manual\n    github: {user: alice}\n")
        mirror = os.path.join(self.storage, "github", "alice", "repositories", "app", "repository")
        most, now = 0, 0
        for number in range(20):
            self.commit(path, "main", {"file.txt": f"{number}\n" + os.urandom(200).hex()})
            self.run_job("--force", name="code")
            before, now = now, len([name for name in os.listdir(os.path.join(mirror, "objects", "pack")) if name.endswith(".pack")])
            most = max(most, now)
            if now < before:
                break
        self.assertLess(now, most, "packs were never joined")
        self.assertLessEqual(most, 16)
        self.assert_sound(mirror)
        self.assertEqual(git("rev-parse", "main", cwd=mirror), git("rev-parse", "main", cwd=path))


if __name__ == "__main__":
    unittest.main()
