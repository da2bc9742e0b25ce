"""What the stand-in holds at the start: accounts, tokens, and the seed by name (README.md tells them)."""

import os

from . import gitrepo, seed_demo, seed_org, tokens
from .model import BASE_TIME, Gist

SSO_ALL = {"*"}


def make(world, text):
    """`empty`, `demo` or `org:N[:ISSUES[:PULLS]]`, several joined by a comma."""
    people(world)
    for word in text.split(","):
        name, _, rest = word.partition(":")
        if name == "demo":
            seed_demo.make(world)
        elif name == "org":
            seed_org.make(world, *[int(one) for one in rest.split(":")])
        elif name != "empty":
            raise ValueError(f"unknown seed: {word}")


def people(world):
    """alice (owner of acme), bob (member), carol (a stranger), and their tokens."""
    store, known = world.store, world.tokens
    alice, bob, carol = (store.add_account(name) for name in ("alice", "bob", "carol"))
    acme = store.add_account("acme", True, "Acme Inc.")
    acme.members = {"alice": "admin", "bob": "member"}
    alice.followers, alice.following, bob.following, bob.followers = ["bob"], ["bob"], ["alice"], ["alice"]
    text = tokens.token_text
    for user in (alice, bob, carol):
        token = known.add(user.login, text("ghp_", user.login), "classic", user, tokens.CLASSIC_SCOPES)
        token.sso = set(SSO_ALL)
    known.add("alice-no-sso", text("ghp_", "no sso"), "classic", alice, tokens.CLASSIC_SCOPES)
    known.add("alice-public", text("ghp_", "public"), "classic", alice, ("public_repo",)).sso = set(SSO_ALL)
    known.add("alice-expired", text("ghp_", "expired"), "classic", alice, tokens.CLASSIC_SCOPES, expires=BASE_TIME)
    known.add("alice-revoked", text("ghp_", "revoked"), "classic", alice, tokens.CLASSIC_SCOPES).revoked = True
    far = int(world.now()) + 30 * 86400
    known.add("acme-fine", text("github_pat_11AAAAAAA0", "fine acme", 61), "fine", alice, owner=acme, expires=far, write=False)
    known.add("alice-fine", text("github_pat_11AAAAAAA1", "fine alice", 61), "fine", alice, owner=alice, expires=far)
    known.app.installations.append({"id": 9001, "account": acme, "selected": None, "write": True, "suspended": None})


def add_gist(world, owner, number, files, public=True, description="", when=BASE_TIME):
    """A gist with its git repository."""
    gist = Gist(f"{number:032x}", owner, when)
    gist.files, gist.public, gist.description = dict(files), public, description
    world.store.gists[gist.id] = gist
    path = gitrepo.init(world.store.gist_path(gist))
    script = gitrepo.Script()
    script.commit("refs/heads/main", "", gist.files, when)
    script.run(path)
    return gist


def fresh(path):
    """The directory of a new repository; the place has to be free."""
    if os.path.exists(path):
        raise ValueError(f"{path} exists: --git-root has to be empty")
    return path
