"""Family D: lists, export, poll, download, cache and its traps (exchanges 01 to 06, 13, 17, 18, 23, 25)."""

import time
import unittest

from support import LOCAL, Client, members, path_of, sample, start


class ServerD(unittest.TestCase):
    arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.server = start(*cls.arguments)
        cls.port = cls.server.port
        cls.admin, cls.alice, cls.bob = (Client(cls.port, n) for n in ("admin", "alice", "bob"))

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def setUp(self):
        self.admin.order("reset", {})


class Access(ServerD):
    def test_accept(self):
        for accept, status in (
            ("application/vnd.cvat+json", 200),
            ("*/*", 200),
            (None, 200),
            ("application/vnd.cvat+json; version=2.0", 200),
            ("application/json, */*", 200),
            ("application/json", 406),
            ("application/zip", 406),
            ("application/vnd.cvat+json; version=3.0", 406),
        ):
            self.assertEqual(self.admin.get("/api/projects", accept=accept).status, status, accept)
        self.assertEqual(
            self.admin.get("/api/projects", accept="text/html").headers["content-type"][:9], "text/html"
        )
        answer = self.admin.post(f"/api/projects/1/backup/export?{LOCAL}", accept="text/html")
        self.assertEqual(answer.status, 500)
        self.assertTrue(self.admin.get("/api/requests").json["count"])

    def test_credentials(self):
        nobody = Client(self.port, None)
        self.assertEqual(nobody.get("/api/server/about").json["version"], "2.54.1")
        self.assertEqual(nobody.get("/api/users/self").status, 401)
        self.assertEqual(
            nobody.get("/api/users/self", headers={"Authorization": "Bearer x"}).json,
            {"detail": "Invalid token."},
        )
        key = nobody.post("/api/auth/login", {"username": "bob", "password": "bob-password"}).json["key"]
        self.assertEqual(
            nobody.get("/api/users/self", headers={"Authorization": f"Token {key}"}).json["id"], 3
        )
        reader = Client(self.port, bearer=True)
        self.assertTrue(reader.get("/api/auth/access_tokens/self").json["read_only"])
        self.assertEqual(reader.post("/api/projects", {"name": "x"}).status, 403)
        self.assertEqual(reader.post(f"/api/projects/1/backup/export?{LOCAL}").status, 202)
        self.assertEqual(self.admin.call("HEAD", "/api/projects").status, 500)
        self.assertEqual(nobody.call("HEAD", "/api/server/about").status, 200)

    def test_organisations(self):
        ids = {
            k: [p["id"] for p in self.alice.get(f"/api/projects?sort=id{k}").json["results"]]
            for k in ("", "&org=acme", "&org=")
        }
        self.assertEqual(ids, {"": [1, 6], "&org=acme": [5, 6], "&org=": [1]})
        self.assertEqual(self.bob.get("/api/projects?org=acme").status, 403)
        self.assertEqual(self.bob.get("/api/projects?org=nosuch").status, 404)
        self.assertEqual(self.admin.get("/api/projects?org=acme&org_id=1").status, 400)
        self.assertEqual(self.alice.get("/api/projects/5").status, 200)
        self.assertEqual(self.bob.get("/api/projects/5").status, 403)
        self.assertEqual(
            self.bob.get("/api/projects/99").json, {"detail": "No Project matches the given query."}
        )

    def test_lists(self):
        self.assertEqual(self.admin.get("/api/projects?page=99").json, {"detail": "Invalid page."})
        self.admin.mutate("make_projects", count=12)
        self.assertEqual(len(self.admin.get("/api/projects?page_size=abc").json["results"]), 10)
        self.assertEqual(len(self.admin.get("/api/projects?page_size=all").json["results"]), 19)
        answer = self.admin.get('/api/tasks?filter={"!":{"var":"project_id"}}&sort=id').json
        self.assertTrue(answer["count"] and all(t["project_id"] is None for t in answer["results"]))
        since = (
            '{"and":[{"==":[{"var":"project_id"},1]},{">":[{"var":"updated_date"},"2030-01-01T00:00:00Z"]}]}'
        )
        self.assertEqual(
            self.admin.get(f"/api/jobs?filter={since}&page_size=1".replace(" ", "%20")).json["count"], 0
        )
        self.assertEqual(
            self.admin.get('/api/projects?filter={"==":[{"var":"created_date"},"x"]}').json,
            ["filter: term 'created_date' is not supported"],
        )
        page = self.admin.get("/api/projects?page_size=1&sort=id").json
        self.assertEqual(path_of(page["next"]), "/api/projects?page=2&page_size=1&sort=id")
        self.assertEqual(self.admin.get("/api/projects?search=unicode").json["count"], 0)
        self.assertNotIn("size", self.admin.get("/api/tasks/4").json)


class Download(ServerD):
    def test_content(self):
        self.assertEqual(
            members(self.admin.export("project", 1).body),
            members(sample("project-images-video-gt-skeleton-guide")),
        )

    def test_ranges(self):
        whole = self.admin.export("project", 1)
        path = path_of(self.admin.get("/api/requests").json["results"][0]["result_url"])
        tag, size = whole.headers["etag"], len(whole.body)

        def part(words, **headers):
            return self.admin.get(path, headers={"Range": f"bytes={words}", **headers}, accept="*/*")

        for words, first, last in (("0-0", 0, 0), ("1000-", 1000, size - 1), ("-100", size - 100, size - 1)):
            answer = part(words)
            self.assertEqual((answer.status, answer.body), (206, whole.body[first : last + 1]))
            self.assertEqual(answer.headers["content-range"], f"bytes {first}-{last}/{size}")
        self.assertEqual(part("99999999-").status, 416)
        self.assertIn("multipart/byteranges", part("0-9,20-29").headers["content-type"])
        self.assertEqual(part("10-19", **{"If-Range": tag}).status, 206)
        self.assertEqual(part("10-19", **{"If-Range": '"x-1"'}).status, 200)
        self.assertEqual(part("10-19", **{"If-Match": '"x-1"'}).status, 412)
        self.assertEqual(self.admin.get(path, headers={"If-None-Match": tag}).status, 304)
        self.assertEqual(self.alice.get(path).status, 403)
        self.admin.order("export", {"kind": "swap"})
        self.assertEqual(part("10-19", **{"If-Match": tag}).status, 412)
        self.assertNotEqual(part("0-0").headers["content-range"], f"bytes 0-0/{size}")

    def test_bad_ids(self):
        for query, status, body in (
            ("", 400, '["Missing request id in the query parameters"]'),
            ("?rq_id=hello", 400, '["Unexpected request id format"]'),
            ("?rq_id=export:project-1-backup-by-1", 400, "Unknown export request id"),
            (
                "?rq_id=action%3Dexport%26target%3Dproject%26target_id%3D2"
                "%26user_id%3D1%26subresource%3Dbackup",
                400,
                '["Invalid export request id"]',
            ),
        ):
            answer = self.admin.get(f"/api/projects/1/backup/download{query}")
            self.assertEqual((answer.status, answer.text), (status, body))
        self.assertEqual(self.admin.get("/api/requests/hello").text, "There is no request with specified id")
        self.assertEqual(self.admin.get("/api/projects/1/backup").status, 410)
        self.assertEqual(self.admin.get("/api/projects/1/backup/export").status, 405)


class Export(ServerD):
    def test_parameters(self):
        for query, status in (
            ("", 202),
            ("location=bogus", 500),
            ("location=cloud_storage", 500),
            ("location=cloud_storage&cloud_storage_id=99&filename=x", 400),
            ("lightweight=maybe", 500),
        ):
            self.assertEqual(self.admin.post(f"/api/projects/2/backup/export?{query}").status, status, query)
        self.assertEqual(
            self.admin.post("/api/tasks/4/backup/export").json,
            ["Backup of a task without data is not allowed"],
        )
        self.assertEqual(self.admin.post("/api/tasks/4/backup/export?lightweight=true").status, 500)
        self.assertEqual(self.admin.post("/api/projects/99/backup/export").status, 404)
        self.assertEqual(self.bob.post("/api/projects/1/backup/export").status, 403)
        named = self.admin.export("project", 1, "location=local&filename=a%22b%0d%0aX%3A%20y.zip")
        self.assertEqual(named.headers["content-disposition"], r'attachment; filename="a\\\"b X: y.zip"')

    def test_attach_and_cancel(self):
        self.admin.order("export", {"kind": "queued", "seconds": 60})
        path = f"/api/projects/1/backup/export?{LOCAL}"
        first = self.admin.post(path)
        again = self.admin.post(path)
        self.assertEqual((first.status, again.status, first.json), (202, 409, again.json))
        self.assertEqual(self.alice.post(path).status, 202)
        name = first.json["rq_id"].replace("=", "%3D").replace("&", "%26")
        self.assertEqual(self.admin.get(f"/api/requests/{name}").json["status"], "queued")
        self.assertEqual(self.bob.post(f"/api/requests/{name}/cancel").status, 403)
        self.assertEqual(self.admin.post(f"/api/requests/{name}/cancel").status, 200)
        self.assertEqual(self.admin.get(f"/api/requests/{name}").status, 404)
        self.admin.export("project", 1)
        self.assertEqual(self.admin.post(f"/api/requests/{name}/cancel").status, 400)

    def test_failures(self):
        self.admin.mutate("old_media", task=1)
        started = self.admin.post(f"/api/tasks/1/backup/export?{LOCAL}").json["rq_id"]
        self.assertEqual(
            self.admin.poll(started)["message"], "ValueError: ZIP does not support timestamps before 1980\n"
        )
        self.admin.order("export", {"kind": "fail", "target": "project", "id": 2, "message": "Boom: x\n"})
        started = self.admin.post(f"/api/projects/2/backup/export?{LOCAL}").json["rq_id"]
        self.assertEqual(self.admin.poll(started)["message"], "Boom: x\n")
        self.assertEqual(self.admin.export("project", 2).status, 200)

    def test_dead_worker(self):
        self.admin.order("export", {"kind": "dead_worker", "recover_after": 0.3})
        path = f"/api/projects/1/backup/export?{LOCAL}"
        name = self.admin.post(path).json["rq_id"].replace("=", "%3D").replace("&", "%26")
        time.sleep(0.4)
        self.assertEqual(self.admin.get(f"/api/requests/{name}").json["status"], "started")
        self.assertEqual(self.admin.post(path).status, 409)
        self.alice.get("/api/requests")
        self.assertIn("AbandonedJobError", self.admin.get(f"/api/requests/{name}").json["message"])
        self.assertEqual(self.admin.export("project", 1).status, 200)

    def test_expiry(self):
        self.admin.export("project", 3)
        view = self.admin.get("/api/requests").json["results"][0]
        self.assertIn(
            "filename*=UTF-8''project_%C3%BCn%C3%AF%20%5C%5C%5C%22c",
            self.admin.get(path_of(view["result_url"])).headers["content-disposition"],
        )
        self.admin.order("export", {"kind": "expire", "what": "file"})
        answer = self.admin.get(path_of(view["result_url"]))
        self.assertEqual(
            (answer.status, answer.json), (404, "The exported file has expired, please retry exporting")
        )
        self.assertEqual(self.admin.export("project", 3).status, 200)
        self.admin.order("export", {"kind": "expire", "what": "record"})
        self.assertEqual(self.admin.get(path_of(view["result_url"])).text, "Unknown export request id")

    def test_result_host(self):
        self.admin.order("export", {"kind": "result_host", "host": "http://traefik:8080"})
        name = self.admin.post(f"/api/projects/2/backup/export?{LOCAL}").json["rq_id"]
        self.assertTrue(
            self.admin.poll(name)["result_url"].startswith("http://traefik:8080/api/projects/2/backup/")
        )

    def test_one_job_per_user(self):
        self.admin.order("config", {"one_job_per_user": True})
        self.admin.order("export", {"kind": "slow", "seconds": 0.4, "target": "project", "id": 1})
        self.admin.post(f"/api/projects/1/backup/export?{LOCAL}")
        second = self.admin.post(f"/api/projects/2/backup/export?{LOCAL}").json["rq_id"]
        self.assertEqual(self.admin.get("/api/requests?status=queued").json["results"][0]["id"], second)
        self.assertEqual(self.admin.poll(second)["status"], "finished")

    def test_pending_data(self):
        task = self.admin.mutate("create_task", project=2, state="pending", images=1)["task"]
        view = self.admin.get(f"/api/tasks/{task}").json
        self.assertEqual((view["size"], view["jobs"]["count"], view["mode"]), (0, 0, ""))
        broken = dict(members(self.admin.export("project", 2).body))
        self.assertIn(b'"custom_segments":true,"storage":"local"},"jobs":[]}', broken["task_0/task.json"])
        self.assertEqual(broken["task_0/annotations.json"], b"[]")
        self.admin.mutate("finish_data", task=task)
        self.assertEqual(dict(members(self.admin.export("project", 2).body)), broken)  # stale for ever
        self.assertIn(
            b'"status":"annotation"', dict(members(self.admin.export("task", task).body))["task.json"]
        )


if __name__ == "__main__":
    unittest.main()
