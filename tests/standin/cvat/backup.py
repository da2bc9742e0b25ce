"""The members of a backup (layout and order of tests/data/cvat/samples)."""

import json
import re
import time

from .vzip import generated, media
from .wire import dumps

ESCAPE = re.compile(rb"\\(?:u([0-9a-f]{4})|.)", re.DOTALL)
BIG_MEMBER = 1 << 20
DOS_START = (1980, 1, 1, 0, 0, 0)


def upper_escapes(data):
    """\\u00fc becomes \\u00FC, as rapidjson writes it."""
    return ESCAPE.sub(lambda m: b"\\u" + m[1].upper() if m[1] else m[0], data)


def attribute_out(attribute):
    return {key: attribute[key] for key in ("name", "mutable", "input_type", "default_value", "values")}


def label_out(store, label):
    """A label as in project.json: no ids, sublabels by name in the svg."""
    out = {
        "name": label.name,
        "color": label.color,
        "attributes": [attribute_out(a) for a in label.attributes],
        "type": label.type,
    }
    if label.parent is not None:
        return out
    out["sublabels"] = [label_out(store, child) for child in store.children_of(label)]
    if label.type == "skeleton":
        svg = label.svg
        for child in store.children_of(label):
            svg = svg.replace(f'data-label-id="{child.id}"', f'data-label-name="{child.name}"')
        out["svg"] = svg
    return out


def project_json(store, project):
    return dumps(
        {
            "name": project.name,
            "bug_tracker": project.bug_tracker,
            "status": project.status,
            "labels": [label_out(store, x) for x in store.labels_of(project=project.id)],
            "version": "1.0",
        }
    )


def data_out(data, family):
    """The `data` part of task.json; the key order differs between 2.14 and 2.54."""
    out = {"chunk_size": data.chunk_size, "image_quality": data.image_quality}
    if data.start_frame is not None:
        out["start_frame"], out["stop_frame"] = data.start_frame, data.stop_frame
    if data.frame_filter:
        out["frame_filter"] = data.frame_filter
    out["storage_method"] = data.storage_method
    if family == "A":
        out["storage"] = data.storage
    out["sorting_method"] = data.sorting_method
    out["chunk_type"] = data.chunk_type
    out["deleted_frames"] = data.deleted_frames
    if data.custom_segments:
        out["custom_segments"] = True
    if data.validation_layout:
        out["validation_layout"] = data.validation_layout
    if family != "A":
        out["storage"] = data.storage
    return out


def job_out(job, family):
    """A job of task.json."""
    if family == "A":
        return {
            "start_frame": job.start,
            "stop_frame": job.stop,
            "frames": job.frames or [],
            "status": job.status,
            "type": job.type,
        }
    out = {"status": job.status, "type": job.type, "start_frame": job.start, "stop_frame": job.stop}
    if job.frames:
        out["frames"] = job.frames
    if job.files:
        out["files"] = job.files
    return out


def backup_jobs(store, task):
    """Jobs as a backup lists them: by id, ground truth last."""
    return sorted(store.jobs_of(task.id), key=lambda j: (j.type == "ground_truth", j.id))


def task_json(store, task, family):
    out = {
        "name": task.name,
        "bug_tracker": task.bug_tracker,
        "status": task.status,
        "subset": task.subset,
        "labels": [label_out(store, x) for x in store.labels_of(task)],
    }
    if task.consensus_replicas:
        out["consensus_replicas"] = task.consensus_replicas
    out["version"] = "1.0"
    out["data"] = data_out(task.data, family)
    out["jobs"] = [job_out(j, family) for j in backup_jobs(store, task)]
    return dumps(out)


def shape_out(shape, labels, attributes):
    """A tag, shape or track with names in place of ids."""
    out = {}
    for key, value in shape.items():
        if key == "id":
            continue
        if key == "label_id":
            continue
        if key == "attributes":
            value = [{"value": a["value"], "name": attributes[a["spec_id"]]} for a in value]
        elif key == "shapes" or key == "elements":
            value = [shape_out(x, labels, attributes) for x in value]
        out[key] = value
    if "label_id" in shape:
        out["label"] = labels[shape["label_id"]]
    return out


def name_tables(store, task):
    """Label names by id, attribute names by id, of one task."""
    labels, attributes = {}, {}
    for top in store.labels_of(task):
        for label in [top, *store.children_of(top)]:
            labels[label.id] = label.name
            attributes.update({a["id"]: a["name"] for a in label.attributes})
    return labels, attributes


def annotations_json(store, task, family):
    """annotations.json: bytes, or the file it lies in when nothing was edited since."""
    if task.annotations_file is not None:
        return task.annotations_file
    labels, attributes = name_tables(store, task)
    out = []
    for job in backup_jobs(store, task):
        kept = job.annotations or {"version": 0, "tags": [], "shapes": [], "tracks": []}
        out.append(
            {
                key: [shape_out(x, labels, attributes) for x in value] if isinstance(value, list) else value
                for key, value in kept.items()
            }
        )
    if family == "A":
        data = dumps(out)
    else:
        data = upper_escapes(json.dumps(out, separators=(",", ":")).encode())
    if len(data) >= BIG_MEMBER:
        task.annotations_file = store.keep("annotations.json", data)
        return task.annotations_file
    return data


def guide_members(store, guide, prefix):
    """Assets and text of a guide; the text names the members."""
    members = []
    text = guide.markdown
    for uuid in guide.assets:
        asset = store.assets.get(uuid)
        if asset is None:
            continue
        name = f"{prefix}assets/{asset.name}"
        with open(asset.file.path, "rb") as source:
            members.append(generated(name, source.read()))
        text = text.replace(f"/api/assets/{uuid}", name)
    members.append(generated(f"{prefix}annotation_guide.md", text.encode()))
    return members


def task_members(store, task, family, prefix="", lightweight=False):
    """All members of a task backup."""
    data = task.data
    if data.failure:
        raise RuntimeError(data.failure)
    members = []
    for stored in data.files:
        if family != "A" and stored.name == "index.json":
            continue
        if lightweight and data.storage == "cloud_storage" and stored.name != "manifest.jsonl":
            continue
        members.append(media(f"{prefix}data/{stored.name}", stored))
    members.append(generated(f"{prefix}task.json", task_json(store, task, family)))
    annotations = generated(f"{prefix}annotations.json", annotations_json(store, task, family))
    if family != "A":
        annotations.when = DOS_START
    members.append(annotations)
    if task.guide is not None:
        members += guide_members(store, store.guides[task.guide], prefix)
    return members


def project_members(store, project, family, lightweight=False, between=lambda: None):
    """All members of a project backup; `between` is called before each task, with the lock let go."""
    with store.lock:
        members = guide_members(store, store.guides[project.guide], "") if project.guide is not None else []
        members.append(generated("project.json", project_json(store, project)))
        tasks = store.tasks_of(project.id)
    for number, task in enumerate(tasks):
        between()
        with store.lock:
            if task.data is not None and task.id in store.tasks:
                members += task_members(store, task, family, f"task_{number}/", lightweight)
    return members


def dos_now():
    return time.localtime()[:6]
