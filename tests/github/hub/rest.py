"""Routes of the REST API outside one repository: accounts, lists, gists, Apps, limits."""

import json
import re

from cvat.auth import Refused

from . import rest_repo, seed_demo, tokens, views, views_more
from .answers import message, not_found, reply
from .model import iso, moment
from .routes import SITE

at = SITE.at


def route(ctx, path):
    """The answer of the first route that fits."""
    found = re.match(r"^/repos/(?P<owner>[^/]+)/(?P<name>[^/]+)(?P<rest>/.*)?\Z", path)
    if found:
        repository, moved = ctx.store.find(found["owner"], found["name"])
        rest = found["rest"] or ""
        if rest == "/installation" and repository:  # for an App, which reads nothing by itself
            return rest_repo.route(ctx, repository, rest)
        ctx.readable(repository)
        if moved:
            return rest_repo.moved(ctx, repository, rest)
        return rest_repo.route(ctx, repository, rest)
    found = re.match(r"^/repositories/(?P<id>\d+)(?P<rest>/.*)?\Z", path)
    if found:
        repository = ctx.readable(ctx.store.repositories.get(int(found["id"])))
        return rest_repo.route(ctx, repository, found["rest"] or "")
    function, parts = SITE.find(ctx.request.method, path)
    return function(ctx, **parts) if function else not_found()


def repositories(ctx, items, wrap=None):
    """Sorted as asked, in pages."""
    sort = ctx.query.get("sort", "created" if wrap is None else "id")
    keys = {
        "created": lambda r: (r.created_at, r.id),
        "updated": lambda r: (r.updated_at, r.id),
        "pushed": lambda r: (r.pushed_at or 0, r.id),
        "full_name": lambda r: r.full_name.lower(),
        "id": lambda r: r.id,
    }
    default = "asc" if sort in ("full_name", "id") else "desc"
    down = ctx.query.get("direction", default) == "desc"
    items = sorted(items, key=keys.get(sort, keys["created"]), reverse=down)
    return ctx.page(items, lambda one: views.repository(ctx, one), wrap)


KINDS = {
    "public": lambda r: not r.private,
    "private": lambda r: r.private,
    "forks": lambda r: r.parent is not None,
    "sources": lambda r: r.parent is None,
}


@at(r"/orgs/(?P<login>[^/]+)/repos")
def org_repos(ctx, login):
    account = organization(ctx, login)
    ctx.check_sso(account)
    wanted = KINDS.get(ctx.query.get("type", "all"), lambda r: True)
    return repositories(ctx, [r for r in ctx.seen(ctx.store.listed()) if r.owner is account and wanted(r)])


def organization(ctx, login):
    account = ctx.account(login)
    if not account.organization:
        raise Refused(not_found())
    return account


@at(r"/orgs/(?P<login>[^/]+)")
def org(ctx, login):
    account = organization(ctx, login)
    ctx.check_sso(account)
    return reply(views.organization(ctx, account))


@at(r"/orgs/(?P<login>[^/]+)/(members|teams|hooks|events)")
def org_lists(ctx, login):
    account = organization(ctx, login)
    if ctx.request.path.endswith("/members"):
        return ctx.page([ctx.store.account(name) for name in account.members], lambda one: views.user(ctx, one))
    return ctx.page([], None)


def make_repository(ctx, account):
    """POST of a new repository; always without a commit, as with auto_init false."""
    given = json.loads(ctx.request.body() or b"{}")
    if not ctx.token.write:
        raise Refused(message(403, "Resource not accessible by personal access token"))
    name = given.get("name")
    if not isinstance(name, str) or not name:
        raise Refused(message(422, "Repository creation failed."))
    if ctx.store.named(account.login, name):
        errors = [{"resource": "Repository", "code": "custom", "field": "name", "message": "name already exists on this account"}]
        raise Refused(message(422, "Repository creation failed.", errors=errors))
    one = seed_demo.place(ctx.world, account, name, bool(given.get("private")), when=int(ctx.world.now()))
    one.description = given.get("description")
    return reply(views.full_repository(ctx, one), 201)


@at(r"/orgs/(?P<login>[^/]+)/repos", "POST")
def make_org_repository(ctx, login):
    account = organization(ctx, login)
    ctx.check_sso(account)
    if ctx.needs_user().login not in account.members:
        raise Refused(message(403, "You need admin access to the organization before adding a repository to it."))
    return make_repository(ctx, account)


@at(r"/user/repos", "POST")
def make_own_repository(ctx):
    return make_repository(ctx, ctx.needs_user())


@at(r"/users/(?P<login>[^/]+)/repos")
def user_repos(ctx, login):
    account = ctx.account(login)
    return repositories(ctx, [r for r in ctx.store.listed() if r.owner is account and not r.private])


@at(r"/users/(?P<login>[^/]+)")
def user(ctx, login):
    return reply(views.full_user(ctx, ctx.account(login)))


@at(r"/user")
def own(ctx):
    return reply(views.full_user(ctx, ctx.needs_user(), "user" in ctx.token.scopes))


@at(r"/user/orgs")
def own_orgs(ctx):
    me = ctx.needs_user()
    mine = [one for one in ctx.store.accounts.values() if me.login in one.members]
    return ctx.page(mine, lambda one: views.organization(ctx, one))


@at(r"/user/memberships/orgs/(?P<login>[^/]+)")
def own_membership(ctx, login):
    account = organization(ctx, login)
    role = account.members.get(ctx.needs_user().login)
    if role is None:
        raise Refused(not_found())
    return reply({"state": "active", "role": role, "organization": views.organization(ctx, account), "user": views.user(ctx, ctx.needs_user())})


@at(r"/user/repos")
def own_repos(ctx):
    me = ctx.needs_user()
    if "type" in ctx.query and ("affiliation" in ctx.query or "visibility" in ctx.query):
        words = "If you specify visibility or affiliation, you cannot specify type."
        return message(422, words)
    asked = ctx.query.get("affiliation", "owner,collaborator,organization_member").split(",")
    shown = ctx.query.get("visibility", "all")
    out = []
    for one in ctx.seen(ctx.store.listed()):
        kind = "owner" if one.owner is me else "organization_member" if me.login in one.owner.members else "collaborator"
        linked = kind != "collaborator" or me.login in one.collaborators
        if linked and kind in asked and shown in ("all", one.visibility) and may_list(ctx, one):
            out.append(one)
    answer = repositories(ctx, out)
    hidden = {o.id for o in ctx.store.accounts.values() if me.login in o.members and tokens.needs_sso(ctx.token, o)}
    if hidden:
        answer.headers.append(("X-GitHub-SSO", "partial-results; organizations=" + ",".join(map(str, sorted(hidden)))))
    return answer


def may_list(ctx, repository):
    """A fine-grained token lists its one owner's repositories only."""
    return ctx.token.kind != "fine" or repository.owner is ctx.token.owner


@at(r"/installation/repositories")
def installation_repos(ctx):
    if ctx.token is None or ctx.token.kind != "installation":
        return message(403, "You must authenticate with an installation access token in order to list repositories for an installation.")
    owned = [r for r in ctx.store.listed() if r.owner is ctx.token.owner]
    chosen = [r for r in owned if ctx.token.selected is None or r.id in ctx.token.selected]
    return repositories(ctx, chosen, "repositories")


# -- gists --


def visible(ctx, gist):
    return gist.public or (ctx.user is gist.owner and "gist" in ctx.token.scopes)


def gists(ctx, items):
    since = ctx.query.get("since")
    items = [g for g in items if since is None or g.updated_at >= moment(since)]
    items.sort(key=lambda g: (g.updated_at, g.id), reverse=True)
    return ctx.page(items, lambda one: views.gist(ctx, one))


@at(r"/users/(?P<login>[^/]+)/gists")
def user_gists(ctx, login):
    account = ctx.account(login)
    return gists(ctx, [g for g in ctx.store.gists.values() if g.owner is account and visible(ctx, g)])


@at(r"/gists")
def own_gists(ctx):
    me = ctx.needs_user()
    return gists(ctx, [g for g in ctx.store.gists.values() if g.owner is me and visible(ctx, g)])


@at(r"/gists/starred")
def starred_gists(ctx):
    me = ctx.needs_user()
    return gists(ctx, [ctx.store.gists[key] for key in me.starred_gists if key in ctx.store.gists])


def one_gist(ctx, key):
    gist = ctx.store.gists.get(key)  # a secret gist is readable for all who know its id
    if gist is None:
        raise Refused(not_found())
    return gist


@at(r"/gists/(?P<key>[0-9a-f]+)")
def gist_whole(ctx, key):
    return reply(views.gist(ctx, one_gist(ctx, key), True))


@at(r"/gists/(?P<key>[0-9a-f]+)/comments")
def gist_comments(ctx, key):
    gist = one_gist(ctx, key)
    return ctx.page(gist.comments, lambda one: views_more.gist_comment(ctx, gist, one))


# -- stars and the like --


@at(r"/(users/(?P<login>[^/]+)|user)/starred")
def starred(ctx, login=None):
    account = ctx.account(login) if login else ctx.needs_user()
    dated = "star+json" in ctx.request.header("accept", "")
    rows = [(ctx.store.repositories[key], when) for key, when in account.starred if key in ctx.store.repositories]
    rows = [row for row in rows if ctx.seen([row[0]])]

    def view(row):
        shown = views.repository(ctx, row[0])
        return {"starred_at": iso(row[1]), "repo": shown} if dated else shown

    return ctx.page(rows, view)


@at(r"/(users/(?P<login>[^/]+)|user)/subscriptions")
def watched(ctx, login=None):
    account = ctx.account(login) if login else ctx.needs_user()
    known = [ctx.store.repositories[key] for key in account.watching if key in ctx.store.repositories]
    return ctx.page(ctx.seen(known), lambda one: views.repository(ctx, one))


@at(r"/(users/(?P<login>[^/]+)|user)/(?P<which>followers|following)")
def follows(ctx, which, login=None):
    account = ctx.account(login) if login else ctx.needs_user()
    people = [ctx.store.account(name) for name in getattr(account, which)]
    return ctx.page(people, lambda one: views.user(ctx, one))


@at(r"/meta")
def meta(ctx):
    version = {"installed_version": "3.17.0"} if ctx.world.ghes else {}
    return reply({"verifiable_password_authentication": False, **version})


@at(r"/rate_limit")
def rate_limit(ctx):
    limits = ctx.world.limits
    if not limits.enabled:
        return message(404, "Rate limiting is not enabled.")
    seen = {name: limits.budget(ctx.token, name).view() for name in ("core", "graphql", "search")}
    old = {"rate": seen["core"]} if ctx.version == "2022-11-28" else {}
    return reply({"resources": seen, **old})
