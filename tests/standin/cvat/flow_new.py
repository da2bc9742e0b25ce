"""Exports by POST and /api/requests: families B, C, D (exchanges 01, 03, 05, 06, 13, 18, 22, 25)."""

import re
import urllib.parse

from . import auth, dataset
from .auth import DENIED, Refused
from .download import disposition, serve
from .listing import paginate
from .model import stamp
from .objects import fetch
from .wire import Response, detail, reply, server_error, text

UNKNOWN = "There is no request with specified id"
MOVED = (
    "This endpoint is no longer supported.\n"
    "To initiate the export process, use POST /api/{0}s/id/backup/export.\n"
    "To check the process status, use GET /api/requests/rq_id,\n"
    "where rq_id is obtained from the response of the "
    "previous request.\nTo download the prepared file, use the result_url obtained from the response of the "
    "previous request.\n"
)
TRUE, FALSE = ("true", "1", "yes", "y", "on", "t"), ("false", "0", "no", "n", "off", "f")
RQ_ID = re.compile(
    r"action=export&target=(?P<target>\w+)&target_id=(?P<id>\d+)&user_id=\d+&" r".*subresource=(?P<sub>\w+)\Z"
)
OLD_ID = re.compile(r"export:(?P<target>\w+)-(?P<id>\d+)-(?P<sub>\w+)(-in-.+-format)?-by-\d+\Z")


def rq_id(world, user, target, number, sub="backup", name=None, lightweight=False):
    """The id of a request: opaque to clients, written in two ways over the years."""
    if world.family != "D":
        middle = f"-in-{encode(name)}-format" if name else ""
        return f"export:{target}-{number}-{sub}{middle}-by-{user.id}"
    middle = f"&format={encode(name)}" if name else ""
    light = "&lightweight=True" if lightweight else ""
    return (
        f"action=export&target={target}&target_id={number}&user_id={user.id}{middle}{light}&subresource={sub}"
    )


def encode(words):
    return words.replace(".", "~").replace(" ", "_")


def check_location(world, request):
    """location: absent, local, or an answer that ends the request (exchange 03)."""
    place = request.query.get("location")
    if place in (None, "", "local"):
        return
    if place != "cloud_storage" or not request.query.get("cloud_storage_id"):
        raise Refused(server_error())
    raise Refused(reply(["CloudStorage matching query does not exist."], 400))


def check_lightweight(world, request, target, thing):
    """Is a lightweight backup wanted, and would it differ? 500 on junk and on a task without data."""
    if world.minor < 44 or "lightweight" not in request.query:
        return False
    words = request.query["lightweight"].lower()
    if words not in TRUE + FALSE:
        raise Refused(server_error())
    if words in FALSE:
        return False
    if target == "task":
        if thing.data is None:
            raise Refused(server_error())
        return thing.data.storage == "cloud_storage"
    return any(t.data and t.data.storage == "cloud_storage" for t in world.store.tasks_of(thing.id))


def conflict(world, record):
    """409: attach and poll. Before 2.37 the body is words."""
    if world.minor < 37:
        return reply("Request is being processed", 409)
    return reply({"rq_id": record.id}, 409)


def backup_export(target):
    """POST …/backup/export"""

    def view(world, request, id):
        thing = fetch(world, request, target, id)
        light = check_lightweight(world, request, target, thing)
        if target == "task" and thing.data is None:
            return reply(["Backup of a task without data is not allowed"], 400)
        check_location(world, request)
        name = rq_id(world, request.user, target, id, lightweight=light)
        known = world.jobs.get(name)
        if known is not None and known.pending:
            return conflict(world, known)
        record = world.exporter.backup_record(
            name, request.user, target, thing, world.store.now(), light or None
        )
        record.filename = request.query.get("filename") or world.exporter.file_name(target, thing, light)
        base = result_base(world, request, record)
        if world.family == "B":
            query = urllib.parse.urlencode([*request.query.items(), ("action", "download")])
            url = f"{base}/api/{target}s/{id}/backup?{query}"
        else:
            url = f"{base}/api/{target}s/{id}/backup/download?rq_id={urllib.parse.quote(name, safe='~')}"
        return start(world, record, url)

    return view


def result_base(world, request, record):
    """Scheme and host of result_url: those of the POST, unless a test wants another."""
    other = world.jobs.take(record, "result_host")
    return other["host"] if other else request.base


def start(world, record, url):
    """Queues; result_url shows up once the record is finished."""
    work = record.work

    def run(rec):
        work(rec)
        rec.result_url = url

    record.work = run
    world.jobs.submit(record)
    return reply({"rq_id": record.id}, 202)


def dataset_export(target):
    """POST …/dataset/export"""

    def view(world, request, id):
        thing = fetch(world, request, target, id)
        name = request.query.get("format", "")
        if not dataset.known(name):
            return reply(["Unknown format specified for the request"], 400)
        check_location(world, request)
        images = request.query.get("save_images", "false").lower() in TRUE
        sub = "dataset" if images else "annotations"
        key = rq_id(world, request.user, target, id, sub, name)
        known = world.jobs.get(key)
        if known is not None and known.pending:
            return conflict(world, known)
        record = world.exporter.dataset_record(
            key, request.user, target, thing, world.store.now(), name, images
        )
        record.filename = (
            request.query.get("filename") or f"{target}_{id}_{sub}_{stamp(thing.updated)}_{name}.zip".lower()
        )
        url = (
            f"{result_base(world, request, record)}/api/{target}s/{id}/dataset/download?rq_id="
            + urllib.parse.quote(key, safe="~")
        )
        return start(world, record, url)

    return view


def own_record(world, request, name):
    """The record, or 404 words, or 403 for other users."""
    record = world.jobs.get(name)
    if record is None:
        raise Refused(text(404, UNKNOWN))
    if record.user != request.user.id and not request.user.superuser:
        raise Refused(detail(403, DENIED))
    return record


def poll(world, request, name):
    record = own_record(world, request, name)
    return reply(record.view(world.store, world.family))


def cancel(world, request, name):
    auth.require_write(request)
    if not world.jobs.cancel(own_record(world, request, name)):
        return text(400, "Only requests that have not yet been started can be cancelled")
    return Response(200)


def requests(world, request):
    """The caller's own requests, newest first; the call frees jobs of dead workers."""
    world.jobs.reap()
    with world.jobs.lock:
        records = [r for r in reversed(world.jobs.records.values()) if r.user == request.user.id]
    query = request.query
    rows = []
    for record in records:
        view = record.view(world.store, world.family)
        operation = view["operation"]
        facts = {
            "status": record.status,
            "action": record.kind.partition(":")[0],
            "target": record.target,
            "subresource": record.kind.partition(":")[2],
            "format": record.format,
            **{k: operation.get(k) for k in ("project_id", "task_id", "job_id")},
        }
        if any(query.get(k) and str(v) != query[k] for k, v in facts.items()):
            continue
        if request.context.given and record.organization != request.context.organization:
            continue
        rows.append(view)
    return reply(paginate(request, rows))


def download(target, subresources):
    """GET …/backup/download and …/dataset/download: repeatable until it expires."""

    def view(world, request, id):
        thing = fetch(world, request, target, id)
        name = request.query.get("rq_id")
        if name is None:
            return reply(["Missing request id in the query parameters"], 400)
        parts = RQ_ID.match(name) or OLD_ID.match(name)
        if parts is None:
            return reply(["Unexpected request id format"], 400)
        if parts["target"] != target or int(parts["id"]) != thing.id or parts["sub"] not in subresources:
            return reply(["Invalid export request id"], 400)
        record = world.jobs.get(name)
        if record is None:
            return text(400, "Unknown export request id")
        if record.user != request.user.id and not request.user.superuser:
            return detail(403, DENIED)
        if record.status != "finished":
            return text(400, "The export process is not finished")
        if record.result.gone:
            return reply("The exported file has expired, please retry exporting", 404)
        return serve(request, record.result, disposition(record.filename))

    return view


def gone(target):
    """The old route on a new server: 410 (exchange 13)."""

    def view(world, request, id):
        return text(410, MOVED.format(target))

    return view


def routes(app):
    for target in ("project", "task", "job"):
        path = rf"/api/{target}s/(?P<id>\d+)"
        app.add(f"{path}/dataset/export", {"POST": dataset_export(target)}, families="BCD")
        app.add(
            f"{path}/dataset/download", {"GET": download(target, ("dataset", "annotations"))}, families="BCD"
        )
        if target == "job":
            continue
        app.add(f"{path}/backup/export", {"POST": backup_export(target)}, families="BCD")
        app.add(f"{path}/backup/download", {"GET": download(target, ("backup",))}, families="CD")
        app.add(f"{path}/backup", {"GET": gone(target)}, families="CD")
    app.add(r"/api/requests", {"GET": requests}, families="BCD")
    app.add(r"/api/requests/(?P<name>.+)/cancel", {"POST": cancel}, families="BCD")
    app.add(r"/api/requests/(?P<name>[^/]+)", {"GET": poll}, families="BCD")
