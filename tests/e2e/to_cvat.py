"""What the tests of restores into a CVAT server share."""

import json

import own_export
from harness import token_of
from restore_case import RestoreCase


class ToCvat(RestoreCase):
    def setUp(self):
        super().setUp()
        self.token = token_of("admin")
        self.password = self.out("password")
        with open(self.password, "w") as file:
            file.write("admin-password\n")

    def fresh(self, *options):
        return self.standin("--seed", "empty", *options)

    def restored(self, server, *arguments, code=0, **more):
        """The document of a restore into `server`; also the words on stderr as .err."""
        done = self.ask("restore", *(arguments or ["traffic-signs"]), "--to-cvat", server.url, "--server-username", "admin", "--server-password-file",
                        self.password, "--json", **more)
        self.assertEqual(done.code, code, done.err + done.out)
        document = json.loads(done.out) if done.out else {}
        document["err"] = done.err
        return document

    def get(self, server, path):
        status, body = own_export.ask(server, self.token, "GET", path)
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def listed(self, server, kind="projects"):
        return self.get(server, f"/api/{kind}?page_size=all&sort=id")["results"]

    def assert_equal(self, server, number, kind="project", of=1, family="D", source=None, but=()):
        """The new object's own export is that of the one that was backed up."""
        before = own_export.fetch(source or self.cvat, self.token, kind, of, family)
        after = own_export.fetch(server, self.token, kind, number, family)
        before = {name: content for name, content in before.items() if not name.startswith(tuple(but))} if but else before
        self.assertEqual(sorted(after), sorted(before))
        for name, content in before.items():
            self.assertEqual(after[name], content, name)

    def assert_one(self, server, kind="projects"):
        self.assertEqual(len(self.listed(server, kind)), 1)
