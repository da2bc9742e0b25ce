"""What a GitHub job takes on: filters, gists and stars, several owners, Apps, Enterprise."""

import os
import unittest

from hub import Hub


class Choosing(Hub):
    def names(self, job, **more):
        self.describe(job)
        done = self.run_code("--dry-run", **more)
        return sorted(item["name"].removeprefix("acme/") for item in done.report["items"] if not item["name"].endswith(".wiki"))

    def test_filters(self):
        self.assertEqual(self.names("organization: acme\nrepositories: {include: [app, 'acme/L*', '/^acme.docs$/']}"), ["app", "docs", "lib"])
        without = self.names("organization: acme\nrepositories: {private: false, forks: false, archived: false, templates: false, exclude: ['no-*']}")
        for name in ("secret-plans", "upstream", "old-site", "starter", "no-wiki"):
            self.assertNotIn(name, without)
        self.assertIn("app", without)

    def test_a_name_that_is_not_there_is_a_failed_item(self):
        self.describe("organization: acme\nrepositories: {include: [quiet, not-there]}")
        done = self.run_code(code=3)
        self.assertEqual(self.named(done, "not-there")["outcome"], "failed")
        self.assertEqual(self.named(done, "acme/quiet")["outcome"], "cloned")

    def test_an_account_with_gists_and_stars(self):
        self.describe('user: "@me"\ngists: true\nstarred_gists: true\nstarred: true')
        done = self.run_code()
        kinds = [item["kind"] for item in done.report["items"]]
        self.assertEqual(kinds.count("github_gist"), 3)
        self.assertIn("alice/diary", self.outcomes(done))
        self.assertEqual(set(self.outcomes(self.run_code()).values()), {"unchanged"})

    def star_own(self):
        self.hub.mutate("star", user="alice", repo="alice/diary")
        self.describe('user: "@me"\nstarred: true\nwikis: false')
        self.run_code()
        self.hub.mutate("force_push", repo="alice/diary", branch="main")
        self.run_code()
        mirror = os.path.join(self.storage, "github", "@me", "repositories", "diary", "repository")
        kept = {ref: oid for ref, oid in self.refs(mirror).items() if ref.startswith("refs/autobackup/keep/")}
        self.assertEqual(len(kept), 1)
        return mirror, kept

    def assert_one_mirror(self, done, mirror, kept):
        self.assertEqual([item["name"] for item in done.report["items"]].count("alice/diary"), 1, "one mirror, not two")
        held = self.refs(mirror)
        self.assertEqual({ref: held.get(ref) for ref in kept}, kept)
        self.assertFalse(os.path.exists(os.path.join(self.storage, "github", "@me", "starred", "alice")))
        self.assertNotIn("was taken over", " ".join(done.report["warnings"]))

    def test_a_starred_repository_of_ones_own_is_one_mirror(self):
        mirror, kept = self.star_own()
        self.assert_one_mirror(self.run_code("--force"), mirror, kept)
        self.assert_one_mirror(self.run_code("--only", "alice/diary"), mirror, kept)
        self.describe('user: "@me"\nstarred: true\nwikis: false\nrepositories: {exclude: [diary]}')
        self.hub.mutate("push", repo="alice/diary", branch="main", files={"new.txt": "x"}, message="one more")
        done = self.run_code()
        self.assert_one_mirror(done, mirror, kept)
        self.assertEqual(self.named(done, "alice/diary")["outcome"], "updated", "what is held stays where it is and goes on")

    def test_a_starred_repository_of_another_owner_of_the_job_is_one_mirror(self):
        self.hub.mutate("star", user="alice", repo="acme/quiet")
        self.describe("owners: [alice, acme]\nstarred: true\nwikis: false\nrepositories: {include: [quiet, dotfiles]}")
        for _ in range(2):
            done = self.run_code("--force")
            self.assertEqual([item["name"] for item in done.report["items"]].count("acme/quiet"), 1)
            self.assertTrue(os.path.exists(self.mirror("acme/quiet")))
            self.assertFalse(os.path.exists(os.path.join(self.storage, "github", "alice", "starred", "acme", "quiet")))

    def test_a_gist_of_ones_own_that_is_starred_is_one_mirror(self):
        self.describe('user: "@me"\ngists: true\nstarred_gists: true\nwikis: false')
        own = next(key for key, one in self.hub.state()["gists"].items() if one["owner"] == "alice")
        self.hub.mutate("star", user="alice", gist=own)
        done = self.run_code()
        self.assertEqual(sorted(item["name"] for item in done.report["items"] if item["kind"] == "github_gist"), sorted(self.hub.state()["gists"]))

    def test_several_owners_have_their_own_folders(self):
        self.describe(f"owners: [acme, alice]\nrepositories: {{include: [quiet, dotfiles]}}\ndirectory: {self.directory}/code")
        self.run_code()
        self.assertTrue(os.path.exists(self.mirror("acme/quiet", base=f"{self.directory}/code/acme")))
        self.assertTrue(os.path.exists(self.mirror("alice/dotfiles", base=f"{self.directory}/code/alice")))


class App(Hub):
    def test_an_app_mints_its_token(self):
        app = self.hub.app()
        with open(app["key_file"]) as file:
            self.secret("app-key", file.read().rstrip("\n"))
        self.describe("organization: acme\nrepositories: {include: [secret-plans]}",
                      auth=f"{{app_id: {app['id']}, installation: acme, private_key: app-key}}")
        done = self.run_code()
        self.assertEqual(self.named(done, "acme/secret-plans")["outcome"], "cloned")


class Enterprise(Hub):
    options = ("--ghes",)

    def test_graphql_is_found_beside_the_rest_root(self):
        done = self.run_code("--only", "acme/quiet")
        self.assertEqual(self.named(done, "acme/quiet")["outcome"], "cloned")
        self.assertEqual(self.call("check-config", "--online").code, 0)


if __name__ == "__main__":
    unittest.main()
