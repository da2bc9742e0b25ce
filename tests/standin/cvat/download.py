"""Files as nginx serves them after X-Accel-Redirect: validators, ranges (exchanges 01, 23, 27)."""

import email.utils
import re
import unicodedata
import urllib.parse

from .wire import FileSlice, Response, nginx_page

RANGE = re.compile(r"\s*(\d*)\s*-\s*(\d*)\s*$")


class ExportedFile:
    """A finished ZIP in the server's export cache."""

    def __init__(self, archive, mtime):
        self.archive, self.mtime = archive, mtime
        self.gone = False

    @property
    def size(self):
        return self.archive.size

    @property
    def etag(self):
        return f'"{int(self.mtime):x}-{self.size:x}"'

    @property
    def modified(self):
        return email.utils.formatdate(int(self.mtime), usegmt=True)


def disposition(name):
    """Content-Disposition with the server's double escaping (exchanges 03, 18)."""
    name = re.sub(r"[\r\n]+", " ", name)
    for _ in range(2):
        name = name.replace("\\", "\\\\").replace('"', '\\"')
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    value = f'attachment; filename="{plain}"'
    if plain != name:
        value += f"; filename*=UTF-8''{urllib.parse.quote(name)}"
    return value


def parse_ranges(words, size):
    """Byte ranges as (first, last); None = ignore the header; [] = none can be met."""
    if not words.startswith("bytes="):
        return None
    found = []
    for part in words[6:].split(","):
        match = RANGE.match(part)
        if not match or match.groups() == ("", ""):
            return None
        first, last = match.groups()
        if first == "":
            count = min(int(last), size)
            if count:
                found.append((size - count, size - 1))
        elif int(first) < size:
            end = min(int(last), size - 1) if last else size - 1
            if end < int(first):
                return None
            found.append((int(first), end))
    return found


class WholeFile:
    """A file on disk as it is, in the place of an archive."""

    def __init__(self, stored):
        self.path, self.size = stored.path, stored.size

    def range(self, first, last):
        return [FileSlice(self.path, first, last - first + 1)]

    def all(self):
        return self.range(0, self.size - 1)


def plain(status, body, headers, kind):
    answer = Response(status, body, headers, kind)
    answer.plain = True
    return answer


def serve(request, exported, shown, kind="application/zip"):
    """The answer to a download request; `shown` is the Content-Disposition."""
    size = exported.size
    own = [("Last-Modified", exported.modified), ("content-disposition", shown), ("ETag", exported.etag)]
    match = request.header("if-match")
    if (
        match is not None
        and match.strip() != "*"
        and exported.etag not in [x.strip() for x in match.split(",")]
    ):
        return nginx_page(412, "Precondition Failed")
    since = request.header("if-unmodified-since")
    if since and email.utils.mktime_tz(email.utils.parsedate_tz(since)) < int(exported.mtime):
        return nginx_page(412, "Precondition Failed")
    none = request.header("if-none-match")
    if none is not None and (none.strip() == "*" or exported.etag in [x.strip() for x in none.split(",")]):
        return plain(304, b"", own, None)
    words = request.header("range")
    condition = request.header("if-range")
    if condition is not None and condition not in (exported.etag, exported.modified):
        words = None
    ranges = parse_ranges(words, size) if words else None
    if ranges is None:
        return plain(200, exported.archive.all(), own + [("Accept-Ranges", "bytes")], kind)
    if not ranges:
        return nginx_page(
            416, "Requested Range Not Satisfiable", [own[1], ("Content-Range", f"bytes */{size}")]
        )
    if len(ranges) == 1:
        first, last = ranges[0]
        return plain(
            206,
            exported.archive.range(first, last),
            own + [("Content-Range", f"bytes {first}-{last}/{size}")],
            kind,
        )
    return several(exported, ranges, own, kind)


def several(exported, ranges, own, kind):
    """Two and more ranges: multipart/byteranges."""
    boundary = f"{id(exported) % 10 ** 20:020d}"
    body = []
    for first, last in ranges:
        body.append(
            f"\r\n--{boundary}\r\nContent-Type: {kind}\r\n"
            f"Content-Range: bytes {first}-{last}/{exported.size}\r\n\r\n".encode()
        )
        body += exported.archive.range(first, last)
    body.append(f"\r\n--{boundary}--\r\n".encode())
    return plain(206, body, own, f"multipart/byteranges; boundary={boundary}")
