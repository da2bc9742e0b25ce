"""REST: lists and pages, conditional requests, checks of GitHub, what a stranger does not see."""

import hashlib
import unittest

from support import Case


class Lists(Case):
    def names(self, path, token="alice"):
        return [one["name"] for one in self.call(path, token).json]

    def test_pages_by_link(self):
        path, names, sizes = "/orgs/acme/repos?per_page=4&sort=full_name", [], []
        while path:
            answer = self.call(path)
            names += [one["name"] for one in answer.json]
            sizes.append(len(answer.json))
            path = answer.next
        self.assertEqual(sizes, [4, 4, 4, 2])
        self.assertEqual(names, sorted(names))
        middle = self.call("/orgs/acme/repos?per_page=4&page=2").headers["link"]
        for name in ("prev", "next", "last", "first"):
            self.assertIn(f'rel="{name}"', middle)
        self.assertNotIn("link", self.call("/orgs/acme/repos?per_page=100").headers)

    def test_what_a_token_sees(self):
        self.assertIn("secret-plans", self.names("/orgs/acme/repos?per_page=100"))
        for token in ("carol", "alice-public", "alice-fine", None):
            self.assertNotIn("secret-plans", self.names("/orgs/acme/repos?per_page=100", token), token)
            self.assertEqual(self.call("/repos/acme/secret-plans", token).status, 404, token)
        self.assertEqual(self.names("/users/alice/repos"), ["dotfiles"])
        self.assertIn("diary", self.names("/user/repos?affiliation=owner"))
        self.assertEqual(self.call("/user/repos?type=all&affiliation=owner").status, 422)

    def test_repository(self):
        one = self.call("/repos/acme/upstream").json
        self.assertEqual(one["parent"]["full_name"], "carol/upstream")
        self.assertTrue(one["fork"] and one["permissions"]["admin"])
        self.assertEqual(one["node_id"], "R_kgDOAAquZg")
        self.assertEqual(self.call(f"/repositories/{one['id']}").json["full_name"], "acme/upstream")
        self.assertIsNone(self.call("/repos/acme/unborn-private").json["pushed_at"])
        self.assertNotIn("has_downloads", self.call("/repos/acme/app", X_GitHub_Api_Version="2026-03-10").json)
        self.assertIn("has_downloads", self.call("/repos/acme/app").json)

    def test_items(self):
        self.assertEqual(len(self.call("/repos/acme/app/issues?state=all").json), 5)
        self.assertEqual([one["number"] for one in self.call("/repos/acme/app/pulls?state=all&direction=asc").json], [4, 5])
        kinds = [one["event"] for one in self.call("/repos/acme/app/issues/1/timeline").json]
        self.assertEqual(kinds, ["commented", "commented", "labeled", "cross-referenced"])
        everything = self.call("/repos/acme/app/issues/comments").json
        single = self.call("/repos/acme/app/issues/1/comments").json
        self.assertEqual([one for one in everything if one["issue_url"].endswith("/issues/1")], single)
        self.assertEqual(self.call("/repos/acme/app/hooks", "bob").status, 404)
        self.assertEqual(len(self.call("/repos/acme/app/hooks").json), 1)
        self.assertEqual(len(self.call("/repos/acme/app/releases").json), 3)
        self.assertEqual(len(self.call("/repos/acme/app/releases", "bob").json), 2)  # drafts for those who may push

    def test_asset_on_another_host(self):
        asset = self.call("/repos/acme/app/releases").json[1]["assets"][0]
        path = f"/repos/acme/app/releases/assets/{asset['id']}"
        moved = self.call(path, Accept="application/octet-stream")
        self.assertEqual(moved.status, 302)
        self.assertTrue(moved.headers["location"].startswith("http://localhost:"))
        place = "/" + moved.headers["location"].split("/", 3)[3]
        self.assertEqual("sha256:" + hashlib.sha256(self.call(place, None).body).hexdigest(), asset["digest"])
        self.assertEqual(self.call(place, "alice").status, 400)

    def test_gists_and_stars(self):
        self.assertEqual(len(self.call("/gists").json), 2)
        self.assertEqual(len(self.call("/users/alice/gists", "bob").json), 1)
        key = self.call("/gists/starred").json[0]["id"]
        self.assertEqual(self.call(f"/gists/{key}").json["files"]["bob.sh"]["content"], "echo bob\n")
        dated = self.call("/user/starred", Accept="application/vnd.github.star+json").json
        self.assertEqual([one["repo"]["full_name"] for one in dated], ["carol/upstream", "acme/lib"])
        self.assertEqual([one["login"] for one in self.call("/users/alice/followers").json], ["bob"])


class Checks(Case):
    def test_refused(self):
        self.assertEqual(self.call("/user", User_Agent=None).status, 403)
        self.assertEqual(self.call("/user", X_GitHub_Api_Version="2020-01-01").status, 400)
        self.assertEqual(self.call("/user", Accept="text/html").status, 415)
        self.assertEqual(self.call("/orgs/acme/repos/").status, 404)
        self.assertEqual(self.call("/user", None).status, 401)
        self.assertEqual(self.call("/orgs/alice").status, 404)
        for token in ("alice-expired", "alice-revoked", "token nonsense"):
            answer = self.call("/user", token)
            self.assertEqual((answer.status, answer.json["message"]), (401, "Bad credentials"))

    def test_etag(self):
        first = self.call("/orgs/acme/repos", Accept="application/vnd.github+json")
        digest = hashlib.sha256(f"application/vnd.github+json:Bearer {self.token()}::".encode() + first.body)
        self.assertEqual(first.headers["etag"], f'"{digest.hexdigest()}"')
        used = first.headers["x-ratelimit-used"]
        again = self.call("/orgs/acme/repos", Accept="application/vnd.github+json", If_None_Match=first.headers["etag"])
        self.assertEqual((again.status, again.body, again.headers["x-ratelimit-used"]), (304, b"", used))
        other = self.call("/orgs/acme/repos", "bob", Accept="application/vnd.github+json", If_None_Match=first.headers["etag"])
        self.assertEqual(other.status, 200)
        packed = self.call("/orgs/acme/repos", Accept="application/vnd.github+json", Accept_Encoding="gzip")
        self.assertEqual((packed.headers["etag"], packed.headers["content-encoding"]), ("W/" + first.headers["etag"], "gzip"))
        self.mutate("push", repo="acme/lib")
        later = self.call("/orgs/acme/repos", Accept="application/vnd.github+json", If_None_Match=first.headers["etag"])
        self.assertEqual(later.status, 200)

    def test_empty_list_guessed(self):
        tag = hashlib.sha256(f":Bearer {self.token()}::[]".encode()).hexdigest()
        self.assertEqual(self.call("/repos/acme/lib/labels", If_None_Match=f'"{tag}"').status, 304)


class Enterprise(Case):
    options = ("--ghes", "--seed", "org:3")

    def test_places_and_no_limits(self):
        answer = self.call("/api/v3/orgs/acme/repos")
        self.assertEqual(len(answer.json), 3)
        self.assertNotIn("x-ratelimit-limit", answer.headers)
        self.assertTrue(answer.json[0]["url"].endswith("/api/v3/repos/acme/repo-002"))
        self.assertEqual(answer.headers["x-github-enterprise-version"], "enterprise-server@3.17.0")
        self.assertEqual(self.call("/api/v3/meta").json["installed_version"], "3.17.0")
        self.assertEqual(self.call("/api/v3/rate_limit").status, 404)
        self.assertEqual(self.call("/orgs/acme/repos").status, 404)
        asked = self.call("/api/graphql", method="POST", body={"query": "{ viewer { login } rateLimit { cost } }"})
        self.assertEqual(asked.json, {"data": {"viewer": {"login": "alice"}, "rateLimit": None}})


if __name__ == "__main__":
    unittest.main()
