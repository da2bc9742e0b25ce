"""From a request to an answer: routes, content negotiation, authentication, organisation, faults, log."""

import collections
import email.utils
import re
import threading
import time

from . import auth, control, wire
from .auth import Refused
from .faults import FaultTable
from .views import Views
from .wire import Response, detail, html, nginx_page, not_found_page, server_error

HOST = re.compile(r"^[A-Za-z0-9.\-]+(:\d+)?$|^\[[0-9a-fA-F:.]+\](:\d+)?$")
VND = "application/vnd.cvat+json"


class Log:
    """Every request with what was sent back; credentials are masked."""

    def __init__(self):
        self.entries = collections.deque(maxlen=500000)
        self.lock = threading.Lock()
        self.number = 0

    def begin(self, request, answer, fault):
        headers = dict(request.headers)
        for name in ("authorization", "cookie"):
            if name in headers:
                headers[name] = headers[name].split(" ")[0] + " ***"
        user = getattr(request, "user", None)
        entry = {
            "n": 0,
            "time": time.time(),
            "method": request.method,
            "path": request.path,
            "query": request.query_string,
            "headers": headers,
            "user": user.username if user else None,
            "status": answer.status,
            "sent": 0,
            "fault": fault.kind if fault else None,
        }
        if not request.raw_path.startswith(control.PREFIX):
            with self.lock:
                self.number += 1
                entry["n"] = self.number
                self.entries.append(entry)
        return entry


class Route:
    """A path pattern and its views by method."""

    def __init__(self, pattern, views, anonymous=False, keep=False, lock=True, families="ABCD"):
        self.pattern = re.compile(pattern + r"\Z")
        self.views, self.anonymous, self.keep, self.lock = views, anonymous, keep, lock
        self.families = families

    @property
    def allow(self):
        names = [m for m in ("GET", "POST", "PUT", "PATCH", "DELETE") if m in self.views]
        if "GET" in names or "HEAD" in self.views:
            names.append("HEAD")
        return ", ".join([*names, "OPTIONS"])


class Throttle:
    """Anonymous callers of about and login: so many a minute for each client (exchange 15)."""

    def __init__(self, limit):
        self.limit = limit
        self.calls = {}

    def check(self, request):
        if not self.limit:
            return
        who = request.header("x-forwarded-for") or request.peer
        now = time.monotonic()
        recent = [t for t in self.calls.get(who, []) if t > now - 60]
        if len(recent) >= self.limit:
            wait = int(60 - (now - recent[0])) + 1
            raise Refused(
                detail(
                    429,
                    f"Request was throttled. Expected available in {wait} seconds.",
                    [("Retry-After", str(wait))],
                )
            )
        self.calls[who] = recent + [now]


class Application:
    """The whole server behind the listener."""

    def __init__(self, world):
        self.world = world
        self.faults = FaultTable()
        self.log = Log()
        self.routes = []
        self.kept = {}
        self.kept_version = -1
        self.throttle = Throttle(world.options.throttle)

    def add(self, *args, **options):
        route = Route(*args, **options)
        if self.world.family in route.families:
            self.routes.append(route)

    def answer(self, request):
        """The answer, and the fault that spoils it."""
        if request.raw_path.startswith(control.PREFIX):
            return control.handle(self, request), None
        request.user = request.access_token = None
        fault = self.faults.find(request)
        if fault and fault.action.get("sleep"):
            time.sleep(float(fault.action["sleep"]))
        if fault and fault.kind == "delay":
            time.sleep(float(fault.value))
        if fault and not fault.action.get("after"):
            spoilt = fault.replace()
            if spoilt is not None:
                spoilt.plain = True
                return spoilt, fault
        if fault:
            request.headers = dict(fault.drop("request", request.headers.items()))
        answer = self.guarded(request)
        if fault:
            answer.headers = fault.drop("answer", answer.headers)
        if fault and fault.action.get("after"):
            answer = fault.replace() or answer
        return answer, fault

    def guarded(self, request):
        """The view's answer, with the framework's reaction to refusals and bugs."""
        try:
            try:
                answer = self.compress(request, self.route(request))
            except Refused as refusal:
                answer = refusal.answer
            if (
                self.world.family == "A"
                and request.user
                and not request.header("cookie")
                and request.header("authorization", "")[:5].lower() == "token"
            ):
                answer.headers.append(self.world.auth.session_cookie(request.user))
            if (
                request.path.startswith("/api/requests")
                and answer.status in (200, 400, 404)
                and not answer.bare
            ):
                answer.headers += never_kept()
            return answer
        except ConnectionError:
            raise
        except Exception:
            import traceback

            traceback.print_exc()
            return server_error()

    def route(self, request):
        host = request.header("host", "")
        if not HOST.match(host):
            if re.match(r"^[A-Za-z0-9._\-:]+$", host):
                answer = html(400, "Bad Request (400)")
                answer.plain = True
                return answer
            return nginx_page(400, "Bad Request")
        for route in self.routes:
            match = route.pattern.match(request.path)
            if match:
                request.allow = route.allow
                return self.dispatch(request, route, match.groupdict())
        return not_found_page()

    def dispatch(self, request, route, parts):
        """Negotiation, authentication, then the view."""
        world = self.world
        wants_page = negotiate(request)
        request.user = world.auth.identify(request)
        if not route.anonymous:
            auth.require(request)
        elif request.user is None and route.anonymous != "free":
            self.throttle.check(request)
        request.context = auth.Context(world.store, request)
        request.views = Views(world.store, request.base, world.family)
        method = request.method
        if method == "HEAD" and "HEAD" not in route.views:
            if "GET" not in route.views:
                return detail(405, 'Method "HEAD" not allowed.')
            if request.user is not None and world.family != "A":
                return server_error()  # exchange 01
            method = "GET"
        if method == "OPTIONS" and "OPTIONS" not in route.views:
            return wire.reply(
                {
                    "name": "Endpoint",
                    "description": "",
                    "renders": [VND, "text/html"],
                    "parses": ["application/json"],
                }
            )
        if method not in route.views:
            return detail(405, f'Method "{request.method}" not allowed.')
        answer = self.view(request, route, method, parts)
        if wants_page and answer.kind == VND:
            if method == "POST":
                return server_error()  # exchange 02: although the job is queued
            return Response(
                answer.status,
                b"<!DOCTYPE html><html><body>" + answer.bytes() + b"</body></html>",
                kind="text/html; charset=utf-8",
            )
        return answer

    def view(self, request, route, method, parts):
        """Calls the view under the store's lock; answers that depend on the store alone are kept."""
        world = self.world
        arguments = {k: int(v) if k in ("id", "asset_id") else v for k, v in parts.items()}
        if not route.lock:
            return route.views[method](world, request, **arguments)
        if (
            method in ("POST", "PATCH", "PUT")
            and request.header("content-type", "application/json").split(";")[0] == "application/json"
        ):
            request.body()
        with world.store.lock:
            if not (route.keep and method == "GET"):
                return route.views[method](world, request, **arguments)
            if self.kept_version != world.store.version:
                self.kept, self.kept_version = {}, world.store.version
            key = (
                request.user and request.user.id,
                request.target,
                request.base,
                request.header("x-organization"),
            )
            if key not in self.kept:
                self.kept[key] = route.views[method](world, request, **arguments)
            known = self.kept[key]
            copy = Response(known.status, known.pieces, known.headers, known.kind)
            return copy

    @staticmethod
    def compress(request, answer):
        """JSON is compressed for those who ask (exchange 29)."""
        if answer.kind == VND and "gzip" in request.header("accept-encoding", "") and answer.length >= 200:
            packed = wire.gzip_body(answer.bytes())
            copy = Response(
                answer.status, packed, [*answer.headers, ("content-encoding", "gzip")], answer.kind
            )
            copy.no_body = answer.no_body
            return copy
        return answer


def never_kept():
    """Headers of everything under /api/requests."""
    return [
        ("expires", email.utils.formatdate(usegmt=True)),
        ("cache-control", "max-age=0, no-cache, no-store, must-revalidate, private"),
    ]


def negotiate(request):
    """Exchange 02: 406 unless the server's own type is acceptable. True when an HTML page is wanted."""
    words = request.header("accept")
    if not words:
        return False
    if request.path.rstrip("/").endswith("/server/health"):
        return False
    types = [part.strip().split(";") for part in words.split(",")]
    for kind, *parameters in types:
        kind = kind.strip()
        if kind in ("*/*", "application/*"):
            return False
        if kind == VND:
            version = [p.strip()[8:] for p in parameters if p.strip().startswith("version=")]
            if version and version[0] not in ("2.0",):
                raise Refused(detail(406, 'Invalid version in "Accept" header.'))
            return False
        if kind in ("text/html", "text/*"):
            return True
    raise Refused(detail(406, "Could not satisfy the request Accept header."))
