#!/usr/bin/env python3
"""A Git LFS server on loopback with faults on order: the Batch API (git-lfs docs/api), basic transfers, verify.

Objects lie in --directory/<repository>/<oid>. It is asked directly, or through tests/gitserver (--lfs), which hands
.../info/lfs on. README.md beside this file lists faults and orders. Facts of the API: git-lfs docs/api/batch.md and
docs/api/basic-transfers.md.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import signal
import sys
import threading
import time
from http.server import ThreadingHTTPServer

from lfs_answers import MEDIA, PIECE, Answers, World

# The repository's path may have any depth: /git/a.git, /a/b.git.
ROUTE = re.compile(r"^(?P<repo>/.*?)/info/lfs/(?P<rest>objects/batch|verify|locks.*|store/[0-9a-f]{64})$")
ELSEWHERE = re.compile(r"^/bucket(?P<repo>/.*)/(?P<oid>[0-9a-f]{64})$")


class Handler(Answers):
    elsewhere = False

    # -- who asks --

    def knows(self):
        user, password = self.world.options.user, self.world.options.password
        wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        return not user or self.headers.get("Authorization") in [wanted, *self.world.settings["tokens"]]

    def holds_key(self):
        return self.headers.get("Authorization") == "RemoteAuth " + self.world.settings["key"] or self.knows()

    def note(self, verb):
        with self.world.lock:
            self.world.log.append({"method": verb, "path": self.path, "elsewhere": self.elsewhere,
                                   "headers": {name.lower(): value for name, value in self.headers.items()}})

    # -- requests --

    def handle_one(self, verb):
        self.left = int(self.headers.get("Content-Length") or 0)
        if self.path.startswith("/__lfs__/"):
            return self.order(self.path[len("/__lfs__/"):])
        self.note(verb)
        if self.elsewhere:
            return self.bucket(verb)
        found = ROUTE.match(self.path)
        if not found:
            self.drain()
            return self.answer(404, {"message": "no such place"})
        repo, rest = found["repo"], found["rest"]
        if rest == "objects/batch":
            return self.batch(repo)
        if not self.holds_key():
            self.drain()
            return self.answer(401, {"message": "credentials needed"}, LFS_Authenticate='Basic realm="lfs"')
        if rest == "verify":
            return self.verify(repo)
        if rest.startswith("store/"):
            return self.transfer(verb, repo, rest[len("store/"):])
        self.drain()
        return self.answer(404, {"message": "locks are not offered"})

    def bucket(self, verb):
        """Another host, as a cloud's store: a signature in the URL and a header of its own, no other credentials."""
        path, _, query = self.path.partition("?")
        found = ELSEWHERE.match(path)
        if not found or "Authorization" in self.headers or query != "signature=signed" or self.headers.get("X-Bucket") != "b1":
            self.drain()
            return self.answer(400, b"<Error><Code>InvalidArgument</Code></Error>", "application/xml")
        return self.transfer(verb, found["repo"], found["oid"])

    def transfer(self, verb, repo, oid):
        self.begin(verb)
        try:
            return self.put(repo, oid) if verb == "PUT" else self.get(repo, oid)
        finally:
            self.end()

    def put(self, repo, oid):
        fault = self.world.fault("put")
        if fault and "delay" in fault:
            time.sleep(fault["delay"])
        if fault and "cut" in fault:
            return self.cut(fault["cut"])
        if fault and "status" in fault:
            return self.fail(fault)
        path = self.world.path(repo, oid)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        part, digest = f"{path}.{threading.get_ident()}", hashlib.sha256()
        with open(part, "wb") as out:
            while self.left > 0:
                piece = self.rfile.read(min(PIECE, self.left))
                if not piece:
                    os.unlink(part)
                    self.close_connection = True
                    return None
                self.left -= len(piece)
                digest.update(piece)
                out.write(piece)
        if digest.hexdigest() != oid:
            os.unlink(part)
            return self.answer(422, {"message": "the content is not what its name says"})
        if fault and fault.get("forget"):
            os.unlink(part)
        else:
            os.replace(part, path)
        return self.answer(200)

    def get(self, repo, oid):
        fault = self.world.fault("get")
        if fault and "delay" in fault:
            time.sleep(fault["delay"])
        if fault and "status" in fault:
            return self.fail(fault)
        if not self.world.has(repo, oid):
            return self.answer(404, {"message": "no such object"})
        path = self.world.path(repo, oid)
        size, sent = os.path.getsize(path), 0
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(size))
        self.end_headers()
        with open(path, "rb") as source:
            while piece := source.read(PIECE):
                if fault and fault.get("flip") and sent == 0:
                    piece = bytes([piece[0] ^ 1]) + piece[1:]
                if fault and "cut" in fault and sent + len(piece) > fault["cut"]:
                    self.end()
                    self.wfile.write(piece[: fault["cut"] - sent])
                    self.close_connection = True
                    return None
                sent += len(piece)
                if sent == size:
                    self.end()
                self.wfile.write(piece)
        return None

    def verify(self, repo):
        given = json.loads(self.body())
        fault = self.world.fault("verify")
        if fault:
            return self.fail(fault)
        good = self.world.has(repo, given["oid"], given["size"])
        return self.answer(200 if good else 404, {} if good else {"message": "not stored"})

    def batch(self, repo):
        given = self.body()
        fault = self.world.fault("batch")
        if fault and "cut" in fault:
            return self.cut(0)
        if fault and "html" in fault:
            return self.answer(200, b"<html><title>Sign in</title></html>", "text/html")
        if fault and "moved" in fault:
            return self.answer(301, b"", Location=fault["moved"])
        if fault and "status" in fault:
            return self.fail(fault)
        if not self.knows():
            return self.answer(401, {"message": "Credentials needed"}, LFS_Authenticate='Basic realm="lfs"')
        if MEDIA not in self.headers.get("Accept", "") or not self.headers.get("Content-Type", "").startswith(MEDIA):
            return self.answer(406, {"message": "not the media type of the API"})
        asked = json.loads(given)
        with self.world.lock:
            self.world.log[-1]["batch"] = asked
        most = self.world.settings["largest_batch"]
        if most and len(asked["objects"]) > most:
            return self.answer(413, {"message": "too many objects"})
        objects = [self.entry(repo, asked["operation"], one) for one in asked["objects"]]
        return self.answer(200, {"transfer": "basic", "objects": objects, "hash_algo": "sha256"})

    def entry(self, repo, operation, one):
        fault = self.world.fault("object-" + operation)
        out = {"oid": one["oid"], "size": one["size"]}
        if fault:
            return {**out, "error": {"code": fault["status"], "message": fault.get("message", "as ordered")}}
        held = self.world.has(repo, one["oid"], one["size"])
        if operation == "download":
            if not held:
                return {**out, "error": {"code": 404, "message": "Object does not exist"}}
            return {**out, "authenticated": True, "actions": {"download": self.action(repo, "store/" + one["oid"])}}
        if held:
            return out
        actions = {"upload": self.action(repo, "store/" + one["oid"])}
        if self.world.settings["verify"]:
            actions["verify"] = self.action(repo, "verify")
        return {**out, "authenticated": True, "actions": actions}

    def action(self, repo, rest):
        host = self.headers.get("Host")
        action = {"href": f"http://{host}{repo}/info/lfs/{rest}",
                  "header": {"Authorization": "RemoteAuth " + self.world.settings["key"]}, "expires_in": 3600}
        if self.world.settings["elsewhere"] and rest.startswith("store/"):
            oid = rest[len("store/"):]
            action = {"href": f"http://127.0.0.1:{self.world.other_port}/bucket{repo}/{oid}?signature=signed",
                      "header": {"X-Bucket": "b1"}, "expires_at": "2099-01-01T00:00:00Z"}
        if self.world.fault("expired"):
            action.pop("expires_at", None)
            action["expires_in"] = -60
        return action

    def order(self, verb):
        """Orders of the tests: set, fault, log, clear, objects."""
        given = json.loads(self.body() or b"{}")
        world = self.world
        with world.lock:
            if verb == "set":
                world.settings.update(given)
            elif verb == "fault":
                world.faults.append(given)
            elif verb == "clear":
                world.faults.clear()
                world.log.clear()
                world.most_at_once = 0
            elif verb == "log":
                return self.answer(200, {"requests": world.log, "most_at_once": world.most_at_once})
            else:
                return self.answer(404, {"message": "no such order"})
        return self.answer(200, {})

    def do_GET(self):
        self.handle_one("GET")

    def do_PUT(self):
        self.handle_one("PUT")

    def do_POST(self):
        self.handle_one("POST")


class Elsewhere(Handler):
    elsewhere = True


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        kind = sys.exc_info()[0]
        if kind not in (ConnectionResetError, BrokenPipeError, OSError, ValueError):
            super().handle_error(request, client_address)


def parse():
    parser = argparse.ArgumentParser(description="A Git LFS server on loopback.")
    parser.add_argument("--directory", required=True, help="where the objects lie; made when missing")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--port-file", help="file that gets the port when the server is ready")
    parser.add_argument("--user", default="bot", help="Basic auth; empty: none")
    parser.add_argument("--password", default="bot-password")
    return parser.parse_args()


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    os.makedirs(options.directory, exist_ok=True)
    world = Handler.world = World(options)
    other = Listener(("127.0.0.1", 0), Elsewhere)
    world.other_port = other.server_address[1]
    threading.Thread(target=other.serve_forever, daemon=True).start()
    server = Listener(("127.0.0.1", options.port), Handler)
    if options.port_file:
        with open(options.port_file + ".tmp", "w", encoding="ascii") as out:
            out.write(f"{server.server_address[1]}\n")
        os.replace(options.port_file + ".tmp", options.port_file)
    server.serve_forever()


if __name__ == "__main__":
    main()
