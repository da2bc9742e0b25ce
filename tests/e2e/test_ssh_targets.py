"""Git targets that are reached through ssh, against a real sshd."""

import glob
import os
import signal
import subprocess
import time
import unittest

from harness import Case, git, stage, waiting


class Ssh(Case):
    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.forge = self.ssh_server("--create", "a.git")
        self.target = os.path.join(self.forge.repos, "a.git")

    def configure_target(self, name="a.git", key="client", hosts="known_hosts", port=None, extra="", top=""):
        self.secret("git-key", self.forge.key(key))
        self.configure(self.cvat.url, job="projects: [1]", top=top,
                       git=f"url: {self.forge.url(name, port)}\n"
                           f"auth: {{ssh_key: git-key, known_hosts: {self.forge.file(hosts)}}}\n{extra}")

    def run_folders(self):
        return glob.glob(os.path.join(self.storage, "spool", ".ssh", "*"))

    def refused_logins(self):
        """As sshd logs them, when it has logged the end of each: a connection alone may be the one that waited for its start."""
        with waiting(10, "sshd's log") as again:
            while again():
                with open(self.forge.file("sshd.log")) as log:
                    text = log.read()
                refused = text.count("Failed publickey")
                if 0 < refused == text.count("closed by authenticating user"):
                    return refused

    def hook(self, name, script):
        path = os.path.join(self.target, "hooks", name)
        with open(path, "w") as file:
            file.write("#!/bin/sh\n" + script)
        os.chmod(path, 0o755)
        return path

    def push_error(self, code=3):
        report = self.run_job(code=code).report
        item = report["items"][0]
        self.assertEqual((report["outcome"], item["outcome"]), ("partial", "saved"))
        self.assert_sound(self.vault)
        self.assertEqual(self.run_folders(), [])
        return stage(item, "push")["error"]

    def test_first_and_second_push(self):
        self.configure_target()
        done = self.run_job()
        self.assertEqual(done.report["outcome"], "success")
        pushed = stage(done.report["items"][0], "push")
        self.assertEqual(pushed["target"], f"ssh://127.0.0.1:{self.forge.port}{self.target}")
        self.assertEqual(done.report["items"][0]["pushed"], [{"target": pushed["target"], "branch": "main", "verified": True}])
        self.assertNotIn("@127.0.0.1", done.out + done.err)
        self.assertEqual(git("rev-parse", "main", cwd=self.target), git("rev-parse", "main", cwd=self.vault))
        self.assert_members(self.files(self.target), "cvat_backup_project_1", "project-images-video-gt-skeleton-guide.zip")
        self.cvat.mutate("add_shape", task=1)
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assertEqual(len(git("log", "--format=%H", "main", cwd=self.target).split()), 2)
        self.assertEqual(self.run_job().report["outcome"], "unchanged")
        self.assertEqual(self.run_folders(), [])
        self.assert_sound(self.vault, self.target)
        with open(self.forge.file("sshd.log")) as log:
            self.assertIn("Accepted publickey", log.read())
        found = subprocess.run(["grep", "-rlF", self.forge.key()[60:100], self.storage], capture_output=True, text=True)
        self.assertEqual(found.stdout, "", "the key lies in the storage")

    def test_a_predecessors_repository_is_continued(self):
        clone = self.place("clone")
        git("init", "-q", "-b", "main", clone)
        with open(os.path.join(clone, "README.md"), "w") as file:
            file.write("ours\n")
        git("add", "-A", cwd=clone)
        git("commit", "-q", "-m", "by hand", cwd=clone)
        git("push", "-q", self.target, "main", cwd=clone)
        self.configure_target()
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assertEqual(git("rev-parse", "main~1", cwd=self.target), git("rev-parse", "HEAD", cwd=clone))
        self.assert_sound(self.vault, self.target)

    def test_check_config_online(self):
        self.configure_target()
        done = self.call("check-config", "--online")
        self.assertEqual(done.code, 0, done.err + done.out)
        self.assertIn("may be pushed to; branch main is made by the first push", done.err + done.out)
        self.configure_target(hosts="no_hosts")
        done = self.call("check-config", "--online")
        self.assertNotEqual(done.code, 0)
        self.assertIn("add this line to", done.err + done.out)
        self.assertFalse(os.path.exists(self.storage), "a check made something in the storage")

    def test_bytes_over_ssh_are_told(self):
        self.configure_target()
        without = self.run_job("--no-push").report["traffic"]
        report = self.run_job().report
        pack = stage(report["items"][0], "push")["bytes"]
        self.assertGreater(pack, 20_000)
        self.assertGreaterEqual(report["traffic"]["bytes_sent"], pack)
        self.assertLess(report["traffic"]["bytes_sent"], pack + without["bytes_sent"] + 4096)
        self.assertEqual(self.run_job().report["outcome"], "unchanged")

    def test_an_unknown_and_a_changed_host_key(self):
        self.configure_target(hosts="no_hosts")
        error = self.push_error()
        self.assertEqual((error["code"], error["transient"]), ("host_key_unknown", False))
        self.assertIn("SHA256:", error["message"])
        line = error["hint"].split("no_hosts: ")[1]
        with open(self.forge.file("host_key.pub")) as file:
            self.assertEqual(line, f"[127.0.0.1]:{self.forge.port} " + " ".join(file.read().split()[:2]))
        with open(self.forge.file("no_hosts"), "w") as file:
            file.write(line + "\n")
        report = self.run_job().report
        self.assertEqual((report["outcome"], report["items"][0]["outcome"]), ("success", "unchanged"))
        self.assertEqual(stage(report["items"][0], "push")["outcome"], "ok")

    def test_a_changed_host_key(self):
        self.configure_target(hosts="changed_hosts")
        error = self.push_error()
        self.assertEqual(error["code"], "host_key_changed")
        self.assertIn("HAS CHANGED", error["peer"])
        self.assertIn("remove the old key", error["hint"])

    def test_a_wrong_key_is_tried_once(self):
        self.configure_target(key="stranger")
        error = self.push_error()
        self.assertEqual((error["code"], error["transient"]), ("unauthorized", False))
        self.assertIn("Permission denied (publickey)", error["peer"])
        self.assertEqual(self.refused_logins(), 1)

    def test_a_key_that_may_only_read(self):
        self.configure_target(key="reader")
        error = self.push_error()
        self.assertEqual(error["code"], "forbidden")
        self.assertIn("marked as read only", error["peer"])

    def test_a_repository_that_is_not_there(self):
        self.configure_target(name="nowhere.git")
        self.assertEqual(self.push_error()["code"], "not_found")

    def test_a_hook_that_refuses(self):
        hook = self.hook("pre-receive", "echo 'the quota is used up' >&2; exit 1\n")
        self.configure_target()
        error = self.push_error()
        self.assertEqual(error["code"], "push_rejected")
        self.assertIn("the quota is used up", error["peer"])
        os.remove(hook)
        self.assertEqual(self.run_job().report["outcome"], "success")

    def test_silence_is_given_up_and_nothing_is_left(self):
        self.hook("pre-receive", "sleep 25\n")  # longer than all tries: what goes on over there may still end well
        git("config", "receive.keepAlive", "0", cwd=self.target)
        self.configure_target(top="limits: {no_progress: 1s}")
        error = self.push_error()
        self.assertEqual(error["code"], "no_progress")
        self.assertNotIn(self.target, self.ssh_processes())

    def ssh_processes(self):
        return subprocess.run(["pgrep", "-a", "-x", "ssh"], capture_output=True, text=True).stdout

    def test_a_line_cut_inside_the_pack_is_tried_again(self):
        # The third connection is the one that pushes: the list before the first commit, the list before the push, the push.
        proxy = self.proxy(self.forge.port, "--skip", "2", "--connections", "1", "up:cut:20000:rst")
        self.configure_target(port=proxy.port)
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success")
        self.assertEqual(stage(report["items"][0], "push")["attempts"], 2)
        self.assert_sound(self.vault, self.target)

    def test_a_lost_answer_is_resolved_by_a_look(self):
        # The branch moves, then the session dies before the report.
        self.hook("post-update", "kill -9 $(ps -o ppid= -p $PPID)\n")
        self.configure_target()
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success")
        self.assertEqual(git("rev-parse", "main", cwd=self.target), git("rev-parse", "main", cwd=self.vault))

    def test_stopping_while_it_pushes(self):
        self.hook("pre-receive", f"touch {self.directory}/pushing; sleep 20\n")
        self.configure_target()
        process = self.start("run", "traffic-signs", "--json")
        with waiting(30, "the push") as again:
            while not os.path.exists(os.path.join(self.directory, "pushing")) and again():
                pass
        done = self.stop(process)
        self.assertEqual(done.code, 5, done.err)
        self.assertEqual(self.run_folders(), [])
        self.assertNotIn(self.target, self.ssh_processes())
        self.assertEqual(git("for-each-ref", cwd=self.target), "")

    def test_a_killed_run_leaves_its_key_to_the_next_one(self):
        hook = self.hook("pre-receive", f"touch {self.directory}/pushing; sleep 3\n")
        self.configure_target()
        process = self.start("run", "traffic-signs", "--json")
        with waiting(30, "the push") as again:
            while not os.path.exists(os.path.join(self.directory, "pushing")) and again():
                pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertEqual(len(self.run_folders()), 1)
        time.sleep(0.2)
        self.assertNotIn(self.target, self.ssh_processes())
        os.remove(hook)
        self.assertIn(self.run_job().report["outcome"], ("success", "unchanged"))
        self.assertEqual(self.run_folders(), [])
        self.assertEqual(git("rev-parse", "main", cwd=self.target), git("rev-parse", "main", cwd=self.vault))

    def test_the_services_own_directory_holds_the_key(self):
        runtime = self.place("runtime")
        self.hook("pre-receive", f"ls -lR {runtime} > {self.directory}/seen\n")
        self.configure_target()
        self.assertEqual(self.run_job(RUNTIME_DIRECTORY=runtime).report["outcome"], "success")
        with open(os.path.join(self.directory, "seen")) as file:
            self.assertRegex(file.read(), r"-rw------- .* key")
        self.assertEqual(os.listdir(os.path.join(runtime, "ssh")), [])
        self.assertFalse(os.path.exists(os.path.join(self.storage, "spool", ".ssh")))

    def test_without_ssh_the_cure_is_named(self):
        places = self.place("bin")
        for program in ("git", "sh"):
            os.symlink(subprocess.run(["which", program], capture_output=True, text=True).stdout.strip(), os.path.join(places, program))
        self.configure_target()
        report = self.run_job(code=3, PATH=places).report
        error = stage(report["items"][0], "push")["error"]
        self.assertEqual((error["code"], error["hint"]), ("child_failed", "install ssh"))


if __name__ == "__main__":
    unittest.main()
