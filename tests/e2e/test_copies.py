"""Mirrors that are kept somewhere else too: pushed to paths and servers after a change."""

import hashlib
import os
import shutil
import unittest

from harness import git, stage
from mirrors import CopiesCase, lfs_clone, pointer
from servers import LfsServer


class ToAPath(CopiesCase):
    def setUp(self):
        super().setUp()
        self.a = self.source("a")
        git("update-ref", "refs/pull/1/head", "dev", cwd=self.a)
        self.copy = self.out("copies/group/a.git")

    def configure_copies(self, copies=None, more=""):
        self.configure_mirrors({"group/a": self.a}, extra=f"copies: {copies or '{url: ' + chr(34) + self.out('copies/{name}.git') + chr(34) + '}'}\n{more}")

    def assert_copied(self, kept=True):
        mirror = self.refs(self.mirror("group/a"), ours=True)
        expected = {name: oid for name, oid in mirror.items() if kept or not name.startswith("refs/autobackup/")}
        self.assertEqual(self.refs(self.copy, ours=True), expected)
        self.assert_sound(self.copy)

    def test_it_is_made_and_follows(self):
        git("symbolic-ref", "HEAD", "refs/heads/dev", cwd=self.a)
        self.configure_copies()
        done = self.run_mirrors()
        item = done.item("group/a")
        self.assertEqual((item["outcome"], item["pushed"]), ("cloned", [{"target": self.copy, "branch": "dev", "verified": True}]))
        self.assertEqual((stage(item, "push")["outcome"], stage(item, "push")["target"]), ("ok", self.copy))
        self.assert_copied()
        self.assertEqual(git("symbolic-ref", "HEAD", cwd=self.copy), "refs/heads/dev")
        idle = self.run_mirrors()
        self.assertEqual((idle.report["outcome"], self.pushes(idle.item("group/a"))), ("unchanged", []))
        self.commit(self.a, "main", {"file.txt": "more\n"})
        self.assertEqual(stage(self.run_mirrors().item("group/a"), "push")["outcome"], "ok")
        self.assert_copied()

    def test_what_a_force_push_and_a_deletion_took_away_is_kept_there_too(self):
        self.configure_copies()
        self.run_mirrors()
        self.commit(self.a, "dev", {"other.txt": "rewritten\n"}, replace=True)
        git("update-ref", "-d", "refs/tags/v1", cwd=self.a)
        self.run_mirrors()
        self.assert_copied()
        self.assertEqual(sorted(self.kept(self.copy)), ["heads/dev", "tags/v1"])

    def test_kept_refs_stay_here_on_wish_and_nothing_is_lost_that_is_not_held(self):
        self.configure_copies("{url: \"" + self.out("copies/{name}.git") + "\", keep_refs: false, pull_refs: false}")
        self.run_mirrors()
        self.commit(self.a, "dev", {"other.txt": "rewritten\n"}, replace=True)
        self.run_mirrors()
        expected = {name: oid for name, oid in self.refs(self.mirror("group/a")).items() if not name.startswith("refs/pull/")}
        self.assertEqual(self.refs(self.copy, ours=True), expected)

    def test_given_up_history_goes_there_too(self):
        self.configure_copies(more="keep_refs: false")
        self.run_mirrors()
        self.commit(self.a, "dev", {"other.txt": "rewritten\n"}, replace=True)
        git("update-ref", "-d", "refs/tags/v1", cwd=self.a)
        self.run_mirrors()
        self.assert_copied()
        self.assertEqual(self.kept(self.copy), {})

    def test_what_somebody_else_pushed_there_is_never_taken_away(self):
        self.configure_copies()
        self.run_mirrors()
        theirs = self.commit(self.copy, "dev", {"theirs.txt": "theirs\n"})
        own = self.commit(self.copy, "own", {"own.txt": "own\n"}, parent="main")
        self.commit(self.a, "dev", {"new.txt": "new\n"})
        self.commit(self.a, "main", {"file.txt": "more\n"})
        done = self.run_mirrors(code=3)
        item = done.item("group/a")
        self.assertEqual((item["outcome"], done.report["outcome"]), ("updated", "partial"))
        failed = stage(item, "push")
        self.assertEqual((failed["outcome"], failed["error"]["code"]), ("failed", "remote_moved"))
        self.assertIn("refs/heads/dev", failed["error"]["message"])
        self.assertEqual(self.refs(self.copy)["refs/heads/dev"], theirs)
        self.assertEqual(self.refs(self.copy)["refs/heads/own"], own)
        self.assertEqual(self.refs(self.copy)["refs/heads/main"], git("rev-parse", "main", cwd=self.a))
        self.assertEqual(self.run_mirrors(code=3).item("group/a")["outcome"], "unchanged")
        git("update-ref", "-d", "refs/heads/dev", cwd=self.copy)
        done = self.run_mirrors()
        self.assertEqual((done.report["outcome"], done.item("group/a")["outcome"]), ("success", "unchanged"))
        self.assertEqual(self.refs(self.copy), {**self.refs(self.mirror("group/a")), "refs/heads/own": own})

    def test_what_a_failed_push_brought_there_is_known_as_ours(self):
        """The default branch and `topic` land, then the server dies; both are given up here before the next run."""
        git("init", "-q", "--bare", "-b", "main", self.copy)
        hook = os.path.join(self.copy, "hooks", "reference-transaction")
        with open(hook, "w") as file:
            file.write("#!/bin/sh\ntest \"$1\" = committed && grep -q refs/heads/topic && kill -9 $PPID\nexit 0\n")
        os.chmod(hook, 0o755)
        self.configure_copies(more="keep_refs: false\n")
        git("update-ref", "refs/heads/topic", "dev", cwd=self.a)
        done = self.run_mirrors(code=3)
        self.assertEqual(stage(done.item("group/a"), "push")["outcome"], "failed")
        landed = self.refs(self.copy)
        self.assertIn("refs/heads/topic", landed)
        self.assertIn("refs/heads/main", landed)
        os.remove(hook)
        git("update-ref", "-d", "refs/heads/topic", cwd=self.a)
        self.commit(self.a, "main", {"other.txt": "rewritten\n"}, replace=True)
        self.run_mirrors()
        self.assert_copied()

    def test_a_lost_or_damaged_record_is_made_good(self):
        self.configure_copies()
        self.run_mirrors()
        folder = os.path.join(self.mirror("group/a"), "autobackup", "copies")
        record = os.path.join(folder, os.listdir(folder)[0])
        for damage in ("", "x\ny\nz\n", None):
            if damage is None:
                os.remove(record)
            else:
                with open(record, "w") as file:
                    file.write(damage)
            self.commit(self.a, "dev", {"other.txt": str(damage)}, replace=True)
            self.run_mirrors()
            self.assert_copied()
            self.assertEqual(self.run_mirrors().report["outcome"], "unchanged")

    def test_a_copy_that_was_lost_is_found_out_with_force(self):
        self.configure_copies()
        self.run_mirrors()
        shutil.rmtree(self.copy)
        self.assertEqual(self.run_mirrors().report["outcome"], "unchanged")
        self.assertEqual(stage(self.run_mirrors("--force").item("group/a"), "push")["outcome"], "ok")
        self.assert_copied()

    def test_check_config_looks_at_the_place_and_makes_nothing(self):
        self.configure_copies()
        done = self.call("check-config", "--online")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn(f"copies at {self.copy}: may be written to ({self.directory} is there); made by the first push", done.err)
        self.assertFalse(os.path.exists(self.out("copies")))
        self.run_mirrors()
        self.assertIn("may be written to; it is there", self.call("check-config", "--online").err)
        shutil.rmtree(self.out("copies"))
        with open(self.out("copies"), "w") as file:
            file.write("a file in the way")
        done = self.call("check-config", "--online")
        self.assertEqual(done.code, 1)
        self.assertIn("it is no directory", done.err)

    def test_no_push_and_dry_run_push_nothing_and_the_next_run_does(self):
        self.configure_copies()
        self.run_mirrors("--dry-run")
        self.run_mirrors("--no-push")
        self.assertFalse(os.path.exists(self.copy))
        done = self.run_mirrors()
        self.assertEqual((done.report["outcome"], done.item("group/a")["outcome"]), ("success", "unchanged"))
        self.assert_copied()

    def test_large_files(self):
        if shutil.which("git-lfs") is None:
            self.skipTest("the program git-lfs is not installed")
        first, second = os.urandom(3000), os.urandom(4000)
        for content in (first, second):
            self.put_large(self.a, content)
            self.commit(self.a, "main", {".gitattributes": "*.bin filter=lfs -text\n", "x.bin": pointer(content)})
        lost = os.urandom(5000)
        self.commit(self.a, "side", {"lost.bin": pointer(lost)})
        self.configure_copies()
        done = self.run_mirrors(code=3)
        self.assertEqual(stage(done.item("group/a"), "push")["outcome"], "ok")
        self.assertTrue(any("lacks 1 large files" in text for text in done.item("group/a")["warnings"]), done.item("group/a")["warnings"])
        self.assert_copied()
        self.put_large(self.a, lost)
        done = self.run_mirrors()
        self.assertEqual(stage(done.item("group/a"), "push")["outcome"], "ok")
        lfs_clone(self, self.copy)
        self.assertEqual(self.run_mirrors().report["outcome"], "unchanged")


class ToAServer(CopiesCase):
    def setUp(self):
        super().setUp()
        self.a = self.source("a")
        self.forge = self.git_server("--create", "a-copy.git")
        self.copy = os.path.join(self.forge.repos, "a-copy.git")

    def configure_copies(self, port=None, more=""):
        url = f"http://127.0.0.1:{port or self.forge.port}/git/{{name}}-copy.git"
        self.configure_mirrors({"a": self.a}, extra=f"copies:\n  - {{url: \"{url}\", auth: {{username: bot, password: git-password}}}}\n{more}")

    def test_a_copy_that_fails_is_brought_up_to_date_by_the_next_run(self):
        proxy = self.proxy(self.forge.port)
        self.configure_copies(proxy.port)
        self.run_mirrors()
        self.assertEqual(self.refs(self.copy), self.refs(self.a))
        proxy.stop()
        self.commit(self.a, "main", {"file.txt": "more\n"})
        done = self.run_mirrors(code=3)
        item = done.item("a")
        self.assertEqual((item["outcome"], item["pushed"], stage(item, "push")["outcome"]), ("updated", [], "failed"))
        self.assertIn("push to http://127.0.0.1", done.err)
        self.configure_copies()
        done = self.run_mirrors()
        self.assertEqual((done.report["outcome"], done.item("a")["outcome"]), ("success", "unchanged"))
        self.assertEqual(self.refs(self.copy), self.refs(self.a))
        self.assert_sound(self.copy)
        self.assertEqual(self.run_mirrors().report["traffic"]["api_requests"], 0)

    def test_a_wrong_password_fails_the_copy_alone(self):
        self.secret("git-password", "wrong-password-value")
        self.configure_copies()
        done = self.run_mirrors(code=3)
        self.assertEqual(stage(done.item("a"), "push")["error"]["code"], "unauthorized")
        self.assertEqual(self.refs(self.mirror("a")), self.refs(self.a))
        self.assertNotIn("wrong-password-value", done.out + done.err)

    def test_a_server_that_refuses_a_ref_gets_the_others(self):
        hook = os.path.join(self.copy, "hooks", "update")
        with open(hook, "w") as file:
            file.write("#!/bin/sh\ntest $1 != refs/heads/dev || { echo no dev here >&2; exit 1; }\n")
        os.chmod(hook, 0o755)
        self.configure_copies()
        done = self.run_mirrors(code=3)
        failed = stage(done.item("a"), "push")
        self.assertEqual(failed["error"]["code"], "push_rejected")
        self.assertIn("no dev here", failed["error"]["peer"])
        expected = self.refs(self.a)
        expected.pop("refs/heads/dev")
        self.assertEqual(self.refs(self.copy), expected)
        os.remove(hook)
        self.assertEqual(self.run_mirrors().report["outcome"], "success")
        self.assertEqual(self.refs(self.copy), self.refs(self.a))

    def test_check_config_asks_the_server(self):
        self.configure_copies()
        done = self.call("check-config", "--online")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("a-copy.git: may be pushed to", done.err)
        self.assertEqual(self.refs(self.copy), {})
        self.secret("git-password", "wrong-password-value")
        done = self.call("check-config", "--online")
        self.assertEqual(done.code, 1)
        self.assertNotIn("wrong-password-value", done.err)
        self.configure_mirrors({"b": self.a}, extra=f"copies: [{{url: \"http://127.0.0.1:{self.forge.port}/git/{{name}}-copy.git\"}}]")
        done = self.call("check-config", "--online")
        self.assertEqual(done.code, 1)
        self.assertIn("b-copy.git", done.err)

    def test_over_ssh(self):
        ssh = self.ssh_server("--create", "a.git")
        self.secret("git-key", ssh.key())
        url = ssh.url("{name}.git")
        self.configure_mirrors({"a": self.a}, extra=f"copies: {{url: \"{url}\", auth: {{ssh_key: git-key, known_hosts: {ssh.file('known_hosts')}}}}}")
        done = self.run_mirrors()
        self.assertEqual(stage(done.item("a"), "push")["outcome"], "ok")
        self.assertEqual(self.refs(os.path.join(ssh.repos, "a.git")), self.refs(self.a))
        self.assertGreater(done.report["traffic"]["bytes_sent"], 500)

    def test_large_files_go_first(self):
        lfs = LfsServer(self.place("lfs"))
        self.addCleanup(lfs.stop)
        forge = self.git_server("--create", "a-copy.git", "--lfs", str(lfs.port), "--password", "git-password-value")
        self.secret("git-password", "git-password-value")
        content = os.urandom(3000)
        self.put_large(self.a, content)
        self.commit(self.a, "main", {"x.bin": pointer(content)})
        self.configure_copies(forge.port)
        lfs.order("fault", where="put", status=507, count=100)
        done = self.run_mirrors(code=3)
        self.assertEqual(stage(done.item("a"), "push")["outcome"], "failed")
        self.assertEqual(self.refs(os.path.join(forge.repos, "a-copy.git")), {})
        lfs.order("clear")
        self.assertEqual(self.run_mirrors().report["outcome"], "success")
        self.assertEqual(lfs.held("git_a-copy.git"), [hashlib.sha256(content).hexdigest()])


if __name__ == "__main__":
    unittest.main()
