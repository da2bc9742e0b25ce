"""Checks a query against the schema before it runs, and counts its nodes and points."""

from .execute import resolved
from .repository import SORTS
from .schema import ABSTRACT, TYPES

MOST = 100


class Check:
    """`errors` in GitHub's form; `nodes` as if all pages were full; `cost` in points."""

    def __init__(self, document, variables):
        self.document, self.variables = document, variables
        self.errors, self.nodes, self.fetches = [], 0, 0

    @property
    def cost(self):
        """Source: GitHub's "Calculating a rate limit score": fetches of connections over 100, at least one."""
        return max(1, round(self.fetches / 100))

    def run(self, operation):
        self.selection(operation.selection, "Query", ["query" + (f" {operation.name}" if operation.name else "")], 1)

    def fail(self, field, path, words, code, **more):
        error = {"path": [*path, field.alias or "..."], "extensions": {"code": code, **more}}
        self.errors.append({**error, "locations": [{"line": field.line, "column": field.column}], "message": words})

    def selection(self, fields, type, path, times):
        for field in fields:
            if field.inline:
                self.selection(field.selection, self.narrowed(field, type, field.on or type, path), path, times)
            elif field.fragment:
                if field.fragment not in self.document.fragments:
                    self.fail(field, path, f"Fragment {field.fragment} was used, but not defined", "useAndDefineFragment")
                    continue
                on, selection = self.document.fragments[field.fragment]
                self.selection(selection, self.narrowed(field, type, on, path), path, times)
            else:
                self.field(field, type, path, times)

    def narrowed(self, field, type, on, path):
        """The type of a fragment, when it can be one of `type`."""
        possible = {type} | ABSTRACT.get(type, set())
        if on not in TYPES:
            self.fail(field, path, f"No such type {on}, so it can't be a fragment condition", "undefinedType")
            return type
        if not possible & ({on} | ABSTRACT.get(on, set())):
            self.fail(field, path, f"Fragment on {on} can't be spread inside {type}", "cannotSpreadFragment")
        return on

    def field(self, field, type, path, times):
        if field.name == "__typename":
            return
        known = TYPES[type].get(field.name)
        if known is None:
            words = f"Field '{field.name}' doesn't exist on type '{type}'"
            self.fail(field, path, words, "undefinedField", typeName=type, fieldName=field.name)
            return
        for name in field.args:
            if name not in known.args:
                words = f"Field '{field.name}' doesn't accept argument '{name}'"
                self.fail(field, path, words, "argumentNotAccepted", name=field.name, argumentName=name)
        if (known.type is None) != (field.selection is None):
            words = (
                f"Field must have selections (field '{field.name}' returns {known.type} but has no selections. "
                f"Did you mean '{field.name} {{ ... }}'?)"
                if known.type
                else f"Selections can't be made on scalars (field '{field.name}' returns String but has selections)"
            )
            self.fail(field, path, words, "selectionMismatch")
            return
        if known.type is None:
            return
        below = [*path, field.alias]
        if known.connection:
            size = self.window(field, path)
            self.fetches += times
            self.nodes += times * size
            self.selection(field.selection, known.type + "Connection", below, times * size)
        else:
            self.selection(field.selection, known.type, below, times)

    def window(self, field, path):
        """The page size, 0 to 100; a connection of which rows are asked needs one, a count alone does not."""
        given = {name: resolved(value, self.variables) for name, value in field.args.items()}
        order = given.get("orderBy")
        if field.name == "repositories" and order and order.get("field") not in SORTS:
            words = f"Argument 'field' on InputObject 'RepositoryOrder' has an invalid value ({order.get('field')})."
            self.fail(field, path, words + " Expected type 'RepositoryOrderField!'.", "argumentLiteralsIncompatible")
        for name in ("first", "last"):
            size = given.get(name)
            if size is None:
                continue
            if not isinstance(size, int) or size < 0:
                self.fail(field, path, f"`{name}` on the `{field.name}` connection cannot be less than zero.", "argumentLiteralsIncompatible")
                return 1
            if size > MOST:
                words = f"Requesting {size} records on the `{field.name}` connection exceeds the `{name}` limit of {MOST} records."
                self.errors.append({"type": "EXCESSIVE_PAGINATION", "path": [*path[1:], field.alias], "message": words})
            return size
        if not {one.name for one in field.selection} & {"nodes", "edges"}:
            return 0
        words = f"You must provide a `first` or `last` value to properly paginate the `{field.name}` connection."
        self.errors.append({"type": "MISSING_PAGINATION_BOUNDARIES", "path": [*path[1:], field.alias], "message": words})
        return 1
