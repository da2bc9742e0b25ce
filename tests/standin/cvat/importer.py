"""Backups taken in: a ZIP becomes a project or a task; failures in the server's words (exchange 10)."""

import json
import os
import re
import time
import uuid
import zipfile

from . import media_info
from .failures import JobFailure
from .parts import load_parts
from .model import Asset, Data, Guide, Job, Label, Project, StoredFile, Task

LABEL_KEYS = {"name", "color", "attributes", "type", "sublabels", "svg"}


class Importer:
    """Reads one ZIP into the store. Nothing is left behind when it fails."""

    def __init__(self, store, path, user, organization, family):
        self.store, self.path, self.user, self.organization, self.family = (
            store,
            path,
            user,
            organization,
            family,
        )
        self.made = []

    def run(self, kind):
        """Imports a `project` or a `task` and returns the new id."""
        try:
            with zipfile.ZipFile(self.path) as archive:
                self.archive = archive
                with self.store.lock:
                    try:
                        return self.project() if kind == "project" else self.task("", None).id
                    except Exception:
                        self.undo()
                        raise
                    finally:
                        self.store.drop_job_index()
                        self.store.changed()
        except zipfile.BadZipFile as error:
            raise JobFailure(f"zipfile.BadZipFile: {error}\n") from None
        except JobFailure:
            raise
        except (KeyError, ValueError, TypeError, FileNotFoundError) as error:
            raise JobFailure(f"{type(error).__name__}: {error}\n") from None

    def undo(self):
        for table, key in self.made:
            getattr(self.store, table).pop(key, None)

    def add(self, table, thing, key=None):
        key = thing.id if key is None else key
        getattr(self.store, table)[key] = thing
        self.made.append((table, key))
        return thing

    def read(self, name):
        return self.archive.read(name)

    def manifest(self, name):
        """project.json or task.json, its version checked."""
        value = json.loads(self.read(name))
        if value["version"] != "1.0":
            raise ValueError(f"{value['version']} version is not supported")
        return value

    def project(self):
        info = self.manifest("project.json")
        now = self.store.now()
        project = self.add(
            "projects",
            Project(
                self.store.next_id("projects"),
                info["name"],
                self.user.id,
                now,
                now,
                info.get("bug_tracker", ""),
                info.get("status", "annotation"),
                organization=self.organization,
            ),
        )
        for label in info["labels"]:
            self.label(label, project=project.id)
        numbers = sorted(
            {int(m[1]) for m in map(re.compile(r"task_(\d+)/").match, self.archive.namelist()) if m}
        )
        for number in numbers:
            self.task(f"task_{number}/", project)
        self.guide("", project=project)
        project.updated = self.store.now()
        return project.id

    def label(self, info, project=None, task=None, parent=None):
        """A label with its attributes and sublabels; names in the svg become ids."""
        unknown = set(info) - LABEL_KEYS
        if unknown:
            word = next(iter(sorted(unknown)))
            raise TypeError(f"Label() got unexpected keyword arguments: '{word}'")
        store = self.store
        attributes = [
            dict(
                id=store.next_id("attributes"),
                **{k: a[k] for k in ("name", "mutable", "input_type", "default_value", "values")},
            )
            for a in info.get("attributes", [])
        ]
        label = self.add(
            "labels",
            Label(
                store.next_id("labels"),
                info["name"],
                info.get("color", ""),
                attributes,
                info.get("type", "any"),
                "",
                parent,
                project,
                task,
            ),
        )
        svg = info.get("svg", "")
        for child in info.get("sublabels", []):
            made = self.label(child, project, task, label.id)
            label.children.append(made.id)
            svg = svg.replace(f'data-label-name="{made.name}"', f'data-label-id="{made.id}"')
        label.svg = svg
        return label

    def task(self, prefix, project):
        """A task from its folder of the ZIP."""
        info = self.manifest(f"{prefix}task.json")
        store, now = self.store, self.store.now()
        if not info["jobs"]:
            raise TypeError("'>' not supported between instances of 'NoneType' and 'int'")
        if self.family == "A" and info["data"].get("validation_layout"):
            raise ValueError(
                "The same file 'frame_000.jpg' cannot be used multiple times in the job file mapping"
            )
        if self.family == "A" and info["data"].get("storage") == "share":
            raise FileNotFoundError(
                "[Errno 2] No such file or directory: '/home/django/share/manifest.jsonl'"
            )
        task = self.add(
            "tasks",
            Task(
                store.next_id("tasks"),
                info["name"],
                self.user.id,
                now,
                now,
                project.id if project else None,
                info.get("bug_tracker", ""),
                info.get("status", "annotation"),
                info.get("subset", ""),
                organization=self.organization,
                consensus_replicas=info.get("consensus_replicas", 0),
            ),
        )
        if project is None:
            for label in info["labels"]:
                self.label(label, task=task.id)
        task.data = self.data(info["data"], prefix)
        self.jobs(task, info["jobs"])
        task.data.size = media_info.frame_total(task.data, [j for j in store.jobs_of(task.id)])
        media_info.fill_frames(task.data)
        self.annotations(task, prefix)
        self.guide(prefix, task=task)
        task.overlap = 0
        task.updated = store.now()
        return task

    def data(self, info, prefix):
        """The media: extracted to disk with size, time and CRC taken from the ZIP."""
        data = Data(
            self.store.next_id("data"),
            chunk_size=info["chunk_size"],
            image_quality=info["image_quality"],
            start_frame=info.get("start_frame"),
            stop_frame=info.get("stop_frame"),
            frame_filter=info.get("frame_filter", ""),
            storage_method=info["storage_method"],
            sorting_method=info["sorting_method"],
            chunk_type=info["chunk_type"],
            deleted_frames=list(info.get("deleted_frames", [])),
            custom_segments=info.get("custom_segments", False),
            validation_layout=info.get("validation_layout"),
            storage=info.get("storage", "local"),
        )
        for entry in self.archive.infolist():
            if not entry.filename.startswith(f"{prefix}data/") or entry.is_dir():
                continue
            path = self.store.new_path()
            with self.archive.open(entry) as source, open(path, "wb") as out:
                while block := source.read(1 << 20):
                    out.write(block)
            when = time.mktime((*entry.date_time, 0, 0, -1))
            data.files.append(
                StoredFile(entry.filename[len(prefix) + 5 :], path, entry.file_size, when, entry.CRC)
            )
        media_info.check_manifest(data)
        return data

    def jobs(self, task, infos):
        store = self.store
        for info in infos:
            moment = store.now()
            self.add(
                "jobs",
                Job(
                    store.next_id("jobs"),
                    task.id,
                    info["start_frame"],
                    info["stop_frame"],
                    moment,
                    moment,
                    info.get("type", "annotation"),
                    info.get("status", "annotation"),
                    frames=info.get("frames") or None,
                    files=info.get("files"),
                ),
            )
        store.drop_job_index()
        first = infos[0]
        task.segment_size = first["stop_frame"] - first["start_frame"] + 1

    def annotations(self, task, prefix):
        """annotations.json: one part for each job, names turned into ids."""
        load_parts(self.store, task, json.loads(self.read(f"{prefix}annotations.json")))

    def guide(self, prefix, project=None, task=None):
        """annotation_guide.md and the assets it names."""
        if f"{prefix}annotation_guide.md" not in self.archive.namelist():
            return
        store, now = self.store, self.store.now()
        text = self.read(f"{prefix}annotation_guide.md").decode()
        guide = self.add(
            "guides",
            Guide(
                store.next_id("guides"),
                now,
                now,
                text,
                project.id if project else None,
                task.id if task else None,
            ),
        )
        for entry in self.archive.infolist():
            if entry.filename.startswith(f"{prefix}assets/") and not entry.is_dir():
                data = self.archive.read(entry)
                name = os.path.basename(entry.filename)
                asset = Asset(
                    str(uuid.uuid4()), guide.id, name, store.keep(name, data), self.user.id, store.now()
                )
                self.add("assets", asset, asset.uuid)
                guide.assets.append(asset.uuid)
                text = text.replace(f"{prefix}assets/{name}", f"/api/assets/{asset.uuid}", 1)
        guide.markdown = text
        (project or task).guide = guide.id
