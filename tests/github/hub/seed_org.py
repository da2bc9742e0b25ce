"""Seed `org:N`: an organisation of N repositories, made quickly: one template, copied by hard links."""

import os

from . import gitrepo, seed, seed_demo
from .items import Maker
from .model import BASE_TIME

FILES, COMMITS = 40, 30


def make(world, count, issues=0, pulls=0, owner="acme"):
    """repo-000 …: every 5th private, every 7th archived, every 10th a fork of repo-000, every 11th with LFS,
    every 13th empty, 20 with wikis. `issues` and `pulls` in each of them."""
    account = world.store.account(owner)
    template = history(world, os.path.join(world.directory, "template.git"))
    first = None
    for number in range(count):
        one = world.store.add_repository(account, f"repo-{number:03}", BASE_TIME + number)
        one.description, one.private, one.archived = f"Repository {number}", number % 5 == 4, number % 7 == 6
        one.language, one.topics = ("C++", "Python", "Go", None)[number % 4], ["seed", f"group-{number % 3}"]
        path = seed.fresh(world.store.path(one))
        first = first or one
        if number % 13 == 12:
            gitrepo.init(path)
            one.has_wiki = False
            continue
        if number % 10 == 9:
            one.parent = first
        gitrepo.copy(template, path)
        own_commit(world, one, path, number)
        if number < 40 and number % 2 == 0 or number >= 40 and wikis(world) < 20:
            seed_demo.wiki(world, one, 1)
        items(world, one, path, issues, pulls)


def wikis(world):
    return sum(os.path.isdir(world.store.path(one, True)) for one in world.store.repositories.values())


def history(world, path):
    """A packed repository of some hundred objects."""
    gitrepo.init(path)
    script = gitrepo.Script()
    for number in range(COMMITS):
        files = {f"dir-{(number + k) % 8}/file-{(number * 3 + k) % FILES}.txt": f"line {number} {k}\n" * (20 + k) for k in range(4)}
        script.commit("refs/heads/main", f"Commit {number}\n", files, BASE_TIME + 60 * number)
        if number % 10 == 5:
            script.ref(f"refs/tags/v{number}", script.marks)
    script.ref("refs/heads/dev", COMMITS // 2)
    script.ref("refs/pull/1/head", COMMITS - 2)
    world.trees.update(script.run(path).files)
    return path


def own_commit(world, one, path, number):
    """One commit that no other repository has, so that all tips differ; LFS in every 11th."""
    files = {"NAME": one.name + "\n"}
    if number % 11 == 10:
        files[".gitattributes"] = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
        files["weights.bin"] = world.lfs.put(one, f"weights of {one.name}\n".encode() * 500)
    script, when = gitrepo.Script(), BASE_TIME + 86400 + number
    script.commit("refs/heads/main", f"Name it {one.name}\n", files, when, parent=gitrepo.tip(path, "main"))
    script.run(path, world.trees)
    seed_demo.finish(world, one, when)


def items(world, one, path, issues, pulls):
    """So many issues with a comment each, and pull requests with a review each."""
    maker = Maker(world.store, one, one.pushed_at)
    for number in range(issues):
        maker.issue(f"Issue {number}", 1, closed=number % 2 == 1)
    head = gitrepo.refs(path)["refs/pull/1/head"] if pulls else None
    for number in range(pulls):
        maker.pull(f"Pull {number}", [(head, "Commit\n", one.pushed_at)], gitrepo.tip(path, "main"), closed=number % 2 == 1)
