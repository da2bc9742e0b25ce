"""Taking over what python-github-backup, the mirror script and gitim left: no new clone, nothing lost, no token in a configuration."""

import os
import unittest

from harness import git
from hub import Hub


class Adopting(Hub):
    def setUp(self):
        super().setUp()
        self.old = self.place("old")
        self.describe(f"organization: acme\nrepositories: {{include: [app, lib]}}\nwikis: false\ndirectory: {self.old}")

    def source(self, name):
        return f"{self.hub.url}/acme/{name}.git".replace("http://", f"http://x:{self.hub.token('alice')}@")

    def run_and_check(self, name, before=None):
        self.hub.forget_log()
        done = self.run_code()
        path = self.mirror(f"acme/{name}", base=self.old)
        wanted = {ref: oid for ref, oid in self.hub.refs(f"acme/{name}").items() if not ref.endswith("/merge")}
        held = {ref: oid for ref, oid in self.refs(path).items() if not ref.startswith("refs/autobackup/") and not ref.endswith("/merge")}
        self.assertEqual(held, wanted)
        self.assert_sound(path)
        self.assertEqual(git("rev-parse", "--is-bare-repository", cwd=path), "true")
        with open(os.path.join(path, "config")) as file:
            self.assertNotIn(self.hub.token("alice"), file.read())
        item = self.named(done, f"acme/{name}")
        self.assertIn(item["outcome"], ("unchanged", "updated"), "no new clone")
        return done, path

    def test_a_bare_mirror_of_python_github_backup(self):
        folder = os.path.join(self.old, "repositories", "app")
        os.makedirs(os.path.join(folder, "issues"))
        with open(os.path.join(folder, "issues", "1.json"), "w") as file:
            file.write("{}")
        git("clone", "-q", "--mirror", self.source("app"), os.path.join(folder, "repository"))
        self.run_and_check("app")
        self.assertTrue(os.path.exists(os.path.join(folder, "issues", "1.json")), "its other files stay")

    def test_a_clone_with_a_work_tree(self):
        clone = os.path.join(self.old, "repositories", "app", "repository")
        git("clone", "-q", self.source("app"), clone)
        git("commit", "-q", "--allow-empty", "-m", "only here", cwd=clone)
        mine = git("rev-parse", "HEAD", cwd=clone)
        with open(os.path.join(clone, "notes.txt"), "w") as file:
            file.write("mine")
        done, path = self.run_and_check("app")
        self.assertIn(mine, self.refs(path).values(), "a commit of somebody's own is kept")
        self.assertTrue(os.path.exists(clone + ".worktree/notes.txt"))
        self.assertIn("work tree lies in", " ".join(done.report["warnings"]))

    def test_the_mirror_scripts_directory(self):
        git("clone", "-q", "--mirror", self.source("lib"), os.path.join(self.old, "lib.git"))
        self.run_and_check("lib")
        self.assertFalse(os.path.exists(os.path.join(self.old, "lib.git")))

    def test_gitims_directory(self):
        git("clone", "-q", self.source("lib"), os.path.join(self.old, "acme", "lib"))
        self.run_and_check("lib")

    def test_gists_and_starred_repositories(self):
        """Theirs have a work tree, and lie where ours do."""
        self.describe(f'user: "@me"\ngists: true\nstarred: true\nwikis: false\ndirectory: {self.old}')
        gist, one = next(iter(self.hub.state()["gists"].items()))
        self.hub.mutate("star", user="alice", repo="acme/lib")
        gist_place = os.path.join(self.old, "gists", gist, "repository")
        starred_place = os.path.join(self.old, "starred", "acme", "lib", "repository")
        git("clone", "-q", one["path"], gist_place)
        git("remote", "set-url", "origin", f"{self.hub.url}/gist/{gist}.git", cwd=gist_place)
        git("clone", "-q", self.source("lib"), starred_place)
        done = self.run_code()
        for name, path in ((gist, gist_place), ("acme/lib", starred_place)):
            self.assertIn(self.named(done, name)["outcome"], ("unchanged", "updated"), "no new clone")
            self.assertEqual(git("rev-parse", "--is-bare-repository", cwd=path), "true")
            self.assertTrue(os.path.isdir(path + ".worktree"))
            self.assert_sound(path)

    def test_a_shallow_clone_stays_and_a_whole_one_is_made(self):
        git("clone", "-q", "--depth=1", self.source("lib"), os.path.join(self.old, "acme", "lib"))
        done = self.run_code()
        self.assertEqual(self.named(done, "acme/lib")["outcome"], "cloned")
        self.assertTrue(os.path.exists(os.path.join(self.old, "acme", "lib", ".git", "shallow")))

    def test_somebody_elses_repository_is_left_alone(self):
        other = os.path.join(self.old, "lib.git")
        git("clone", "-q", "--mirror", self.source("app"), other)
        done = self.run_code()
        self.assertEqual(self.named(done, "acme/lib")["outcome"], "cloned")
        self.assertTrue(os.path.exists(other))


if __name__ == "__main__":
    unittest.main()
