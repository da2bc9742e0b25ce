"""What moves updated_date and what goes stale: the tables measured on 2.54.1 and 2.14.4, row by row."""

import unittest

from support import Client, members, start

# op, arguments, what moves (P, T, J), project file, task file: fresh | equal | same | STALE
D = (
    ("add_shape", {"task": 1}, "PTJ", "fresh", "fresh"),
    ("update_shape", {"task": 1}, "PTJ", "fresh", "fresh"),
    ("delete_shapes", {"task": 1}, "PTJ", "fresh", "fresh"),
    ("set_job", {"task": 1, "index": 1, "state": "in progress"}, "J", "same", "same"),
    ("set_job", {"task": 1, "index": 1, "stage": "validation"}, "TJ", "STALE", "fresh"),
    ("set_job", {"task": 3, "index": 0, "stage": "acceptance"}, "J", "STALE", "STALE"),
    ("set_job", {"task": 3, "index": 2, "stage": "acceptance"}, "J", "STALE", "STALE"),
    ("delete_gt", {"task": 3}, "", "STALE", "STALE"),
    ("create_gt", {"task": 1}, "", "STALE", "STALE"),
    ("job_deleted_frames", {"task": 3, "index": 2, "frames": [4]}, "PT", "equal", "equal"),
    ("set_job", {"task": 1, "index": 1, "assignee": 2}, "J", "same", "same"),
    ("patch_task", {"task": 1, "set": {"assignee_id": 3}}, "PT", "equal", "equal"),
    ("patch_task", {"task": 1, "set": {"subset": "Test"}}, "PT", "fresh", "fresh"),
    ("patch_task", {"task": 1, "set": {}}, "P", "equal", "same"),
    ("deleted_frames", {"task": 1, "frames": [2]}, "T", "STALE", "fresh"),
    ("job_deleted_frames", {"task": 1, "index": 0, "frames": [1]}, "PT", "fresh", "fresh"),
    ("rename_project", {"project": 1, "task": 1, "name": "other"}, "P", "fresh", "same"),
    ("patch_project", {"project": 1, "task": 1, "set": {}}, "", "same", "same"),
    ("rename_label", {"project": 1, "task": 1, "label": "car", "name": "auto"}, "PTJ", "fresh", "fresh"),
    ("guide_text", {"project": 1, "text": "new"}, "P", "fresh", "same"),
    ("add_asset", {"project": 1, "name": "n.png"}, "", "STALE", "same"),
    ("guide_text", {"task": 1, "text": "of the task"}, "T", "STALE", "fresh"),
    ("create_task", {"project": 1, "state": "none"}, "P", "equal", "same"),
    ("attach_data", {"task": 4}, "T", "STALE", None),
    ("delete_task", {"task": 3}, "P", "fresh", None),
    ("quality_settings", {"task": 1}, "T", "same", "equal"),
    ("add_issue", {"task": 1}, "", "same", "same"),
    ("add_comment", {"task": 1, "issue": 1}, "", "same", "same"),
    ("patch_issue", {"task": 1, "issue": 1, "set": {"resolved": False}}, "", "same", "same"),
    ("delete_issue", {"task": 1, "issue": 1}, "", "same", "same"),
    ("add_webhook", {"task": 1, "project": 1, "target_url": "https://h/"}, "", "same", "same"),
    ("replace_media", {"task": 1}, "", "STALE", "STALE"),
)
A = (
    ("deleted_frames", {"task": 1, "frames": [2]}, "", "STALE", "STALE"),
    ("job_deleted_frames", {"task": 3, "index": 2, "frames": [4]}, "PT", "fresh", "fresh"),
    ("patch_project", {"project": 1, "set": {}}, "P", "equal", "same"),
    ("patch_task", {"task": 1, "set": {}}, "PT", "equal", "equal"),
    ("guide_text", {"task": 1, "text": "of the task"}, "T", "STALE", "fresh"),
    ("add_shape", {"task": 1}, "PTJ", "fresh", "fresh"),
)


def content(data):
    """Names and contents, in order of names: equal means the same backup."""
    return sorted(members(data))


class Dates(unittest.TestCase):
    def run_rows(self, family, rows):
        server = start("--family", family)
        try:
            self.admin = Client(server.port)
            self.family = family
            for row in rows:
                with self.subTest(row=row):
                    self.admin.order("reset", {})
                    self.row(*row)
        finally:
            server.stop()

    def export(self, kind, number):
        if self.family == "A":
            return self.admin.old_export(kind, number)
        return self.admin.export(kind, number)

    def dates(self, task):
        project = self.admin.get("/api/projects/1").json["updated_date"]
        mine = self.admin.get(f"/api/tasks/{task}").json.get("updated_date")
        jobs = [
            (j["id"], j["updated_date"])
            for j in self.admin.get(f"/api/jobs?task_id={task}&page_size=all&sort=id").json["results"]
        ]
        return project, mine, dict(jobs)

    def built(self):
        return self.admin.order("state")["builds"]

    def judge(self, kind, number, before):
        """Exports again, then once more with a forced build: what the cache did."""
        count = self.built()
        now = self.export(kind, number).body
        rebuilt = self.built() > count
        self.admin.order("export", {"kind": "expire"})
        true = content(self.export(kind, number).body)
        if content(now) != true:
            return "STALE"
        if content(now) != content(before):
            return "fresh"
        return "equal" if rebuilt else "same"

    def row(self, op, given, moved, project, task):
        number = given.get("task", 1)
        before = self.dates(number)
        files = {"project": self.export("project", 1).body}
        if task:
            files["task"] = self.export("task", number).body
        self.admin.mutate(op, **given)
        after = self.dates(number)
        seen = ("P" if before[0] != after[0] else "") + ("T" if after[1] and before[1] != after[1] else "")
        if any(before[2][k] != v for k, v in after[2].items() if k in before[2]):
            seen += "J"
        self.assertEqual(seen, moved)
        self.assertEqual(self.judge("project", 1, files["project"]), project)
        if task:
            self.admin.order("reset", {})
            files["task"] = self.export("task", number).body
            self.admin.mutate(op, **given)
            self.assertEqual(self.judge("task", number, files["task"]), task)

    def test_d(self):
        self.run_rows("D", D)

    def test_a(self):
        self.run_rows("A", A)

    def test_moved_task(self):
        """The source project's date stays, so its file still has the task."""
        server = start()
        try:
            self.admin, self.family = Client(server.port), "D"
            target = self.admin.mutate(
                "create_project",
                labels=self.admin.get("/api/labels?project_id=1&page_size=all").json["results"],
            )["project"]
            source = self.export("project", 1)
            before = self.dates(1)
            fresh = self.export("task", 1)
            self.admin.mutate("move_task", task=1, to=target)
            after = self.dates(1)
            self.assertEqual(before[0], after[0])
            self.assertNotEqual(before[1], after[1])
            self.assertEqual(self.export("project", 1).body, source.body)
            self.assertEqual(
                dict(members(self.export("task", 1).body))["annotations.json"],
                dict(members(fresh.body))["annotations.json"],
            )
        finally:
            server.stop()


if __name__ == "__main__":
    unittest.main()
