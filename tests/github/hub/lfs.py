"""The LFS server of tests/lfsserver in this process: one store for each fork network, as GitHub has it."""

import hashlib
import os
import re
import secrets
import threading
import types

import lfsserver

REPOSITORY = re.compile(r"^/(?P<owner>[^/]+)/(?P<name>[^/]+?)(\.git)?$")


class LfsWorld(lfsserver.World):
    """Finds the store of a repository by the root of its network, so that forks share and renames move nothing."""

    def __init__(self, store, directory, secret):
        super().__init__(types.SimpleNamespace(directory=directory, user="x", password=secret))
        self.store, self.secret = store, secret

    def path(self, repo, oid):
        found = REPOSITORY.match(repo)
        repository = self.store.find(found["owner"], found["name"])[0] if found else None
        name = str(repository.source.id) if repository else "none"
        return os.path.join(self.options.directory, name, oid)


class Handler(lfsserver.Handler):
    """Behind the stand-in, which has checked the token of a batch; objects need the key of their action."""

    def knows(self):
        return self.headers.get("x-standin-granted") == self.world.secret

    def action(self, repo, rest):
        made = super().action(repo, rest)
        scheme = self.headers.get("x-standin-scheme", "http")
        if made["href"].startswith("http://" + self.headers.get("Host")):
            made["href"] = scheme + made["href"][len("http") :]
        return made


class Elsewhere(Handler):
    elsewhere = True


class Lfs:
    """The two listeners and what tests put into the store."""

    def __init__(self, store, directory):
        self.secret = secrets.token_hex(16)
        self.world = LfsWorld(store, directory, self.secret)
        handlers = [type(kind.__name__, (kind,), {"world": self.world}) for kind in (Handler, Elsewhere)]
        self.servers = [lfsserver.Listener(("127.0.0.1", 0), handler) for handler in handlers]
        self.port, self.world.other_port = (one.server_address[1] for one in self.servers)
        for server in self.servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def put(self, repository, content):
        """Stores an object; the text of its pointer file."""
        oid = hashlib.sha256(content).hexdigest()
        path = self.world.path("/" + repository.full_name, oid)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(content)
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"

    def oids(self, repository):
        directory = os.path.dirname(self.world.path("/" + repository.full_name, "x"))
        return sorted(os.listdir(directory)) if os.path.isdir(directory) else []

    def forget(self, repository, oid):
        os.unlink(self.world.path("/" + repository.full_name, oid))

    def stop(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()
