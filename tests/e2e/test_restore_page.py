"""docs/restore.md, word for word: each of its command blocks is run, in order, on a machine that has only what the section says."""

import json
import os
import re
import shutil
import subprocess
import unittest

import own_export
from harness import REPOSITORY, git, token_of
from restore_case import RestoreCase

PAGE = os.path.join(REPOSITORY, "docs", "restore.md")
SERVER = "https://cvat.example.org"
URLS = {"https://github.com/acme/annotations.git": "annotations.git", "https://git.example.org/new.git": "new.git",
        "https://git.example.org/app.git": "app.git"}


def sections():
    """title → the page's command blocks below it."""
    with open(PAGE) as file:
        parts = re.split(r"^## (.*)$", file.read(), flags=re.M)
    return {title: re.findall(r"^```sh\n(.*?)^```$", text, flags=re.M | re.S) for title, text in zip(parts[1::2], parts[2::2])}


class Page(RestoreCase):
    def setUp(self):
        super().setUp()
        self.forge = self.git_server("--create", "annotations.git", "--filter", "--create", "new.git", "--create", "app.git")
        self.back_up(git_lines=f"url: {self.url('annotations.git')}")
        self.token = token_of("admin")
        self.before = own_export.fetch(self.cvat, self.token, "project", 1)
        self.desk = self.place("desk")  # where the person sits
        self.new = self.standin("--seed", "empty")  # the server that takes the lost one's place
        with open(os.path.join(self.desk, "password"), "w") as file:
            file.write("admin-password\n")

    def url(self, name):
        return f"{self.forge.url}/noauth/{name}"

    def run_section(self, title, config=None, words=None):
        """Each block as a shell script; PATH has autobackupctl, nothing else of ours."""
        blocks = sections()[title]
        self.assertTrue(blocks, title)
        environment = {"PATH": os.path.dirname(self.ctl) + ":" + os.environ["PATH"], "HOME": self.desk, "LANG": "C.UTF-8",
                       "AUTOBACKUPD_CONFIG": config or "/nonexistent.yaml", "GIT_CONFIG_NOSYSTEM": "1", "CREDENTIALS_DIRECTORY": self.credentials}
        said = ""
        for block in blocks:
            script = block.replace(SERVER, self.new.url)
            for url, name in URLS.items():
                script = script.replace(url, self.url(name))
            for ours, theirs in (words or {}).items():
                script = script.replace(ours, theirs)
            done = subprocess.run(["sh", "-eu", "-c", script], cwd=self.desk, env=environment, capture_output=True, timeout=120, text=True)
            self.assertEqual(done.returncode, 0, f"{script}\n{done.stdout}{done.stderr}")
            said += done.stdout
        return said

    def assert_restores(self, name, kind="project", but=()):
        """A new server takes the file, and its project is the one that was backed up."""
        fresh = self.standin("--seed", "empty")
        self.assertEqual(subprocess.run(["unzip", "-tqq", os.path.join(self.desk, name)], check=False).returncode, 0)
        again = own_export.fetch(fresh, self.token, kind, own_export.restore(fresh, self.token, kind, os.path.join(self.desk, name)))
        expected = self.before if kind == "project" else own_export.fetch(self.cvat, self.token, kind, 1)
        expected = {one: content for one, content in expected.items() if not one.startswith(tuple(but))} if but else expected
        self.assertEqual(sorted(again), sorted(expected))
        for one, content in expected.items():
            self.assertEqual(again[one], content, one)

    def assert_on_the_new_server(self, name="Demo project"):
        """One project, and it is the one that was backed up."""
        listed = json.loads(own_export.ask(self.new, self.token, "GET", "/api/projects")[1])["results"]
        self.assertEqual([one["name"] for one in listed], [name])
        again = own_export.fetch(self.new, self.token, "project", listed[0]["id"])
        self.assertEqual(sorted(again), sorted(self.before))
        for one, content in self.before.items():
            expected = content.replace(b'"name":"Demo project"', f'"name":"{name}"'.encode()) if one == "project.json" else content
            self.assertEqual(again[one], expected, one)

    def lose(self):
        """The machine with the storage is gone."""
        shutil.rmtree(self.storage)

    def test_the_server_is_gone_i_have_the_git_repository(self):
        self.lose()
        self.assertIn("project-1@", self.run_section("The server is gone, I have the git repository"))
        self.assert_restores("project.zip")
        self.assert_on_the_new_server()

    def test_into_a_cvat_server(self):
        with open(self.config) as file:
            text = file.read()
        with open(self.config, "w") as file:
            file.write(text.replace(self.cvat.url, self.new.url))
        self.assertIn("would restore project-1@", self.run_section("Into a CVAT server", self.config))
        self.assert_on_the_new_server("Traffic signs (restored)")

    def test_i_have_the_archive_directory(self):
        shutil.copytree(os.path.join(self.storage, "archives"), os.path.join(self.desk, "archives"))
        self.lose()
        shutil.rmtree(self.forge.repos)
        self.assertIn("project-1@", self.run_section("I have the archive directory"))
        self.assert_restores("project.zip")

    def test_on_the_machine_that_made_the_backups(self):
        self.run_section("On the machine that made the backups", self.config)
        self.assert_restores("project.zip")
        self.assert_restores("task.zip", "task")
        for name, content in self.before.items():
            self.assertEqual(self.read(os.path.join(self.desk, "files", name)), content, name)

    def test_all_history_to_another_place(self):
        self.run_section("All history to another place", self.config)
        git("clone", "-q", "-b", "main", os.path.join(self.desk, "annotations.bundle"), self.out("clone"))
        new = os.path.join(self.forge.repos, "new.git")
        self.assertEqual(git("rev-parse", "main", cwd=new), git("rev-parse", "HEAD", cwd=self.out("clone")))
        self.assert_sound(new, self.out("clone"))

    def test_a_repository(self):
        source = self.out("source")
        git("init", "-q", "-b", "main", source)
        for name in ("main", "dev"):
            git("checkout", "-q", "-B", name, cwd=source)
            git("commit", "-q", "--allow-empty", "-m", name, cwd=source)
        with open(os.path.join(source, "app.c"), "w") as file:
            file.write("int main;\n")
        git("add", "-A", cwd=source)
        git("commit", "-q", "-m", "a file", cwd=source)
        lost = git("rev-parse", "dev", cwd=source)
        git("branch", "-f", "main", "dev", cwd=source)
        self.config = self.out("mirrors.yaml")
        with open(self.config, "w") as file:
            file.write(f"storage: {self.out('mirrors')}\njobs:\n  acme-code:\n    schedule: manual\n    mirror:\n"
                       f"      repositories: [{{name: acme/app, url: {source}}}]\n")
        self.run_job(name="acme-code")
        git("checkout", "-q", "main", cwd=source)
        git("branch", "-q", "-D", "dev", cwd=source)
        self.run_job(name="acme-code")
        kept = self.told("snapshots")["repositories"][0]["kept"][0]["ref"].split("/")[3]
        self.assertIn(f"refs/autobackup/keep/{kept}/heads/dev", self.run_section("A repository", self.config, {"20261121T013000Z": kept}))
        app = os.path.join(self.desk, "app")
        self.assertEqual(self.read(os.path.join(app, "app.c")), b"int main;\n")
        self.assertEqual(git("status", "--porcelain", cwd=app), "")
        new = os.path.join(self.forge.repos, "app.git")
        self.assertEqual(git("rev-parse", "main", cwd=new), git("rev-parse", "main", cwd=source))
        self.assertEqual(git("rev-parse", "dev", cwd=new), lost)
        self.assertEqual(git("rev-parse", "HEAD", cwd=os.path.join(self.desk, "dev-of-then")), lost)
        self.assert_sound(new, app)

    def test_before_that_day(self):
        with open(self.config) as file:
            text = file.read()
        with open(self.config, "w") as file:
            file.write(text.replace("jobs:\n", f"  staging:\n    cvat: {self.new.url}\n    auth: {{token: lab-token}}\njobs:\n"))
        said = self.run_section("Before that day", self.config)
        self.assertIn("2 good, 0 damaged", said)
        self.assertIn("drill into staging, 1 restores, 0 failed", said)
        self.assertEqual(json.loads(own_export.ask(self.new, self.token, "GET", "/api/projects")[1])["results"], [])

    def test_without_us(self):
        self.lose()
        self.run_section("Without us")
        self.assert_restores("by-hand.zip")

    def test_every_section_with_commands_is_tested(self):
        tested = {name for name, blocks in sections().items() if blocks}
        self.assertEqual(tested, {"The server is gone, I have the git repository", "I have the archive directory", "On the machine that made the backups",
                                  "All history to another place", "A repository", "Into a CVAT server", "Before that day", "Without us"})


if __name__ == "__main__":
    unittest.main()
