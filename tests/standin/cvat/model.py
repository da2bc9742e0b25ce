"""What the server knows: users, organisations, projects, tasks, jobs, labels, guides, files."""

import datetime
import zlib
from dataclasses import dataclass, field

UTC = datetime.timezone.utc


@dataclass
class User:
    id: int
    username: str
    email: str
    password: str
    groups: list
    superuser: bool = False
    token: str = ""


@dataclass
class Organization:
    id: int
    slug: str
    name: str
    owner: int
    created: float
    updated: float


@dataclass
class Membership:
    id: int
    user: int
    organization: int
    role: str
    joined: float


@dataclass
class Label:
    id: int
    name: str
    color: str
    attributes: list  # dicts in the API's form, with id
    type: str = "any"
    svg: str = ""
    parent: int | None = None
    project: int | None = None
    task: int | None = None
    children: list = field(default_factory=list)


class StoredFile:
    """One file of the upload tree: where its bytes lie, its size, time and CRC (computed once)."""

    __slots__ = ("name", "path", "size", "mtime", "_crc")

    def __init__(self, name, path, size, mtime, crc=None):
        self.name, self.path, self.size, self.mtime, self._crc = name, path, size, mtime, crc

    @property
    def crc(self):
        if self._crc is None:
            value = 0
            with open(self.path, "rb") as source:
                while block := source.read(1 << 20):
                    value = zlib.crc32(block, value)
            self._crc = value
        return self._crc


@dataclass
class Data:
    """The media of a task (the `data` part of task.json, and the files)."""

    id: int
    state: str = "ready"  # ready | pending | failed
    chunk_size: int | None = 72
    image_quality: int = 70
    start_frame: int | None = 0
    stop_frame: int | None = 0
    frame_filter: str = ""
    storage_method: str = "cache"
    sorting_method: str = "lexicographical"
    chunk_type: str = "imageset"
    deleted_frames: list = field(default_factory=list)
    custom_segments: bool = False
    validation_layout: dict | None = None
    storage: str = "local"
    files: list = field(default_factory=list)
    frames: list = field(default_factory=list)  # (name, width, height)
    size: int = 0
    failure: str = ""  # words with which every export fails
    wanted: dict = field(default_factory=lambda: {"use_cache": True, "chunk_size": 72, "frame_filter": ""})


@dataclass
class Guide:
    id: int
    created: float
    updated: float
    markdown: str = ""
    project: int | None = None
    task: int | None = None
    assets: list = field(default_factory=list)  # uuids in upload order


@dataclass
class Asset:
    uuid: str
    guide: int
    name: str
    file: StoredFile
    owner: int
    created: float


@dataclass
class Project:
    id: int
    name: str
    owner: int
    created: float
    updated: float
    bug_tracker: str = ""
    status: str = "annotation"
    assignee: int | None = None
    assignee_updated: float | None = None
    organization: int | None = None
    guide: int | None = None


@dataclass
class Task:
    id: int
    name: str
    owner: int
    created: float
    updated: float
    project: int | None = None
    bug_tracker: str = ""
    status: str = "annotation"
    subset: str = ""
    assignee: int | None = None
    assignee_updated: float | None = None
    organization: int | None = None
    guide: int | None = None
    data: Data | None = None
    segment_size: int = 0
    overlap: int | None = None
    consensus_replicas: int = 0
    annotations_file: StoredFile | None = None  # member as it lies on disk, when nothing was edited since
    uploads: list = field(default_factory=list)  # files sent before the upload is finished


@dataclass
class Job:
    id: int
    task: int
    start: int
    stop: int
    created: float
    updated: float
    type: str = "annotation"
    status: str = "annotation"
    stage: str = "annotation"
    state: str = "new"
    assignee: int | None = None
    assignee_updated: float | None = None
    frames: list | None = None
    files: list | None = None
    deleted_frames: list = field(default_factory=list)
    annotations: dict | None = None  # the API's form; None = still in the task's file


@dataclass
class Issue:
    id: int
    job: int
    frame: int
    position: list
    owner: int
    created: float
    updated: float
    resolved: bool = False
    assignee: int | None = None


@dataclass
class Webhook:
    """Its secret is only taken, never told."""

    id: int
    target_url: str
    owner: int
    created: float
    updated: float
    project: int | None = None
    organization: int | None = None
    description: str = ""
    secret: str = ""
    events: list = field(default_factory=list)
    delivered: float | None = None


@dataclass
class QualitySettings:
    id: int
    task: int
    created: float
    updated: float
    values: dict = field(default_factory=dict)


@dataclass
class Comment:
    id: int
    issue: int
    owner: int
    message: str
    created: float
    updated: float


@dataclass
class AccessToken:
    id: int
    name: str
    owner: int
    value: str
    created: float
    read_only: bool = True
    last_used: float | None = None


def iso(moment):
    """ISO 8601 with microseconds and Z, or None."""
    if moment is None:
        return None
    return datetime.datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def stamp(moment):
    """The time in a Content-Disposition."""
    return datetime.datetime.fromtimestamp(moment, UTC).strftime("%Y_%m_%d_%H_%M_%S")


def parse_time(words):
    """Seconds since the epoch of an ISO time."""
    return datetime.datetime.fromisoformat(words.replace("Z", "+00:00")).timestamp()
