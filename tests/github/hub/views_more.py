"""REST shapes of releases and assets, hooks, security advisories, commit and gist comments, branches."""

import hashlib

from .model import iso, node_id
from .views_items import base, person, reactions, written


def asset(ctx, repo, one):
    return {
        "url": f"{base(ctx, repo)}/releases/assets/{one['id']}",
        "id": one["id"],
        "node_id": node_id("RA", repo.id, one["id"]),
        "name": one["name"],
        "label": "",
        "uploader": person(ctx, "alice"),
        "content_type": "application/octet-stream",
        "state": "uploaded",
        "size": len(one["content"]),
        "digest": "sha256:" + hashlib.sha256(one["content"]).hexdigest(),
        "download_count": 0,
        "created_at": iso(one["created_at"]),
        "updated_at": iso(one["created_at"]),
        "browser_download_url": f"{ctx.html}/{repo.full_name}/releases/download/{one['tag']}/{one['name']}",
    }


def release(ctx, repo, one):
    url = f"{base(ctx, repo)}/releases/{one['id']}"
    return {
        "url": url,
        "assets_url": url + "/assets",
        "upload_url": url + "/assets{?name,label}",
        "html_url": f"{ctx.html}/{repo.full_name}/releases/tag/{one['tag']}",
        "id": one["id"],
        "author": person(ctx, one["user"]),
        "node_id": node_id("RE", repo.id, one["id"]),
        "tag_name": one["tag"],
        "target_commitish": repo.default_branch,
        "name": one["name"],
        "draft": one["draft"],
        "immutable": False,
        "prerelease": one["prerelease"],
        "created_at": iso(one["created_at"]),
        "updated_at": iso(one["created_at"]),
        "published_at": iso(one["created_at"]),
        "assets": [asset(ctx, repo, held) for held in one["assets"]],
        "tarball_url": f"{base(ctx, repo)}/tarball/{one['tag']}",
        "zipball_url": f"{base(ctx, repo)}/zipball/{one['tag']}",
        "body": one["body"],
    }


def hook(ctx, repo, one):
    url = f"{base(ctx, repo)}/hooks/{one['id']}"
    return {
        "type": "Repository",
        "id": one["id"],
        "name": "web",
        "active": True,
        "events": ["push"],
        "config": {"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": one["url"]},
        "updated_at": iso(one["created_at"]),
        "created_at": iso(one["created_at"]),
        "url": url,
        "test_url": url + "/test",
        "ping_url": url + "/pings",
        "deliveries_url": url + "/deliveries",
        "last_response": {"code": None, "status": "unused", "message": None},
    }


def advisory(ctx, repo, one):
    return {
        "ghsa_id": one["ghsa"],
        "cve_id": None,
        "url": f"{base(ctx, repo)}/security-advisories/{one['ghsa']}",
        "html_url": f"{ctx.html}/{repo.full_name}/security/advisories/{one['ghsa']}",
        "summary": one["summary"],
        "description": one["description"],
        "severity": "low",
        "author": person(ctx, "alice"),
        "publisher": person(ctx, "alice"),
        "identifiers": [{"value": one["ghsa"], "type": "GHSA"}],
        "state": "published",
        "created_at": iso(one["created_at"]),
        "updated_at": iso(one["created_at"]),
        "published_at": iso(one["created_at"]),
        "closed_at": None,
        "withdrawn_at": None,
        "vulnerabilities": [],
        "cwes": [],
        "credits": [],
    }


def commit_comment(ctx, repo, one):
    url = f"{base(ctx, repo)}/comments/{one['id']}"
    return {
        "url": url,
        "html_url": f"{ctx.html}/{repo.full_name}/commit/{one['sha']}#commitcomment-{one['id']}",
        "id": one["id"],
        "node_id": node_id("CC", repo.id, one["id"]),
        "position": None,
        "line": None,
        "path": None,
        "commit_id": one["sha"],
        **written(ctx, one),
        "reactions": reactions(url),
    }


def gist_comment(ctx, gist, one):
    return {"url": f"{ctx.api}/gists/{gist.id}/comments/{one['id']}", "id": one["id"], "node_id": node_id("GC", one["id"]), **written(ctx, one)}


def branch(ctx, repo, name, sha):
    return {"name": name, "commit": {"sha": sha, "url": f"{base(ctx, repo)}/commits/{sha}"}, "protected": False}


def tag(ctx, repo, name, sha):
    url = base(ctx, repo)
    return {
        "name": name,
        "zipball_url": f"{url}/zipball/refs/tags/{name}",
        "tarball_url": f"{url}/tarball/refs/tags/{name}",
        "commit": {"sha": sha, "url": f"{url}/commits/{sha}"},
        "node_id": node_id("REF", repo.id),
    }


def ref(ctx, repo, name, sha):
    url = base(ctx, repo)
    target = {"type": "commit", "sha": sha, "url": f"{url}/git/commits/{sha}"}
    return {"ref": name, "node_id": node_id("REF", repo.id), "url": f"{url}/git/{name}", "object": target}
