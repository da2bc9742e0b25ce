"""What the tests of a project's first version share: tasks of 20 MB, a target whose server notes what it is told to update."""

import os

import own_export
from harness import Case, git, token_of, waiting

PROJECT = 160_000_000  # bytes of media: two parts, and what goes with the branch
TASKS = "projects: [1]\nexport: tasks"
HOOK = """#!/bin/sh
case "$1" in {refused}) echo no such refs here >&2; exit 1;; esac
echo "$1 $3" >> "$GIT_DIR/updates"
"""


class GatheringCase(Case):
    standin_options = ("--seed", "big:8:800:200000:1")

    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.forge = self.git_server("--create", "annotations.git", "--filter")
        self.target = os.path.join(self.forge.repos, "annotations.git")
        self.hook()
        self.aim(f"url: {self.forge.url}/git/annotations.git\nauth: {{username: bot, password: git-password}}")

    def aim(self, target, top=""):
        self.configure(self.cvat.url, job=TASKS, git=target, top=top)

    def hook(self, refused="nothing"):
        path = os.path.join(self.target, "hooks", "update")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(HOOK.format(refused=refused))
        os.chmod(path, 0o755)

    def updates(self):
        """(ref, set or removed) of every update that the server took, in order."""
        try:
            with open(os.path.join(self.target, "updates")) as file:
                lines = [line.split() for line in file]
        except FileNotFoundError:
            return []
        return [("part" if ref.startswith("refs/autobackup/part/") else ref, "removed" if not oid.strip("0") else "set") for ref, oid in lines]

    def refs(self):
        return git("for-each-ref", "--format=%(refname)", cwd=self.target).splitlines()

    def packs(self):
        return [name for name in os.listdir(os.path.join(self.vault, "objects", "pack")) if name.endswith(".pack")]

    def unfinished(self):
        """What a run that was stopped leaves for the next one: the pack, and what is in it."""
        return sorted(name for name in os.listdir(os.path.join(self.vault, "objects", "pack")) if name.startswith(("tmp_", "autobackup-")))

    def assert_complete(self):
        """Vault and target hold what the server's own export holds, as one pack and one branch."""
        own = own_export.fetch(self.cvat, token_of("admin"), "project", 1)
        own = {f"cvat_backup_project_1/{name}": content for name, content in own.items()}
        for repository in (self.vault, self.target):
            held = {name: content for name, content in self.files(repository).items() if name.startswith("cvat_backup_project_1/")}
            self.assertEqual(sorted(held), sorted(own))
            self.assertEqual([name for name, content in own.items() if held[name] != content], [])
        self.assertEqual(git("rev-parse", "main", cwd=self.target), git("rev-parse", "main", cwd=self.vault))
        self.assertEqual(self.refs(), ["refs/heads/main"])
        self.assertEqual(self.unfinished(), [])
        self.assert_sound(self.vault, self.target)
        self.assert_no_leftovers()

    def start_slowly(self):
        """A run whose last task takes its time."""
        self.cvat.order("export", {"kind": "slow", "seconds": 6, "target": "task", "id": 8, "count": 1})
        return self.start("run", "traffic-signs", "--json")

    def forget(self):
        """What the server was ordered to do, and what it was asked."""
        self.cvat.order("clear", {})
        self.cvat.order("log/clear", {})

    def fetched(self):
        """The tasks whose files were fetched since the log was cleared."""
        asked = [one["path"].split("/") for one in self.cvat.requests(method="GET") if "download" in one["path"]]
        return sorted({int(parts[3]) for parts in asked if parts[2] == "tasks"})

    def until_a_part_is_there(self, process):
        with waiting(30, "a part on the server") as again:
            while again() and not any(ref.startswith("refs/autobackup/part/") for ref in self.refs()):
                self.assertIsNone(process.poll(), "it ended before a part was there")
