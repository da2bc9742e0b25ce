"""Exports: the cache with its real traps (stale files, fixed file in family A), and the build."""

import threading
import time

from . import backup, dataset
from .download import ExportedFile
from .failures import JobFailure
from .jobs import Record
from .model import stamp
from .vzip import VirtualZip

GONE = (
    "rest_framework.exceptions.ValidationError: [ErrorDetail(string='Such a {} does not exist', "
    "code='invalid')]\n"
)


class Exporter:
    """Builds backups and keeps them as the real server does."""

    def __init__(self, store, jobs, family):
        self.store, self.jobs, self.family = store, jobs, family
        self.cache = {}
        self.lock = threading.Lock()
        self.builds = 0
        self.during = {}  # (target, id) -> function called once in the middle of a build

    def table(self, target):
        return {"project": self.store.projects, "task": self.store.tasks, "job": self.store.jobs}[target]

    def file_name(self, target, thing, lightweight=False):
        """The name in Content-Disposition."""
        light = "-lightweight" if lightweight else ""
        return f"{target}_{thing.name}_backup{light}_{stamp(thing.updated)}.zip".lower()

    def key(self, target, thing, lightweight):
        """D: the date is in the name of the file; A: one fixed file for each object (family A, §1.1)."""
        if self.family == "A":
            return target, thing.id
        return target, thing.id, thing.updated, bool(lightweight)

    def backup_record(self, rq_id, user, target, thing, moment, lightweight=None):
        """A queued record that will build a backup."""
        asked = thing.updated

        def work(record):
            record.result = self.produce(record, target, thing.id, asked, lightweight)

        record = Record(rq_id, user.id, "export:backup", target, thing.id, work, moment)
        record.project_id = thing.id if target == "project" else thing.project
        record.organization = thing.organization
        record.lightweight = lightweight
        return record

    def dataset_record(self, rq_id, user, target, thing, moment, name, images):
        """A queued record that will build a dataset."""

        def work(record):
            with self.store.lock:
                members = dataset.members(self.store, target, thing, images)
            record.result = ExportedFile(VirtualZip(members), time.time())

        kind = "export:dataset" if images else "export:annotations"
        record = Record(rq_id, user.id, kind, target, thing.id, work, moment)
        task = self.store.tasks[thing.task] if target == "job" else thing
        record.project_id = thing.id if target == "project" else task.project
        record.organization = task.organization
        record.format = name
        return record

    def produce(self, record, target, number, asked, lightweight):
        """The file from the cache, or a new one."""
        slow = self.jobs.take(record, "slow")
        seconds = float(slow["seconds"]) if slow else self.jobs.build_seconds
        with self.store.lock:
            thing = self.table(target).get(number)
        if thing is None:
            raise JobFailure(GONE.format(target))
        key = self.key(target, thing, lightweight)
        fresh = self.jobs.take(record, "rebuild") is not None
        with self.lock:
            kept = self.cache.get(key)
        if kept is not None and not kept.gone and not fresh:
            if self.family != "A":
                kept.mtime = time.time()  # the refreshed mtime gives another ETag
                return kept
            if asked <= kept.mtime:
                return kept
        made = self.build(target, thing, lightweight, seconds)
        with self.lock:
            self.cache[key] = made
            self.builds += 1
        return made

    def build(self, target, thing, lightweight, seconds):
        """Builds the ZIP, slowly when asked to; edits ordered for the middle of the build happen there."""
        parts = max(1, len(self.store.tasks_of(thing.id)) if target == "project" else 1)
        state = {"step": 0}

        def between():
            time.sleep(seconds / parts)
            state["step"] += 1
            if state["step"] == min(2, parts):
                self.edit(target, thing.id)

        try:
            if target == "project":
                members = backup.project_members(self.store, thing, self.family, lightweight, between)
                if not state["step"]:
                    between()
            else:
                with self.store.lock:
                    members = backup.task_members(self.store, thing, self.family, "", lightweight)
                between()
        except RuntimeError as error:
            raise JobFailure(f"{error}\n") from None
        except (ValueError, FileNotFoundError) as error:
            raise JobFailure(f"{type(error).__name__}: {error}\n") from None
        return ExportedFile(VirtualZip(members), time.time())

    def edit(self, target, number):
        """The edit ordered for the middle of a build of this object."""
        with self.lock:
            action = self.during.pop((target, number), None)
        if action:
            action()

    def expire_files(self, target=None, number=None):
        """The cleaner removes files from the cache; records stay."""
        with self.lock:
            for key in list(self.cache):
                if target in (None, key[0]) and number in (None, key[1]):
                    self.cache.pop(key).gone = True
        with self.jobs.lock:
            for record in self.jobs.records.values():
                if (
                    record.result is not None
                    and target in (None, record.target)
                    and number in (None, record.target_id)
                ):
                    record.result.gone = True

    def expire_records(self, target=None, number=None):
        """The records run out; files stay."""
        with self.jobs.lock:
            for record in list(self.jobs.records.values()):
                if target in (None, record.target) and number in (None, record.target_id):
                    self.jobs.delete(record)
