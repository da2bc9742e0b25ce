"""What the stand-in holds: accounts, repositories, gists; names are compared without regard to case."""

import base64
import os
import struct
import time

BASE_TIME = 1735732800  # 2025-01-01T12:00:00Z: the seeds are dated from here, so that all object ids are fixed


def iso(moment):
    """A time as GitHub writes it, whole seconds in UTC."""
    return None if moment is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def moment(text):
    """Seconds since 1970 of an ISO 8601 time with Z (or without a zone, then UTC)."""
    import calendar

    return calendar.timegm(time.strptime(text.rstrip("Z").split(".")[0].split("+")[0], "%Y-%m-%dT%H:%M:%S"))


def node_id(prefix, *numbers):
    """A global node id of today's form: prefix, "_", base64url of MessagePack [0, number…]."""
    packed = bytes([0x91 + len(numbers), 0]) + b"".join(b"\xce" + struct.pack(">I", n) for n in numbers)
    return prefix + "_" + base64.urlsafe_b64encode(packed).decode().rstrip("=")


class Account:
    """A user or an organisation."""

    def __init__(self, number, login, organization=False, name=None):
        self.id, self.login, self.organization = number, login, organization
        self.name = name or login.capitalize()
        self.members = {}  # of an organisation: login -> "admin" | "member"
        self.saml = False  # tokens have to be authorised for this organisation
        self.created_at = BASE_TIME - 86400 * 365
        self.starred, self.watching = [], []  # repository ids; starred as (id, time)
        self.starred_gists = []
        self.followers, self.following = [], []

    @property
    def kind(self):
        return "Organization" if self.organization else "User"

    @property
    def node_id(self):
        return node_id("O" if self.organization else "U", self.id)


class Repository:
    """A repository; its refs and objects lie in `path`, its wiki (when there is one) beside it."""

    def __init__(self, number, owner, name, when):
        self.id, self.owner, self.name = number, owner, name
        self.description = None
        self.private = False
        self.parent = None  # Repository of which this is a fork
        self.archived = self.template = self.disabled = self.locked = False
        self.blocked = None  # {"reason", "created_at", "html_url"} of a takedown
        self.hidden = False  # not in listings although it can be read
        self.unreadable = None  # words: listed by GraphQL as a null with this error, forbidden by REST
        self.has_wiki, self.has_issues, self.has_discussions = True, True, False
        self.default_branch = "main"
        self.topics, self.language, self.homepage = [], None, None
        self.stars, self.size = 0, 0
        self.created_at = self.updated_at = self.pushed_at = when
        self.collaborators = {}  # login -> "read" | "write" | "admin"
        self.activity = []
        self.items = Items()

    @property
    def full_name(self):
        return f"{self.owner.login}/{self.name}"

    @property
    def node_id(self):
        return node_id("R", self.id)

    @property
    def visibility(self):
        return "private" if self.private else "public"

    @property
    def source(self):
        """The root of the fork network, itself when it is no fork."""
        return self.parent.source if self.parent else self


class Items:
    """Everything of a repository that is not in git; each kind a list of plain dicts (see items.py)."""

    def __init__(self):
        self.issues = []  # issues and pull requests
        self.labels, self.milestones, self.hooks = [], [], []
        self.releases, self.advisories, self.discussions = [], [], []
        self.commit_comments = []

    @property
    def next_number(self):
        """Issues, pull requests and discussions share one sequence."""
        return 1 + max((one["number"] for one in self.issues + self.discussions), default=0)


class Gist:
    """A gist: a git repository with some JSON around it."""

    def __init__(self, key, owner, when):
        self.id, self.owner = key, owner
        self.description, self.public = "", True
        self.files = {}
        self.comments = []
        self.created_at = self.updated_at = when

    @property
    def node_id(self):
        return "G_" + base64.urlsafe_b64encode(self.id.encode()).decode().rstrip("=")


class Store:
    """All accounts, repositories and gists, with the counters of ids."""

    def __init__(self, git_root):
        self.git_root = git_root
        self.accounts, self.repositories, self.gists = {}, {}, {}
        self.moved = {}  # earlier "owner/name" -> repository id
        self.deleted = []
        self.empty_listing = False
        self.counters = {}

    def next_id(self, kind, first):
        self.counters[kind] = self.counters.get(kind, first - 1) + 1
        return self.counters[kind]

    def add_account(self, login, organization=False, name=None):
        account = Account(self.next_id("account", 1001), login, organization, name)
        self.accounts[login.lower()] = account
        return account

    def account(self, login):
        return self.accounts.get(login.lower())

    def add_repository(self, owner, name, when):
        if self.named(owner.login, name):
            raise ValueError(f"{owner.login}/{name} exists")
        repository = Repository(self.next_id("repository", 700001), owner, name, when)
        self.repositories[repository.id] = repository
        self.moved.pop(repository.full_name.lower(), None)
        return repository

    def named(self, owner, name):
        """The repository that has this name now."""
        wanted = f"{owner}/{name}".lower()
        for one in self.repositories.values():
            if one.full_name.lower() == wanted:
                return one
        return None

    def find(self, owner, name):
        """(repository or None, whether the name is an earlier one)."""
        now = self.named(owner, name)
        if now:
            return now, False
        return self.repositories.get(self.moved.get(f"{owner}/{name}".lower())), True

    def pick(self, which):
        """A repository by "owner/name" or number, for orders."""
        found = self.repositories.get(which) if isinstance(which, int) else self.find(*which.split("/", 1))[0]
        if found is None:
            raise ValueError(f"no repository {which}")
        return found

    def path(self, repository, wiki=False):
        """The bare repository on disk."""
        return os.path.join(self.git_root, repository.owner.login, repository.name + (".wiki.git" if wiki else ".git"))

    def gist_path(self, gist):
        return os.path.join(self.git_root, "gist", gist.id + ".git")

    def listed(self):
        """Repositories in the order of their ids, without the hidden ones."""
        if self.empty_listing:
            return []
        return [one for one in self.repositories.values() if not one.hidden]
