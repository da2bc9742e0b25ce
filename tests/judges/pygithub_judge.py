#!/usr/bin/env python3
"""Runs the real PyGithub against the GitHub stand-in and compares what it reads with the seed.

Needs PyGithub (run_github_judges.sh makes the environment). Ends with 0 only when every comparison held.
"""

import sys
import time

import github
from github import Auth, Github, GithubIntegration
from github_judging import Running
from judging import judge

DISCUSSION = "id number title author { login } comments(first: 10) { totalCount nodes { id body } }"


def main():
    """github.com's form, then that of an Enterprise Server."""
    with Running() as there:
        client = Github(base_url=there.url, auth=Auth.Token(there.token("alice")), per_page=5, retry=None, seconds_between_requests=0)
        listings(there, client)
        parts(there, client)
        gists(there, client)
        limits(there, client)
        refusals(there)
        apps(there)
    with Running("--ghes", "--seed", "org:7") as there:
        client = Github(base_url=there.url + "/api/v3", auth=Auth.Token(there.token("alice")), per_page=3, seconds_between_requests=0)
        names = [one.name for one in client.get_organization("acme").get_repos()]
        judge("Enterprise Server: 7 repositories in pages of 3", sorted(names) == [f"repo-{n:03}" for n in range(7)])
        judge(
            "Enterprise Server: GraphQL beside it",
            client.requester.graphql_query("{ viewer { login } }", {})[1]["data"]["viewer"]["login"] == "alice",
        )


def listings(there, client):
    """Repositories of an organisation and of a user, with the members that PyGithub knows."""
    store = there.world.store
    found = {one.full_name: one for one in client.get_organization("acme").get_repos(type="all")}
    wanted = {one.full_name: one for one in store.repositories.values() if one.owner.login == "acme"}
    judge(f"{len(wanted)} repositories of acme in pages of 5", set(found) == set(wanted) and len(found) == 14)
    for name, one in found.items():
        same = wanted[name]
        held = (one.id, one.node_id, one.private, one.archived, one.is_template, one.has_wiki, one.default_branch, one.topics) == (
            same.id,
            same.node_id,
            same.private,
            same.archived,
            same.template,
            same.has_wiki,
            same.default_branch,
            same.topics,
        )
        judge(f"{name} is what was seeded", held and one.clone_url == f"{there.url}/{name}.git")
    judge("unicode of a description", found["acme/secret-plans"].description == "Für später – 計画 🚧")
    fork = client.get_repo("acme/upstream")
    judge("a fork names parent and source", fork.fork and fork.parent.full_name == fork.source.full_name == "carol/upstream")
    judge("repositories of a user", {r.name for r in client.get_user("alice").get_repos()} == {"dotfiles"})
    judge("own repositories", {"diary", "dotfiles"} <= {r.name for r in client.get_user().get_repos(affiliation="owner")})
    judge("the person behind the token", client.get_user().login == "alice")
    judge("stars and people", [r.full_name for r in client.get_user().get_starred()] == ["carol/upstream", "acme/lib"])


def parts(there, client):
    """Issues and everything beside them of acme/app."""
    app = client.get_repo("acme/app")
    judge("issues and pull requests", sorted(i.number for i in app.get_issues(state="all")) == [1, 2, 3, 4, 5])
    judge("comments of an issue", [c.body for c in app.get_issue(1).get_comments()] == ["comment 1 on It crashes", "comment 2 on It crashes"])
    judge("timeline", [e.event for e in app.get_issue(1).get_timeline()] == ["commented", "commented", "labeled", "cross-referenced"])
    pull = app.get_pull(4)
    judge(
        "a pull request with commits, reviews, comments",
        pull.commits == 1
        and [c.sha for c in pull.get_commits()] == [pull.head.sha]
        and pull.get_reviews()[0].state == "APPROVED"
        and pull.get_review_comments()[0].path == "README.md",
    )
    judge(
        "labels, milestones, hooks",
        [one.name for one in app.get_labels()] == ["bug", "wish"]
        and [m.title for m in app.get_milestones()] == ["1.0"]
        and len(list(app.get_hooks())) == 1,
    )
    releases = list(app.get_releases())
    judge("releases and assets", [r.tag_name for r in releases] == ["v2.0-rc1", "v1.0", "v0.1"] and [a.size for a in releases[1].assets] == [1200, 6])
    judge("branches and tags", {b.name for b in app.get_branches()} == {"main", "dev"} and {t.name for t in app.get_tags()} == {"v0.1", "v1.0"})
    judge("discussions by GraphQL", [d.title for d in app.get_discussions(DISCUSSION)] == ["the road ahead"])


def gists(there, client):
    own = list(client.get_user().get_gists())
    judge("own gists, the secret one too", len(own) == 2 and {g.public for g in own} == {True, False})
    judge("content of a gist", client.get_gist(own[0].id).files[next(iter(own[0].files))].content is not None)
    judge("starred gists", [g.owner.login for g in client.get_user().get_starred_gists()] == ["bob"])


def limits(there, client):
    """Budget, conditional requests."""
    before = client.get_rate_limit().resources.core.remaining
    app = client.get_repo("acme/app")
    judge("a request costs one", client.get_rate_limit().resources.core.remaining == before - 1)
    judge("an unchanged object is not sent again", app.update() is False)
    judge("and costs nothing", client.get_rate_limit().resources.core.remaining == before - 1)
    there.repository("acme/app").description = "another"
    judge("a changed one is", app.update() is True and app.description == "another")


def refusals(there):
    """Errors in the classes that PyGithub has for them."""

    def raises(kind, call):
        try:
            call()
        except kind:
            return True
        return False

    bad = Github(base_url=there.url, auth=Auth.Token("ghp_wrong"), retry=None, seconds_between_requests=0)
    judge("401 for a bad token", raises(github.BadCredentialsException, lambda: bad.get_user().login))
    stranger = Github(base_url=there.url, auth=Auth.Token(there.token("carol")), retry=None, seconds_between_requests=0)
    judge("404 for what is private", raises(github.UnknownObjectException, lambda: stranger.get_repo("acme/secret-plans")))
    there.world.limits.order({"kind": "primary", "token": "carol", "resource": "core"})
    judge("403 for an empty budget", raises(github.RateLimitExceededException, lambda: stranger.get_repo("acme/app")))
    there.world.limits.clear()
    there.world.limits.order({"kind": "secondary", "retry_after": 1})
    judge("403 for the secondary limit", raises(github.RateLimitExceededException, lambda: stranger.get_repo("acme/app")))


def apps(there):
    """A GitHub App: JWT, installation, token, repositories."""
    made = there.world.tokens.app
    with open(made.key_file, encoding="ascii") as key:
        auth = Auth.AppAuth(made.id, key.read())
    integration = GithubIntegration(auth=auth, base_url=there.url, seconds_between_requests=0)
    judge("the App", integration.get_app().id == made.id)
    one = integration.get_org_installation("acme")
    token = integration.get_access_token(one.id)
    judge("an installation token for an hour", token.token.startswith("ghs_") and 3500 < token.expires_at.timestamp() - time.time() < 3700)
    judge("its repositories", one.get_repos().totalCount == 14)


if __name__ == "__main__":
    print("PyGithub against the GitHub stand-in")
    main()
    sys.exit(0)
