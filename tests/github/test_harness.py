"""The class of the end-to-end tests that starts this stand-in."""

import os
import shutil
import sys
import tempfile
import unittest

from support import parse  # noqa: F401  (sets the path)

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "e2e"))

from github import Github  # noqa: E402


class Harness(unittest.TestCase):
    def start(self, *options, **more):
        directory = tempfile.mkdtemp(prefix="github-harness-")
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        server = Github(directory, *options, **more)
        self.addCleanup(server.stop)
        return server

    def test_orders(self):
        server = self.start("--seed", "org:2", "--ghes", tls=True)
        self.assertEqual(server.api, f"https://127.0.0.1:{server.port}/api/v3")
        self.assertTrue(os.path.exists(server.authority))
        self.assertTrue(server.token("acme-fine").startswith("github_pat_"))
        self.assertTrue(os.path.exists(server.app()["key_file"]))
        made = server.mutate("push", repo="acme/repo-000")
        self.assertEqual(server.refs("acme/repo-000")["refs/heads/main"], made["after"])
        server.limit("secondary", retry_after=1)
        server.config(delay=1)
        server.fault("/user", {"status": 502})
        server.order("clear", {})
        self.assertEqual((server.requests(), server.sides()), ([], {}))
        with self.assertRaises(AssertionError):
            server.config(nonsense=1)

    def test_git_root(self):
        root = tempfile.mkdtemp(prefix="github-root-")
        self.addCleanup(shutil.rmtree, root, ignore_errors=True)
        server = self.start("--git-root", root, "--seed", "org:1")
        self.assertEqual(server.path("acme/repo-000"), os.path.join(root, "acme", "repo-000.git"))
        self.assertTrue(os.path.isdir(server.path("acme/repo-000", wiki=True)))


if __name__ == "__main__":
    unittest.main()
