"""Requests and answers as objects: parsing of heads and bodies, JSON as the server writes it."""

import io
import json
import os
import shutil
import tempfile
import urllib.parse
import uuid
import zlib

JSON_TYPE = "application/vnd.cvat+json"
SPOOL_BYTES = 1 << 20


class BadRequest(Exception):
    """The bytes on the wire are no HTTP request."""


def dumps(value):
    """JSON as Django REST framework's renderer writes it: no spaces, raw UTF-8, line separators escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if "\u2028" in text or "\u2029" in text:
        text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return text.encode("utf-8", "surrogatepass")


class Request:
    """One request; the body is read when a view asks for it."""

    def __init__(self, method, target, headers, reader, tls=False, peer="127.0.0.1"):
        self.method = method
        self.target = target
        self.headers = headers
        self.tls = tls
        self.peer = peer
        path, _, query = target.partition("?")
        self.raw_path = path
        self.path = urllib.parse.unquote(path)
        self.query_string = query
        self.query = dict(reversed(urllib.parse.parse_qsl(query, keep_blank_values=True)))
        self._reader = reader
        self._body = None

    def header(self, name, default=None):
        """The value of a header, by its lower-case name."""
        return self.headers.get(name, default)

    @property
    def base(self):
        """Scheme and host of absolute URLs (exchange 04: Host, X-Forwarded-Host, X-Forwarded-Proto)."""
        scheme = self.header("x-forwarded-proto") or ("https" if self.tls else "http")
        return f"{scheme}://{self.header('x-forwarded-host') or self.header('host', 'localhost')}"

    def body(self):
        """The whole body as bytes."""
        if self._body is None:
            self._body = b"".join(self._reader.chunks())
        return self._body

    def json(self):
        """The body as JSON, `{}` when empty."""
        data = self.body()
        return json.loads(data) if data.strip() else {}

    def spool(self, directory):
        """The body as a temporary file at its start: nginx hands on a chunk only when it has all of it."""
        out = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES, dir=directory)
        for chunk in self._reader.chunks():
            out.write(chunk)
        out.seek(0)
        return out

    def multipart(self, directory):
        """Fields of a form: a list of (name, file name or None, file object)."""
        kind = self.header("content-type", "")
        boundary = kind.partition("boundary=")[2].split(";")[0].strip().strip('"')
        with self.spool(directory) as whole:
            data = whole.read()
        fields = []
        for part in data.split(b"--" + boundary.encode())[1:-1]:
            head, _, body = part.partition(b"\r\n\r\n")
            name = file_name = None
            for line in head.decode("utf-8", "replace").split("\r\n"):
                if line.lower().startswith("content-disposition"):
                    name, file_name = _disposition(line)
            fields.append((name, file_name, io.BytesIO(body[:-2] if body.endswith(b"\r\n") else body)))
        return fields


def _disposition(line):
    """Field and file name of a part's Content-Disposition."""
    name = file_name = None
    for piece in line.split(";")[1:]:
        key, _, value = piece.strip().partition("=")
        value = value.strip('"')
        if key == "name":
            name = value
        elif key == "filename":
            file_name = value
        elif key == "filename*":
            file_name = urllib.parse.unquote(value.rpartition("''")[2])
    return name, file_name


class FileSlice:
    """A range of a file as a piece of a body; sent without passing through memory."""

    __slots__ = ("path", "offset", "length")

    def __init__(self, path, offset, length):
        self.path, self.offset, self.length = path, offset, length


class Response:
    """An answer: status, headers in order, body as bytes or as a list of bytes and FileSlice."""

    def __init__(self, status, body=b"", headers=(), kind=JSON_TYPE):
        self.status = status
        self.headers = list(headers)
        self.pieces = body if isinstance(body, list) else [body]
        self.kind = kind
        self.plain = False  # sent by nginx itself: without the application's headers
        self.bare = False  # Django's own page: without the framework's `allow` and `vary`
        self.no_body = False

    @property
    def length(self):
        return sum(p.length if isinstance(p, FileSlice) else len(p) for p in self.pieces)

    def bytes(self):
        """The body in memory."""
        out = []
        for piece in self.pieces:
            if isinstance(piece, FileSlice):
                with open(piece.path, "rb") as source:
                    source.seek(piece.offset)
                    out.append(source.read(piece.length))
            else:
                out.append(piece)
        return b"".join(out)

    def header(self, name):
        for key, value in self.headers:
            if key.lower() == name:
                return value
        return None


def reply(value, status=200, headers=()):
    """A JSON answer."""
    return Response(status, dumps(value), headers)


def detail(status, words, headers=()):
    """The framework's own error form."""
    return reply({"detail": words}, status, headers)


def text(status, words):
    """Plain text, which the server labels as HTML."""
    return Response(status, words.encode(), kind="text/html; charset=utf-8")


def html(status, title, line="", paragraph=""):
    """Django's error page (exchanges 02, 13)."""
    page = (
        f'\n<!doctype html>\n<html lang="en">\n<head>\n  <title>{title}</title>\n</head>\n<body>\n'
        f"  <h1>{line or title}</h1><p>{paragraph}</p>\n</body>\n</html>\n"
    )
    answer = Response(status, page.encode(), kind="text/html; charset=utf-8")
    answer.bare = True
    return answer


def not_found_page():
    return html(404, "Not Found", paragraph="The requested resource was not found on this server.")


def server_error():
    return html(500, "Server Error (500)")


def nginx_page(status, words, headers=()):
    """nginx's own error page (exchanges 01, 04, 23)."""
    line = f"{status} {words}"
    page = (
        f"<html>\r\n<head><title>{line}</title></head>\r\n<body>\r\n<center><h1>{line}</h1></center>\r\n"
        "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
    answer = Response(status, page.encode(), headers, kind="text/html")
    answer.plain = True
    return answer


def application_headers(allow):
    """Headers that Django's middleware adds to every answer of its own."""
    return [
        ("vary", "Accept, Accept-Encoding, Origin, Cookie"),
        ("allow", allow),
        ("x-frame-options", "DENY"),
        ("x-request-id", str(uuid.UUID(bytes=os.urandom(16), version=4))),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "strict-origin-when-cross-origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ]


def gzip_body(data):
    """A gzip member of the data (exchange 29: JSON is compressed when asked for)."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def copy_file(source, target):
    """Copies between open files."""
    shutil.copyfileobj(source, target, 1 << 20)
