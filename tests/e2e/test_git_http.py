"""Pushes over HTTP through a front that fails as forges and proxies do: in the middle of a body, with another status, by a redirect."""

import http.client
import http.server
import os
import threading
import unittest

from harness import Case, git, stage


class Front(http.server.ThreadingHTTPServer):
    """Forwards to the git server; `fail` says how the next pushes end."""

    daemon_threads = True

    def __init__(self, port):
        self.target = port
        self.fail = []         # of each next push: (status, bytes of the body that are read before)
        self.pushes = []       # headers of each push
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("transfer-encoding", "connection", "content-length", "server", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def forward(self, body):
        link = http.client.HTTPConnection("127.0.0.1", self.server.target, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        link.request(self.command, self.path, body, headers)
        reply = link.getresponse()
        self.answer(reply.status, reply.getheaders(), reply.read())
        link.close()

    def do_GET(self):
        self.forward(None)

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        if self.path.endswith("/git-receive-pack"):
            self.server.pushes.append(dict(self.headers.items()))
            if self.server.fail:
                status, read = self.server.fail.pop(0)
                if status == "after":  # the backend takes it all, the answer is another one
                    body, self.wfile, kept = self.rfile.read(length), open(os.devnull, "wb"), self.wfile
                    self.forward(body)
                    self.wfile, status = kept, 502
                else:
                    self.rfile.read(min(read, length))
                self.close_connection = True
                return self.answer(status, [("Connection", "close")], b"<html><title>from the front</title></html>")
        return self.forward(self.rfile.read(length))


class GitHttp(Case):
    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.forge = self.git_server("--create", "a.git", "--filter", "--limit", "10k")
        self.target = os.path.join(self.forge.repos, "a.git")
        self.front = Front(self.forge.port)
        self.addCleanup(self.front.server_close)
        self.addCleanup(self.front.shutdown)

    def configure_target(self, where="/git/a.git", port=None, top=""):
        url = f"http://127.0.0.1:{port or self.front.server_address[1]}{where}"
        self.configure(self.cvat.url, job="projects: [1]", top=top,
                       git=f"url: {url}\nauth: {{username: bot, password: git-password}}")

    def assert_pushed(self, attempts):
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success")
        self.assertEqual(stage(report["items"][0], "push")["attempts"], attempts)
        self.assertEqual(git("rev-parse", "main", cwd=self.target), git("rev-parse", "main", cwd=self.vault))
        self.assert_sound(self.vault, self.target)

    def test_the_length_of_a_push_is_always_told(self):
        self.configure_target("/nochunk/a.git")
        self.assert_pushed(1)
        self.assertEqual(len(self.front.pushes), 1)
        headers = {name.lower(): value for name, value in self.front.pushes[0].items()}
        self.assertGreater(int(headers["content-length"]), 10_000)
        self.assertNotIn("transfer-encoding", headers)
        self.assertNotIn("expect", headers)
        self.assertNotIn("content-encoding", headers)

    def test_statuses_that_pass_are_tried_again_after_a_look(self):
        self.configure_target()
        self.front.fail = [(503, 5_000), (408, 5_000)]
        self.assert_pushed(3)

    def test_an_answer_that_was_lost_after_all_had_arrived(self):
        self.configure_target()
        self.front.fail = [("after", 0)]
        self.assert_pushed(1)
        self.assertEqual(len(self.front.pushes), 1, "what had arrived was sent again")

    def test_a_body_that_is_too_big_for_the_server(self):
        self.configure_target("/limit/a.git", port=self.forge.port)
        error = stage(self.run_job(code=3).report["items"][0], "push")["error"]
        self.assertEqual((error["code"], error["transient"]), ("bad_request", False))
        self.assertIn("limits the size", error["hint"])
        self.configure_target()
        self.assertEqual(self.run_job().report["items"][0]["outcome"], "unchanged")

    def test_a_repository_that_was_renamed_is_followed(self):
        self.configure_target("/moved/a.git", port=self.forge.port)
        self.assert_pushed(1)

    def test_a_server_that_is_read_only(self):
        self.configure_target("/readonly/a.git", port=self.forge.port)
        error = stage(self.run_job(code=3).report["items"][0], "push")["error"]
        self.assertEqual((error["code"], error["transient"]), ("forbidden", False))

    def test_a_line_cut_inside_the_pack(self):
        proxy = self.proxy(self.forge.port, "--connections", "1", "up:cut:9000:rst")
        self.configure_target(port=proxy.port)
        self.assert_pushed(2)

    def test_a_line_that_stalls_inside_the_pack(self):
        proxy = self.proxy(self.forge.port, "--connections", "1", "up:stall:9000")
        self.configure_target(port=proxy.port, top="limits: {no_progress: 1s}")
        self.assert_pushed(2)


if __name__ == "__main__":
    unittest.main()
