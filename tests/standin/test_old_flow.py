"""Families A, B, C: the old GET flow with its dangers, single-shot results (A-02, A-03, A-07, A-15, A-17)."""

import time
import unittest

from support import OLD, Client, members, path_of, sample, start


class FamilyA(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = start("--family", "A")
        cls.admin, cls.alice, cls.bob = (Client(cls.server.port, n) for n in ("admin", "alice", "bob"))

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def setUp(self):
        self.admin.order("reset", {})

    def backup(self, query=OLD, kind="project", number=1, client=None, **options):
        return (client or self.admin).get(f"/api/{kind}s/{number}/backup?{query}", **options)

    def test_probe(self):
        for method, path in (
            ("POST", "/api/projects/1/backup/export"),
            ("GET", "/api/requests?page_size=1"),
            ("GET", "/api/projects/1/backup/download?rq_id=x"),
            ("GET", "/api/auth/access_tokens/self"),
        ):
            answer = self.admin.call(method, path)
            self.assertEqual((answer.status, answer.headers["content-type"][:9]), (404, "text/html"), path)
        self.assertEqual(self.admin.post("/api/projects/1/backup").status, 405)
        self.assertEqual(self.admin.call("HEAD", "/api/projects").status, 200)
        self.assertEqual(self.admin.get("/api/projects/99").json, {"detail": "Not found."})
        self.assertNotIn("organization_id", self.admin.get("/api/projects/1").json)

    def test_single_shot(self):
        self.assertEqual(self.backup(OLD + "&action=download").json, "Backup has not finished")
        self.assertEqual((self.backup().status, self.backup(OLD).body), (202, b""))
        whole = self.admin.old_export("project", 1)
        self.assertEqual(members(whole.body), members(sample("A-project-images-video-gt-skeleton-guide")))
        self.assertEqual(self.backup(OLD + "&action=download").status, 400)
        self.admin.old_wait("project", 1)
        part = self.backup(
            OLD + "&action=download", headers={"Range": "bytes=1000-1999", "If-Range": whole.headers["etag"]}
        )
        self.assertEqual((part.status, part.body), (206, whole.body[1000:2000]))
        self.admin.old_wait("project", 1)
        self.assertEqual(self.backup(OLD + "&action=download", headers={"If-Match": '"1-1"'}).status, 412)
        self.assertEqual(self.backup(OLD + "&action=download").status, 400)

    def test_users_have_their_own_jobs(self):
        self.backup()
        self.backup(client=self.alice)
        self.assertEqual(self.alice.old_export("project", 1).status, 200)
        self.assertEqual(self.admin.old_wait("project", 1).status, 201)
        self.assertEqual(self.backup(client=self.bob).status, 403)

    def test_parameters(self):
        self.assertEqual(self.backup("use_default_location=maybe").status, 500)
        self.assertEqual(
            self.backup(OLD + "&action=bogus").json, ["Unexpected action specified for the request"]
        )
        self.assertEqual(self.backup("use_default_location=false&location=bogus").status, 202)
        self.assertEqual(
            self.admin.old_wait("project", 1).json, "TypeError: '_LoggerAdapter' object is not callable\n"
        )
        self.assertEqual(
            self.backup(kind="task", number=4).json, "Backup of a task without data is not allowed"
        )

    def test_failure_is_told_once(self):
        self.admin.mutate("old_media", task=1)
        answer = self.admin.old_wait("task", 1)
        self.assertEqual(
            (answer.status, answer.json), (500, "ValueError: ZIP does not support timestamps before 1980\n")
        )
        self.assertEqual(self.backup(kind="task").status, 202)

    def test_stuck_job_and_escape(self):
        self.admin.old_wait("task", 1)
        self.admin.order("export", {"kind": "expire", "what": "file"})
        for _ in range(2):
            self.assertEqual(
                self.backup(OLD + "&action=download", "task").json,
                "The result file does not exist in export cache",
            )
            self.assertEqual(self.backup(kind="task").status, 201)
        escape = "use_default_location=false&location=cloud_storage"
        self.assertEqual(self.backup(escape, "task").status, 200)
        self.assertEqual(self.backup(escape, "task").status, 400)
        self.assertEqual(self.admin.old_export("task", 1).status, 200)

    def test_edit_cancels_the_job(self):
        self.admin.old_wait("task", 1)
        self.admin.mutate("add_shape", task=1)
        self.assertEqual(self.backup(OLD + "&action=download", "task").status, 400)
        self.assertEqual(self.backup(kind="task").status, 202)

    def test_edit_during_the_build(self):
        """The wrong file looks fresh: family A, danger 1."""
        self.admin.order("export", {"kind": "slow", "seconds": 0.6, "target": "project", "id": 1})
        self.admin.order(
            "export",
            {
                "kind": "edit_during_build",
                "target": "project",
                "id": 1,
                "mutate": {"op": "add_shape", "task": 1},
            },
        )
        first = dict(members(self.admin.old_export("project", 1).body))
        again = self.admin.old_export("project", 1)
        self.assertEqual(dict(members(again.body)), first, "the cache should be poisoned")
        task = dict(members(self.admin.old_export("task", 1).body))
        self.assertNotEqual(task["annotations.json"], first["task_0/annotations.json"])
        self.admin.call("PATCH", "/api/projects/1", {})
        healed = dict(members(self.admin.old_export("project", 1).body))
        self.assertEqual(task["annotations.json"], healed["task_0/annotations.json"])

    def test_dead_worker(self):
        self.admin.order("export", {"kind": "dead_worker", "recover_after": 0.2})
        self.backup()
        time.sleep(0.3)
        self.assertEqual(self.admin.old_wait("project", 1).json, "Job was stuck in intermediate queue.")


class FamilyB(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = start("--family", "B")
        cls.admin = Client(cls.server.port)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def test_new_start_old_download(self):
        started = self.admin.post("/api/projects/1/backup/export?location=local&use_default_location=false")
        view = self.admin.poll(started.json["rq_id"])
        self.assertNotIn("result_id", view)
        path = path_of(view["result_url"])
        self.assertIn("action=download", path)
        self.assertEqual(self.admin.get(path).status, 200)
        self.assertEqual(self.admin.get(path).status, 400)

    def test_old_flow(self):
        answer = self.admin.get(f"/api/tasks/1/backup?{OLD}")
        self.assertEqual((answer.status, answer.json), (202, {"rq_id": "export:task-1-backup-by-1"}))
        self.assertEqual(self.admin.old_export("task", 1).status, 200)

    def test_conflict_has_no_id(self):
        self.admin.order("export", {"kind": "queued", "seconds": 60})
        self.admin.post("/api/projects/2/backup/export")
        answer = self.admin.post("/api/projects/2/backup/export")
        self.assertEqual((answer.status, type(answer.json)), (409, str))
        found = self.admin.get(
            "/api/requests?action=export&target=project&subresource=backup&project_id=2"
        ).json
        self.assertEqual(found["results"][0]["id"], "export:project-2-backup-by-1")

    def test_restore_both_ways(self):
        admin = self.admin
        name = admin.finish("task", admin.upload("task", sample("task-video-track"))).json["rq_id"]
        self.assertEqual(admin.poll(name)["status"], "finished")
        self.assertEqual(admin.post("/api/tasks/backup/", {"rq_id": name}).status, 201)


class FamilyC(unittest.TestCase):
    def test_flow(self):
        server = start("--family", "C")
        try:
            admin = Client(server.port)
            self.assertEqual(admin.get("/api/server/about").json["version"], "2.37.0")
            self.assertEqual(admin.get(f"/api/projects/1/backup?{OLD}").status, 410)
            for _ in range(2):
                self.assertEqual(admin.export("project", 1).status, 200)
            self.assertEqual(
                admin.get("/api/requests").json["results"][0]["id"], "export:project-1-backup-by-1"
            )
            name = admin.finish("task", admin.upload("task", sample("task-video-track"))).json["rq_id"]
            self.assertEqual(admin.poll(name)["status"], "finished")
        finally:
            server.stop()


if __name__ == "__main__":
    unittest.main()
