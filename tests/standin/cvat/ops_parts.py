"""Changes of labels, guides, assets, issues, organisations, access tokens, with their effect on dates."""

import secrets
import uuid

from .dates import label_scope, touch
from .model import (
    AccessToken,
    Asset,
    Comment,
    Guide,
    Issue,
    Label,
    Membership,
    Organization,
    QualitySettings,
    Webhook,
)

COLORS = ("#ff6037", "#2080c0", "#36da94", "#c06060", "#ba9109", "#2eceda", "#8040ff", "#80c020")


def attribute_in(store, given):
    return {
        "id": store.next_id("attributes"),
        "name": given["name"],
        "mutable": bool(given.get("mutable", False)),
        "input_type": str(given.get("input_type", "text")),
        "default_value": given.get("default_value", ""),
        "values": list(given.get("values") or [""]),
    }


def make_label(store, given, project=None, task=None, parent=None):
    """A new label from the API's form."""
    number = store.next_id("labels")
    color = given.get("color") or COLORS[number % len(COLORS)]
    label = Label(
        number,
        given["name"],
        color,
        [attribute_in(store, a) for a in given.get("attributes") or []],
        str(given.get("type") or "any"),
        "",
        parent,
        project,
        task,
    )
    store.labels[number] = label
    svg = given.get("svg") or ""
    for child in given.get("sublabels") or []:
        made = make_label(store, child, project, task, number)
        label.children.append(made.id)
        svg = svg.replace(f'data-label-name="{made.name}"', f'data-label-id="{made.id}"')
    label.svg = svg
    return label


def labels_changed(world, scope):
    """P, all T, all J; files of annotations carry label names."""
    for task in [t for t in scope if hasattr(t, "annotations_file")]:
        if task.annotations_file is not None:
            from .annotations import materialise

            materialise(world.store, task)
            task.annotations_file = None
    touch(world, *scope)


def edit_labels(world, given, project=None, task=None):
    """The `labels` of a PATCH: new ones, renamed ones, deleted ones."""
    for item in given or []:
        label = world.store.labels.get(item.get("id"))
        if label is None:
            made = make_label(world.store, item, project.id if project else None, task.id if task else None)
            labels_changed(world, label_scope(world, made))
        elif item.get("deleted"):
            delete_label(world, label)
        else:
            patch_label(world, label, item)


def patch_label(world, label, given):
    """Rename, recolour, add attributes."""
    scope = label_scope(world, label)
    for task in [t for t in scope if getattr(t, "annotations_file", None) is not None]:
        from .annotations import materialise

        materialise(world.store, task)
        task.annotations_file = None
    label.name = given.get("name", label.name)
    label.color = given.get("color", label.color)
    for item in given.get("attributes") or []:
        known = next((a for a in label.attributes if a["id"] == item.get("id")), None)
        if known is None:
            label.attributes.append(attribute_in(world.store, item))
        else:
            known.update({k: item[k] for k in known if k in item})
    touch(world, *scope)


def delete_label(world, label):
    """A label goes with everything that was marked with it."""
    from .annotations import materialise

    scope = label_scope(world, label)
    gone = {label.id, *label.children}
    for task in [t for t in scope if hasattr(t, "annotations_file")]:
        materialise(world.store, task)
        task.annotations_file = None
        for job in world.store.jobs_of(task.id):
            for kind in ("tags", "shapes", "tracks"):
                job.annotations[kind] = [x for x in job.annotations[kind] if x["label_id"] not in gone]
    for number in gone:
        world.store.labels.pop(number, None)
    touch(world, *scope)


def create_guide(world, kind, thing, text):
    store, moment = world.store, world.store.now()
    guide = Guide(store.next_id("guides"), moment, moment, text)
    setattr(guide, kind, thing.id)
    store.guides[guide.id] = guide
    thing.guide = guide.id
    touch(world, thing)
    return guide


def set_guide_text(world, guide, text):
    """Project guide: P. Task guide: T only. Assets that the text no longer names are deleted."""
    store = world.store
    guide.markdown = text
    guide.updated = store.now()
    for number in [u for u in guide.assets if u not in text]:
        guide.assets.remove(number)
        store.assets.pop(number, None)
    touch(world, store.projects[guide.project] if guide.project is not None else store.tasks[guide.task])


def add_asset(world, guide, name, data):
    """An asset moves no date at all."""
    store = world.store
    owner = (store.projects[guide.project] if guide.project is not None else store.tasks[guide.task]).owner
    asset = Asset(str(uuid.uuid4()), guide.id, name, store.keep(name, data), owner, store.now())
    store.assets[asset.uuid] = asset
    guide.assets.append(asset.uuid)
    store.changed()
    return asset


def add_issue(world, job, frame, position, user_id, message):
    """Issues and comments move no date of project, task, job."""
    store, moment = world.store, world.store.now()
    issue = Issue(store.next_id("issues"), job.id, frame, list(position), user_id, moment, moment)
    store.issues[issue.id] = issue
    if message:
        add_comment(world, issue, user_id, message)
    store.changed()
    return issue


def add_comment(world, issue, user_id, message):
    """The issue's own date stays too."""
    store, moment = world.store, world.store.now()
    comment = Comment(store.next_id("comments"), issue.id, user_id, message, moment, moment)
    store.comments[comment.id] = comment
    store.changed()
    return comment


def patch_issue(world, issue, given):
    """Resolved or not, and whose it is: the issue's date."""
    issue.resolved = given.get("resolved", issue.resolved)
    issue.assignee = given.get("assignee", issue.assignee)
    issue.updated = world.store.now()
    world.store.changed()


def delete_issue(store, issue):
    for comment in [c for c in store.comments.values() if c.issue == issue.id]:
        del store.comments[comment.id]
    del store.issues[issue.id]
    store.changed()


def add_webhook(world, target_url, owner_id, project=None, organization=None, **more):
    """Moves no date."""
    store, moment = world.store, world.store.now()
    made = Webhook(store.next_id("webhooks"), target_url, owner_id, moment, moment, project, organization, **more)
    store.webhooks[made.id] = made
    store.changed()
    return made


def set_quality(world, task, values):
    """T (contract 3.2)."""
    store, moment = world.store, world.store.now()
    row = next((r for r in store.quality_settings.values() if r.task == task.id), None)
    if row is None:
        row = QualitySettings(store.next_id("quality_settings"), task.id, moment, moment)
        store.quality_settings[row.id] = row
    row.values.update(values)
    row.updated = moment
    touch(world, task)
    return row


def add_organization(store, slug, owner_id, name=""):
    moment = store.now()
    made = Organization(store.next_id("organizations"), slug, name or slug, owner_id, moment, moment)
    store.organizations[made.id] = made
    add_member(store, owner_id, made.id, "owner")
    return made


def add_member(store, user_id, organization_id, role):
    entry = Membership(store.next_id("memberships"), user_id, organization_id, role, store.now())
    store.memberships[entry.id] = entry
    store.changed()
    return entry


def add_access_token(store, owner_id, name, read_only=True, value=None):
    number = store.next_id("access_tokens")
    value = value or f"{secrets.token_hex(4)}.{secrets.token_hex(16)}"
    token = AccessToken(number, name, owner_id, value, store.now(), bool(read_only))
    store.access_tokens[number] = token
    return token
