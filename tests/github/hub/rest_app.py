"""Routes of GitHub Apps: the App itself, its installations, their tokens."""

import json

from cvat.auth import Refused

from . import views
from .answers import message, not_found, reply
from .model import iso
from .routes import SITE

at = SITE.at


def needs_app(ctx):
    if ctx.token is None or ctx.token.kind != "jwt":
        raise Refused(message(401, "A JSON web token could not be decoded"))
    return ctx.world.tokens.app


@at(r"/app")
def app(ctx):
    made = needs_app(ctx)
    rights = {"contents": "read", "metadata": "read"}
    return reply(
        {
            "id": made.id,
            "client_id": made.client_id,
            "slug": made.slug,
            "name": "Backup App",
            "permissions": rights,
            "installations_count": len(made.installations),
            "events": [],
        }
    )


def installation_view(ctx, one):
    return {
        "id": one["id"],
        "account": views.user(ctx, one["account"]),
        "repository_selection": "all" if one["selected"] is None else "selected",
        "access_tokens_url": f"{ctx.api}/app/installations/{one['id']}/access_tokens",
        "repositories_url": f"{ctx.api}/installation/repositories",
        "app_id": ctx.world.tokens.app.id,
        "app_slug": ctx.world.tokens.app.slug,
        "target_id": one["account"].id,
        "target_type": one["account"].kind,
        "permissions": {"contents": "write" if one["write"] else "read", "metadata": "read"},
        "events": [],
        "suspended_at": iso(one["suspended"]),
    }


@at(r"/app/installations")
def installations(ctx):
    return ctx.page(needs_app(ctx).installations, lambda one: installation_view(ctx, one))


@at(r"/(orgs|users)/(?P<login>[^/]+)/installation")
def installation_of(ctx, login):
    made, account = needs_app(ctx), ctx.account(login)
    for one in made.installations:
        if one["account"] is account:
            return reply(installation_view(ctx, one))
    return not_found()


@at(r"/app/installations/(?P<number>\d+)/access_tokens", "POST")
def access_tokens(ctx, number):
    made = needs_app(ctx)
    one = next((i for i in made.installations if i["id"] == int(number)), None)
    if one is None:
        return not_found()
    if one["suspended"]:
        return message(403, "This installation has been suspended")
    token = ctx.world.tokens.mint(one, json.loads(ctx.request.body() or b"{}"))
    rights = installation_view(ctx, one)
    out = {"token": token.value, "expires_at": iso(token.expires), "permissions": rights["permissions"]}
    return reply({**out, "repository_selection": rights["repository_selection"]}, 201)
