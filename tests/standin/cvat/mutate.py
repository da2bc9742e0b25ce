"""Edits on order: each goes through the same functions as the API, so that dates move as on a real server."""

from . import annotations, mutate_more, ops, seed, taskdata
from .auth import Refused
from .dates import touch
from .model import iso
from .mutate_more import job, organization_of, project, task

LABELS = [{"name": "car", "color": "#2080c0", "type": "any"}]


def run(world, given):
    """Runs one order: {"op": name, …}; answers ids and dates."""
    with world.store.lock:
        try:
            out = OPS[given["op"]](world, given) or {}
        except Refused as refusal:
            raise ValueError(refusal.answer.bytes().decode()) from None
        world.store.changed()
        return dict(out, **dates(world, given, out))


def dates(world, given, out):
    """updated_date of what the order spoke of."""
    found = {}
    for kind in ("project", "task", "job"):
        thing = getattr(world.store, kind + "s").get(out.get(kind, given.get(kind)))
        if thing is not None:
            found[f"{kind}_updated_date"] = iso(thing.updated)
    return found


def add_shape(world, given):
    """`count` rectangles on `frame` of the first job of the task that shows it."""
    thing = task(world, given)
    label = world.store.labels_of(thing)[0]
    points = given.get("points", [1.0, 2.0, 30.5, 40.25])
    shapes = [
        {
            "type": "rectangle",
            "frame": given.get("frame", 0),
            "label_id": label.id,
            "points": points,
            "group": 0,
        }
        for _ in range(given.get("count", 1))
    ]
    annotations.change(world, "task", thing, {"shapes": shapes}, "create")


def delete_shapes(world, given):
    """All annotations of the task."""
    annotations.change(world, "task", task(world, given), {}, "replace")


def update_shape(world, given):
    """Moves the first shape of the task."""
    thing = task(world, given)
    annotations.materialise(world.store, thing)
    shape = next(s for j in world.store.jobs_of(thing.id) for s in j.annotations["shapes"] if s["points"])
    changed = dict(shape, points=[p + 1 for p in shape["points"]])
    annotations.change(world, "task", thing, {"shapes": [changed]}, "update")


def patch(kind):
    """The fields of `set` by PATCH."""

    def order(world, given):
        getattr(ops, f"patch_{kind}")(
            world, getattr(world.store, kind + "s")[given[kind]], given.get("set", {})
        )

    return order


def rename(kind):
    def order(world, given):
        getattr(ops, f"patch_{kind}")(
            world, getattr(world.store, kind + "s")[given[kind]], {"name": given["name"]}
        )

    return order


def set_job(world, given):
    """stage, state, assignee of a job."""
    thing = job(world, given)
    ops.patch_job(world, thing, {k: given[k] for k in ("stage", "state", "assignee") if k in given})
    return {"job": thing.id}


def create_project(world, given):
    made = ops.create_project(
        world,
        {"name": given.get("name", "made"), "labels": given.get("labels", LABELS)},
        given.get("owner", 1),
        organization_of(world, given),
    )
    return {"project": made.id}


def make_projects(world, given):
    """`count` projects, each with `tasks` tasks of `images` pictures."""
    first = None
    for number in range(given["count"]):
        made = create_project(world, dict(given, name=f"{given.get('name', 'project')} {number}"))
        first = first or made["project"]
        for index in range(given.get("tasks", 0)):
            create_task(world, dict(given, project=made["project"], name=f"task {index}"))
    return {"first": first, "last": made["project"]}


def create_task(world, given):
    """A task; `images` pictures of `bytes` each, `state` ready, pending, failed or none."""
    owner = given.get("owner", 1)
    spec = {
        "name": given.get("name", "made"),
        "segment_size": given.get("segment_size", 0),
        "subset": given.get("subset", ""),
    }
    organization = organization_of(world, given)
    if given.get("project"):
        spec["project_id"] = given["project"]
        organization = project(world, given).organization
    else:
        spec["labels"] = given.get("labels", LABELS)
    made = ops.create_task(world, spec, owner, organization)
    state = given.get("state", "ready")
    if state != "none":
        files = seed.images(world, given.get("images", 2), given.get("bytes", 2000), 10_000 * made.id)
        for stored, name in zip(files, given.get("names", [])):
            stored.name = name
        taskdata.attach_pending(world, made, files)
        if state == "ready":
            taskdata.make_ready(world, made)
        else:
            made.data.state = state
    return {"task": made.id}


def finish_data(world, given):
    """Pending data becomes ready: T moves, P does not."""
    taskdata.make_ready(world, task(world, given))


def attach_data(world, given):
    """Data for a task that has none."""
    thing = task(world, given)
    taskdata.attach_pending(
        world, thing, seed.images(world, given.get("images", 2), given.get("bytes", 2000), 10_000 * thing.id)
    )
    taskdata.make_ready(world, thing)


def move_date(world, given):
    """Moves updated_date of one object, whatever the rules say."""
    kind = next(k for k in ("job", "task", "project") if k in given)
    touch(world, getattr(world.store, kind + "s")[given[kind]])


OPS = {
    "add_shape": add_shape,
    "update_shape": update_shape,
    "delete_shapes": delete_shapes,
    "rename_task": rename("task"),
    "rename_project": rename("project"),
    "patch_task": patch("task"),
    "patch_project": patch("project"),
    "set_job": set_job,
    "create_project": create_project,
    "make_projects": make_projects,
    "create_task": create_task,
    "attach_data": attach_data,
    "finish_data": finish_data,
    "replace_media": mutate_more.replace_media,
    "old_media": mutate_more.old_media,
    "break_task": mutate_more.break_task,
    "mend_task": mutate_more.mend_task,
    "guide_text": mutate_more.guide_text,
    "add_asset": mutate_more.add_asset,
    "rename_label": mutate_more.rename_label,
    "delete_label": mutate_more.delete_label,
    "add_label": mutate_more.add_label,
    "add_issue": mutate_more.add_issue,
    "add_comment": mutate_more.add_comment,
    "patch_issue": mutate_more.patch_issue,
    "delete_issue": lambda w, g: ops.delete_issue(w.store, w.store.issues[g["issue"]]),
    "add_webhook": mutate_more.add_webhook,
    "deliver": mutate_more.deliver,
    "create_organization": mutate_more.create_organization,
    "add_member": mutate_more.add_member,
    "add_user": mutate_more.add_user,
    "transfer": mutate_more.transfer,
    "move_date": move_date,
    "delete_task": lambda w, g: ops.delete_task(w, task(w, g)),
    "delete_project": lambda w, g: ops.delete_project(w, project(w, g)),
    "move_task": lambda w, g: ops.patch_task(w, task(w, g), {"project_id": g["to"]}),
    "create_gt": lambda w, g: {"job": ops.create_gt_job(w, task(w, g), g.get("frames", [0])).id},
    "delete_gt": lambda w, g: ops.delete_job(
        w, next(j for j in w.store.jobs_of(g["task"]) if j.type == "ground_truth")
    ),
    "deleted_frames": lambda w, g: ops.set_deleted_frames(w, task(w, g), g["frames"]),
    "job_deleted_frames": lambda w, g: ops.set_deleted_frames(
        w, w.store.tasks[job(w, g).task], g["frames"], job(w, g)
    ),
    "quality_settings": mutate_more.quality_settings,
}
