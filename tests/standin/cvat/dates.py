"""The moving of updated_date."""


def touch(world, *things):
    """Moves dates, all to the same moment."""
    moment = world.store.now()
    for thing in things:
        if thing is not None:
            thing.updated = moment
    world.store.changed()


def project_of(world, task):
    return world.store.projects.get(task.project)


def label_scope(world, label):
    """What a label change moves: its project with all tasks and jobs, or its task with the jobs."""
    store = world.store
    if label.project is not None:
        tasks = store.tasks_of(label.project)
        things = [store.projects[label.project], *tasks]
    else:
        tasks = [store.tasks[label.task]]
        things = list(tasks)
    return things + [j for t in tasks for j in store.jobs_of(t.id)]
