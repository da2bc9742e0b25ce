"""The old export: one GET that starts, polls and downloads (A-02, A-03, A-07, A-13, A-15; also B)."""

import time

from .auth import Refused
from .download import disposition, serve
from .jobs import Record
from .objects import fetch
from .failures import JobFailure
from .wire import Response, detail, reply, server_error

BOGUS = "TypeError: '_LoggerAdapter' object is not callable\n"


def job_name(world, user, target, number):
    """One job for each user and object."""
    if world.family == "A":
        return f"export:{target}.id{number}-by-{user.username}"
    return f"export:{target}-{number}-backup-by-{user.id}"


def location(world, request):
    """Where to: `local`, `bogus` or `cloud`; unknown storages end the request."""
    flag = request.query.get("use_default_location", "true").lower()
    if flag not in ("true", "false", "1", "0", "yes", "no"):
        raise Refused(server_error())
    place = request.query.get("location")
    if flag in ("true", "1", "yes") or place in (None, "", "local"):
        return "local"
    if place != "cloud_storage":
        return "bogus"
    if request.query.get("cloud_storage_id"):
        raise Refused(reply(["CloudStorage matching query does not exist."], 400))
    return "cloud"


def outdated(world, record, thing):
    """A job asked for before the last edit is cancelled by any GET (family A §1.2)."""
    return world.family == "A" and record.created < thing.updated


def result_of(world, request, record, target, thing, place):
    """The answer when a job is known; None when a new one has to be started."""
    if record.dead_since is not None and time.monotonic() - record.dead_since >= record.dead_for:
        world.jobs.delete(record)
        return reply("Job was stuck in intermediate queue.", 500)
    action = request.query.get("action")
    if record.pending:
        return reply("Backup has not finished", 400) if action else pending(world, record)
    if record.status == "failed":
        if action:
            return reply("Backup has not finished", 400)
        world.jobs.delete(record)
        return reply(record.message, 500)
    if place == "cloud":
        world.jobs.delete(record)
        return Response(200)
    if not action:
        return Response(201)
    if record.result.gone:
        return reply("The result file does not exist in export cache", 500)
    world.jobs.delete(record)  # single shot: 200, 206, 304, 412, 416 and HEAD alike
    name = request.query.get("filename") or world.exporter.file_name(target, thing)
    return serve(request, record.result, disposition(name))


def pending(world, record):
    """202: empty in A, with the id in B."""
    return Response(202) if world.family == "A" else reply({"rq_id": record.id}, 202)


def bogus_work(record):
    raise JobFailure(BOGUS)


def old_backup(target):
    """GET …/backup"""

    def view(world, request, id):
        thing = fetch(world, request, target, id)
        action = request.query.get("action")
        if action not in (None, "download"):
            return reply(["Unexpected action specified for the request"], 400)
        if target == "task" and thing.data is None:
            return reply("Backup of a task without data is not allowed", 400)
        if request.by_session and action is None:
            return detail(
                401, "Authentication credentials were not provided.", [("www-authenticate", "Token")]
            )
        place = location(world, request)
        name = job_name(world, request.user, target, id)
        record = world.jobs.get(name)
        if record is not None and outdated(world, record, thing):
            world.jobs.delete(record)
            record = None
        if record is not None:
            return result_of(world, request, record, target, thing, place)
        if action == "download":
            return reply("Backup has not finished", 400)
        if place == "cloud":
            return reply(
                [
                    "Cloud storage location was selected as the destination, but cloud storage id was not "
                    "specified"
                ],
                400,
            )
        if place == "bogus":
            record = Record(name, request.user.id, "export:backup", target, id, bogus_work, world.store.now())
        else:
            record = world.exporter.backup_record(name, request.user, target, thing, world.store.now())
        record.filename = request.query.get("filename")
        world.jobs.submit(record)
        return pending(world, record)

    return view


def routes(app):
    for target in ("project", "task"):
        app.add(rf"/api/{target}s/(?P<id>\d+)/backup", {"GET": old_backup(target)}, families="AB")
