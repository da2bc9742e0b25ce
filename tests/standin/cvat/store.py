"""The tables, under one lock."""

import os
import threading
import time
import zlib

from .model import StoredFile

TABLES = (
    "users",
    "organizations",
    "memberships",
    "projects",
    "tasks",
    "jobs",
    "labels",
    "guides",
    "assets",
    "issues",
    "comments",
    "webhooks",
    "quality_settings",
    "access_tokens",
)


class Store:
    """All tables, under one lock. `version` counts changes: answers are kept until the next one."""

    def __init__(self, directory):
        self.lock = threading.RLock()
        self.directory = directory
        self.version = 0
        self.clock_shift = 0.0
        self._last = 0.0
        self._next = {}
        self.files = 0
        for table in TABLES:
            setattr(self, table, {})

    def now(self):
        """The time, in microseconds that never repeat."""
        moment = max(round(time.time() + self.clock_shift, 6), round(self._last + 1e-6, 6))
        self._last = moment
        return moment

    def next_id(self, table):
        """Ids are never used twice."""
        value = self._next.get(table, 0) + 1
        self._next[table] = value
        return value

    def changed(self):
        self.version += 1

    def new_path(self):
        """A fresh name in the data directory."""
        self.files += 1
        folder = os.path.join(self.directory, f"{self.files // 1000:04d}")
        os.makedirs(folder, exist_ok=True)
        return os.path.join(folder, f"{self.files:08d}")

    def keep(self, name, data, mtime=None):
        """Stores bytes as a file."""
        path = self.new_path()
        with open(path, "wb") as out:
            out.write(data)
        return StoredFile(name, path, len(data), time.time() if mtime is None else mtime, zlib.crc32(data))

    def tasks_of(self, project_id):
        return sorted((t for t in self.tasks.values() if t.project == project_id), key=lambda t: t.id)

    def jobs_of(self, task_id):
        return self.index_jobs().get(task_id, [])

    def index_jobs(self):
        """Jobs by task, in id order; kept until the next change of the job table."""
        mark = (len(self.jobs), self._next.get("jobs", 0))
        if getattr(self, "_job_mark", None) != mark:
            by_task = {}
            for job in sorted(self.jobs.values(), key=lambda j: j.id):
                by_task.setdefault(job.task, []).append(job)
            self._job_mark, self._job_index = mark, by_task
        return self._job_index

    def drop_job_index(self):
        self._job_mark = None

    def labels_of(self, task=None, project=None):
        """Top-level labels in id order: the project's when the task lies in one."""
        if task is not None and task.project is not None:
            project = task.project
        if project is not None:
            found = [x for x in self.labels.values() if x.project == project and x.parent is None]
        else:
            found = [x for x in self.labels.values() if task and x.task == task.id and x.parent is None]
        return sorted(found, key=lambda x: x.id)

    def children_of(self, label):
        return [self.labels[i] for i in label.children]

    def organization_of(self, kind, thing):
        """The organisation an object belongs to."""
        if kind == "job":
            thing = self.tasks[thing.task]
        return thing.organization
