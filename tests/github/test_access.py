"""Credentials: GitHub Apps (JWT, installation tokens), fine-grained tokens, SAML, revocation."""

import base64
import json
import subprocess
import time
import unittest

from support import Case


def base(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Apps(Case):
    def jwt(self, key=None, alg="RS256", **claims):
        now = int(time.time())
        claims = {"iat": now - 60, "exp": now + 540, "iss": 4711, **claims}
        text = ".".join(base(json.dumps(part).encode()) for part in ({"alg": alg, "typ": "JWT"}, claims))
        key = key or self.world.tokens.app.key_file
        sign = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=text.encode(), capture_output=True, check=True).stdout
        return f"Bearer {text}.{base(sign)}"

    def mint(self, **given):
        return self.call("/app/installations/9001/access_tokens", self.jwt(), "POST", given)

    def test_way_to_a_token(self):
        self.assertEqual(self.call("/app", self.jwt()).json["id"], 4711)
        self.assertEqual(self.call("/app", self.jwt(iss="Iv23liStandInApp0000")).status, 200)
        for path in ("/orgs/acme/installation", "/repos/acme/secret-plans/installation"):
            self.assertEqual(self.call(path, self.jwt()).json["id"], 9001)
        self.assertEqual(self.call("/users/carol/installation", self.jwt()).status, 404)
        self.assertEqual(len(self.call("/app/installations", self.jwt()).json), 1)
        made = self.mint()
        self.assertEqual(made.status, 201)
        token = "Bearer " + made.json["token"]
        self.assertTrue(made.json["token"].startswith("ghs_"))
        listed = self.call("/installation/repositories?per_page=100", token).json
        self.assertEqual((listed["total_count"], len(listed["repositories"])), (14, 14))
        self.assertEqual(self.call("/repos/acme/secret-plans", token).status, 200)
        self.assertEqual(self.call("/repos/alice/diary", token).status, 404)
        self.assertEqual(self.call("/user/repos", token).status, 403)
        self.assertEqual(self.call("/gists", token).status, 403)
        viewer = self.call(
            "/graphql", token, "POST", {"query": '{ viewer { login } organization(login: "acme") { repositories(first: 1) { totalCount } } }'}
        ).json
        self.assertEqual(viewer["data"]["viewer"]["login"], "backup-app[bot]")
        self.assertEqual(viewer["data"]["organization"]["repositories"]["totalCount"], 14)
        self.git("ls-remote", f"http://x-access-token:{made.json['token']}@127.0.0.1:{self.standin.port}/acme/secret-plans.git")

    def test_token_ends(self):
        self.order("config", {"token_lifetime": 50})
        try:
            token = "Bearer " + self.mint().json["token"]
            self.assertEqual(self.call("/installation/repositories", token).status, 200)
            self.order("config", {"clock_shift": 51})
            self.assertEqual(self.call("/installation/repositories", token).status, 401)
        finally:
            self.order("config", {"clock_shift": 0, "token_lifetime": 3600})

    def test_long_token(self):
        self.order("config", {"long_tokens": True})
        try:
            text = self.mint().json["token"]
        finally:
            self.order("config", {"long_tokens": False})
        self.assertGreater(len(text), 500)
        self.assertEqual(text.count("."), 2)
        self.assertEqual(self.call("/installation/repositories", "Bearer " + text).status, 200)
        self.git("ls-remote", f"http://x-access-token:{text}@127.0.0.1:{self.standin.port}/acme/secret-plans.git")

    def test_narrowed(self):
        token = "Bearer " + self.mint(repositories=["lib"]).json["token"]
        self.assertEqual(self.call("/installation/repositories", token).json["total_count"], 1)
        self.assertEqual(self.call("/repos/acme/secret-plans", token).status, 404)
        self.assertEqual(self.mint(repositories=["nothing"]).status, 422)

    def test_jwt_refused(self):
        other = self.directory + "/other.pem"
        subprocess.run(["openssl", "genrsa", "-out", other, "2048"], check=True, capture_output=True)
        now = int(time.time())
        for wrong in ({"key": other}, {"alg": "HS256"}, {"exp": now + 700}, {"exp": now - 1}, {"iat": now + 60}, {"iat": "x"}):
            self.assertEqual(self.call("/app", self.jwt(**wrong)).status, 401, wrong)
        self.assertEqual(self.call("/app", self.jwt(iss=1)).status, 404)
        self.assertEqual(self.call("/app", self.jwt()[:-9] + "AAAAAAAAA").status, 401)
        self.assertEqual(self.call("/app").status, 401)
        self.assertEqual(self.call("/user", self.jwt()).status, 403)

    def test_suspended(self):
        token = "Bearer " + self.mint().json["token"]
        self.mutate("installation", account="acme", suspended=True)
        try:
            self.assertEqual(self.mint().status, 403)
            self.assertEqual(self.call("/installation/repositories", token).status, 401)
        finally:
            self.mutate("installation", account="acme")


class People(Case):
    def test_saml(self):
        self.order("config", {"saml": ["acme"]})
        try:
            refused = self.call("/orgs/acme/repos", "alice-no-sso")
            self.assertEqual(refused.status, 403)
            self.assertIn("required; url=http", refused.headers["x-github-sso"])
            self.assertEqual(self.call("/orgs/acme/repos").status, 200)
            partial = self.call("/user/repos", "alice-no-sso")
            self.assertEqual(partial.headers["x-github-sso"], "partial-results; organizations=1004")
            self.assertEqual(self.call("/repos/acme/secret-plans", "alice-no-sso").status, 403)
            asked = self.query('{ organization(login: "acme") { id } }', "alice-no-sso")
            self.assertEqual((asked["data"]["organization"], asked["errors"][0]["type"]), (None, "FORBIDDEN"))
            self.assertTrue(asked["errors"][0]["extensions"]["saml_failure"])
            code, words = self.git("ls-remote", "@/acme/secret-plans.git", token="alice-no-sso", check=False)
            self.assertIn("403", words)
        finally:
            self.order("config", {"saml": []})

    def test_fine_grained(self):
        self.assertEqual(self.call("/repos/acme/secret-plans", "acme-fine").status, 200)
        self.assertEqual(self.call("/repos/alice/diary", "acme-fine").status, 404)
        self.assertIn("github-authentication-token-expiration", self.call("/user", "acme-fine").headers)
        self.assertNotIn("x-oauth-scopes", self.call("/user", "acme-fine").headers)
        self.assertIn("repo", self.call("/user").headers["x-oauth-scopes"])
        names = {one["owner"]["login"] for one in self.call("/user/repos?per_page=100", "acme-fine").json}
        self.assertEqual(names, {"acme"})

    def test_revoked_in_the_middle(self):
        self.mutate("token", label="carol", revoked=True)
        try:
            self.assertEqual(self.call("/user", "carol").status, 401)
            pair = base64.b64encode(f"x-access-token:{self.token('carol')}".encode()).decode()
            self.assertEqual(self.call("/acme/lib.git/info/refs?service=git-upload-pack", f"Basic {pair}").status, 401)
        finally:
            self.mutate("token", label="carol", revoked=False)

    def test_forbidden_kind(self):
        self.mutate("token", label="acme-fine", forbidden=["hooks"])
        try:
            refused = self.call("/repos/acme/app/hooks", "acme-fine")
            self.assertEqual((refused.status, refused.headers["x-accepted-github-permissions"]), (403, "repository_hooks=read"))
            self.assertEqual(self.call("/repos/acme/app/issues", "acme-fine").status, 200)
        finally:
            self.mutate("token", label="acme-fine", forbidden=[])

    def test_git_takes_basic_alone(self):
        place = "/acme/secret-plans.git/info/refs?service=git-upload-pack"
        self.assertEqual(self.call(place, "alice").status, 401)
        pair = base64.b64encode(f"x-access-token:{self.token()}".encode()).decode()
        self.assertEqual(self.call(place, f"Basic {pair}").status, 200)

    def test_basic(self):
        for pair in (f"{self.token()}:x-oauth-basic", f"x-access-token:{self.token()}", f"{self.token()}:"):
            credentials = "Basic " + base64.b64encode(pair.encode()).decode()
            self.assertEqual(self.call("/user", credentials).json["login"], "alice", pair)
        self.assertEqual(self.call("/user", "Basic " + base64.b64encode(b"alice:secret").decode()).status, 401)


if __name__ == "__main__":
    unittest.main()
