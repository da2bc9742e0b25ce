"""The control plane under /__standin__/ (README.md lists every verb)."""

import json
import re

from . import mutate
from .auth import access_token, login_token
from .download import ExportedFile
from .store import TABLES
from .vzip import Member, VirtualZip
from .wire import Response

PREFIX = "/__standin__/"
ORDERED = ("fail", "dead_worker", "never", "slow", "queued", "result_host", "rebuild")


def answer(value, status=200):
    return Response(status, json.dumps(value).encode(), kind="application/json")


def handle(app, request):
    """One order; mistakes are answered with 400 and the reason."""
    verb = request.path[len(PREFIX) :].strip("/").replace("/", "_") or "state"
    function = VERBS.get((request.method, verb))
    if function is None:
        return answer({"error": f"no such verb: {request.method} {verb}"}, 404)
    try:
        body = request.body()
        return answer(function(app, json.loads(body) if body.strip() else {}, request.query))
    except (KeyError, ValueError, TypeError, AttributeError, re.error, StopIteration) as error:
        return answer({"error": f"{type(error).__name__}: {error}"}, 400)


def fault(app, given, query):
    """A fault, or a list of faults."""
    for spec in given if isinstance(given, list) else [given]:
        app.faults.add(spec)
    return {"faults": len(app.faults.rules)}


def faults(app, given, query):
    return [
        {
            "method": r.method,
            "path": r.path.pattern,
            "count": r.count,
            "skip": r.skip,
            "hits": r.hits,
            "action": r.action,
        }
        for r in app.faults.rules
    ]


def clear(app, given, query):
    app.faults.clear()
    app.world.jobs.behaviours.clear()
    app.world.unhealthy.clear()
    return {}


def export(app, given, query):
    """Behaviour of exports: ordered for the next ones, or done at once."""
    world, kind = app.world, given["kind"]
    target, number = given.get("target"), given.get("id")
    if kind in ORDERED:
        world.jobs.order(given)
    elif kind == "kill":
        world.jobs.kill(given.get("rq_id"))
    elif kind == "expire":
        what = given.get("what", "both")
        if what in ("file", "both"):
            world.exporter.expire_files(target, number)
        if what in ("record", "both"):
            world.exporter.expire_records(target, number)
    elif kind == "swap":
        return {"swapped": swap(world, target, number)}
    elif kind == "edit_during_build":
        world.exporter.during[(target, number)] = lambda: mutate.run(world, given["mutate"])
    else:
        raise ValueError(f"unknown kind: {kind}")
    return {}


def swap(world, target, number):
    """Another file behind the same URL, one byte longer, with its own time and ETag (exchange 23)."""
    count = 0
    with world.jobs.lock:
        for record in world.jobs.records.values():
            if (
                record.result is None
                or target not in (None, record.target)
                or number not in (None, record.target_id)
            ):
                continue
            extra = Member("swapped.txt", (2026, 1, 1, 0, 0, 0), 0o600 << 16, b"another file\n")
            archive = VirtualZip([extra, *members_of(world, record)])
            record.result = ExportedFile(archive, record.result.mtime + 7)
            count += 1
    return count


def members_of(world, record):
    from . import backup

    thing = world.exporter.table(record.target)[record.target_id]
    if record.target == "project":
        return backup.project_members(world.store, thing, world.family)
    return backup.task_members(world.store, thing, world.family)


def do_mutate(app, given, query):
    """One edit or a list of edits."""
    if isinstance(given, list):
        return [mutate.run(app.world, one) for one in given]
    return mutate.run(app.world, given)


def log(app, given, query):
    """Requests, filtered by path (regex), method, status, since (number)."""
    pattern = re.compile(query.get("path", ""))
    since = int(query.get("since", 0))
    return [
        e
        for e in list(app.log.entries)
        if e["n"] > since
        and pattern.search(f"{e['path']}?{e['query']}")
        and query.get("method") in (None, e["method"])
        and query.get("status") in (None, str(e["status"]))
    ]


def log_clear(app, given, query):
    app.log.entries.clear()
    return {}


def state(app, given, query):
    """Counts, and the well-known credentials."""
    world = app.world
    counts = {t: len(getattr(world.store, t)) for t in TABLES}
    users = {
        u.username: {
            "id": u.id,
            "password": u.password,
            "token": u.token or login_token(u.username),
            "access_token": access_token(u.username),
        }
        for u in world.store.users.values()
    }
    return {
        "family": world.family,
        "version": world.version,
        "counts": counts,
        "users": users,
        "writer_access_token": access_token("admin-writer"),
        "requests": app.log.number,
        "builds": world.exporter.builds,
        "exports": world.jobs.finished_exports,
        "records": {
            k: {"status": r.status, "message": r.message} for k, r in list(world.jobs.records.items())
        },
        "faults": len(app.faults.rules),
        "behaviours": world.jobs.behaviours,
        "uploads": len(world.uploads),
        "sessions": len(world.auth.sessions),
    }


def reset(app, given, query):
    app.world.reset()
    app.log.entries.clear()
    return {}


def config(app, given, query):
    """Options that can be turned while the server runs."""
    world = app.world
    if "throttle" in given:
        app.throttle.limit = int(given["throttle"])
        app.throttle.calls = {}
    if "build_ms" in given:
        world.jobs.build_seconds = given["build_ms"] / 1000
    if "import_ms" in given:
        world.jobs.import_seconds = given["import_ms"] / 1000
    if "one_job_per_user" in given:
        world.jobs.one_per_user = bool(given["one_job_per_user"])
    if "ttl" in given:
        world.jobs.ttl = float(given["ttl"])
    if "basic_delay_ms" in given:
        world.auth.basic_delay = given["basic_delay_ms"] / 1000
    if "health" in given:
        world.unhealthy = dict(given["health"])
    if "clock_shift" in given:
        world.store.clock_shift = float(given["clock_shift"])
    return {}


VERBS = {
    ("POST", "fault"): fault,
    ("GET", "fault"): faults,
    ("POST", "clear"): clear,
    ("POST", "export"): export,
    ("POST", "mutate"): do_mutate,
    ("GET", "log"): log,
    ("POST", "log_clear"): log_clear,
    ("GET", "state"): state,
    ("POST", "reset"): reset,
    ("POST", "config"): config,
}
