"""How a recorded answer and ours are compared: status, headers, the form of the body."""

import json
import re

HEADERS = (
    "content-type",
    "allow",
    "www-authenticate",
    "location",
    "content-range",
    "accept-ranges",
    "etag",
    "last-modified",
    "content-disposition",
    "tus-resumable",
    "tus-max-size",
    "access-control-expose-headers",
    "upload-offset",
    "upload-length",
    "upload-filename",
    "content-encoding",
    "cache-control",
    "x-request-id",
    "retry-after",
)
PRESENCE = ("etag", "last-modified", "x-request-id", "upload-filename", "upload-length", "retry-after")
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def blot(words):
    """Numbers and ids out of the way."""
    return re.sub(r"\d+", "#", IDS.sub("ID", words))


def behind(wanted, got):
    """Is our server not yet as far as the recorded one was?"""
    if got[0] == 400 and b"process is not finished" in got[2] and wanted["status"] in (200, 206):
        return True
    if (
        got[0] == 400
        and b"Backup has not finished" in got[2]
        and wanted["status"] in (200, 206, 304, 412, 416)
    ):
        return True
    if (
        got[0] == 202
        and wanted["status"] in (200, 201, 206, 400, 500)
        and not got[2].startswith(b'{"rq_id":"action')
    ):
        return True
    try:
        theirs = json.loads(wanted.get("body") or "")["status"]
        return theirs in ("finished", "failed") and json.loads(got[2])["status"] in ("queued", "started")
    except (ValueError, KeyError, TypeError):
        return False


def compare(wanted, got):
    """The differences between a recorded answer and ours."""
    status, headers, body = got
    if status != wanted["status"]:
        yield f"status {status}, recorded {wanted['status']}: {body[:200]!r}"
        return
    ours, theirs = {}, {}
    for target, pairs in ((ours, headers), (theirs, wanted["headers"])):
        for name, value in pairs:
            target.setdefault(name.lower(), value)
    for name in HEADERS:
        a, b = ours.get(name), theirs.get(name)
        if name in PRESENCE:
            a, b = a is not None, b is not None
        elif a and b:
            a, b = tidy(name, a), tidy(name, b)
        if a != b:
            yield f"header {name}: {a!r}, recorded {b!r}"
    if wanted.get("body") is not None:
        yield from compare_bodies(status, wanted["body"], body.decode("utf-8", "replace"), theirs)


def tidy(name, value):
    """A header without what has to differ."""
    if name == "allow":
        return ", ".join(sorted(value.replace(" ", "").split(",")))
    return blot(value).replace("alice#", "alice").replace("127.#.#.#", "cvat.example")


def compare_bodies(status, theirs, ours, headers):
    kind = headers.get("content-type", "")
    if kind.startswith("application/zip") or kind.startswith("multipart"):
        return
    if kind.startswith("text/html") and "<html" in theirs:
        if ("<h1>" in ours) != ("<h1>" in theirs) or re.findall("<h1>.*</h1>", ours) != re.findall(
            "<h1>.*</h1>", theirs
        ):
            yield f"page {ours[:120]!r}, recorded {theirs[:120]!r}"
        return
    try:
        a, b = json.loads(ours), json.loads(theirs)
    except ValueError:
        if blot(ours) != blot(theirs):
            yield f"body {ours[:200]!r}, recorded {theirs[:200]!r}"
        return
    if status >= 400:
        if isinstance(b, str) and b.startswith("Traceback"):
            a, b = a.strip().rpartition("\n")[2], b.strip().rpartition("\n")[2]
        if status == 429:
            a, b = blot(json.dumps(a)), blot(json.dumps(b))
        if a != b:
            yield f"body {ours[-200:]!r}, recorded {theirs[-200:]!r}"
        return
    yield from forms(a, b, "")


def forms(a, b, where):
    """Keys at every depth, and the kinds of values; null fits everything."""
    if a is None or b is None:
        return
    if isinstance(b, dict) and isinstance(a, dict):
        if list(a) != list(b):
            extra, missing = [k for k in a if k not in b], [k for k in b if k not in a]
            yield f"keys at {where or '/'}: extra {extra}, missing {missing}" + (
                "" if extra or missing else " (order)"
            )
        for key in b:
            if key in a and key != "results":
                yield from forms(a[key], b[key], f"{where}/{key}")
            elif key in a and a[key] and b[key]:
                yield from nearest(a[key], b[key], f"{where}/{key}")
    elif isinstance(b, list) and isinstance(a, list):
        if a and b:
            yield from forms(a[0], b[0], f"{where}[0]")
    elif type(a) is not type(b) and not {type(a), type(b)} <= {int, float}:
        yield f"{where}: {a!r}, recorded {b!r}"


def nearest(ours, theirs, where):
    """Rows of lists: some row of ours has the form of the first recorded one."""
    found = [list(forms(row, theirs[0], where)) for row in ours]
    yield from min(found, key=len)
