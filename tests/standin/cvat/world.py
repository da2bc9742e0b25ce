"""Everything one server is made of, and how it begins again."""

import os
import shutil
import tempfile

from . import access, annotations, details, flow_new, flow_old, objects, seed, taskdata, tus
from .app import Application
from .auth import Authenticator
from .exporter import Exporter
from .jobs import JobTable
from .store import Store

VERSIONS = {"A": "2.14.4", "B": "2.31.0", "C": "2.37.0", "D": "2.54.1"}


class World:
    """Store, jobs, cache, routes of one server."""

    def __init__(self, options):
        self.options = options
        self.family = options.family
        self.version = options.version or VERSIONS[options.family]
        self.minor = int(self.version.split(".")[1])
        self.root = tempfile.mkdtemp(prefix="cvat-standin-", dir=options.directory)
        self.directory = None
        self.generation = 0
        self.begin()
        self.app = Application(self)
        # Uploads and exports come first: their paths would also match a detail route with a bad number.
        for module in (access, tus, flow_new, flow_old, taskdata, annotations, details, objects):
            module.routes(self.app)

    def begin(self):
        """A fresh store with its seed."""
        old = self.directory
        self.generation += 1
        self.directory = os.path.join(self.root, str(self.generation))
        os.mkdir(self.directory)
        self.store = Store(self.directory)
        self.uploads = {}
        self.unhealthy = {}
        workers = self.options.workers or (1 if self.family == "A" else 2)
        self.jobs = JobTable(self.store, workers, self.options.ttl)
        self.jobs.one_per_user = self.options.one_job_per_user
        self.jobs.build_seconds = self.options.build_ms / 1000
        self.exporter = Exporter(self.store, self.jobs, self.family)
        extra = [
            (t.rpartition("=")[2], t.partition("=")[0] if "=" in t else "admin") for t in self.options.token
        ]
        names = {name: number for number, (name, _, _) in enumerate(seed.USERS, 1)}
        self.auth = Authenticator(self.store, self.family, [(key, names[user]) for key, user in extra])
        seed.plant(self)
        if old:
            shutil.rmtree(old, ignore_errors=True)

    def reset(self):
        self.begin()
        self.app.kept, self.app.kept_version = {}, -1
        self.app.faults.clear()

    def end(self):
        shutil.rmtree(self.root, ignore_errors=True)
