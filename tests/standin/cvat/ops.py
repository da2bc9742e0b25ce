"""Changes, and what each of them does to updated_date.

The rules are those measured on 2.54.1 (exchanges 28, 30) and on 2.14.4 (A-mutations): P, T, J below stand
for the dates of the project, the task, the job.
"""

from .auth import Refused
from .dates import project_of, touch
from .ops_move import move_task
from .model import Job, Project, Task
from .ops_parts import (
    add_access_token,
    add_asset,
    add_comment,
    add_issue,
    add_organization,
    create_guide,
    delete_issue,
    delete_label,
    edit_labels,
    make_label,
    patch_label,
    set_guide_text,
)
from .wire import detail, reply

__all__ = [
    "add_access_token",
    "add_asset",
    "add_comment",
    "add_issue",
    "add_organization",
    "create_guide",
    "delete_issue",
    "delete_label",
    "edit_labels",
    "make_label",
    "patch_label",
    "set_guide_text",
]


STATUS = {"annotation": "annotation", "validation": "validation", "acceptance": "completed"}


def annotations_moved(world, task, jobs):
    """P, T, J."""
    touch(world, project_of(world, task), task, *jobs)


def person(given):
    return given.get("id") if isinstance(given, dict) else given


def refuse_unknown(given, known):
    if set(given) - set(known):
        raise Refused(detail(403, "Attempted to update an unknown field"))


def patch_project(world, project, given):
    """Any real change moves P; nothing to change: nothing (D), P (A)."""
    refuse_unknown(
        given,
        (
            "name",
            "bug_tracker",
            "assignee_id",
            "assignee",
            "labels",
            "organization_id",
            "owner_id",
            "target_storage",
            "source_storage",
        ),
    )
    before = (project.name, project.bug_tracker, project.assignee, project.organization)
    project.name = given.get("name", project.name)
    project.bug_tracker = given.get("bug_tracker", project.bug_tracker)
    if "assignee_id" in given or "assignee" in given:
        project.assignee = person(given.get("assignee_id", given.get("assignee")))
    if "organization_id" in given:
        project.organization = given["organization_id"]
        for task in world.store.tasks_of(project.id):
            task.organization = project.organization
    if (
        project.name,
        project.bug_tracker,
        project.assignee,
        project.organization,
    ) != before or world.family == "A":
        touch(world, project)
    edit_labels(world, given.get("labels"), project=project)


def patch_task(world, task, given):
    """A real change moves P and T; nothing to change moves P (D), P and T (A)."""
    refuse_unknown(
        given,
        (
            "name",
            "subset",
            "bug_tracker",
            "assignee_id",
            "assignee",
            "labels",
            "project_id",
            "organization_id",
            "owner_id",
            "target_storage",
            "source_storage",
        ),
    )
    if given.get("project_id") and given["project_id"] != task.project:
        return move_task(world, task, given["project_id"])
    before = (task.name, task.subset, task.bug_tracker, task.assignee)
    for key in ("name", "subset", "bug_tracker"):
        setattr(task, key, given.get(key, getattr(task, key)))
    if "assignee_id" in given or "assignee" in given:
        task.assignee = person(given.get("assignee_id", given.get("assignee")))
    changed = (task.name, task.subset, task.bug_tracker, task.assignee) != before
    touch(world, project_of(world, task), task if changed or world.family == "A" else None)
    edit_labels(world, given.get("labels"), task=task)
    return None


def patch_job(world, job, given):
    """J; T too when the stage turns the task's status over."""
    store, task = world.store, world.store.tasks[job.task]
    if "assignee" in given or "assignee_id" in given:
        job.assignee = person(given.get("assignee", given.get("assignee_id")))
        job.assignee_updated = store.now()
    if given.get("stage") and given["stage"] != job.stage:
        job.stage = given["stage"]
        job.status = STATUS[job.stage]
        if "state" not in given:
            job.state = "new"
    job.state = given.get("state", job.state)
    touch(world, job)
    states = {j.status for j in store.jobs_of(task.id) if j.type == "annotation"}
    status = next((s for s in ("annotation", "validation") if s in states), "completed")
    if job.type == "annotation" and status != task.status:
        task.status = status
        touch(world, task)


def delete_project(world, project):
    store = world.store
    for task in store.tasks_of(project.id):
        drop_task(store, task)
    for label in [x for x in store.labels.values() if x.project == project.id]:
        del store.labels[label.id]
    del store.projects[project.id]
    store.changed()


def delete_task(world, task):
    """P."""
    drop_task(world.store, task)
    touch(world, project_of(world, task))


def drop_task(store, task):
    for job in store.jobs_of(task.id):
        drop_job(store, job)
    store.drop_job_index()
    for label in [x for x in store.labels.values() if x.task == task.id]:
        del store.labels[label.id]
    del store.tasks[task.id]


def drop_job(store, job):
    for issue in [i for i in store.issues.values() if i.job == job.id]:
        delete_issue(store, issue)
    store.jobs.pop(job.id, None)


def delete_job(world, job):
    """Only ground truth jobs; no date moves."""
    if job.type != "ground_truth":
        raise Refused(reply(["Only ground truth jobs can be removed"], 400))
    drop_job(world.store, job)
    world.store.tasks[job.task].annotations_file = None
    world.store.drop_job_index()
    world.store.changed()


def create_gt_job(world, task, frames=None):
    """A new job; P and T stay."""
    from .annotations import materialise

    store = world.store
    materialise(store, task)
    task.annotations_file = None
    moment = store.now()
    job = Job(
        store.next_id("jobs"),
        task.id,
        0,
        task.data.size - 1,
        moment,
        moment,
        "ground_truth",
        frames=list(frames or [0]),
        annotations={"version": 0, "tags": [], "shapes": [], "tracks": []},
    )
    store.jobs[job.id] = job
    store.drop_job_index()
    store.changed()
    return job


def create_project(world, given, user_id, organization=None):
    store, moment = world.store, world.store.now()
    project = Project(
        store.next_id("projects"),
        given["name"],
        user_id,
        moment,
        moment,
        given.get("bug_tracker", ""),
        assignee=given.get("assignee_id"),
        organization=organization,
    )
    store.projects[project.id] = project
    for label in given.get("labels") or []:
        make_label(store, label, project=project.id)
    store.changed()
    return project


def create_task(world, given, user_id, organization=None):
    """An empty task; P moves."""
    store, moment = world.store, world.store.now()
    task = Task(
        store.next_id("tasks"),
        given["name"],
        user_id,
        moment,
        moment,
        given.get("project_id"),
        given.get("bug_tracker", ""),
        subset=given.get("subset", ""),
        assignee=given.get("assignee_id"),
        organization=organization,
        segment_size=given.get("segment_size", 0),
        overlap=given.get("overlap"),
    )
    store.tasks[task.id] = task
    for label in given.get("labels") or []:
        make_label(store, label, task=task.id)
    touch(world, project_of(world, task))
    return task


def set_deleted_frames(world, task, frames, job=None):
    """Task route: T (D), nothing (A). Job route: P and T. Ground truth job of D: lost in backups."""
    if job is not None:
        if job.type == "ground_truth" and world.family != "A":
            job.deleted_frames = list(frames)
        else:
            others = [f for f in task.data.deleted_frames if not job.start <= f <= job.stop]
            task.data.deleted_frames = sorted({*others, *frames})
        return touch(world, project_of(world, task), task)
    task.data.deleted_frames = list(frames)
    if world.family == "A":
        return world.store.changed()
    return touch(world, task)
