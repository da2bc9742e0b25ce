"""Moving a task into another project."""

from .auth import Refused
from .dates import touch
from .wire import reply


def move_task(world, task, project_id):
    """The target's P and T move, the source's P does not; labels are matched by name."""
    from .annotations import label_table, materialise

    store = world.store
    target = store.projects.get(project_id)
    if target is None:
        raise Refused(reply({"project_id": ["Invalid pk."]}, 400))
    wanted = {x.name: x for x in store.labels_of(project=project_id)}
    own = store.labels_of(task)
    if any(x.name not in wanted for x in own):
        raise Refused(
            reply(
                {
                    "non_field_errors": [
                        "All task or project label names must be mapped to the target project"
                    ]
                },
                400,
            )
        )
    materialise(store, task)
    task.annotations_file = None
    old = label_table(store, task)
    task.project, task.organization = project_id, target.organization
    new = label_table(store, task)
    names = {(x.name, store.labels[x.parent].name if x.parent else None): x for x in new.values()}
    numbers, specs = {}, {}
    for label in old.values():
        twin = names[(label.name, store.labels[label.parent].name if label.parent else None)]
        numbers[label.id] = twin.id
        by_name = {a["name"]: a["id"] for a in twin.attributes}
        specs.update({a["id"]: by_name.get(a["name"]) for a in label.attributes})
    for job in store.jobs_of(task.id):
        for kind in ("tags", "shapes", "tracks"):
            for shape in job.annotations[kind]:
                renumber(shape, numbers, specs)
    touch(world, target, task)


def renumber(shape, numbers, specs):
    if "label_id" in shape:
        shape["label_id"] = numbers[shape["label_id"]]
    shape["attributes"] = [
        dict(a, spec_id=specs[a["spec_id"]]) for a in shape["attributes"] if specs.get(a["spec_id"])
    ]
    for part in shape.get("elements", []) + shape.get("shapes", []):
        renumber(part, numbers, specs)
