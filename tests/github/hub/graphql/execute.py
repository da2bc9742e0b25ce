"""Runs a checked query."""

from .language import GraphQLError, Var
from .schema import ABSTRACT, TYPES, type_of
from .types import NotFound, Page


def variables(operation, given):
    """Values of the variables; those that must not be null have to be there."""
    out = {}
    for name, (kind, default, has_default) in operation.variables.items():
        if name in given:
            out[name] = given[name]
        elif has_default:
            out[name] = default
        if kind.endswith("!") and out.get(name) is None:
            raise GraphQLError(f"Variable ${name} of type {kind} was provided invalid value", extensions={"value": None})
        if kind.rstrip("!") == "Int" and not isinstance(out.get(name, 0) or 0, int):
            raise GraphQLError(f"Variable ${name} of type {kind} was provided invalid value", extensions={"value": out[name]})
    return out


def resolved(value, values):
    """A value with its variables filled in."""
    if isinstance(value, Var):
        return values.get(str(value))
    if isinstance(value, list):
        return [resolved(one, values) for one in value]
    if isinstance(value, dict):
        return {name: resolved(one, values) for name, one in value.items()}
    return value


class Run:
    """One execution; `errors` stand beside the data."""

    def __init__(self, ctx, document, values):
        self.ctx, self.document, self.values = ctx, document, values
        self.errors = []
        self.left = ctx.world.graphql_nodes or None

    def operation(self, operation):
        return self.object(None, "Query", operation.selection, [])

    def wanted(self, field):
        """@include and @skip."""
        include, skip = field.directives.get("include"), field.directives.get("skip")
        return (include is None or resolved(include["if"], self.values)) and not (skip and resolved(skip["if"], self.values))

    def flat(self, fields, type):
        """The fields that apply to an object of that type, fragments opened."""
        for field in fields:
            if not self.wanted(field):
                continue
            if not field.inline and not field.fragment:
                yield field
                continue
            on, selection = (field.on, field.selection) if field.inline else self.document.fragments[field.fragment]
            if on in (None, type) or type in ABSTRACT.get(on, ()):
                yield from self.flat(selection, type)

    def object(self, thing, declared, fields, path):
        type = type_of(thing, declared) if thing is not None else declared
        out = {}
        for field in self.flat(fields, type):
            value = type if field.name == "__typename" else self.field(thing, TYPES[type][field.name], field, path)
            if isinstance(out.get(field.alias), dict) and isinstance(value, dict):
                merge(out[field.alias], value)
            else:
                out[field.alias] = value
        return out

    def fail(self, field, path, error):
        self.errors.append({**error, "path": [*path, field.alias], "locations": [{"line": field.line, "column": field.column}]})

    def field(self, thing, known, field, path):
        args = {name: resolved(value, self.values) for name, value in field.args.items()}
        try:
            value = known.resolve(self.ctx, thing, {k: v for k, v in args.items() if v is not None})
        except NotFound as lost:
            self.fail(field, path, lost.error)
            return None
        except ValueError:
            self.fail(field, path, {"type": "INVALID_CURSOR_ARGUMENTS", "message": f"`{args.get('after')}` does not appear to be a valid cursor."})
            return None
        if known.type is None or value is None:
            return value
        below = [*path, field.alias]
        if known.many:
            return [self.member(one, known, field, below, number) for number, one in enumerate(value)]
        return self.object(value, known.type + "Connection" if isinstance(value, Page) and known.connection else known.type, field.selection, below)

    def member(self, one, known, field, path, number):
        """One member of a list; the work that a query may make ends somewhere."""
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.errors.append(
                    {"type": "RESOURCE_LIMITS_EXCEEDED", "path": [*path, number], "message": "Resource limits for this query exceeded."}
                )
                return None
        if getattr(one, "unreadable", None):
            place = {"path": [*path, number], "locations": [{"line": field.line, "column": field.column}]}
            self.errors.append({"type": "FORBIDDEN", **place, "message": one.unreadable})
            return None
        if callable(one):
            try:
                one = one()
            except NotFound as lost:
                self.fail(field, path[:-1], {**lost.error})
                self.errors[-1]["path"] = [*path, number]
                return None
        return None if one is None else self.object(one, known.type, field.selection, [*path, number])


def merge(into, more):
    """Equal fields of several selections are one."""
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            merge(into[name], value)
        elif isinstance(value, list) and isinstance(into.get(name), list):
            for mine, other in zip(into[name], value):
                if isinstance(mine, dict) and isinstance(other, dict):
                    merge(mine, other)
        else:
            into[name] = value
