"""The command line and the configuration, as a user or a script meets them."""

import json
import os
import subprocess
import unittest

from harness import Case, binary


class CommandLine(Case):
    def plain(self, *arguments, **environment):
        done = subprocess.run([binary(), *arguments], env=self.environment(**environment), capture_output=True, timeout=60)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_help_and_version_go_to_stdout(self):
        for verb in ([], ["run"], ["check-config"], ["schema"], ["sample-config"]):
            code, out, err = self.plain(*verb, "--help")
            self.assertEqual((code, err), (0, ""), verb)
            self.assertIn("Example", out, verb)
        code, out, _ = self.plain("--version")
        self.assertEqual(code, 0)
        for word in ("autobackupd 0.1.0 (", "Boost 1.", "libgit2 ", "OpenSSL "):
            self.assertIn(word, out)

    def test_mistakes_on_the_command_line_are_exit_2(self):
        for arguments in (["run"], ["run", "--nonsense", "x"], ["nonsense"], ["run", "x", "--log-level", "loud"]):
            code, out, err = self.plain(*arguments)
            self.assertEqual((code, out), (2, ""), arguments)
            self.assertTrue(err, arguments)
        code, _, err = self.plain("schema", AUTOBACKUPD_LOG_LEVEL="loud")
        self.assertEqual(code, 2)
        self.assertIn("AUTOBACKUPD_LOG_LEVEL", err)

    def test_settings_of_other_tools_become_a_configuration(self):
        env = os.path.join(self.directory, ".env")
        with open(env, "w") as file:
            file.write("CVAT_HOST=https://cvat.example.org\nCVAT_USERNAME=bot\nCVAT_PASSWORD='hunter2 secret'\nCVAT_PROJECT_ID=12\n"
                       "SAVE_DIR=./backups\nTARGET_REPO=https://github.com/acme/a.git\nGIT_USERNAME=bot\nGIT_TOKEN=ghp_verysecret\nODD=1\n")
        script = os.path.join(self.directory, "backup.sh")
        with open(script, "w") as file:
            file.write("#!/bin/sh\n# nightly\n/usr/bin/github-backup acme --organization -t ghp_verysecret \\\n"
                       "  --output-directory /srv/gh --repositories --wikis --bare --issues -P --name-regex 'a.*' --exclude x y 2>>log\n")
        for arguments, wanted in (
                (["cvat-auto-backup", env], ["projects: [\"12\"]", "branch: main", "ODD: has no counterpart", "(./backups)"]),
                (["python-github-backup", script], ["organization: acme", "directory: /srv/gh", "private: true, forks: false", "--issues: ",
                                                    '"/^[^/]+/(?:a.*)/"', "exclude: [x, y]", "wikis: true", "lfs: false"]),
                (["python-github-backup", "--", "alice", "-t", "ghp_verysecret", "-H", "ghe.example.org", "--odd"],
                 ["user: alice", "https://ghe.example.org/api/v3", "--odd: is not known"]),
                (["github-mirror-script", "--", "organisation", "acme", "ghp_verysecret", "sshUrl", "/srv/m"], ["transport: ssh", "organization: acme"]),
                (["gitim", "--", "-t", "ghp_verysecret", "-o", "acme", "-d", "/srv/g", "--shallow", "--noforks"],
                 ["forks: false", "--shallow: has no counterpart"])):
            code, out, err = self.plain("import-config", "--from", *arguments)
            self.assertEqual((code, err), (0, ""), arguments)
            for words in wanted:
                self.assertIn(words, out, arguments)
            for secret in ("ghp_verysecret", "hunter2"):
                self.assertNotIn(secret, out)
            self.config = os.path.join(self.directory, "imported.yaml")
            with open(self.config, "w") as file:
                file.write(out)
            done = self.call("check-config", "--skip-secrets")
            self.assertEqual(done.code, 0, done.err + out)
        for arguments in (["gitm", "--", "x"], ["gitim"], ["github-mirror-script", "--", "user"], ["python-github-backup", env],
                          ["cvat-auto-backup", "/nonexistent"]):
            code, out, err = self.plain("import-config", "--from", *arguments)
            self.assertEqual((code, out), (2, ""), arguments)
            self.assertTrue(err.startswith("autobackupd: "), err)

    def test_schema_and_samples_are_data(self):
        code, out, _ = self.plain("schema")
        self.assertEqual(code, 0)
        self.assertEqual(json.loads(out)["$schema"], "https://json-schema.org/draft/2020-12/schema")
        for kind in ("minimal", "cvat", "github", "full"):
            code, out, err = self.plain("sample-config", kind)
            self.assertEqual((code, err), (0, ""))
            self.config = os.path.join(self.directory, f"{kind}.yaml")
            with open(self.config, "w") as file:
                file.write(out)
            done = self.call("check-config", "--skip-secrets")
            self.assertEqual(done.code, 0, f"{kind}: {done.err}")

    def test_an_unknown_job_is_exit_2_with_a_near_miss(self):
        self.configure("http://127.0.0.1:1")
        done = self.call("run", "trafic-signs", "--json")
        self.assertEqual((done.code, done.out), (2, ""))
        self.assertIn('did you mean "traffic-signs"', done.err)


class WhatRuns(Case):
    """Which jobs and items a command line means."""

    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.configure(self.cvat.url, job="projects: [1]")
        with open(self.config, "a") as file:
            file.write("  other:\n    schedule: manual\n    cvat: {server: lab, projects: [1]}\n")

    def jobs(self, *arguments, code=0):
        done = self.call("run", *arguments)
        self.assertEqual(done.code, code, done.err)
        return sorted(report["job"] for report in done.reports)

    def test_a_selector_is_one_word(self):
        both = ["other", "traffic-signs"]
        self.assertEqual(self.jobs("--json", "--only", "project:1", "traffic-signs", "other"), both)
        self.assertEqual(self.jobs("--json", "--only=project:1", "traffic-signs", "other"), both)
        self.assertEqual(self.jobs("--json", "--only", "project:1", "--only", "Tr*", "traffic-signs"), ["traffic-signs"])

    def test_two_dashes_end_the_options(self):
        self.assertEqual(self.jobs("--json", "--", "traffic-signs"), ["traffic-signs"])

    def test_an_empty_selector_is_refused(self):
        for selector in ("", " ", "project:", "task:"):
            done = self.call("run", "traffic-signs", "--json", "--only", selector)
            self.assertEqual((done.code, done.out), (2, ""), selector)
            self.assertIn("names nothing", done.err)
        self.assertEqual(self.cvat.requests(), [])

    def test_a_job_named_twice_runs_once(self):
        self.assertEqual(self.jobs("--json", "traffic-signs", "traffic-signs"), ["traffic-signs"])

    def test_a_dry_run_makes_no_storage(self):
        done = self.run_job("--dry-run")
        self.assertIn("dry run", done.out)
        self.assertFalse(os.path.exists(self.storage))

    def test_a_dry_run_without_room_for_its_scratch_makes_no_storage_either(self):
        for temporary, words in (("/proc", "make directory in /proc: "), (self.out("missing"), "use $TMPDIR: ")):
            done = self.run_job("--dry-run", code=1, TMPDIR=temporary)
            self.assertIn(words, done.err)
            self.assertIn("a dry run makes no storage", done.err)
            self.assertFalse(os.path.exists(self.storage))

    def test_peers_words_are_cut_at_2_kib(self):
        self.cvat.fault("/api/", {"status": 403, "body": "x" * 9000, "headers": {"Content-Type": "text/plain"}}, count=-1, method="GET")
        report = self.run_job(code=1).report
        error = (report["errors"] or [one["error"] for item in report["items"] for one in item["stages"] if "error" in one])[0]
        self.assertEqual(len(error["peer"].encode()), 2048)

    def test_modes_whatever_the_umask(self):
        before = os.umask(0o077)
        try:
            self.run_job()
        finally:
            os.umask(before)
        for place, _, names in os.walk(self.storage):
            self.assertEqual(oct(os.stat(place).st_mode & 0o777), oct(0o700 if "spool" in place else 0o750), place)
            for name in names:
                private = name.startswith("state.") or "spool" in place
                self.assertEqual(oct(os.stat(os.path.join(place, name)).st_mode & 0o777), oct(0o600 if private else 0o640), os.path.join(place, name))


class CheckConfig(Case):
    def test_certificate_files_are_looked_at(self):
        self.configure("http://127.0.0.1:1", server="ca_file: /nonexistent.pem")
        empty = self.out("empty.pem")
        with open(empty, "w") as file:
            file.write("nothing\n")
        with open(self.config, "a") as file:
            file.write(f"    git: {{url: 'https://g.example.org/a.git', ca_file: '{empty}'}}\n")
        for arguments in (("check-config",), ("run", "traffic-signs")):
            done = self.call(*arguments)
            self.assertEqual(done.code, 2, done.err)
            self.assertRegex(done.err, r"yaml:\d+:\d+: servers.lab.ca_file: given /nonexistent.pem: it cannot be read: No such file")
            self.assertRegex(done.err, r"yaml:\d+:\d+: jobs.traffic-signs.git.ca_file: .*no readable PEM certificate")
        self.assertEqual(self.call("check-config", "--skip-secrets").code, 0)

    def test_all_mistakes_come_at_once_with_their_place(self):
        self.configure("http://cvat_lab.example.org", job="projcts: all\ntouch: maybe", server="limits2: {}")
        done = self.call("check-config", "--json")
        self.assertEqual(done.code, 2)
        errors = json.loads(done.out)["errors"]
        self.assertGreaterEqual(len(errors), 4, errors)
        for error in errors:
            self.assertEqual(sorted(error), ["column", "file", "line", "message", "path", "suggestion"])
            self.assertEqual(error["file"], self.config)
            self.assertGreater(error["line"], 0)
        unknown = next(error for error in errors if error["path"].endswith("projcts"))
        self.assertEqual(unknown["suggestion"], "projects")
        self.assertIn(f"{self.config}:{unknown['line']}:{unknown['column']}: ", self.call("check-config").err)
        run = self.call("run", "traffic-signs", "--json")
        self.assertEqual((run.code, run.out), (2, ""))

    def test_conf_d_is_read_and_a_double_names_both_places(self):
        self.configure("http://127.0.0.1:1")
        more = self.place("conf.d")
        with open(os.path.join(more, "10-more.yaml"), "w") as file:
            file.write("jobs:\n  other:\n    schedule: daily 02:30\n    cvat: {server: lab}\n")
        done = self.call("check-config", "--show", "--origin")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("10-more.yaml", done.out)
        self.assertIn("job other is due at", done.out)
        self.assertEqual(done.out.count(" 02:30:00"), 5, done.out)
        with open(os.path.join(more, "20-twice.yaml"), "w") as file:
            file.write("jobs:\n  other:\n    cvat: {server: lab}\n")
        done = self.call("check-config")
        self.assertEqual(done.code, 2)
        self.assertIn("20-twice.yaml:2:3", done.err)
        self.assertIn("10-more.yaml:2", done.err)

    def test_a_missing_secret_is_named_and_nothing_is_asked(self):
        cvat = self.standin()
        self.configure(cvat.url)
        os.remove(os.path.join(self.credentials, "lab-token"))
        for arguments in (("check-config",), ("run", "traffic-signs")):
            done = self.call(*arguments)
            self.assertEqual(done.code, 2)
            for word in ("servers.lab.auth.token", "traffic-signs", self.credentials, "/etc/autobackupd/credentials"):
                self.assertIn(word, done.err)
        self.assertEqual(self.call("check-config", "--skip-secrets").code, 0)
        self.assertEqual(cvat.requests(), [])

    def test_online_asks_servers_and_targets(self):
        cvat = self.standin()
        forge = self.git_server("--create", "a.git")
        target = f"url: {forge.url}/git/a.git\nauth: {{username: bot, password: git-password}}"
        self.configure(cvat.url, git=target)
        done = self.call("check-config", "--online", "--json")
        self.assertEqual(done.code, 0, done.err)
        answers = json.loads(done.out)["online"]
        self.assertEqual([answer["ok"] for answer in answers], [True, True])
        self.assertIn("CVAT 2.54.1 as admin", answers[0]["text"])
        self.assertEqual([one["method"] for one in cvat.requests() if one["method"] != "GET"], [])
        self.secret("lab-token", "0" * 40)
        done = self.call("check-config", "--online")
        self.assertEqual(done.code, 1)
        self.assertNotIn("0" * 40, done.err)


if __name__ == "__main__":
    unittest.main()
