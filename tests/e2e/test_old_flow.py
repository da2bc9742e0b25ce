"""Families A and B, where a result can be fetched once: faults, edits and the dangers of the old way of exporting."""

import unittest

import own_export
from harness import Case, stage, token_of

OOM = "Work-horse terminated unexpectedly; waitpid returned 9 (signal 9); "
MISSING = "FileNotFoundError: [Errno 2] No such file or directory: '/home/django/share/sub/frame_004.jpg'\n"


class OldFlow(Case):
    letter = ""
    EDIT = b"[77.0,7.0,99.0,9.0]"

    def setUp(self):
        if not self.letter:
            self.skipTest("abstract")
        super().setUp()
        self.cvat = self.standin("--family", self.letter)
        self.configure(self.cvat.url, job="projects: [4]")

    def pictures(self):
        return [name for name in self.files(self.vault) if name.endswith(".jpg")]

    def folder(self, name):
        return {path.removeprefix(name + "/"): content for path, content in self.files(self.vault).items() if path.startswith(name + "/")}

    def assert_survives(self, action, resumed=None):
        self.cvat.fault("action=download", action)
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success")
        if resumed is not None:
            self.assertEqual(stage(report["items"][0], "download")["resumed"], resumed)
        self.assertEqual(len(self.pictures()), 20)
        self.assert_sound(self.vault)
        self.assert_no_leftovers()

    def test_a_cut_is_resumed_by_another_export(self):
        self.assert_survives({"cut": 700_000, "with": "fin"}, resumed=1)

    def test_a_reset(self):
        self.assert_survives({"cut": 1_000_000, "with": "rst"})

    def test_a_cut_before_the_head(self):
        """The result is used up, and nothing of it came."""
        self.assert_survives({"cut": 0, "where": "before", "with": "fin"})

    def test_a_flipped_bit(self):
        self.assert_survives({"flip": 500_000})

    def test_a_truncated_file_every_time(self):
        self.cvat.fault("action=download", {"truncate": 900_000}, count=-1)
        error = self.run_job(code=1).errors(4)[0]
        self.assertEqual((error["code"], error["operation"]), ("archive_invalid", "verify"))
        self.cvat.order("clear", {})
        self.assertEqual(self.run_job().report["outcome"], "success")

    def test_statuses_of_the_download(self):
        for status in (500, 502, 503, 504):
            with self.subTest(status=status):
                self.cvat.fault("action=download", {"status": status})
                self.assertEqual(self.run_job("--force").report["counts"]["failed"], 0)

    def test_out_of_memory_once(self):
        self.cvat.order("export", {"kind": "fail", "message": OOM, "count": 1})
        self.assertEqual(self.run_job().report["outcome"], "success")

    def test_a_missing_file_is_told_in_the_servers_words(self):
        self.cvat.order("export", {"kind": "fail", "message": MISSING, "count": -1})
        error = self.run_job(code=1).errors(4)[0]
        self.assertEqual((error["code"], error["transient"]), ("export_failed", False))
        self.assertIn("frame_004.jpg", error["peer"])

    def test_an_export_that_never_ends(self):
        with open(self.config) as file:
            text = file.read()
        with open(self.config, "w") as file:
            file.write(text.replace("poll_max: 200ms}", "poll_max: 200ms, export_deadline: 1s}"))
        self.cvat.order("export", {"kind": "never", "count": -1})
        self.assertEqual(self.run_job(code=1).errors(4)[0]["code"], "export_timeout")

    def test_an_edit_during_the_build(self):
        """In A the file that misses it looks fresh to the server for hours: that is told, not taken for up to date."""
        self.configure(self.cvat.url, job="projects: [1]\ndetails: false")
        self.run_job()
        self.cvat.mutate("add_shape", task=1)
        self.cvat.order("config", {"build_ms": 300})
        self.cvat.order("export", {"kind": "edit_during_build", "target": "task", "id": 1,
                                   "mutate": {"op": "add_shape", "task": 1, "points": [77.0, 7.0, 99.0, 9.0]}})
        item = self.run_job().item(1)
        held = self.folder("cvat_backup_project_1")["task_0/annotations.json"]
        if self.letter != "A":
            self.assertIn(self.EDIT, held)
            return
        self.assertNotIn(self.EDIT, held)
        self.assertIn("task 1 is an old copy", " ".join(item["warnings"]))
        self.cvat.order("export", {"kind": "expire"})
        self.assertIn(self.EDIT, self.after_force())

    def after_force(self):
        self.run_job("--force")
        return self.folder("cvat_backup_project_1")["task_0/annotations.json"]

    def test_all_of_a_server(self):
        self.configure(self.cvat.url, job="projects: all\ntasks: all")
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success", [item for item in report["items"] if item["outcome"] == "failed"])
        self.assertEqual(self.run_job().report["outcome"], "unchanged")

    def test_deleted_frames_that_no_date_shows(self):
        """In A they move no date at all; another edit brings them."""
        self.configure(self.cvat.url, job="projects: [1]\ndetails: false")
        self.run_job()
        self.cvat.mutate("deleted_frames", task=1, frames=[1])
        self.cvat.mutate("add_shape", task=1)
        self.run_job()
        own = own_export.fetch(self.cvat, token_of("admin"), "task", 1, self.letter)
        self.assertEqual(self.folder("cvat_backup_project_1")["task_0/task.json"], own["task.json"])


class OldFlowA(OldFlow):
    letter = "A"

    def test_the_result_file_is_gone_but_its_record_lives(self):
        """201 for ever and 500 at the download: the way out without write permission is taken."""
        self.cvat.fault("action=download", {"status": 500, "body": '"The result file does not exist in export cache"'})
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assertTrue(self.cvat.requests(path="location=cloud_storage"))

    def test_the_export_was_thrown_away_between_poll_and_download(self):
        self.cvat.fault("action=download", {"status": 400, "body": '"Backup has not finished"'}, count=2)
        self.assertEqual(self.run_job().report["outcome"], "success")

    def test_a_touch_heals_a_file_that_misses_an_edit(self):
        self.configure(self.cvat.url, job="projects: [1]\ndetails: false\ntouch: true")
        self.run_job()
        self.cvat.mutate("add_shape", task=1)
        self.cvat.order("config", {"build_ms": 300})
        self.cvat.order("export", {"kind": "edit_during_build", "target": "task", "id": 1,
                                   "mutate": {"op": "add_shape", "task": 1, "points": [77.0, 7.0, 99.0, 9.0]}})
        item = self.run_job().item(1)
        self.assertEqual((item["outcome"], item["warnings"]), ("saved", []))
        self.assertIn(self.EDIT, self.folder("cvat_backup_project_1")["task_0/annotations.json"])

    def test_a_file_from_before_the_edit_that_somebody_else_asked_for(self):
        """Nothing moves during our run; only the times in the file tell."""
        self.configure(self.cvat.url, job="projects: none\ntasks: [1]\ndetails: false")
        self.cvat.order("config", {"build_ms": 4500})
        self.cvat.order("export", {"kind": "edit_during_build", "target": "task", "id": 1,
                                   "mutate": {"op": "add_shape", "task": 1, "points": [77.0, 7.0, 99.0, 9.0]}})
        self.slow_edit()
        item = self.run_job().item(1)
        self.assertIn("built before the last edit", " ".join(item["warnings"]))

    def slow_edit(self):
        """Another account's export is under way while the task is edited, seconds after its annotations were read."""
        own_export.ask(self.cvat, token_of("alice"), "GET", "/api/tasks/1/backup?use_default_location=false&location=local")
        own_export.until(lambda: own_export.ask(self.cvat, token_of("alice"), "GET",
                                                "/api/tasks/1/backup?use_default_location=false&location=local"),
                         lambda status, body: status == 201)
        self.cvat.order("config", {"build_ms": 0})

    def test_edited_constantly(self):
        self.cvat.fault("action=download", {"status": 400, "body": '"Backup has not finished"'}, count=-1)
        error = self.run_job(code=1).errors(4)[0]
        self.assertEqual(error["code"], "too_busy")


class OldFlowB(OldFlow):
    letter = "B"


def load_tests(loader, standard, pattern):
    suite = unittest.TestSuite()
    for case in (OldFlowA, OldFlowB):
        suite.addTests(loader.loadTestsFromTestCase(case))
    return suite


if __name__ == "__main__":
    unittest.main()
