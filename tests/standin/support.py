"""Helpers of the stand-in's own tests: a server in this process and a small client."""

import http.client
import io
import json
import os
import sys
import time
import urllib.parse
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from cvat.auth import access_token, login_token  # noqa: E402
from cvat.main import SAMPLES, Standin, parse  # noqa: E402

LOCAL = "location=local&lightweight=false"
OLD = "use_default_location=false&location=local"


class Answer:
    """Status, headers (lower-case names), body."""

    def __init__(self, response, body):
        self.status, self.body = response.status, body
        self.headers = {k.lower(): v for k, v in response.getheaders()}

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")


class Client:
    """One user's calls; a connection for each call, so that cuts harm nobody else."""

    def __init__(self, port, user="admin", bearer=False):
        self.port = port
        self.credentials = (
            f"Bearer {access_token(user)}" if bearer else f"Token {login_token(user)}" if user else None
        )

    def call(self, method, path, body=None, headers=None, accept="application/vnd.cvat+json"):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            sent = {"Accept": accept, **(headers or {})}
            if self.credentials and "Authorization" not in sent:
                sent["Authorization"] = self.credentials
            if isinstance(body, (dict, list)):
                body = json.dumps(body)
                sent.setdefault("Content-Type", "application/json")
            link.request(method, path, body, {k: v for k, v in sent.items() if v is not None})
            response = link.getresponse()
            return Answer(response, response.read())
        finally:
            link.close()

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.call("POST", path, body, **options)

    def order(self, verb, body=None):
        """A call of the control plane."""
        answer = self.call("GET" if body is None else "POST", f"/__standin__/{verb}", body)
        if answer.status != 200:
            raise AssertionError(f"{verb}: {answer.text}")
        return answer.json

    def mutate(self, op, **given):
        return self.order("mutate", {"op": op, **given})

    def poll(self, rq_id, seconds=10):
        """The finished or failed request."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            view = self.get(f"/api/requests/{urllib.parse.quote(rq_id, safe='')}").json
            if view["status"] in ("finished", "failed"):
                return view
            time.sleep(0.005)
        raise AssertionError(f"{rq_id} is not done")

    def export(self, kind, number, query=LOCAL):
        """Starts, polls, downloads: the answer of the download."""
        started = self.post(f"/api/{kind}s/{number}/backup/export?{query}")
        assert started.status == 202, started.text
        view = self.poll(started.json["rq_id"])
        assert view["status"] == "finished", view
        return self.get(path_of(view["result_url"]), accept="*/*")

    def old_wait(self, kind, number, query=OLD):
        """Family A: GET until it is no longer 202."""
        for _ in range(2000):
            answer = self.get(f"/api/{kind}s/{number}/backup?{query}")
            if answer.status != 202:
                return answer
            time.sleep(0.005)
        raise AssertionError("202 for ever")

    def old_export(self, kind, number, query=OLD):
        ready = self.old_wait(kind, number, query)
        assert ready.status == 201, ready.text
        return self.get(f"/api/{kind}s/{number}/backup?{query}&action=download", accept="*/*")

    def upload(self, kind, data, chunk=20000, headers=None):
        """TUS: create and chunks; the name for the finish."""
        more = {"Tus-Resumable": "1.0.0", **(headers or {})}
        made = self.post(
            f"/api/{kind}s/backup/",
            headers={**more, "Upload-Length": str(len(data)), "Origin": f"http://127.0.0.1:{self.port}"},
            accept="*/*",
        )
        assert made.status == 201, made.text
        key = made.headers["location"].rpartition("/")[2]
        for start in range(0, len(data), chunk):
            done = self.call(
                "PATCH",
                f"/api/{kind}s/backup/{key}",
                data[start : start + chunk],
                {**more, "Upload-Offset": str(start), "Content-Type": "application/offset+octet-stream"},
                "*/*",
            )
            assert done.status == 204, done.status
        return made.headers["upload-filename"]

    def finish(self, kind, name, headers=None):
        return self.post(
            f"/api/{kind}s/backup/?filename={name}", headers={"Upload-Finish": "true", **(headers or {})}
        )

    def restore(self, kind, data, headers=None):
        """The whole restore: the request at its end (B to D)."""
        return self.poll(self.finish(kind, self.upload(kind, data, headers=headers), headers).json["rq_id"])


def path_of(url):
    """Path and query of an absolute URL."""
    parts = urllib.parse.urlsplit(url)
    return f"{parts.path}?{parts.query}"


def start(*arguments):
    """A server in this process."""
    return Standin(parse(list(arguments))).start()


def sample(name):
    with open(os.path.join(SAMPLES, f"{name}.zip"), "rb") as source:
        return source.read()


def members(data):
    """Names and contents in order; the CRCs are checked."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
