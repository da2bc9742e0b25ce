"""From a request to an answer: which side of the site, GitHub's checks, limits, ETag, log."""

import hashlib
import re
import threading
import time
import uuid

from cvat import app as base
from cvat.auth import Refused
from cvat.faults import FaultTable
from cvat.wire import JSON_TYPE, gzip_body

from . import answers, control, gitweb, rest, rest_repo
from .context import Context
from .graphql import endpoint

ENTERPRISE = "enterprise-server@3.17.0"
VERSIONS = ("2022-11-28", "2026-03-10")
VARY_AUTH = "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With"
VARY_ANONYMOUS = "Accept,Accept-Encoding, Accept, X-Requested-With"
GIT_PATH = re.compile(r"^/(?P<owner>[^/]+)/(?P<name>[^/]+?)(?:\.git)?/(?P<rest>info/refs|git-(?:upload|receive)-pack|info/lfs/.+|HEAD|objects/.+)$")
NO_AGENT = (
    "\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header "
    "(https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required). "
    "Check https://developer.github.com for other possible causes.\r\n"
)


class Log(base.Log):
    """Every request; knows also the side of the site and what it cost."""

    def begin(self, request, answer, fault):
        entry = super().begin(request, answer, fault)
        entry["side"] = getattr(request, "side", None)
        entry["cost"] = getattr(request, "cost", 0)
        entry["bytes"] = answer.length
        note = getattr(request, "note", None)
        if note:
            entry["note"] = note
        return entry


class Faults(FaultTable):
    """Tells the request which rule strikes it, so that git's answer can be held whole for it."""

    def find(self, request):
        request.fault = super().find(request)
        return request.fault


class Application(base.Application):
    """The whole server behind the listener."""

    def __init__(self, world):
        self.world = world
        self.faults = Faults()
        self.log = Log()
        self.pages = {}  # bodies by URL, to be sent compressed without work
        self.pages_lock = threading.Lock()

    def answer(self, request):
        if request.raw_path.startswith(control.PREFIX):
            return control.handle(self, request), None
        if self.world.delay:
            time.sleep(self.world.delay)
        answer, fault = super().answer(request)
        if answer.kind == JSON_TYPE:
            answer.kind = answers.JSON
        return answer, fault

    def guarded(self, request):
        """The answer of the side that the path belongs to."""
        request.side, kind = self.side(request)
        request.cost = 0
        side, fault, answer = request.side, request.fault, None
        at_once = self.world.limits.enter(side)
        try:
            answer = kind(request, at_once)
            if isinstance(answer, answers.Stream) and fault and (fault.shapes_body or fault.action.get("after")):
                answer = answer.whole()
            return answer
        except Refused as refusal:
            return refusal.answer
        except ConnectionError:
            raise
        except Exception:
            import traceback

            traceback.print_exc()
            return answers.message(500, "Server Error")
        finally:
            if isinstance(answer, answers.Stream):
                answer.ends.append(lambda: self.world.limits.leave(side))
            else:
                self.world.limits.leave(side)

    def side(self, request):
        """git, lfs, graphql or rest."""
        found = GIT_PATH.match(request.path)
        if found:
            request.git = found
            if found["rest"].startswith("info/lfs/"):
                return "lfs", lambda r, _: gitweb.lfs(self.world, r)
            return "git", lambda r, _: gitweb.git(self.world, r)
        prefix = "/api" if self.world.ghes else ""
        if request.path == prefix + "/graphql":
            return "graphql", self.graphql
        if request.path.startswith("/-/assets/"):
            return "asset", lambda r, _: rest_repo.asset_content(self.world, r)
        return "rest", self.rest

    # -- API --

    def checked(self, request, resource, at_once):
        """Agent, credentials, version, limits: a Context, or Refused."""
        if not request.header("user-agent"):
            refusal = answers.plain(403, NO_AGENT)
            refusal.kind = "text/html; charset=utf-8"
            raise Refused(refusal)
        world = self.world
        token = request.user = world.tokens.identify(request)
        if token is None and resource == "graphql":
            words = "This endpoint requires you to be authenticated."
            raise Refused(answers.message(401, words, "https://docs.github.com/graphql"))
        version = request.header("x-github-api-version")
        if version and version not in VERSIONS:
            words = f"{version} is not a supported version. Supported versions: {', '.join(VERSIONS)}"
            raise Refused(answers.message(400, words, "https://docs.github.com/rest/overview/api-versions"))
        accept = request.header("accept", "*/*")
        if not re.search(r"\*/\*|application/\*|[/+.]json|github|octet-stream", accept):
            words = f"Unsupported 'Accept' header: '{accept}'. Must accept 'application/json'."
            raise Refused(answers.message(415, words))
        if not request.path.endswith("/rate_limit"):
            refusal = world.limits.refusal(request, token, resource, at_once)
            if refusal:
                raise Refused(self.dressed(request, refusal, resource))
        return Context(world, request, token, version or VERSIONS[0])

    def rest(self, request, at_once):
        prefix = "/api/v3" if self.world.ghes else ""
        if not request.path.startswith(prefix + "/"):
            return answers.not_found()
        context = self.checked(request, "core", at_once)
        if request.method in ("POST", "PATCH", "PUT"):
            request.body()
        with self.world.lock:
            try:
                answer = rest.route(context, request.path[len(prefix) :])
            except Refused as refusal:
                answer = refusal.answer
        answer.plain = True
        return self.finished(request, context, answer)

    def finished(self, request, context, answer):
        """ETag and 304, cost, headers, compression."""
        headers, free = answer.headers, request.path.endswith("/rate_limit")
        if request.method in ("GET", "HEAD") and answer.status == 200 and not free and answer.kind == answers.JSON:
            tag = etag(request, answer.bytes())
            packed = "gzip" in request.header("accept-encoding", "")
            headers += [("ETag", ("W/" if packed else "") + tag), ("Cache-Control", "private, max-age=60, s-maxage=60")]
            if tag in request.header("if-none-match", "").replace("W/", ""):
                answer = answers.nothing(304, headers)
        if not free and not (answer.status == 304 and context.token):
            request.cost = 1
        self.world.limits.charge(context.token, "core", request.cost)
        answer.headers = headers
        return self.compress(request, self.dressed(request, answer, "core", context))

    def dressed(self, request, answer, resource, context=None):
        """Headers that every API answer has."""
        token = request.user
        have = {name.lower() for name, _ in answer.headers}
        more = [("X-GitHub-Request-Id", uuid.uuid4().hex[:20].upper()), ("X-GitHub-Media-Type", "github.v3; format=json")]
        more.append(("Vary", VARY_AUTH if token else VARY_ANONYMOUS))
        more.append(("X-Content-Type-Options", "nosniff"))
        if self.world.ghes:
            more.append(("X-GitHub-Enterprise-Version", ENTERPRISE))
        if context:
            more.append(("x-github-api-version-selected", context.version))
        if token and token.kind == "classic":
            more += [("X-OAuth-Scopes", ", ".join(token.scopes)), ("X-Accepted-OAuth-Scopes", "repo" if resource == "graphql" else "")]
        if token and token.kind == "fine" and token.expires:
            when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(token.expires))
            more.append(("github-authentication-token-expiration", when))
        if "x-ratelimit-limit" not in have:
            more += self.world.limits.headers(token, resource)
        answer.headers = answer.headers + [one for one in more if one[0].lower() not in have]
        return answer

    def graphql(self, request, at_once):
        """POST /graphql; always counted as the resource graphql."""
        context = self.checked(request, "graphql", at_once)
        if request.method != "POST":
            return answers.not_found()
        request.body()
        with self.world.lock:
            answer, request.cost = endpoint.answer(context)
        request.note = context.operation
        self.world.limits.charge(context.token, "graphql", request.cost)
        return self.compress(request, self.dressed(request, answer, "graphql", context))

    def compress(self, request, answer):
        """gzip for those who ask."""
        small = answer.kind != answers.JSON or answer.length < 200
        if small or "gzip" not in request.header("accept-encoding", ""):
            return answer
        body = answer.bytes()
        key = hashlib.sha256(body).digest()
        with self.pages_lock:
            packed = self.pages.get(key)
        if packed is None:
            packed = gzip_body(body)
            with self.pages_lock:
                if len(self.pages) > 500:
                    self.pages.clear()
                self.pages[key] = packed
        answer.pieces = [packed]
        answer.headers = answer.headers + [("Content-Encoding", "gzip")]
        return answer


def etag(request, body):
    """The ETag of a page: hex SHA-256 over the headers that Vary names and the body before compression.

    Source: github.com/bored-engineer/github-conditional-http-transport, which checks it against the live service.
    """
    digest = hashlib.sha256()
    for name in ("accept", "authorization", "cookie") if request.user else ("accept",):
        digest.update((request.header(name) or "").encode() + b":")
    digest.update(body)
    return f'"{digest.hexdigest()}"'
