"""What the LFS server holds and is told to do, and the forms of its answers."""

import collections
import json
import os
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler

MEDIA = "application/vnd.git-lfs+json"
PIECE = 1 << 20


class World:
    """What the server holds and what it was told to do."""

    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.log = []
        self.faults = []
        self.settings = {"elsewhere": False, "verify": False, "largest_batch": 0, "key": "action-key", "tokens": []}
        self.at_once = collections.Counter()
        self.most_at_once = 0

    def path(self, repo, oid):
        return os.path.join(self.options.directory, repo.strip("/").replace("/", "_"), oid)

    def has(self, repo, oid, size=None):
        path = self.path(repo, oid)
        return os.path.exists(path) and (size is None or os.path.getsize(path) == size)

    def begin(self, verb):
        """Counts a transfer in."""
        with self.lock:
            self.at_once[verb] += 1
            self.most_at_once = max(self.most_at_once, self.at_once[verb])

    def end(self, verb):
        with self.lock:
            self.at_once[verb] -= 1

    def fault(self, where):
        """The next fault ordered for this step, used up."""
        with self.lock:
            for one in self.faults:
                if one["where"] != where or one.get("count", 1) <= 0:
                    continue
                if one.get("skip", 0) > 0:
                    one["skip"] -= 1
                    continue
                one["count"] = one.get("count", 1) - 1
                return one
        return None


class Answers(BaseHTTPRequestHandler):
    """Answers, and what is left of a request's body."""

    protocol_version = "HTTP/1.1"
    world = None
    transfer_of = None  # the verb of the transfer that is counted now

    def log_message(self, *_):
        pass

    def begin(self, verb):
        self.world.begin(verb)
        self.transfer_of = verb

    def end(self):
        """Before the last bytes go: who has them all may ask for the next object before this thread runs again."""
        if self.transfer_of:
            self.world.end(self.transfer_of)
        self.transfer_of = None

    def answer(self, status, body=b"", kind="application/octet-stream", **headers):
        if isinstance(body, (dict, list)):
            body, kind = json.dumps(body).encode(), MEDIA
        self.end()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def fail(self, fault):
        """An error answer as ordered; the rest of the request is read first."""
        self.drain()
        headers = {"Retry_After": str(fault["retry_after"])} if "retry_after" in fault else {}
        if fault["status"] == 401:
            headers["LFS_Authenticate"] = 'Basic realm="lfs"'
        self.answer(fault["status"], {"message": fault.get("message", "as ordered")}, **headers)

    def cut(self, after):
        """Reads so many bytes of the body, then resets the connection."""
        self.rfile.read(min(after, self.left))
        self.end()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def drain(self):
        while self.left > 0:
            piece = self.rfile.read(min(PIECE, self.left))
            if not piece:
                break
            self.left -= len(piece)

    def body(self):
        text = self.rfile.read(self.left)
        self.left = 0
        return text
