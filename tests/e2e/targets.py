"""Jobs with several git targets."""

import os

from harness import Case, git, publish


class TargetsCase(Case):
    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.one, self.two = (self.bare(name) for name in ("one", "two"))

    def bare(self, name, partial=True):
        path = os.path.join(self.directory, name + ".git")
        git("init", "-q", "--bare", "-b", "main", path)
        git("config", "uploadpack.allowFilter", "true" if partial else "false", cwd=path)
        return path

    def targets(self, *targets, projects="[1]"):
        lines = "".join(f"- url: {path}\n  branch: {branch}\n" for path, branch in targets)
        self.configure(self.cvat.url, job=f"projects: {projects}", git=lines)

    def commit_by_somebody(self, repository, files, branch="main", message="by hand"):
        clone = os.path.join(self.directory, f"clone-{len(os.listdir(self.directory))}")
        git("init", "-q", "-b", branch, clone)
        if git("for-each-ref", f"refs/heads/{branch}", cwd=repository):
            git("pull", "-q", repository, branch, cwd=clone)
        return publish(clone, files, repository, branch, message)

    def tip(self, repository, branch="main"):
        return git("rev-parse", branch, cwd=repository)

    def count(self, repository, branch="main"):
        return int(git("rev-list", "--count", branch, cwd=repository))

    def assert_same_members(self, *places):
        first = {name: content for name, content in self.files(*places[0]).items() if name.startswith("cvat_backup_")}
        self.assertTrue(first)
        for place in places[1:]:
            self.assertEqual({name: content for name, content in self.files(*place).items() if name.startswith("cvat_backup_")}, first)

    def pushes(self, report):
        return [(one["target"], one["outcome"]) for one in report["items"][0]["stages"] if one["stage"] == "push"]

    def errors(self, report):
        return [one["error"] for one in report["items"][0]["stages"] if "error" in one]
