"""The GitHub stand-in for end-to-end tests: tests/github/README.md tells its orders."""

import http.client
import os
import ssl
import sys

import harness
import servers

sys.path.append(os.path.join(harness.TESTS, "gitserver"))

from material import make_certificates  # noqa: E402  (the path has to be set first)


class Github(servers.StandinControl, servers.Server):
    """A running stand-in; `order`, `mutate`, `fault` and `requests` are those of every stand-in."""

    def __init__(self, directory, *options, tls=False):
        self.authority = None  # the CA file to trust
        self.context = None
        if tls:
            made = make_certificates(os.path.join(directory, "tls"))
            self.authority = made["ca.pem"]
            self.context = ssl.create_default_context(cafile=self.authority)
            options = (*options, "--tls", made["server.pem"], made["server.key"])
        script = os.path.join(harness.TESTS, "github", "github_standin.py")
        servers.Server.__init__(self, directory, [sys.executable, script, "--directory", directory, *options])
        servers.StandinControl.__init__(self, self.port)
        if tls:
            self.url = f"https://127.0.0.1:{self.port}"
        self.api = self.url + ("/api/v3" if "--ghes" in options else "")  # `github:` of a configuration

    def link(self):
        if self.context is None:
            return super().link()
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=self.context)

    def state(self):
        return self.order("state")

    def token(self, label="alice"):
        """The text of a token: alice, bob, carol, alice-no-sso, acme-fine, …"""
        return self.state()["tokens"][label]["token"]

    def app(self):
        """Number, client id, key file and installations of the GitHub App."""
        return self.state()["app"]

    def config(self, **given):
        return self.order("config", given)

    def limit(self, kind="primary", **given):
        return self.order("limit", {"kind": kind, **given})

    def path(self, name, wiki=False):
        """The bare repository of "owner/name" on disk."""
        known = self.state()["repositories"][name]["path"]
        return known[: -len(".git")] + ".wiki.git" if wiki else known

    def refs(self, name, wiki=False):
        """All refs of a repository: name -> object id."""
        lines = harness.git("for-each-ref", "--format=%(refname) %(objectname)", cwd=self.path(name, wiki)).splitlines()
        return dict(line.split(" ") for line in lines)

    def sides(self):
        """How many requests each side had since the log was cleared: {"rest": 2, "graphql": 1, "git": 30, "lfs": 4}."""
        return self.state()["sides"]

    def forget_log(self):
        self.order("log/clear", {})
