"""Everything a running stand-in is: what it holds, who may ask, its limits, clock and places on disk."""

import os
import shutil
import tempfile
import threading
import time

from . import gitrepo, seed
from .app import Application
from .lfs import Lfs
from .limits import Limits
from .model import Store
from .tokens import Tokens


class World:
    """Made from the command line's options; `end` removes its temporary directory."""

    def __init__(self, options):
        self.options = options
        self.ghes = options.ghes
        self.public_url = options.public_url
        self.delay = options.delay / 1000
        self.clock_shift = 0.0
        self.lock = threading.RLock()
        self.directory = tempfile.mkdtemp(prefix="github-standin-", dir=options.directory)
        self.port = 0
        self.graphql_nodes = 0  # more nodes than this: "resource limits exceeded" with partial data; 0 = never
        self.graphql_502_above = 0  # queries for more nodes end as GitHub's ten seconds do; 0 = never
        self.graphql_refused = False
        self.store = self.limits = self.tokens = self.lfs = None
        self.fill()
        self.app = Application(self)

    def fill(self):
        """The seed, from nothing."""
        root = self.options.git_root or os.path.join(self.directory, "git")
        os.makedirs(root, exist_ok=True)
        self.store = Store(root)
        self.lfs = Lfs(self.store, os.path.join(self.directory, "lfs"))
        self.trees = {}  # files of the seeds' commits, so that later ones need no program
        self.tokens = Tokens(self, self.tokens.app if self.tokens else None)
        self.limits = Limits(self, not self.ghes)
        seed.make(self, self.options.seed)

    def reset(self):
        """The seed again."""
        with self.lock:
            self.lfs.stop()
            for owner in {r.owner.login for r in self.store.repositories.values()} | {"gist"}:
                shutil.rmtree(os.path.join(self.store.git_root, owner), ignore_errors=True)
            shutil.rmtree(os.path.join(self.directory, "lfs"), ignore_errors=True)
            self.clock_shift = 0.0
            self.fill()

    def end(self):
        self.lfs.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def now(self):
        return time.time() + self.clock_shift

    def ssh_url(self, repository):
        """Where sshd serves the same directory, or GitHub's form."""
        prefix = self.options.ssh_prefix or "git@127.0.0.1:"
        return f"{prefix}{repository.full_name}.git"

    def asset_url(self, request, held):
        """A signed URL on another host name of the same port."""
        base = self.public_url or request.base
        other = base.replace("127.0.0.1", "localhost") if "127.0.0.1" in base else base.replace("localhost", "127.0.0.1")
        return f"{other}/-/assets/{held['id']}?signature=signed"

    def git_done(self, thing, path, before):
        """After a push: dates move, the activity is noted."""
        with self.lock:
            after = gitrepo.refs(path)
            if after != before:
                self.moved(thing, before, after)

    def moved(self, thing, before, after, actor="alice"):
        """Refs of a repository (its wiki, a gist) are others than before."""
        when = int(self.now())
        thing.updated_at = when
        if not hasattr(thing, "activity"):
            return
        thing.pushed_at = when
        thing.size = gitrepo.disk_kilobytes(self.store.path(thing))
        for name in sorted(set(before) | set(after)):
            old, new = before.get(name), after.get(name)
            if old == new:
                continue
            kind = "branch_creation" if old is None else "branch_deletion" if new is None else "push"
            number = self.store.next_id("activity", 1)
            row = {"id": number, "node_id": f"PSH_{number}", "before": old or "0" * 40, "after": new or "0" * 40, "ref": name}
            thing.activity.append({**row, "timestamp": when, "activity_type": kind, "actor": actor})
