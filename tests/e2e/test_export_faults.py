"""Exports that fail, die, hang or are refused, and one bad task among good ones."""

import time
import unittest

import own_export
from harness import Case, git, token_of

OOM = "Work-horse terminated unexpectedly; waitpid returned 9 (signal 9); "
TIME_OUT = "rq.timeouts.JobTimeoutException: Task exceeded maximum timeout value (14400 seconds)"
MISSING = "FileNotFoundError: [Errno 2] No such file or directory: '/home/django/share/sub/frame_004.jpg'\n"
REFUSED = "rest_framework.exceptions.ValidationError: [ErrorDetail(string='not this one', code='invalid')]\n"
FULL = "OSError: [Errno 28] No space left on device\n"


class Exports(Case):
    job = "projects: none\ntasks: [1]"

    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.configure(self.cvat.url, job=self.job)

    def limits(self, words):
        with open(self.config) as file:
            text = file.read()
        with open(self.config, "w") as file:
            file.write(text.replace("poll_max: 200ms}", f"poll_max: 200ms, {words}}}"))

    def begun(self, kind="task"):
        return [one for one in self.cvat.requests(method="POST") if f"/api/{kind}s/" in one["path"] and "backup/export" in one["path"]]

    def only_error(self, done, number=1):
        errors = done.errors(number)
        self.assertEqual(len(errors), 1, errors)
        return errors[0]


class Failures(Exports):
    def assert_ends(self, message, tries, code="export_failed", word=""):
        """The server's words always; asked for `tries` times in all."""
        self.cvat.order("reset", {})
        self.cvat.order("export", {"kind": "fail", "message": message, "count": -1})
        done = self.run_job(code=1)
        error = self.only_error(done)
        self.assertEqual(error["code"], code)
        self.assertEqual((error["operation"], error["object"]), ("export", "task 1 of lab"))
        self.assertIn(message.strip(), error["peer"])
        self.assertIn(word, error["message"])
        self.assertEqual(len(self.begun()), tries)

    def test_what_passes_is_tried_again(self):
        self.assert_ends(OOM, 3, word="killed")
        self.assert_ends("Moved to FailedJobRegistry, due to AbandonedJobError, at 2026-11-21", 3, word="died")

    def test_what_does_not_pass_is_not(self):
        self.assert_ends(TIME_OUT, 1, word="time limit")
        self.assert_ends(MISSING, 1, word="missing")
        self.assert_ends(REFUSED, 1, word="refuses")
        self.assert_ends(FULL, 1, word="full")

    def test_once_out_of_memory_is_no_failure(self):
        self.cvat.order("export", {"kind": "fail", "message": OOM, "count": 1})
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success")
        exported = [one for one in report["items"][0]["stages"] if one["stage"] == "export"]
        self.assertEqual([one["attempts"] for one in exported], [2])

    def test_a_dead_worker_is_freed_by_the_list(self):
        self.cvat.order("export", {"kind": "dead_worker", "recover_after": 1, "count": 1})
        self.limits("export_deadline: 200s")
        begin = time.monotonic()
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success")
        self.assertTrue([one for one in self.cvat.requests(path="/api/requests\\?.*page_size=all")])
        self.assertLess(time.monotonic() - begin, 100)

    def test_an_export_that_never_ends(self):
        self.limits("export_deadline: 1s")
        self.cvat.order("export", {"kind": "never", "count": -1})
        begin = time.monotonic()
        error = self.only_error(self.run_job(code=1))
        self.assertEqual(error["code"], "export_timeout")
        self.assertIn("export_deadline", error["message"])
        self.assertLess(time.monotonic() - begin, 10)

    def test_an_export_that_runs_already_is_attached_to(self):
        self.cvat.order("config", {"build_ms": 1500})
        path = "/api/tasks/1/backup/export?location=local&lightweight=false"
        self.assertEqual(own_export.ask(self.cvat, token_of("admin"), "POST", path)[0], 202)
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success")
        self.assertEqual([one["status"] for one in self.begun()], [202, 409])

    def test_a_queued_export_is_waited_for(self):
        self.cvat.order("export", {"kind": "queued", "seconds": 1})
        self.assertEqual(self.run_job().report["outcome"], "success")


class OneBadTask(Exports):
    job = "projects: [1]"

    def test_it_keeps_its_last_good_copy(self):
        self.run_job()
        before = self.files(self.vault)
        for task in (1, 2):
            self.cvat.mutate("add_shape", task=task)
        self.cvat.order("export", {"kind": "fail", "target": "task", "id": 2, "message": MISSING, "count": -1})
        done = self.run_job(code=3)
        item = done.item(1)
        self.assertEqual((done.report["outcome"], item["outcome"]), ("partial", "partial"))
        self.assertEqual(done.report["counts"]["partial"], 1)
        self.assertEqual(item["tasks"], {"total": 4, "exported": 1, "kept": 1, "skipped": 1, "failed": 1})
        failed = [one for one in item["stages"] if one["outcome"] == "failed"]
        self.assertEqual([(one["stage"], one["task"]) for one in failed], [("export", "task 2")])
        self.assertIn("last good copy", " ".join(item["warnings"]))
        after = self.files(self.vault)
        folder = "cvat_backup_project_1/"
        for name, content in before.items():
            if name.startswith(folder + "task_1/"):
                self.assertEqual(after[name], content, name)
        self.assertNotEqual(after[folder + "task_0/annotations.json"], before[folder + "task_0/annotations.json"])
        self.cvat.order("clear", {})
        self.cvat.order("log/clear", {})
        done = self.run_job()
        self.assertEqual(done.item(1)["tasks"], {"total": 4, "exported": 1, "kept": 2, "skipped": 1, "failed": 0})
        self.assertEqual(["/api/tasks/2/" in one["path"] for one in self.begun()], [True])
        self.assertEqual(self.run_job().report["outcome"], "unchanged")

    def test_it_has_no_earlier_copy(self):
        self.cvat.order("export", {"kind": "fail", "target": "task", "id": 2, "message": MISSING, "count": -1})
        done = self.run_job(code=3)
        self.assertEqual(done.item(1)["tasks"], {"total": 4, "exported": 2, "kept": 0, "skipped": 1, "failed": 1})
        files = self.files(self.vault)
        self.assertFalse([name for name in files if "/task_1/" in name])
        self.assertTrue([name for name in files if "/task_2/" in name])
        self.cvat.order("clear", {})
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assert_members(self.files(self.vault), "cvat_backup_project_1", "project-images-video-gt-skeleton-guide.zip")

    def test_all_of_them_failing_fails_the_item(self):
        self.run_job()
        tip = git("rev-parse", "main", cwd=self.vault)
        for task in (1, 2, 3):
            self.cvat.mutate("add_shape", task=task)
        self.cvat.order("export", {"kind": "fail", "message": MISSING, "count": -1})
        done = self.run_job(code=1)
        self.assertEqual(done.item(1)["outcome"], "failed")
        self.assertEqual(done.item(1)["tasks"]["failed"], 3)
        self.assertEqual(git("rev-parse", "main", cwd=self.vault), tip)

    def test_what_else_moved_is_saved_beside_a_task_that_always_fails(self):
        self.run_job()
        self.cvat.mutate("add_shape", task=2)
        self.cvat.mutate("rename_project", project=1, name="another name")
        self.cvat.order("export", {"kind": "fail", "target": "task", "id": 2, "message": MISSING, "count": -1})
        done = self.run_job(code=3)
        self.assertEqual((done.item(1)["outcome"], done.item(1)["tasks"]["failed"]), ("partial", 1))
        self.assertIn(b"another name", self.files(self.vault)["cvat_backup_project_1/project.json"])
        self.assertEqual(self.run_job(code=1).item(1)["outcome"], "failed")

    def test_another_project_is_saved_all_the_same(self):
        self.configure(self.cvat.url, job="projects: [1, 2]")
        self.cvat.order("export", {"kind": "fail", "target": "task", "message": MISSING, "count": -1})
        done = self.run_job(code=3)
        self.assertEqual([done.item(1)["outcome"], done.item(2)["outcome"]], ["failed", "saved"])

    def test_a_whole_export_that_fails_falls_back_to_tasks(self):
        self.configure(self.cvat.url, job="projects: [1]\nexport: project")
        self.cvat.order("export", {"kind": "fail", "target": "project", "message": TIME_OUT, "count": -1})
        done = self.run_job()
        self.assertEqual((done.report["outcome"], done.item(1)["outcome"]), ("success", "saved"))
        self.assertIn("time limit", " ".join(done.item(1)["warnings"]))
        self.assert_members(self.files(self.vault), "cvat_backup_project_1", "project-images-video-gt-skeleton-guide.zip")

    def test_a_new_large_project_is_fetched_whole_and_then_by_tasks(self):
        for number in range(4):
            self.cvat.mutate("create_task", project=1, name=f"more {number}")
        self.run_job()
        self.assertEqual((len(self.begun("project")), len(self.begun("task"))), (1, 0))
        self.cvat.mutate("add_shape", task=1)
        self.run_job()
        self.assertEqual((len(self.begun("project")), len(self.begun("task"))), (1, 1))


class Crowd(Exports):
    job = "projects: all\ntasks: all"

    def test_one_export_at_a_time_on_the_server(self):
        self.limits("exports: 1")
        self.cvat.order("config", {"build_ms": 150})
        process = self.start("run", "traffic-signs", "--json")
        most = 0
        while process.poll() is None:
            records = self.cvat.order("state")["records"].values()
            most = max(most, sum(one["status"] in ("queued", "started") for one in records))
        done = self.finish(process)
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(most, 1)

    def test_two_may_run_when_two_are_allowed(self):
        self.limits("exports: 2")
        self.cvat.order("config", {"build_ms": 300})
        process = self.start("run", "traffic-signs", "--json")
        most = 0
        while process.poll() is None:
            records = self.cvat.order("state")["records"].values()
            most = max(most, sum(one["status"] in ("queued", "started") for one in records))
        self.assertEqual(self.finish(process).code, 0)
        self.assertEqual(most, 2)


class Statuses(Exports):
    def assert_status(self, path, status, code, whole_run, method=None):
        self.cvat.order("reset", {})
        headers = {"Retry-After": "0"} if status == 429 else {}
        self.cvat.fault(path, {"status": status, "body": {"detail": "words of the server"}, "headers": headers}, count=-1, method=method)
        done = self.run_job(code=1)
        found = done.report["errors"] if whole_run else done.errors(1)
        self.assertEqual([error["code"] for error in found], [code], (path, status))
        self.assertEqual(found[0]["peer"], "words of the server")
        self.assertEqual(bool(found[0]["transient"]), status >= 429)

    STATUSES = ((401, "unauthorized"), (403, "forbidden"), (404, "not_found"), (429, "rate_limited"), (500, "server_error"),
                (502, "server_error"), (503, "server_error"), (504, "server_error"))

    def test_on_lists(self):
        for status, code in self.STATUSES:
            with self.subTest(status=status):
                self.assert_status(r"/api/tasks\?", status, code, True)

    def test_on_the_order_of_an_export(self):
        for status, code in self.STATUSES:
            with self.subTest(status=status):
                self.assert_status("backup/export", status, code, False, "POST")

    def test_a_proxys_page_is_told_by_its_title(self):
        self.cvat.fault(r"/api/tasks\?", {"status": 502}, count=-1)
        error = self.run_job(code=1).report["errors"][0]
        self.assertIn("502", error["peer"])
        self.assertNotIn("<", error["peer"])

    def test_a_few_of_them_are_passed_over(self):
        for path, method in ((r"/api/tasks\?", None), ("backup/export", "POST"), ("/api/requests/", None)):
            for status in (429, 500, 502, 503, 504):
                with self.subTest(path=path, status=status):
                    self.cvat.fault(path, {"status": status, "headers": {"Retry-After": "0"}}, count=2, method=method)
                    self.assertEqual(self.run_job("--force").report["counts"]["failed"], 0)
                    self.cvat.order("clear", {})

    def test_the_answer_to_the_order_is_lost(self):
        self.cvat.fault("backup/export", {"status": 504, "after": True}, method="POST")
        self.assertEqual(self.run_job().report["outcome"], "success")

    def test_a_login_page_on_a_list(self):
        self.cvat.fault(r"/api/tasks\?", {"html": True}, count=-1)
        error = self.run_job(code=1).report["errors"][0]
        self.assertEqual(error["code"], "bad_response")
        self.assertIn("login", error["hint"])

    def test_nobody_listens(self):
        self.cvat.stop()
        error = self.run_job(code=1).report["errors"][0]
        self.assertEqual(error["code"], "connection_refused")
        self.assertTrue(error["transient"])


if __name__ == "__main__":
    unittest.main()
