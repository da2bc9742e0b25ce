"""What the server's cache hides, edits in the middle of a backup, data that is not ready, and names of every kind."""

import json
import os
import re
import sqlite3
import unittest

from harness import git
from test_changes import Changes


class Stale(Changes):
    """A job's stage, and ground truth jobs, move no date that the server's cache knows (contract of the server, not ours)."""

    JOB = "projects: [1]\ndetails: false"

    def setUp(self):
        super().setUp()
        self.configure(self.cvat.url, job=self.JOB)

    def hidden_change(self):
        """Backed up, then changed in a way that the server's cache does not see."""
        self.backed_up()
        self.cvat.mutate("create_gt", task=1, frames=[0, 1])

    def age(self):
        """As if 36 hours had gone by."""
        base = sqlite3.connect(os.path.join(self.storage, "state.sqlite"))
        with base:
            changed = base.execute("UPDATE item_state SET retry_after = '2020-01-01T00:00:00Z' WHERE retry_after != ''").rowcount
            for key, text in base.execute("SELECT key, value FROM job_values").fetchall():
                aged = re.sub(r'"until":"[^"]*"', '"until":"2020-01-01T00:00:00Z"', text)
                base.execute("UPDATE job_values SET value = ? WHERE key = ?", (aged, key))
        base.close()
        self.assertEqual(changed, 1)

    def test_it_is_told_and_not_asked_for_again_too_soon(self):
        self.hidden_change()
        item = self.run_job().item(1)
        self.assertEqual(self.exported(), ["task 1"])
        self.assertEqual(item["outcome"], "unchanged")
        self.assertRegex(" ".join(item["warnings"]), r"task 1 .*old copy.*the server has 3")
        self.cvat.order("log/clear", {})
        for _ in range(2):
            done = self.run_job()
            self.assertEqual(self.exported(), [])
            self.assertEqual(done.item(1)["outcome"], "unchanged")
            self.assertRegex(" ".join(done.item(1)["warnings"]), r"task 1.*old.* again after 20\d\d-")

    def test_after_36_hours_it_is_fetched(self):
        self.hidden_change()
        self.run_job()
        self.cvat.order("export", {"kind": "expire"})
        self.cvat.order("log/clear", {})
        self.age()
        item = self.run_job().item(1)
        self.assertEqual(self.exported(), ["task 1"])
        self.assertEqual((item["outcome"], item["warnings"]), ("saved", []))
        self.assert_vault_is_right()
        self.assertEqual(self.run_job().report["outcome"], "unchanged")

    def test_by_force_it_is_fetched(self):
        self.hidden_change()
        self.run_job()
        self.cvat.order("export", {"kind": "expire"})
        item = self.run_job("--force").item(1)
        self.assertEqual((item["outcome"], item["warnings"]), ("saved", []))
        self.assert_vault_is_right()

    def test_a_touch_gets_past_it_at_once(self):
        self.configure(self.cvat.url, job=self.JOB + "\ntouch: true")
        self.hidden_change()
        item = self.run_job().item(1)
        self.assertEqual((item["outcome"], item["warnings"]), ("saved", []))
        self.assert_vault_is_right()
        self.cvat.order("log/clear", {})
        self.assertEqual(self.run_job().item(1)["outcome"], "unchanged")
        self.assertEqual(self.exported(), [])

    def test_a_touched_task_item(self):
        self.configure(self.cvat.url, job="projects: none\ntasks: [1]\ndetails: false\ntouch: true")
        self.hidden_change()
        item = self.run_job().item(1)
        self.assertEqual((item["outcome"], item["warnings"]), ("saved", []))
        self.assert_vault_is_right(1, "task")
        self.cvat.order("log/clear", {})
        self.assertEqual(self.run_job().item(1)["outcome"], "unchanged")
        self.assertEqual(self.exported(), [])

    def test_a_touch_allowed_later(self):
        self.hidden_change()
        self.run_job()
        self.configure(self.cvat.url, job=self.JOB + "\ntouch: true")
        self.assertEqual(self.run_job().item(1)["outcome"], "saved")
        self.assert_vault_is_right()

    def test_a_touch_that_may_not_write(self):
        self.secret("lab-token", self.cvat.order("state")["users"]["admin"]["access_token"])
        self.configure(self.cvat.url, job=self.JOB + "\ntouch: true")
        with open(self.config) as file:
            text = file.read()
        with open(self.config, "w") as file:
            file.write(text.replace("{token: lab-token}", "{access_token: lab-token}"))
        self.hidden_change()
        item = self.run_job().item(1)
        self.assertEqual(item["outcome"], "unchanged")
        self.assertIn("touched", " ".join(item["warnings"]))

    def test_a_task_item(self):
        self.configure(self.cvat.url, job="projects: none\ntasks: [1]\ndetails: false")
        self.hidden_change()
        item = self.run_job().item(1)
        self.assertEqual((item["kind"], item["outcome"]), ("cvat_task", "unchanged"))
        self.assertIn("old copy", " ".join(item["warnings"]))
        self.cvat.order("log/clear", {})
        self.run_job()
        self.assertEqual(self.exported(), [])
        self.cvat.order("export", {"kind": "expire"})
        self.age()
        self.assertEqual(self.run_job().item(1)["outcome"], "saved")
        self.assert_vault_is_right(1, "task")

    def test_a_stale_project_file_is_out_of_the_way(self):
        """Frames deleted in a task leave the server's project file as it was; tasks are fetched one by one."""
        self.backed_up()
        self.cvat.mutate("deleted_frames", task=1, frames=[1])
        item = self.run_job().item(1)
        self.assertEqual((item["outcome"], item["warnings"]), ("saved", []))
        self.assert_vault_is_right()

    def test_the_whole_export_asked_for_by_name_tells_it(self):
        self.configure(self.cvat.url, job=self.JOB + "\nexport: project")
        self.backed_up()
        self.cvat.mutate("deleted_frames", task=1, frames=[1])
        item = self.run_job().item(1)
        self.assertIn("old copy", " ".join(item["warnings"]))


class Meanwhile(Changes):
    def test_an_edit_during_the_build(self):
        self.backed_up()
        self.cvat.mutate("add_shape", task=1)
        self.cvat.order("config", {"build_ms": 200})
        self.cvat.order("export", {"kind": "edit_during_build", "target": "task", "id": 1,
                                   "mutate": {"op": "add_shape", "task": 1, "points": [7.0, 7.0, 9.0, 9.0]}})
        item = self.run_job().item(1)
        self.assertEqual(item["outcome"], "saved")
        self.assertEqual(self.exported(), ["task 1", "task 1"])
        self.assert_vault_is_right()
        self.cvat.order("log/clear", {})
        self.run_job()
        self.assertEqual(self.exported(), [])

    def test_an_edit_of_another_task_during_the_build(self):
        self.backed_up()
        self.cvat.mutate("add_shape", task=1)
        self.cvat.order("config", {"build_ms": 200})
        self.cvat.order("export", {"kind": "edit_during_build", "target": "task", "id": 1, "mutate": {"op": "add_shape", "task": 2}})
        self.run_job()
        self.assertEqual(self.exported(), ["task 1", "task 2"])
        self.assert_vault_is_right()


class NotReady(Changes):
    def test_pending_and_failed_data_are_skipped_with_a_warning(self):
        for state in ("pending", "failed"):
            with self.subTest(state=state):
                task = self.cvat.mutate("create_task", project=1, name=state, state=state)["task"]
                done = self.run_job()
                self.assertIn(done.report["outcome"], ("success", "unchanged"))
                self.assertNotIn(f"task {task}", self.exported())
                self.assertIn(f"task {task} is skipped", " ".join(done.item(1)["warnings"]))
                self.assertGreaterEqual(done.item(1)["tasks"]["skipped"], 2)

    def test_once_ready_it_is_saved(self):
        task = self.cvat.mutate("create_task", project=1, name="late", state="pending")["task"]
        self.run_job()
        self.cvat.mutate("finish_data", task=task)
        self.cvat.order("log/clear", {})
        item = self.run_job().item(1)
        self.assertEqual((item["outcome"], item["warnings"]), ("saved", []))
        self.assertEqual(self.exported(), [f"task {task}"])
        self.assert_vault_is_right()

    def test_it_is_told_at_every_run(self):
        task = self.cvat.mutate("create_task", project=1, name="late", state="failed")["task"]
        self.run_job()
        done = self.run_job()
        self.assertEqual(done.report["outcome"], "unchanged")
        self.assertIn(f"task {task} is skipped", " ".join(done.item(1)["warnings"]))
        self.assertEqual(done.item(1)["tasks"], {"total": 5, "exported": 0, "kept": 3, "skipped": 2, "failed": 0})

    def test_as_an_item_of_its_own(self):
        task = self.cvat.mutate("create_task", name="late", state="pending")["task"]
        self.configure(self.cvat.url, job=f"projects: none\ntasks: [9, {task}]")
        done = self.run_job()
        self.assertEqual(done.item(task)["outcome"], "skipped")
        self.assertEqual(done.report["outcome"], "success")
        done = self.run_job()
        self.assertEqual((done.item(task)["outcome"], done.item(9)["outcome"]), ("skipped", "unchanged"))


class Names(Changes):
    def test_control_characters_and_every_script(self):
        wild = "a\tb\nc\x1b[31mrot\x7f \u202e日本 ünï \"q\" \\ /"
        self.cvat.mutate("rename_project", project=1, name=wild)
        done = self.call("run", "traffic-signs", "--json")
        self.assertEqual(done.code, 0, done.err)
        for line in done.err.splitlines():
            self.assertIsNone(re.search(r"[\x00-\x1f\x7f\u202e]", line), repr(line))
        line = next(line for line in done.err.splitlines() if "project 1" in line)
        self.assertIn("saved", line)
        self.assertIn("日本 ünï", line)
        part = json.loads(self.folder("cvat_backup_project_1")["project.json"])
        self.assertEqual(part["name"], wild)
        self.assert_vault_is_right()

    def test_media_with_wild_names(self):
        task = self.cvat.mutate("create_task", project=1, name="wild", images=3, names=["a b#%.png", "日本/ünï.jpg", "-rf.jpg"])["task"]
        self.run_job()
        self.assert_vault_is_right()
        self.assertTrue(task)

    def test_media_that_may_not_be_written_are_refused(self):
        self.backed_up()
        tip = git("rev-parse", "main", cwd=self.vault)
        for name in ("../evil.jpg", "/abs.jpg", ".git/config", ".GIT/hooks/x.jpg", "a/.git./x.jpg"):
            with self.subTest(name=name):
                task = self.cvat.mutate("create_task", project=1, name="evil", images=1, names=[name])["task"]
                done = self.run_job(code=1)
                error = done.errors(1)[0]
                self.assertEqual((error["code"], error["operation"]), ("archive_invalid", "verify"), error)
                self.assertEqual(git("rev-parse", "main", cwd=self.vault), tip)
                self.cvat.mutate("delete_task", task=task)


if __name__ == "__main__":
    unittest.main()
