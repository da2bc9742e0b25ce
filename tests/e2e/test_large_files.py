"""Files over the limit: pointers in git, objects in Git LFS; the real git-lfs is the judge."""

import hashlib
import json
import os
import shutil
import subprocess
import unittest
import zipfile

from harness import FIXED_ENVIRONMENT, SAMPLES, Case, git, stage
from servers import LfsServer

FOLDER = "cvat_backup_project_1"
SAMPLE = os.path.join(SAMPLES, "project-images-video-gt-skeleton-guide.zip")
LIMIT = 2000


def members():
    with zipfile.ZipFile(SAMPLE) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def large_members():
    return {name: content for name, content in members().items() if len(content) > LIMIT}


class LargeFilesCase(Case):
    """An LFS server, and the judgement of the real git-lfs over what lies on a target."""

    def setUp(self):
        super().setUp()
        if shutil.which("git-lfs") is None:
            self.skipTest("the program git-lfs is not installed")
        self.secret("git-password", "git-password-value")
        self.cvat = self.standin()
        self.lfs = LfsServer(self.place("lfs"))
        self.addCleanup(self.lfs.stop)
        self.forge = self.git_server("--create", "annotations.git", "--filter", "--password", "git-password-value", "--lfs", str(self.lfs.port))
        self.target = os.path.join(self.forge.repos, "annotations.git")
        self.configure_target()

    def configure_target(self, url=None, extra="", job="projects: [1]", top=""):
        url = url or f"{self.forge.url}/git/annotations.git"
        auth = "auth: {username: bot, password: git-password}\n" if url.startswith("http") else ""
        self.configure(self.cvat.url, job=job, top=top, git=f"url: {url}\n{auth}large_file_limit: {LIMIT}B\n{extra}")

    def lfs_git(self, *arguments, cwd=None):
        """git with the filters of git-lfs installed; returns stdout and stderr."""
        filters = {"filter.lfs.clean": "git-lfs clean -- %f", "filter.lfs.smudge": "git-lfs smudge -- %f",
                   "filter.lfs.process": "git-lfs filter-process", "filter.lfs.required": "true", "safe.directory": "*"}
        environment = {**FIXED_ENVIRONMENT, "HOME": self.directory, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
                       "GIT_CONFIG_COUNT": str(len(filters))}
        for number, (key, value) in enumerate(filters.items()):
            environment[f"GIT_CONFIG_KEY_{number}"], environment[f"GIT_CONFIG_VALUE_{number}"] = key, value
        done = subprocess.run(["git", *arguments], cwd=cwd, env=environment, capture_output=True, timeout=120)
        text = (done.stdout + done.stderr).decode(errors="replace")
        self.assertEqual(done.returncode, 0, text)
        return text

    def assert_clone(self, url, expected=None, name="clone"):
        """A clone by the real git-lfs has every file's original bytes, and git lfs fsck is content."""
        clone = os.path.join(self.directory, name)
        self.lfs_git("clone", "-q", "-b", "main", url, clone)
        held = {}
        for place, _, names in os.walk(os.path.join(clone, FOLDER)):
            for one in names:
                path = os.path.join(place, one)
                with open(path, "rb") as file:
                    held[os.path.relpath(path, os.path.join(clone, FOLDER))] = file.read()
        self.assertIn(".gitattributes", held)
        attributes = held.pop(".gitattributes").decode().splitlines()
        expected = expected or members()
        self.assertEqual(sorted(held), sorted(expected))
        for one, content in expected.items():
            self.assertEqual(held[one], content, one)
        self.assertEqual(len(attributes), sum(len(content) > LIMIT for content in expected.values()))
        self.assertIn("Git LFS fsck OK", self.lfs_git("lfs", "fsck", cwd=clone))
        self.assertEqual(self.lfs_git("status", "--porcelain", cwd=clone), "")
        return clone

    def clone_url(self):
        return f"http://bot:git-password-value@127.0.0.1:{self.forge.port}/git/annotations.git"

    def push_error(self, report):
        self.assertEqual(report["outcome"], "partial", report)
        self.assertEqual(report["items"][0]["outcome"], "saved")
        failed = stage(report["items"][0], "push")
        self.assertEqual(failed["outcome"], "failed")
        self.assertEqual(git("for-each-ref", cwd=self.target), "", "a branch without its objects")
        self.assertNotIn("git-password-value", json.dumps(report))
        return failed["error"]


class LargeFiles(LargeFilesCase):
    def test_git_lfs_clones_the_original_bytes(self):
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success", report)
        self.assert_clone(self.clone_url())
        self.assert_sound(self.vault, self.target)
        oids = sorted({hashlib.sha256(content).hexdigest() for content in large_members().values()})
        self.assertEqual(self.lfs.held(), oids)
        stored = [name for _, _, names in os.walk(os.path.join(self.vault, "lfs/objects")) for name in names]
        self.assertEqual(sorted(stored), oids)
        manifest = json.loads(self.files(self.target)[f"{FOLDER}.manifest.json"])
        sizes = {one["name"]: one["size"] for one in manifest["members"]}
        self.assertEqual(sizes, {name: len(content) for name, content in members().items()})
        batch = self.lfs.requests("POST", "objects/batch")[0]["batch"]
        self.assertEqual((batch["operation"], batch["transfers"], batch["hash_algo"]), ("upload", ["basic"], "sha256"))
        self.assertEqual(batch["ref"], {"name": "refs/heads/main"})

    def test_the_next_version_sends_only_what_is_new_and_keeps_the_rest(self):
        self.configure_target(top="", job="projects: [1]")
        with open(self.config, "a") as file:
            file.write("    archive: {}\n")
        self.run_job()
        self.lfs.order("clear")
        self.cvat.mutate("add_shape", task=1)
        report = self.run_job().report
        self.assertEqual(report["items"][0]["tasks"]["kept"], 2, report)
        self.assertEqual(report["outcome"], "success")
        self.assertEqual(self.lfs.requests("PUT", "data/"), [])
        clone = self.assert_clone_of_archive(report)
        self.assertTrue(os.path.exists(clone))
        self.lfs.order("clear")
        self.assertEqual(self.run_job().report["outcome"], "unchanged")
        self.assertEqual(self.lfs.order("log")["requests"], [])

    def assert_clone_of_archive(self, report):
        """The dated ZIP holds the real contents, and is what a clone of the target has."""
        path = os.path.join(self.storage, report["items"][0]["archive"]["path"])
        with zipfile.ZipFile(path) as archive:
            self.assertIsNone(archive.testzip())
            inside = {name: archive.read(name) for name in archive.namelist()}
        self.assertNotIn(".gitattributes", inside)
        for name, content in large_members().items():
            if "/data/" in name:
                self.assertEqual(inside[name], content, name)
        return self.assert_clone(self.clone_url(), inside)

    def test_a_state_that_is_lost_is_learned_again_from_the_vault(self):
        self.run_job()
        tip = git("rev-parse", "main", cwd=self.vault)
        os.unlink(os.path.join(self.storage, "state.sqlite"))
        self.lfs.order("clear")
        report = self.run_job().report
        self.assertIn(report["items"][0]["outcome"], ("unchanged",))
        self.assertEqual(git("rev-parse", "main", cwd=self.vault), tip)
        self.assertEqual(self.lfs.requests("PUT"), [])

    def test_everything_exported_again_is_unchanged(self):
        self.run_job()
        report = self.run_job("--force").report
        self.assertEqual(report["items"][0]["outcome"], "unchanged", report)

    def test_hrefs_on_another_host_get_no_credentials(self):
        self.lfs.order("set", elsewhere=True)
        self.assertEqual(self.run_job().report["outcome"], "success")
        elsewhere = [one for one in self.lfs.order("log")["requests"] if one["elsewhere"]]
        self.assertEqual(len(elsewhere), len({content for content in large_members().values()}))
        for one in elsewhere:
            self.assertNotIn("authorization", one["headers"])
        self.assert_clone(self.clone_url())

    def test_a_server_that_wants_to_verify(self):
        self.lfs.order("set", verify=True)
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assertEqual(len(self.lfs.requests("POST", "/verify")), len(self.lfs.held()))

    def test_refusals_keep_the_branch_away_and_the_next_run_brings_it(self):
        for where, status, code in (("object-upload", 404, "not_found"), ("object-upload", 410, "not_found"), ("object-upload", 422, "bad_request"),
                                    ("put", 507, "server_error"), ("batch", 403, "forbidden"), ("batch", 404, "not_found")):
            with self.subTest(where=where, status=status):
                shutil.rmtree(self.storage, ignore_errors=True)
                shutil.rmtree(self.lfs.objects, ignore_errors=True)
                git("update-ref", "-d", "refs/heads/main", cwd=self.target)
                self.lfs.order("clear")
                self.lfs.order("fault", where=where, status=status, message="words of the forge")
                error = self.push_error(self.run_job(code=3).report)
                self.assertEqual((error["code"], error["peer"], error["transient"]), (code, "words of the forge", False), error)
                self.assertNotIn("words of the forge", error["message"])
                report = self.run_job().report
                self.assertEqual((report["outcome"], report["items"][0]["outcome"]), ("success", "unchanged"))
                self.assertEqual(git("rev-parse", "main", cwd=self.target), git("rev-parse", "main", cwd=self.vault))

    def test_what_passes_is_tried_again_in_the_same_run(self):
        self.lfs.order("fault", where="put", cut=100)
        self.lfs.order("fault", where="expired")
        self.lfs.order("fault", where="batch", status=503, skip=1)
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success", report)
        self.assert_clone(self.clone_url())

    def test_a_server_that_loses_what_it_took_does_not_get_the_branch(self):
        self.lfs.order("fault", where="put", forget=True, count=1)
        error = self.push_error(self.run_job(code=3).report)
        self.assertEqual(error["code"], "push_unverified")

    def test_a_wrong_sha256_here_is_found_before_it_is_sent(self):
        self.configure_target(url=f"{self.forge.url}/down/annotations.git")
        self.run_job(code=3)
        place, _, names = next(one for one in os.walk(os.path.join(self.vault, "lfs/objects")) if one[2])
        path = os.path.join(place, names[0])
        with open(path, "r+b") as file:
            first = file.read(1)
            file.seek(0)
            file.write(bytes([first[0] ^ 1]))
        self.configure_target()
        error = stage(self.run_job(code=3).report["items"][0], "push")["error"]
        self.assertEqual(error["code"], "content_mismatch", error)
        self.assertIn(names[0], error["object"])
        self.assertNotIn(names[0], self.lfs.held())
        os.unlink(path)
        self.assertEqual(self.run_job("--force").report["outcome"], "success")
        self.assert_clone(self.clone_url())

    def test_a_server_without_lfs_is_told_with_the_way_out(self):
        plain = self.git_server("--create", "annotations.git", "--password", "git-password-value")
        self.configure_target(url=f"{plain.url}/git/annotations.git")
        error = self.push_error(self.run_job(code=3).report)
        self.assertIn("Git LFS", error["message"])
        self.assertIn("large_file_limit", error["hint"])
        self.assertFalse(error["transient"])

    def test_refuse_fails_before_anything_is_pushed(self):
        self.configure_target(extra="large_files: refuse")
        report = self.run_job(code=1).report
        error = stage(report["items"][0], "commit")["error"]
        self.assertEqual(error["code"], "unsupported")
        self.assertTrue(any(name in error["message"] for name in large_members()), error)
        self.assertEqual(git("for-each-ref", cwd=self.target), "")
        self.assertEqual(self.lfs.order("log")["requests"], [])

    def test_turning_it_on_later_rewrites_nothing(self):
        self.configure(self.cvat.url, job="projects: [1]",
                       git=f"url: {self.forge.url}/git/annotations.git\nauth: {{username: bot, password: git-password}}")
        self.run_job()
        tip = git("rev-parse", "main", cwd=self.target)
        self.configure_target()
        self.run_job("--force")
        self.assertEqual(git("rev-parse", "main", cwd=self.target), tip)
        self.assertEqual(self.lfs.held(), [])

    def test_a_path_takes_the_objects_too(self):
        for number, form in enumerate(("{}", "file://{}")):
            path = os.path.join(self.directory, f"local-{number}.git")
            git("init", "-q", "--bare", path)
            self.storage = os.path.join(self.directory, f"storage-{number}")
            self.configure_target(url=form.format(path))
            self.assertEqual(self.run_job().report["outcome"], "success")
            self.assert_clone(f"file://{path}", name=f"clone-{number}")


if __name__ == "__main__":
    unittest.main()
