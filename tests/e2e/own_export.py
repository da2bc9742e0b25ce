"""The server's own export of an object, fetched the plain way: what a backup must equal."""

import http.client
import io
import json
import time
import urllib.parse
import zipfile


def ask(server, user_token, method, path):
    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        link.request(method, path, headers={"Authorization": "Token " + user_token, "Accept": "*/*"})
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


def fetch(server, token, kind, number, family="D"):
    """Member name → content of the server's ZIP of the object; family A by the old flow."""
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
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
