"""The endpoint: body, check, cost, execution, and the forms of its errors."""

import json

from cvat.faults import html_for

from ..answers import message, reply
from . import check, execute
from .language import Document, GraphQLError

DOCS = "https://docs.github.com/graphql"
MOST_NODES = 500_000


def answer(ctx):
    """(answer, points) of one query."""
    if ctx.world.graphql_refused:
        return message(403, "Resource not accessible by personal access token", DOCS), 0
    try:
        given = json.loads(ctx.request.body())
        query, variables = given["query"], given.get("variables") or {}
    except (ValueError, KeyError, TypeError):
        return message(400, "Problems parsing JSON", DOCS), 0
    try:
        document = Document(query)
        operation = chosen(document, given.get("operationName"))
        ctx.operation = operation.name or operation.kind
        values = execute.variables(operation, variables)
        checked = check.Check(document, values)
        checked.run(operation)
    except GraphQLError as error:
        return reply({"errors": [error.error]}), 1
    if checked.errors:
        return reply({"errors": checked.errors}), 1
    if checked.nodes > MOST_NODES:
        words = f"This query requests up to {checked.nodes:,} possible nodes which exceeds the maximum limit of 500,000."
        return reply({"errors": [{"type": "MAX_NODE_LIMIT_EXCEEDED", "message": words}]}), 1
    if ctx.world.graphql_502_above and checked.nodes > ctx.world.graphql_502_above:
        return html_for(502), checked.cost
    ctx.cost, ctx.node_count = checked.cost, checked.nodes
    run = execute.Run(ctx, document, values)
    data = run.operation(operation)
    out = {"data": data}
    if run.errors:
        out["errors"] = run.errors
    return reply(out), checked.cost


def chosen(document, name):
    """The operation to run."""
    found = [one for one in document.operations if name in (None, one.name)]
    if len(found) != 1:
        raise GraphQLError("An operation name is required" if found else f'No operation named "{name}"')
    if found[0].kind != "query":
        raise GraphQLError("The stand-in takes queries only", type="UNPROCESSABLE")
    return found[0]
