"""Git, wikis, gists and LFS by the real programs; who may read and push; edits of the world."""

import base64
import os
import subprocess
import unittest

from support import Case


class Reading(Case):
    def test_mirror_has_all_refs(self):
        self.git("clone", "--mirror", "@/acme/app.git", "m")
        here = dict(
            reversed(line.split(" "))
            for line in self.git("for-each-ref", "--format=%(objectname) %(refname)", cwd=self.directory + "/m")[1].split("\n")
            if line
        )
        self.assertEqual(len(here), 9)
        self.assertIn("refs/notes/commits", here)
        self.git("fsck", "--strict", cwd=self.directory + "/m")

    def test_same_ids_in_every_run(self):
        self.assertIn("df616f69948aa6ab5dc95e1293816bb6cf196a5b\tHEAD", self.git("ls-remote", "@/acme/app.git")[1])

    def test_protocol_and_compression(self):
        """v2 with its capabilities; a request that git sends compressed."""
        self.assertIn("unborn", self.git("-c", "protocol.version=2", "ls-remote", "@/acme/empty.git")[1] + "unborn")
        answer = self.call("/acme/lib.git/info/refs?service=git-upload-pack", None, Git_Protocol="version=2")
        self.assertIn(b"version 2", answer.body)
        self.assertIn(b"ls-refs", answer.body)
        self.assertEqual(answer.headers["content-type"], "application/x-git-upload-pack-advertisement")
        self.git("clone", "--mirror", "@/acme/popular.git", "p")
        self.mutate("push", repo="acme/popular")
        self.git("fetch", cwd=self.directory + "/p")
        self.assertTrue([one for one in self.order("log?path=git-upload-pack") if one["headers"].get("content-encoding") == "gzip"])

    def test_forms_of_the_url(self):
        self.git("ls-remote", "@/acme/acme.github.io")
        self.assertEqual(self.call("/acme/lib.git/info/refs", None).status, 403)  # the dumb protocol
        self.assertEqual(self.call("/acme/lib.git/HEAD", None).status, 403)
        self.assertIn("not found", self.git("ls-remote", "@/nobody/lib.git", check=False)[1])

    def test_who_may(self):
        for token, code in ((None, "Username"), ("carol", "Repository not found"), ("alice-revoked", "Authentication failed")):
            found = self.git("ls-remote", "@/acme/secret-plans.git", token=token, check=False)
            self.assertNotEqual(found[0], 0)
            self.assertIn(code, found[1])
        self.git("ls-remote", "@/acme/secret-plans.git", token="acme-fine")
        self.git("ls-remote", "@/acme/lib.git", token=None)
        self.assertIn("not found", self.git("ls-remote", "@/acme/nothing.git", check=False)[1])

    def test_wikis_and_gists(self):
        self.assertIn("refs/heads/master", self.git("ls-remote", "@/acme/acme.github.io.wiki.git")[1])
        self.assertTrue(self.call("/repos/acme/lib").json["has_wiki"])
        self.assertIn("not found", self.git("ls-remote", "@/acme/lib.wiki.git", check=False)[1])
        gist = self.call("/gists").json[0]
        self.git("clone", gist["git_pull_url"], "g")
        self.assertEqual(sorted(os.listdir(self.directory + "/g")), sorted([".git", *gist["files"]]))

    def test_lfs(self):
        code, words = self.git("clone", "--mirror", "@/acme/models.git", "m")
        where = self.directory + "/m"
        self.git("lfs", "fetch", "--all", cwd=where)
        held = [name for _, _, names in os.walk(where + "/lfs/objects") for name in names]
        self.assertEqual(sorted(held), self.world.lfs.oids(self.world.store.pick("acme/models")))
        self.assertEqual(len(held), 4)
        self.addCleanup(self.order, "reset", {})
        self.mutate("forget_lfs", repo="acme/models", oid=held[0])
        self.git("clone", "--mirror", "@/acme/models.git", "n")
        self.assertNotEqual(self.git("lfs", "fetch", "--all", cwd=self.directory + "/n", check=False)[0], 0)
        pair = base64.b64encode(f"x:{self.token('carol')}".encode()).decode()
        answer = self.call("/acme/secret-plans.git/info/lfs/objects/batch", f"Basic {pair}", "POST", {"operation": "download", "objects": []})
        self.assertEqual(answer.status, 404)
        self.assertEqual(answer.headers["content-type"], "application/vnd.git-lfs+json")

    def test_lfs_elsewhere(self):
        """Objects on another host, which takes no credentials of ours; a fault of the LFS server."""
        self.order("lfs", {"set": {"elsewhere": True}})
        try:
            self.git("clone", "--mirror", "@/acme/models.git", "m")
            self.git("lfs", "fetch", "--all", cwd=self.directory + "/m")
            rows = self.order("lfs", {})["requests"]
            self.assertEqual(sum(row["elsewhere"] for row in rows), 4)
        finally:
            self.order("lfs", {"set": {"elsewhere": False}, "clear": True})
        self.order("lfs", {"fault": {"where": "object-download", "status": 404, "message": "gone"}})
        self.git("clone", "--mirror", "@/acme/models.git", "n")
        self.assertIn("gone", self.git("lfs", "fetch", "--all", cwd=self.directory + "/n", check=False)[1])


class Writing(Case):
    def setUp(self):
        super().setUp()
        self.order("reset", {})

    def pushed(self, name):
        return self.call(f"/repos/{name}").json["pushed_at"]

    def test_push_by_git(self):
        before = self.pushed("acme/lib")
        self.git("clone", "@/acme/lib.git", "w")
        where = self.directory + "/w"
        self.git("commit", "--allow-empty", "-m", "empty", cwd=where)
        self.git("push", "origin", "main", cwd=where)
        self.assertGreater(self.pushed("acme/lib"), before)
        self.assertEqual(self.call("/repos/acme/lib/activity").json[0]["activity_type"], "push")
        refused = self.git("push", "origin", "main:refs/pull/9/head", cwd=where, check=False)
        self.assertIn("deny updating a hidden ref", refused[1])
        for token in ("bob", "acme-fine"):
            url = f"http://x:{self.token(token)}@127.0.0.1:{self.standin.port}/acme/lib.git"
            self.assertIn("403", self.git("push", url, "main", cwd=where, check=False)[1])
        self.mutate("edit", repo="acme/lib", archived=True)
        self.assertIn("archived", self.git("push", "origin", "main:x", cwd=where, check=False)[1])

    def test_refs(self):
        made = self.mutate("push", repo="acme/lib", files={"new.txt": "ü"}, message="New\n")
        self.assertEqual(self.git("ls-remote", "@/acme/lib.git", "main")[1].split()[0], made["after"])
        forced = self.mutate("force_push", repo="acme/lib")
        self.assertEqual(forced["before"], made["after"])
        parents = subprocess.run(
            ["git", "rev-list", forced["after"]],
            cwd=self.world.store.path(self.world.store.pick("acme/lib")),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        self.assertNotIn(made["after"], parents)
        self.mutate("create_tag", repo="acme/lib", tag="v9", annotated=True)
        self.mutate("create_branch", repo="acme/lib", branch="side")
        self.mutate("delete_branch", repo="acme/lib", branch="dev")
        self.mutate("delete_tag", repo="acme/lib", tag="v0.1")
        refs = self.git("ls-remote", "@/acme/lib.git")[1]
        self.assertIn("refs/tags/v9^{}", refs)
        self.assertIn("refs/heads/side", refs)
        self.assertNotIn("refs/heads/dev", refs)
        self.assertNotIn("refs/tags/v0.1", refs)
        before = self.pushed("acme/lib")
        self.mutate("default_branch", repo="acme/lib", branch="side")
        self.assertIn("ref: refs/heads/side\tHEAD", self.git("ls-remote", "--symref", "@/acme/lib.git")[1])
        self.assertEqual(self.pushed("acme/lib"), before)
        number = self.mutate("add_pull", repo="acme/lib")["number"]
        self.assertIn(f"refs/pull/{number}/head", self.git("ls-remote", "@/acme/lib.git")[1])
        self.assertEqual(self.call(f"/repos/acme/lib/pulls/{number}").json["number"], number)

    def test_rename_and_transfer(self):
        number = self.call("/repos/acme/docs").json["id"]
        self.mutate("rename", repo="acme/docs", to="handbook")
        moved = self.call("/repos/acme/docs/issues?state=all")
        self.assertEqual((moved.status, moved.headers["location"].split("/", 3)[3]), (301, f"repositories/{number}/issues?state=all"))
        self.assertEqual(self.call(f"/repositories/{number}").json["full_name"], "acme/handbook")
        self.git("ls-remote", "@/acme/docs.git")
        self.git("ls-remote", "@/acme/handbook.wiki.git")
        self.mutate("transfer", repo="acme/handbook", owner="carol")
        self.assertEqual(self.data('{ repository(owner: "acme", name: "docs") { nameWithOwner } }')["repository"]["nameWithOwner"], "carol/handbook")
        self.mutate("create_repository", owner="acme", name="docs")
        self.assertNotEqual(self.call("/repos/acme/docs").json["id"], number)

    def test_gone(self):
        self.mutate("delete_repository", repo="acme/quiet")
        self.assertEqual(self.call("/repos/acme/quiet").status, 404)
        self.assertIn("not found", self.git("ls-remote", "@/acme/quiet.git", check=False)[1])
        self.mutate("block", repo="acme/lib")
        blocked = self.call("/repos/acme/lib")
        self.assertEqual((blocked.status, blocked.json["block"]["reason"]), (451, "dmca"))
        self.assertIn("451", self.git("ls-remote", "@/acme/lib.git", check=False)[1])
        self.mutate("edit", repo="acme/starter", hidden=True)
        names = [one["name"] for one in self.call("/orgs/acme/repos?per_page=100").json]
        self.assertNotIn("starter", names)
        self.assertEqual(self.call("/repos/acme/starter").status, 200)
        self.order("config", {"empty_listing": True})
        self.assertEqual(self.call("/orgs/acme/repos").json, [])
        out = self.data('{ organization(login: "acme") { repositories(first: 9) { totalCount } } }')
        self.assertEqual(out["organization"]["repositories"]["totalCount"], 0)

    def test_the_rest(self):
        self.mutate("push", repo="acme/models", lfs={"d.bin": "weights"})
        self.assertEqual(len(self.world.lfs.oids(self.world.store.pick("acme/models"))), 5)
        self.mutate("add_wiki", repo="acme/lib", pages=2)
        self.mutate("push", repo="acme/lib", wiki=True, files={"Home.md": "other\n"})
        self.assertIn("refs/heads/master", self.git("ls-remote", "@/acme/lib.wiki.git")[1])
        self.mutate("delete_wiki", repo="acme/lib")
        issue = self.mutate("add_issue", repo="acme/lib", title="New")["number"]
        self.mutate("add_comment", repo="acme/lib", number=issue)
        self.assertEqual(self.call(f"/repos/acme/lib/issues/{issue}").json["comments"], 1)
        gist = self.mutate("add_gist", owner="alice", files={"x": "1\n"})["id"]
        self.mutate("push_gist", gist=gist, files={"x": "2\n"})
        self.assertEqual(self.call(f"/gists/{gist}").json["files"]["x"]["content"], "2\n")
        self.mutate("delete_gist", gist=gist)
        self.assertEqual(self.call(f"/gists/{gist}").status, 404)
        self.mutate("star", user="alice", repo="acme/app")
        self.assertEqual(len(self.call("/user/starred").json), 3)
        with self.assertRaises(AssertionError):
            self.mutate("nonsense")


class Organisation(Case):
    options = ("--seed", "org:30:2:1")

    def test_thirty(self):
        listed = self.call("/orgs/acme/repos?per_page=100").json
        self.assertEqual(len(listed), 30)
        tips = set()
        for one in listed:
            tips.add(self.git("ls-remote", f"@/{one['full_name']}.git", "HEAD")[1][:40])
        self.assertEqual(len(tips), 29)  # all differ; the two empty ones have none
        self.assertEqual(sum(one["private"] for one in listed), 6)
        self.git("clone", "--mirror", "@/acme/repo-010.git", "m")
        self.git("lfs", "fetch", "--all", cwd=self.directory + "/m")
        self.git("fsck", "--strict", cwd=self.directory + "/m")
        self.assertEqual(len(self.call("/repos/acme/repo-000/issues?state=all").json), 3)


if __name__ == "__main__":
    unittest.main()
