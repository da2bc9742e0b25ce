"""Server, users, login, access tokens, organisations (exchanges 01, 13, 14; A-01)."""

import json
import secrets
import time
import uuid

from . import auth, dataset, ops
from .auth import Refused, forbid
from .listing import order, paginate, select
from .wire import Response, detail, dumps, reply

ABOUT = (
    "CVAT is completely re-designed and re-implemented version of Video Annotation Tool from Irvine, "
    "California tool. It is free, online, interactive video and image annotation tool for computer vision. "
    "It is being used by our team to annotate million of objects with different properties. Many UI and UX "
    "decisions are based on feedbacks from professional data annotation team."
)
HEALTH = (
    "Cache backend: default",
    "Cache backend: media",
    "DatabaseBackend",
    "DatabaseBackend[default]",
    "DiskUsage",
    "MemoryUsage",
    "OPAHealthCheck",
)


def about(world, request):
    out = {"name": "Computer Vision Annotation Tool", "description": ABOUT, "version": world.version}
    if world.minor >= 30:
        out["logo_url"] = f"{request.base}/static/logo.svg"
        out["subtitle"] = "Open Data Annotation Platform"
    return reply(out)


def health(world, request):
    state = {
        k: world.unhealthy.get(k, "working")
        for k in HEALTH
        if world.family != "A" or k != "DatabaseBackend[default]"
    }
    status = 200 if all(v == "working" for v in state.values()) else 500
    if request.query.get("format") == "json" or "application/json" in request.header("accept", ""):
        answer = Response(status, json.dumps(state).encode(), kind="application/json")
    else:
        page = (
            "<html>\n<head>\n  <title>System status</title>\n</head>\n"
            "<body>\n<h1>System status</h1>\n</body>\n"
            "</html>\n"
        )
        answer = Response(status, page.encode(), kind="text/html; charset=utf-8")
    answer.bare = True
    answer.headers.append(("cache-control", "max-age=0, no-cache, no-store, must-revalidate, private"))
    return answer


def health_moved(world, request):
    query = f"?{request.query_string}" if request.query_string else ""
    answer = Response(301, b"", [("location", f"/api/server/health/{query}")], "text/html; charset=utf-8")
    answer.plain = True
    return answer


def formats(world, request):
    return reply(dataset.formats())


def users_self(world, request):
    return reply(request.views.user(request.user))


def users(world, request):
    rows = [
        (
            request.views.user(u)
            if request.user.superuser or u.id == request.user.id
            else request.views.person(u.id)
        )
        for u in world.store.users.values()
    ]
    return reply(paginate(request, order("user", rows, request.query.get("sort"), world.store)))


def login(world, request):
    """A wrong password is 400, a form 415, a missing field a list."""
    if request.header("content-type", "").split(";")[0] != "application/json":
        raise Refused(detail(415, f'Unsupported media type "{request.header("content-type")}" in request.'))
    given = request.json()
    name = given.get("username") or given.get("email")
    if not name or not given.get("password"):
        return reply(['Must include either "username" or "email" and "password".'], 400)
    user = world.auth.user_by_password(name, given["password"])
    if user is None:
        return reply({"non_field_errors": ["Unable to log in with provided credentials."]}, 400)
    if not user.token:
        user.token = secrets.token_hex(20)
    later = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 1209600))
    cookies = [
        (
            "set-cookie",
            f"csrftoken={secrets.token_hex(16)}; expires={later}; Max-Age=31449600; Path=/; " "SameSite=Lax",
        ),
        ("set-cookie", f"sessionfresh=1; expires={later}; HttpOnly; Max-Age=86400; Path=/; SameSite=Lax"),
        world.auth.session_cookie(user),
    ]
    return reply({"key": user.token}, 200, cookies)


def logout(world, request):
    """Kills the token for every script that has it (exchange 14)."""
    if request.user:
        request.user.token = ""
        for key in [k for k, v in world.auth.sessions.items() if v == request.user.id]:
            del world.auth.sessions[key]
    return reply({"detail": "Successfully logged out."})


def token_self(world, request):
    if request.access_token is None:
        forbid()
    return reply(request.views.access_token(request.access_token))


def tokens(world, request):
    rows = [
        request.views.access_token(t)
        for t in world.store.access_tokens.values()
        if t.owner == request.user.id
    ]
    return reply(paginate(request, rows))


def create_token(world, request):
    """Needs other credentials than an access token; read_only unless said otherwise (exchange 13)."""
    if request.access_token is not None:
        forbid()
    given = request.json()
    token = ops.add_access_token(
        world.store, request.user.id, given.get("name", ""), given.get("read_only", True)
    )
    return reply(request.views.access_token(token, value=True), 201)


def organizations(world, request):
    store, user = world.store, request.user
    request.context.check_member(store, user)
    rows = [
        request.views.organization(o)
        for o in store.organizations.values()
        if user.superuser or auth.membership(store, user.id, o.id)
    ]
    if request.query.get("search"):
        rows = [r for r in rows if request.query["search"].lower() in (r["slug"] + r["name"]).lower()]
    return reply(paginate(request, order("organization", rows, request.query.get("sort"), store)))


def organization(world, request, id):
    store = world.store
    found = store.organizations.get(id)
    if found is None:
        return detail(404, "No Organization matches the given query.")
    if not request.user.superuser and not auth.membership(store, request.user.id, id):
        forbid()
    return reply(request.views.organization(found))


def create_organization(world, request):
    auth.require_write(request)
    made = ops.add_organization(world.store, request.json()["slug"], request.user.id)
    return reply(request.views.organization(made), 201)


def memberships(world, request):
    context = request.context
    context.check_member(world.store, request.user)
    rows = [
        request.views.membership(m)
        for m in world.store.memberships.values()
        if (request.user.superuser or auth.membership(world.store, request.user.id, m.organization))
        and (context.organization is None or m.organization == context.organization)
    ]
    return reply(paginate(request, order("membership", rows, request.query.get("sort"), world.store)))


def empty_list(world, request):
    """Invitations, quality reports and the like: none."""
    return reply({"count": 0, "next": None, "previous": None, "results": []})


def webhooks(world, request):
    """Those of the context's organisation, or of projects outside organisations."""
    store, context = world.store, request.context
    context.check_member(store, request.user)
    rows = [
        request.views.webhook(w)
        for w in store.webhooks.values()
        if (request.user.superuser or w.owner == request.user.id)
        and (not context.given or organization_of_webhook(store, w) == context.organization)
    ]
    rows = select("webhook", rows, request, store, world.family)
    return reply(paginate(request, order("webhook", rows, request.query.get("sort"), store)))


def organization_of_webhook(store, webhook):
    return webhook.organization if webhook.project is None else store.projects[webhook.project].organization


def quality_settings(world, request):
    store = world.store
    request.context.check_member(store, request.user)
    rows = [
        request.views.quality(s)
        for s in store.quality_settings.values()
        if s.task in store.tasks and auth.listed(store, request.user, request.context, "task", store.tasks[s.task])
    ]
    rows = select("quality", rows, request, store, world.family)
    return reply(paginate(request, order("quality", rows, request.query.get("sort"), store)))


def schema(world, request):
    return Response(
        200, dumps({"openapi": "3.0.3", "info": {"title": "CVAT REST API", "version": world.version}})
    )


def events(world, request):
    """The audit log is only promised (exchange 22)."""
    return reply({"query_id": str(uuid.uuid4())}, 202, [("deprecation", "@1742169600")])


def routes(app):
    app.add(r"/api/server/about", {"GET": about}, anonymous=True)
    app.add(r"/api/server/health/", {"GET": health}, anonymous="free")
    app.add(r"/api/server/health", {"GET": health_moved}, anonymous="free")
    app.add(r"/api/server/annotation/formats", {"GET": formats})
    app.add(r"/api/schema/?", {"GET": schema}, anonymous=True)
    app.add(r"/api/users/self", {"GET": users_self})
    app.add(r"/api/users", {"GET": users})
    app.add(r"/api/auth/login", {"POST": login}, anonymous=True)
    app.add(r"/api/auth/logout", {"POST": logout, "GET": logout}, anonymous=True)
    app.add(r"/api/auth/access_tokens/self", {"GET": token_self}, families="D")
    app.add(r"/api/auth/access_tokens", {"GET": tokens, "POST": create_token}, families="D")
    app.add(r"/api/organizations", {"GET": organizations, "POST": create_organization}, keep=True)
    app.add(r"/api/organizations/(?P<id>\d+)", {"GET": organization})
    app.add(r"/api/memberships", {"GET": memberships})
    app.add(r"/api/webhooks", {"GET": webhooks})
    app.add(r"/api/quality/settings", {"GET": quality_settings})
    app.add("/api/events", {"GET": events, "POST": events}, families="D")
    for path in (
        "consensus/settings",
        "invitations",
        "cloudstorages",
        "quality/reports",
        "quality/conflicts",
    ):
        app.add(f"/api/{path}", {"GET": empty_list})
