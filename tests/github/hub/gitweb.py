"""Git and LFS over HTTP: git http-backend as a CGI program, and the LFS server of tests/lfsserver behind our tokens."""

import http.client
import os
import subprocess
import tempfile

from cvat.auth import Refused

from . import gitrepo, tokens
from .answers import Stream, message, nothing, plain

BACKENDS = ("/usr/lib/git-core/git-http-backend", "/usr/libexec/git-core/git-http-backend")
BLOCK = 1 << 16


def ask_credentials(words="Repository not found."):
    return Refused(plain(401, words, [("WWW-Authenticate", 'Basic realm="GitHub"')]))


def who(world, request):
    """The token of a git request, by Basic alone; its refusals have git's words."""
    if request.header("authorization", "basic").split(" ")[0].lower() != "basic":
        raise ask_credentials()
    try:
        return world.tokens.identify(request)
    except Refused:
        raise ask_credentials("Invalid username or token. Password authentication is not supported for Git operations.") from None


def place(world, request, writes):
    """(path on disk, repository or gist) that the URL means, when the token may have it."""
    token = request.user = who(world, request)
    owner, name = request.git["owner"], request.git["name"]
    if owner == "gist":
        gist = world.store.gists.get(name)
        if gist is None or (writes and not (token and token.user is gist.owner)):
            raise Refused(plain(404, "Repository not found.")) if token else ask_credentials()
        return world.store.gist_path(gist), gist
    wiki = name.endswith(".wiki") and world.store.find(owner, name)[0] is None
    repository, moved = world.store.find(owner, name[: -len(".wiki")] if wiki else name)
    if repository is None or not tokens.may_read(token, repository):
        raise Refused(plain(404, "Repository not found.")) if token else ask_credentials()
    check(world, request, repository, token, writes)
    if moved:
        target = f"/{repository.full_name}{'.wiki' if wiki else ''}.git/{request.git['rest']}"
        query = "?" + request.query_string if request.query_string else ""
        raise Refused(nothing(301, [("Location", (world.public_url or request.base) + target + query)]))
    path = world.store.path(repository, wiki)
    if not os.path.isdir(path):
        raise Refused(plain(404, "Repository not found."))
    return path, repository


def check(world, request, repository, token, writes):
    """Takedowns, SAML, and the right to push."""
    if repository.blocked:
        raise Refused(
            plain(
                403 if int(repository.blocked.get("status", 451)) == 403 else 451,
                "Access to this repository has been disabled by GitHub staff due to\na DMCA takedown.",
            )
        )
    if repository.disabled:
        raise Refused(plain(403, "Access to this repository has been disabled by GitHub staff."))
    if repository.private and tokens.needs_sso(token, repository.owner):
        words = (
            f"The '{repository.owner.login}' organization has enabled or enforced SAML SSO. To access\n"
            "this repository, you must re-authorize the OAuth Application `git`."
        )
        raise Refused(plain(403, words))
    if not writes:
        return
    if token is None:
        raise ask_credentials()
    if not tokens.may_write(token, repository):
        raise Refused(plain(403, f"Permission to {repository.full_name}.git denied to {token.user.login if token.user else 'app'}."))
    if repository.archived:
        raise Refused(plain(403, "This repository was archived so it is read-only."))


def git(world, request):
    """One call of the smart protocol; the dumb one is not offered."""
    rest = request.git["rest"]
    if not rest.startswith("git-") and not request.query.get("service", "").startswith("git-"):
        raise Refused(plain(403, "Please upgrade your git client.\nGitHub.com no longer supports git over dumb-http.\n"))
    writes = "receive-pack" in rest or request.query.get("service") == "git-receive-pack"
    with world.lock:
        path, thing = place(world, request, writes)
        before = gitrepo.refs(path) if writes else None
    request.note = "push" if writes else "fetch"
    body = request.spool(world.directory)
    body.rollover()
    body.seek(0, os.SEEK_END)
    size = body.tell()
    body.seek(0)
    environment = {
        **gitrepo.environment(),
        "GIT_PROJECT_ROOT": path,
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": "/" + rest,
        "QUERY_STRING": request.query_string,
        "REQUEST_METHOD": request.method,
        "CONTENT_TYPE": request.header("content-type", ""),
        "CONTENT_LENGTH": str(size),
        "HTTP_CONTENT_ENCODING": request.header("content-encoding", ""),
        "GIT_PROTOCOL": request.header("git-protocol", ""),
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_USER": request.user.label if request.user else "",
        "GATEWAY_INTERFACE": "CGI/1.1",
    }
    if not environment["REMOTE_USER"]:
        del environment["REMOTE_USER"]
    backend = next(one for one in BACKENDS if os.path.exists(one))
    child = subprocess.Popen([backend], stdin=body, stdout=subprocess.PIPE, env=environment, cwd=path)
    body.close()
    return cgi(child, lambda: world.git_done(thing, path, before) if writes else None)


def cgi(child, done):
    """The answer of a CGI program, its body as it comes; `done` is called before the end is sent."""
    status, headers, kind = 200, [], None
    while (line := child.stdout.readline().strip()) != b"":
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        elif name.lower() == "content-type":
            kind = value.strip()
        elif name.lower() != "content-length":
            headers.append((name, value.strip()))
    return Stream(status, blocks(child, done), headers, kind, lambda: stop(child))


def blocks(child, done):
    """What the program writes."""
    while block := child.stdout.read1(BLOCK):
        yield block
    child.wait()
    done()


def stop(child):
    """Ends the program, also when the reader went away before it was done."""
    if child.poll() is None:
        child.kill()
    child.stdout.close()
    child.wait()


def lfs(world, request):
    """Batch API and objects: our tokens are checked here, the LFS server does the rest."""
    rest = request.git["rest"][len("info/lfs/") :]
    if rest.startswith("store/") or rest == "verify":
        request.note = "object"  # carries the key of its action instead of a token
    else:
        request.note = "batch"
        body = request.body()
        with world.lock:
            try:
                place(world, request, b'"upload"' in body)
            except Refused as refusal:
                raise Refused(lfs_refusal(refusal.answer)) from None
    headers = {k: v for k, v in request.headers.items() if k not in ("connection", "transfer-encoding", "expect", "content-length")}
    headers["x-standin-scheme"] = request.base.partition(":")[0]
    if request.note == "batch":
        headers["x-standin-granted"] = world.lfs.secret
    with tempfile.TemporaryFile(dir=world.directory) as spool:
        for block in request._reader.chunks() if request._body is None else [request._body]:
            spool.write(block)
        headers["content-length"] = str(spool.tell())
        spool.seek(0)
        upstream = http.client.HTTPConnection("127.0.0.1", world.lfs.port, timeout=60)
        upstream.request(request.method, request.target, spool, headers)
        response = upstream.getresponse()
    kept = [(k, v) for k, v in response.getheaders() if k.lower() in ("lfs-authenticate", "retry-after", "location")]
    return Stream(response.status, relay(response), kept, response.getheader("content-type"), upstream.close)


def lfs_refusal(answer):
    """A refusal of the git side in the form of the LFS API."""
    if answer.status == 301:
        return answer
    changed = message(answer.status, answer.bytes().decode(), "https://docs.github.com/github/managing-large-files")
    changed.kind = "application/vnd.git-lfs+json"
    if answer.status == 401:
        changed.headers.append(("LFS-Authenticate", 'Basic realm="GitHub"'))
    return changed


def relay(response):
    while block := response.read1(BLOCK):
        yield block
    if response.length:
        raise ConnectionResetError("cut by the LFS server")
