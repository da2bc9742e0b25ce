"""Who asks, and what that user may see and do (exchanges 13, 14, 28; A-01, A-05, A-18)."""

import base64
import hashlib
import secrets
import time

from .wire import detail, reply

DENIED = "You do not have permission to perform this action."
SEE_ALL = ("maintainer", "owner")


class Refused(Exception):
    """A request that ends here; carries the answer."""

    def __init__(self, answer):
        super().__init__(answer.status)
        self.answer = answer


def forbid():
    raise Refused(detail(403, DENIED))


def login_token(username):
    """The well-known login token of a seeded user: 40 hex digits."""
    return hashlib.sha1(f"standin-token-{username}".encode()).hexdigest()


def access_token(username):
    """The well-known read-only personal access token of a seeded user: 8 + 32 characters."""
    digest = hashlib.sha256(f"standin-pat-{username}".encode()).hexdigest()
    return f"{digest[:8]}.{digest[8:40]}"


class Authenticator:
    """Token, Bearer, Basic, session cookies."""

    def __init__(self, store, family, extra_tokens=()):
        self.store, self.family = store, family
        self.extra = dict(extra_tokens)  # token -> user id
        self.sessions = {}
        self.basic_delay = 0.0

    def user_by_token(self, key):
        for user in self.store.users.values():
            if user.token and user.token == key:
                return user
        return self.store.users.get(self.extra.get(key))

    def user_by_password(self, name, password):
        for user in self.store.users.values():
            if name in (user.username, user.email) and user.password == password:
                return user
        return None

    def session_user(self, request):
        cookies = dict(
            c.strip().partition("=")[::2] for c in request.header("cookie", "").split(";") if "=" in c
        )
        return self.store.users.get(self.sessions.get(cookies.get("sessionid")))

    def session_cookie(self, user):
        """Set-Cookie of a new session (family A makes one for every call by token that sends no cookie)."""
        key = secrets.token_hex(16)
        self.sessions[key] = user.id
        later = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 1209600))
        return (
            "set-cookie",
            f"sessionid={key}; expires={later}; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax",
        )

    def identify(self, request):
        """Sets request.user and request.access_token; raises 401 on wrong credentials."""
        request.access_token = None
        request.by_session = False
        scheme, _, value = request.header("authorization", "").partition(" ")
        # Exchange 13: a token comes before the session, the session before Basic.
        session = None if scheme.lower() in ("token", "bearer") else self.session_user(request)
        if session is not None:
            request.by_session = True
            if request.method not in ("GET", "HEAD", "OPTIONS") and not request.header("x-csrftoken"):
                raise Refused(detail(403, "CSRF Failed: CSRF cookie not set."))
            return session
        if scheme.lower() == "token":
            return self.known(self.user_by_token(value.strip()))
        if scheme.lower() == "bearer":
            return self.bearer(request, value.strip())
        if scheme.lower() == "basic":
            try:
                name, _, password = base64.b64decode(value).decode().partition(":")
            except ValueError:
                name = password = ""
            if self.basic_delay:
                time.sleep(self.basic_delay)  # a password hash for each request
            return self.known(self.user_by_password(name, password), "Invalid username/password.")
        return None

    def bearer(self, request, value):
        """A personal access token: from 2.48 on, so never in families A to C."""
        if self.family in ("A", "B", "C"):
            return None
        for token in self.store.access_tokens.values():
            if token.value == value:
                token.last_used = self.store.now()
                request.access_token = token
                return self.store.users[token.owner]
        return self.known(None)

    @staticmethod
    def known(user, words="Invalid token."):
        if user is None:
            raise Refused(detail(401, words, [("www-authenticate", "Token")]))
        return user


def require(request):
    """The user, or 401."""
    if request.user is None:
        raise Refused(
            detail(401, "Authentication credentials were not provided.", [("www-authenticate", "Token")])
        )
    return request.user


def require_write(request):
    """A read-only access token may not write (exchange 13)."""
    if request.access_token is not None and request.access_token.read_only:
        forbid()
    return require(request)


def membership(store, user_id, organization_id):
    for entry in store.memberships.values():
        if entry.user == user_id and entry.organization == organization_id:
            return entry
    return None


class Context:
    """The organisation context of a request: none, personal, or one organisation."""

    def __init__(self, store, request):
        self.given = False
        self.organization = None
        slug, number = request.header("x-organization"), request.query.get("org_id")
        query = request.query.get("org")
        if number is not None and (query is not None or slug is not None):
            raise Refused(
                reply(
                    [
                        'You cannot specify "org_id" query parameter with "org" query parameter or '
                        '"X-Organization" HTTP header at the same time.'
                    ],
                    400,
                )
            )
        if query is not None and slug is not None and query != slug:
            raise Refused(
                reply(
                    [
                        'You cannot specify "org" query parameter and "X-Organization" HTTP header with '
                        "different values."
                    ],
                    400,
                )
            )
        wanted = query if query is not None else slug
        if wanted is None and number is None:
            return
        self.given = True
        if wanted == "" or (wanted is None and number == ""):
            return
        for organization in store.organizations.values():
            if organization.slug == wanted or str(organization.id) == number:
                self.organization = organization.id
        if self.organization is None:
            raise Refused(detail(404, f"{wanted or number} organization does not exist."))

    def check_member(self, store, user):
        if (
            self.organization is not None
            and not user.superuser
            and membership(store, user.id, self.organization) is None
        ):
            forbid()


def concerned(store, user, kind, thing):
    """Is the user owner or assignee of the object or of what it lies in?"""
    if kind == "job":
        if thing.assignee == user.id:
            return True
        thing, kind = store.tasks[thing.task], "task"
    if user.id in (thing.owner, thing.assignee):
        return True
    if kind == "task" and thing.project is not None:
        project = store.projects.get(thing.project)
        return project is not None and user.id in (project.owner, project.assignee)
    return False


def may(store, user, kind, thing):
    """May the user see, export and change the object?"""
    if user.superuser:
        return True
    organization = store.organization_of(kind, thing)
    if organization is None:
        return concerned(store, user, kind, thing)
    entry = membership(store, user.id, organization)
    if entry is None:
        return False
    return entry.role in SEE_ALL or concerned(store, user, kind, thing)


def listed(store, user, context, kind, thing):
    """Does a list in this context show the object? (exchanges 14, 28)"""
    organization = store.organization_of(kind, thing)
    if context.given:
        if organization != context.organization:
            return False
        return may(store, user, kind, thing)
    return user.superuser or concerned(store, user, kind, thing)
