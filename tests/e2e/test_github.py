"""A GitHub job from end to end: listing, mirrors, wikis, gists, renames, what is gone, limits, and what never happens to history."""

import glob
import json
import os
import unittest

from harness import git, waiting
from hub import Hub
from mirrors import lfs_clone

LFS_REPOSITORY = "acme/models"


class Organisation(Hub):
    def test_first_run_then_nothing_then_one_change(self):
        done = self.run_code()
        listed = [name for name, one in self.hub.state()["repositories"].items() if name.startswith("acme/")]
        self.assertEqual(len(listed), 14)
        outcomes = self.outcomes(done)
        for name in listed:
            self.assertIn(outcomes[name], ("cloned",), name)
            self.assert_equal_mirror(name)
        self.assertEqual(sorted(name for name in outcomes if name.endswith(".wiki")), ["acme/acme.github.io.wiki", "acme/docs.wiki"])
        self.assert_equal_mirror("acme/docs", wiki=True)
        self.assertRegex(done.err, r"acme/app +Cloned +\[[0-9a-f]{8}\]")
        self.assertRegex(done.err, r"acme/empty +Cloned +\[empty\]")
        self.assertEqual(len(glob.glob(os.path.join(self.mirror(LFS_REPOSITORY), "lfs", "objects", "*", "*", "*"))), 4)
        lfs_clone(self, self.mirror(LFS_REPOSITORY))

        # One of seven is looked at in each run; nothing else but the listing is asked.
        self.hub.forget_log()
        before = self.snapshot()
        done = self.run_code()
        self.assertEqual(done.report["outcome"], "unchanged")
        self.assertEqual(set(self.outcomes(done).values()), {"unchanged"})
        self.assertRegex(done.err, r"acme/app +No changes \[[0-9a-f]{8}\]")
        self.assertRegex(done.err, r"acme/empty +No changes \[empty\]")
        self.assertEqual(done.report["traffic"]["api_requests"], 1)
        self.assertEqual(self.snapshot(), before, "an unchanged repository is not written to")

        tip = self.refs(self.mirror("acme/lib"))["refs/heads/main"]
        self.hub.mutate("push", repo="acme/lib", branch="main", files={"new.txt": "x"}, message="one more")
        done = self.run_code()
        self.assertEqual(self.named(done, "acme/lib")["outcome"], "updated")
        self.assertEqual(self.named(done, "acme/lib")["before"], tip[:8])
        self.assertEqual(self.named(done, "acme/lib")["refs"], {"new": 0, "moved": 1, "forced": 0, "deleted": 0})
        self.assertRegex(done.err, rf"acme/lib +Updated +\[{tip[:8]} -> [0-9a-f]{{8}}\]")
        self.assert_equal_mirror("acme/lib")

    def snapshot(self):
        """Names and times of everything below the mirrors."""
        found = {}
        for path in glob.glob(os.path.join(self.storage, "github", "**"), recursive=True, include_hidden=True):
            found[path] = os.stat(path).st_mtime_ns
        return found

    def test_a_force_push_and_a_deletion_cost_nothing(self):
        self.hub.mutate("create_branch", repo="acme/app", branch="soon-gone")
        self.run_code("--only", "acme/app")
        held = self.refs(self.mirror("acme/app"))
        self.hub.mutate("force_push", repo="acme/app", branch="main")
        self.hub.mutate("delete_branch", repo="acme/app", branch="soon-gone")
        done = self.run_code("--only", "acme/app")
        item = self.named(done, "acme/app")
        self.assertEqual((item["refs"]["forced"], item["refs"]["deleted"]), (1, 1))
        kept = {ref: oid for ref, oid in self.refs(self.mirror("acme/app")).items() if ref.startswith("refs/autobackup/keep/")}
        self.assertEqual(sorted(kept.values()), sorted([held["refs/heads/main"], held["refs/heads/soon-gone"]]))
        self.assert_equal_mirror("acme/app")

    def test_renamed_moves_with_its_mirror(self):
        self.run_code()
        inode = os.stat(self.mirror("acme/lib")).st_ino
        self.hub.mutate("rename", repo="acme/lib", to="library")
        done = self.run_code()
        item = self.named(done, "acme/library")
        self.assertEqual(item["renamed_from"], "acme/lib")
        self.assertEqual(os.stat(self.mirror("acme/library")).st_ino, inode, "no new clone")
        self.assertFalse(os.path.exists(os.path.dirname(self.mirror("acme/lib"))))
        self.assertNotIn("acme/lib", self.outcomes(done))

    def test_two_that_swap_their_names(self):
        self.run_code()
        app, lib = os.stat(self.mirror("acme/app")).st_ino, os.stat(self.mirror("acme/lib")).st_ino
        for name, to in (("app", "aside"), ("lib", "app"), ("aside", "lib")):
            self.hub.mutate("rename", repo=f"acme/{name}", to=to)
        self.run_code()
        self.assertEqual((os.stat(self.mirror("acme/app")).st_ino, os.stat(self.mirror("acme/lib")).st_ino), (lib, app))
        self.assert_equal_mirror("acme/app")

    def test_gone_is_told_once_and_kept(self):
        self.run_code()
        held = self.refs(self.mirror("acme/quiet"))
        self.hub.mutate("delete_repository", repo="acme/quiet")
        done = self.run_code()
        item = self.named(done, "acme/quiet")
        self.assertEqual(item["outcome"], "gone")
        self.assertIn("404", item["reason"])
        self.assertEqual(done.report["counts"]["gone"], 1)
        self.assertEqual(self.refs(self.mirror("acme/quiet")), held)
        self.assertNotIn("acme/quiet", self.outcomes(self.run_code()), "told once")

    def test_made_again_under_the_same_name(self):
        self.run_code()
        held = self.refs(self.mirror("acme/quiet"))
        self.hub.mutate("delete_repository", repo="acme/quiet")
        self.hub.mutate("create_repository", owner="acme", name="quiet")
        done = self.run_code()
        self.assertEqual(sorted(item["outcome"] for item in done.report["items"] if item["name"] == "acme/quiet"), ["cloned", "gone"])
        aside = glob.glob(os.path.join(self.storage, "github", "acme", "repositories", "quiet.gone-*", "repository"))
        self.assertEqual(len(aside), 1)
        self.assertEqual(self.refs(aside[0]), held)

    def test_blocked_for_legal_reasons(self):
        self.run_code()
        self.hub.mutate("block", repo="acme/quiet", reason="dmca", status=451)
        self.hub.mutate("edit", repo="acme/quiet", hidden=True)
        done = self.run_code()
        self.assertIn("451", self.named(done, "acme/quiet")["reason"])

    def test_one_that_git_does_not_give(self):
        """Gone when the API says so too; else something is wrong with the token or the server, and that is told."""
        self.run_code()
        held = self.refs(self.mirror("acme/quiet"))
        number = self.hub.state()["repositories"]["acme/quiet"]["id"]
        for name in ("quiet", "lib"):
            self.hub.mutate("push", repo=f"acme/{name}", branch="main", files={"new.txt": "x"}, message="one more")
        self.hub.fault(r"/acme/quiet\.git/", {"status": 404}, count=-1)
        done = self.run_code(code=3)
        item = self.named(done, "acme/quiet")
        self.assertEqual((item["outcome"], item["stages"][-1]["stage"], item["stages"][-1]["error"]["code"]), ("failed", "inspect", "not_found"))
        self.assertEqual((done.report["outcome"], self.named(done, "acme/lib")["outcome"], done.report["errors"]), ("partial", "updated", []))
        self.hub.fault(f"/repositories/{number}$", {"status": 404}, count=-1)
        done = self.run_code()
        item = self.named(done, "acme/quiet")
        self.assertEqual(item["outcome"], "gone")
        self.assertIn("404", item["reason"])
        self.assertEqual(self.refs(self.mirror("acme/quiet")), held)
        self.assertNotIn("acme/quiet", self.outcomes(self.run_code()), "told once")
        self.hub.order("clear", {})
        self.assertEqual(self.named(self.run_code(), "acme/quiet")["outcome"], "updated")


class Stopped(Hub):
    def test_while_a_copy_is_pushed(self):
        """What is held is held: the push alone has failed, whether or not the repository itself was asked."""
        copy = self.place("copies") + "/quiet.git"
        git("init", "-q", "--bare", "-b", "main", copy)
        with open(copy + "/hooks/pre-receive", "w") as file:
            file.write("#!/bin/sh\ntouch started\nexec sleep 30\n")
        os.chmod(copy + "/hooks/pre-receive", 0o755)
        self.describe("organization: acme\nrepositories: {include: [quiet]}\nwikis: false\nrecheck: 100\n"
                      f"copies: {{url: '{os.path.dirname(copy)}/{{name}}.git'}}")
        self.run_code("--no-push")
        for options in ((), ("--force",)):
            process = self.start("run", "code", "--json", *options)
            with waiting(20, "the push") as again:
                while again() and not os.path.exists(copy + "/started"):
                    pass
            os.remove(copy + "/started")
            done = self.stop(process)
            self.assertEqual((done.code, done.report["outcome"]), (5, "cancelled"))
            item = self.named(done, "acme/quiet")
            self.assertEqual(item["outcome"], "unchanged")
            push = item["stages"][-1]
            self.assertEqual((push["stage"], push["outcome"], push["error"]["code"], push["target"]), ("push", "failed", "cancelled", copy))
        os.remove(copy + "/hooks/pre-receive")
        self.run_code()
        self.assertEqual(self.refs(copy)["refs/heads/main"], self.refs(self.mirror("acme/quiet"))["refs/heads/main"])


class Suspicious(Hub):
    def test_an_empty_listing_is_an_error_and_no_deletion(self):
        self.run_code()
        self.hub.config(empty_listing=True)
        done = self.run_code(code=1)
        self.assertEqual(done.report["errors"][0]["code"], "source_empty")
        self.assertEqual(done.report["counts"]["gone"], 0)
        self.hub.config(empty_listing=False)
        self.run_code()

    def test_a_much_smaller_listing_is_an_error(self):
        self.run_code()
        for name in ("lib", "docs", "quiet", "popular", "starter", "models", "no-wiki", "old-site"):
            self.hub.mutate("edit", repo=f"acme/{name}", hidden=True)
        done = self.run_code(code=1)
        self.assertEqual(done.report["errors"][0]["code"], "shrunken")
        self.assertIn("8 of the 14", done.report["errors"][0]["message"])
        done = self.run_code("--accept-shrink")
        self.assertEqual(done.report["counts"]["gone"], 8)

    def test_an_owner_that_is_not_there(self):
        self.describe("organization: nobody-here")
        done = self.run_code(code=1)
        self.assertEqual(done.report["errors"][0]["code"], "not_found")
        self.assertIn("organisation nobody-here of hub", done.report["errors"][0]["object"])

    def test_a_revoked_token(self):
        self.hub.mutate("token", label="alice", revoked=True)
        done = self.run_code(code=1)
        error = done.report["errors"][0]
        self.assertEqual(error["code"], "unauthorized")
        self.assertIn("revoked", error["hint"])

    def test_single_sign_on_is_explained(self):
        self.hub.config(saml=["acme"])
        self.secret("github-token", self.hub.token("alice-no-sso"))
        done = self.run_code(code=1)
        self.assertIn("SAML", json.dumps(done.report["errors"][0]))

    def test_the_token_stands_nowhere(self):
        done = self.run_code("--log-level", "trace")
        token = self.hub.token("alice")
        self.assertNotIn(token, done.out + done.err)
        for path in glob.glob(os.path.join(self.storage, "**"), recursive=True, include_hidden=True):
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    self.assertNotIn(token.encode(), file.read(), path)


class Limits(Hub):
    def test_a_secondary_limit_is_waited_for(self):
        self.hub.limit("secondary", count=1, retry_after=1, resource="graphql")
        done = self.run_code("--only", "acme/quiet")
        self.assertEqual(self.named(done, "acme/quiet")["outcome"], "cloned")

    def test_a_used_up_quota_is_waited_for(self):
        self.hub.limit("primary", resource="graphql", remaining=0, reset_in=2)
        done = self.run_code("--only", "acme/quiet")
        self.assertEqual(self.named(done, "acme/quiet")["outcome"], "cloned")
        self.assertIn("rate limit is used up", done.err)

    def test_graphql_refused_means_rest(self):
        self.hub.config(graphql_refused=True)
        done = self.run_code("--only", "acme/quiet")
        self.assertEqual(self.named(done, "acme/quiet")["outcome"], "cloned")


if __name__ == "__main__":
    unittest.main()
