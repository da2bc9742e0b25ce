"""kill -9 at the system calls with which a first run changes something: one with large files, and one that is put together while its tasks
come. AUTOBACKUPD_NIGHTLY=1 takes each of them."""

import os
import shutil
import subprocess
import sys
import unittest

import own_export
from harness import binary, git, token_of
from test_large_files import LargeFilesCase

SAMPLES_IN_CI = 24


class KillEverywhere(LargeFilesCase):
    def setUp(self):
        super().setUp()
        self.helper = os.path.join(os.path.dirname(binary()), "tests", "support", "fault_run")
        if not os.path.exists(self.helper):
            self.skipTest("fault_run is not built (-DAUTOBACKUPD_TESTS=ON)")

    def run_with_kill(self, at):
        """(calls counted, killed?, exit code, name of the call)"""
        result, log = (os.path.join(self.directory, name) for name in ("fault", "fault.log"))
        subprocess.run([self.helper, result, log, str(at), *self.command("run", "traffic-signs", "--json")], env=self.environment(), check=True,
                       timeout=120)
        with open(result) as file:
            words = file.read().split() + [""]
        return int(words[0]), words[1] == "1", int(words[2]), words[3]

    def start_anew(self):
        shutil.rmtree(self.storage, ignore_errors=True)
        shutil.rmtree(self.lfs.objects, ignore_errors=True)
        shutil.rmtree(self.target)
        shutil.copytree(self.target + ".saved", self.target, symlinks=True)

    def assert_no_pointer_without_object(self):
        """Whatever stands on the target's branch, those who clone it get it whole."""
        if not git("for-each-ref", "refs/heads/main", cwd=self.target):
            return
        held = set(self.lfs.held())
        for content in self.files(self.target).values():
            if content.startswith(b"version https://git-lfs"):
                self.assertIn(content.split(b"sha256:")[1][:64].decode(), held)

    def test_the_next_run_completes_it(self):
        shutil.copytree(self.target, self.target + ".saved", symlinks=True)
        calls, _, code, _ = self.run_with_kill(0)
        self.assertEqual(code, 0)
        self.assertGreater(calls, 100)
        whole = self.files(self.target)
        step = 1 if os.environ.get("AUTOBACKUPD_NIGHTLY") else max(1, calls // SAMPLES_IN_CI)
        killed = 0
        for at in range(1, calls + 1, step):
            self.start_anew()
            _, was_killed, _, name = self.run_with_kill(at)
            if not was_killed:
                continue  # threads need not wake each other equally often each time
            killed += 1
            with self.subTest(at=at, of=calls, name=name):
                if os.path.isdir(self.vault):
                    self.assert_sound(self.vault)
                self.assert_sound(self.target)
                self.assert_no_pointer_without_object()
                self.assertIn(self.run_job().report["outcome"], ("success", "unchanged"))
                self.assertEqual(git("for-each-ref", "--format=%(refname)", cwd=self.target), "refs/heads/main")
                self.assertEqual(git("rev-parse", "main", cwd=self.target), git("rev-parse", "main", cwd=self.vault))
                self.assert_no_pointer_without_object()
                self.assert_no_leftovers()
                self.assertEqual({name for name in self.files(self.target)}, set(whole))
                self.assert_sound(self.vault, self.target)
        self.assertGreater(killed, calls // step // 2)
        print(f"killed {killed} runs at {calls} calls", file=sys.stderr)
        self.assert_clone(self.clone_url())


class KillWhileGathering(KillEverywhere):
    standin_options = ("--seed", "big:4:40:1000000:1")  # 40 MB: one part goes ahead

    def configure_target(self):
        self.configure(self.cvat.url, job="projects: [1]\nexport: tasks",
                       git=f"url: {self.forge.url}/git/annotations.git\nauth: {{username: bot, password: git-password}}")

    def assert_clone(self, url):
        clone = os.path.join(self.directory, "clone")
        git("clone", "-q", "-b", "main", url, clone)
        own = own_export.fetch(self.cvat, token_of("admin"), "project", 1)
        for name, content in own.items():
            with open(os.path.join(clone, "cvat_backup_project_1", name), "rb") as file:
                self.assertEqual(file.read(), content, name)


if __name__ == "__main__":
    unittest.main()
