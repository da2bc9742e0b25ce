"""Seed `demo`: an organisation with every kind of repository that a backup has to cope with."""

from . import gitrepo, seed
from .items import Maker
from .model import BASE_TIME

DAY = 86400
PULL_REFS = 300


def make(world):
    """Repositories of acme and alice, gists, stars."""
    store = world.store
    acme, alice, carol = store.account("acme"), store.account("alice"), store.account("carol")
    app = application(world, acme)
    library = small(world, acme, "lib", "A library", language="C++", topics=["cpp", "images"])
    small(world, acme, "secret-plans", "Für später – 計画 🚧", private=True)
    old = small(world, acme, "old-site", "No longer kept", language="HTML")
    old.archived = True
    upstream = small(world, carol, "upstream", "Where the fork comes from")
    fork(world, acme, upstream)
    empty(world, acme, "empty")
    empty(world, acme, "unborn-private", private=True)
    small(world, acme, "starter", "A template").template = True
    large_files(world, acme)
    docs = small(world, acme, "docs", "With a wiki")
    wiki(world, docs, 3)
    small(world, acme, "no-wiki", "Wiki switched off").has_wiki = False
    pages = small(world, acme, "acme.github.io", "Pages, and a wiki", branch="master", language="HTML")
    wiki(world, pages, 1)
    many_refs(world, acme)
    quiet = small(world, acme, "quiet", "Issues and wiki switched off")
    quiet.has_issues = quiet.has_wiki = False
    mine = small(world, alice, "dotfiles", "Alice's own")
    small(world, alice, "diary", "Private", private=True)
    gists(world, alice, store.account("bob"))
    alice.starred = [(upstream.id, BASE_TIME + DAY), (library.id, BASE_TIME + 2 * DAY)]
    alice.watching = [app.id, mine.id]
    alice.starred_gists = [f"{0xB0B:032x}"]


def place(world, owner, name, private=False, branch="main", when=BASE_TIME):
    """A repository without any commit."""
    one = world.store.add_repository(owner, name, when)
    one.private, one.default_branch = private, branch
    gitrepo.init(seed.fresh(world.store.path(one)), branch)
    return one


def finish(world, one, when):
    """Dates and size after the last commit."""
    one.pushed_at, one.updated_at = when, when + 5
    one.size = gitrepo.disk_kilobytes(world.store.path(one))


def small(world, owner, name, description, private=False, branch="main", language=None, topics=()):
    """Three commits, two branches, a light and an annotated tag."""
    one = place(world, owner, name, private, branch)
    one.description, one.language, one.topics = description, language, list(topics)
    script, when = gitrepo.Script(), BASE_TIME + one.id % 1000
    main = f"refs/heads/{branch}"
    script.commit(main, f"Begin {name}\n", {"README.md": f"# {name}\n"}, when)
    second = script.commit(main, "Add a source\n", {"src/main.txt": f"{name} " * 40 + "\n"}, when + 60)
    script.commit(main, "Edit it\n", {"src/main.txt": f"{name}! " * 40 + "\n"}, when + 120)
    script.commit("refs/heads/dev", "Try something\n", {"dev.txt": "try\n"}, when + 180, parent=second)
    script.ref("refs/tags/v0.1", second)
    script.tag("v1.0", second, when + 200, "Version 1.0\n")
    world.trees.update(script.run(world.store.path(one)).files)
    finish(world, one, when + 200)
    return one


def empty(world, owner, name, private=False):
    one = place(world, owner, name, private)
    one.pushed_at = None if private else one.created_at
    return one


def application(world, owner):
    """The repository with issues, pull requests, releases, discussions and so on; notes too."""
    one = small(world, owner, "app", 'The application – "quotes", ünïcode, 日本語', language="Python", topics=["backup", "cvat"])
    one.has_discussions, one.stars = True, 42
    path, when = world.store.path(one), BASE_TIME + DAY
    base = gitrepo.tip(path, "main")
    script = gitrepo.Script()
    script.commit("refs/notes/commits", "a note", {base: "tested by hand\n"}, when)
    for number in (4, 5):
        script.commit(f"refs/pull/{number}/head", f"Change {number}\n", {f"change-{number}.txt": "x\n"}, when + number, parent=base)
        script.commit(f"refs/pull/{number}/merge", f"Merge {number}\n", {f"change-{number}.txt": "x\n"}, when + number + 1, parent=base)
    script.run(path, world.trees)
    finish(world, one, when + 10)
    maker = Maker(world.store, one, when)
    for name in ("bug", "wish"):
        maker.label(name)
    maker.milestone("1.0")
    first = maker.issue("It crashes", 2, labels=["bug"], milestone=1)
    maker.issue("It is slow", 1, closed=True)
    maker.issue("A wish", 0, labels=["wish"])
    refs = gitrepo.refs(path)
    for number, closed in ((4, False), (5, True)):
        commits = [(refs[f"refs/pull/{number}/head"], f"Change {number}\n", when + number)]
        maker.pull(f"Change {number}", commits, base, closed=closed)
    first["references"].append({"created_at": maker.tick(), "number": 4})
    maker.release("v0.1")
    maker.release("v1.0", [("app.tar.gz", b"tar" * 400), ("notes.txt", b"words\n")], prerelease=False)
    maker.release("v2.0-rc1", draft=True)
    maker.hook("https://hooks.example.org/build")
    maker.advisory("GHSA-aaaa-bbbb-cccc")
    maker.commit_comment(base)
    maker.discussion("the road ahead")
    return one


def fork(world, owner, upstream):
    """Shares its parent's history, with one commit of its own."""
    one = world.store.add_repository(owner, "upstream", BASE_TIME + DAY)
    one.parent, one.description = upstream, upstream.description
    one.has_issues = one.has_wiki = False
    path = gitrepo.copy(world.store.path(upstream), seed.fresh(world.store.path(one)))
    script = gitrepo.Script()
    script.commit("refs/heads/main", "Our change\n", {"ours.txt": "ours\n"}, BASE_TIME + DAY, parent=gitrepo.tip(path, "main"))
    script.run(path, world.trees)
    finish(world, one, BASE_TIME + DAY)
    return one


def large_files(world, owner):
    """Git LFS: two versions of a file, one on another branch, and one object that is nowhere else."""
    one = place(world, owner, "models")
    one.description = "Weights in Git LFS"
    contents = [bytes([n]) * (60_000 + n) for n in range(4)]
    pointers = [world.lfs.put(one, content) for content in contents]
    script, when = gitrepo.Script(), BASE_TIME
    rule = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
    script.commit("refs/heads/main", "Add weights\n", {".gitattributes": rule, "a.bin": pointers[0], "b.bin": pointers[1]}, when)
    script.commit("refs/heads/main", "Better weights\n", {"a.bin": pointers[2]}, when + 60)
    script.commit("refs/heads/trial", "Trial weights\n", {"c.bin": pointers[3]}, when + 90, parent=script.marks)
    script.run(world.store.path(one))
    finish(world, one, when + 90)
    return one


def wiki(world, one, pages):
    """A wiki repository with that many pages (branch master, as GitHub makes it)."""
    path = gitrepo.init(seed.fresh(world.store.path(one, True)), "master")
    script = gitrepo.Script()
    for number in range(pages):
        name = "Home.md" if number == 0 else f"Page-{number}.md"
        script.commit("refs/heads/master", f"Updated {name} (markdown)", {name: f"Page {number} of {one.name}\n"}, BASE_TIME + 60 * number)
    script.run(path)
    return path


def many_refs(world, owner):
    """Hundreds of refs/pull/* beside one branch."""
    one = small(world, owner, "popular", "Many pull requests")
    path, when = world.store.path(one), BASE_TIME + DAY
    base, script = gitrepo.tip(path, "main"), gitrepo.Script()
    for number in range(1, PULL_REFS + 1):
        if number <= 20:
            mark = script.commit(f"refs/pull/{number}/head", f"Pull {number}\n", {"pull.txt": f"{number}\n"}, when + number, parent=base)
        else:
            script.ref(f"refs/pull/{number}/head", 1 + number % 20)
        if number % 3 == 0:
            script.ref(f"refs/pull/{number}/merge", mark)
    script.run(path, world.trees)
    finish(world, one, when + 20)
    return one


def gists(world, alice, bob):
    seed.add_gist(world, alice, 0xA11CE1, {"hello.py": "print('hello')\n"}, description="Hello – 世界")
    two = seed.add_gist(world, alice, 0xA11CE2, {"a.txt": "a\n", "b.txt": "b\n"}, public=False, description="secret")
    maker = Maker(world.store, next(iter(world.store.repositories.values())))
    two.comments.append(maker.text("a comment on a gist", "bob"))
    seed.add_gist(world, bob, 0xB0B, {"bob.sh": "echo bob\n"})
