"""Limits and faults: primary and secondary, points a minute, requests at once, the clock, broken answers."""

import http.client
import socket
import struct
import threading
import time
import unittest

from support import Case


class Limits(Case):
    def test_primary(self):
        first = self.call("/user").headers
        second = self.call("/user").headers
        self.assertEqual(int(first["x-ratelimit-remaining"]) - 1, int(second["x-ratelimit-remaining"]))
        self.assertEqual((second["x-ratelimit-limit"], second["x-ratelimit-resource"]), ("5000", "core"))
        self.order("limit", {"kind": "primary", "resource": "core", "reset_in": 30})
        refused = self.call("/user")
        self.assertEqual((refused.status, refused.headers["x-ratelimit-remaining"]), (403, "0"))
        self.assertAlmostEqual(int(refused.headers["x-ratelimit-reset"]), time.time() + 30, delta=3)
        self.assertIn("API rate limit exceeded for user ID", refused.json["message"])
        self.assertEqual(self.call("/user", "alice-no-sso").status, 403)  # the same person
        self.assertEqual(self.call("/user", "bob").status, 200)
        self.assertEqual(self.call("/rate_limit").json["resources"]["core"]["remaining"], 0)
        self.assertEqual(self.query("{ viewer { login } }")["data"]["viewer"]["login"], "alice")
        self.order("config", {"clock_shift": 31})
        try:
            self.assertEqual(self.call("/user").status, 200)
        finally:
            self.order("config", {"clock_shift": 0})

    def test_primary_of_graphql(self):
        self.order("limit", {"kind": "primary", "resource": "graphql"})
        out = self.query("{ viewer { login } }")
        self.assertEqual(out["errors"][0]["type"], "RATE_LIMITED")
        self.assertNotIn("data", out)
        self.assertEqual(self.call("/user").status, 200)

    def test_anonymous(self):
        headers = self.call("/users/alice", None).headers
        self.assertEqual(headers["x-ratelimit-limit"], "60")

    def test_secondary(self):
        self.order("limit", {"kind": "secondary", "count": 1, "skip": 1, "retry_after": 2, "status": 429})
        self.assertEqual(self.call("/user").status, 200)
        refused = self.call("/user")
        self.assertEqual((refused.status, refused.headers["retry-after"]), (429, "2"))
        self.assertGreater(int(refused.headers["x-ratelimit-remaining"]), 4000)
        self.assertEqual(self.call("/user").status, 200)
        self.order("limit", {"kind": "secondary", "retry_after": None})
        words = self.call("/user")
        self.assertEqual(words.status, 403)
        self.assertNotIn("retry-after", words.headers)
        self.assertIn("secondary rate limit", words.json["message"])
        self.order("limit", {"kind": "secondary", "status": 200, "resource": "graphql"})
        self.assertEqual(self.query("{ viewer { login } }")["errors"][0]["type"], "RATE_LIMITED")

    def test_asking_too_early(self):
        self.order("limit", {"kind": "secondary", "retry_after": 20, "block": True})
        self.assertEqual([self.call("/user").status for _ in range(3)], [403, 403, 403])
        self.order("config", {"clock_shift": 21})
        try:
            self.assertEqual(self.call("/user").status, 200)
        finally:
            self.order("config", {"clock_shift": 0})

    def test_points_a_minute(self):
        self.order("config", {"points_per_minute": {"core": 5}})
        try:
            self.assertEqual([self.call("/user").status for _ in range(6)], [200] * 5 + [403])
        finally:
            self.order("config", {"points_per_minute": {"core": 0}})

    def test_too_many_at_once(self):
        self.order("fault", {"match": {"path": "^/user$"}, "count": -1, "action": {"delay": 0.01}})
        limits, seen = self.world.limits, []
        for _ in range(100):
            limits.enter("rest")
        try:
            seen.append(self.call("/user").status)
            limits.leave("rest")
            seen.append(self.call("/user").status)
        finally:
            for _ in range(99):
                limits.leave("rest")
        self.assertEqual(seen, [403, 200])
        self.assertEqual(self.order("state")["most_at_once"]["rest"], 101)


class Faults(Case):
    def fault(self, path, action, **more):
        self.order("fault", {"match": {"path": path}, "action": action, **more})

    def test_status_and_html(self):
        self.fault("/orgs/acme", {"status": 502})
        answer = self.call("/orgs/acme")
        self.assertEqual((answer.status, answer.headers["content-type"]), (502, "text/html; charset=utf-8"))
        self.fault("graphql", {"status": 403, "body": {"message": "no"}})
        answer = self.call("/graphql", method="POST", body={"query": "{ viewer { login } }"})
        self.assertEqual((answer.status, answer.json), (403, {"message": "no"}))
        self.assertEqual(answer.headers["content-type"], "application/json; charset=utf-8")

    def test_cut_pack(self):
        self.fault("/git-upload-pack$", {"cut": 2000})
        code, words = self.git("clone", "--mirror", "@/acme/popular.git", "p", check=False)
        self.assertNotEqual(code, 0, words)
        self.git("clone", "--mirror", "@/acme/popular.git", "q")

    def test_push_done_but_answer_lost(self):
        self.git("clone", "@/acme/starter.git", "w")
        where = self.directory + "/w"
        self.git("commit", "--allow-empty", "-m", "lost", cwd=where)
        self.fault("/git-receive-pack$", {"status": 504, "after": True})
        self.assertNotEqual(self.git("push", "origin", "main", cwd=where, check=False)[0], 0)
        tip = self.git("rev-parse", "HEAD", cwd=where)[1].strip()
        self.assertIn(tip, self.git("ls-remote", "@/acme/starter.git")[1])
        self.assertGreater(self.call("/repos/acme/starter").json["pushed_at"], "2026")

    def test_reader_goes_away(self):
        """The program behind a fetch ends with its reader; nothing counts it as running."""
        link = socket.create_connection(("127.0.0.1", self.standin.port))
        link.sendall(b"GET /acme/popular.git/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: x\r\n\r\n")
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        link.close()
        end = time.monotonic() + 5
        while self.world.limits.at_once["git"] and time.monotonic() < end:
            time.sleep(0.01)
        self.assertEqual(self.world.limits.at_once["git"], 0)
        self.git("ls-remote", "@/acme/popular.git")

    def test_git_status(self):
        self.fault("/acme/lib.git/info/refs", {"status": 503})
        self.assertIn("503", self.git("ls-remote", "@/acme/lib.git", check=False)[1])

    def test_log_and_counts(self):
        self.order("log/clear", {})
        self.call("/user")
        self.query("query Named { viewer { login } }")
        self.git("ls-remote", "@/acme/lib.git")
        rows = self.order("log")
        self.assertEqual([row["side"] for row in rows], ["rest", "graphql", *["git"] * (len(rows) - 2)])
        self.assertEqual((rows[0]["user"], rows[0]["headers"]["authorization"], rows[1]["note"]), ("alice", "Bearer ***", "Named"))
        self.assertEqual(self.order("state")["sides"]["graphql"], 1)
        self.assertEqual(len(self.order("log?path=graphql")), 1)

    def test_delay_of_everything(self):
        self.order("config", {"delay": 100})
        try:
            for path in ("/user", "/acme/lib.git/info/refs?service=git-upload-pack"):
                start = time.monotonic()
                self.call(path, None)
                self.assertGreater(time.monotonic() - start, 0.09, path)
        finally:
            self.order("config", {"delay": 0})

    def test_kept_alive(self):
        """One connection serves API and git, chunked answers too."""
        link = http.client.HTTPConnection("127.0.0.1", self.standin.port, timeout=10)
        sockets = set()
        for path in ("/users/alice", "/acme/lib.git/info/refs?service=git-upload-pack", "/users/bob"):
            link.request("GET", path, headers={"User-Agent": "t"})
            answer = link.getresponse()
            self.assertTrue(answer.read())
            sockets.add(link.sock)
        self.assertEqual(len(sockets), 1)
        self.assertIsNotNone(link.sock)
        link.close()

    def test_many_threads(self):
        failures = []

        def work():
            if self.call("/orgs/acme/repos?per_page=100").status != 200:
                failures.append(1)

        threads = [threading.Thread(target=work) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])


if __name__ == "__main__":
    unittest.main()
