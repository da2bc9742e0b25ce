"""Fields of a repository, and which repositories an account's connection has."""

from .. import gitrepo, tokens
from ..model import iso
from . import things
from .types import F, NotFound, Thing, attr, connection, const

REPOSITORY_ARGS = "orderBy affiliations ownerAffiliations privacy visibility isFork isArchived isLocked hasIssuesEnabled".split()
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
    for one in ctx.seen(ctx.store.listed(), True):
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
    for name, value in (
        ("isFork", one.parent is not None),
        ("isArchived", one.archived),
        ("isLocked", one.locked),
        ("hasIssuesEnabled", one.has_issues),
    ):
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
    "languages": connection(
        "Language", lambda c, r, a: [Thing("Language", r, {"name": r.language})] if r.language else [], lambda t, a: (t.data["name"],)
    ),
    **things.REPOSITORY,
}
