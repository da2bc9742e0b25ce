"""REST shapes of accounts, repositories, gists. Source: GitHub's OpenAPI description of api.github.com."""

from . import gitrepo, tokens
from .model import iso

REPO_LINKS = (
    "forks keys{/key_id} collaborators{/collaborator} teams hooks issue_events:issues/events{/number} events "
    "assignees{/user} branches{/branch} tags blobs:git/blobs{/sha} git_tags:git/tags{/sha} git_refs:git/refs{/sha} "
    "trees:git/trees{/sha} statuses:statuses/{sha} languages stargazers contributors subscribers subscription "
    "commits{/sha} git_commits:git/commits{/sha} comments{/number} issue_comment:issues/comments{/number} "
    "contents:contents/{+path} compare:compare/{base}...{head} merges archive:{archive_format}{/ref} downloads "
    "issues{/number} pulls{/number} milestones{/number} notifications{?since,all,participating} labels{/name} "
    "releases{/id} deployments"
)
USER_LINKS = (
    "followers following{/other_user} gists{/gist_id} starred{/owner}{/repo} subscriptions organizations:orgs repos "
    "events{/privacy} received_events"
)


def links(base, words):
    """URL members from a list of "name{template}" or "name:path"."""
    out = {}
    for word in words.split():
        name, colon, path = word.partition(":")
        plain = name.partition("{")[0]
        out[f"{plain}_url"] = f"{base}/{path if colon else name}"
    return out


def user(ctx, account):
    """The short form that is embedded everywhere."""
    if account is None:
        return None
    base = f"{ctx.api}/users/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": account.node_id,
        "avatar_url": f"{ctx.html}/avatars/u/{account.id}?v=4",
        "gravatar_id": "",
        "url": base,
        "html_url": f"{ctx.html}/{account.login}",
        **links(base, USER_LINKS),
        "type": account.kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def full_user(ctx, account, private=False):
    """GET /users/{u} and GET /user."""
    owned = [r for r in ctx.store.repositories.values() if r.owner is account]
    out = {
        **user(ctx, account),
        "name": account.name,
        "company": None,
        "blog": "",
        "location": None,
        "email": None,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "public_repos": sum(not r.private for r in owned),
        "public_gists": sum(g.public and g.owner is account for g in ctx.store.gists.values()),
        "followers": len(account.followers),
        "following": len(account.following),
        "created_at": iso(account.created_at),
        "updated_at": iso(account.created_at),
    }
    if private:
        hidden = sum(r.private for r in owned)
        out |= {"private_gists": 0, "total_private_repos": hidden, "owned_private_repos": hidden, "disk_usage": 0}
        out |= {"collaborators": 0, "two_factor_authentication": True}
    return out


def organization(ctx, account):
    """GET /orgs/{org}."""
    base = f"{ctx.api}/orgs/{account.login}"
    owned = [r for r in ctx.store.repositories.values() if r.owner is account]
    return {
        "login": account.login,
        "id": account.id,
        "node_id": account.node_id,
        "url": base,
        **links(base, "repos events hooks issues members{/member} public_members{/member}"),
        "avatar_url": f"{ctx.html}/avatars/u/{account.id}?v=4",
        "description": None,
        "name": account.name,
        "company": None,
        "blog": None,
        "location": None,
        "email": None,
        "is_verified": False,
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": sum(not r.private for r in owned),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "html_url": f"{ctx.html}/{account.login}",
        "created_at": iso(account.created_at),
        "updated_at": iso(account.created_at),
        "archived_at": None,
        "type": "Organization",
        **({"total_private_repos": sum(r.private for r in owned)} if ctx.user and ctx.user.login in account.members else {}),
    }


def repository(ctx, one):
    """The form of listings."""
    base, html = f"{ctx.api}/repos/{one.full_name}", f"{ctx.html}/{one.full_name}"
    out = {
        "id": one.id,
        "node_id": one.node_id,
        "name": one.name,
        "full_name": one.full_name,
        "private": one.private,
        "owner": user(ctx, one.owner),
        "html_url": html,
        "description": one.description,
        "fork": one.parent is not None,
        "url": base,
        **links(base, REPO_LINKS),
        "created_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
        "pushed_at": iso(one.pushed_at),
        "git_url": "git" + html[html.index(":") :] + ".git",
        "ssh_url": ctx.world.ssh_url(one),
        "clone_url": html + ".git",
        "svn_url": html,
        "homepage": one.homepage,
        "size": one.size,
        "stargazers_count": one.stars,
        "watchers_count": one.stars,
        "language": one.language,
        "has_issues": one.has_issues,
        "has_projects": True,
        "has_downloads": True,
        "has_wiki": one.has_wiki,
        "has_pages": False,
        "has_discussions": one.has_discussions,
        "forks_count": forks(ctx, one),
        "mirror_url": None,
        "archived": one.archived,
        "disabled": one.disabled,
        "open_issues_count": sum(i["state"] == "open" for i in one.items.issues),
        "license": None,
        "allow_forking": True,
        "is_template": one.template,
        "web_commit_signoff_required": False,
        "topics": list(one.topics),
        "visibility": one.visibility,
        "forks": forks(ctx, one),
        "open_issues": sum(i["state"] == "open" for i in one.items.issues),
        "watchers": one.stars,
        "default_branch": one.default_branch,
    }
    if ctx.version != "2022-11-28":
        del out["has_downloads"]
    if ctx.token:
        out["permissions"] = permissions(ctx, one)
    return out


def forks(ctx, one):
    return sum(r.parent is one for r in ctx.store.repositories.values())


def permissions(ctx, one):
    rank = {None: 0, "read": 1, "write": 3, "admin": 5}[tokens.role(one, ctx.user)]
    names = ("pull", "triage", "push", "maintain", "admin")
    return {name: rank > place or (name == "pull") for place, name in reversed(list(enumerate(names)))}


def full_repository(ctx, one):
    """GET /repos/{o}/{r}."""
    out = repository(ctx, one)
    out |= {"temp_clone_token": "", "network_count": forks(ctx, one.source), "subscribers_count": 1}
    if tokens.may_administer(ctx.token, one):
        out["security_and_analysis"] = {"secret_scanning": {"status": "disabled"}, "dependabot_security_updates": {"status": "disabled"}}
        out |= {"allow_squash_merge": True, "allow_merge_commit": True, "allow_rebase_merge": True, "allow_auto_merge": False}
        out |= {"delete_branch_on_merge": False, "allow_update_branch": False}
    if one.owner.organization:
        out["organization"] = user(ctx, one.owner)
    if one.parent:
        out["parent"], out["source"] = repository(ctx, one.parent), repository(ctx, one.source)
    return out


def gist(ctx, one, full=False):
    """A gist of a listing, or the whole one."""
    base, html = f"{ctx.api}/gists/{one.id}", f"{ctx.html}/gist/{one.id}"
    files = {}
    for name, text in sorted(one.files.items()):
        raw = text if isinstance(text, bytes) else text.encode()
        files[name] = {"filename": name, "type": "text/plain", "language": "Text", "raw_url": f"{html}/raw/{name}", "size": len(raw)}
        if full:
            files[name] |= {"truncated": False, "content": raw.decode("utf-8", "replace"), "encoding": "utf-8"}
    out = {
        "url": base,
        "forks_url": base + "/forks",
        "commits_url": base + "/commits",
        "id": one.id,
        "node_id": one.node_id,
        "git_pull_url": html + ".git",
        "git_push_url": html + ".git",
        "html_url": html,
        "files": files,
        "public": one.public,
        "created_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
        "description": one.description,
        "comments": len(one.comments),
        "user": None,
        "comments_enabled": True,
        "comments_url": base + "/comments",
        "owner": user(ctx, one.owner),
        "truncated": False,
    }
    if full and ctx.version == "2022-11-28":
        out |= {"forks": [], "history": gist_history(ctx, one)}
    return out


def gist_history(ctx, one):
    tip = gitrepo.tip(ctx.store.gist_path(one), "main")
    return [{"user": user(ctx, one.owner), "version": tip, "committed_at": iso(one.updated_at), "change_status": {}}]
