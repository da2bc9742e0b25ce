"""Replays the exchanges of one recording: ids, credentials and bodies become ours."""

import base64
import glob
import hashlib
import http.client
import json
import os
import re
import sys
import time
import urllib.parse

import exchange_backups
from exchange_compare import IDS, behind, compare

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "data", "cvat")
sys.path.insert(0, os.path.join(HERE, "..", "standin"))

from cvat.auth import access_token, login_token  # noqa: E402  (found beside the stand-in)

USERS = {"TOKEN": "admin", "TOKEN_alice01": "alice", "TOKEN_bobby01": "bob", "TOKEN_wanda01": "wanda"}
ADMIN = {"Authorization": f"Token {login_token('admin')}", "Accept": "*/*"}


def samples():
    """The recorded backups, for request bodies that are known by hash only."""
    out = []
    for path in sorted(glob.glob(os.path.join(DATA, "samples", "*.zip"))):
        with open(path, "rb") as source:
            out.append(source.read())
    return out


def form(data, boundary, field):
    """A form with one file, as the recordings sent it."""
    return (
        (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="b.zip"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        + data
        + f"\r\n--{boundary}--\r\n".encode()
    )


class Player:
    """One exchange file against one server."""

    def __init__(self, case, port, pieces):
        self.case, self.port, self.pieces = case, port, pieces
        self.names = {}  # recorded upload and request ids -> ours
        self.tokens = {name: login_token(user) for name, user in USERS.items()}
        self.differences = []

    def translate(self, words):
        """Recorded ids become ours."""
        for old, new in self.names.items():
            words = words.replace(old, new)
            words = words.replace(urllib.parse.quote(old, safe="~"), urllib.parse.quote(new, safe="~"))
        for kind, table in self.case.get("ids", {}).items():

            def swap(match, table=table):
                return match[1] + str(table.get(int(match[2]), match[2]))

            words = re.sub(rf"(/api/{kind}s/)(\d+)", swap, words)
            words = re.sub(rf"({kind}_id=)(\d+)", swap, words)
            words = re.sub(rf"(target(?:=|%3D){kind}(?:&|%26)target_id(?:=|%3D))(\d+)", swap, words)
        return words

    def body_of(self, request, wanted):
        """The bytes of a recorded request body; None when they are not known."""
        body = request.get("body")
        if body is None:
            return b""
        if isinstance(body, dict) and set(body) == {"sha256", "length"}:
            start = int(header(request, "upload-offset") or 0)
            for data in self.pieces:
                piece = data[start : start + body["length"]]
                if hashlib.sha256(piece).hexdigest() == body["sha256"]:
                    return piece
            kind = header(request, "content-type") or ""
            if kind.startswith("multipart/"):
                field = "project_file" if "/projects/" in request["path"] else "task_file"
                return form(
                    self.good(request), kind.rpartition("=")[2], field if wanted["status"] == 202 else "wrong"
                )
            return bytes(body["length"]) if wanted["status"] >= 400 else None
        if isinstance(body, dict):
            body = json.dumps(
                {
                    k: str(v).replace("PASSWORD", "admin-password") if k == "password" else v
                    for k, v in body.items()
                }
            )
            for old, new in (("bobby@example.com", "bob@example.com"),):
                if old in body:
                    body = body.replace(old, new).replace("admin-password", "bob-password")
        for old, new in self.case.get("replace", ()):
            body = body.replace(old, new)
        return self.translate(body).encode("latin-1", "replace")

    @staticmethod
    def good(request):
        """A backup that can be restored at the path of the request."""
        name = exchange_backups.GOOD if "/projects/" in request["path"] else exchange_backups.GOOD_TASK
        return exchange_backups.sample(name)

    def headers_of(self, request):
        """Recorded headers with our credentials."""
        out = {}
        for name, value in (request.get("headers") or {}).items():
            if name.lower() == "authorization":
                value = self.credentials(value)
            if name.lower() == "cookie":
                value = value.replace("SESSION", self.names.get("SESSION", "none"))
            if name.lower() != "content-length":
                out[name] = self.names.get(value, value)
        return out

    def credentials(self, value):
        scheme, _, key = value.partition(" ")
        if scheme == "BASIC" or key == "BASIC":
            return "Basic " + base64.b64encode(b"admin:admin-password").decode()
        if scheme == "Bearer" and key.startswith("PAT_RO"):
            return f"Bearer {access_token('admin')}"
        if scheme == "Token" and key.startswith("PAT_RO"):
            return f"Token {access_token('admin')}"
        return f"{scheme} {self.tokens[key]}" if key in self.tokens else value

    def send(self, method, path, headers, body):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            link.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                link.putheader(name, value)
            if "Host" not in headers and "host" not in headers:
                link.putheader("Host", "cvat.example")
            if body or method in ("POST", "PATCH", "PUT"):
                link.putheader("Content-Length", str(len(body)))
            link.endheaders(body or None)
            answer = link.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            link.close()

    def play(self, number, exchange):
        """One exchange: prepared, sent, repeated while the server is busier than it was, compared."""
        request, wanted = exchange["request"], exchange["response"]
        for order in self.case.get("before", {}).get(number, ()):
            self.prepare(order)
        body = self.body_of(request, wanted)
        if body is None:
            return "request body known by hash only"
        path = self.translate(request["path"])
        for _ in range(600):
            got = self.send(request["method"], path, self.headers_of(request), body)
            if not behind(wanted, got):
                break
            if got[0] == 400 and b"Backup has not finished" in got[2]:  # a poll the recording left out
                self.send(
                    "GET",
                    path.replace("&action=download", "").replace("?action=download", ""),
                    self.headers_of(
                        {
                            "headers": {
                                k: v for k, v in request["headers"].items() if k in ("Host", "Authorization")
                            }
                        }
                    ),
                    b"",
                )
            time.sleep(0.01)
        if wanted["status"] == 202 and got[0] == 201 and "/backup?" in path:
            return None  # ready sooner than the recorded server was
        self.learn(wanted, got)
        for difference in compare(wanted, got):
            self.differences.append(f"{number} {request['method']} {request['path'][:90]}: {difference}")
        return None

    def prepare(self, order):
        """A step the recording left out (exchange_cases.py names them)."""
        known = getattr(self, f"order_{order[0]}", None)
        if known:
            known(*order[1:])
            return
        status, _, body = self.send("POST", f"/__standin__/{order[0]}", ADMIN, json.dumps(order[1]).encode())
        if status != 200:
            raise SystemExit(f"{order}: {body}")

    def order_get(self, path):
        """A GET of the admin until it is no longer 202."""
        for _ in range(600):
            if self.send("GET", path, ADMIN, b"")[0] != 202:
                return
            time.sleep(0.01)

    def order_backup(self, kind, number):
        self.send("POST", f"/api/{kind}s/{number}/backup/export?location=local", ADMIN, b"")
        time.sleep(0.1)

    def order_etag(self, recorded, path):
        """A download of family A, for its ETag."""
        self.order_get(path)
        headers = self.send("GET", path + "&action=download", ADMIN, b"")[1]
        self.names[recorded] = dict((k.lower(), v) for k, v in headers)["etag"]

    def order_import(self, kind, recorded, data):
        """A whole import whose id was recorded."""
        self.order_upload(kind, "an upload", data)
        answer = self.send(
            "POST",
            f"/api/{kind}s/backup/?filename={self.names['an upload']}",
            {**ADMIN, "Upload-Finish": "true"},
            b"",
        )
        self.names[recorded] = json.loads(answer[2])["rq_id"]

    def order_anonymous(self, path, count):
        for _ in range(count):
            self.send("GET", path, {"Accept": "*/*"}, b"")

    def order_wait(self, seconds):
        time.sleep(seconds)

    def order_login(self, user, token):
        """A login; its key and its session stand for the recorded ones."""
        body = json.dumps({"username": user, "password": f"{user}-password"}).encode()
        answer = self.send("POST", "/api/auth/login", {"Content-Type": "application/json"}, body)
        self.tokens[token] = json.loads(answer[2])["key"]
        self.learn({}, answer)

    def order_upload(self, kind, recorded, data):
        """An upload the recording left out; its recorded name becomes ours."""
        admin = {**ADMIN, "Origin": "http://x"}
        _, headers, _ = self.send(
            "POST", f"/api/{kind}s/backup/", {**admin, "Upload-Length": str(len(data))}, b""
        )
        found = {k.lower(): v for k, v in headers}
        key = found["location"].rpartition("/")[2]
        self.send(
            "PATCH",
            f"/api/{kind}s/backup/{key}",
            {**admin, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"},
            data,
        )
        self.names[recorded] = found["upload-filename"]

    def learn(self, wanted, got):
        """Ids the two servers gave the same thing."""
        ours = {k.lower(): v for k, v in got[1]}
        theirs = {k.lower(): v for k, v in wanted.get("headers", [])}
        for name in ("etag", "last-modified"):
            if name in ours and name in theirs:
                self.names[theirs[name]] = ours[name]
        for name in ("upload-filename", "location"):
            if name in ours and name in theirs:
                old, new = theirs[name].rpartition("/")[2], ours[name].rpartition("/")[2]
                self.names[old[-36:] if name == "location" else old] = (
                    new[-36:] if name == "location" else new
                )
                self.names.setdefault(old, new)
        for name, value in got[1]:
            if name.lower() == "set-cookie" and value.startswith("sessionid="):
                self.names["SESSION"] = value.split("=", 1)[1].split(";")[0]
        try:
            old, new = json.loads(wanted.get("body") or ""), json.loads(got[2])
            if "markdown" in old and "markdown" in new:
                self.names.update(zip(IDS.findall(old["markdown"]), IDS.findall(new["markdown"])))
            if "rq_id" in old and "rq_id" in new and old["rq_id"].partition("&")[0] != "action=export":
                self.names[old["rq_id"]] = new["rq_id"]
        except (ValueError, TypeError):
            pass


def header(message, name):
    for key, value in (message.get("headers") or {}).items():
        if key.lower() == name:
            return value
    return None
