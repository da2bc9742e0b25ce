"""Edits of issues, gists, stars, tokens and the App's installations."""

import shutil

from . import gitrepo, seed
from .items import Maker
from .mutate import Watch, op


@op
def add_issue(world, repo, title="An issue", comments=0):
    one = world.store.pick(repo)
    return {"number": Maker(world.store, one, int(world.now())).issue(title, comments)["number"]}


@op
def add_comment(world, repo, number, body="A comment"):
    one = world.store.pick(repo)
    issue = next(i for i in one.items.issues if i["number"] == number)
    issue["comments"].append(Maker(world.store, one, int(world.now())).text(body))
    issue["updated_at"] = int(world.now())


@op
def add_gist(world, owner, files, public=True):
    number = world.store.next_id("gist", 0xC0DE01)
    return {"id": seed.add_gist(world, world.store.account(owner), number, files, public, when=int(world.now())).id}


@op
def push_gist(world, gist, files):
    one = world.store.gists[gist]
    with Watch(world, one, world.store.gist_path(one)) as watch:
        script = gitrepo.Script()
        script.commit("refs/heads/main", "", files, int(world.now()), parent=gitrepo.tip(watch.path, "main"))
        script.run(watch.path)
    one.files.update(files)


@op
def delete_gist(world, gist):
    shutil.rmtree(world.store.gist_path(world.store.gists.pop(gist)))


@op
def star(world, user, repo=None, value=True, gist=None):
    account = world.store.account(user)
    if gist is not None:
        account.starred_gists = [key for key in account.starred_gists if key != gist] + ([gist] if value else [])
        return
    one = world.store.pick(repo)
    account.starred = [row for row in account.starred if row[0] != one.id]
    if value:
        account.starred.append((one.id, int(world.now())))


@op
def token(world, label, **fields):
    """Revokes, ends or narrows a token: revoked, expires (seconds from now), scopes, sso, write, forbidden (kinds)."""
    one = world.tokens.labelled(label)
    for name, value in fields.items():
        if name == "expires":
            value = world.now() + value
        elif name in ("sso", "forbidden"):
            value = set(value)
        elif name not in ("revoked", "scopes", "write"):
            raise ValueError(f"cannot set {name}")
        setattr(one, name, value)


@op
def installation(world, account, suspended=None, selected=None, remove=False):
    """Suspends or narrows the installation of the App on an account (repository names), or takes it away."""
    made = world.tokens.app
    one = next(i for i in made.installations if i["account"].login == account)
    one["suspended"] = int(world.now()) if suspended else None
    if selected is not None:
        one["selected"] = {world.store.pick(f"{account}/{name}").id for name in selected}
    if remove:
        made.installations.remove(one)
    for known in world.tokens.known.values():
        if known.installation is one:
            known.selected = one["selected"]
            known.revoked = known.revoked or bool(suspended) or remove
