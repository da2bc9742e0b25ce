"""Lists: pages, order, search, JSON Logic filters (exchanges 17, 28; A-11)."""

import json
import urllib.parse

from .auth import Refused
from .model import parse_time
from .wire import detail, reply

# What can be filtered by and sorted by, and what the terms are called in the view.
TERMS = {
    "project": {"id", "name", "owner", "assignee", "status", "updated_date"},
    "task": {
        "id",
        "name",
        "owner",
        "assignee",
        "status",
        "updated_date",
        "project_id",
        "project_name",
        "subset",
        "mode",
        "dimension",
        "tracker_link",
        "validation_mode",
    },
    "job": {
        "id",
        "task_id",
        "project_id",
        "task_name",
        "project_name",
        "updated_date",
        "assignee",
        "stage",
        "state",
        "dimension",
        "type",
        "status",
    },
    "issue": {"owner", "assignee", "id", "job_id", "task_id", "resolved", "frame_id"},
    "comment": {"owner", "id", "issue_id", "frame_id", "job_id"},
    "webhook": {"target_url", "owner", "type", "description", "id", "project_id", "updated_date"},
    "quality": {"id", "task_id", "project_id", "inherit", "created_date", "updated_date"},
}
PLAIN = {
    "project": ("name", "owner", "assignee", "status"),
    "task": (
        "project_id",
        "name",
        "owner",
        "assignee",
        "status",
        "mode",
        "dimension",
        "subset",
        "validation_mode",
        "project_name",
    ),
    "job": (
        "task_id",
        "project_id",
        "type",
        "stage",
        "state",
        "assignee",
        "dimension",
        "task_name",
        "project_name",
    ),
    "label": (),
    "issue": ("owner", "assignee", "job_id", "task_id", "resolved", "frame_id"),
    "comment": ("owner", "issue_id", "job_id"),
    "webhook": ("target_url", "owner", "type", "project_id"),
    "quality": ("task_id", "project_id", "inherit"),
}
SEARCHED = {
    "project": ("name", "owner", "assignee", "status"),
    "task": ("name", "project_name", "owner", "status", "subset", "mode"),
    "job": ("task_name", "project_name", "assignee", "state", "stage"),
}
OPERATORS = ("and", "or", "!", "!!", "==", "<", ">", "<=", ">=", "in", "var", "!=")


def field(kind, row, term, store):
    """The value a term stands for."""
    if term in ("owner", "assignee"):
        person = row.get(term)
        return person["username"] if person else None
    if term == "project_name":
        project = store.projects.get(row.get("project_id"))
        return project.name if project else None
    if term == "task_name":
        return store.tasks[row["task_id"]].name
    if term == "tracker_link":
        return row.get("bug_tracker")
    if term == "job_id":
        return store.issues[row["issue"]].job if kind == "comment" else row.get("job")
    if term == "frame_id":
        return store.issues[row["issue"]].frame if kind == "comment" else row.get("frame")
    if term == "task_id" and kind == "issue":
        return store.jobs[row["job"]].task
    if term == "issue_id":
        return row.get("issue")
    return row.get(term)


def bad_filter(words):
    raise Refused(reply([f"filter: {words}"], 400))


class Logic:
    """A JSON Logic expression over one kind of rows."""

    def __init__(self, kind, words, store, family):
        self.kind, self.store, self.family = kind, store, family
        try:
            self.rule = json.loads(words)
        except ValueError as error:
            if family == "A":
                bad_filter("Json syntax should be used")
            bad_filter(f"can't parse filter expression: {error}")
        self.check(self.rule)

    def check(self, rule):
        if not isinstance(rule, dict):
            return
        for operator, values in rule.items():
            if operator not in OPERATORS:
                bad_filter(f"operator '{operator}' is not supported")
            if operator == "var":
                if values not in TERMS.get(self.kind, ()):
                    bad_filter(
                        f"'{values}' term is not supported"
                        if self.family == "A"
                        else f"term '{values}' is not supported"
                    )
                continue
            for value in values if isinstance(values, list) else [values]:
                self.check(value)

    def value(self, rule, row):
        if not isinstance(rule, dict):
            return rule
        operator, values = next(iter(rule.items()))
        if operator == "var":
            return field(self.kind, row, values, self.store)
        values = values if isinstance(values, list) else [values]
        if operator == "and":
            return all(self.value(v, row) for v in values)
        if operator == "or":
            return any(self.value(v, row) for v in values)
        found = [self.value(v, row) for v in values]
        if operator in ("!", "!!"):
            return bool(found[0]) == (operator == "!!")
        return compare(operator, found, [v.get("var") if isinstance(v, dict) else None for v in values])


def compare(operator, found, names):
    """A comparison; a date is compared as a moment."""
    if operator == "in":
        return found[1] is not None and str(found[0]) in str(found[1])
    if "updated_date" in names:
        found = [parse_time(v) if isinstance(v, str) else v for v in found]
    try:
        if operator == "==":
            return same(found[0], found[1])
        if operator == "!=":
            return not same(found[0], found[1])
        order = {
            "<": lambda a, b: a < b,
            ">": lambda a, b: a > b,
            "<=": lambda a, b: a <= b,
            ">=": lambda a, b: a >= b,
        }[operator]
        if len(found) == 3:
            return order(found[0], found[1]) and order(found[1], found[2])
        return order(found[0], found[1])
    except TypeError:
        return False


def same(left, right):
    if isinstance(left, bool):
        return str(left).lower() == str(right).lower()
    return left == right or (left is not None and right is not None and str(left) == str(right))


def select(kind, rows, request, store, family):
    """The rows that filter, search and plain parameters leave."""
    query = request.query
    for term in PLAIN.get(kind, ()):
        if query.get(term):
            rows = [r for r in rows if same(field(kind, r, term, store), query[term])]
    if query.get("search") and kind in SEARCHED:
        word = query["search"].lower()
        rows = [
            r
            for r in rows
            if any(word in str(field(kind, r, t, store) or "").lower() for t in SEARCHED[kind])
        ]
    if query.get("filter"):
        logic = Logic(kind, query["filter"], store, family)
        rows = [r for r in rows if logic.value(logic.rule, r)]
    return rows


def order(kind, rows, words, store):
    """Sorted by `sort`, `-id` by default; unknown terms are ignored."""
    known = TERMS.get(kind, {"id", "updated_date", "created_date", "job_id", "name"})
    keys = [w for w in (words or "").split(",") if w.lstrip("-") in known] or ["-id"]
    for key in reversed(keys):
        name = key.lstrip("-")
        rows = sorted(rows, key=lambda r: sortable(field(kind, r, name, store)), reverse=key.startswith("-"))
    return rows


def sortable(value):
    return (value is None, value if isinstance(value, (int, float)) else 0, str(value or ""))


def page_numbers(request, count):
    """Page and page size; junk counts as the default of 10."""
    words = request.query.get("page_size", "")
    if words == "all":
        size = max(count, 1)
    else:
        size = int(words) if words.isdigit() and int(words) > 0 else 10
    page = request.query.get("page", "1")
    last = max(1, -(-count // size))
    if page == "last":
        page = str(last)
    if not page.isdigit() or not 1 <= int(page) <= last:
        raise Refused(detail(404, "Invalid page."))
    return int(page), size, last


def link(request, page):
    """The absolute URL of another page, parameters in alphabetical order."""
    parameters = dict(request.query)
    if page > 1:
        parameters["page"] = str(page)
    else:
        parameters.pop("page", None)
    query = urllib.parse.urlencode(sorted(parameters.items()), quote_via=urllib.parse.quote, safe="")
    return f"{request.base}{request.path}" + (f"?{query}" if query else "")


def paginate(request, rows, render=lambda row: row):
    """The page of rows the request asks for."""
    page, size, last = page_numbers(request, len(rows))
    shown = rows[(page - 1) * size : page * size]
    return {
        "count": len(rows),
        "next": link(request, page + 1) if page < last else None,
        "previous": link(request, page - 1) if page > 1 else None,
        "results": [render(r) for r in shown],
    }
