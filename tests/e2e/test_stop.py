"""Stopping, being killed, and what else may happen to a process: nothing half-made is left, and the next run completes."""

import os
import random
import signal
import subprocess
import time
import unittest

from harness import Case, git, stage, waiting
from restore_case import ctl


class Stops(Case):
    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.forge = self.git_server("--create", "annotations.git", "--filter")
        self.target = os.path.join(self.forge.repos, "annotations.git")
        self.configure(self.cvat.url, job="projects: [1, 3]",
                       git=f"url: {self.forge.url}/git/annotations.git\nauth: {{username: bot, password: git-password}}")

    def wait_for_request(self, part, process):
        with waiting(20, part) as again:
            while again():
                if any(part in one["path"] for one in self.cvat.requests()) or process.poll() is not None:
                    return

    def assert_stopped_well(self, process):
        done = self.stop(process)
        self.assertEqual(done.code, 5, done.err)
        self.assertEqual(done.report["outcome"], "cancelled")
        for item in done.report["items"]:
            names = [one["stage"] for one in item["stages"] if one["stage"] != "push"]
            self.assertEqual(len(names), len(set(names)), "a stage has one end")
        return done

    def assert_goes_on(self):
        self.cvat.order("clear", {})
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success")
        self.assert_members(self.files(self.target), "cvat_backup_project_1", "project-images-video-gt-skeleton-guide.zip")
        self.assert_sound(self.vault, self.target)
        self.assert_no_leftovers()

    def test_while_an_export_is_built(self):
        self.cvat.order("export", {"kind": "never", "count": -1})
        process = self.start("run", "traffic-signs", "--json")
        self.wait_for_request("/api/requests/", process)
        done = self.assert_stopped_well(process)
        self.assertIn("export", [one["stage"] for item in done.report["items"] for one in item["stages"] if one["outcome"] == "failed"])
        self.cvat.order("export", {"kind": "kill"})
        self.assert_goes_on()

    def test_while_a_download_stalls(self):
        self.cvat.fault("backup/download", {"stall": 1000, "seconds": 60}, count=-1)
        process = self.start("run", "traffic-signs", "--json")
        self.wait_for_request("backup/download", process)
        done = self.assert_stopped_well(process)
        self.assertIn("download", [one["stage"] for item in done.report["items"] for one in item["stages"] if one["outcome"] == "failed"])
        self.assert_goes_on()

    def test_a_stopped_download_goes_on_where_it_stood(self):
        self.configure(self.cvat.url, job="projects: [4]\ndownload: whole")
        self.cvat.fault("backup/download", {"drip": 300_000}, count=-1)
        process = self.start("run", "traffic-signs", "--json")
        self.wait_for_request("backup/download", process)
        time.sleep(1.5)
        self.assert_stopped_well(process)
        self.cvat.order("clear", {})
        self.cvat.order("log/clear", {})
        report = self.run_job().report
        self.assertEqual(stage(report["items"][0], "download")["resumed"], 1)
        self.assertRegex(str(self.cvat.requests(path="backup/download")[0]["headers"]), r"(?i)'range': 'bytes=[1-9]\d{4,}-'")
        self.assertEqual([one["path"] for one in self.cvat.requests(method="POST") if "export" in one["path"]], [])
        self.assert_sound(self.vault)
        self.assert_no_leftovers()

    def test_while_a_list_is_waited_for(self):
        self.cvat.fault("/api/projects", {"delay": 30}, count=-1)
        process = self.start("run", "traffic-signs", "--json")
        time.sleep(0.5)
        self.assert_stopped_well(process)
        self.assert_goes_on()

    def test_while_a_push_hangs(self):
        hook = os.path.join(self.target, "hooks", "pre-receive")
        os.makedirs(os.path.dirname(hook), exist_ok=True)
        with open(hook, "w") as file:
            file.write("#!/bin/sh\nsleep 5\nexit 1\n")
        os.chmod(hook, 0o755)
        process = self.start("run", "traffic-signs", "--json")
        with waiting(30, "the first commit") as again:
            while again() and not (os.path.exists(self.vault) and git("for-each-ref", "refs/heads/main", cwd=self.vault)):
                pass
        time.sleep(0.3)
        self.assert_stopped_well(process)
        os.remove(hook)
        time.sleep(5)
        # On a busy machine the server may take the push although nobody waits for its answer any more.
        self.assertIn(self.run_job().report["outcome"], ("success", "unchanged"))
        self.assert_sound(self.vault, self.target)

    def hears_sigterm(self, process):
        """Whether the program catches the signal or keeps it for later (proc(5): SigCgt, SigBlk)."""
        with open(f"/proc/{process.pid}/status") as file:
            status = dict(line.split(":", 1) for line in file)
        return (int(status["SigCgt"], 16) | int(status["SigBlk"], 16)) >> (signal.SIGTERM - 1) & 1

    def test_before_anything_was_begun(self):
        """Before main() the system's own answer to SIGTERM stands; from there on it is ours."""
        self.cvat.order("export", {"kind": "never", "count": -1})
        for delay in (0, 0.01, 0.03, 0.1, 0.3, 1.0):
            process = self.start("run", "traffic-signs", "--json")
            time.sleep(delay)
            with waiting(10, "main()") as again:
                while delay == 1.0 and not self.hears_sigterm(process) and again():
                    pass
            codes = (5,) if self.hears_sigterm(process) else (5, -signal.SIGTERM)
            done = self.stop(process)
            self.assertIn(done.code, codes, done.err)
        self.cvat.order("clear", {})
        self.cvat.order("export", {"kind": "kill"})
        self.run_job()

    def test_kill_at_any_moment(self):
        """kill -9 at random moments of a run: the vault stays sound, what was saved stays saved, the next run completes."""
        rng = random.Random(7)
        self.run_job()
        begin = time.monotonic()
        self.run_job("--force")
        length = time.monotonic() - begin
        held = git("rev-parse", "main", cwd=self.target)
        for attempt in range(int(os.environ.get("AUTOBACKUPD_KILLS", "12"))):
            self.cvat.mutate("add_shape", task=1 + attempt % 2)
            process = self.start("run", "traffic-signs", "--json")
            time.sleep(rng.uniform(0, 1.2 * length))
            process.kill()
            process.wait()
            self.assert_sound(self.vault, self.target)
            git("merge-base", "--is-ancestor", held, "main", cwd=self.target)
            held = git("rev-parse", "main", cwd=self.target)
        self.assertIn(self.run_job().report["outcome"], ("success", "unchanged"))
        self.assertEqual(git("rev-parse", "main", cwd=self.target), git("rev-parse", "main", cwd=self.vault))
        self.assert_no_leftovers()

    def test_an_interrupted_run_attaches_to_its_export(self):
        self.configure(self.cvat.url, job="projects: none\ntasks: [1]")
        self.cvat.order("export", {"kind": "slow", "seconds": 4, "count": 1})
        process = self.start("run", "traffic-signs")
        self.wait_for_request("/api/requests/", process)
        time.sleep(0.3)
        process.kill()
        process.wait()
        self.cvat.order("log/clear", {})
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assertEqual([one["path"] for one in self.cvat.requests(method="POST") if "export" in one["path"]], [])

    def test_the_job_is_busy_in_another_process(self):
        self.cvat.order("export", {"kind": "never", "count": -1})
        process = self.start("run", "traffic-signs", "--json")
        self.wait_for_request("/api/requests/", process)
        report = self.run_job(code=4).report
        self.assertEqual(report["outcome"], "refused")
        self.assertEqual(report["errors"][0]["code"], "busy")
        self.assertIn(str(process.pid), report["errors"][0]["message"])
        self.assert_stopped_well(process)

    def number_in(self, path):
        with waiting(10, "the command") as again:
            while again():
                if os.path.exists(path):
                    with open(path) as file:
                        if text := file.read().strip():
                            return int(text)

    def test_while_a_command_tells_a_secret(self):
        with open(self.config) as file:
            text = file.read()
        mark = self.out("mark")
        with open(self.config, "w") as file:
            file.write(text.replace("{token: lab-token}", f"{{token: {{command: [/bin/sh, -c, 'echo $$ >{mark}; exec sleep 20']}}}}"))
        for verb, code in ((("check-config",), 5), (("run", "traffic-signs"), 5), (("serve",), 0)):
            with self.subTest(verb=verb[0]):
                process = self.start(*verb, RUNTIME_DIRECTORY=self.place("run"))
                child = self.number_in(mark)
                os.remove(mark)
                done = self.stop(process)
                self.assertEqual(done.code, code, done.err)
                with self.assertRaises(ProcessLookupError):
                    os.killpg(child, 0)
        self.assertEqual(self.cvat.requests(), [])

    def test_while_a_command_tells_autobackupctl_a_secret(self):
        self.run_job()
        with open(self.config) as file:
            text = file.read()
        mark = self.out("mark")
        slow = f"{{command: [/bin/sh, -c, 'echo $$ >{mark}; exec sleep 20']}}"
        url = f"{self.forge.url}/git/annotations.git"
        for secret, words in (("password: git-password", ("restore", "traffic-signs", "--to-git", url, "--ref", "other")),
                              ("password: git-password", ("snapshots", "--from", url)),
                              ("token: lab-token", ("restore", "traffic-signs", "--item", "project:1", "--to-cvat", "lab")),
                              ("token: lab-token", ("drill", "traffic-signs", "--to-cvat", "lab"))):
            with self.subTest(words=words):
                with open(self.config, "w") as file:
                    file.write(text.replace(secret, secret.split(":")[0] + ": " + slow))
                process = subprocess.Popen([ctl(), *words, "--config", self.config], env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                for clean in (process.stdout.close, process.stderr.close, process.wait, process.kill):
                    self.addCleanup(clean)
                child = self.number_in(mark)
                os.remove(mark)
                done = self.stop(process)
                self.assertEqual(done.code, 5, done.err)
                with self.assertRaises(ProcessLookupError):
                    os.killpg(child, 0)

    def test_while_check_config_asks_a_server(self):
        self.cvat.fault("/api/", {"delay": 30}, count=-1)
        process = self.start("check-config", "--online")
        time.sleep(2)  # the stand-in tells of a request when it has answered
        self.assertIsNone(process.poll(), "it waits for the server")
        done = self.stop(process)
        self.assertEqual(done.code, 5, done.err)

    def test_the_runs_time_limit(self):
        with open(self.config) as file:
            text = file.read()
        with open(self.config, "w") as file:
            file.write(text.replace("schedule: manual\n", "schedule: manual\n    timeout: 1s\n"))
        self.cvat.order("export", {"kind": "never", "target": "project", "id": 3, "count": -1})
        self.cvat.order("export", {"kind": "never", "target": "task", "count": -1})
        report = self.run_job(code=1).report
        self.assertEqual(report["outcome"], "failed")
        self.assertIn("timeout", [error["code"] for error in report["errors"]])

    @unittest.skipUnless(os.geteuid() == 0, "a small file system can only be mounted by root")
    def test_a_full_disk(self):
        os.makedirs(self.storage)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m,mode=0750", "tmpfs", self.storage], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.storage])
        with open(self.config) as file:
            text = file.read()
        with open(self.config, "w") as file:
            file.write(text.replace("servers:", "limits: {reserve: 0B}\nservers:").replace("[1, 3]", "[1, 4]"))
        done = self.call("run", "traffic-signs", "--json")
        self.assertIn(done.code, (1, 3), done.err)
        self.assertRegex(done.out, r'"code":"(disk_full|reserve)"')
        if os.path.exists(self.vault):
            self.assert_sound(self.vault)
        subprocess.run(["mount", "-o", "remount,size=100m", self.storage], check=True)
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assert_sound(self.vault, self.target)


if __name__ == "__main__":
    unittest.main()
