"""--from PATH and URL on restore day: HEAD of the target or of a clone of it need not name the branch of the backup."""

import os
import unittest

from harness import git
from restore_case import RestoreCase


class Branches(RestoreCase):
    def copies(self):
        """The bare target, a clone, a mirror clone, and its URL."""
        clone, mirror = self.out("clone"), self.out("mirror.git")
        git("clone", "-q", self.target, clone)
        git("clone", "-q", "--mirror", self.target, mirror)
        return [self.target, clone, mirror, "file://" + self.target]

    def assert_given_back(self, place, number, *more):
        found = self.snapshots("--from", place, *more, config=False)
        self.assertEqual([one["restorable"] for one in found], [True], place)
        path = self.out(f"{number}.zip")
        self.good("restore", "--from", place, *more, "--to-zip", path, config=False)
        self.assertEqual(self.read(path), self.read(self.zips()[0]), place)
        self.good("restore", "--from", place, *more, "--to-bundle", self.out(f"{number}.bundle"), config=False)
        self.assertEqual(self.told("verify", "--from", place, *more, config=False)["copies"][0]["versions"], 1)

    def with_readme(self, branch):
        """A target with a README of somebody's on main, and the backup on `branch`."""
        git("init", "-q", "--bare", "-b", "main", self.target)
        work = self.out("work")
        git("clone", "-q", self.target, work)
        with open(os.path.join(work, "README.md"), "w") as file:
            file.write("annotations\n")
        git("add", "README.md", cwd=work)
        git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "readme", cwd=work)
        git("push", "-q", "origin", "HEAD:main", cwd=work)
        return self.back_up(git_lines=f"url: {self.target}\nbranch: {branch}")

    def test_head_of_the_target_names_nothing(self):
        git("init", "-q", "--bare", "-b", "master", self.target)
        self.back_up(git_lines=f"url: {self.target}\nbranch: main")
        for number, place in enumerate(self.copies()):
            self.assert_given_back(place, f"none-{number}")
            self.assert_given_back(place, f"main-{number}", "--branch", "main")

    def test_head_names_a_branch_of_somebody_else(self):
        self.with_readme("backup")
        for number, place in enumerate(self.copies()):
            self.assert_given_back(place, f"none-{number}")
            self.assert_given_back(place, f"backup-{number}", "--branch", "backup")
            self.assertEqual(self.snapshots("--from", place, "--branch", "main", config=False), [], place)
            wrong = self.ask("restore", "--from", place, "--branch", "bakup", "--to-zip", self.out("no.zip"), config=False)
            self.assertIn(wrong.code, (1, 2))
            self.assertIn("there is no branch bakup", wrong.err)
            self.assertIn("backup", wrong.err.replace("bakup", ""), place)
        # What is written keeps the name of the branch.
        given = self.told("restore", "--from", self.out("clone"), "--to-bundle", self.out("named.bundle"), config=False)
        self.assertEqual(given["ref"], "refs/heads/backup")

    def test_several_branches_are_named_and_none_is_guessed(self):
        self.with_readme("backup")
        git("branch", "second", "backup", cwd=self.target)
        for number, place in enumerate(self.copies()):
            for verb in (["snapshots"], ["restore", "--to-zip", self.out("no.zip")], ["verify"]):
                done = self.ask(verb[0], "--from", place, *verb[1:], config=False)
                self.assertIn(done.code, (1, 2), place)
                for words in ("backup, second", "--branch"):
                    self.assertIn(words, done.err, place)
            self.assert_given_back(place, f"one-{number}", "--branch", "second")
        self.assertFalse(os.path.exists(self.out("no.zip")))


class VerifyFrom(RestoreCase):
    def test_every_kind_of_copy_without_a_configuration(self):
        forge = self.git_server("--create", "a.git", "--filter")
        url = f"{forge.url}/noauth/a.git"
        self.back_up(git_lines=f"url: {url}")
        clone = self.out("clone")
        git("clone", "-q", url, clone)
        archives = os.path.join(self.storage, "archives")
        for level in ("exists", "structure", "checksum"):
            for arguments in (["--from", clone], ["--from", archives], ["--from", url], [url], [clone]):
                found = self.told("verify", *arguments, "--level", level, config=False)
                self.assertEqual((found["good"], found["damaged"], found["level"]), (1, 0, level), arguments)
        self.assertEqual(found["copies"][0]["versions"], 1)
        self.assertEqual(self.told("verify", "--from", url, config=False)["copies"][0]["path"], url)
        self.assertEqual(self.ask("verify", "traffic-signs", "--from", archives, config=False).code, 0)
        self.assertEqual(self.ask("verify", clone, "--from", clone, config=False).code, 2)
        self.assertEqual(self.ask("verify", "--from", url, "--repair", config=False).code, 2)
        self.assertEqual(self.ask("verify", f"{forge.url}/noauth/nowhere.git", config=False).code, 1)
        self.flip(self.zips()[0], os.path.getsize(self.zips()[0]) // 2)
        self.assertEqual(self.ask("verify", "--from", archives, config=False).code, 1)

    def test_a_place_without_copies_is_not_good(self):
        os.makedirs(self.out("empty/traffic-signs/project-1"))
        done = self.ask("verify", "--from", self.out("empty"), config=False)
        self.assertEqual(done.code, 1, done.out)
        self.assertIn("there is no copy", done.err)


if __name__ == "__main__":
    unittest.main()
