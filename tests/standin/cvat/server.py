"""The listener: one thread for each connection, HTTP/1.1 with keep-alive, bodies of files by sendfile."""

import email.utils
import http
import os
import socket
import ssl
import threading
import time

from . import faults
from .wire import BadRequest, FileSlice, Request, application_headers

MAX_HEAD = 64 << 10
IDLE_SECONDS = 75  # nginx keepalive_timeout
REASONS = {s.value: s.phrase for s in http.HTTPStatus}
REASONS[416] = "Requested Range Not Satisfiable"
REASONS[413] = "Request Entity Too Large"
REASONS[504] = "Gateway Time-out"


class BodyReader:
    """The body of one request on a connection: by length or chunked."""

    def __init__(self, link, headers):
        self.link = link
        self.done = False
        self.chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        self.left = int(headers.get("content-length") or 0)
        self.expects = headers.get("expect", "").lower() == "100-continue"

    def chunks(self):
        """The pieces of the body as they come."""
        if self.done:
            return
        if self.expects and (self.chunked or self.left):
            self.link.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.expects = False
        if self.chunked:
            while True:
                size = int(self.link.line().split(b";")[0], 16)
                if size == 0:
                    while self.link.line():
                        pass
                    break
                yield from self.link.take(size)
                self.link.line()
        else:
            while self.left:
                for piece in self.link.take(min(self.left, 1 << 18)):
                    self.left -= len(piece)
                    yield piece
        self.done = True


class Link:
    """A connection with a read buffer."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    def fill(self):
        data = self.sock.recv(1 << 18)
        if not data:
            raise ConnectionResetError("the peer has closed")
        self.buffer += data

    def head(self):
        """The head of the next request, or None at the end of the connection."""
        while b"\r\n\r\n" not in self.buffer:
            if len(self.buffer) > MAX_HEAD:
                raise BadRequest("head too long")
            data = self.sock.recv(1 << 16)
            if not data:
                return None
            self.buffer += data
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return head.decode("latin-1")

    def line(self):
        while b"\r\n" not in self.buffer:
            self.fill()
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line

    def take(self, count):
        """Exactly `count` bytes, in pieces."""
        while count:
            if not self.buffer:
                self.fill()
            piece, self.buffer = self.buffer[:count], self.buffer[count:]
            count -= len(piece)
            yield piece


def parse_head(head):
    """Method, target and headers (lower-case names; the first of equal names counts)."""
    lines = head.lstrip("\r\n").split("\r\n")
    try:
        method, target, version = lines[0].split(" ")
    except ValueError:
        raise BadRequest(lines[0]) from None
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    return method, target, headers, version


class Server:
    """Accepts connections and hands requests to `application(request) -> Response`."""

    def __init__(self, application, port=0, tls=None, delay=0.0):
        self.application = application
        self.delay = delay
        self.listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*tls)

    def serve(self):
        """Runs until the listener is closed."""
        while True:
            try:
                sock, peer = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.connection, args=(sock, peer[0]), daemon=True).start()

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()

    def connection(self, sock, peer):
        """One connection, request after request."""
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(IDLE_SECONDS)
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
            link = Link(sock)
            while self.one(link, peer):
                pass
        except (OSError, BadRequest, ValueError, faults.Cut):
            pass
        finally:
            sock.close()

    def one(self, link, peer):
        """One request and its answer; False when the connection ends."""
        head = link.head()
        if head is None:
            return False
        method, target, headers, version = parse_head(head)
        reader = BodyReader(link, headers)
        request = Request(method, target, headers, reader, bool(self.context), peer)
        started = time.monotonic()
        answer, fault = self.application.answer(request)
        if self.delay:
            time.sleep(self.delay)
        keep = headers.get("connection", "").lower() != "close" and version == "HTTP/1.1"
        if not reader.done:
            for _ in reader.chunks():  # what the view did not read
                pass
        entry = self.application.log.begin(request, answer, fault)
        try:
            keep = self.send(link.sock, request, answer, fault, keep, entry) and keep
        finally:
            entry["ms"] = round((time.monotonic() - started) * 1000, 2)
        return keep

    def send(self, sock, request, answer, fault, keep, entry):
        """Writes an answer; with a fault the bytes go through faults.deliver."""
        head = self.head(request, answer, keep, fault)
        if fault and fault.shapes_body:
            faults.deliver(sock, head, answer, fault, entry, request.method == "HEAD")
            return False if fault.ends else keep
        if request.method == "HEAD" or answer.no_body:
            sock.sendall(head)
            return True
        pieces = answer.pieces
        if len(pieces) == 1 and not isinstance(pieces[0], FileSlice):
            sock.sendall(head + pieces[0])
            entry["sent"] = len(pieces[0])
            return True
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        sock.sendall(head)
        for piece in pieces:
            entry["sent"] += self.send_piece(sock, piece)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
        return True

    def send_piece(self, sock, piece):
        """One piece of a body; files go out by sendfile unless TLS is on."""
        if not isinstance(piece, FileSlice):
            sock.sendall(piece)
            return len(piece)
        with open(piece.path, "rb", buffering=0) as source:
            if self.context is None:
                # settimeout makes the descriptor non-blocking: socket.sendfile waits for it itself.
                sock.sendfile(source, piece.offset, piece.length)
            else:
                left = piece.length
                source.seek(piece.offset)
                while left:
                    block = source.read(min(left, 1 << 18))
                    sock.sendall(block)
                    left -= len(block)
        return piece.length

    @staticmethod
    def head(request, answer, keep, fault):
        """The head of an answer, headers as nginx orders them."""
        lines = [
            f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Unknown')}",
            "Server: nginx",
            f"Date: {email.utils.formatdate(usegmt=True)}",
        ]
        if answer.kind and answer.status not in (204, 304) and (answer.length or answer.kind[:4] == "text"):
            lines.append(f"Content-Type: {answer.kind}")
        length = answer.length
        if fault:
            length = fault.length(length)
        if answer.status != 304 and length is not None:
            lines.append(f"Content-Length: {length}")
        lines.append(f"Connection: {'keep-alive' if keep and length is not None else 'close'}")
        headers = list(answer.headers)
        if not answer.plain:
            names = {name.lower() for name, _ in headers}
            allow = getattr(request, "allow", "GET, HEAD, OPTIONS")
            headers += [
                h
                for h in application_headers(allow)
                if h[0] not in names and not (answer.bare and h[0] == "allow")
            ]
        for name, value in headers:
            lines.append(f"{name}: {value}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def write_port_file(path, port):
    """Writes the port so that a reader sees all of it or nothing."""
    temporary = f"{path}.tmp{os.getpid()}"
    with open(temporary, "w", encoding="ascii") as out:
        out.write(f"{port}\n")
    os.replace(temporary, path)
