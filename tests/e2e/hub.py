"""A GitHub stand-in and a job that mirrors from it."""

import os

from github import Github
from harness import Case, git


class Hub(Case):
    options = ()

    def setUp(self):
        super().setUp()
        self.hub = Github(self.place("hub"), *self.options)
        self.addCleanup(self.hub.stop)
        self.secret("github-token", self.hub.token("alice"))
        self.describe("organization: acme")

    def describe(self, job, auth="{token: github-token}", top=""):
        lines = "".join(f"      {line}\n" for line in job.strip().splitlines())
        self.config = os.path.join(self.directory, "autobackupd.yaml")
        with open(self.config, "w") as file:
            file.write(f"storage: {self.storage}\n{top}servers:\n  hub:\n    github: {self.hub.api}\n    auth: {auth}\n"
                       f"jobs:\n  code:\n    schedule: manual\n    timeout: 2m\n    retry: {{attempts: 2, delay: 20ms, max_delay: 50ms}}\n"
                       f"    github:\n{lines}")

    def run_code(self, *options, code=0):
        return self.run_job(*options, name="code", code=code)

    def mirror(self, name, kind="repository", base=None):
        owner, repository = name.split("/")
        return os.path.join(base or os.path.join(self.storage, "github", owner), "repositories", repository, kind)

    def refs(self, path):
        lines = git("for-each-ref", "--format=%(refname) %(objectname)", cwd=path).splitlines()
        return dict(line.split(" ") for line in lines)

    def outcomes(self, done):
        return {item["name"]: item["outcome"] for item in done.report["items"]}

    def named(self, done, name):
        return next(item for item in done.report["items"] if item["name"] == name)

    def assert_equal_mirror(self, name, wiki=False):
        """Every ref of the source but GitHub's own merges of pull requests."""
        wanted = {ref: oid for ref, oid in self.hub.refs(name, wiki).items() if not ref.endswith("/merge")}
        path = self.mirror(name, "wiki" if wiki else "repository")
        held = {ref: oid for ref, oid in self.refs(path).items() if not ref.startswith("refs/autobackup/")}
        self.assertEqual(held, wanted, name)
        self.assert_sound(path)
