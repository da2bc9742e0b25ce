"""Media of a task: uploads as the official client sends them, frames, data/meta (exchanges 06, 30; A-11)."""

import os
import time
import zlib

from . import auth, media_info, ops, tus
from .dates import touch
from .jobs import Record
from .model import Data, Job, StoredFile
from .objects import fetch, missing
from .wire import FileSlice, Response, detail, reply


def store_upload(world, name, source):
    """A file of the upload tree from an open file."""
    path = world.store.new_path()
    crc = size = 0
    with open(path, "wb") as out:
        while block := source.read(1 << 20):
            out.write(block)
            crc = zlib.crc32(block, crc)
            size += len(block)
    return StoredFile(name, path, size, time.time(), crc)


def receive(world, request, id):
    """POST …/data/: start, several files in a form, TUS create, finish, or all in one form."""
    auth.require_write(request)
    with world.store.lock:
        task = fetch(world, request, "task", id)
    if request.header("upload-start") is not None:
        return Response(202)
    if request.header("upload-length") is not None:
        answer = tus.create_upload(world, request, f"task-{id}-data", tus.location_prefix(world, request))
        return answer
    fields = {}
    kind = request.header("content-type", "")
    if kind.startswith("multipart/"):
        for name, file_name, data in request.multipart(world.directory):
            if file_name is None:
                fields[name] = data.read().decode()
            else:
                task.uploads.append(store_upload(world, os.path.basename(file_name), data))
    elif request.body()[:1] == b"{":
        fields = request.json()
    if request.header("upload-multiple") is not None:
        return Response(200)
    with world.store.lock:
        collect(world, task)
        return finish(world, request, task, fields)


def collect(world, task):
    """Complete TUS uploads of the task become files."""
    for upload in [u for u in world.uploads.values() if u.kind == f"task-{task.id}-data" and u.complete]:
        with open(upload.path, "rb") as source:
            task.uploads.append(store_upload(world, upload.shown or upload.name, source))
        os.unlink(upload.path)
        del world.uploads[upload.id]


def finish(world, request, task, fields):
    """The data is queued; a worker makes the frames and the jobs."""
    files, task.uploads = task.uploads, []
    attach_pending(world, task, files, fields)

    def work(record):
        with world.store.lock:
            make_ready(world, task)

    name = f"action=create&target=task&target_id={task.id}"
    record = Record(name, request.user.id, "create:task", "task", task.id, work, world.store.now())
    record.organization = task.organization
    world.jobs.submit(record)
    if world.family == "A":
        return reply({"image_quality": 70}, 202)
    return reply({"rq_id": name}, 202)


def attach_pending(world, task, files, fields=None):
    """Data queued: T moves, P does not; no frames and no jobs yet."""
    fields = fields or {}
    data = Data(
        world.store.next_id("data"),
        state="pending",
        chunk_size=None,
        image_quality=int(fields.get("image_quality", 70)),
        storage_method="file_system",
        sorting_method=str(fields.get("sorting_method", "lexicographical")),
        custom_segments=True,
    )
    data.files = list(files)
    data.wanted = {
        "use_cache": str(fields.get("use_cache", "true")).lower() in ("true", "1"),
        "chunk_size": int(fields.get("chunk_size") or 72),
        "frame_filter": str(fields.get("frame_filter", "")),
    }
    task.data = data
    touch(world, task)


def make_ready(world, task):
    """Frames, manifest and jobs; T moves, P does not (exchange 06)."""
    data, store = task.data, world.store
    wanted = data.wanted
    data.custom_segments = False
    data.chunk_size, data.frame_filter = wanted["chunk_size"], wanted["frame_filter"]
    data.storage_method = "cache" if wanted["use_cache"] else "file_system"
    data.files.sort(key=lambda f: f.name)
    if data.sorting_method == "random":
        data.files.sort(key=lambda f: zlib.crc32(f.name.encode()))
    media_info.fill_frames(data)
    step = media_info.step_of(data.frame_filter)
    data.start_frame, data.stop_frame = 0, max(len(data.frames) - 1, 0)
    data.frames = data.frames[::step]
    data.size = len(data.frames)
    if world.family != "A" or wanted["use_cache"]:
        text = media_info.manifest_text(data.frames)
        data.files.append(store.keep("manifest.jsonl", text))
    data.state = "ready"
    task.overlap = task.overlap or 0
    task.segment_size = task.segment_size or data.size
    moment = store.now()
    for start in range(0, data.size, task.segment_size):
        job = Job(
            store.next_id("jobs"),
            task.id,
            start,
            min(start + task.segment_size, data.size) - 1,
            moment,
            store.now(),
            annotations={"version": 0, "tags": [], "shapes": [], "tracks": []},
        )
        store.jobs[job.id] = job
    store.drop_job_index()
    touch(world, task)


def status(world, request, id):
    """The old way to ask for the state of the data (A-06)."""
    task = fetch(world, request, "task", id)
    state = (
        {"pending": "Queued", "failed": "Failed", "ready": "Finished"}[task.data.state]
        if task.data
        else "Created"
    )
    return reply({"state": state, "message": "", "progress": 0.0})


def need_data(world, task):
    if task.data is None or task.data.state != "ready":
        missing(world, "task")


def frame(world, request, id):
    """GET …/data?type=frame&number=N: the picture; type=chunk is not served."""
    task = fetch(world, request, "task", id)
    need_data(world, task)
    if request.query.get("type") != "frame":
        return detail(400, "Only frames are served")
    number = int(request.query.get("number", 0))
    if number >= len(task.data.frames):
        return reply(["Incorrect requested frame number"], 400)
    name = task.data.frames[number][0]
    stored = next(f for f in task.data.files if f.name == name)
    return Response(
        200,
        [FileSlice(stored.path, 0, stored.size)],
        kind="image/png" if name.endswith("png") else "image/jpeg",
    )


def preview(world, request, id):
    request.query.update(type="frame", number="0")
    return frame(world, request, id)


def task_meta(world, request, id):
    task = fetch(world, request, "task", id)
    need_data(world, task)
    return reply(request.views.data_meta(task))


def patch_task_meta(world, request, id):
    auth.require_write(request)
    task = fetch(world, request, "task", id)
    need_data(world, task)
    ops.set_deleted_frames(world, task, request.json().get("deleted_frames", task.data.deleted_frames))
    return reply(request.views.data_meta(task))


def job_meta(world, request, id):
    job = fetch(world, request, "job", id)
    return reply(request.views.data_meta(world.store.tasks[job.task], job))


def patch_job_meta(world, request, id):
    auth.require_write(request)
    job = fetch(world, request, "job", id)
    task = world.store.tasks[job.task]
    ops.set_deleted_frames(world, task, request.json().get("deleted_frames", []), job)
    return reply(request.views.data_meta(task, job))


def upload_view(verb):
    """PATCH and HEAD of an upload for a task's data."""

    def view(world, request, id, key):
        return getattr(tus, f"{verb}_upload")(f"task-{id}-data")(world, request, key)

    return view


def routes(app):
    app.add(r"/api/tasks/(?P<id>\d+)/data/meta", {"GET": task_meta, "PATCH": patch_task_meta}, keep=True)
    app.add(r"/api/jobs/(?P<id>\d+)/data/meta", {"GET": job_meta, "PATCH": patch_job_meta}, keep=True)
    app.add(r"/api/tasks/(?P<id>\d+)/status", {"GET": status})
    app.add(r"/api/tasks/(?P<id>\d+)/preview", {"GET": preview})
    app.add(r"/api/tasks/(?P<id>\d+)/data/?", {"POST": receive, "GET": frame}, lock=False)
    app.add(
        r"/api/tasks/(?P<id>\d+)/data/(?P<key>[^/]+)",
        {"PATCH": upload_view("patch"), "HEAD": upload_view("head")},
        lock=False,
    )
