"""Guides, assets, issues, comments (exchanges 11, 28; A-11)."""

from . import auth, ops, ops_parts
from .auth import forbid, listed, may
from .dates import touch
from .download import ExportedFile, WholeFile, serve
from .listing import order, paginate, select
from .objects import fetch, missing
from .wire import Response, reply

TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".pdf": "application/pdf",
}


def guide_owner(world, guide):
    if guide.project is not None:
        return "project", world.store.projects[guide.project]
    return "task", world.store.tasks[guide.task]


def fetch_guide(world, request, id):
    guide = world.store.guides.get(id)
    if guide is None:
        missing(world, "guide")
    if not may(world.store, request.user, *guide_owner(world, guide)):
        forbid()
    return guide


def read_guide(world, request, id):
    return reply(request.views.guide(fetch_guide(world, request, id)))


def patch_guide(world, request, id):
    auth.require_write(request)
    guide = fetch_guide(world, request, id)
    ops.set_guide_text(world, guide, request.json().get("markdown", guide.markdown))
    return reply(request.views.guide(guide))


def delete_guide(world, request, id):
    auth.require_write(request)
    guide = fetch_guide(world, request, id)
    thing = guide_owner(world, guide)[1]
    thing.guide = None
    del world.store.guides[id]
    touch(world, thing)
    return Response(204)


def create_guide(world, request):
    auth.require_write(request)
    given = request.json()
    kind = "project" if given.get("project_id") else "task"
    thing = fetch(world, request, kind, given.get("project_id") or given.get("task_id"))
    return reply(request.views.guide(ops.create_guide(world, kind, thing, given.get("markdown", ""))), 201)


def fetch_asset(world, request, uuid):
    asset = world.store.assets.get(uuid)
    if asset is None:
        missing(world, "asset")
    guide = world.store.guides[asset.guide]
    if not may(world.store, request.user, *guide_owner(world, guide)):
        forbid()
    return asset


def read_asset(world, request, uuid):
    """The file itself, whatever Accept says."""
    asset = fetch_asset(world, request, uuid)
    kind = TYPES.get("." + asset.name.rpartition(".")[2].lower(), "application/octet-stream")
    name = asset.name.replace("\\", "\\\\").replace('"', '\\"')
    return serve(
        request, ExportedFile(WholeFile(asset.file), asset.file.mtime), f'inline; filename="{name}"', kind
    )


def create_asset(world, request):
    auth.require_write(request)
    fields = {name: (file_name, data) for name, file_name, data in request.multipart(world.directory)}
    guide = fetch_guide(world, request, int(fields["guide_id"][1].read()))
    name, data = fields["file"]
    with world.store.lock:
        return reply(request.views.asset(ops.add_asset(world, guide, name, data.read())), 201)


def issues(world, request):
    request.context.check_member(world.store, request.user)
    rows = [
        request.views.issue(i)
        for i in world.store.issues.values()
        if listed(world.store, request.user, request.context, "job", world.store.jobs[i.job])
    ]
    rows = select("issue", rows, request, world.store, world.family)
    return reply(paginate(request, order("issue", rows, request.query.get("sort"), world.store)))


def create_issue(world, request):
    auth.require_write(request)
    given = request.json()
    job = fetch(world, request, "job", given["job"])
    issue = ops.add_issue(
        world,
        job,
        given.get("frame", 0),
        given.get("position", []),
        request.user.id,
        given.get("message", ""),
    )
    issue.assignee = given.get("assignee")
    return reply(request.views.issue(issue), 201)


def patch_issue(world, request, id):
    auth.require_write(request)
    issue = world.store.issues.get(id)
    if issue is None:
        missing(world, "issue")
    fetch(world, request, "job", issue.job)
    ops_parts.patch_issue(world, issue, request.json())
    return reply(request.views.issue(issue))


def comments(world, request):
    store = world.store
    request.context.check_member(store, request.user)
    rows = [
        request.views.comment(c)
        for c in store.comments.values()
        if listed(store, request.user, request.context, "job", store.jobs[store.issues[c.issue].job])
    ]
    rows = select("comment", rows, request, store, world.family)
    return reply(paginate(request, order("comment", rows, request.query.get("sort"), store)))


def create_comment(world, request):
    auth.require_write(request)
    given = request.json()
    issue = world.store.issues.get(given["issue"])
    if issue is None:
        missing(world, "issue")
    comment = ops.add_comment(world, issue, request.user.id, given.get("message", ""))
    return reply(request.views.comment(comment), 201)


def routes(app):
    app.add(r"/api/guides", {"POST": create_guide})
    app.add(
        r"/api/guides/(?P<id>\d+)",
        {"GET": read_guide, "PATCH": patch_guide, "DELETE": delete_guide},
        keep=True,
    )
    app.add(r"/api/assets", {"POST": create_asset}, lock=False)
    app.add(r"/api/assets/(?P<uuid>[0-9a-f-]{36})", {"GET": read_asset})
    app.add(r"/api/issues", {"GET": issues, "POST": create_issue})
    app.add(r"/api/issues/(?P<id>\d+)", {"PATCH": patch_issue})
    app.add(r"/api/comments", {"GET": comments, "POST": create_comment})
