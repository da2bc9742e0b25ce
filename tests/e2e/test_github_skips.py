"""What a GitHub job does not ask again: repositories and wikis that did not move, capabilities, pages with an ETag; and what it asks all the same."""

import json
import os
import sqlite3
import unittest

from harness import git
from hub import Hub


class Skips(Hub):
    def git_requests(self):
        return [one["path"] for one in self.hub.requests() if one["path"].endswith(("/git-upload-pack", "/info/refs"))]

    def asked(self, *options, code=0):
        """A run, and which repositories were asked in it."""
        self.hub.forget_log()
        done = self.run_code(*options, code=code)
        return done, {path.split(".git/")[0].lstrip("/") for path in self.git_requests()}


class Rotation(Skips):
    def test_everything_is_asked_once_in_recheck_runs(self):
        self.describe("organization: acme\nrecheck: 3")
        self.run_code()
        seen = []
        for _ in range(3):
            done, asked = self.asked()
            self.assertEqual(done.report["outcome"], "unchanged")
            self.assertEqual(done.report["traffic"]["api_requests"], 1)
            seen += sorted(asked)
        repositories = [name for name in self.hub.state()["repositories"] if name.startswith("acme/")]
        for name in repositories:
            self.assertEqual(seen.count(name), 1, name)
        self.assertIn("acme/docs.wiki", seen)

    def test_one_means_all_in_each_run(self):
        self.describe("organization: acme\nrecheck: 1\nrepositories: {include: [app, docs, quiet]}")
        self.run_code()
        for _ in range(2):
            self.assertLessEqual({"acme/app", "acme/docs", "acme/docs.wiki", "acme/quiet"}, self.asked()[1])

    def test_a_branch_that_moved_without_pushed_at_is_found(self):
        self.describe("organization: acme\nrecheck: 2\nrepositories: {include: [lib]}")
        self.run_code()
        pushed_at = self.hub.state()["repositories"]["acme/lib"]["pushed_at"]
        self.hub.mutate("push", repo="acme/lib", branch="main", files={"x": "y"})
        self.hub.mutate("edit", repo="acme/lib", pushed_at=pushed_at)
        outcomes = [self.named(self.run_code(), "acme/lib")["outcome"] for _ in range(2)]
        self.assertEqual(sorted(outcomes), ["unchanged", "updated"])
        self.assert_equal_mirror("acme/lib")

    def test_one_request_for_the_refs_of_each(self):
        self.describe("organization: acme\nrecheck: 1\nrepositories: {include: [app, lib, quiet]}\nwikis: false")
        self.run_code()
        self.asked()
        self.assertEqual(sorted(self.git_requests()), [f"/acme/{name}.git/git-upload-pack" for name in ("app", "lib", "quiet")])

    def test_a_wrong_memory_of_the_protocol_falls_back(self):
        self.describe("organization: acme\nrecheck: 1\nrepositories: {include: [app, lib]}\nwikis: false")
        self.run_code()
        with sqlite3.connect(os.path.join(self.storage, "state.sqlite")) as state:
            state.execute("UPDATE job_values SET value = ? WHERE key = 'git.spoken'", (f"0 {self.hub.url}\n",))
            self.assertEqual(state.total_changes, 1)
        done, asked = self.asked()
        self.assertEqual((done.report["outcome"], asked), ("unchanged", {"acme/app", "acme/lib"}))
        self.assertTrue(any("info/refs" in path for path in self.git_requests()))
        self.asked()
        self.assertFalse(any("info/refs" in path for path in self.git_requests()), "learnt again")


class Wikis(Skips):
    def setUp(self):
        super().setUp()
        self.describe("organization: acme\nrecheck: 1000\nrepositories: {include: [docs]}")
        self.run_code()
        self.pushed_at = self.hub.state()["repositories"]["acme/docs"]["pushed_at"]

    def push_alone(self):
        """A push to the wiki that does not move the repository's pushed_at."""
        self.hub.mutate("push", repo="acme/docs", wiki=True)
        self.hub.mutate("edit", repo="acme/docs", pushed_at=self.pushed_at)

    def card(self):
        with open(os.path.join(os.path.dirname(self.mirror("acme/docs")), "autobackupd.json")) as file:
            return json.load(file)

    def test_what_did_not_move_is_told_and_not_asked(self):
        done, asked = self.asked()
        self.assertEqual(asked, set())
        item = self.named(done, "acme/docs.wiki")
        self.assertEqual((item["outcome"], item["kind"]), ("unchanged", "github_wiki"))
        self.assertEqual(item["after"], git("rev-parse", "HEAD", cwd=self.mirror("acme/docs", "wiki"))[:8])

    def test_a_push_that_moves_pushed_at_is_found_at_once_and_nothing_is_learnt(self):
        self.hub.mutate("push", repo="acme/docs", wiki=True)
        done, _ = self.asked()
        self.assertEqual(self.named(done, "acme/docs.wiki")["outcome"], "updated")
        self.assert_equal_mirror("acme/docs", wiki=True)
        self.assertFalse(self.card()["wiki_alone"])

    def test_one_that_moved_alone_is_asked_in_every_run_from_then_on(self):
        self.push_alone()
        done, asked = self.asked()
        self.assertEqual((asked, self.named(done, "acme/docs.wiki")["outcome"]), (set(), "unchanged"), "nobody could know")
        done, _ = self.asked("--force")  # as the rotation does
        self.assertEqual(self.named(done, "acme/docs.wiki")["outcome"], "updated")
        self.assertTrue(self.card()["wiki_alone"])
        self.push_alone()
        done, asked = self.asked()
        self.assertEqual((asked, self.named(done, "acme/docs.wiki")["outcome"]), ({"acme/docs.wiki"}, "updated"))
        self.assert_equal_mirror("acme/docs", wiki=True)
        self.assertEqual(self.asked()[1], {"acme/docs.wiki"})

    def test_one_that_could_not_be_had_is_asked_again(self):
        self.hub.mutate("push", repo="acme/docs", wiki=True)
        self.hub.fault("/acme/docs.wiki.git/*", {"status": 503}, count=100)
        done, _ = self.asked(code=3)
        self.assertEqual(self.named(done, "acme/docs.wiki")["outcome"], "failed")
        self.hub.mutate("edit", repo="acme/docs", pushed_at=self.pushed_at)
        self.hub.order("clear", {})
        done, asked = self.asked()
        self.assertIn("acme/docs.wiki", asked)
        self.assertEqual(self.named(done, "acme/docs.wiki")["outcome"], "updated")
        self.assertFalse(self.card()["wiki_alone"], "it was known to be behind")

    def test_a_card_of_an_earlier_version_asks_once(self):
        path = os.path.join(os.path.dirname(self.mirror("acme/docs")), "autobackupd.json")
        card = {key: value for key, value in self.card().items() if not key.startswith("wiki_")}
        with open(path, "w") as file:
            json.dump(card, file)
        self.push_alone()
        done, asked = self.asked()
        self.assertEqual(asked, {"acme/docs.wiki"})
        self.assertEqual(self.named(done, "acme/docs.wiki")["outcome"], "updated")
        self.assertEqual((self.card()["wiki_settled"], self.card()["wiki_alone"]), (True, False))
        self.assertEqual(self.asked()[1], set())

    def test_switched_off_is_told_once(self):
        self.hub.mutate("delete_wiki", repo="acme/docs")
        self.hub.mutate("edit", repo="acme/docs", has_wiki=False, pushed_at=self.pushed_at)
        done, asked = self.asked()
        self.assertEqual(asked, {"acme/docs.wiki"})
        self.assertEqual(self.named(done, "acme/docs.wiki")["outcome"], "gone")
        done, asked = self.asked()
        self.assertEqual((asked, "acme/docs.wiki" in self.outcomes(done)), (set(), False))
        self.assert_sound(self.mirror("acme/docs", "wiki"))


class Etags(Skips):
    def setUp(self):
        super().setUp()
        self.describe('user: "@me"\ngists: true\nstarred: true\nrepositories: {include: [dotfiles]}')

    def pages(self):
        return [(one["path"], one["status"]) for one in self.hub.requests() if "/gists" in one["path"] and not one["path"].endswith("git-upload-pack")]

    def test_another_process_asks_with_the_etag(self):
        self.run_code()
        self.asked()
        self.assertEqual({status for _, status in self.pages()}, {304})
        self.hub.mutate("add_gist", owner="alice", files={"new.txt": "x"})
        done, _ = self.asked()
        self.assertEqual({status for _, status in self.pages()}, {200}, "a change is never hidden")
        self.assertIn("cloned", self.outcomes(done).values())

    def test_another_token_asks_for_the_whole_page(self):
        self.run_code()
        with sqlite3.connect(os.path.join(self.storage, "state.sqlite")) as state:
            (text,) = state.execute("SELECT value FROM job_values WHERE key = 'github.pages'").fetchone()
        self.assertNotIn(self.hub.token("alice"), text)
        self.secret("github-token", self.hub.token("alice-no-sso"))
        self.asked()
        self.assertEqual({status for _, status in self.pages()}, {200})

    def test_a_damaged_page_is_asked_for_again(self):
        self.run_code()
        with sqlite3.connect(os.path.join(self.storage, "state.sqlite")) as state:
            state.execute("UPDATE job_values SET value = replace(value, 'description', 'descriptiom') WHERE key = 'github.pages'")
        self.asked()
        self.assertEqual({status for _, status in self.pages()}, {200})


if __name__ == "__main__":
    unittest.main()
