"""Edits on order: guides, labels, media, people."""

import os
import time

from . import ops, ops_parts, seed
from .model import User


def project(world, given):
    return world.store.projects[given["project"]]


def task(world, given):
    return world.store.tasks[given["task"]]


def job(world, given):
    """A job by id, or the n-th job of a task."""
    if "job" in given:
        return world.store.jobs[given["job"]]
    return world.store.jobs_of(given["task"])[given.get("index", 0)]


def organization_of(world, given):
    slug = given.get("organization")
    return next(o.id for o in world.store.organizations.values() if o.slug == slug) if slug else None


def replace_media(world, given):
    """One picture gets other bytes of the same length; no date moves (share or cloud media)."""
    files = task(world, given).data.files
    stored = next(f for f in files if not f.name.endswith((".jsonl", ".json")))
    files[files.index(stored)] = world.store.keep(stored.name, os.urandom(stored.size), stored.mtime)


def old_media(world, given):
    """The first file is from 1970: every export of the task fails."""
    task(world, given).data.files[0].mtime = 0


def break_task(world, given):
    """Every build with this task fails with the words."""
    task(world, given).data.failure = given.get(
        "message",
        "FileNotFoundError: [Errno 2] No such file or directory: '/home/django/share/sub/frame_004.jpg'",
    )


def mend_task(world, given):
    """Undoes break_task and old_media."""
    data = task(world, given).data
    data.failure = ""
    for stored in data.files:
        stored.mtime = stored.mtime or time.time()


def guide_text(world, given):
    """Text of the guide of a project or task; a guide is made when there is none."""
    kind = "project" if "project" in given else "task"
    thing = project(world, given) if kind == "project" else task(world, given)
    if thing.guide is None:
        ops.create_guide(world, kind, thing, given["text"])
    else:
        ops.set_guide_text(world, world.store.guides[thing.guide], given["text"])


def add_asset(world, given):
    """An asset for the guide; with `link` the text names it, which moves the date."""
    kind = "project" if "project" in given else "task"
    thing = project(world, given) if kind == "project" else task(world, given)
    guide = world.store.guides[thing.guide] if thing.guide else ops.create_guide(world, kind, thing, "")
    made = ops.add_asset(world, guide, given.get("name", "b.png"), given.get("data", "asset").encode())
    if given.get("link"):
        ops.set_guide_text(world, guide, f"{guide.markdown}\n![x](/api/assets/{made.uuid})")
    return {"uuid": made.uuid}


def label(world, given):
    """The label called `label` of a project or task."""
    scope = {"project": given["project"]} if "project" in given else {"task": task(world, given)}
    return next(x for x in world.store.labels_of(**scope) if x.name == given["label"])


def rename_label(world, given):
    ops.patch_label(world, label(world, given), {"name": given["name"]})


def delete_label(world, given):
    ops.delete_label(world, label(world, given))


def add_label(world, given):
    target = {"project": project(world, given)} if "project" in given else {"task": task(world, given)}
    ops.edit_labels(world, [{"name": given["name"]}], **target)


def add_issue(world, given):
    thing = job(world, given)
    made = ops.add_issue(
        world, thing, given.get("frame", 0), [1.0, 1.0], given.get("owner", 1), given.get("message", "note")
    )
    return {"issue": made.id}


def add_comment(world, given):
    issue = world.store.issues[given["issue"]]
    made = ops.add_comment(world, issue, given.get("owner", 1), given.get("message", "more"))
    return {"comment": made.id}


def patch_issue(world, given):
    ops_parts.patch_issue(world, world.store.issues[given["issue"]], given["set"])


def add_webhook(world, given):
    """Of a project, or of an organisation."""
    owner = given.get("owner", 1)
    made = ops_parts.add_webhook(
        world,
        given["target_url"],
        owner,
        given.get("project"),
        organization_of(world, given),
        secret=given.get("secret", ""),
        description=given.get("description", ""),
        events=given.get("events", ["update:job", "create:task"]),
    )
    return {"webhook": made.id}


def deliver(world, given):
    """The webhook is called: what it tells of its last delivery moves."""
    world.store.webhooks[given["webhook"]].delivered = world.store.now()
    world.store.changed()


def quality_settings(world, given):
    return {"settings": ops_parts.set_quality(world, task(world, given), given.get("set", {})).id}


def create_organization(world, given):
    made = ops.add_organization(world.store, given["slug"], given.get("owner", 1))
    return {"organization": made.id}


def add_member(world, given):
    ops_parts.add_member(
        world.store, given["user"], organization_of(world, given), given.get("role", "worker")
    )


def add_user(world, given):
    number = max(world.store.users) + 1
    name = given["name"]
    world.store.users[number] = User(
        number, name, f"{name}@example.com", f"{name}-password", ["user"], False, seed.login_token(name)
    )
    return {"user": number}


def transfer(world, given):
    ops.patch_project(world, project(world, given), {"organization_id": organization_of(world, given)})
