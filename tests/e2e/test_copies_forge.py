"""Mirrors that are kept at another forge too, whose API makes the repositories."""

import json
import os
import shutil
import unittest

from github import Github
from harness import git, stage
from mirrors import CopiesCase


class ToAForge(CopiesCase):
    def setUp(self):
        super().setUp()
        self.hub = Github(self.place("github"))
        self.addCleanup(self.hub.stop)
        self.secret("forge-token", self.hub.token())

    def copies(self, owner, more=""):
        return (f"copies: {{url: \"{self.hub.url}/{owner}/copy-{{flat}}.git\", auth: {{token: forge-token}}, create: github, api: \"{self.hub.api}\"{more}}}")

    def test_repositories_are_made_by_the_api(self):
        a = self.source("a")
        git("update-ref", "refs/pull/1/head", "dev", cwd=a)
        for owner in ("alice", "acme"):
            self.configure_mirrors({"group/a": a}, extra=self.copies(owner))
            done = self.run_mirrors()
            self.assertEqual(stage(done.item("group/a"), "push")["outcome"], "ok")
            made = self.hub.state()["repositories"][f"{owner}/copy-group-a"]
            self.assertTrue(made["private"])
            expected = {name: oid for name, oid in self.refs(a).items() if not name.startswith("refs/pull/")}
            self.assertEqual(self.refs(made["path"]), expected)
            self.assertEqual(self.run_mirrors().report["outcome"], "unchanged")

    def told(self, code=0):
        """What check-config --online says of the copies; nothing is made by it."""
        before = sorted(self.hub.state()["repositories"])
        self.hub.forget_log()
        done = self.call("check-config", "--online", "--json")
        self.assertEqual(done.code, code, done.err + done.out)
        self.assertEqual(sorted(self.hub.state()["repositories"]), before)
        self.assertEqual([one["path"] for one in self.hub.requests() if one["method"] not in ("GET", "HEAD")], [])
        return [one for one in json.loads(done.out)["online"] if ", copies at " in one["what"]]

    def test_check_config_asks_whether_it_would_be_made(self):
        a = self.source("a")
        self.configure_mirrors({"group/a": a}, extra=self.copies("alice"))
        (one,) = self.told()
        self.assertEqual((one["ok"], one["what"]), (True, f"job mirrors, copies at {self.hub.url}/alice/copy-group-a.git"))
        self.assertEqual(one["text"], "made by the first push; repositories are made for alice")
        self.configure_mirrors({"group/a": a}, extra=self.copies("acme"))
        self.assertIn("for acme", self.told()[0]["text"])
        self.run_mirrors()
        self.assertIn("may be pushed to; repositories are made for acme", self.told()[0]["text"])
        self.secret("forge-token", self.hub.token("bob"))
        self.configure_mirrors({"group/a": a}, extra=self.copies("alice"))
        (one,) = self.told(code=1)
        self.assertFalse(one["ok"])
        self.assertIn("alice", one["text"])
        self.secret("forge-token", "not-a-token-at-all")
        self.assertIn("token", self.told(code=1)[0]["text"])

    def test_without_the_right_to_make_one(self):
        self.secret("forge-token", self.hub.token("bob"))
        self.configure_mirrors({"a": self.source("a")}, extra=self.copies("alice"))
        done = self.run_mirrors(code=3)
        error = stage(done.item("a"), "push")["error"]
        self.assertIn("make repositories for alice", error["hint"])

    def test_of_a_github_job_with_wikis_and_gists(self):
        self.secret("github-token", self.hub.token())
        self.config = self.out("autobackupd.yaml")
        with open(self.config, "w") as file:
            file.write(f"storage: {self.storage}\nservers:\n  hub:\n    github: {self.hub.api}\n    auth: {{token: github-token}}\njobs:\n"
                       "  code:\n    schedule: manual\n    github:\n      owners: [alice, acme]\n      gists: true\n      repositories: {include: [\"*/docs\", \"alice/*\"]}\n"
                       f"      copies: [{{url: \"{self.out('copies')}/{{owner}}/{{name}}.git\"}}]\n"
                       f"      bundles: {{directory: {self.out('bundles')}, keep: 1}}\n")
        done = self.call("run", "code", "--json")
        for item in done.report["items"]:
            if not self.pushes(item):
                continue
            self.assertEqual(stage(item, "push")["outcome"], "ok", item)
            copy = stage(item, "push")["target"]
            kind, short = item["kind"], item["name"].split("/")[-1]
            owner = item["name"].split("/")[0] if "/" in item["name"] else "alice"
            self.assertEqual(copy, self.out(f"copies/{owner}/{'gist-' if kind == 'github_gist' else ''}{short}.git"))
            self.assert_sound(copy)
            self.assertEqual(git("rev-parse", "HEAD", cwd=copy)[:8], item["after"])
        kinds = {item["kind"] for item in done.report["items"] if self.pushes(item)}
        self.assertEqual(kinds, {"github_repository", "github_wiki", "github_gist"})
        idle = self.call("run", "code", "--json")
        self.assertEqual([item for item in idle.report["items"] if self.pushes(item)], [])
        # A copy that is behind is brought up to date although nothing was pushed at the source.
        name = next(item["name"] for item in idle.report["items"]
                    if item["kind"] == "github_repository" and item["outcome"] == "unchanged" and item["name"].startswith("alice/")
                    and os.path.isdir(self.out(f"copies/{item['name']}.git")))
        mirror = os.path.join(self.storage, "github", "alice", "repositories", name.split("/")[1], "repository")
        shutil.rmtree(os.path.join(mirror, "autobackup", "copies"))
        shutil.rmtree(self.out(f"copies/{name}.git"))
        again = self.call("run", "code", "--json")
        item = next(item for item in again.report["items"] if item["name"] == name)
        self.assertEqual((item["outcome"], stage(item, "push")["outcome"]), ("unchanged", "ok"))
        self.assertTrue(os.listdir(self.out("bundles/alice")))


if __name__ == "__main__":
    unittest.main()
