"""A project's first version is put together while its tasks still come, and its parts go ahead to the server."""

import os
import resource
import signal
import subprocess
import threading
import unittest
import zipfile

import own_export
from gathering import PROJECT, TASKS, GatheringCase
from harness import git, stage, token_of
from test_large_files import LargeFilesCase


class Gathering(GatheringCase):
    def test_parts_go_ahead_and_one_pack_stays(self):
        spool, most, ended = os.path.join(self.storage, "spool"), [0], threading.Event()

        def watch():
            while not ended.wait(0.01):
                most[0] = max(most[0], sum(size_of(os.path.join(place, name)) for place, _, names in os.walk(spool) for name in names))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            item = self.run_job().item(1)
        finally:
            ended.set()
            watcher.join()
        self.assertEqual(item["outcome"], "saved")
        self.assertEqual([one["stage"] for one in item["stages"]], ["inspect", "export", "download", "verify", "commit", "push"])
        self.assertEqual(self.updates(), [("part", "set")] * 2 + [("refs/heads/main", "set")] + [("part", "removed")] * 2)
        pack, pushed = stage(item, "commit")["bytes"], stage(item, "push")["bytes"]
        self.assertGreater(pushed, pack)
        self.assertLess(pushed, pack + 100_000, "no object goes twice")
        self.assertEqual(len(self.packs()), 1)
        self.assertGreater(most[0], 0)
        self.assertLess(most[0], PROJECT * 0.6, "the ZIPs of tasks leave the spool one after another")
        self.assert_complete()
        self.assertEqual(self.run_job().report["outcome"], "unchanged")

    def test_a_server_that_takes_no_parts_gets_it_with_the_branch(self):
        self.hook(refused="refs/autobackup/*")
        report = self.run_job().report
        self.assertEqual((report["outcome"], report["warnings"], report["items"][0]["warnings"]), ("success", [], []))
        self.assertEqual(self.updates(), [("refs/heads/main", "set")])
        self.assert_complete()

    def test_a_task_that_fails_leaves_the_others_saved(self):
        self.cvat.order("export", {"kind": "fail", "message": "zipfile.BadZipFile: refused", "target": "task", "id": 3, "count": -1})
        report = self.run_job(code=3).report
        self.assertEqual(report["items"][0]["tasks"], {"total": 8, "exported": 7, "kept": 0, "skipped": 0, "failed": 1})
        self.assertEqual(self.refs(), ["refs/heads/main"])
        self.assert_sound(self.vault, self.target)
        self.cvat.order("clear", {})
        self.assertEqual(self.run_job().report["items"][0]["tasks"]["exported"], 1)
        self.assertEqual(self.updates()[-1], ("refs/heads/main", "set"), "what is held already is no first version")
        self.assert_complete()

    def test_killed_while_parts_go(self):
        """The next run goes on with what came, and sends it again."""
        process = self.start_slowly()
        self.until_a_part_is_there(process)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assert_sound(self.vault, self.target)
        self.forget()
        item = self.run_job().item(1)
        self.assertLess(stage(item, "download")["bytes"], 0.7 * PROJECT)
        self.assertEqual(self.updates().count(("part", "set")), self.updates().count(("part", "removed")))
        self.assert_complete()

    def test_a_vault_that_takes_no_more_fails_the_project_and_takes_the_parts_back(self):
        limit = 100_000_000  # of one file: the pack; the ZIP of a task has 20 MB

        def lower():
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        done = subprocess.run(self.command("run", "traffic-signs", "--json"), env=self.environment(), preexec_fn=lower, restore_signals=False,
                              capture_output=True, timeout=120)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(b'"stage":"commit"', done.stdout.replace(b" ", b""))
        self.assertIn(b"File too large", done.stdout)
        self.assertEqual(self.updates(), [("part", "set"), ("part", "removed")])
        self.assertEqual((self.refs(), self.unfinished(), self.packs()), ([], [], []))
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assert_complete()

    def test_without_a_push_and_afterwards(self):
        report = self.run_job("--no-push").report
        self.assertEqual(stage(report["items"][0], "push")["outcome"], "skipped")
        self.assertEqual((self.updates(), len(self.packs())), ([], 1))
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assertEqual(self.updates(), [("refs/heads/main", "set")])
        self.assert_complete()

    def test_a_path_and_several_targets_get_it_after_the_commit(self):
        other = os.path.join(self.directory, "other.git")
        git("init", "-q", "--bare", "-b", "main", other)
        self.aim(f"- url: {self.target}\n- url: {other}\n")
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assertEqual(self.updates(), [("refs/heads/main", "set")])
        self.assertEqual(git("rev-parse", "main", cwd=other), git("rev-parse", "main", cwd=self.vault))
        self.assert_complete()

    def test_what_the_target_holds_already_is_no_first_version(self):
        self.run_job()
        subprocess.run(["rm", "-r", self.storage], check=True)
        os.remove(os.path.join(self.target, "updates"))
        self.assertEqual(self.run_job().report["items"][0]["outcome"], "unchanged")
        self.assertEqual(self.updates(), [])
        self.assertEqual(self.refs(), ["refs/heads/main"])

    def test_a_branch_that_moves_meanwhile_is_followed(self):
        seed = os.path.join(self.directory, "seed")
        git("init", "-q", "-b", "main", seed)
        git("commit", "-q", "--allow-empty", "-m", "by hand", cwd=seed)
        process = self.start("run", "traffic-signs", "--json")
        self.until_a_part_is_there(process)
        git("push", "-q", self.target, "main", cwd=seed)
        done = self.finish(process, 60)
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(git("rev-list", "--count", "main", cwd=self.target), "2")
        self.assertLess(stage(done.item(1), "push")["bytes"], PROJECT * 1.1, "what went ahead counts for the commit that was built anew, too")
        self.assert_complete()

    def test_two_jobs_into_one_repository_take_nothing_from_each_other(self):
        """Each removes the parts that it finds: the other one sends what it lacks."""
        twin = Gathering("test_parts_go_ahead_and_one_pack_stays")
        twin.setUp()
        self.addCleanup(twin.doCleanups)
        twin.configure(self.cvat.url, job=TASKS, git=f"url: {self.forge.url}/git/annotations.git\nbranch: twin\nauth: {{username: bot, password: git-password}}")
        both = [one.start("run", "traffic-signs", "--json") for one in (self, twin)]
        for one in both:
            done = self.finish(one, 120)
            self.assertEqual(done.code, 0, done.out + done.err)
        self.assertEqual(git("rev-parse", "twin", cwd=self.target), git("rev-parse", "twin", cwd=twin.vault))
        trees = [git("rev-parse", branch + ":cvat_backup_project_1", cwd=self.target) for branch in ("main", "twin")]
        self.assertEqual(trees[0], trees[1])
        self.assert_sound(self.target)
        self.assertIn("refs/heads/main", self.refs())

    def test_dated_zips_are_made_of_the_pack(self):
        with open(self.config, "a") as file:
            file.write("    archive: {}\n")
        item = self.run_job().item(1)
        self.assertEqual(stage(item, "archive")["outcome"], "ok")
        folder = os.path.join(self.storage, "archives", "traffic-signs", "project-1")
        (name,) = [one for one in os.listdir(folder) if one.endswith(".zip")]
        with zipfile.ZipFile(os.path.join(folder, name)) as archive:
            self.assertIsNone(archive.testzip())
            self.assertEqual({one: archive.read(one) for one in archive.namelist()}, own_export.fetch(self.cvat, token_of("admin"), "project", 1))
        self.assert_complete()


def size_of(path):
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0


class LargeFilesOfTasks(LargeFilesCase):
    """Files over the limit wait in the spool for the commit; everything else is in the pack before."""

    standin_options = ("--seed", "big:5:50:5000:1")

    def test_both_kinds_arrive(self):
        self.configure_target(job=TASKS)
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success", report)
        self.assert_clone(self.clone_url(), own_export.fetch(self.cvat, token_of("admin"), "project", 1))
        self.assert_sound(self.vault)
        self.assert_no_leftovers()


if __name__ == "__main__":
    unittest.main()
