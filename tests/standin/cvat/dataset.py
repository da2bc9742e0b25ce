"""Dataset exports in the CVAT format: enough for a readable second copy (exchange 22)."""

from xml.sax.saxutils import quoteattr

from .backup import backup_jobs, name_tables
from .failures import JobFailure
from .vzip import generated, media
from .wire import dumps

IMAGE_FORMATS = (
    "CVAT for images 1.1",
    "CVAT for video 1.1",
    "COCO 1.0",
    "COCO Keypoints 1.0",
    "Datumaro 1.0",
    "PASCAL VOC 1.1",
    "YOLO 1.1",
    "Ultralytics YOLO Detection 1.0",
    "Segmentation mask 1.1",
    "ImageNet 1.0",
    "LabelMe 3.0",
    "MOT 1.1",
)


def formats():
    """The answer of /api/server/annotation/formats."""

    def entry(name):
        base, _, version = name.rpartition(" ")
        return {
            "name": name,
            "ext": "XML, ZIP" if base.startswith("CVAT") else "ZIP",
            "version": version,
            "enabled": True,
            "dimension": "2d",
        }

    importers = [entry(n) for n in IMAGE_FORMATS] + [entry("CVAT 1.1")]
    return {"importers": importers, "exporters": [entry(n) for n in IMAGE_FORMATS]}


def known(name):
    return name in IMAGE_FORMATS


def annotations_xml(store, task):
    """Rectangles, polygons, points and tags of a task, a line each."""
    labels, attributes = name_tables(store, task)
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<annotations>", "  <version>1.1</version>"]
    for job in backup_jobs(store, task):
        for shape in (job.annotations or {}).get("shapes", []):
            points = ",".join(str(p) for p in shape["points"])
            lines.append(
                f'  <{shape["type"]} frame="{shape["frame"]}" '
                f'label={quoteattr(labels[shape["label_id"]])} points="{points}"/>'
            )
    return "\n".join([*lines, "</annotations>", ""]).encode()


def members(store, target, thing, images):
    """The members of a dataset ZIP."""
    if target == "project":
        tasks = [t for t in store.tasks_of(thing.id) if t.data]
    else:
        tasks = [store.tasks[thing.task] if target == "job" else thing]
    out = []
    for task in tasks:
        if task.data is None:
            raise JobFailure("AttributeError: 'NoneType' object has no attribute 'validation_mode'\n")
        prefix = f"{task.id}/" if target == "project" else ""
        out.append(generated(f"{prefix}annotations.xml", annotations_xml(store, task)))
        if images:
            out += [
                media(f"{prefix}images/{f.name}", f)
                for f in task.data.files
                if not f.name.endswith((".jsonl", ".json"))
            ]
    if not out:
        out.append(generated("empty.json", dumps({})))
    return out
