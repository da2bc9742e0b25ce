"""What moves on the server, what is exported for it, and that the vault then holds what the server would give."""

import unittest

import own_export
from harness import Case, git, token_of


class Changes(Case):
    job = "projects: [1]"

    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.configure(self.cvat.url, job=self.job)

    def configure(self, *arguments, **more):
        """Of three tasks and few shapes every second edit here would be a loss of more than the usual limit."""
        super().configure(*arguments, **more)
        with open(self.config, "a") as file:
            file.write("    shrink_limit: 100%\n")

    def backed_up(self):
        self.assertEqual(self.run_job().report["counts"]["failed"], 0)
        self.cvat.order("log/clear", {})

    def exported(self):
        """What was exported since the log was cleared: "task 1", "project 2"."""
        begun = [one["path"].split("/") for one in self.cvat.requests(method="POST") if "backup/export" in one["path"]]
        return sorted(f"{parts[2].removesuffix('s')} {parts[3]}" for parts in begun)

    def folder(self, name):
        files = self.files(self.vault)
        return {path.removeprefix(name + "/"): content for path, content in files.items() if path.startswith(name + "/")}

    def assert_vault_is_right(self, number=1, kind="project"):
        """Member by member what a server with an empty cache would give."""
        self.cvat.order("export", {"kind": "expire"})
        self.cvat.order("export", {"kind": "rebuild"})
        own = own_export.fetch(self.cvat, token_of("admin"), kind, number)
        self.assertEqual(self.folder(f"cvat_backup_{kind}_{number}"), own)

    def assert_change(self, exported, outcome="saved", **mutation):
        """After the mutation exactly these exports, and the vault is right; the run after it is unchanged."""
        self.backed_up()
        self.cvat.mutate(mutation.pop("op"), **mutation)
        done = self.run_job()
        self.assertEqual(self.exported(), exported)
        self.assertEqual(done.item(1)["outcome"], outcome, done.item(1))
        self.assertEqual(done.item(1)["warnings"], [])
        self.assert_vault_is_right()
        self.cvat.order("log/clear", {})
        done = self.run_job()
        self.assertEqual(done.item(1)["outcome"], "unchanged", done.item(1))
        self.assertEqual(self.exported(), [])
        self.assert_sound(self.vault)


class OfTasks(Changes):
    def test_annotations(self):
        self.assert_change(["task 1"], op="add_shape", task=1)

    def test_one_shape_moved(self):
        self.assert_change(["task 1"], op="update_shape", task=1)

    def test_all_annotations_deleted(self):
        self.assert_change(["task 2"], op="delete_shapes", task=2)

    def test_name(self):
        self.assert_change(["task 3"], op="rename_task", task=3, name="anders")

    def test_subset(self):
        self.assert_change(["task 1"], op="patch_task", task=1, set={"subset": "Elsewhere"})

    def test_frames_deleted_in_the_task(self):
        self.assert_change(["task 1"], op="deleted_frames", task=1, frames=[1, 2])

    def test_frames_deleted_in_a_job(self):
        self.assert_change(["task 1"], op="job_deleted_frames", task=1, index=0, frames=[0])

    def test_guide_text(self):
        self.assert_change(["task 1"], op="guide_text", task=1, text="# how to\n")

    def test_guide_with_an_asset(self):
        """Within a project its links name the task's folder."""
        self.assert_change(["task 2"], op="add_asset", task=2, name="t.png", data="picture", link=True)
        guide = self.folder("cvat_backup_project_1")["task_1/annotation_guide.md"]
        self.assertIn(b"task_1/assets/t.png", guide)

    def test_a_new_task(self):
        self.assert_change(["task 12"], op="create_task", project=1, name="new")

    def test_data_for_the_empty_task(self):
        self.assert_change(["task 4"], op="attach_data", task=4)

    def test_a_deleted_task(self):
        """What comes behind it is renumbered; nothing is exported."""
        self.assert_change([], op="delete_task", task=1)
        names = {name.split("/")[0] for name in self.folder("cvat_backup_project_1") if name.startswith("task_")}
        self.assertEqual(names, {"task_0", "task_1"})

    def test_a_deleted_task_before_one_with_a_guide_with_assets(self):
        self.cvat.mutate("add_asset", task=2, name="t.png", data="picture", link=True)
        self.assert_change([], op="delete_task", task=1)
        guide = self.folder("cvat_backup_project_1")["task_0/annotation_guide.md"]
        self.assertIn(b"task_0/assets/t.png", guide)
        self.assertNotIn(b"task_1/", guide)

    def test_a_task_moved_to_another_project(self):
        target = self.cvat.mutate("create_project", name="target", labels=self.labels_of(1))["project"]
        self.configure(self.cvat.url, job=f"projects: [1, {target}]")
        self.backed_up()
        self.cvat.mutate("move_task", task=1, to=target)
        done = self.run_job()
        self.assertEqual({item["id"]: item["outcome"] for item in done.report["items"]}, {1: "saved", target: "saved"})
        self.assert_vault_is_right(1)
        self.assert_vault_is_right(target)

    def labels_of(self, number):
        import json
        answer = own_export.ask(self.cvat, token_of("admin"), "GET", f"/api/labels?project_id={number}&page_size=all")
        wanted = ("name", "type", "attributes", "color")
        found = [one for one in json.loads(answer[1])["results"] if not one["has_parent"]]
        return [{key: one[key] for key in wanted} | ({"sublabels": one["sublabels"], "svg": one["svg"]} if one["sublabels"] else {})
                for one in found]


class OfProjects(Changes):
    def test_name(self):
        self.assert_change([], op="rename_project", project=1, name="neuer Name")

    def test_label_renamed(self):
        self.assert_change(["task 1", "task 2", "task 3"], op="rename_label", project=1, label="car", name="auto")

    def test_label_added(self):
        self.assert_change(["task 1", "task 2", "task 3"], op="add_label", project=1, name="extra")

    def test_guide_text(self):
        self.assert_change([], op="guide_text", project=1, text="# another\n")

    def test_guide_with_another_asset(self):
        self.assert_change([], op="add_asset", project=1, name="z.png", data="z", link=True)

    def test_two_assets_of_one_name(self):
        """git holds the last of them."""
        self.backed_up()
        for data in ("one", "two"):
            self.cvat.mutate("add_asset", project=1, name="same.png", data=data, link=True)
        done = self.run_job()
        self.assertEqual(done.item(1)["outcome"], "saved")
        self.assertIn("same.png", " ".join(done.item(1)["warnings"]))
        self.assertEqual(self.folder("cvat_backup_project_1")["assets/same.png"], b"two")


class Outside(Changes):
    """What no backup contains."""

    def test_state_and_assignee_are_in_the_details(self):
        self.backed_up()
        before = self.folder("cvat_backup_project_1")
        self.cvat.mutate("set_job", task=1, index=1, assignee=3)
        done = self.run_job()
        self.assertEqual(done.item(1)["outcome"], "saved")
        self.assertNotIn("archive", done.item(1))
        self.assertEqual(self.folder("cvat_backup_project_1"), before)
        self.assertIn(b"bob", self.files(self.vault)["cvat_backup_project_1.details.json"])
        changed = git("diff", "--name-only", "main~1", "main", cwd=self.vault).splitlines()
        self.assertEqual(changed, ["cvat_backup_project_1.details.json"])
        self.assertEqual(self.run_job().item(1)["outcome"], "unchanged")

    def test_without_details_they_are_unchanged(self):
        self.configure(self.cvat.url, job="projects: [1]\ndetails: false")
        self.backed_up()
        tip = git("rev-parse", "main", cwd=self.vault)
        self.assertNotIn("cvat_backup_project_1.details.json", self.files(self.vault))
        for change in ({"assignee": 3}, {"state": "in progress"}):
            self.cvat.mutate("set_job", task=1, index=1, **change)
            self.assertEqual(self.run_job().item(1)["outcome"], "unchanged")
        self.assertEqual(git("rev-parse", "main", cwd=self.vault), tip)
        self.assertEqual(self.run_job().report["outcome"], "unchanged")

    def test_issues_and_quality_settings(self):
        self.configure(self.cvat.url, job="projects: [1]\ndetails: false")
        self.backed_up()
        self.cvat.mutate("add_issue", task=1, index=0)
        self.assertEqual(self.run_job().item(1)["outcome"], "unchanged")
        self.cvat.mutate("quality_settings", task=1)
        self.assertEqual(self.run_job().item(1)["outcome"], "unchanged")

    def test_turned_off_the_side_file_goes(self):
        self.backed_up()
        self.configure(self.cvat.url, job="projects: [1]\ndetails: false")
        self.run_job()
        self.cvat.mutate("add_shape", task=1)
        self.run_job()
        self.assertNotIn("cvat_backup_project_1.details.json", self.files(self.vault))


if __name__ == "__main__":
    unittest.main()
