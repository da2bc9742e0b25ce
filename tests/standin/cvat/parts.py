"""annotations.json of a backup in the API's form: names become ids."""

from .backup import backup_jobs


def load_parts(store, task, parts):
    """Gives each job its part of annotations.json, names turned into ids."""
    labels, attributes = {}, {}
    for top in store.labels_of(task):
        labels[(None, top.name)] = top
        for child in store.children_of(top):
            labels[(top.id, child.name)] = child
    for label in labels.values():
        attributes.update({(label.id, a["name"]): a["id"] for a in label.attributes})
    jobs = backup_jobs(store, task)
    for job, part in zip(jobs, parts):
        job.annotations = {
            key: (
                [shape_in(store, x, labels, attributes, None) for x in value]
                if isinstance(value, list)
                else value
            )
            for key, value in part.items()
        }
    for job in jobs[len(parts) :]:
        job.annotations = {"version": 0, "tags": [], "shapes": [], "tracks": []}


def shape_in(store, shape, labels, attributes, parent):
    """A shape of a backup in the API's form: id and label_id after `points`, attributes by spec_id."""
    label = labels[(parent, shape["label"])] if "label" in shape else None
    owner = label.id if label else parent
    out = {}
    for key, value in shape.items():
        if key == "label":
            continue
        if key == "attributes":
            value = [
                {"spec_id": attribute_of(attributes, owner, a["name"]), "value": a["value"]} for a in value
            ]
        elif key == "elements":
            value = [shape_in(store, x, labels, attributes, label.id) for x in value]
        elif key == "shapes":
            value = [shape_in(store, x, labels, attributes, owner) for x in value]
        if key == "frame":
            out["id"] = store.next_id("shapes")
        out[key] = value
        if key == "frame" and label is not None:
            out["label_id"] = label.id
    return out


def attribute_of(attributes, label, name):
    try:
        return attributes[(label, name)]
    except KeyError:
        raise KeyError(name) from None
