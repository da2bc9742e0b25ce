"""What a job chooses: ids, names, globs, organisations, single tasks; what is gone, empty, or matches nothing."""

import shutil
import unittest

from harness import Case, git, token_of

class Selection(Case):
    def setUp(self):
        super().setUp()
        self.cvat = self.standin()

    def chosen(self, job, *options, code=0, server=""):
        """(kind, id) → outcome of a run of the selection."""
        self.configure(self.cvat.url, job=job, server=server)
        self.done = self.run_job(*options, code=code)
        return {(one["kind"].removeprefix("cvat_"), one["id"]): one["outcome"] for one in self.done.report["items"]}

    def projects(self, job, *options, **more):
        return sorted(number for kind, number in self.chosen(job, *options, **more) if kind == "project")

    def anew(self):
        """As if nothing had ever been backed up."""
        shutil.rmtree(self.storage)

    def become(self, user):
        self.secret("lab-token", token_of(user))


class WhoAsks(Selection):
    def test_an_administrators_glance_is_not_believed_for_another(self):
        """What is remembered of an administrator's lists says nothing of what a member must ask for."""
        self.chosen("projects: all")
        self.become("alice")
        self.run_job(code=0)
        self.assertEqual(self.run_job().report["outcome"], "unchanged")
        new = self.cvat.mutate("create_project", name="new", organization="acme")["project"]
        self.cvat.order("log/clear", {})
        self.assertEqual(self.run_job().item(new)["outcome"], "saved")
        self.become("admin")
        self.run_job()
        self.cvat.mutate("rename_project", project=7, name="bob's other name")
        self.assertEqual(self.run_job().item(7)["outcome"], "saved", "an administrator sees it again")


class Forms(Selection):
    def test_ids_names_and_globs(self):
        self.assertEqual(self.projects("projects: [2, big]"), [2, 4])
        self.assertEqual(self.projects("projects: ['org*']"), [5, 6])
        self.assertEqual(self.projects("projects: {include: ['*'], exclude: ['org*', 1, big]}"), [2, 3, 7])
        self.assertEqual(self.projects("projects: [\"bob's project\"]"), [7])

    def test_all_is_the_default(self):
        self.assertEqual(self.projects("export: auto"), [1, 2, 3, 4, 5, 6, 7])

    def test_all_but_some(self):
        self.assertEqual(self.projects("projects: {exclude: [1, 'b*']}"), [2, 3, 5, 6])

    def test_tasks_are_items_of_their_own(self):
        found = self.chosen("projects: none\ntasks: [1, 9]")
        self.assertEqual(found, {("task", 1): "saved", ("task", 9): "saved"})
        files = self.files(self.vault)
        self.assert_members(files, "cvat_backup_task_1", "task-images-annotations.zip")
        self.assert_members(files, "cvat_backup_task_9", "task-standalone-guide.zip")
        self.assertIn("cvat_backup_task_9.manifest.json", files)
        subjects = git("log", "--format=%s", "main", cwd=self.vault).splitlines()
        for subject in subjects:
            self.assertRegex(subject, r"^chore\(backup\): add cvat task \d+ backup \d{8}T\d{6}Z\.zip @ .*Z$")

    def test_unassigned_tasks(self):
        self.assertEqual(sorted(self.chosen("projects: none\ntasks: unassigned")), [("task", 9), ("task", 10)])

    def test_a_task_without_data_is_skipped_with_a_reason(self):
        found = self.chosen("projects: none\ntasks: [1, 'empty task']")
        self.assertEqual(sorted(found.values()), ["saved", "skipped"])
        self.assertEqual(self.done.report["outcome"], "success")
        reason = [one["reason"] for one in self.done.report["items"] if one["outcome"] == "skipped"]
        self.assertEqual(reason, ["the task has no data"])

    def test_an_id_that_matches_nothing_is_a_failed_item(self):
        found = self.chosen("projects: [1, 99, nothing]", code=3)
        self.assertEqual(found[("project", 1)], "saved")
        self.assertEqual(found[("project", 99)], "failed")
        errors = [error for item in self.done.report["items"] for one in item["stages"] for error in [one.get("error")] if error]
        self.assertEqual([error["code"] for error in errors], ["selection_unmatched"] * 2)
        self.assertEqual(sorted(error["object"] for error in errors), ["project 99", "project nothing"])
        self.assertEqual(self.done.report["outcome"], "partial")

    def test_only_such_entries_fail_the_run(self):
        self.assertEqual(self.chosen("projects: [98, 99]", code=1), {("project", 98): "failed", ("project", 99): "failed"})

    def test_the_failure_stays_until_it_is_mended(self):
        self.chosen("projects: [1, 99]", code=3)
        self.assertEqual(self.chosen("projects: [1, 99]", code=3), {("project", 1): "unchanged", ("project", 99): "failed"})

    def test_a_glob_that_matches_nothing_is_a_warning(self):
        self.assertEqual(self.projects("projects: [1, 'zebra*']"), [1])
        self.assertIn("zebra*", " ".join(self.done.report["warnings"]))
        self.assertEqual(self.done.report["outcome"], "success")

    def test_a_glob_that_matches_nothing_stays_a_warning(self):
        for _ in range(2):
            self.projects("projects: [1, 'zebra*']")
            self.assertIn("zebra*", " ".join(self.done.report["warnings"]))

    def test_what_is_no_longer_chosen_is_no_longer_told(self):
        self.projects("projects: [1, 2, 3]")
        for _ in range(3):
            self.assertEqual(self.projects("projects: [2]"), [2])

    def test_a_name_that_is_used_twice_means_both(self):
        made = self.cvat.mutate("create_project", name="big")["project"]
        self.assertEqual(self.projects("projects: [big]"), [4, made])

    def test_a_project_and_its_task_both_asked_for(self):
        self.assertEqual(self.chosen("projects: [1]\ntasks: [1]"), {("project", 1): "saved", ("task", 1): "saved"})


class Only(Selection):
    def test_its_forms(self):
        job = "projects: all\ntasks: all"
        for entry, wanted in (("project:3", [("project", 3)]), ("task:9", [("task", 9)]), ("big", [("project", 4)]),
                              ("bob*", [("project", 7), ("task", 11)])):
            with self.subTest(entry=entry):
                found = self.chosen(job, "--only", entry)
                self.assertEqual([key for key in sorted(found) if key[0] == "project" or entry != "bob*"],
                                 [key for key in wanted if key[0] == "project" or entry != "bob*"])

    def test_several(self):
        self.assertEqual(self.projects("projects: all", "--only", "project:2", "--only", "project:3"), [2, 3])

    def test_nothing_of_the_job(self):
        found = self.chosen("projects: [1]", "--only", "project:2", code=1)
        self.assertEqual(found, {("project", 2): "failed"})
        self.assertEqual(self.done.errors()[0]["code"], "selection_unmatched")

    def test_a_glob_that_matches_nothing(self):
        self.assertEqual(self.chosen("projects: [1]", "--only", "zzz*"), {})
        self.assertIn("no project or task of the job matches zzz*", self.done.report["warnings"])

    def test_it_leaves_the_others_alone(self):
        self.chosen("projects: all")
        self.cvat.mutate("add_shape", task=1)
        self.cvat.mutate("rename_project", project=2, name="renamed")
        self.assertEqual(self.chosen("projects: all", "--only", "project:2"), {("project", 2): "saved"})
        self.assertEqual(self.chosen("projects: all")[("project", 1)], "saved")


class Organisations(Selection):
    def test_all_is_really_all_for_everybody(self):
        """An unscoped list hides organisation objects from alice, a maintainer of acme."""
        self.become("alice")
        self.assertEqual(self.projects("projects: all"), [1, 5, 6])
        self.anew()
        self.become("bob")
        self.assertEqual(self.projects("projects: all"), [7])

    def test_one_organisation_alone(self):
        self.assertEqual(self.projects("projects: all\norganization: acme"), [5, 6])
        self.anew()
        self.assertEqual(self.projects("projects: all\norganization: ''"), [1, 2, 3, 4, 7])

    def test_the_servers_default(self):
        self.assertEqual(self.projects("projects: all", server="organization: acme"), [5, 6])
        self.anew()
        self.assertEqual(self.projects("projects: all\norganization: ''", server="organization: acme"), [1, 2, 3, 4, 7])

    def test_an_unknown_organisation(self):
        self.chosen("projects: all\norganization: nowhere", code=1)
        error = self.done.report["errors"][0]
        self.assertEqual(error["code"], "not_found")
        self.assertIn("nowhere", error["peer"])

    def test_an_organisation_of_others(self):
        self.become("bob")
        self.chosen("projects: all\norganization: acme", code=1)
        self.assertEqual(self.done.report["errors"][0]["code"], "forbidden")

    def test_a_transfer_between_workspaces_moves_nothing_here(self):
        self.chosen("projects: all")
        self.cvat.mutate("transfer", project=2, organization="acme")
        found = self.chosen("projects: all\ndetails: false")
        self.assertEqual(found[("project", 2)], "unchanged")
        self.assertNotIn("gone", found.values())


class Gone(Selection):
    def test_a_deleted_project_is_told_once_and_kept(self):
        self.chosen("projects: all")
        self.cvat.mutate("delete_project", project=3)
        found = self.chosen("projects: all")
        self.assertEqual(found[("project", 3)], "gone")
        self.assertEqual(self.done.report["counts"]["gone"], 1)
        self.assertIn(self.done.report["outcome"], ("unchanged", "success"))
        self.assertNotIn(("project", 3), self.chosen("projects: all"))
        self.assertNotIn(("project", 3), self.chosen("projects: all", "--force"))
        self.assert_members(self.files(self.vault), "cvat_backup_project_3", "project-unicode-name.zip")

    def test_under_a_glob_too(self):
        self.chosen("projects: ['org*']")
        self.cvat.mutate("delete_project", project=5)
        self.assertEqual(self.chosen("projects: ['org*']"), {("project", 5): "gone", ("project", 6): "unchanged"})

    def test_by_id_it_is_a_failure(self):
        self.chosen("projects: [2, 3]")
        self.cvat.mutate("delete_project", project=3)
        self.assertEqual(self.chosen("projects: [2, 3]", code=3), {("project", 2): "unchanged", ("project", 3): "failed"})

    def test_a_deleted_task_item(self):
        self.chosen("projects: none\ntasks: unassigned")
        self.cvat.mutate("delete_task", task=9)
        self.assertEqual(self.chosen("projects: none\ntasks: unassigned"), {("task", 9): "gone", ("task", 10): "unchanged"})

    def test_all_at_once_is_not_believed(self):
        self.chosen("projects: ['org*']")
        for number in (5, 6):
            self.cvat.mutate("delete_project", project=number)
        found = self.chosen("projects: ['org*']", code=1)
        self.assertNotIn("gone", found.values())
        self.assertEqual([error["code"] for error in self.done.report["errors"]], ["source_empty"])

    def test_an_empty_listing_is_a_failure(self):
        self.chosen("projects: all")
        self.become("wanda")
        self.assertEqual(self.chosen("projects: all", code=1), {})
        self.assertEqual([error["code"] for error in self.done.report["errors"]], ["source_empty"])
        self.become("admin")
        self.assertNotIn("gone", self.chosen("projects: all").values())

    def test_an_empty_server_at_the_first_run(self):
        self.cvat = self.standin("--seed", "empty")
        self.assertEqual(self.chosen("projects: all", code=1), {})

    def test_a_project_that_comes_back_into_sight(self):
        self.chosen("projects: all")
        self.become("alice")
        self.chosen("projects: all")
        self.become("admin")
        found = self.chosen("projects: all")
        self.assertEqual(found[("project", 3)], "unchanged")


if __name__ == "__main__":
    unittest.main()
