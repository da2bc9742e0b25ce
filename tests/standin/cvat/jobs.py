"""Background requests: records, queue, workers, and what a test may order to go wrong."""

import collections
import datetime
import queue
import threading
import time
import traceback

from .failures import JobFailure
from .model import iso

PENDING = ("queued", "started")
ABANDONED_AFTER = 90.0  # exchange 16: the list call frees a dead job no earlier


class Record:
    """One request of /api/requests (in family A: one rq job)."""

    def __init__(self, rq_id, user, kind, target, target_id, work, moment):
        self.id, self.user, self.kind, self.target, self.target_id = rq_id, user, kind, target, target_id
        self.work = work
        self.status = "queued"
        self.message = ""
        self.format = None
        self.lightweight = None
        self.organization = None
        self.project_id = None
        self.created = moment
        self.started = self.finished = self.expiry = None
        self.result_url = self.result_id = None
        self.result = None  # the exported file
        self.filename = None
        self.dead_since = None
        self.dead_for = ABANDONED_AFTER
        self.deferred = False
        self.done = threading.Event()

    @property
    def pending(self):
        return self.status in PENDING

    def view(self, store, family):
        """GET /api/requests/{id}; 2.54 shows every key, older servers only those that are set."""
        operation = {
            "type": self.kind,
            "target": self.target,
            "project_id": self.project_id,
            "task_id": None,
            "job_id": None,
            "format": self.format,
            "lightweight": self.lightweight,
        }
        if self.kind.startswith(("export", "create")):
            operation[f"{self.target}_id"] = self.target_id
        user = store.users[self.user]
        out = {
            "status": self.status,
            "message": self.message,
            "id": self.id,
            "operation": operation,
            "progress": 0.0,
            "created_date": iso(self.created),
            "started_date": iso(self.started),
            "finished_date": iso(self.finished),
            "expiry_date": iso(self.expiry),
            "owner": {"id": user.id, "username": user.username},
            "result_url": self.result_url,
            "result_id": self.result_id,
        }
        if family != "D":
            del operation["lightweight"]
            out["operation"] = {k: v for k, v in operation.items() if v is not None}
            out = {k: v for k, v in out.items() if v is not None and k != "progress"}
        return out


class JobTable:
    """Records by id, two export workers and one for imports, and the behaviours a test has ordered."""

    def __init__(self, store, workers=2, ttl=86400.0):
        self.store, self.ttl = store, ttl
        self.lock = threading.RLock()
        self.records = collections.OrderedDict()
        self.behaviours = []
        self.one_per_user = False
        self.build_seconds = self.import_seconds = 0.0
        self.queue = queue.SimpleQueue()
        self.last_failure = {}
        self.finished_exports = 0
        self.workers = workers
        for _ in range(workers):
            threading.Thread(target=self.worker, args=(self.queue,), daemon=True).start()
        self.import_queue = queue.SimpleQueue()
        threading.Thread(target=self.worker, args=(self.import_queue,), daemon=True).start()

    def get(self, rq_id):
        """The record, unless its time has run out."""
        with self.lock:
            record = self.records.get(rq_id)
            if record is not None and record.expiry is not None and record.expiry < self.store.now():
                del self.records[rq_id]
                return None
            return record

    def delete(self, record):
        with self.lock:
            if self.records.get(record.id) is record:
                del self.records[record.id]

    def submit(self, record):
        """Queues a record, or lets it wait as a behaviour or the one-job mode wants."""
        with self.lock:
            self.records.pop(record.id, None)
            self.records[record.id] = record
            wait = self.take(record, "queued")
            busy = self.one_per_user and any(
                r.user == record.user and r.pending and r is not record
                for r in self.records.values()
                if r.kind.startswith("export")
            )
            record.deferred = busy
        if wait:
            timer = threading.Timer(float(wait.get("seconds", 5)), self.put, (record,))
            timer.daemon = True
            timer.start()
        elif not busy:
            self.put(record)

    def put(self, record):
        (self.import_queue if record.kind.startswith(("import", "create")) else self.queue).put(record)

    def order(self, spec):
        """Orders a behaviour: {"kind", "target", "id", "count", …}."""
        with self.lock:
            self.behaviours.append(dict(spec, count=int(spec.get("count", 1))))

    def take(self, record, kind):
        """A behaviour of this kind for this record, counted down."""
        with self.lock:
            for spec in self.behaviours:
                if spec["kind"] != kind or spec["count"] == 0:
                    continue
                if spec.get("target") not in (None, record.target) or spec.get("id") not in (
                    None,
                    record.target_id,
                ):
                    continue
                if spec.get("type", "export") not in record.kind:
                    continue
                spec["count"] -= 1
                return spec
        return None

    def worker(self, jobs):
        """A worker process of the real server."""
        while True:
            record = jobs.get()
            with self.lock:
                if self.records.get(record.id) is not record:
                    continue  # cancelled
                record.status = "started"
                record.started = self.store.now()
            self.perform(record)
            self.wake(record.user)

    def wake(self, user):
        """The next deferred record of a user may run."""
        with self.lock:
            for other in self.records.values():
                if other.deferred and other.user == user and other.status == "queued":
                    other.deferred = False
                    self.put(other)
                    return

    def perform(self, record):
        """Runs one record to its end, unless its worker is to die or hang."""
        dead = self.take(record, "dead_worker")
        if dead or self.take(record, "never"):
            record.dead_since = time.monotonic()
            record.dead_for = float(dead.get("recover_after", ABANDONED_AFTER)) if dead else float("inf")
            return
        failure = self.take(record, "fail")
        message = failure.get("message", "RuntimeError: failed by order\n") if failure else None
        if failure and failure.get("seconds"):
            time.sleep(float(failure["seconds"]))
        try:
            if record.kind.startswith("import"):
                time.sleep(self.import_seconds)
            if message is None:
                record.work(record)
        except JobFailure as error:
            message = str(error)
        except Exception as error:  # what a bug in the stand-in would look like
            traceback.print_exc()
            message = f"{type(error).__name__}: {error}\n"
        with self.lock:
            self.finish(record, message)

    def finish(self, record, message=None):
        record.finished = self.store.now()
        record.message = message or ""
        record.status = "finished" if message is None else "failed"
        if message is not None:
            self.last_failure[record.id] = message
        life = self.ttl
        if record.kind.startswith("import"):
            life = 3600 if message is None else 30 * 86400
        record.expiry = record.finished + life
        self.finished_exports += record.kind.startswith("export")
        record.done.set()

    def reap(self):
        """The list call moves jobs of dead workers to failed (exchange 16)."""
        with self.lock:
            for record in self.records.values():
                if (
                    record.dead_since is not None
                    and record.status == "started"
                    and time.monotonic() - record.dead_since >= record.dead_for
                ):
                    when = datetime.datetime.fromtimestamp(self.store.now(), datetime.timezone.utc)
                    # Exchange 12: the result stream of an id is not cleared, an older message may come back.
                    self.finish(
                        record,
                        self.last_failure.get(
                            record.id,
                            "Moved to FailedJobRegistry, due to AbandonedJobError, at "
                            f"{when.strftime('%Y-%m-%d %H:%M:%S.%f')}",
                        ),
                    )

    def cancel(self, record):
        """A queued record can be taken back."""
        with self.lock:
            if record.status != "queued":
                return False
            self.delete(record)
            return True

    def kill(self, rq_id=None):
        """The work-horse of a started record dies at once (exchange 12)."""
        with self.lock:
            for record in self.records.values():
                if record.status == "started" and rq_id in (None, record.id):
                    self.finish(record, "Work-horse terminated unexpectedly; waitpid returned 9 (signal 9); ")
