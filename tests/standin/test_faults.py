"""Faults on the wire and the control plane."""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from support import LOCAL, Client, path_of, start

HERE = os.path.dirname(os.path.abspath(__file__))


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = start()
        cls.admin = Client(cls.server.port)
        cls.whole = cls.admin.export("project", 1).body
        cls.path = path_of(cls.admin.get("/api/requests").json["results"][0]["result_url"])

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def setUp(self):
        self.admin.order("clear", {})

    def fault(self, action, path="backup/download", **more):
        self.admin.order("fault", {"match": {"method": "GET", "path": path}, "action": action, **more})

    def raw(self, path=None):
        """What came over the wire, and how it ended."""
        sock = socket.create_connection(("127.0.0.1", self.server.port), 20)
        with sock:
            sock.sendall(
                f"GET {path or self.path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                f"Authorization: {self.admin.credentials}\r\n\r\n".encode()
            )
            data, end = b"", "fin"
            try:
                while block := sock.recv(1 << 16):
                    data += block
            except ConnectionResetError:
                end = "rst"
        head, _, body = data.partition(b"\r\n\r\n")
        return head.decode(), body, end

    def test_cut(self):
        self.fault({"cut": 1000})
        head, body, end = self.raw()
        self.assertEqual((body, end), (self.whole[:1000], "fin"))
        self.assertIn(f"Content-Length: {len(self.whole)}", head)
        self.fault({"cut": 0, "with": "rst", "where": "before"})
        self.assertEqual(self.raw()[2], "rst")
        self.assertEqual(self.raw()[1], self.whole)
        self.fault({"cut": -1})
        self.assertEqual(self.raw()[1], self.whole[:-1])

    def test_shapes(self):
        self.fault({"flip": 700, "bit": 3})
        body = self.raw()[1]
        self.assertEqual([i for i, (a, b) in enumerate(zip(body, self.whole)) if a != b], [700])
        self.fault({"truncate": 500})
        head, body, _ = self.raw()
        self.assertEqual(len(body), 500)
        self.assertIn("Content-Length: 500\r\n", head + "\r\n")
        self.fault({"wrong_length": 5})
        self.assertIn(f"Content-Length: {len(self.whole) + 5}", self.raw()[0])
        self.fault({"no_length": True})
        head, body, _ = self.raw()
        self.assertNotIn("Content-Length", head)
        self.assertEqual(body, self.whole)
        self.fault({"stall": 100, "seconds": 0.3})
        start_time = time.monotonic()
        self.assertEqual(len(self.raw()[1]), 100)
        self.assertGreater(time.monotonic() - start_time, 0.25)
        self.fault({"drip": 200000})
        start_time = time.monotonic()
        self.assertEqual(self.raw()[1], self.whole)
        self.assertGreater(time.monotonic() - start_time, 0.2)

    def test_answers(self):
        for status in (401, 403, 404, 429, 500, 502, 503, 504):
            self.fault({"status": status, "headers": {"Retry-After": "3"}}, "/api/projects")
            answer = self.admin.get("/api/projects")
            self.assertEqual((answer.status, answer.headers["retry-after"]), (status, "3"))
        self.fault({"status": 503, "body": '"Redis service is not available"'}, "/api/requests/")
        self.assertEqual(self.admin.get("/api/requests/x").json, "Redis service is not available")
        self.fault({"redirect": "http://127.0.0.1:1/x"}, "/api/projects")
        answer = self.admin.get("/api/projects")
        self.assertEqual((answer.status, answer.headers["location"]), (302, "http://127.0.0.1:1/x"))
        self.fault({"html": True}, "/api/projects")
        self.assertIn("Sign in", self.admin.get("/api/projects").text)
        self.fault({"delay": 0.2}, "/api/projects")
        start_time = time.monotonic()
        self.assertEqual(self.admin.get("/api/projects").status, 200)
        self.assertGreater(time.monotonic() - start_time, 0.19)

    def test_counting(self):
        self.fault({"status": 500}, "/api/projects", count=2, skip=1)
        self.assertEqual([self.admin.get("/api/projects").status for _ in range(4)], [200, 500, 500, 200])
        self.assertEqual(self.admin.order("fault")[0]["hits"], 2)
        self.fault({"status": 500}, "/api/projects", count=-1)
        self.assertEqual({self.admin.get("/api/projects").status for _ in range(5)}, {500})

    def test_lost_answer(self):
        """The request is done, its answer is not seen."""
        self.admin.order(
            "fault",
            {"match": {"method": "POST", "path": "/api/projects$"}, "action": {"status": 502, "after": True}},
        )
        count = self.admin.get("/api/projects").json["count"]
        self.assertEqual(self.admin.post("/api/projects", {"name": "lost"}).status, 502)
        self.assertEqual(self.admin.get("/api/projects").json["count"], count + 1)

    def test_log_and_mistakes(self):
        self.admin.order("log/clear", {})
        self.admin.get("/api/projects?page_size=1")
        entry = self.admin.order("log?path=api/projects")[0]
        self.assertEqual((entry["method"], entry["query"], entry["status"]), ("GET", "page_size=1", 200))
        self.assertEqual(entry["headers"]["authorization"], "Token ***")
        self.assertEqual(self.admin.post("/__standin__/fault", {"action": {"nonsense": 1}}).status, 400)
        self.assertEqual(self.admin.post("/__standin__/mutate", {"op": "nonsense"}).status, 400)
        self.assertEqual(self.admin.get("/__standin__/nonsense").status, 404)

    def test_throttle_and_health(self):
        self.admin.order("config", {"throttle": 2})
        nobody = Client(self.server.port, None)
        answers = [nobody.get("/api/server/about") for _ in range(3)]
        self.assertEqual([a.status for a in answers], [200, 200, 429])
        self.assertTrue(answers[2].headers["retry-after"])
        self.admin.order("config", {"throttle": 0, "health": {"DiskUsage": "disk usage is 95%"}})
        self.assertEqual(nobody.get("/api/server/health/?format=json", accept="application/json").status, 500)


class Wire(unittest.TestCase):
    def test_keep_alive_and_speed(self):
        """Many small requests on one connection: none waits for a delayed acknowledgement, which Linux sends after 40 ms (TCP_DELACK_MIN)."""
        server = start("--seed", "big:3:60:200000:1")
        try:
            admin = Client(server.port)
            link = http.client.HTTPConnection("127.0.0.1", server.port)
            begin = time.monotonic()
            for _ in range(300):
                link.request("GET", "/api/projects", headers={"Authorization": admin.credentials})
                json.loads(link.getresponse().read())
            self.assertLess((time.monotonic() - begin) / 300, 0.03)
            link.close()
            body = admin.export("project", 1).body
            self.assertGreater(len(body), 12_000_000)
            one = admin.post(f"/api/tasks/2/backup/export?{LOCAL}")
            self.assertEqual(one.status, 202)
            self.assertEqual(admin.mutate("add_shape", task=1)["task_updated_date"][:2], "20")
            shapes = admin.get("/api/tasks/1/annotations").json["shapes"]
            self.assertGreater(len(shapes), 1000)
        finally:
            server.stop()

    def test_program(self):
        """The command line: port file, SIGTERM; and the chaos proxy in front."""
        with tempfile.TemporaryDirectory() as where:

            def run(script, *words):
                port_file = os.path.join(where, script)
                child = subprocess.Popen(
                    [sys.executable, os.path.join(HERE, script), "--port-file", port_file, *words],
                    stdout=subprocess.DEVNULL,
                )
                self.addCleanup(child.wait)
                self.addCleanup(child.terminate)
                for _ in range(400):
                    if os.path.exists(port_file):
                        with open(port_file, encoding="ascii") as source:
                            return child, int(source.read())
                    time.sleep(0.02)
                raise AssertionError("no port file")

            child, port = run("cvat_standin.py", "--seed", "empty", "--directory", where)
            _, proxy = run(
                "chaos_proxy.py", "--target", f"127.0.0.1:{port}", "--connections", "1", "down:cut:20:rst"
            )
            with self.assertRaises((http.client.HTTPException, OSError)):
                Client(proxy).get("/api/server/about")
            self.assertEqual(Client(proxy).get("/api/server/about").status, 200)
            child.terminate()
            self.assertEqual(child.wait(5), 0)
            self.assertEqual([n for n in os.listdir(where) if n.startswith("cvat-standin")], [])


if __name__ == "__main__":
    unittest.main()
