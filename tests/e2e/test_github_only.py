"""`--only` on a GitHub job: what it names is saved or told, and nothing else is asked."""

import os
import unittest

from test_github_skips import Skips


class Only(Skips):
    def setUp(self):
        super().setUp()
        self.describe("organization: acme\nrepositories: {include: [app, docs]}")

    def failed(self, *entries, code):
        done = self.run_code(*(word for entry in entries for word in ("--only", entry)), code=code)
        return {item["name"]: item["stages"][-1]["error"]["code"] for item in done.report["items"] if item["outcome"] == "failed"}

    def test_a_name_without_a_repository_is_a_failed_item(self):
        for entry in ("acme/nope", "project:1", "acme/app.wiki", "/(*/"):
            self.assertEqual(self.failed(entry, code=1), {entry: "selection_unmatched"})
        self.assertEqual(self.failed("acme/lib", code=1), {"acme/lib": "selection_unmatched"}, "the job does not choose it")
        self.assertEqual(self.failed("acme/app", "nope", code=3), {"nope": "selection_unmatched"})

    def test_a_pattern_without_one_is_a_warning(self):
        done = self.run_code("--only", "zzz*", "--only", "/^zzz/")
        self.assertEqual((done.report["items"], len(done.report["warnings"])), ([], 2))
        self.assertIn("--only zzz*: the job has no repository", done.report["warnings"][0])

    def test_several_owners_are_all_looked_at_first(self):
        self.describe("owners: [acme, alice]\nrepositories: {include: [app, dotfiles]}")
        done = self.run_code("--only", "alice/dotfiles", "--only", "acme/app")
        self.assertEqual(self.outcomes(done), {"acme/app": "cloned", "alice/dotfiles": "cloned"})

    def test_an_owner_that_could_not_be_listed_may_have_it(self):
        self.describe("organization: nobody-here")
        done = self.run_code("--only", "acme/app", code=1)
        self.assertEqual(([], ["not_found"]), (done.report["items"], [one["code"] for one in done.report["errors"]]))

    def test_a_wiki_comes_without_its_repository(self):
        done, asked = self.asked("--only", "acme/docs.wiki")
        self.assertEqual((self.outcomes(done), asked), ({"acme/docs.wiki": "cloned"}, {"acme/docs.wiki"}))
        self.assert_equal_mirror("acme/docs", wiki=True)
        self.assertFalse(os.path.exists(self.mirror("acme/docs")))
        self.assertEqual(self.outcomes(self.run_code()), {"acme/app": "cloned", "acme/docs": "cloned", "acme/docs.wiki": "unchanged"})
        done, asked = self.asked("--only", "*.wiki", "--force")
        self.assertEqual(self.outcomes(done), {"acme/docs.wiki": "unchanged"})
        self.assertTrue(all(name.endswith(".wiki") for name in asked), asked)
        self.assertEqual(self.outcomes(self.run_code()), {"acme/app": "unchanged", "acme/docs": "unchanged", "acme/docs.wiki": "unchanged"})

    def test_a_gist_by_its_id(self):
        self.describe('user: "@me"\ngists: true\nrepositories: {include: [dotfiles]}')
        gists = [item["name"] for item in self.run_code().report["items"] if item["kind"] == "github_gist"]
        done = self.run_code("--only", gists[0])
        self.assertEqual(self.outcomes(done), {gists[0]: "unchanged"})


class Blocked(Skips):
    def setUp(self):
        super().setUp()
        self.describe("organization: acme\nrecheck: 1\nrepositories: {include: [app, docs, quiet]}")

    def block(self, name, reason="dmca", **given):
        self.hub.mutate("block", repo=name, reason=reason, **given)

    def test_told_once_kept_and_back_by_itself(self):
        self.run_code()
        for status in (451, 403):
            held = self.refs(self.mirror("acme/quiet"))
            self.block("acme/quiet", status=status)
            done = self.run_code()
            item = self.named(done, "acme/quiet")
            self.assertEqual((item["outcome"], item["stages"], done.report["outcome"]), ("gone", [], "unchanged"))
            self.assertIn(str(status), item["reason"])
            self.assertIn("DMCA takedown", item["reason"])
            self.assertIn("its copy is kept", item["reason"])
            self.assertEqual(done.report["counts"]["gone"], 1)
            done = self.run_code()
            self.assertEqual((done.report["outcome"], sorted(self.outcomes(done))), ("unchanged", ["acme/app", "acme/docs", "acme/docs.wiki"]))
            self.assertEqual(self.refs(self.mirror("acme/quiet")), held)
            self.assertEqual(self.outcomes(self.run_code("--only", "acme/quiet")), {"acme/quiet": "gone"}, "who asks is told")
            self.block("acme/quiet", reason=None)
            self.hub.mutate("push", repo="acme/quiet", branch="main", files={"back.txt": str(status)})
            self.assertEqual(self.named(self.run_code(), "acme/quiet")["outcome"], "updated")
            self.assert_equal_mirror("acme/quiet")

    def test_with_its_wiki(self):
        self.run_code()
        self.block("acme/docs")
        outcomes = self.outcomes(self.run_code())
        self.assertEqual((outcomes["acme/docs"], outcomes["acme/docs.wiki"]), ("gone", "gone"))
        self.assertEqual(self.outcomes(self.run_code()), {"acme/app": "unchanged", "acme/quiet": "unchanged"})
        self.block("acme/docs", reason=None)
        outcomes = self.outcomes(self.run_code())
        self.assertEqual((outcomes["acme/docs"], outcomes["acme/docs.wiki"]), ("unchanged", "unchanged"))
        self.assert_sound(self.mirror("acme/docs", "wiki"))

    def test_never_had(self):
        self.block("acme/quiet")
        item = self.named(self.run_code(), "acme/quiet")
        self.assertEqual(item["outcome"], "gone")
        self.assertIn("there is no copy of it", item["reason"])
        self.assertNotIn("acme/quiet", self.outcomes(self.run_code()), "told once")
        self.block("acme/quiet", reason=None)
        self.assertEqual(self.named(self.run_code(), "acme/quiet")["outcome"], "cloned")

    def test_a_missing_right_stays_a_failure(self):
        self.run_code()
        self.hub.fault("/acme/quiet.git/*", {"status": 403}, count=100)
        for _ in range(2):
            item = self.named(self.run_code(code=3), "acme/quiet")
            self.assertEqual((item["outcome"], item["stages"][-1]["error"]["code"]), ("failed", "forbidden"))


if __name__ == "__main__":
    unittest.main()
