"""Fields of issues, pull requests, discussions, releases, labels and milestones."""

from ..model import iso, node_id
from .types import F, Thing, connection, const, item

PREFIXES = {"Issue": "I", "PullRequest": "PR", "Discussion": "D", "DiscussionComment": "DC", "Release": "RE", "Label": "LA", "Milestone": "MI"}


def key_of(thing):
    return node_id(PREFIXES[thing.type], thing.repository.id, thing.data["id"])


def find(repo, key):
    """An issue, pull request, discussion or one of its comments by global id."""
    for one in issues(repo, False) + issues(repo, True) + discussions(repo):
        if key_of(one) == key:
            return one
        for comment in one.data["comments"] if one.type == "Discussion" else ():
            made = Thing("DiscussionComment", repo, comment, of=one)
            if key_of(made) == key:
                return made
    return None


def issues(repo, pulls):
    if not pulls and not repo.has_issues:
        return []
    kind = "PullRequest" if pulls else "Issue"
    return [Thing(kind, repo, one) for one in repo.items.issues if bool(one["pull"]) == pulls]


def discussions(repo):
    return [Thing("Discussion", repo, one) for one in repo.items.discussions]


def in_states(rows, args):
    wanted = args.get("states")
    return [one for one in rows if not wanted or one.data["state"].upper() in wanted]


def sort_key(thing, args):
    order = (args.get("orderBy") or {}).get("field", "CREATED_AT")
    return (thing.data["updated_at" if order == "UPDATED_AT" else "created_at"], thing.data["id"])


def falling(args):
    return (args.get("orderBy") or {}).get("direction") == "DESC"


def listed(name):
    """Things of a simple list of the repository."""
    kinds = {"releases": "Release", "labels": "Label", "milestones": "Milestone"}
    return lambda c, r, a: [Thing(kinds[name], r, one) for one in getattr(r.items, name)]


def by_number(rows, number):
    return next((one for one in rows if one.data["number"] == number), None)


def by_id(thing, args):
    return (thing.data["id"],)


def nobody(ctx, thing, args):
    return []


def person(name="user"):
    return F(lambda c, t, a: c.store.account(t.data[name]) if t.data.get(name) else None, "Actor")


def when(name):
    return F(lambda c, t, a: iso(t.data.get(name)))


def path(thing):
    words = {"Issue": "issues", "PullRequest": "pull", "Discussion": "discussions"}
    if thing.type == "DiscussionComment":
        return f"{path(thing.of)}#discussioncomment-{thing.data['id']}"
    return f"/{thing.repository.full_name}/{words.get(thing.type, 'x')}/{thing.data['number']}"


def references(ctx, thing, args):
    """Cross-references on the timeline; other events are not offered."""
    if "CROSS_REFERENCED_EVENT" not in (args.get("itemTypes") or ["CROSS_REFERENCED_EVENT"]):
        return []
    return [Thing("CrossReferencedEvent", thing.repository, {**one, "id": n}) for n, one in enumerate(thing.data["references"])]


COMMON = {
    "id": F(lambda c, t, a: key_of(t)),
    "databaseId": item("id"),
    "number": item("number"),
    "title": item("title"),
    "body": item("body"),
    "bodyText": item("body"),
    "bodyHTML": F(lambda c, t, a: f"<p>{t.data['body']}</p>"),
    "createdAt": when("created_at"),
    "updatedAt": when("updated_at"),
    "publishedAt": when("created_at"),
    "lastEditedAt": const(None),
    "includesCreatedEdit": const(False),
    "createdViaEmail": const(False),
    "editor": F(lambda c, t, a: None, "Actor"),
    "author": person(),
    "authorAssociation": const("MEMBER"),
    "url": F(lambda c, t, a: c.html + path(t)),
    "resourcePath": F(lambda c, t, a: path(t)),
    "locked": const(False),
    "activeLockReason": const(None),
    "stateReason": const(None),
    "reactionGroups": F(lambda c, t, a: [Thing("ReactionGroup", t.repository, {"content": "THUMBS_UP"})], "ReactionGroup", many=True),
    "upvoteCount": const(1),
}
ISSUE = {
    **COMMON,
    "state": F(lambda c, t, a: t.data["state"].upper()),
    "closed": F(lambda c, t, a: t.data["state"] == "closed"),
    "closedAt": when("closed_at"),
    "comments": connection(
        "IssueComment", lambda c, t, a: [Thing("IssueComment", t.repository, one, of=t) for one in t.data["comments"]], by_id, ("orderBy",)
    ),
    "timelineItems": connection("TimelineItem", references, by_id, ("itemTypes", "since", "skip")),
    "labels": connection(
        "Label",
        lambda c, t, a: [Thing("Label", t.repository, one) for one in t.repository.items.labels if one["name"] in t.data["labels"]],
        by_id,
        ("orderBy",),
    ),
}
PULL = {
    **ISSUE,
    "merged": F(lambda c, t, a: t.data["pull"]["merged_at"] is not None),
    "headRefName": F(lambda c, t, a: t.data["pull"]["head"]),
    "headRefOid": F(lambda c, t, a: t.data["pull"]["head_sha"]),
    "baseRefName": F(lambda c, t, a: t.data["pull"]["base"]),
}


def comments(ctx, thing, args):
    rows = thing.data["comments"] if thing.type == "Discussion" else thing.data["replies"]
    return [Thing("DiscussionComment", thing.repository, {"replies": [], **one}, of=getattr(thing, "of", thing), parent=thing) for one in rows]


DISCUSSION = {
    **COMMON,
    "closed": const(False),
    "closedAt": const(None),
    "isAnswered": const(False),
    "answer": F(lambda c, t, a: None, "DiscussionComment"),
    "answerChosenAt": const(None),
    "answerChosenBy": F(lambda c, t, a: None, "Actor"),
    "category": F(lambda c, t, a: Thing("DiscussionCategory", t.repository, {}), "DiscussionCategory"),
    "labels": connection("Label", nobody, by_id, ("orderBy",)),
    "poll": F(lambda c, t, a: None, "DiscussionPoll"),
    "comments": connection("DiscussionComment", comments, by_id),
}
DISCUSSION_COMMENT = {
    **COMMON,
    "deletedAt": const(None),
    "isAnswer": const(False),
    "isMinimized": const(False),
    "minimizedReason": const(None),
    "replyTo": F(lambda c, t, a: t.parent if getattr(t, "parent", t.of).type == "DiscussionComment" else None, "DiscussionComment"),
    "replies": connection("DiscussionComment", comments, by_id),
}

REPOSITORY = {
    "issues": connection("Issue", lambda c, r, a: in_states(issues(r, False), a), sort_key, ("orderBy", "states", "labels", "filterBy"), falling),
    "pullRequests": connection(
        "PullRequest", lambda c, r, a: in_states(issues(r, True), a), sort_key, ("orderBy", "states", "labels", "baseRefName"), falling
    ),
    "discussions": connection("Discussion", lambda c, r, a: discussions(r), sort_key, ("orderBy", "states", "categoryId", "answered"), falling),
    "releases": connection("Release", listed("releases"), by_id, ("orderBy",), falling),
    "labels": connection("Label", listed("labels"), by_id, ("orderBy", "query"), falling),
    "milestones": connection("Milestone", listed("milestones"), by_id, ("orderBy", "states", "query"), falling),
    "issue": F(lambda c, r, a: by_number(issues(r, False), a["number"]), "Issue", ("number",)),
    "pullRequest": F(lambda c, r, a: by_number(issues(r, True), a["number"]), "PullRequest", ("number",)),
    "discussion": F(lambda c, r, a: by_number(discussions(r), a["number"]), "Discussion", ("number",)),
}
TYPES = {
    "Issue": ISSUE,
    "PullRequest": PULL,
    "IssueComment": {k: v for k, v in COMMON.items() if k in ("databaseId", "body", "createdAt", "updatedAt", "author")},
    "TimelineItem": {},
    "CrossReferencedEvent": {"createdAt": when("created_at")},
    "Discussion": DISCUSSION,
    "DiscussionComment": {k: v for k, v in DISCUSSION_COMMENT.items() if k not in ("number", "title", "locked", "stateReason", "activeLockReason")},
    "DiscussionPoll": {
        "id": const(None),
        "question": const(None),
        "totalVoteCount": const(0),
        "options": connection("DiscussionPollOption", nobody, by_id, ("orderBy",)),
    },
    "DiscussionPollOption": {"id": const(None), "option": const(None), "totalVoteCount": const(0)},
    "DiscussionCategory": {
        name: const(value)
        for name, value in {
            "id": "DIC_kwDO",
            "name": "General",
            "slug": "general",
            "emoji": ":speech_balloon:",
            "emojiHTML": "<div>💬</div>",
            "description": "Chat",
            "isAnswerable": False,
            "createdAt": "2025-01-01T00:00:00Z",
            "updatedAt": "2025-01-01T00:00:00Z",
        }.items()
    },
    "ReactionGroup": {"content": item("content"), "reactors": connection("Actor", nobody, by_id)},
    "Release": {
        "id": F(lambda c, t, a: key_of(t)),
        "databaseId": item("id"),
        "tagName": item("tag"),
        "name": item("name"),
        "isDraft": item("draft"),
        "createdAt": when("created_at"),
        "updatedAt": when("created_at"),
    },
    "Label": {"id": F(lambda c, t, a: key_of(t)), "name": item("name"), "color": item("color"), "description": item("description")},
    "Milestone": {"id": F(lambda c, t, a: key_of(t)), "number": item("number"), "title": item("title"), "updatedAt": when("updated_at")},
}
ABSTRACT = {"TimelineItem": {"CrossReferencedEvent"}}
