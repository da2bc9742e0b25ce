"""Routes of the REST API below one repository."""

from cvat.auth import Refused

from . import gitrepo, rest_app, tokens, views, views_items, views_more
from .answers import DOCS, message, not_found, nothing, plain, reply
from .model import iso, moment
from .routes import REPOSITORY

at = REPOSITORY.at
PERMISSIONS = {"hooks": "repository_hooks", "pulls": "pull_requests", "releases": "contents", "security-advisories": "repository_advisories"}
EMPTY = r"/(keys|autolinks|deployments|rulesets|teams|subscribers|stargazers|assignees|invitations|contributors|properties/values)"


def moved(ctx, repository, rest_path):
    """An earlier name: 301 to the repository by its number."""
    query = "?" + ctx.request.query_string if ctx.request.query_string else ""
    url = f"{ctx.api}/repositories/{repository.id}{rest_path}{query}"
    return reply({"message": "Moved Permanently", "url": url, "documentation_url": DOCS}, 301, [("Location", url)])


def route(ctx, repository, path):
    kind = path.lstrip("/").partition("/")[0]
    if ctx.token and kind in ctx.token.forbidden:
        what = "integration" if ctx.token.kind == "installation" else "personal access token"
        needs = [("X-Accepted-GitHub-Permissions", f"{PERMISSIONS.get(kind, kind)}=read")]
        return message(403, f"Resource not accessible by {what}", headers=needs)
    function, parts = REPOSITORY.find(ctx.request.method, path)
    return function(ctx, repository, **parts) if function else not_found()


@at(r"")
def whole(ctx, repo):
    return reply(views.full_repository(ctx, repo))


@at(r"/installation")
def installation(ctx, repo):
    return rest_app.installation_of(ctx, repo.owner.login)


# -- issues and pull requests --


def since(ctx, rows):
    """Rows updated at or after `since`."""
    mark = ctx.query.get("since")
    return rows if mark is None else [one for one in rows if one["updated_at"] >= moment(mark)]


def ordered(ctx, rows, default="created"):
    """Sorted by `sort` and `direction`; the newest first unless asked otherwise."""
    key = "updated_at" if ctx.query.get("sort", default) == "updated" else "created_at"
    down = ctx.query.get("direction", "desc") == "desc"
    return sorted(rows, key=lambda one: (one[key], one["id"]), reverse=down)


def in_state(ctx, rows):
    state = ctx.query.get("state", "open")
    return [one for one in rows if state in ("all", one["state"])]


@at(r"/issues")
def issues(ctx, repo):
    if not repo.has_issues:
        return reply([])
    rows = ordered(ctx, since(ctx, in_state(ctx, repo.items.issues)))
    return ctx.page(rows, lambda one: views_items.issue(ctx, repo, one))


def numbered(repo, number, pull=False):
    for one in repo.items.issues:
        if one["number"] == int(number) and (one["pull"] or not pull):
            return one
    raise Refused(not_found())


@at(r"/issues/(?P<number>\d+)")
def issue(ctx, repo, number):
    return reply(views_items.issue(ctx, repo, numbered(repo, number)))


@at(r"/issues/(?P<number>\d+)/comments")
def issue_comments(ctx, repo, number):
    one = numbered(repo, number)
    return ctx.page(since(ctx, one["comments"]), lambda c: views_items.comment(ctx, repo, c, one["number"]))


@at(r"/issues/(?P<number>\d+)/events")
def issue_events(ctx, repo, number):
    return ctx.page(numbered(repo, number)["events"], lambda e: views_items.event(ctx, repo, e))


@at(r"/issues/(?P<number>\d+)/timeline")
def timeline(ctx, repo, number):
    one = numbered(repo, number)
    rows = [(e["created_at"], views_items.event(ctx, repo, e)) for e in one["events"]]
    for c in one["comments"]:
        rows.append(
            (c["created_at"], {"event": "commented", "actor": views_items.person(ctx, c["user"]), **views_items.comment(ctx, repo, c, one["number"])})
        )
    for r in one["references"]:
        source = views_items.issue(ctx, repo, numbered(repo, r["number"]))
        when = iso(r["created_at"])
        rows.append(
            (r["created_at"], {"event": "cross-referenced", "created_at": when, "updated_at": when, "source": {"type": "issue", "issue": source}})
        )
    return ctx.page([row for _, row in sorted(rows, key=lambda r: r[0])], lambda row: row)


@at(r"/issues/(?P<number>\d+)/(reactions|sub_issues)")
def issue_empty(ctx, repo, number):
    numbered(repo, number)
    return ctx.page([], None)


@at(r"/issues/comments")
def all_comments(ctx, repo):
    rows = [{**c, "of": one["number"]} for one in repo.items.issues for c in one["comments"]]
    rows = ordered(ctx, since(ctx, rows)) if "sort" in ctx.query else sorted(since(ctx, rows), key=lambda c: c["id"])
    return ctx.page(rows, lambda c: views_items.comment(ctx, repo, c, c["of"]))


@at(r"/issues/events")
def all_events(ctx, repo):
    rows = [{**e, "of": one["number"]} for one in repo.items.issues for e in one["events"]]
    rows.sort(key=lambda e: e["id"], reverse=True)
    return ctx.page(rows, lambda e: views_items.event(ctx, repo, e, e["of"]))


@at(r"/pulls")
def pulls(ctx, repo):
    rows = ordered(ctx, in_state(ctx, [one for one in repo.items.issues if one["pull"]]))
    return ctx.page(rows, lambda one: views_items.pull(ctx, repo, one))


@at(r"/pulls/(?P<number>\d+)")
def pull(ctx, repo, number):
    return reply(views_items.pull(ctx, repo, numbered(repo, number, True), True))


@at(r"/pulls/comments")
def all_review_comments(ctx, repo):
    rows = [{**c, "of": one["number"]} for one in repo.items.issues if one["pull"] for c in one["pull"]["review_comments"]]
    rows = ordered(ctx, since(ctx, rows))
    return ctx.page(rows, lambda c: views_items.review_comment(ctx, repo, c, c["of"]))


@at(r"/pulls/(?P<number>\d+)/(?P<part>commits|reviews|comments|files)")
def pull_part(ctx, repo, number, part):
    made = numbered(repo, number, True)["pull"]
    if part == "commits":
        return ctx.page(made["commits"][:250], lambda c: views_items.commit(ctx, repo, c))
    if part == "reviews":
        return ctx.page(made["reviews"], lambda r: views_items.review(ctx, repo, r, number))
    if part == "comments":
        return ctx.page(made["review_comments"], lambda c: views_items.review_comment(ctx, repo, c, number))
    return ctx.page([], None)


# -- the rest --


@at(r"/labels")
def labels(ctx, repo):
    return ctx.page(repo.items.labels, lambda one: views_items.label(ctx, repo, one))


@at(r"/milestones")
def milestones(ctx, repo):
    return ctx.page(in_state(ctx, repo.items.milestones), lambda one: views_items.milestone(ctx, repo, one))


@at(r"/hooks")
def hooks(ctx, repo):
    if not tokens.may_administer(ctx.token, repo):
        return not_found()
    return ctx.page(repo.items.hooks, lambda one: views_more.hook(ctx, repo, one))


@at(r"/releases")
def releases(ctx, repo):
    drafts = tokens.may_write(ctx.token, repo)
    rows = [one for one in repo.items.releases if drafts or not one["draft"]]
    return ctx.page(rows[::-1], lambda one: views_more.release(ctx, repo, one))


@at(r"/releases/(?P<number>\d+)/assets")
def assets(ctx, repo, number):
    for one in repo.items.releases:
        if one["id"] == int(number):
            return ctx.page(one["assets"], lambda a: views_more.asset(ctx, repo, a))
    return not_found()


@at(r"/releases/assets/(?P<number>\d+)")
def asset(ctx, repo, number):
    """The object, or with Accept: application/octet-stream a redirect to another host."""
    for one in repo.items.releases:
        for held in one["assets"]:
            if held["id"] != int(number):
                continue
            if "octet-stream" not in ctx.request.header("accept", ""):
                return reply(views_more.asset(ctx, repo, held))
            return nothing(302, [("Location", ctx.world.asset_url(ctx.request, held))])
    return not_found()


def asset_content(world, request):
    """The other host: a signature in the URL, and no credentials, as a cloud's store wants it."""
    number = request.path.rpartition("/")[2]
    if request.header("authorization") or request.query_string != "signature=signed":
        return plain(400, "<Error><Code>InvalidArgument</Code></Error>")
    for repo in world.store.repositories.values():
        for held in (a for one in repo.items.releases for a in one["assets"]):
            if str(held["id"]) == number:
                answer = plain(200, "")
                answer.kind, answer.pieces = "application/octet-stream", [held["content"]]
                return answer
    return plain(404, "<Error><Code>NoSuchKey</Code></Error>")


@at(r"/security-advisories")
def advisories(ctx, repo):
    if repo.private and not tokens.may_administer(ctx.token, repo):
        return not_found()
    return ctx.page(repo.items.advisories, lambda one: views_more.advisory(ctx, repo, one))


@at(r"/comments")
def commit_comments(ctx, repo):
    return ctx.page(repo.items.commit_comments, lambda one: views_more.commit_comment(ctx, repo, one))


def refs_below(ctx, repo, prefix):
    found = gitrepo.refs(ctx.store.path(repo))
    return [(name[len(prefix) :], oid) for name, oid in found.items() if name.startswith(prefix)]


@at(r"/(?P<kind>branches|tags)")
def branches(ctx, repo, kind):
    view = views_more.branch if kind == "branches" else views_more.tag
    prefix = "refs/heads/" if kind == "branches" else "refs/tags/"
    return ctx.page(refs_below(ctx, repo, prefix), lambda one: view(ctx, repo, *one))


@at(r"/branches/(?P<name>.+)")
def branch(ctx, repo, name):
    tip = gitrepo.tip(ctx.store.path(repo), name)
    return reply(views_more.branch(ctx, repo, name, tip)) if tip else message(404, "Branch not found")


@at(r"/git/(refs|matching-refs)(/(?P<prefix>.+))?")
def git_refs(ctx, repo, prefix=None):
    start = "refs/" + (prefix or "")
    rows = refs_below(ctx, repo, start)
    if not rows and repo.pushed_at is None:
        return message(409, "Git Repository is empty.")
    return ctx.page(rows, lambda one: views_more.ref(ctx, repo, start + one[0], one[1]))


@at(r"/topics")
def topics(ctx, repo):
    return reply({"names": list(repo.topics)})


@at(r"/languages")
def languages(ctx, repo):
    return reply({repo.language: 1000} if repo.language else {})


@at(r"/collaborators")
def collaborators(ctx, repo):
    return ctx.page([ctx.store.account(name) for name in repo.collaborators], lambda one: views.user(ctx, one))


@at(r"/forks")
def forks(ctx, repo):
    own = [one for one in ctx.store.repositories.values() if one.parent is repo]
    return ctx.page(ctx.seen(own), lambda one: views.repository(ctx, one))


@at(r"/activity")
def activity(ctx, repo):
    return ctx.page(repo.activity[::-1], lambda one: {**one, "timestamp": iso(one["timestamp"]), "actor": views_items.person(ctx, one["actor"])})


@at(EMPTY)
def empty(ctx, repo):
    return ctx.page([], None)
