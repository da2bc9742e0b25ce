"""The part of GitHub's GraphQL schema that backup clients use. Source: the public schema, version 15.26.1."""

from .. import tokens
from ..model import Account, Gist, Repository, iso, node_id
from . import things
from .repository import REPOSITORY, REPOSITORY_ARGS, falling, repositories, repository_key, short
from .types import PAGE_INFO, F, NotFound, Thing, attr, connection, connection_fields, const, edge_fields, item

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
    if found.unreadable:
        raise NotFound(found.unreadable, "FORBIDDEN")
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
    "organizations": connection("Organization", lambda c, u, a: [o for o in c.store.accounts.values() if u.login in o.members], lambda o, a: (o.id,)),
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
