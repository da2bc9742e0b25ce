"""GraphQL: the language, the listing and its cursors, costs, errors in GitHub's forms."""

import os
import sys
import unittest

from support import Case

from hub.graphql.language import Document, Enum, GraphQLError, Var  # noqa: E402

LISTING = """
query Listing($login: String!, $after: String, $size: Int = 100) {
  rateLimit { cost remaining resetAt }
  organization(login: $login) {
    id
    repositories(first: $size, after: $after, orderBy: {field: NAME, direction: ASC}) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { ...Repo }
    }
  }
}
fragment Repo on Repository {
  id databaseId name nameWithOwner owner { login id } url sshUrl pushedAt updatedAt createdAt diskUsage
  isArchived isPrivate visibility isFork isTemplate isEmpty isDisabled isLocked hasWikiEnabled hasIssuesEnabled
  hasDiscussionsEnabled primaryLanguage { name } repositoryTopics(first: 20) { nodes { topic { name } } }
  parent { nameWithOwner } defaultBranchRef { name target { oid } } stargazerCount
  refs(refPrefix: "refs/heads/", first: 100) { totalCount nodes { name target { oid } } }
}
"""


class Language(unittest.TestCase):
    def test_values(self):
        document = Document('query A($x: [Int!]! = [1, 2]) { f(a: -1.5, b: "q\\"\\u00e9", c: ON, d: {e: [$x, null, true]}) @skip(if: false) }')
        field = document.operations[0].selection[0]
        self.assertEqual(field.args, {"a": -1.5, "b": 'q"é', "c": "ON", "d": {"e": ["x", None, True]}})
        self.assertIsInstance(field.args["c"], Enum)
        self.assertIsInstance(field.args["d"]["e"][0], Var)
        self.assertEqual(document.operations[0].variables["x"], ("[Int!]!", [1, 2], True))
        self.assertEqual(field.directives, {"skip": {"if": False}})

    def test_mistakes(self):
        for text in ("", "{", "{ a(b: ) }", "{ a ! }", "query { }}", "{ a \x00 }"):
            with self.assertRaises(GraphQLError, msg=text):
                Document(text)

    def test_python_github_backup(self):
        """The parser takes nested fragments, comments and block strings as clients send them."""
        text = (
            '# c\nquery($o: String!) { r: repository(owner: $o, name: """x"y""") '
            "{ ... on Repository { id } ...F } } fragment F on Repository { name }"
        )
        document = Document(text)
        self.assertEqual(document.operations[0].selection[0].args["name"], 'x"y')
        self.assertEqual(document.fragments["F"][0], "Repository")


class Queries(Case):
    def walk(self, size):
        names, after = [], None
        while True:
            found = self.data(LISTING, login="acme", size=size, after=after)["organization"]["repositories"]
            names += [one["name"] for one in found["nodes"]]
            if not found["pageInfo"]["hasNextPage"]:
                return found["totalCount"], names
            after = found["pageInfo"]["endCursor"]

    def test_listing(self):
        total, names = self.walk(5)
        self.assertEqual((total, names), (14, sorted(names)))
        self.assertEqual(self.walk(100), (14, names))
        nodes = self.data(LISTING, login="acme")["organization"]["repositories"]["nodes"]
        rest = {one["node_id"]: one for one in self.call("/orgs/acme/repos?per_page=100").json}
        for one in nodes:
            same = rest[one["id"]]
            self.assertEqual((one["nameWithOwner"], one["databaseId"], one["pushedAt"]), (same["full_name"], same["id"], same["pushed_at"]))
            self.assertEqual((one["isPrivate"], one["isFork"], one["sshUrl"]), (same["private"], same["fork"], same["ssh_url"]))
        named = {one["name"]: one for one in nodes}
        self.assertTrue(named["empty"]["isEmpty"] and named["empty"]["defaultBranchRef"] is None)
        self.assertEqual(named["upstream"]["parent"], {"nameWithOwner": "carol/upstream"})
        self.assertEqual(named["app"]["refs"]["totalCount"], 2)

    def test_cursor_holds_its_place(self):
        first = self.data(LISTING, login="acme", size=5)["organization"]["repositories"]
        self.mutate("create_repository", owner="acme", name="aaa")
        try:
            second = self.data(LISTING, login="acme", size=5, after=first["pageInfo"]["endCursor"])["organization"]["repositories"]
            self.assertFalse({n["name"] for n in first["nodes"]} & {n["name"] for n in second["nodes"]})
            self.assertEqual(second["totalCount"], 15)
        finally:
            self.mutate("delete_repository", repo="acme/aaa")

    def test_owners_and_nodes(self):
        out = self.data(
            "{ viewer { login repositories(first: 9, ownerAffiliations: [OWNER]) { nodes { name } } }"
            ' repositoryOwner(login: "acme") { __typename login ... on Organization { name } } }'
        )
        self.assertEqual(sorted(n["name"] for n in out["viewer"]["repositories"]["nodes"]), ["diary", "dotfiles"])
        self.assertEqual(out["repositoryOwner"], {"__typename": "Organization", "login": "acme", "name": "Acme Inc."})
        key = self.call("/repos/acme/app").json["node_id"]
        self.assertEqual(self.data("query($i: ID!) { node(id: $i) { ... on Repository { name } } }", i=key), {"node": {"name": "app"}})
        both = self.query("query($i: [ID!]!) { nodes(ids: $i) { id } }", i=[key, "R_none"])
        self.assertEqual(both["data"]["nodes"], [{"id": key}, None])
        self.assertEqual((both["errors"][0]["type"], both["errors"][0]["path"]), ("NOT_FOUND", ["nodes", 1]))

    def test_cost(self):
        cheap = self.data("{ viewer { login } rateLimit { cost remaining limit used } }")["rateLimit"]
        self.assertEqual((cheap["cost"], cheap["remaining"], cheap["used"]), (1, 4999, 1))
        text = (
            '{ organization(login: "acme") { repositories(first: 100) { nodes { issues(first: 1) { totalCount }'
            ' labels(first: 1) { totalCount } refs(refPrefix: "refs/", first: 1) { totalCount } } } } rateLimit { cost nodeCount remaining } }'
        )
        self.assertEqual(self.data(text)["rateLimit"], {"cost": 3, "nodeCount": 400, "remaining": 4996})
        count = self.data('{ organization(login: "acme") { repositories { totalCount } } rateLimit { nodeCount } }')
        self.assertEqual((count["organization"]["repositories"]["totalCount"], count["rateLimit"]["nodeCount"]), (14, 0))
        huge = "{ viewer { repositories(first: 100) { nodes { issues(first: 100) { nodes { comments(first: 100) { totalCount } } } } } } }"
        self.assertEqual(self.query(huge)["errors"][0]["type"], "MAX_NODE_LIMIT_EXCEEDED")

    def test_errors(self):
        def error(text, **variables):
            out = self.query(text, **variables)
            return out.get("data", "none"), out["errors"][0]

        self.assertEqual(error("{ viewer { nonsense } }")[1]["extensions"]["code"], "undefinedField")
        self.assertEqual(error("{ viewer }")[1]["extensions"]["code"], "selectionMismatch")
        self.assertEqual(error("{ viewer { login(a: 1) } }")[1]["extensions"]["code"], "argumentNotAccepted")
        self.assertEqual(error("{ viewer { repositories { nodes { name } } } }")[1]["type"], "MISSING_PAGINATION_BOUNDARIES")
        self.assertEqual(error("{ viewer { repositories(first: 101) { totalCount } } }")[1]["type"], "EXCESSIVE_PAGINATION")
        data, lost = error('{ organization(login: "nobody") { id } viewer { login } }')
        self.assertEqual((data, lost["type"]), ({"organization": None, "viewer": {"login": "alice"}}, "NOT_FOUND"))
        self.assertIn("Parse error", error("{ viewer { ")[1]["message"])
        self.assertIn("$login", error(LISTING)[1]["message"])
        self.assertEqual(error('{ viewer { repositories(first: 1, after: "x") { totalCount } } }')[1]["type"], "INVALID_CURSOR_ARGUMENTS")
        self.assertEqual(self.call("/graphql", None, "POST", {"query": "{ viewer { login } }"}).status, 401)

    def test_partial_data(self):
        self.order("config", {"graphql_nodes": 3})
        try:
            out = self.query(LISTING, login="acme")
        finally:
            self.order("config", {"graphql_nodes": 0})
        self.assertIn("Resource limits for this query exceeded.", out["errors"][0]["message"])
        nodes = out["data"]["organization"]["repositories"]["nodes"]
        self.assertTrue(nodes[0] and nodes[-1] is None)

    def test_unreadable(self):
        self.mutate("edit", repo="acme/lib", unreadable="IP allow list")
        try:
            out = self.query(LISTING, login="acme")
            found = out["data"]["organization"]["repositories"]
            place = found["nodes"].index(None)
            self.assertEqual((found["totalCount"], out["errors"][0]["path"]), (14, ["organization", "repositories", "nodes", place]))
            self.assertEqual((out["errors"][0]["type"], out["errors"][0]["message"]), ("FORBIDDEN", "IP allow list"))
            self.assertEqual(self.call("/repos/acme/lib").status, 403)
            self.assertEqual(len(self.call("/orgs/acme/repos?per_page=100").json), 13)
        finally:
            self.mutate("edit", repo="acme/lib", unreadable=None)

    def test_too_slow_and_refused(self):
        body = {"query": LISTING, "variables": {"login": "acme", "size": 100}}
        self.order("config", {"graphql_502_above": 2000})
        try:
            self.assertEqual(self.call("/graphql", method="POST", body=body).status, 502)
            body["variables"]["size"] = 10
            self.assertEqual(self.call("/graphql", method="POST", body=body).status, 200)
            self.order("config", {"graphql_refused": True})
            self.assertEqual(self.call("/graphql", method="POST", body=body).status, 403)
        finally:
            self.order("config", {"graphql_502_above": 0, "graphql_refused": False})

    def test_discussions(self):
        text = (
            '{ repository(owner: "acme", name: "app") { discussions(first: 5, orderBy: {field: UPDATED_AT, direction: DESC}) {'
            " totalCount nodes { number comments(first: 5) { nodes { id replies(first: 5) { totalCount nodes { replyTo { id } } } } } } } } }"
        )
        found = self.data(text)["repository"]["discussions"]
        comment = found["nodes"][0]["comments"]["nodes"][0]
        self.assertEqual((found["totalCount"], comment["replies"]["totalCount"]), (1, 1))
        self.assertEqual(comment["replies"]["nodes"][0]["replyTo"]["id"], comment["id"])


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    unittest.main()
