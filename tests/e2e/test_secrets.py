"""A secret is in no output, argument, environment, file or commit; a missing one stops everything before it begins."""

import base64
import os
import re
import shutil
import stat
import unittest

from harness import Case, git, token_of

GIT_PASSWORD = "bot-password"


class Secrets(Case):
    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.forge = self.git_server("--create", "annotations.git")
        self.token = token_of("admin")
        self.canaries = [self.token, GIT_PASSWORD, base64.b64encode(f"bot:{GIT_PASSWORD}".encode()).decode()]
        self.configure_job()

    def configure_job(self, token="lab-token", password="git-password", where="/git/annotations.git"):
        self.configure(self.cvat.url, job="projects: [1]",
                       git=f"url: {self.forge.url}{where}\nauth: {{username: bot, password: {password}}}")
        self.edit("{token: lab-token}", f"{{token: {token}}}")
        with open(self.config, "a") as file:
            file.write("    archive: {}\n")

    def edit(self, old, new):
        with open(self.config) as file:
            text = file.read()
        self.assertIn(old, text)
        with open(self.config, "w") as file:
            file.write(text.replace(old, new))

    def assert_clean(self, text, where):
        content = text if isinstance(text, bytes) else text.encode()
        for canary in self.canaries:
            self.assertNotIn(canary.encode(), content, where)

    def assert_files_clean(self):
        for place, _, names in os.walk(self.storage):
            for name in names:
                with open(os.path.join(place, name), "rb") as file:
                    self.assert_clean(file.read(), os.path.join(place, name))
        for repository in (self.vault, os.path.join(self.forge.repos, "annotations.git")):
            if os.path.exists(os.path.join(repository, "HEAD")):
                self.assert_clean(git("log", "-p", "--all", "--format=fuller", cwd=repository), repository)
        for name, content in self.files(self.vault).items():
            self.assert_clean(content, name)


class Silence(Secrets):
    def test_a_good_run(self):
        for options in ((), ("--force",)):
            done = self.run_job("--log-level", "trace", *options)
            self.assert_clean(done.out + done.err, "output")
        self.assert_files_clean()

    def test_failures(self):
        """The words of a failure, ours and the peer's, with everything that may be in them."""
        for path, action in (("/api/", {"status": 401, "body": {"detail": "Invalid token."}}),
                             ("backup/export", {"status": 500}),
                             ("backup/download", {"redirect": "http://127.0.0.1:1/x"})):
            with self.subTest(path=path):
                self.cvat.fault(path, action, count=-1)
                done = self.run_job("--log-level", "trace", code=1)
                self.assert_clean(done.out + done.err, "output")
                self.cvat.order("clear", {})
        self.configure_job(where="/git/nothing.git")
        done = self.run_job("--log-level", "trace", code=3)
        self.assert_clean(done.out + done.err, "output")
        self.assert_files_clean()

    def test_a_server_that_sends_the_credentials_back(self):
        """A peer may print the request; its words go through us."""
        echo = f"You sent: Authorization: Token {self.token}"
        self.cvat.fault("backup/export", {"status": 403, "body": {"detail": echo}}, count=-1)
        done = self.run_job("--log-level", "trace", code=1)
        self.assertIn("You sent", done.out)
        self.assert_clean(done.out + done.err, "output")
        base = os.path.join(self.storage, "state.sqlite")
        for name in (base, base + "-wal"):
            if os.path.exists(name):
                with open(name, "rb") as file:
                    self.assert_clean(file.read(), name)

    def test_in_the_arguments_and_the_environment_of_the_processes(self):
        """While it runs: of the program itself and of every child."""
        self.cvat.order("config", {"build_ms": 300})
        helper = os.path.join(self.directory, "helper")
        seen = os.path.join(self.directory, "seen")
        with open(helper, "w") as file:
            file.write(f"#!/bin/sh\nenv >> {seen}\ntr '\\0' ' ' < /proc/$PPID/cmdline >> {seen}\ncat {self.credentials}/git-password\n")
        os.chmod(helper, 0o755)
        self.configure_job(token="{env: LAB_TOKEN}", password=f"{{command: [{helper}]}}")
        os.environ["LAB_TOKEN"] = self.token
        self.addCleanup(os.environ.pop, "LAB_TOKEN", None)
        done = self.run_job(LAB_TOKEN=self.token)
        self.assertEqual(done.report["outcome"], "success")
        with open(seen, "rb") as file:
            self.assert_clean(file.read(), "environment of a child")
        self.configure_job()
        process = self.start("run", "traffic-signs", "--json", "--force")
        looked = 0
        while process.poll() is None:
            for name in ("cmdline", "environ"):
                try:
                    with open(f"/proc/{process.pid}/{name}", "rb") as file:
                        self.assert_clean(file.read(), name)
                        looked += 1
                except (FileNotFoundError, ProcessLookupError):
                    pass
        self.assertGreater(looked, 2)

    def test_check_config_shows_none(self):
        for options in (("--show",), ("--origin", "--show"), ("--json",), ("--online",)):
            done = self.call("check-config", *options)
            self.assertEqual(done.code, 0, done.err)
            self.assert_clean(done.out + done.err, options)


class Missing(Secrets):
    def assert_refused(self, *words):
        """Exit 2, nothing on stdout, nothing asked of any server, nothing made."""
        self.cvat.order("log/clear", {})
        done = self.call("run", "traffic-signs", "--json")
        self.assertEqual((done.code, done.out), (2, ""), done.err)
        for word in words:
            self.assertIn(word, done.err)
        self.assert_clean(done.err, "output")
        self.assertEqual(self.cvat.requests(), [])
        self.assertFalse(os.path.exists(self.vault))
        return done

    def test_a_missing_one(self):
        os.remove(os.path.join(self.credentials, "git-password"))
        self.assert_refused("traffic-signs", "git.auth.password", "git-password", self.credentials,
                            "/etc/autobackupd/credentials/git-password", "autobackupd.yaml:")

    def test_an_empty_one(self):
        self.secret("lab-token", "")
        self.assert_refused("lab-token", "empty", "servers.lab.auth.token")

    def test_both_are_told_at_once(self):
        for name in ("git-password", "lab-token"):
            os.remove(os.path.join(self.credentials, name))
        self.assert_refused("git.auth.password", "servers.lab.auth.token")

    def test_a_file_that_others_may_write(self):
        path = os.path.join(self.credentials, "lab-token")
        os.chmod(path, 0o666)
        self.configure_job(token=f"{{file: {path}}}")
        self.assert_refused("written by group or others")

    def test_a_file_that_others_may_read_is_a_warning(self):
        path = os.path.join(self.credentials, "lab-token")
        os.chmod(path, 0o644)
        self.configure_job(token=f"{{file: {path}}}")
        done = self.run_job()
        self.assertIn("read by others", done.err)
        self.assertTrue(os.stat(path).st_mode & stat.S_IROTH)

    def test_a_variable_that_is_not_set(self):
        self.configure_job(token="{env: NOT_SET_ANYWHERE}")
        self.assert_refused("NOT_SET_ANYWHERE")

    def test_a_command_that_fails(self):
        self.configure_job(token="{command: [/bin/false]}")
        self.assert_refused("/bin/false")

    def test_a_token_in_place_of_a_name(self):
        for value in (self.token, "ghp_" + "a1B2" * 9, "github_pat_" + "a1B2c3" * 9, "AbCdEfGh." + "x1Y2" * 8):
            with self.subTest(value=value[:8]):
                self.configure_job(token=value)
                self.canaries.append(value)
                done = self.assert_refused("servers.lab.auth.token")
                self.assertNotIn(value[6:], done.err)

    def test_a_password_in_a_url(self):
        self.configure_job()
        self.edit(self.forge.url, self.forge.url.replace("http://", "http://bot:hunter2secret@"))
        self.canaries.append("hunter2secret")
        self.assert_refused("git.url")

    def test_a_trailing_newline_is_dropped(self):
        with open(os.path.join(self.credentials, "lab-token"), "w") as file:
            file.write(self.token + "\n")
        self.assertEqual(self.run_job().report["outcome"], "success")
        sent = [one["headers"] for one in self.cvat.requests(path="/api/projects")]
        self.assertTrue(sent)
        shutil.rmtree(self.storage)
        with open(os.path.join(self.credentials, "lab-token"), "w") as file:
            file.write(self.token)
        self.assertEqual(self.run_job().report["counts"]["failed"], 0)

    def test_modes(self):
        """state and spool are ours alone."""
        self.run_job()
        for place, _, names in os.walk(self.storage):
            for name in names:
                mode = os.stat(os.path.join(place, name)).st_mode & 0o777
                self.assertFalse(mode & 0o027, f"{place}/{name}: {mode:o}")
                if re.match(r"state\.sqlite", name):
                    self.assertEqual(mode, 0o600, name)
        self.assertEqual(os.stat(os.path.join(self.storage, "spool")).st_mode & 0o777, 0o700)


if __name__ == "__main__":
    unittest.main()
