"""autobackupctl restore --to-cvat: what does not go back in one piece, and what stands beside the ZIP (stages, assignees, issues)."""

import json
import os
import unittest
import zipfile

import own_export
from to_cvat import ToCvat


class Parts(ToCvat):
    """What the server does not take as a whole."""

    def brought(self, change):
        """The dated ZIP of project 1 as somebody else left it: `change(name, content)` gives the content, or None; no manifest fits it any more."""
        self.back_up()
        folder = self.place("brought/project-1")
        with zipfile.ZipFile(self.zips()[0]) as archive, zipfile.ZipFile(os.path.join(folder, "20261121T013000Z.zip"), "w") as out:
            for one in archive.infolist():
                content = change(one.filename, archive.read(one))
                if content is not None:
                    out.writestr(one.filename, content)
        return ["--from", self.out("brought")]

    def assert_left_out(self, told, server, name, words):
        left = [task for task in told["tasks"] if task["problem"]]
        self.assertEqual([task["name"] for task in left], [name])
        self.assertIn(words, left[0]["problem"])
        self.assertFalse(told["whole"])
        self.assertEqual(told["differences"], [])
        self.assert_one(server)
        names = [task["name"] for task in told["tasks"] if not task["problem"]]
        self.assertEqual(sorted(task["name"] for task in self.listed(server, "tasks") if task["project_id"] == told["id"]), sorted(names))

    def test_a_task_that_the_server_names_is_left_out(self):
        server = self.fresh()
        place = self.brought(lambda name, content: None if name == "task_0/annotations.json" else content)
        told = self.restored(server, *place, code=3)
        self.assert_left_out(told, server, "images A2", "There is no item named 'task_0/annotations.json'")
        self.assertEqual(len(self.listed(server, "tasks")), 2)

    def test_a_task_that_the_server_does_not_name_is_found(self):
        server = self.fresh()
        place = self.brought(lambda name, content: None if name.startswith("task_0/data/") and name.endswith("frame_003.png") else content)
        told = self.restored(server, *place, code=3)
        self.assert_left_out(told, server, "images A2", "Incorrect file mapping")
        again = own_export.fetch(server, self.token, "project", told["id"])
        before = own_export.fetch(self.cvat, self.token, "project", 1)
        for old, new in ((1, 0), (2, 1)):
            for name, content in before.items():
                if name.startswith(f"task_{old}/"):
                    self.assertEqual(again[name.replace(f"task_{old}/", f"task_{new}/")], content, name)

    def test_a_task_without_jobs_is_never_sent(self):
        def spoilt(name, content):
            if name != "task_1/task.json":
                return content
            task = json.loads(content)
            task["jobs"] = []
            return json.dumps(task, separators=(",", ":")).encode()
        server = self.fresh()
        told = self.restored(server, *self.brought(spoilt), code=3)
        self.assertEqual([bool(task["problem"]) for task in told["tasks"]], [False, True, False])
        self.assertIn("has no jobs", told["tasks"][1]["problem"])
        self.assertEqual(len(self.listed(server, "tasks")), 2)

    def test_what_is_too_large_for_one_upload_goes_up_task_by_task(self):
        self.back_up()
        with zipfile.ZipFile(self.zips()[0]) as archive:
            sizes = {}
            for one in archive.infolist():
                folder = one.filename.split("/")[0] if one.filename.startswith("task_") else ""
                sizes[folder] = sizes.get(folder, 0) + one.file_size + 2 * len(one.filename) + 76
        limit = max(sizes["task_0"], sizes["task_1"], sizes["task_2"]) + sizes[""] + 500
        server = self.fresh("--upload-limit", str(limit))
        plan = self.good("restore", "traffic-signs", "--to-cvat", server.url, "--username", "admin", "--password-file", self.password, "--dry-run").out
        self.assertIn("uploaded on its own and moved into the project", plan)
        told = self.restored(server)
        self.assertTrue(told["whole"], told)
        self.assert_one(server)
        self.assertGreater(len([one for one in server.requests() if one["method"] == "POST" and one["path"] == "/api/tasks/backup/"]), 0)
        by_name = {task["name"]: task["id"] for task in told["tasks"]}
        for number in (1, 2, 3):
            name = self.get(self.cvat, f"/api/tasks/{number}")["name"]
            self.assert_equal(server, by_name[name], "task", number)
        self.assertEqual({task["project_id"] for task in self.listed(server, "tasks")}, {told["id"]})
        alone = self.fresh("--upload-limit", str(sizes["task_0"] - 1000))
        told = self.restored(alone, code=3)
        self.assertIn("the server takes", [task["problem"] for task in told["tasks"] if task["problem"]][0])


class Details(ToCvat):
    def test_stages_states_assignees_and_issues_come_back(self):
        self.cvat.mutate("set_job", task=1, index=0, stage="acceptance", state="completed", assignee=2)
        self.cvat.mutate("set_job", task=1, index=1, stage="annotation", state="in progress", assignee=3)
        issue = self.cvat.mutate("add_issue", task=1, index=1, frame=3, message="wrong label", owner=3)["issue"]
        self.cvat.mutate("add_comment", issue=issue, message="not so", owner=1)
        self.cvat.mutate("patch_issue", issue=issue, set={"assignee": 2, "resolved": True})
        self.cvat.mutate("add_webhook", project=1, target_url="https://hooks.example.org/x", secret="hush")
        self.back_up()
        for place in (["traffic-signs"], ["--from", self.target], ["--from", "file://" + self.target]):
            server = self.fresh()
            told = self.restored(server, *place)
            self.assertTrue(told["whole"], told)
            first = told["tasks"][0]["id"]
            jobs = self.get(server, f"/api/jobs?task_id={first}&sort=id")["results"]
            self.assertEqual([(job["stage"], job["state"], (job["assignee"] or {}).get("username")) for job in jobs],
                             [("acceptance", "completed", "alice"), ("annotation", "in progress", "bob")])
            self.assertEqual(self.get(server, f"/api/projects/{told['id']}")["assignee"]["username"], "alice")
            issues = {one["frame"]: one for one in self.get(server, "/api/issues?page_size=all")["results"] if one["job"] == jobs[1]["id"]}
            self.assertEqual((issues[3]["resolved"], issues[3]["assignee"]["username"], issues[3]["position"]), (True, "alice", [1.0, 1.0]))
            said = [one["message"] for one in self.get(server, "/api/comments?page_size=all&sort=id")["results"] if one["issue"] == issues[3]["id"]]
            self.assertEqual(len(said), 2)
            self.assertRegex(said[0], r"^bob, 20.*Z: wrong label$")
            self.assertEqual(said[1], "not so")
            self.assertIn("1 webhooks: their secrets are in no backup", told["not_applied"])
            self.assert_equal(server, told["id"])

    def test_users_that_the_server_does_not_have_are_named(self):
        user = self.cvat.mutate("add_user", name="zoe")["user"]
        self.cvat.mutate("set_job", task=1, index=0, assignee=user)
        self.back_up()
        told = self.restored(self.fresh())
        self.assertIn("assignments to zoe: the server has no user of this name", told["not_applied"])

    def test_a_copy_without_a_side_file_says_so(self):
        self.back_up()
        told = self.restored(self.fresh(), "--from", os.path.join(self.storage, "archives"))
        self.assertIn("this copy has no side file", " ".join(told["warnings"]))


if __name__ == "__main__":
    unittest.main()
