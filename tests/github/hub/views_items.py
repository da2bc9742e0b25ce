"""REST shapes of issues, pull requests and their parts, releases, labels, milestones, hooks, advisories."""

from . import views
from .model import iso, node_id

REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def person(ctx, login):
    return views.user(ctx, ctx.store.account(login)) if login else None


def reactions(url):
    return {"url": url + "/reactions", "total_count": 0, **{name: 0 for name in REACTIONS}}


def base(ctx, repo):
    return f"{ctx.api}/repos/{repo.full_name}"


def label(ctx, repo, one):
    number = one["id"]
    return {
        "id": number,
        "node_id": node_id("LA", repo.id, number),
        "url": f"{base(ctx, repo)}/labels/{one['name'].replace(' ', '%20')}",
        "name": one["name"],
        "color": one["color"],
        "default": False,
        "description": one.get("description"),
    }


def milestone(ctx, repo, one):
    url = f"{base(ctx, repo)}/milestones/{one['number']}"
    held = [i for i in repo.items.issues if i["milestone"] == one["number"]]
    return {
        "url": url,
        "html_url": f"{ctx.html}/{repo.full_name}/milestone/{one['number']}",
        "labels_url": url + "/labels",
        "id": one["id"],
        "node_id": node_id("MI", repo.id, one["id"]),
        "number": one["number"],
        "title": one["title"],
        "description": one.get("description"),
        "creator": person(ctx, one["user"]),
        "open_issues": sum(i["state"] == "open" for i in held),
        "closed_issues": sum(i["state"] == "closed" for i in held),
        "state": one["state"],
        "created_at": iso(one["created_at"]),
        "updated_at": iso(one["updated_at"]),
        "due_on": None,
        "closed_at": None,
    }


def shared(ctx, repo, one):
    """What an issue and a pull request have in common."""
    labels = [label(ctx, repo, found) for found in repo.items.labels if found["name"] in one["labels"]]
    stones = [milestone(ctx, repo, found) for found in repo.items.milestones if found["number"] == one["milestone"]]
    return {
        "id": one["id"],
        "number": one["number"],
        "title": one["title"],
        "user": person(ctx, one["user"]),
        "labels": labels,
        "state": one["state"],
        "locked": False,
        "assignee": None,
        "assignees": [],
        "milestone": stones[0] if stones else None,
        "created_at": iso(one["created_at"]),
        "updated_at": iso(one["updated_at"]),
        "closed_at": iso(one["closed_at"]),
        "author_association": "MEMBER",
        "active_lock_reason": None,
        "body": one["body"],
    }


def issue(ctx, repo, one):
    url = f"{base(ctx, repo)}/issues/{one['number']}"
    kind = "pull" if one["pull"] else "issues"
    out = {
        "url": url,
        "repository_url": base(ctx, repo),
        "labels_url": url + "/labels{/name}",
        "comments_url": url + "/comments",
        "events_url": url + "/events",
        "html_url": f"{ctx.html}/{repo.full_name}/{kind}/{one['number']}",
        "node_id": node_id("PR" if one["pull"] else "I", repo.id, one["id"]),
        **shared(ctx, repo, one),
        "comments": len(one["comments"]),
        "closed_by": None,
        "reactions": reactions(url),
        "timeline_url": url + "/timeline",
        "performed_via_github_app": None,
        "state_reason": "completed" if one["state"] == "closed" else None,
    }
    if one["pull"]:
        html = f"{ctx.html}/{repo.full_name}/pull/{one['number']}"
        out["draft"] = False
        out["pull_request"] = {
            "url": f"{base(ctx, repo)}/pulls/{one['number']}",
            "html_url": html,
            "diff_url": html + ".diff",
            "patch_url": html + ".patch",
            "merged_at": iso(one["pull"]["merged_at"]),
        }
    return out


def pull(ctx, repo, one, full=False):
    made, url = one["pull"], f"{base(ctx, repo)}/pulls/{one['number']}"
    html = f"{ctx.html}/{repo.full_name}/pull/{one['number']}"
    issue_url = f"{base(ctx, repo)}/issues/{one['number']}"
    out = {
        "url": url,
        "node_id": node_id("PR", repo.id, one["id"]),
        "html_url": html,
        "diff_url": html + ".diff",
        "patch_url": html + ".patch",
        "issue_url": issue_url,
        **shared(ctx, repo, one),
        "merged_at": iso(made["merged_at"]),
        "merge_commit_sha": made["head_sha"],
        "requested_reviewers": [],
        "requested_teams": [],
        "draft": False,
        "commits_url": url + "/commits",
        "review_comments_url": url + "/comments",
        "review_comment_url": f"{base(ctx, repo)}/pulls/comments{{/number}}",
        "comments_url": issue_url + "/comments",
        "statuses_url": f"{base(ctx, repo)}/statuses/{made['head_sha']}",
        "head": side(ctx, repo, made["head"], made["head_sha"]),
        "base": side(ctx, repo, made["base"], made["base_sha"]),
        "_links": {"self": {"href": url}, "html": {"href": html}, "issue": {"href": issue_url}},
        "auto_merge": None,
    }
    if full:
        out |= {"merged": made["merged_at"] is not None, "mergeable": None, "rebaseable": None, "mergeable_state": "unknown"}
        out |= {"merged_by": None, "comments": len(one["comments"]), "review_comments": len(made["review_comments"])}
        out |= {"maintainer_can_modify": False, "commits": len(made["commits"]), "additions": 1, "deletions": 0, "changed_files": 1}
    return out


def side(ctx, repo, branch, sha):
    owner = repo.owner
    return {"label": f"{owner.login}:{branch}", "ref": branch, "sha": sha, "user": views.user(ctx, owner), "repo": views.repository(ctx, repo)}


def comment(ctx, repo, one, number):
    """A comment in the conversation of an issue or pull request."""
    url = f"{base(ctx, repo)}/issues/comments/{one['id']}"
    return {
        "url": url,
        "html_url": f"{ctx.html}/{repo.full_name}/issues/{number}#issuecomment-{one['id']}",
        "issue_url": f"{base(ctx, repo)}/issues/{number}",
        "id": one["id"],
        "node_id": node_id("IC", repo.id, one["id"]),
        **written(ctx, one),
        "reactions": reactions(url),
        "performed_via_github_app": None,
    }


def written(ctx, one):
    return {
        "user": person(ctx, one["user"]),
        "created_at": iso(one["created_at"]),
        "updated_at": iso(one["updated_at"]),
        "body": one["body"],
        "author_association": "MEMBER",
    }


def event(ctx, repo, one, number=None):
    """An event of an issue; with a number also its issue, as in the list of the whole repository."""
    out = {
        "id": one["id"],
        "node_id": node_id("LE", repo.id, one["id"]),
        "url": f"{base(ctx, repo)}/issues/events/{one['id']}",
        "actor": person(ctx, one["user"]),
        "event": one["event"],
        "commit_id": None,
        "commit_url": None,
        "created_at": iso(one["created_at"]),
        "performed_via_github_app": None,
    }
    if "label" in one:
        out["label"] = {"name": one["label"], "color": "d73a4a"}
    if number is not None:
        out["issue"] = next(issue(ctx, repo, i) for i in repo.items.issues if i["number"] == number)
    return out


def review_comment(ctx, repo, one, number):
    pull_url, url = f"{base(ctx, repo)}/pulls/{number}", f"{base(ctx, repo)}/pulls/comments/{one['id']}"
    return {
        "url": url,
        "pull_request_review_id": one["review"],
        "id": one["id"],
        "node_id": node_id("PRRC", repo.id, one["id"]),
        "diff_hunk": "@@ -0,0 +1 @@",
        "path": one["path"],
        "commit_id": one["sha"],
        "original_commit_id": one["sha"],
        **written(ctx, one),
        "html_url": f"{ctx.html}/{repo.full_name}/pull/{number}#discussion_r{one['id']}",
        "pull_request_url": pull_url,
        "_links": {"self": {"href": url}, "pull_request": {"href": pull_url}},
        "reactions": reactions(url),
        "line": 1,
        "original_line": 1,
        "side": "RIGHT",
        "subject_type": "line",
    }


def review(ctx, repo, one, number):
    return {
        "id": one["id"],
        "node_id": node_id("PRR", repo.id, one["id"]),
        "user": person(ctx, one["user"]),
        "body": one["body"],
        "state": one["state"],
        "html_url": f"{ctx.html}/{repo.full_name}/pull/{number}#pullrequestreview-{one['id']}",
        "pull_request_url": f"{base(ctx, repo)}/pulls/{number}",
        "author_association": "MEMBER",
        "submitted_at": iso(one["created_at"]),
        "commit_id": one["sha"],
    }


def commit(ctx, repo, one):
    url = f"{base(ctx, repo)}/commits/{one['sha']}"
    who = {"name": "Alice Example", "email": "alice@example.org", "date": iso(one["created_at"])}
    git = {"author": who, "committer": who, "message": one["message"], "url": f"{base(ctx, repo)}/git/commits/{one['sha']}", "comment_count": 0}
    return {
        "sha": one["sha"],
        "node_id": "C_" + one["sha"][:20],
        "commit": git,
        "url": url,
        "html_url": f"{ctx.html}/{repo.full_name}/commit/{one['sha']}",
        "comments_url": url + "/comments",
        "author": person(ctx, "alice"),
        "committer": person(ctx, "alice"),
        "parents": [],
    }
