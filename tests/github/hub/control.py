"""The control plane under /__standin__/ (README.md lists every verb)."""

import json
import re

from cvat.control import answer, fault, faults, log, log_clear

from . import mutate, mutate_more  # noqa: F401  (the second adds its edits to the first)

PREFIX = "/__standin__/"


def handle(app, request):
    """One order; mistakes are answered with 400 and the reason."""
    verb = request.path[len(PREFIX) :].strip("/").replace("/", "_") or "state"
    function = VERBS.get((request.method, verb))
    if function is None:
        return answer({"error": f"no such verb: {request.method} {verb}"}, 404)
    try:
        body = request.body()
        with app.world.lock:
            return answer(function(app, json.loads(body) if body.strip() else {}, request.query))
    except (KeyError, ValueError, TypeError, AttributeError, re.error, OSError) as error:
        return answer({"error": f"{type(error).__name__}: {error}"}, 400)


def state(app, given, query):
    """What there is, the credentials, and what was asked so far."""
    world = app.world
    store, limits = world.store, world.limits
    sides = {}
    for entry in list(app.log.entries):
        sides[entry["side"]] = sides.get(entry["side"], 0) + 1
    tokens = {
        one.label: {"token": one.value, "kind": one.kind, "revoked": one.revoked, "expires": one.expires} for one in world.tokens.known.values()
    }
    made = world.tokens.app
    return {
        "repositories": {
            one.full_name: {"id": one.id, "node_id": one.node_id, "path": store.path(one), "private": one.private, "pushed_at": one.pushed_at}
            for one in store.repositories.values()
        },
        "gists": {one.id: {"owner": one.owner.login, "public": one.public, "path": store.gist_path(one)} for one in store.gists.values()},
        "tokens": tokens,
        "app": {
            "id": made.id,
            "client_id": made.client_id,
            "key_file": made.key_file,
            "minted": world.tokens.minted,
            "installations": {one["account"].login: one["id"] for one in made.installations},
        },
        "git_root": store.git_root,
        "requests": app.log.number,
        "sides": sides,
        "most_at_once": dict(limits.most_at_once),
        "refused": dict(limits.refused),
        "budgets": {f"{who}/{what}": one.view() for (who, what), one in limits.budgets.items()},
        "faults": len(app.faults.rules),
    }


def order_limit(app, given, query):
    """One limit, or several."""
    for one in given if isinstance(given, list) else [given]:
        app.world.limits.order(one)
    return {}


def do_mutate(app, given, query):
    """One edit or a list of edits."""
    if isinstance(given, list):
        return [mutate.run(app.world, one) for one in given]
    return mutate.run(app.world, given)


def clear(app, given, query):
    """Forgets faults and limits ordered; budgets are whole again."""
    app.faults.clear()
    app.world.limits.clear()
    return {}


def reset(app, given, query):
    app.world.reset()
    app.log.entries.clear()
    return {}


def config(app, given, query):
    """Options that can be turned while the server runs."""
    world = app.world
    for name, value in given.items():
        if name == "delay":
            world.delay = float(value) / 1000
        elif name == "clock_shift":
            world.clock_shift = float(value)
        elif name == "rate_limits":
            world.limits.enabled = bool(value)
        elif name == "limit_status":
            world.limits.status = int(value)
        elif name == "limits":
            world.limits.sizes.update({k: int(v) for k, v in value.items()})
            world.limits.budgets.clear()
        elif name == "points_per_minute":
            world.limits.points_per_minute.update({k: int(v) for k, v in value.items()})
        elif name == "token_lifetime":
            world.tokens.lifetime = float(value)
        elif name == "long_tokens":
            world.tokens.long = bool(value)
        elif name == "saml":
            for account in world.store.accounts.values():
                account.saml = account.login in value
        elif name == "empty_listing":
            world.store.empty_listing = bool(value)
        elif name == "graphql_nodes":
            world.graphql_nodes = int(value)
        elif name == "graphql_502_above":
            world.graphql_502_above = int(value)
        elif name == "graphql_refused":
            world.graphql_refused = bool(value)
        else:
            raise ValueError(f"unknown option: {name}")
    return {}


def lfs(app, given, query):
    """Orders of tests/lfsserver: {"set": {…}} or {"fault": {…}}; {} answers its log."""
    world = app.world.lfs.world
    with world.lock:
        world.settings.update(given.get("set", {}))
        if "fault" in given:
            world.faults.append(dict(given["fault"]))
        if given.get("clear"):
            world.faults.clear()
            world.log.clear()
        return {"requests": world.log, "most_at_once": world.most_at_once}


VERBS = {
    ("POST", "fault"): fault,
    ("GET", "fault"): faults,
    ("POST", "clear"): clear,
    ("POST", "limit"): order_limit,
    ("POST", "mutate"): do_mutate,
    ("GET", "log"): log,
    ("POST", "log_clear"): log_clear,
    ("GET", "state"): state,
    ("POST", "reset"): reset,
    ("POST", "config"): config,
    ("POST", "lfs"): lfs,
}
