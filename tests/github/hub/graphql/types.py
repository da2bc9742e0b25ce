"""How a schema is written down: fields with their type, arguments and resolver; pages of connections."""

import base64
import json


class NotFound(Exception):
    """The error that stands beside a null."""

    def __init__(self, words, type="NOT_FOUND", **more):
        super().__init__(words)
        self.error = {"type": type, **more, "message": words}


class F:
    """A field. `type` names an object type (None: a leaf); resolve(ctx, thing, args) -> value."""

    def __init__(self, resolve, type=None, args=(), many=False, connection=False):
        self.resolve, self.type, self.args, self.many, self.connection = resolve, type, set(args), many, connection


def attr(name):
    """A leaf that is an attribute of the Python object."""
    return F(lambda ctx, thing, args: getattr(thing, name))


def const(value):
    return F(lambda ctx, thing, args: value)


def item(name):
    """A leaf that is a member of a Thing's data."""
    return F(lambda ctx, thing, args: thing.data.get(name))


class Thing:
    """A dict of the model with its GraphQL type and repository."""

    def __init__(self, type, repository, data, **more):
        self.type, self.repository, self.data = type, repository, data
        self.__dict__.update(more)


class Page:
    """A slice of a connection."""

    def __init__(self, total, rows, keys, more_after, more_before):
        self.total, self.rows, self.keys = total, rows, keys
        self.more_after, self.more_before = more_after, more_before


def cursor(key):
    return base64.b64encode(b"cursor:v2:" + json.dumps(key).encode()).decode()


def uncursor(text):
    """The key behind a cursor; ValueError when it is none."""
    raw = base64.b64decode(text or "", validate=True)
    if not raw.startswith(b"cursor:v2:"):
        raise ValueError("cursor")
    return json.loads(raw[len(b"cursor:v2:") :])


def page(rows, key, args, down=False):
    """Sorts by key and cuts by first/last/after/before; a cursor holds a place even when rows come and go."""
    rows = sorted(rows, key=key, reverse=down)
    keys = [list(key(row)) for row in rows]
    begin, end = 0, len(rows)
    if args.get("after"):
        mark = uncursor(args["after"])
        begin = sum(1 for one in keys if (one >= mark if down else one <= mark))
    if args.get("before"):
        mark = uncursor(args["before"])
        end = sum(1 for one in keys if (one > mark if down else one < mark))
    start, stop = begin, max(begin, end)
    if args.get("first") is not None:
        stop = min(stop, start + args["first"])
    if args.get("last") is not None:
        start = max(start, stop - args["last"])
    return Page(len(rows), rows[start:stop], keys[start:stop], stop < len(rows), start > 0)


WINDOW = ("first", "last", "after", "before")


def connection(node, rows, key, args=(), down=None):
    """A connection field: rows(ctx, thing, args) -> list; key(row, args) -> tuple ending in something unique."""

    def resolve(ctx, thing, given):
        falling = bool(down and down(given))
        return page(rows(ctx, thing, given), lambda row: key(row, given), given, falling)

    return F(resolve, node, {*WINDOW, *args}, connection=True)


PAGE_INFO = {
    "hasNextPage": F(lambda c, p, a: p.more_after),
    "hasPreviousPage": F(lambda c, p, a: p.more_before),
    "startCursor": F(lambda c, p, a: cursor(p.keys[0]) if p.keys else None),
    "endCursor": F(lambda c, p, a: cursor(p.keys[-1]) if p.keys else None),
}


def connection_fields(node):
    """Fields of the connection type of a node type."""
    fields = {
        "totalCount": F(lambda c, p, a: p.total),
        "nodes": F(lambda c, p, a: p.rows, node, many=True),
        "edges": F(lambda c, p, a: list(zip(p.keys, p.rows)), node + "Edge", many=True),
        "pageInfo": F(lambda c, p, a: p, "PageInfo"),
    }
    if node == "Repository":
        fields["totalDiskUsage"] = F(lambda c, p, a: sum(r.size for r in p.rows))
    return fields


def edge_fields(node):
    return {"cursor": F(lambda c, e, a: cursor(e[0])), "node": F(lambda c, e, a: e[1], node)}
