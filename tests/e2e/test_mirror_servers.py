"""Mirrors over HTTP and ssh: real git http-backend and sshd, with cuts, stalls, wrong passwords, a full disk."""

import json
import os
import shutil
import subprocess
import unittest

from harness import git, stage
from mirrors import MirrorCase

AUTH = "auth: {username: bot, password: git-password}"


class OverHttp(MirrorCase):
    def setUp(self):
        super().setUp()
        self.forge = self.git_server("--create", "a.git", "--create", "b.git")
        self.source_a, self.source_b = (os.path.join(self.forge.repos, name) for name in ("a.git", "b.git"))
        for path in (self.source_a, self.source_b):
            git("symbolic-ref", "HEAD", "refs/heads/main", cwd=path)
            for number in range(3):
                self.commit(path, "main", {"file.txt": f"{number}\n", "large.bin": os.urandom(200_000)})
            git("branch", "dev", "main~1", cwd=path)

    def configure_forge(self, port=None, extra=AUTH, **more):
        url = f"http://127.0.0.1:{port or self.forge.port}/git"
        self.configure_mirrors({"a": f"{url}/a.git", "b": f"{url}/b.git"}, extra=extra, **more)

    def test_clone_unchanged_update(self):
        self.configure_forge()
        done = self.run_mirrors()
        self.assertEqual([one["outcome"] for one in done.report["items"]], ["cloned", "cloned"])
        self.assert_mirrored(self.source_a, "a")
        self.assert_mirrored(self.source_b, "b")
        done = self.run_mirrors()
        self.assertEqual(done.report["outcome"], "unchanged")
        # One question for each: what the server can is known from the run before.
        self.assertEqual(done.report["traffic"]["api_requests"], 2)
        self.commit(self.source_a, "main", {"file.txt": "new\n"})
        done = self.run_mirrors()
        self.assertEqual([done.item(name)["outcome"] for name in ("a", "b")], ["updated", "unchanged"])
        self.assertLess(stage(done.item("a"), "fetch")["bytes"], 50_000, "what is here was sent again")
        self.assert_mirrored(self.source_a, "a")

    def test_nothing_moved_starts_no_process(self):
        if shutil.which("strace") is None:
            self.skipTest("the program strace is not installed")
        self.configure_forge()
        self.run_mirrors()
        trace = os.path.join(self.directory, "trace")
        words = ["strace", "-f", "-qq", "-e", "trace=execve,fork,vfork,renameat,renameat2,rename", "-o", trace]
        done = subprocess.run(words + self.command("run", self.job_name, "--json"), env=self.environment(), capture_output=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(trace) as file:
            lines = file.read().splitlines()
        self.assertEqual(len([line for line in lines if "execve(" in line]), 1, lines)
        self.assertEqual([line for line in lines if "mirrors/" in line], [])

    def test_a_wrong_password_is_tried_once_and_costs_nothing(self):
        self.configure_forge()
        self.run_mirrors()
        before = self.refs(self.mirror())
        self.secret("git-password", "wrong-password-value")
        done = self.run_mirrors(code=1)
        for name in ("a", "b"):
            self.assertEqual(done.errors(name)[0]["code"], "unauthorized")
        self.assertEqual(self.refs(self.mirror()), before)
        self.assertNotIn("wrong-password-value", json.dumps(done.report) + done.err)

    def test_check_config_asks_for_the_refs_and_finds_a_missing_secret(self):
        self.configure_forge()
        done = self.call("check-config", "--online")
        self.assertEqual(done.code, 0, done.err + done.out)
        self.assertIn("may be read; 3 refs", done.out + done.err)  # HEAD, main, dev
        os.remove(os.path.join(self.credentials, "git-password"))
        done = self.call("run", self.job_name, "--json")
        self.assertEqual((done.code, done.out), (2, ""))
        self.assertIn("jobs.mirrors.mirror.auth.password", done.err)

    def test_no_secret_in_the_mirror(self):
        self.configure_forge()
        self.run_mirrors()
        found = subprocess.run(["grep", "-r", "bot-password", self.storage], capture_output=True)
        self.assertEqual(found.stdout, b"")

    def test_a_cut_pack_is_tried_again(self):
        proxy = self.proxy(self.forge.port, "down:cut:150000:rst", "--connections", "1")
        self.configure_forge(proxy.port)
        done = self.run_mirrors()
        self.assertEqual(done.report["outcome"], "success", done.report)
        self.assert_mirrored(self.source_a, "a")
        self.assert_mirrored(self.source_b, "b")

    def test_packs_that_are_always_cut_leave_nothing_behind(self):
        proxy = self.proxy(self.forge.port, "down:cut:150000")
        self.configure_forge(proxy.port)
        done = self.run_mirrors(code=1)
        for name in ("a", "b"):
            self.assertIn(done.errors(name)[0]["code"], ("connection_closed", "connection_reset"))
            self.assertEqual(stage(done.item(name), "fetch")["outcome"], "failed")
            self.assertFalse(os.path.exists(self.mirror(name)))
            self.assert_tidy(self.mirror(name))
        self.configure_forge()
        self.run_mirrors()
        self.assert_mirrored(self.source_a, "a")

    def test_a_stalled_pack_is_given_up(self):
        self.configure_forge()
        self.run_mirrors()
        for path in (self.source_a, self.source_b):
            self.commit(path, "main", {"large.bin": os.urandom(400_000)})
        before = self.refs(self.mirror())
        proxy = self.proxy(self.forge.port, "down:stall:150000")
        self.configure_forge(proxy.port, top="limits: {no_progress: 1s}\n", retry="{attempts: 1}")
        done = self.run_mirrors(code=1)
        self.assertEqual(done.errors("a")[0]["code"], "no_progress")
        self.assertEqual(self.refs(self.mirror()), before)
        self.assert_sound(self.mirror())
        self.assert_tidy(self.mirror())
        self.configure_forge()
        self.run_mirrors()
        self.assert_mirrored(self.source_a, "a")

    def test_answers_that_are_not_git(self):
        for place, code in (("down", "server_error"), ("login", "bad_response"), ("elsewhere", "connection_refused")):
            url = f"http://127.0.0.1:{self.forge.port}/{place}/a.git"
            self.configure_mirrors({"a": url}, extra=AUTH)
            error = self.run_mirrors(code=1).errors("a")[0]
            self.assertEqual(error["code"], code, error)

    def test_a_dumb_server_is_told(self):
        git("update-server-info", cwd=self.source_a)
        served = subprocess.Popen(["python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", self.forge.repos, "0"],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        self.addCleanup(served.wait)
        self.addCleanup(served.kill)
        self.addCleanup(served.stdout.close)
        port = int(served.stdout.readline().split(b" port ")[1].split()[0])
        self.configure_mirrors({"a": f"http://127.0.0.1:{port}/a.git"})
        error = self.run_mirrors(code=1).errors("a")[0]
        self.assertEqual(error["code"], "unsupported", error)

    def test_the_deadline_and_cancellation_leave_a_whole_mirror(self):
        self.configure_forge()
        self.run_mirrors()
        self.commit(self.source_a, "main", {"large.bin": os.urandom(400_000)})
        proxy = self.proxy(self.forge.port, "down:stall:150000")
        self.configure_forge(proxy.port)
        process = self.start("run", self.job_name, "--json")
        packs = os.path.join(self.mirror(), "autobackup")
        from harness import waiting
        with waiting(20, "the pack to begin") as again:
            while again():
                if os.path.isdir(packs) and any(name.startswith("fetched") for name in os.listdir(packs)):
                    break
        done = self.stop(process)
        self.assertEqual((done.code, done.report["outcome"]), (5, "cancelled"))
        self.assertEqual(done.errors("a")[0]["code"], "cancelled")
        self.assert_sound(self.mirror())
        self.configure_forge()
        self.run_mirrors()
        self.assert_mirrored(self.source_a, "a")

    def test_a_full_disk_costs_nothing_and_is_told(self):
        if os.geteuid() != 0:
            self.skipTest("only root mounts a small file system")
        os.makedirs(self.storage)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", self.storage], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.storage])
        self.configure_forge(top="limits: {reserve: 0B}\n")
        self.run_mirrors()
        before = self.refs(self.mirror())
        self.commit(self.source_a, "main", {"large.bin": os.urandom(8_000_000)})
        self.commit(self.source_b, "main", {"small": "1"})
        done = self.run_mirrors(code=3)
        self.assertEqual(done.errors("a")[0]["code"], "disk_full")
        self.assertEqual(done.item("b")["outcome"], "updated")
        self.assertEqual(self.refs(self.mirror()), before)
        self.assert_sound(self.mirror())
        self.assert_tidy(self.mirror())
        subprocess.run(["mount", "-o", "remount,size=64m", self.storage], check=True)
        self.run_mirrors()
        self.assert_mirrored(self.source_a, "a")

    def test_the_reserve_is_looked_at_before_a_fetch(self):
        self.configure_forge(top="limits: {reserve: 1000TiB}\n")
        done = self.run_mirrors(code=1)
        self.assertEqual(done.errors("a")[0]["code"], "reserve")


class OverSsh(MirrorCase):
    def test_clone_and_update(self):
        server = self.ssh_server("--create", "a.git")
        source = os.path.join(server.repos, "a.git")
        git("symbolic-ref", "HEAD", "refs/heads/main", cwd=source)
        self.commit(source, "main", {"a": "1"})
        self.secret("key", server.key("reader"))
        value = f"url: \"{server.url('a.git')}\", auth: {{ssh_key: key, known_hosts: {server.file('known_hosts')}}}"
        self.configure_mirrors({"a": value}, extra="lfs: false")
        self.assertEqual(self.run_mirrors().item("a")["outcome"], "cloned")
        self.assert_mirrored(source)
        self.commit(source, "main", {"a": "2"})
        self.assertEqual(self.run_mirrors().item("a")["outcome"], "updated")
        self.assertEqual(self.run_mirrors().item("a")["outcome"], "unchanged")
        self.assert_mirrored(source)

    def test_a_server_of_the_old_protocol(self):
        server = self.ssh_server("--create", "a.git", "--no-protocol")
        source = os.path.join(server.repos, "a.git")
        git("symbolic-ref", "HEAD", "refs/heads/trunk", cwd=source)
        self.commit(source, "trunk", {"a": "1"})
        git("tag", "-a", "-m", "t", "v1", "trunk", cwd=source)
        self.secret("key", server.key("reader"))
        value = f"url: \"{server.url('a.git')}\", auth: {{ssh_key: key, known_hosts: {server.file('known_hosts')}}}"
        self.configure_mirrors({"a": value}, extra="lfs: false")
        self.run_mirrors()
        self.assert_mirrored(source)
        self.commit(source, "trunk", {"a": "2"})
        self.assertEqual(self.run_mirrors().item("a")["outcome"], "updated")
        self.assertEqual(self.run_mirrors().item("a")["outcome"], "unchanged")
        self.assert_mirrored(source)

    def test_a_strange_host_key_is_refused(self):
        server = self.ssh_server("--create", "a.git")
        self.secret("key", server.key())
        value = f"url: \"{server.url('a.git')}\", auth: {{ssh_key: key, known_hosts: {server.file('changed_hosts')}}}"
        self.configure_mirrors({"a": value})
        self.assertEqual(self.run_mirrors(code=1).errors("a")[0]["code"], "host_key_changed")


if __name__ == "__main__":
    unittest.main()
