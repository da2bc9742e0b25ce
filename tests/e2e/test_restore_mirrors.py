"""autobackupctl gives repositories back: whole or one ref, to a new remote, a bundle or a directory, large files included."""

import hashlib
import json
import os
import shutil
import subprocess
import unittest

from harness import Done, git
from mirrors import MirrorCase, lfs_clone, pointer
from restore_case import ctl
from servers import LfsServer


class RestoreOfMirrors(MirrorCase):
    def setUp(self):
        super().setUp()
        self.ctl = ctl()

    def ask(self, *arguments, config=True, cwd=None):
        path = self.config if config else "/nonexistent.yaml"
        done = subprocess.run([self.ctl, *arguments, "--config", path], env=self.environment(), capture_output=True, timeout=120, cwd=cwd)
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def told(self, *arguments, code=0, **more):
        done = self.ask(*arguments, "--json", **more)
        self.assertEqual(done.code, code, done.err + done.out)
        return json.loads(done.out)

    def force(self, source):
        """A force-push of dev; what it took away."""
        before = git("rev-parse", "dev", cwd=source)
        self.commit(source, "dev", {"other.txt": "rewritten\n"}, replace=True)
        return before


class Listed(RestoreOfMirrors):
    def test_repositories_and_what_was_kept(self):
        a, b = self.source("a"), self.source("b")
        self.configure_mirrors({"group/a": a, "b": b})
        self.run_mirrors()
        lost = self.force(a)
        self.run_mirrors()
        document = self.told("snapshots")
        self.assertEqual((document["format"], document["snapshots"]), (1, []))
        one, other = sorted(document["repositories"], key=lambda entry: entry["item"], reverse=True)
        self.assertEqual((one["job"], one["item"], one["kind"], one["path"]), ("mirrors", "group/a", "mirror", self.mirror("group/a")))
        self.assertEqual((one["head"], one["commit"]), ("refs/heads/main", git("rev-parse", "main", cwd=a)))
        self.assertEqual(one["refs"], {"branches": 2, "tags": 2, "pulls": 0, "others": 0})
        self.assertEqual([(ref["of"], ref["commit"]) for ref in one["kept"]], [("refs/heads/dev", lost)])
        self.assertRegex(one["kept"][0]["ref"], r"^refs/autobackup/keep/\d{8}T\d{6}Z/heads/dev$")
        self.assertEqual((other["item"], other["kept"], other["restorable"]), ("b", [], True))
        text = self.ask("snapshots", "mirrors", "--item", "group/a").out
        self.assertIn(one["kept"][0]["ref"], text)
        self.assertNotIn(self.mirror("b"), text)
        copied = self.out("copied")
        shutil.copytree(os.path.join(self.storage, "mirrors", "mirrors"), copied)
        for place in (copied, os.path.join(copied, "group", "a.git")):
            found = self.told("snapshots", "--from", place, config=False)["repositories"]
            self.assertIn(git("rev-parse", "main", cwd=a), [entry["commit"] for entry in found], place)


class GivenBack(RestoreOfMirrors):
    def setUp(self):
        super().setUp()
        self.a = self.source("a")
        git("update-ref", "refs/pull/1/head", "dev~1", cwd=self.a)
        git("update-ref", "refs/notes/commits", "dev", cwd=self.a)
        self.configure_mirrors({"a": self.a, "b": self.source("b")})
        self.run_mirrors()
        self.lost = self.force(self.a)
        self.run_mirrors()
        self.usual = {name: oid for name, oid in self.refs(self.a).items() if not name.startswith("refs/pull/")}
        self.restore = ["restore", "mirrors", "--item", "a"]

    def kept_ref(self):
        return next(name for name in self.refs(self.mirror(), ours=True) if name.startswith("refs/autobackup/keep/"))

    def test_a_whole_repository_to_a_new_remote(self):
        forge = self.git_server("--create", "new.git")
        url = f"{forge.url}/git/new.git"
        with open(self.out("password"), "w") as file:
            file.write("bot-password\n")
        login = ["--username", "bot", "--password-file", self.out("password")]
        refused = self.ask(*self.restore, "--to-git", url)
        self.assertEqual(refused.code, 1)
        pushed = self.told(*self.restore, "--to-git", url, *login)
        self.assertEqual((pushed["changed"], pushed["refs"], pushed["head"]), (True, len(self.usual), "refs/heads/main"))
        new = os.path.join(forge.repos, "new.git")
        self.assertEqual(self.refs(new, ours=True), self.usual)
        self.assert_sound(new)
        self.assertFalse(self.told(*self.restore, "--to-git", url, *login)["changed"])
        everything = self.told(*self.restore, "--to-git", url, "--all-refs", *login)
        self.assertEqual(everything["refs"], len(self.refs(self.mirror(), ours=True)))
        self.assertEqual(self.refs(new, ours=True), self.refs(self.mirror(), ours=True))

    def test_a_path_that_is_not_there_becomes_a_repository(self):
        git("symbolic-ref", "HEAD", "refs/heads/dev", cwd=self.a)
        self.run_mirrors()
        done = self.ask(*self.restore, "--to-git", "new/place.git", cwd=self.directory)
        self.assertEqual(done.code, 0, done.err)
        new = self.out("new/place.git")
        self.assertEqual(self.refs(new, ours=True), self.usual)
        self.assertEqual(git("symbolic-ref", "HEAD", cwd=new), "refs/heads/dev")
        self.assert_sound(new)

    def test_nothing_is_ever_overwritten(self):
        new = self.out("new.git")
        git("init", "-q", "--bare", "-b", "main", new)
        foreign = self.commit(new, "main", {"theirs.txt": "theirs\n"})
        done = self.told(*self.restore, "--to-git", new, code=3)
        self.assertEqual([one["ref"] for one in done["refused"]], ["refs/heads/main"])
        self.assertEqual(self.refs(new), {**self.usual, "refs/heads/main": foreign})
        again = self.ask(*self.restore, "--to-git", new)
        self.assertEqual(again.code, 1, again.err)
        self.assertIn("--ref refs/heads/main:NAME", again.err)
        self.assertEqual(self.ask(*self.restore, "--to-git", new, "--ref", "main:ours").code, 0)
        self.assertEqual(git("rev-parse", "ours", cwd=new), git("rev-parse", "main", cwd=self.a))

    def test_one_ref_and_one_that_was_kept(self):
        new = self.out("new.git")
        self.told(*self.restore, "--to-git", new, "--ref", "v1-annotated")
        self.assertEqual(list(self.refs(new)), ["refs/tags/v1-annotated"])
        self.told(*self.restore, "--to-git", new, "--ref", self.kept_ref())
        self.assertEqual(git("rev-parse", "refs/heads/dev", cwd=new), self.lost)
        self.told(*self.restore, "--to-git", new, "--ref", f"{self.kept_ref()}:rescue")
        self.assertEqual(git("rev-parse", "refs/heads/rescue", cwd=new), self.lost)
        self.assert_sound(new)
        wrong = self.ask(*self.restore, "--to-git", new, "--ref", "devv")
        self.assertEqual(wrong.code, 2)
        self.assertIn('did you mean "dev"', wrong.err)

    def test_a_bundle(self):
        given = self.told(*self.restore, "--to-bundle", self.out("a.bundle"))
        self.assertEqual(given["refs"], len(self.usual))
        git("bundle", "verify", self.out("a.bundle"), cwd=self.a)
        git("clone", "-q", "--mirror", self.out("a.bundle"), self.out("clone.git"))
        self.assertEqual(self.refs(self.out("clone.git")), self.usual)
        git("clone", "-q", self.out("a.bundle"), self.out("clone"))
        self.assertEqual(git("rev-parse", "HEAD", cwd=self.out("clone")), git("rev-parse", "main", cwd=self.a))
        self.assertEqual(self.ask(*self.restore, "--to-bundle", self.out("a.bundle")).code, 2)
        self.told(*self.restore, "--to-bundle", self.out("a.bundle"), "--force", "--ref", self.kept_ref())
        self.assertEqual(git("bundle", "list-heads", self.out("a.bundle")), f"{self.lost} refs/heads/dev\n{self.lost} HEAD")

    def test_a_directory_to_work_in(self):
        run = os.path.join(self.a, "..", "work")
        git("clone", "-q", self.a, run)
        with open(os.path.join(run, "run.sh"), "w") as file:
            file.write("#!/bin/sh\n")
        os.chmod(os.path.join(run, "run.sh"), 0o755)
        os.symlink("folder/1.txt", os.path.join(run, "link"))
        os.makedirs(os.path.join(run, "folder.d"))
        with open(os.path.join(run, "folder.d", "ä name.txt"), "w") as file:
            file.write("x")
        git("add", "-A", cwd=run)
        git("commit", "-q", "-m", "more", cwd=run)
        git("push", "-q", "origin", "main", cwd=run)
        self.run_mirrors()
        given = self.told(*self.restore, "--to-directory", self.out("app"))
        app = self.out("app")
        self.assertEqual(self.refs(app), {**self.usual, "refs/heads/main": git("rev-parse", "main", cwd=run)})
        self.assertEqual(git("status", "--porcelain", cwd=app), "")
        self.assertEqual(git("diff", "HEAD", cwd=app), "")
        self.assertEqual(git("symbolic-ref", "HEAD", cwd=app), "refs/heads/main")
        self.assertTrue(os.access(os.path.join(app, "run.sh"), os.X_OK))
        self.assertEqual(os.readlink(os.path.join(app, "link")), "folder/1.txt")
        self.assert_sound(app)
        self.assertEqual(subprocess.run(["diff", "-r", "--exclude=.git", app, run], check=False).returncode, 0)
        self.assertEqual(git("remote", "get-url", "origin", cwd=app), self.a)
        git("-c", "core.autocrlf=false", "commit", "-q", "--allow-empty", "-m", "goes on", cwd=app)
        self.assertGreater(given["objects"], 5)
        occupied = self.ask(*self.restore, "--to-directory", app)
        self.assertEqual(occupied.code, 2)
        self.told(*self.restore, "--to-directory", self.out("bare.git"), "--bare", "--all-refs")
        self.assertEqual(self.refs(self.out("bare.git"), ours=True), self.refs(self.mirror(), ours=True))
        self.assertEqual(git("rev-parse", "--is-bare-repository", cwd=self.out("bare.git")), "true")
        self.told(*self.restore, "--to-directory", self.out("kept"), "--ref", self.kept_ref())
        self.assertEqual(git("rev-parse", "HEAD", cwd=self.out("kept")), self.lost)
        self.told(*self.restore, "--to-directory", self.out("tag"), "--ref", "v1-annotated")
        self.assertEqual(git("rev-parse", "HEAD", cwd=self.out("tag")), git("rev-parse", "v1-annotated^{commit}", cwd=self.a))
        self.assertEqual(git("status", "--porcelain", cwd=self.out("tag")), "")
        self.assertEqual([name for name in os.listdir(self.directory) if name.endswith(".part")], [])

    def test_a_mirror_alone_is_enough(self):
        lone = self.out("lone.git")
        shutil.copytree(self.mirror(), lone)
        shutil.rmtree(self.storage)
        self.told("restore", "--from", lone, "--to-git", self.out("new.git"), config=False)
        self.assertEqual(self.refs(self.out("new.git")), self.usual)
        self.told("restore", "--from", self.out("new.git"), "--to-directory", self.out("app"), config=False)
        self.assertEqual(git("status", "--porcelain", cwd=self.out("app")), "")

    def test_a_damaged_mirror_gives_nothing_half_made(self):
        packs = os.path.join(self.mirror(), "objects", "pack")
        pack = max((os.path.join(packs, name) for name in os.listdir(packs) if name.endswith(".pack")), key=os.path.getsize)
        self.flip(pack, os.path.getsize(pack) // 2)
        before = sorted(os.listdir(self.directory))
        for way in (["--to-directory", self.out("d")], ["--to-bundle", self.out("b")]):
            done = self.ask(*self.restore, *way)
            self.assertEqual(done.code, 1, done.err)
        self.assertEqual(sorted(os.listdir(self.directory)), before)

    def test_what_is_asked_wrongly_is_told(self):
        for arguments, words in ((["restore", "mirrors", "--to-directory", self.out("x")], "name one with --item: a, b"),
                                 ([*self.restore, "--to-zip", self.out("x")], "a repository is no ZIP"),
                                 ([*self.restore, "--to-cvat", "https://cvat.example.org"], "a repository does not go to CVAT"),
                                 ([*self.restore, "--at", "2026-11-01", "--to-directory", self.out("x")], "--at and --snapshot are for projects and tasks"),
                                 (["restore", "mirrors", "--item", "c", "--to-directory", self.out("x")], "there is no repository of this name")):
            done = self.ask(*arguments)
            self.assertEqual((done.code, words in done.err), (2, True), done.err)
        self.assertIn("would restore a", self.ask(*self.restore, "--to-directory", self.out("x"), "--dry-run").out)
        self.assertFalse(os.path.exists(self.out("x")))


class BesideOtherJobs(RestoreOfMirrors):
    def test_the_name_alone_is_enough(self):
        self.configure_mirrors({"group/a": self.source("a")})
        with open(self.config, "a") as file:
            file.write("  signs:\n    schedule: manual\n    cvat: {server: lab}\nservers:\n  lab:\n    cvat: http://127.0.0.1:1\n    auth: {token: lab-token}\n")
        self.run_mirrors()
        self.assertEqual([one["item"] for one in self.told("snapshots")["repositories"]], ["group/a"])
        self.told("restore", "--item", "group/a", "--to-directory", self.out("app"))
        self.assertEqual(git("status", "--porcelain", cwd=self.out("app")), "")
        self.assertEqual(self.ask("restore", "signs", "--to-directory", self.out("x")).code, 2)


class LargeFiles(RestoreOfMirrors):
    def setUp(self):
        super().setUp()
        if shutil.which("git-lfs") is None:
            self.skipTest("the program git-lfs is not installed")
        self.a = self.source("a")
        self.old, self.new = os.urandom(3000), os.urandom(4000)
        for content in (self.old, self.new):
            self.put_large(self.a, content)
            self.commit(self.a, "main", {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "x.bin": pointer(content)})
        self.configure_mirrors({"a": self.a})
        self.run_mirrors()

    def test_to_a_server_they_go_before_the_refs(self):
        lfs = LfsServer(self.place("lfs"))
        self.addCleanup(lfs.stop)
        forge = self.git_server("--create", "new.git", "--lfs", str(lfs.port), "--password", "git-password-value")
        lfs.order("fault", where="put", status=507, count=100)
        with open(self.out("password"), "w") as file:
            file.write("git-password-value\n")
        order = ["restore", "mirrors", "--to-git", f"{forge.url}/git/new.git", "--username", "bot", "--password-file", self.out("password")]
        refused = self.ask(*order)
        self.assertEqual(refused.code, 1, refused.err)
        self.assertIn("507", refused.err)
        self.assertEqual(self.refs(os.path.join(forge.repos, "new.git")), {})
        lfs.order("clear")
        pushed = self.told(*order)
        self.assertEqual((pushed["large_files"], pushed["large_files_missing"]), (2, 0))
        held = {name for _, _, names in os.walk(lfs.objects) for name in names}
        self.assertEqual(held, {hashlib.sha256(content).hexdigest() for content in (self.old, self.new)})

    def test_to_a_path_and_into_a_directory(self):
        self.told("restore", "mirrors", "--to-git", self.out("new.git"))
        lfs_clone(self, self.out("new.git"))
        given = self.told("restore", "mirrors", "--to-directory", self.out("app"))
        self.assertEqual(given["large_files"], 2)
        with open(self.out("app/x.bin"), "rb") as file:
            self.assertEqual(file.read(), self.new)
        self.assertEqual(git("status", "--porcelain", cwd=self.out("app")), "")
        lfs_clone(self, self.out("app"))
        given = self.told("restore", "mirrors", "--to-bundle", self.out("a.bundle"), code=3)
        self.assertEqual(given["large_files"], 2)

    def test_one_that_is_missing_is_told(self):
        os.remove(next(os.path.join(place, name) for place, _, names in os.walk(os.path.join(self.mirror(), "lfs")) for name in names
                       if name == hashlib.sha256(self.old).hexdigest()))
        given = self.told("restore", "mirrors", "--to-git", self.out("new.git"), code=3)
        self.assertEqual((given["large_files"], given["large_files_missing"]), (1, 1))
        self.assertEqual(self.refs(self.out("new.git")), self.refs(self.a))


if __name__ == "__main__":
    unittest.main()
