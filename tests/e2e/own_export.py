"""The server's own export of an object, fetched the plain way: what a backup must equal. And its own restore of one."""

import http.client
import io
import json
import time
import urllib.parse
import zipfile


def ask(server, user_token, method, path, body=None, headers=None):
    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        link.request(method, path, body, {"Authorization": "Token " + user_token, "Accept": "*/*", **(headers or {})})
        answer = link.getresponse()
        return answer.status, answer.read()
    finally:
        link.close()


def until(what, wanted):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        status, body = what()
        if wanted(status, body):
            return body
        time.sleep(0.02)
    raise AssertionError("the server's own export does not end")


def restore(server, token, kind, path):
    """Gives the ZIP to the server as its web pages do; the new id. What the server says of a ZIP that it refuses is the error."""
    boundary = "x" * 30
    with open(path, "rb") as file:
        body = (f'--{boundary}\r\nContent-Disposition: form-data; name="{kind}_file"; filename="a.zip"\r\n'
                "Content-Type: application/zip\r\n\r\n").encode() + file.read() + f"\r\n--{boundary}--\r\n".encode()
    status, text = ask(server, token, "POST", f"/api/{kind}s/backup/", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
    if status != 202:
        raise AssertionError(f"{status}: {text[:200]!r}")
    rq_id = urllib.parse.quote(json.loads(text)["rq_id"], safe="")
    body = until(lambda: ask(server, token, "GET", "/api/requests/" + rq_id),
                 lambda status, body: json.loads(body)["status"] in ("finished", "failed"))
    state = json.loads(body)
    if state["status"] == "failed":
        raise AssertionError(state["message"])
    return state["result_id"]


def fetch(server, token, kind, number, family="D"):
    """Member name → content of the server's ZIP of the object; family A by the old flow."""
    with zipfile.ZipFile(io.BytesIO(fetch_zip(server, token, kind, number, family))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def fetch_zip(server, token, kind, number, family="D"):
    """The bytes of the server's ZIP of the object."""
    base = f"/api/{kind}s/{number}/backup"
    if family == "A":
        old = base + "?use_default_location=false&location=local"
        until(lambda: ask(server, token, "GET", old), lambda status, body: status == 201)
        status, body = ask(server, token, "GET", old + "&action=download")
    else:
        answer = json.loads(ask(server, token, "POST", base + "/export?location=local&lightweight=false")[1])
        rq_id = urllib.parse.quote(answer["rq_id"], safe="")
        body = until(lambda: ask(server, token, "GET", "/api/requests/" + rq_id),
                     lambda status, body: json.loads(body)["status"] == "finished")
        where = urllib.parse.urlsplit(json.loads(body)["result_url"])
        status, body = ask(server, token, "GET", where.path + "?" + where.query)
    if status != 200:
        raise AssertionError(f"{status}: {body[:200]!r}")
    return body
