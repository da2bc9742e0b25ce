"""A source that has lost much of what it had, or that is another one now, takes nothing away from what is held."""

import os
import subprocess
import unittest

from daemon import ServeCase
from harness import Case, Done, binary, git


class Shrink(Case):
    job = "projects: [1]"

    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.configure(self.cvat.url, job=self.job)

    def limit(self, text):
        with open(self.config, "a") as file:
            file.write(f"    shrink_limit: {text}\n")

    def state(self):
        """The vault's tip and what stands in it."""
        return git("rev-parse", "main", cwd=self.vault), git("ls-tree", "-r", "main", cwd=self.vault)

    def exports(self):
        return [one["path"] for one in self.cvat.requests(method="POST") if "backup/export" in one["path"]]

    def refused(self, words, *options, number=1, code=1, stage="inspect"):
        """The item fails with these numbers, and nothing has changed; → its error."""
        before = self.state()
        done = self.run_job(*options, code=code)
        item = done.item(number)
        self.assertEqual(item["outcome"], "failed", item)
        failed = [one for one in item["stages"] if one["outcome"] == "failed"]
        self.assertEqual([one["stage"] for one in failed], [stage])
        error = failed[0]["error"]
        self.assertEqual(error["code"], "shrunken")
        self.assertIn(words, error["message"])
        self.assertIn("--accept-shrink", error["hint"])
        self.assertFalse(error["transient"])
        self.assertEqual(self.state(), before)
        return error

    def accepted(self, number=1):
        self.assertEqual(self.run_job("--accept-shrink").item(number)["outcome"], "saved")
        self.assertEqual(self.run_job().item(number)["outcome"], "unchanged")
        self.assert_sound(self.vault)


class Projects(Shrink):
    def test_a_task_less_of_three(self):
        """Project 1 has three tasks with data; an empty one never counts."""
        self.run_job()
        self.cvat.mutate("delete_task", task=4)
        self.assertEqual(self.run_job().item(1)["outcome"], "saved", "the empty one: only the side file had it")
        self.cvat.mutate("delete_task", task=2)
        self.cvat.order("log/clear", {})
        error = self.refused("tasks 3 -> 2 (33% fewer)")
        self.assertIn("shrink_limit is 30%", error["message"])
        self.assertEqual(error["object"], "project 1 of lab")
        self.assertEqual(self.exports(), [], "it is seen before any export")
        self.refused("tasks 3 -> 2", "--force")
        self.accepted()

    def test_the_limit_is_the_jobs(self):
        self.limit("90%")
        self.run_job()
        self.cvat.mutate("delete_task", task=2)
        self.assertEqual(self.run_job().item(1)["outcome"], "saved")
        self.configure(self.cvat.url, job=self.job)
        self.limit("0%")
        self.cvat.mutate("delete_shapes", task=1)
        self.refused("annotations", stage="verify")

    def test_none_left(self):
        self.run_job()
        for number in (1, 2, 3):
            self.cvat.mutate("delete_task", task=number)
        self.refused("tasks 3 -> 0 (100% fewer), frames")
        self.accepted()
        self.assertIn("cvat_backup_project_1/project.json", self.files(self.vault))

    def test_switched_off(self):
        self.limit("100%")
        self.run_job()
        for number in (1, 2, 3):
            self.cvat.mutate("delete_task", task=number)
        self.assertEqual(self.run_job().item(1)["outcome"], "saved")

    def test_frames(self):
        for number in range(4):
            self.cvat.mutate("create_task", project=2, name=f"small {number}", images=2)
        large = self.cvat.mutate("create_task", project=2, name="large", images=20)["task"]
        self.configure(self.cvat.url, job="projects: [2]")
        self.run_job()
        self.cvat.mutate("delete_task", task=large)
        error = self.refused("in the last verified copy: frames 28 -> 8 (71% fewer);", number=2)
        self.assertNotIn("tasks", error["message"].split("copy:")[1], "one of five tasks is within the limit")
        self.accepted(2)

    def test_annotations_are_counted_after_the_export(self):
        self.run_job()
        for number in (1, 2, 3):
            self.cvat.mutate("delete_shapes", task=number)
        self.refused("annotations", stage="verify")
        self.refused("-> 0 (100% fewer)", stage="verify")
        self.accepted()

    def test_the_other_projects_go_on(self):
        self.configure(self.cvat.url, job="projects: [1, 2, 4]")
        self.run_job()
        self.cvat.mutate("delete_task", task=2)
        self.cvat.mutate("rename_project", project=2, name="renamed")
        done = self.run_job(code=3)
        self.assertEqual([item["outcome"] for item in done.report["items"]], ["failed", "saved", "unchanged"])

    def test_a_dry_run_says_so(self):
        self.run_job()
        self.cvat.mutate("delete_task", task=2)
        self.refused("tasks 3 -> 2", "--dry-run")

    def test_a_task_whose_data_waits_still_counts(self):
        """What is held of it is kept."""
        self.run_job()
        self.cvat.mutate("create_task", project=1, name="later", state="pending")
        self.cvat.mutate("rename_task", task=1, name="renamed")
        self.assertEqual(self.run_job().item(1)["outcome"], "saved")


class Tasks(Shrink):
    job = "projects: none\ntasks: [1]"

    def test_its_annotations(self):
        self.run_job()
        self.cvat.mutate("delete_shapes", task=1)
        self.refused("annotations", stage="verify")
        self.accepted()


class AnotherServer(Shrink):
    def test_under_the_same_url(self):
        """The same ids, made at another time."""
        self.run_job()
        before = self.state()
        self.cvat.order("reset", {})
        self.cvat.order("log/clear", {})
        done = self.run_job(code=1)
        self.assertEqual(done.report["items"], [])
        error = done.report["errors"][0]
        self.assertEqual((error["code"], error["object"]), ("source_replaced", "projects of lab"))
        self.assertIn("another server seems to answer under this URL: project 1 was made at", error["message"])
        self.assertIn("--accept-shrink", error["hint"])
        self.assertEqual(self.exports(), [])
        self.assertEqual(self.state(), before)
        self.assertEqual(self.run_job(code=1).report["errors"][0]["code"], "source_replaced", "also the next time")
        self.assertIn(self.run_job("--accept-shrink").report["outcome"], ("success", "unchanged"))
        self.assertEqual(self.run_job().item(1)["outcome"], "unchanged")

    def test_one_project_that_is_the_same_proves_it(self):
        self.configure(self.cvat.url, job="projects: all")
        self.run_job()
        self.cvat.mutate("rename_project", project=1, name="renamed")
        self.cvat.mutate("transfer", project=2, organization="acme")
        self.cvat.mutate("delete_project", project=7)
        done = self.run_job()
        self.assertEqual(done.item(7)["outcome"], "gone")
        self.assertEqual(done.report["outcome"], "success")

    def test_with_other_ids(self):
        """All that is known is missing at once: that is the answer of another server too."""
        self.configure(self.cvat.url, job="projects: all\norganization: acme")
        self.run_job()
        before = self.state()
        for number in (5, 6):
            self.cvat.mutate("delete_project", project=number)
        new = self.cvat.mutate("create_project", name="new", organization="acme")["project"]
        error = self.run_job(code=3).report["errors"][0]
        self.assertEqual(error["code"], "source_empty")
        self.assertIn("--accept-shrink", error["hint"])
        held = [line for line in self.state()[1].splitlines() if f"project_{new}" not in line]
        self.assertEqual(held, before[1].splitlines())
        again = self.run_job(code=3).report
        self.assertEqual([item["outcome"] for item in again["items"] if item["id"] in (5, 6)], [], "it is not believed later either")
        self.assertIn("2 that went missing all at once are missing still", again["errors"][0]["message"])
        done = self.run_job("--accept-shrink")
        self.assertEqual(sorted(item["outcome"] for item in done.report["items"] if item["id"] in (5, 6)), ["gone", "gone"])
        self.assertEqual(self.run_job().report["outcome"], "unchanged")


    def test_what_the_job_no_longer_selects_proves_nothing(self):
        self.configure(self.cvat.url, job="projects: [1]")
        self.run_job()
        self.configure(self.cvat.url, job='projects: {include: ["bob*"]}')
        saved = {item["id"] for item in self.run_job().report["items"]}
        self.assertTrue(saved)
        for number in saved:
            self.cvat.mutate("delete_project", project=number)
        report = self.run_job(code=1).report
        self.assertEqual((report["errors"][0]["code"], report["counts"]["gone"]), ("source_empty", 0))


class ByTheDaemon(ServeCase):
    def test_the_client_passes_the_word_on(self):
        cvat = self.standin()
        self.configure(cvat.url, job="projects: [1]")
        self.run_job()
        cvat.mutate("delete_task", task=2)
        self.serve()
        client = os.path.join(os.path.dirname(binary()), "autobackupctl")

        def ctl(*options):
            socket = os.path.join(self.runtime, "control.sock")
            done = subprocess.run([client, "run", "traffic-signs", "--wait", "--json", "--socket", socket, "--config", self.config, *options],
                                  env=self.environment(), capture_output=True, timeout=120)
            return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

        self.assertEqual(ctl().code, 1)
        self.assertEqual(ctl("--accept-shrink").report["outcome"], "success")
        self.assertEqual(ctl().report["outcome"], "unchanged")


if __name__ == "__main__":
    unittest.main()
