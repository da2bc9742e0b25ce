"""What a fresh server holds: users, an organisation, and one of the seeds demo, empty, big."""

import hashlib
import os
import random

from . import media_info, ops, ops_parts, taskdata
from .auth import access_token, login_token
from .importer import Importer
from .model import Data, Job, User

USERS = (
    ("admin", ["admin"], True),
    ("alice", ["user"], False),
    ("bob", ["user"], False),
    ("wanda", ["user"], False),
)
DEMO = ("project-images-video-gt-skeleton-guide", "project-no-tasks", "project-unicode-name")
AGE = 3600.0  # a seeded server looks an hour old
LABELS = [
    {
        "name": "car",
        "color": "#2080c0",
        "type": "any",
        "attributes": [
            {
                "name": "model",
                "mutable": False,
                "input_type": "select",
                "default_value": "suv",
                "values": ["suv", "van"],
            }
        ],
    }
]


def people(world):
    """Users with well-known passwords and tokens, and the organisation acme."""
    store = world.store
    store.start = store.now()
    for number, (name, groups, superuser) in enumerate(USERS, 1):
        store.users[number] = User(
            number, name, f"{name}@example.com", f"{name}-password", groups, superuser, login_token(name)
        )
        ops_parts.add_access_token(store, number, "backup", True, access_token(name))
    acme = ops_parts.add_organization(store, "acme", 1, "Acme Corp")
    ops_parts.add_member(store, 2, acme.id, "maintainer")
    ops_parts.add_access_token(store, 1, "writer", False, access_token("admin-writer"))


def sample(world, name):
    """The path of a recorded backup; family A has its own."""
    if world.family == "A" and os.path.exists(os.path.join(world.options.samples, f"A-{name}.zip")):
        name = f"A-{name}"
    return os.path.join(world.options.samples, f"{name}.zip")


def picture(number, size):
    """Incompressible bytes that begin like a JPEG; the same for the same number."""
    return b"\xff\xd8\xff\xe0" + hashlib.shake_128(b"standin-%d" % number).digest(max(size - 4, 0))


def images(world, count, size, offset=0):
    """`count` pictures as stored files."""
    return [world.store.keep(f"img_{offset + i:06d}.jpg", picture(offset + i, size)) for i in range(count)]


def demo(world):
    """Projects 1 to 6 and tasks outside projects, made from recorded backups."""
    store, admin = world.store, world.store.users[1]
    for name in DEMO:
        Importer(store, sample(world, name), admin, None, world.family).run("project")
        if name == DEMO[0]:
            demo_touches(world)
    big = ops.create_project(world, {"name": "big", "labels": LABELS}, 1)
    task = ops.create_task(world, {"name": "pictures", "project_id": big.id, "segment_size": 10}, 1)
    taskdata.attach_pending(world, task, images(world, 20, 100_000))
    taskdata.make_ready(world, task)
    for name, owner in (("org project", 1), ("org project of alice", 2)):
        project = ops.create_project(world, {"name": name, "labels": LABELS}, owner, 1)
        task = ops.create_task(world, {"name": f"task of {name}", "project_id": project.id}, owner, 1)
        taskdata.attach_pending(world, task, images(world, 2, 5_000, 100 + owner * 10))
        taskdata.make_ready(world, task)
    for name in ("task-standalone-guide", "task-unicode-file-names"):
        Importer(store, sample(world, name), admin, None, world.family).run("task")
    bobs = ops.create_project(world, {"name": "bob's project", "labels": LABELS}, 3)
    task = ops.create_task(world, {"name": "bob's task", "project_id": bobs.id}, 3)
    taskdata.attach_pending(world, task, images(world, 3, 2_000, 200))
    taskdata.make_ready(world, task)


def demo_touches(world):
    """What a backup does not carry: assignees, stages, an issue, a task without data."""
    store = world.store
    store.projects[1].assignee = store.tasks[1].assignee = 2
    ops.create_task(world, {"name": "empty task", "project_id": 1}, 1)
    first = store.jobs_of(1)[0]
    if first.status == "completed":
        first.stage, first.state = "acceptance", "completed"
    first.assignee = 2
    issue = ops_parts.add_issue(world, first, 0, [1.0, 1.0, 5.0, 5.0], 1, "look here")
    store.issues[issue.id].resolved = True


def shapes_json(count, frames, seed):
    """The JSON of one job with `count` rectangles, as the server writes annotations."""
    dice = random.Random(seed)
    out = []
    for number in range(count):
        a, b, c, d = (round(dice.random() * 1000, 3) for _ in range(4))
        out.append(
            '{"type":"rectangle","occluded":false,"outside":false,"z_order":0,"rotation":0.0,"points":'
            f'[{a},{b},{a + c},{b + d}],"frame":{number * frames // count},"group":0,"source":"manual",'
            '"attributes":[{"value":"suv","name":"model"}],"elements":[],"label":"car"}'
        )
    return ('[{"version":0,"tags":[],"shapes":[' + ",".join(out) + '],"tracks":[]}]').encode()


def big(world, tasks, count, size, megabytes):
    """One project with many pictures; everything lies on disk."""
    store = world.store
    project = ops.create_project(world, {"name": "big", "labels": LABELS}, 1)
    per_shape = 240
    for number in range(tasks):
        first, last = count * number // tasks, count * (number + 1) // tasks
        task = ops.create_task(world, {"name": f"task {number:04d}", "project_id": project.id}, 1)
        data = Data(store.next_id("data"))
        data.files = images(world, last - first, size, first)
        data.frames = [(f.name, 1920, 1080) for f in data.files]
        data.size = len(data.frames)
        data.stop_frame = max(data.size - 1, 0)
        data.files.append(store.keep("manifest.jsonl", media_info.manifest_text(data.frames)))
        task.data = data
        task.overlap, task.segment_size = 0, data.size
        moment = store.now()
        job = Job(store.next_id("jobs"), task.id, 0, data.stop_frame, moment, moment)
        store.jobs[job.id] = job
        shapes = int(megabytes * 1_000_000 / tasks / per_shape)
        task.annotations_file = store.keep(
            "annotations.json",
            (
                shapes_json(shapes, max(data.size, 1), number)
                if shapes
                else b'[{"version":0,"tags":[],"shapes":[],"tracks":[]}]'
            ),
        )
    store.drop_job_index()


def plant(world):
    """Fills the store as the option says."""
    words = world.options.seed.split(":")
    world.store.clock_shift = -AGE
    people(world)
    if words[0] == "demo":
        demo(world)
    elif words[0] == "big":
        tasks, count, size, megabytes = (
            float(x) for x in (words[1:] + ["10", "100", "100000", "1"][len(words) - 1 :])
        )
        big(world, int(tasks), int(count), int(size), megabytes)
    elif words[0] != "empty":
        raise SystemExit(f"unknown seed: {world.options.seed}")
    world.store.clock_shift = 0.0
    world.store.changed()
