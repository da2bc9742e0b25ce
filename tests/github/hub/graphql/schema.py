"""The part of GitHub's GraphQL schema that backup clients use. Source: the public schema, version 15.26.1."""

from .. import gitrepo, tokens
from ..model import Account, Gist, Repository, iso, node_id
from . import things
from .types import PAGE_INFO, F, Thing, attr, connection, connection_fields, const, edge_fields, item


class NotFound(Exception):
    """The error that stands beside a null."""

    def __init__(self, words, type="NOT_FOUND", **more):
        super().__init__(words)
        self.error = {"type": type, **more, "message": words}


REPOSITORY_ARGS = (
    "orderBy affiliations ownerAffiliations privacy visibility isFork isArchived isLocked hasIssuesEnabled".split()
)
SORTS = {
    "CREATED_AT": lambda r: r.created_at,
    "UPDATED_AT": lambda r: r.updated_at,
    "PUSHED_AT": lambda r: r.pushed_at or 0,
    "NAME": lambda r: r.name.lower(),
    "STARGAZERS": lambda r: r.stars,
}


def repositories(ctx, account, args):
    """Repositories of an account, as filtered by the arguments."""
    asked = args.get("ownerAffiliations") or args.get("affiliations") or ["OWNER", "COLLABORATOR"]
    out = []
    for one in ctx.seen(ctx.store.listed()):
        if account.organization or one.owner is account:
            kind = "OWNER"
        else:
            kind = "COLLABORATOR" if account.login in one.collaborators else "ORGANIZATION_MEMBER"
            if kind == "ORGANIZATION_MEMBER" and account.login not in one.owner.members:
                continue
        if account.organization and one.owner is not account:
            continue
        if kind in asked and fits(one, args):
            out.append(one)
    return out


def fits(one, args):
    private = {"PRIVATE": True, "PUBLIC": False}
    for name, value in (("isFork", one.parent is not None), ("isArchived", one.archived), ("isLocked", one.locked), ("hasIssuesEnabled", one.has_issues)):
        if args.get(name) is not None and args[name] != value:
            return False
    for name in ("privacy", "visibility"):
        if args.get(name) and private.get(args[name]) != one.private:
            return False
    return True


def repository_key(one, args):
    order = args.get("orderBy")
    return (SORTS[order["field"]](one), one.id) if order else (one.id,)


def falling(args):
    return (args.get("orderBy") or {}).get("direction") == "DESC"


def ref(repo, name, oid):
    return Thing("Ref", repo, {"name": name, "oid": oid})


def branch_ref(ctx, repo, args):
    oid = gitrepo.tip(ctx.store.path(repo), repo.default_branch)
    return ref(repo, f"refs/heads/{repo.default_branch}", oid) if oid else None


def refs(ctx, repo, args):
    if "refPrefix" not in args:
        raise NotFound("refPrefix is required", "ARGUMENT")
    found = gitrepo.refs(ctx.store.path(repo))
    return [ref(repo, name, oid) for name, oid in found.items() if name.startswith(args["refPrefix"])]


def one_ref(ctx, repo, args):
    name = args["qualifiedName"]
    found = gitrepo.refs(ctx.store.path(repo))
    name = name if name in found else "refs/heads/" + name
    return ref(repo, name, found[name]) if name in found else None


def short(name):
    parts = name.split("/", 2)
    return parts[2] if len(parts) == 3 else name


def topic(repo, name):
    return Thing("RepositoryTopic", repo, {"name": name})


REPOSITORY = {
    "id": attr("node_id"),
    "databaseId": attr("id"),
    "name": attr("name"),
    "nameWithOwner": attr("full_name"),
    "owner": F(lambda c, r, a: r.owner, "RepositoryOwner"),
    "url": F(lambda c, r, a: f"{c.html}/{r.full_name}"),
    "resourcePath": F(lambda c, r, a: f"/{r.full_name}"),
    "sshUrl": F(lambda c, r, a: c.world.ssh_url(r)),
    "mirrorUrl": const(None),
    "description": attr("description"),
    "homepageUrl": attr("homepage"),
    "createdAt": F(lambda c, r, a: iso(r.created_at)),
    "updatedAt": F(lambda c, r, a: iso(r.updated_at)),
    "pushedAt": F(lambda c, r, a: iso(r.pushed_at)),
    "archivedAt": F(lambda c, r, a: iso(r.updated_at) if r.archived else None),
    "diskUsage": attr("size"),
    "isArchived": attr("archived"),
    "isPrivate": attr("private"),
    "visibility": F(lambda c, r, a: r.visibility.upper()),
    "isFork": F(lambda c, r, a: r.parent is not None),
    "isTemplate": attr("template"),
    "isEmpty": F(lambda c, r, a: not gitrepo.refs(c.store.path(r))),
    "isDisabled": F(lambda c, r, a: r.disabled or bool(r.blocked)),
    "isLocked": attr("locked"),
    "isMirror": const(False),
    "isInOrganization": F(lambda c, r, a: r.owner.organization),
    "hasWikiEnabled": attr("has_wiki"),
    "hasIssuesEnabled": attr("has_issues"),
    "hasDiscussionsEnabled": attr("has_discussions"),
    "hasProjectsEnabled": const(True),
    "stargazerCount": attr("stars"),
    "forkCount": F(lambda c, r, a: sum(o.parent is r for o in c.store.repositories.values())),
    "primaryLanguage": F(lambda c, r, a: Thing("Language", r, {"name": r.language}) if r.language else None, "Language"),
    "parent": F(lambda c, r, a: r.parent if r.parent and tokens.may_read(c.token, r.parent) else None, "Repository"),
    "defaultBranchRef": F(branch_ref, "Ref"),
    "viewerPermission": F(lambda c, r, a: (tokens.role(r, c.user) or "read").upper()),
    "viewerCanAdminister": F(lambda c, r, a: tokens.may_administer(c.token, r)),
    "ref": F(one_ref, "Ref", ("qualifiedName",)),
    "refs": connection("Ref", refs, lambda r, a: (r.data["name"],), ("refPrefix", "query", "orderBy", "direction")),
    "repositoryTopics": connection("RepositoryTopic", lambda c, r, a: [topic(r, n) for n in r.topics], lambda t, a: (t.data["name"],)),
    "languages": connection("Language", lambda c, r, a: [Thing("Language", r, {"name": r.language})] if r.language else [], lambda t, a: (t.data["name"],)),
    **things.REPOSITORY,
}

OWNER = {
    "id": attr("node_id"),
    "login": attr("login"),
    "avatarUrl": F(lambda c, o, a: f"{c.html}/avatars/u/{o.id}?v=4", None, ("size",)),
    "url": F(lambda c, o, a: f"{c.html}/{o.login}"),
    "resourcePath": F(lambda c, o, a: f"/{o.login}"),
}
REPOSITORIES = connection("Repository", repositories, repository_key, REPOSITORY_ARGS, falling)


def own_repository(ctx, account, args):
    return named(ctx, account.login, args["name"])


def named(ctx, owner, name):
    """A repository by name (earlier names work too); NotFound otherwise."""
    found = ctx.store.find(owner, name)[0]
    if found is None or not tokens.may_read(ctx.token, found):
        raise NotFound(f"Could not resolve to a Repository with the name '{owner}/{name}'.")
    allowed(ctx, found.owner, found.private)
    if found.blocked:
        raise NotFound("Repository access blocked", "FORBIDDEN")
    return found


def allowed(ctx, account, private=True):
    if private and tokens.needs_sso(ctx.token, account):
        words = "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization."
        raise NotFound(words, "FORBIDDEN", extensions={"saml_failure": True})


ACCOUNT = {
    **OWNER,
    "databaseId": attr("id"),
    "name": attr("name"),
    "createdAt": F(lambda c, o, a: iso(o.created_at)),
    "repositories": REPOSITORIES,
    "repository": F(own_repository, "Repository", ("name", "followRenames")),
}
USER = {
    **ACCOUNT,
    "starredRepositories": connection(
        "Repository",
        lambda c, u, a: c.seen([c.store.repositories[k] for k, _ in u.starred if k in c.store.repositories]),
        repository_key,
        ("orderBy", "ownedByViewer"),
    ),
    "gists": connection(
        "Gist",
        lambda c, u, a: [g for g in c.store.gists.values() if g.owner is u and (g.public or (c.user is u and a.get("privacy") in ("ALL", "SECRET")))],
        lambda g, a: (g.id,),
        ("privacy", "orderBy"),
    ),
    "organizations": connection(
        "Organization", lambda c, u, a: [o for o in c.store.accounts.values() if u.login in o.members], lambda o, a: (o.id,)
    ),
}


def account(ctx, login, organization):
    found = ctx.store.account(login)
    if found is None or found.organization != organization:
        kind = "an Organization" if organization else "a User"
        raise NotFound(f"Could not resolve to {kind} with the login of '{login}'.")
    if organization:
        allowed(ctx, found)
    return found


def viewer(ctx, thing, args):
    if ctx.user:
        return ctx.user
    return Account(0, ctx.world.tokens.app.slug + "[bot]")


def node(ctx, thing, args):
    return by_id(ctx, args["id"])


def by_id(ctx, key):
    """Any object by its global id."""
    store = ctx.store
    for one in store.repositories.values():
        if one.node_id == key and tokens.may_read(ctx.token, one):
            return named(ctx, *one.full_name.split("/"))
    for one in [*store.accounts.values(), *store.gists.values()]:
        if one.node_id == key:
            return one
    for repo in ctx.seen(list(store.repositories.values())):
        found = things.find(repo, key)
        if found:
            return found
    raise NotFound(f"Could not resolve to a node with the global id of '{key}'")


def nodes(ctx, thing, args):
    """A list; what cannot be found is a null with an error."""
    return [lambda key=key: by_id(ctx, key) for key in args["ids"]]


def rate_limit(ctx, thing, args):
    return ctx.world.limits.budget(ctx.token, "graphql") if ctx.world.limits.enabled else None


QUERY = {
    "viewer": F(viewer, "User"),
    "user": F(lambda c, t, a: account(c, a["login"], False), "User", ("login",)),
    "organization": F(lambda c, t, a: account(c, a["login"], True), "Organization", ("login",)),
    "repositoryOwner": F(lambda c, t, a: c.store.account(a["login"]), "RepositoryOwner", ("login",)),
    "repository": F(lambda c, t, a: named(c, a["owner"], a["name"]), "Repository", ("owner", "name", "followRenames")),
    "node": F(node, "Node", ("id",)),
    "nodes": F(nodes, "Node", ("ids",), many=True),
    "rateLimit": F(rate_limit, "RateLimit", ("dryRun",)),
}

TYPES = {
    "Query": QUERY,
    "Repository": REPOSITORY,
    "User": USER,
    "Organization": {**ACCOUNT, "description": const(None)},
    "RepositoryOwner": {k: v for k, v in ACCOUNT.items() if k in OWNER or k in ("repositories", "repository")},
    "Actor": {k: v for k, v in OWNER.items() if k != "id"},
    "Node": {"id": attr("node_id")},
    "Gist": {
        "id": attr("node_id"),
        "name": attr("id"),
        "description": attr("description"),
        "isPublic": attr("public"),
        "pushedAt": F(lambda c, g, a: iso(g.updated_at)),
        "updatedAt": F(lambda c, g, a: iso(g.updated_at)),
        "createdAt": F(lambda c, g, a: iso(g.created_at)),
        "url": F(lambda c, g, a: f"{c.html}/gist/{g.id}"),
        "owner": F(lambda c, g, a: g.owner, "RepositoryOwner"),
    },
    "Ref": {
        "id": F(lambda c, r, a: node_id("REF", r.repository.id)),
        "name": F(lambda c, r, a: short(r.data["name"])),
        "prefix": F(lambda c, r, a: r.data["name"][: -len(short(r.data["name"]))]),
        "target": F(lambda c, r, a: Thing("Commit", r.repository, r.data), "GitObject"),
    },
    "GitObject": {"oid": item("oid"), "id": F(lambda c, t, a: "C_" + t.data["oid"][:20])},
    "Commit": {"oid": item("oid"), "id": F(lambda c, t, a: "C_" + t.data["oid"][:20])},
    "Language": {"name": item("name"), "id": item("name")},
    "RepositoryTopic": {"topic": F(lambda c, t, a: t, "Topic")},
    "Topic": {"name": item("name")},
    "RateLimit": {
        "cost": F(lambda c, b, a: c.cost),
        "limit": attr("limit"),
        "used": F(lambda c, b, a: b.used + c.cost),
        "remaining": F(lambda c, b, a: max(0, b.remaining - c.cost)),
        "resetAt": F(lambda c, b, a: iso(b.reset)),
        "nodeCount": F(lambda c, b, a: c.node_count),
    },
    "PageInfo": PAGE_INFO,
    **things.TYPES,
}
for _name in list(TYPES):
    TYPES[_name + "Connection"] = connection_fields(_name)
    TYPES[_name + "Edge"] = edge_fields(_name)

ABSTRACT = {
    "Node": set(TYPES),
    "Actor": {"User", "Organization"},
    "RepositoryOwner": {"User", "Organization"},
    "GitObject": {"Commit"},
    **things.ABSTRACT,
}


def type_of(thing, declared):
    """The object type of a value."""
    if declared not in ABSTRACT:
        return declared
    if isinstance(thing, Account):
        return thing.kind
    return {Repository: "Repository", Gist: "Gist"}.get(type(thing)) or thing.type
