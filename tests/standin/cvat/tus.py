"""Restores: TUS uploads, forms, the import and its polling (exchanges 08 to 10, 24; A-09, A-10, A-14)."""

import base64
import binascii
import os
import secrets
import uuid

from . import auth
from .auth import Refused
from .importer import Importer
from .jobs import Record
from .wire import Response, copy_file, detail, html, reply, server_error, text

OLD_CHUNK = 100 << 20  # 2.14.4: more than this is 400 HTML
OFFSET_TYPE = "application/offset+octet-stream"
POLL_MOVED = (
    "This endpoint no longer supports checking the status of the import process.\nThe common requests API "
    "should be used instead: GET /api/requests/rq_id,\nwhere rq_id is obtained from the response of the "
    "initializing request.\n"
)
COMMON = [
    ("tus-resumable", "1.0.0"),
    ("tus-version", "1.0.0"),
    ("tus-extension", ""),
    ("access-control-allow-origin", "*"),
    ("access-control-allow-methods", "PATCH,HEAD,GET,POST,OPTIONS"),
    ("access-control-expose-headers", "Tus-Resumable,upload-length,upload-metadata,Location,Upload-Offset"),
    (
        "access-control-allow-headers",
        "Tus-Resumable,upload-length,upload-metadata,Location,Upload-Offset,content-type",
    ),
    ("cache-control", "no-store"),
]


def tus(world, status, headers=(), body=b""):
    return Response(status, body, [*COMMON, ("tus-max-size", str(world.options.upload_limit)), *headers])


class Upload:
    """One upload: the id in URLs, the name given at the finish, what has come."""

    def __init__(self, world, user, kind, length, id, name, shown):
        self.user, self.kind, self.length, self.id, self.name, self.shown = (
            user,
            kind,
            length,
            id,
            name,
            shown,
        )
        self.offset = 0
        self.path = os.path.join(world.directory, f"upload-{uuid.uuid4().hex}")
        open(self.path, "wb").close()

    @property
    def complete(self):
        return self.offset == self.length


def metadata(request):
    """The file name in Upload-Metadata."""
    for part in request.header("upload-metadata", "").split(","):
        key, _, value = part.strip().partition(" ")
        if key == "filename":
            try:
                return base64.b64decode(value).decode()
            except (binascii.Error, UnicodeDecodeError):
                return ""
    return ""


def find_upload(world, kind, key, by_name=False):
    for upload in world.uploads.values():
        if upload.kind == kind and (upload.name if by_name else upload.id) == key:
            return upload
    return None


def create_upload(world, request, kind, prefix):
    """Step 2. `prefix` is the path that Location is built from."""
    length = int(request.header("upload-length"))
    limit = world.options.upload_limit
    if length > limit:
        return tus(world, 413, body=f'"File size exceeds max limit of {limit} bytes"'.encode())
    origin = request.header("origin")
    if request.header("x-forwarded-host"):
        origin = request.base
    if length == 0:
        return server_error()
    shown = metadata(request)
    if world.family == "A":
        if ".." in shown:
            return tus(world, 400, body=f'"File name {shown} is not allowed"'.encode())
        if "/" in shown or origin is None:
            return server_error()
        number = str(uuid.uuid4())
        name = f"cvat-backup-{shown or 'upload'}-by-{request.user.username}{secrets.token_hex(4)}.zip"
    else:
        if origin is None:
            return server_error()
        number = name = f"{request.user.id}_{uuid.uuid4()}"
        if world.minor < 39:
            name = f"{secrets.token_hex(4)}-{shown or 'upload'}"
    upload = Upload(world, request.user.id, kind, length, number, name, shown)
    world.uploads[number] = upload
    return tus(world, 201, [("location", f"{origin}{prefix}{number}"), ("upload-filename", name)])


def location_prefix(world, request):
    """Without the trailing slash Location is wrong: the last segment is lost (D) or glued on (A)."""
    if request.path.endswith("/") or world.family == "A":
        return request.path
    return request.path.rpartition("/")[0] + "/"


def patch_upload(kind):
    """Step 3. The chunk counts when all of it has come."""

    def view(world, request, key):
        auth.require_write(request)
        if request.header("content-type", "").split(";")[0] != OFFSET_TYPE:
            raise Refused(
                detail(415, f'Unsupported media type "{request.header("content-type", "")}" in request.')
            )
        upload = find_upload(world, kind, key)
        with request.spool(world.directory) as chunk:
            size = chunk.seek(0, os.SEEK_END)
            chunk.seek(0)
            if upload is None or upload.complete:
                return tus(world, 404)
            if world.family == "A" and size > OLD_CHUNK:
                return html(400, "Bad Request (400)")
            if upload.user != request.user.id and world.family != "A":
                return tus(world, 403)
            if int(request.header("upload-offset") or 0) != upload.offset:
                return tus(world, 409)
            if upload.offset + size > upload.length and world.family != "A":
                return tus(world, 413)
            with open(upload.path, "ab") as out:
                copy_file(chunk, out)
            upload.offset += size
        name = [("upload-filename", upload.name)] if world.family == "A" else []
        return tus(world, 204, [("upload-offset", str(upload.offset)), *name])

    return view


def head_upload(kind):
    def view(world, request, key):
        upload = find_upload(world, kind, key)
        if upload is None or upload.complete:
            return tus(world, 404)
        if upload.user != request.user.id and world.family != "A":
            return tus(world, 403)
        return tus(world, 200, [("upload-offset", str(upload.offset)), ("upload-length", str(upload.length))])

    return view


def options(world, request):
    return server_error() if world.family == "A" else tus(world, 204)


def begin(kind):
    """POST …/backup/: start, create, finish, one-shot form, and the old poll."""

    def view(world, request):
        if world.family == "D" and "rq_id" in request.query:
            return text(410, POLL_MOVED)
        auth.require_write(request)
        request.context.check_member(world.store, request.user)
        if request.header("upload-start") is not None:
            return Response(202)
        if request.header("upload-finish") is not None:
            return finish(world, request, kind)
        if request.header("upload-length") is not None:
            return create_upload(world, request, kind, location_prefix(world, request))
        if request.header("content-type", "").startswith("multipart/"):
            for name, _, data in request.multipart(world.directory):
                if name == f"{kind}_file":
                    path = os.path.join(world.directory, f"upload-{uuid.uuid4().hex}")
                    with open(path, "wb") as out:
                        copy_file(data, out)
                    return start_import(world, request, kind, path)
        elif world.family != "D" and request.body()[:1] == b"{":
            return old_poll(world, request, kind, request.json().get("rq_id"))
        return reply({f"{kind}_file": ["No file was submitted."]}, 400)

    return view


def finish(world, request, kind):
    """Step 4. D takes an incomplete upload and fails later; A refuses it."""
    upload = find_upload(world, kind, request.query.get("filename"), by_name=True)
    words = "No such file were uploaded"
    if (
        upload is None
        or (upload.user != request.user.id and world.family != "A")
        or (world.family == "A" and not upload.complete)
    ):
        return reply(words if world.family == "A" else [words], 400)
    del world.uploads[upload.id]
    return start_import(world, request, kind, upload.path)


def start_import(world, request, kind, path):
    """Queues the import; each has its own id, so nothing guards against restoring twice."""
    number = uuid.uuid4()
    user, organization = request.user, request.context.organization
    if world.family == "D":
        name = f"action=import&target={kind}&id={number}&subresource=backup"
    else:
        name = f"import:{kind}-{number}-backup" + (f"-by-{user.username}" if world.family == "A" else "")

    def work(record):
        try:
            record.result_id = Importer(world.store, path, user, organization, world.family).run(kind)
        finally:
            os.unlink(path)

    record = Record(name, user.id, "import:backup", kind, None, work, world.store.now())
    record.organization = organization
    world.jobs.submit(record)
    return reply({"rq_id": name}, 202)


def old_poll(world, request, kind, name):
    """Polling by POST: 202, then 201 or 500 told once (A-09, A-10)."""
    record = world.jobs.get(name or "")
    if record is None or record.target != kind or not record.kind.startswith("import"):
        return reply({f"{kind}_file": ["No file was submitted."]}, 400)
    if record.user != request.user.id:
        return Response(403)
    if record.pending:
        return reply({"rq_id": name}, 202)
    world.jobs.delete(record)
    if record.status == "finished":
        return reply({"id": record.result_id}, 201)
    if record.message.startswith("ValueError: The same file"):
        return reply(record.message.partition(": ")[2].strip(), 500)
    return reply(
        'Traceback (most recent call last):\n  File "/home/django/cvat/apps/engine/backup.py", line 822, '
        f"in __init__\n{record.message}",
        500,
    )


def routes(app):
    for kind in ("project", "task"):
        app.add(f"/api/{kind}s/backup/?", {"POST": begin(kind), "OPTIONS": options}, lock=False)
        key = r"[0-9a-f-]{36}" if app.world.family == "A" else r"[^/]+"
        app.add(
            rf"/api/{kind}s/backup/(?P<key>{key})",
            {"PATCH": patch_upload(kind), "HEAD": head_upload(kind)},
            lock=False,
        )
