"""Helpers of the stand-in's own tests: a server in this process and a small client."""

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from hub.gitrepo import environment  # noqa: E402
from hub.main import Standin, parse  # noqa: E402


class Answer:
    """Status, headers (lower-case names), body."""

    def __init__(self, response, body):
        self.status, self.body = response.status, body
        self.headers = {k.lower(): v for k, v in response.getheaders()}

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def next(self):
        """Path and query of the next page, or None."""
        for part in self.headers.get("link", "").split(", "):
            if 'rel="next"' in part:
                return "/" + part[1 : part.index(">")].split("/", 3)[3]
        return None


class Case(unittest.TestCase):
    """One stand-in for all tests of a class, whole again before each."""

    options = ()
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.standin = Standin(parse(list(cls.options))).start()
        cls.world = cls.standin.world

    @classmethod
    def tearDownClass(cls):
        cls.standin.stop()

    def setUp(self):
        self.order("clear", {})
        self.directory = tempfile.mkdtemp(prefix="github-standin-test-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def token(self, label="alice"):
        return self.world.tokens.labelled(label).value

    def call(self, path, token="alice", method="GET", body=None, **headers):
        """`token` is a label, a whole Authorization header (with a space), or None."""
        link = http.client.HTTPConnection("127.0.0.1", self.standin.port, timeout=20)
        try:
            sent = {"User-Agent": "test", **{k.replace("_", "-"): v for k, v in headers.items() if v is not None}}
            if headers.get("User_Agent", "x") is None:
                del sent["User-Agent"]
            if token:
                sent["Authorization"] = token if " " in token else f"Bearer {self.token(token)}"
            link.request(method, path, json.dumps(body) if isinstance(body, (dict, list)) else body, sent)
            response = link.getresponse()
            return Answer(response, response.read())
        finally:
            link.close()

    def order(self, verb, body=None):
        answer = self.call(f"/__standin__/{verb}", None, "GET" if body is None else "POST", body)
        if answer.status != 200:
            raise AssertionError(answer.body)
        return answer.json

    def mutate(self, op, **given):
        return self.order("mutate", {"op": op, **given})

    def query(self, text, token="alice", **variables):
        """The whole body of a GraphQL answer."""
        answer = self.call("/graphql", token, "POST", {"query": text, "variables": variables})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def data(self, text, **variables):
        out = self.query(text, **variables)
        self.assertNotIn("errors", out)
        return out["data"]

    def git(self, *words, token="alice", cwd=None, check=True):
        """The real git against the stand-in: (exit code, output with messages)."""
        url = f"http://127.0.0.1:{self.standin.port}/"
        if token:
            url = f"http://x-access-token:{self.token(token)}@127.0.0.1:{self.standin.port}/"
        words = [word.replace("@/", url) for word in words]
        more = {
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "t",
            "GIT_AUTHOR_EMAIL": "t@t",
            "GIT_COMMITTER_NAME": "t",
            "GIT_COMMITTER_EMAIL": "t@t",
        }
        done = subprocess.run(["git", *words], cwd=cwd or self.directory, env={**environment(), **more}, capture_output=True, text=True, timeout=60)
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
        return done.returncode, done.stdout + done.stderr
