"""Projects, tasks, jobs, labels: reading and writing (exchanges 11, 17, 24, 28, 30)."""

from . import auth, ops
from .auth import DENIED, Refused, forbid, listed, may
from .listing import order, paginate, select
from .wire import Response, detail, reply

MODELS = {
    "project": "Project",
    "task": "Task",
    "job": "Job",
    "guide": "AnnotationGuide",
    "asset": "Asset",
    "label": "Label",
    "issue": "Issue",
}


def missing(world, kind):
    """404 of a detail route; family A says less."""
    if world.family == "A":
        raise Refused(detail(404, "Not found."))
    raise Refused(detail(404, f"No {MODELS[kind]} matches the given query."))


def fetch(world, request, kind, number):
    """The object, or 404, or 403."""
    thing = getattr(world.store, kind + "s").get(number)
    if thing is None:
        missing(world, kind)
    if not may(world.store, request.user, kind, thing):
        raise Refused(detail(403, DENIED))
    return thing


def visible(world, request, kind):
    """Objects of a kind that a list shows, as rows of the view."""
    store, user, context = world.store, request.user, request.context
    context.check_member(store, user)
    things = getattr(store, kind + "s").values()
    # A plain parent parameter narrows the objects before they are rendered.
    for parent in ("project", "task"):
        words = request.query.get(f"{parent}_id")
        if words and words.isdigit():
            things = [t for t in things if parent_of(store, kind, t, parent) == int(words)]
    render = getattr(request.views, kind)
    return [render(t) for t in things if listed(store, user, context, kind, t)]


def parent_of(store, kind, thing, parent):
    if kind == "job":
        return thing.task if parent == "task" else store.tasks[thing.task].project
    if kind == "task" and parent == "project":
        return thing.project
    return None


def lister(kind):
    """GET of a list."""

    def view(world, request):
        rows = select(kind, visible(world, request, kind), request, world.store, world.family)
        return reply(paginate(request, order(kind, rows, request.query.get("sort"), world.store)))

    return view


def reader(kind):
    """GET of one object."""

    def view(world, request, id):
        return reply(getattr(request.views, kind)(fetch(world, request, kind, id)))

    return view


def patcher(kind):
    """PATCH of one object."""

    def view(world, request, id):
        auth.require_write(request)
        thing = fetch(world, request, kind, id)
        getattr(ops, f"patch_{kind}")(world, thing, request.json())
        return reply(getattr(request.views, kind)(thing))

    return view


def deleter(kind):
    def view(world, request, id):
        auth.require_write(request)
        getattr(ops, f"delete_{kind}")(world, fetch(world, request, kind, id))
        return Response(204)

    return view


def create_project(world, request):
    auth.require_write(request)
    request.context.check_member(world.store, request.user)
    made = ops.create_project(world, request.json(), request.user.id, request.context.organization)
    return reply(request.views.project(made), 201)


def create_task(world, request):
    auth.require_write(request)
    given = request.json()
    organization = request.context.organization
    if given.get("project_id"):
        organization = fetch(world, request, "project", given["project_id"]).organization
    made = ops.create_task(world, given, request.user.id, organization)
    return reply(request.views.task(made), 201)


def create_job(world, request):
    """Ground truth jobs are the only ones that can be made by hand."""
    auth.require_write(request)
    given = request.json()
    task = fetch(world, request, "task", given["task_id"])
    return reply(request.views.job(ops.create_gt_job(world, task, given.get("frames"))), 201)


def labels(world, request):
    """Labels of a project, a task or a job; sublabels are nested."""
    store, query = world.store, request.query
    if query.get("project_id"):
        found = store.labels_of(project=fetch(world, request, "project", int(query["project_id"])).id)
    elif query.get("task_id"):
        found = store.labels_of(fetch(world, request, "task", int(query["task_id"])))
    elif query.get("job_id"):
        found = store.labels_of(store.tasks[fetch(world, request, "job", int(query["job_id"])).task])
    else:
        found = [x for x in store.labels.values() if x.parent is None and label_visible(world, request, x)]
    rows = [request.views.label(x) for x in found]
    return reply(paginate(request, order("label", rows, query.get("sort") or "id", store)))


def label_visible(world, request, label):
    kind = "project" if label.project is not None else "task"
    thing = getattr(world.store, kind + "s").get(label.project if kind == "project" else label.task)
    return thing is not None and may(world.store, request.user, kind, thing)


def label_of(world, request, id):
    label = world.store.labels.get(id)
    if label is None:
        missing(world, "label")
    if not label_visible(world, request, label):
        forbid()
    return label


def read_label(world, request, id):
    return reply(request.views.label(label_of(world, request, id)))


def patch_label(world, request, id):
    auth.require_write(request)
    label = label_of(world, request, id)
    ops.patch_label(world, label, request.json())
    return reply(request.views.label(label))


def delete_label(world, request, id):
    auth.require_write(request)
    ops.delete_label(world, label_of(world, request, id))
    return Response(204)


def bad_number(world, request, rest):
    """An id that is no number (exchange 13)."""
    return detail(404, "Not found.")


def routes(app):
    creators = {"project": create_project, "task": create_task, "job": create_job}
    for kind, create in creators.items():
        app.add(f"/api/{kind}s", {"GET": lister(kind), "POST": create}, keep=True)
        app.add(
            rf"/api/{kind}s/(?P<id>\d+)",
            {"GET": reader(kind), "PATCH": patcher(kind), "DELETE": deleter(kind)},
            keep=True,
        )
        app.add(rf"/api/{kind}s/(?P<rest>(?!backup)[^/0-9][^/]*)", {"GET": bad_number})
        app.add(
            rf"/api/{kind}s/(?P<rest>(?!backup)[^/0-9][^/]*/backup/export)",
            {"POST": bad_number},
            families="BCD",
        )
    app.add(r"/api/labels", {"GET": labels}, keep=True)
    app.add(r"/api/labels/(?P<id>\d+)", {"GET": read_label, "PATCH": patch_label, "DELETE": delete_label})
