"""Restores: what was backed up comes back, member for member; and what the real server refuses is refused."""

import io
import unittest
import warnings
import zipfile

from support import Client, members, sample, start

GOOD = (
    "project-images-video-gt-skeleton-guide",
    "project-unicode-name",
    "project-duplicate-assets",
    "project-no-tasks",
    "task-images-annotations",
    "task-video-track",
    "task-ground-truth-job",
    "task-gt-pool-honeypots",
    "task-share-data",
    "task-standalone-guide",
    "task-unicode-file-names",
)
OLD_GOOD = (
    "A-project-images-video-gt-skeleton-guide",
    "A-project-no-tasks",
    "A-project-unicode-name",
    "A-task-cached-images-index-json",
    "A-task-images-annotations",
)


def rewritten(data, change):
    """The ZIP with `change(name, content)` applied; None drops a member."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.simplefilter("ignore")
        for name, content in members(data):
            content = change(name, content)
            if content is not None:
                archive.writestr(name, content)
    return out.getvalue()


class RestoreD(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = start("--seed", "empty")
        cls.admin = Client(cls.server.port)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def test_round_trip(self):
        for name in GOOD:
            kind = name.partition("-")[0]
            with self.subTest(name):
                given = sample(name)
                view = self.admin.restore(kind, given)
                self.assertEqual(view["status"], "finished", view["message"])
                self.assertEqual(members(self.admin.export(kind, view["result_id"]).body), members(given))

    def failure(self, data, kind="project"):
        projects = self.admin.get("/api/projects").json["count"]
        view = self.admin.restore(kind, data)
        self.assertEqual(view["status"], "failed")
        self.assertEqual(self.admin.get("/api/projects").json["count"], projects, "rows were left behind")
        return view["message"]

    def test_refused(self):
        good = sample(GOOD[0])
        self.assertEqual(self.failure(good[:-1000]), "zipfile.BadZipFile: File is not a zip file\n")
        spoilt = bytearray(good)
        spoilt[100] ^= 1
        self.assertEqual(
            self.failure(bytes(spoilt)), "zipfile.BadZipFile: Bad CRC-32 for file 'assets/a.png'\n"
        )
        self.assertEqual(
            self.failure(sample("project-broken-jobs-empty")),
            "TypeError: '>' not supported between instances of 'NoneType' and 'int'\n",
        )
        self.assertEqual(
            self.failure(sample("task-video-track")),
            "KeyError: \"There is no item named 'project.json' in the archive\"\n",
        )
        self.assertEqual(
            self.failure(good, "task"), "KeyError: \"There is no item named 'task.json' in the archive\"\n"
        )

        def version(text):
            return rewritten(
                good, lambda n, c: c.replace(b'"version":"1.0"', text) if n == "project.json" else c
            )

        self.assertEqual(
            self.failure(version(b'"version":"2.0"')), "ValueError: 2.0 version is not supported\n"
        )
        self.assertEqual(self.failure(version(b'"v":1')), "KeyError: 'version'\n")
        label = rewritten(
            good,
            lambda n, c: c.replace(b'"name":"car"', b'"name":"car","newf":1') if n == "project.json" else c,
        )
        self.assertEqual(self.failure(label), "TypeError: Label() got unexpected keyword arguments: 'newf'\n")
        image = rewritten(good, lambda n, c: None if n.endswith("frame_003.png") else c)
        self.assertIn("Incorrect file mapping to manifest content", self.failure(image))
        annotations = rewritten(good, lambda n, c: None if n == "task_0/annotations.json" else c)
        self.assertIn("task_0/annotations.json", self.failure(annotations))

    def test_tolerated(self):
        good = sample(GOOD[0])
        for change in (
            lambda n, c: None if n.endswith("manifest.jsonl") else c,
            lambda n, c: None if n == "annotation_guide.md" else c,
        ):
            self.assertEqual(self.admin.restore("project", rewritten(good, change))["status"], "finished")

    def test_tus_rules(self):
        admin, bob = self.admin, Client(self.server.port, "bob")
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "100"}
        self.assertEqual(admin.post("/api/projects/backup/", headers=headers).status, 500)  # no Origin
        origin = {**headers, "Origin": "http://x"}
        made = admin.post("/api/projects/backup", headers=origin)
        self.assertTrue(made.headers["location"].startswith("http://x/api/projects/1_"))  # no slash: wrong
        name = made.headers["upload-filename"]
        path = f"/api/projects/backup/{name}"
        chunk = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        self.assertEqual(admin.call("HEAD", path).headers["upload-offset"], "0")
        self.assertEqual(admin.call("PATCH", path, b"x", {**chunk, "Upload-Offset": "5"}).status, 409)
        self.assertEqual(admin.call("PATCH", path, b"x" * 101, chunk).status, 413)
        self.assertEqual(bob.call("PATCH", path, b"x", chunk).status, 403)
        self.assertEqual(
            admin.call("PATCH", path, b"x", {"Content-Type": "application/octet-stream"}).status, 415
        )
        self.assertEqual(admin.call("DELETE", path).status, 405)
        self.assertEqual(bob.finish("project", name).json, ["No such file were uploaded"])
        self.assertEqual(admin.call("PATCH", path, b"x" * 100, chunk).status, 204)
        self.assertEqual(admin.call("HEAD", path).status, 404)
        self.assertEqual(admin.finish("project", name).status, 202)
        self.assertEqual(admin.finish("project", name).status, 400)
        self.assertEqual(admin.post("/api/projects/backup/?rq_id=x").status, 410)
        self.assertEqual(
            admin.call("OPTIONS", "/api/projects/backup/").headers["tus-max-size"], "26843545600"
        )
        reader = Client(self.server.port, bearer=True)
        self.assertEqual(reader.post("/api/projects/backup/", headers=origin).status, 403)

    def test_organisation_of_the_finish(self):
        view = self.admin.restore("task", sample("task-video-track"), {"X-Organization": "acme"})
        self.assertEqual(self.admin.get(f"/api/tasks/{view['result_id']}").json["organization_id"], 1)
        bob = Client(self.server.port, "bob")
        self.assertEqual(bob.post("/api/tasks/backup/", headers={"X-Organization": "acme"}).status, 403)

    def test_another_limit(self):
        small = start("--seed", "empty", "--upload-limit", "99")
        self.addCleanup(small.stop)
        admin = Client(small.port)
        self.assertEqual(admin.call("OPTIONS", "/api/tasks/backup/").headers["tus-max-size"], "99")
        made = admin.post("/api/tasks/backup/", headers={"Upload-Length": "100", "Origin": "http://x"})
        self.assertEqual((made.status, made.text), (413, '"File size exceeds max limit of 99 bytes"'))

    def test_issues_that_are_put_back(self):
        task = self.admin.restore("task", sample("task-images-annotations"))["result_id"]
        job = self.admin.get(f"/api/jobs?task_id={task}").json["results"][0]["id"]
        given = {"job": job, "frame": 1, "position": [1, 2], "message": "look", "assignee": 2}
        issue = self.admin.post("/api/issues", given).json
        self.assertEqual((issue["assignee"]["username"], issue["resolved"]), ("alice", False))
        changed = self.admin.call("PATCH", f"/api/issues/{issue['id']}", b'{"resolved":true}', {"Content-Type": "application/json"})
        self.assertTrue(changed.json["resolved"])

    def test_one_form(self):
        body = (
            b'--B\r\nContent-Disposition: form-data; name="task_file"; filename="b.zip"\r\n\r\n'
            + sample("task-video-track")
            + b"\r\n--B--\r\n"
        )
        kind = {"Content-Type": "multipart/form-data; boundary=B"}
        answer = self.admin.post("/api/tasks/backup/", body, headers=kind)
        self.assertEqual(self.admin.poll(answer.json["rq_id"])["status"], "finished")
        self.assertEqual(
            self.admin.post("/api/projects/backup/", body, headers=kind).json,
            {"project_file": ["No file was submitted."]},
        )


class RestoreA(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = start("--seed", "empty", "--family", "A")
        cls.admin = Client(cls.server.port)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def restore(self, kind, data):
        """Finish, then POST with rq_id until it is no longer 202."""
        name = self.admin.finish(kind, self.admin.upload(kind, data)).json["rq_id"]
        while True:
            answer = self.admin.post(f"/api/{kind}s/backup/", {"rq_id": name})
            if answer.status != 202:
                return name, answer

    def test_round_trip(self):
        for name in OLD_GOOD:
            kind = name.split("-")[1]
            with self.subTest(name):
                rq_id, answer = self.restore(kind, sample(name))
                self.assertEqual(answer.status, 201, answer.text)
                again = self.admin.post(f"/api/{kind}s/backup/", {"rq_id": rq_id})
                self.assertEqual(
                    (again.status, again.json), (400, {f"{kind}_file": ["No file was submitted."]})
                )
                self.assertEqual(
                    members(self.admin.old_export(kind, answer.json["id"]).body), members(sample(name))
                )

    def test_failures(self):
        _, answer = self.restore("project", sample(OLD_GOOD[0])[:-1000])
        self.assertEqual(answer.status, 500)
        self.assertTrue(answer.json.endswith("zipfile.BadZipFile: File is not a zip file\n"))
        self.assertTrue(answer.json.startswith("Traceback"))
        _, answer = self.restore("task", sample("task-gt-pool-honeypots"))
        self.assertEqual(
            answer.json,
            "The same file 'frame_000.jpg' cannot be used multiple times in the job file " "mapping",
        )

    def test_tus_rules(self):
        admin = self.admin
        self.assertEqual(admin.call("OPTIONS", "/api/projects/backup/").status, 500)
        made = admin.post("/api/projects/backup", headers={"Upload-Length": "10", "Origin": "http://x"})
        self.assertIn("/api/projects/backup", made.headers["location"])
        key = made.headers["location"][-36:]
        self.assertEqual(admin.call("HEAD", f"/api/projects/backup/{key}").status, 200)
        name = made.headers["upload-filename"]
        self.assertEqual(admin.call("HEAD", f"/api/projects/backup/{name}").status, 404)
        answer = admin.finish("project", name)
        self.assertEqual((answer.status, answer.json), (400, "No such file were uploaded"))


if __name__ == "__main__":
    unittest.main()
