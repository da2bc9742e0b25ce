"""autobackupctl gives back what a github: job mirrors."""

import unittest

from github import Github
from harness import git
from test_restore_mirrors import RestoreOfMirrors


class OfGithub(RestoreOfMirrors):
    def test_repository_wiki_and_gist(self):
        hub = Github(self.place("github"))
        self.addCleanup(hub.stop)
        self.secret("github-token", hub.token())
        self.config = self.out("autobackupd.yaml")
        with open(self.config, "w") as file:
            file.write(f"storage: {self.storage}\nservers:\n  hub:\n    github: {hub.api}\n    auth: {{token: github-token}}\njobs:\n"
                       "  code:\n    schedule: manual\n    github: {owners: [alice, acme], gists: true, repositories: {include: [\"alice/*\", acme/docs]}}\n")
        done = self.call("run", "code", "--json")
        names = {item["name"]: item["kind"] for item in done.report["items"] if item["outcome"] == "cloned"}
        listed = {one["item"]: one for one in self.told("snapshots", "code")["repositories"]}
        self.assertEqual({name: one["kind"] for name, one in listed.items()}, names)
        for number, kind in enumerate(["github_repository", "github_wiki", "github_gist"]):
            name = next(name for name, one in listed.items() if one["kind"] == kind and one["commit"])
            self.told("restore", "code", "--item", name, "--to-directory", self.out(f"d{number}"))
            self.assertEqual(git("rev-parse", "HEAD", cwd=self.out(f"d{number}")), listed[name]["commit"])
            self.assertEqual(git("status", "--porcelain", cwd=self.out(f"d{number}")), "")


if __name__ == "__main__":
    unittest.main()
