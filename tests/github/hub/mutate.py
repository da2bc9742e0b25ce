"""Edits of tests (README.md lists them): they do to the world what people do on GitHub."""

import os
import shutil

from . import gitrepo, seed, seed_demo
from .items import Maker


def run(world, given):
    """One edit {"op": …}; what is new is in the answer."""
    given = dict(given)
    name = given.pop("op")
    if name not in OPS:
        raise ValueError(f"unknown op: {name}")
    return OPS[name](world, **given) or {}


OPS = {}


def op(function):
    OPS[function.__name__] = function
    return function


def changed(world, repo, wiki=False):
    """Context: notes what an edit did to the refs."""
    return Watch(world, repo, world.store.path(repo, wiki))


class Watch:
    def __init__(self, world, thing, path):
        self.world, self.thing, self.path = world, thing, path

    def __enter__(self):
        self.before = gitrepo.refs(self.path)
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.world.git_done(self.thing, self.path, self.before)


# -- git --


@op
def push(world, repo, branch=None, files=None, message="A change\n", wiki=False, remove=(), force=False, lfs=None):
    """A commit on a branch (a new one begins at the default branch); force: beside its tip, which is lost."""
    one = world.store.pick(repo)
    branch = branch or ("master" if wiki else one.default_branch)
    with changed(world, one, wiki) as watch:
        parent = gitrepo.tip(watch.path, branch) or gitrepo.tip(watch.path, "master" if wiki else one.default_branch)
        if force:
            parent = gitrepo.git(watch.path, "rev-list", "--max-count=1", "--skip=1", "--first-parent", parent) or None
        number = world.store.next_id("push", 1)
        content = dict(files or {} if lfs or files is not None else {"pushed.txt": f"push {number}\n"})
        for path, text in (lfs or {}).items():
            content[path] = world.lfs.put(one, text.encode())
            content[".gitattributes"] = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
        script = gitrepo.Script()
        script.commit(f"refs/heads/{branch}", message, content, int(world.now()), parent=parent, remove=remove)
        script.run(watch.path)
    return {"before": watch.before.get(f"refs/heads/{branch}"), "after": gitrepo.tip(watch.path, branch)}


@op
def force_push(world, repo, branch=None, **more):
    return push(world, repo, branch, force=True, **more)


@op
def set_ref(world, repo, ref, to=None, from_ref=None, wiki=False):
    """Any ref, made or moved; `to` an object id, or that of `from_ref` (default: the default branch)."""
    one = world.store.pick(repo)
    with changed(world, one, wiki) as watch:
        to = to or watch.before[from_ref or f"refs/heads/{one.default_branch}"]
        gitrepo.git(watch.path, "update-ref", ref, to)
    return {"before": watch.before.get(ref), "after": to}


@op
def delete_ref(world, repo, ref, wiki=False):
    one = world.store.pick(repo)
    with changed(world, one, wiki) as watch:
        before = watch.before[ref]
        gitrepo.git(watch.path, "update-ref", "-d", ref)
    return {"before": before}


@op
def create_branch(world, repo, branch):
    return set_ref(world, repo, f"refs/heads/{branch}")


@op
def delete_branch(world, repo, branch):
    return delete_ref(world, repo, f"refs/heads/{branch}")


@op
def create_tag(world, repo, tag, annotated=False):
    one = world.store.pick(repo)
    if not annotated:
        return set_ref(world, repo, f"refs/tags/{tag}")
    with changed(world, one) as watch:
        script = gitrepo.Script()
        script.tag(tag, gitrepo.tip(watch.path, one.default_branch), int(world.now()), f"{tag}\n")
        script.run(watch.path)
    return {"after": gitrepo.refs(watch.path)[f"refs/tags/{tag}"]}


@op
def delete_tag(world, repo, tag):
    return delete_ref(world, repo, f"refs/tags/{tag}")


@op
def add_pull(world, repo, title="A pull request"):
    """A pull request of a fork: only refs/pull/N/head moves."""
    one = world.store.pick(repo)
    number = one.items.next_number
    with changed(world, one) as watch:
        base, script = gitrepo.tip(watch.path, one.default_branch), gitrepo.Script()
        script.commit(f"refs/pull/{number}/head", f"{title}\n", {"pull.txt": f"{number}\n"}, int(world.now()), parent=base)
        script.run(watch.path)
    head = gitrepo.refs(watch.path)[f"refs/pull/{number}/head"]
    Maker(world.store, one, int(world.now())).pull(title, [(head, f"{title}\n", int(world.now()))], base, parts=False)
    return {"number": number, "after": head}


@op
def default_branch(world, repo, branch):
    """HEAD points elsewhere; pushed_at stays."""
    one = world.store.pick(repo)
    one.default_branch, one.updated_at = branch, int(world.now())
    gitrepo.set_head(world.store.path(one), branch)


# -- repositories --


@op
def create_repository(world, owner, name, private=False, empty=False, parent=None):
    """With three commits unless empty; with `parent` a fork."""
    account = world.store.account(owner)
    if parent:
        source = world.store.pick(parent)
        one = world.store.add_repository(account, name, int(world.now()))
        one.parent, one.private, one.default_branch = source, private, source.default_branch
        gitrepo.copy(world.store.path(source), seed.fresh(world.store.path(one)))
    elif empty:
        one = seed_demo.place(world, account, name, private, when=int(world.now()))
    else:
        one = seed_demo.small(world, account, name, f"Made as {name}", private)
    one.created_at = one.updated_at = one.pushed_at = int(world.now())
    return {"id": one.id, "node_id": one.node_id}


@op
def rename(world, repo, to):
    """Old names lead on to the new one, until somebody takes them."""
    return relocate(world, world.store.pick(repo), None, to)


@op
def transfer(world, repo, owner):
    one = world.store.pick(repo)
    return relocate(world, one, world.store.account(owner), one.name)


def relocate(world, one, owner, name):
    store = world.store
    owner = owner or one.owner
    if store.named(owner.login, name):
        raise ValueError(f"{owner.login}/{name} exists")
    before = [(wiki, store.path(one, wiki)) for wiki in (False, True)]
    store.moved[one.full_name.lower()] = one.id
    one.owner, one.name, one.updated_at = owner, name, int(world.now())
    store.moved.pop(one.full_name.lower(), None)
    for wiki, path in before:
        if os.path.isdir(path):
            os.makedirs(os.path.dirname(store.path(one, wiki)), exist_ok=True)
            os.rename(path, store.path(one, wiki))


@op
def delete_repository(world, repo):
    one = world.store.pick(repo)
    for wiki in (False, True):
        shutil.rmtree(world.store.path(one, wiki), ignore_errors=True)
    del world.store.repositories[one.id]
    for account in world.store.accounts.values():
        account.starred = [row for row in account.starred if row[0] != one.id]
    return {"id": one.id}


@op
def edit(world, repo, **fields):
    """Sets members as they are: description, private, archived, disabled, hidden, has_wiki, topics, size, pushed_at, …"""
    one = world.store.pick(repo)
    for name, value in fields.items():
        if not hasattr(one, name) or name in ("id", "owner", "name", "full_name"):
            raise ValueError(f"cannot set {name}")
        setattr(one, name, value)
    if not {"pushed_at", "updated_at", "hidden"} & set(fields):
        one.updated_at = int(world.now())


@op
def block(world, repo, reason="dmca", status=451):
    """A takedown; reason null lifts it."""
    one = world.store.pick(repo)
    notice = {"reason": reason, "created_at": "2026-01-01T00:00:00Z", "html_url": "https://github.com/github/dmca/blob/master/2026/notice.md"}
    one.blocked = {"status": status, "block": notice} if reason else None


@op
def add_wiki(world, repo, pages=1):
    one = world.store.pick(repo)
    seed_demo.wiki(world, one, pages)
    one.has_wiki = True


@op
def delete_wiki(world, repo):
    shutil.rmtree(world.store.path(world.store.pick(repo), True))


@op
def forget_lfs(world, repo, oid=None):
    """An object is lost on the server; without an id all of them."""
    one = world.store.pick(repo)
    for each in [oid] if oid else world.lfs.oids(one):
        world.lfs.forget(one, each)
