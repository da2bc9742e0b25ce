"""Annotations of jobs and tasks: create, update, delete, replace (family A §4, contract of exchange 28)."""

import json

from . import auth, ops
from .auth import Refused
from .parts import load_parts
from .objects import fetch
from .wire import Response, reply

KINDS = ("tags", "shapes", "tracks")


def materialise(store, task):
    """The annotations of a task as objects, read from its file when they still lie there."""
    jobs = store.jobs_of(task.id)
    if task.annotations_file is not None and any(j.annotations is None for j in jobs):
        with open(task.annotations_file.path, "rb") as source:
            load_parts(store, task, json.load(source))
    for job in jobs:
        if job.annotations is None:
            job.annotations = {"version": 0, "tags": [], "shapes": [], "tracks": []}


def label_table(store, task):
    """Labels of a task by id, sublabels included."""
    found = {}
    for top in store.labels_of(task):
        found[top.id] = top
        found.update({c.id: c for c in store.children_of(top)})
    return found


def filled(given, label, mutable=None):
    """Attribute values: those given, defaults for the rest."""
    values = {a["spec_id"]: a["value"] for a in given or []}
    out = []
    for attribute in label.attributes if label else []:
        if mutable is None or attribute["mutable"] == mutable:
            out.append(
                {
                    "spec_id": attribute["id"],
                    "value": str(values.get(attribute["id"], attribute["default_value"])),
                }
            )
    return out


def geometry(given):
    return {
        "type": str(given.get("type", "rectangle")),
        "occluded": bool(given.get("occluded", False)),
        "outside": bool(given.get("outside", False)),
        "z_order": given.get("z_order", 0),
        "rotation": float(given.get("rotation", 0.0)),
        "points": [float(p) for p in given.get("points") or []],
    }


def clean(store, kind, given, labels):
    """A tag, shape or track with all its keys, as the server gives it back."""
    label = labels.get(given["label_id"])
    if label is None:
        raise Refused(reply([f"label_id contains an invalid id: {given['label_id']}"], 400))
    common = {
        "id": store.next_id("shapes"),
        "frame": given["frame"],
        "label_id": given["label_id"],
        "group": given.get("group"),
        "source": given.get("source", "manual"),
    }
    if kind == "tags":
        return {**common, "attributes": filled(given.get("attributes"), label)}
    elements = [
        clean(store, kind, {"frame": given["frame"], **e}, labels) for e in given.get("elements") or []
    ]
    if kind == "shapes":
        return {
            **geometry(given),
            **common,
            "attributes": filled(given.get("attributes"), label),
            "elements": elements,
        }
    shapes = [
        {
            **geometry(s),
            "id": store.next_id("shapes"),
            "frame": s["frame"],
            "attributes": filled(s.get("attributes"), label, True),
        }
        for s in given.get("shapes") or []
    ]
    return {
        **common,
        "shapes": shapes,
        "attributes": filled(given.get("attributes"), label, False),
        "elements": elements,
    }


def view(job):
    return {"version": 0, **{k: job.annotations[k] for k in KINDS}}


def merged(jobs):
    """The annotations of a task: those of its ordinary jobs."""
    out = {"version": 0, "tags": [], "shapes": [], "tracks": []}
    for job in jobs:
        if job.type == "annotation":
            for kind in KINDS:
                out[kind] += job.annotations[kind]
    return out


def jobs_for(world, target, thing):
    """The jobs an annotation call speaks of, and their task."""
    store = world.store
    task = thing if target == "task" else store.tasks[thing.task]
    materialise(store, task)
    return task, store.jobs_of(task.id) if target == "task" else [thing]


def home(jobs, frame):
    """The job a shape belongs to."""
    for job in jobs:
        if job.type == "annotation" and job.start <= frame <= job.stop:
            return job
    return jobs[0]


def change(world, target, thing, given, action):
    """Applies one call; dates move only when something was done."""
    task, jobs = jobs_for(world, target, thing)
    labels = label_table(world.store, task)
    out = {"version": 0, "tags": [], "shapes": [], "tracks": []}
    touched = set()
    if action == "replace":
        touched = {j.id for j in jobs if j.type == "annotation" or target == "job"}
        for job in jobs:
            if job.id in touched:
                job.annotations = {"version": 0, "tags": [], "shapes": [], "tracks": []}
    for kind in KINDS:
        for item in given.get(kind) or []:
            if action in ("update", "delete"):
                touched |= remove(jobs, kind, item.get("id"))
            if action != "delete":
                made = clean(world.store, kind, item, labels)
                if action == "update" and item.get("id"):
                    made["id"] = item["id"]
                job = home(jobs, made["frame"]) if target == "task" else jobs[0]
                job.annotations[kind].append(made)
                touched.add(job.id)
                item = made
            out[kind].append(item)
    for job in jobs:
        for kind in KINDS:
            job.annotations[kind].sort(key=lambda x: x["frame"])
    if touched:
        task.annotations_file = None
        ops.annotations_moved(world, task, [j for j in jobs if j.id in touched])
    return out


def remove(jobs, kind, number):
    """Takes a shape out of its job; the ids of the jobs that had it."""
    touched = set()
    for job in jobs:
        left = [x for x in job.annotations[kind] if x.get("id") != number]
        if len(left) != len(job.annotations[kind]):
            job.annotations[kind] = left
            touched.add(job.id)
    return touched


def reader(target):
    def get(world, request, id):
        thing = fetch(world, request, target, id)
        _, jobs = jobs_for(world, target, thing)
        return reply(merged(jobs) if target == "task" else view(thing))

    return get


def writer(target, verb):
    def write(world, request, id):
        auth.require_write(request)
        thing = fetch(world, request, target, id)
        if verb == "DELETE":
            task, jobs = jobs_for(world, target, thing)
            if any(j.annotations[k] for j in jobs for k in KINDS):
                change(world, target, thing, {}, "replace")
            return Response(204)
        action = request.query.get("action", "") if verb == "PATCH" else "replace"
        if action not in ("create", "update", "delete", "replace"):
            raise Refused(reply(["Please specify a correct 'action' for the request"], 400))
        return reply(change(world, target, thing, request.json(), action))

    return write


def upload(world, request, id):
    """Import of an annotation file: the route is there, the formats are not."""
    return reply(["Import of annotation files is not part of this server"], 400)


def routes(app):
    for target in ("job", "task"):
        app.add(
            rf"/api/{target}s/(?P<id>\d+)/annotations/?",
            {
                "GET": reader(target),
                "POST": upload,
                "PATCH": writer(target, "PATCH"),
                "PUT": writer(target, "PUT"),
                "DELETE": writer(target, "DELETE"),
            },
        )
