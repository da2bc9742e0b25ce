#!/usr/bin/env python3
"""Backs the demo organisation up by the real python-github-backup and compares its files with the seed.

The argument is the path of the program (run_github_judges.sh makes the environment). It wants HTTPS and the places of
an Enterprise Server. Ends with 0 only when every comparison held.
"""

import hashlib
import json
import os
import subprocess
import sys

from github_judging import Running
from hub import gitrepo, mutate
from judging import judge

# Its URL of such a wiki is wrong (every ".git" in the URL is replaced), so it finds none.
WIKI_IT_MISSES = "acme.github.io"


def run(there, program, out, *words):
    """One call; ends the judge with its words when it fails."""
    environment = {
        **os.environ,
        "SSL_CERT_FILE": there.authority,
        "GIT_SSL_CAINFO": there.authority,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "HOME": str(there.directory),
    }
    command = [program, *words, "-t", there.token("alice"), "-H", there.host, "-o", str(out)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        print(done.stderr[-3000:])
    judge(f"{' '.join(words)}: ends with 0", done.returncode == 0)
    return done.stderr


def main(program):
    with Running("--ghes", tls=True) as there:
        out = there.directory / "out"
        words = ["acme", "--organization", "--all", "--private", "--fork", "--bare", "--lfs", "--wikis", "--repositories"]
        run(there, program, out, *words)
        first = there.sides()
        repositories(there, out)
        items(out / "repositories" / "app")
        again(there, program, out, words, first)
        account(there, program, there.directory / "alice")


def same_refs(there, name, mirror, wiki=False):
    return gitrepo.refs(mirror) == gitrepo.refs(there.world.store.path(there.repository(name), wiki))


def repositories(there, out):
    """Every ref of every mirror, LFS objects, wikis."""
    seeded = [one for one in there.world.store.repositories.values() if one.owner.login == "acme"]
    judge(
        "a directory for each of 14 repositories",
        sorted(os.listdir(out / "repositories")) == sorted(one.name for one in seeded) and len(seeded) == 14,
    )
    for one in seeded:
        mirror = out / "repositories" / one.name / "repository"
        judge(f"{one.full_name}: {len(gitrepo.refs(mirror))} refs", same_refs(there, one.full_name, mirror))
        wiki = os.path.isdir(there.world.store.path(one, True)) and one.name != WIKI_IT_MISSES
        got = out / "repositories" / one.name / "wiki"
        judge(f"{one.full_name}: wiki {'as seeded' if wiki else 'none'}", same_refs(there, one.full_name, got, True) if wiki else not got.exists())
    store = out / "repositories" / "models" / "repository" / "lfs" / "objects"
    objects = {name: hashlib.sha256((where / name).read_bytes()).hexdigest() for where, name in walk(store)}
    judge(
        "LFS: 4 objects with the right content",
        sorted(objects) == there.world.lfs.oids(there.repository("acme/models")) and all(k == v for k, v in objects.items()),
    )
    gitrepo.git(out / "repositories" / "popular" / "repository", "fsck", "--strict")


def walk(top):
    for where, _, names in os.walk(top):
        for name in names:
            yield type(top)(where), name


def read(path):
    with open(path, encoding="utf-8") as text:
        return json.load(text)


def items(app):
    """The JSON files of acme/app."""
    judge("issues 1, 2, 3", sorted(os.listdir(app / "issues")) == ["1.json", "2.json", "3.json"])
    first = read(app / "issues" / "1.json")
    judge(
        "an issue with comments, events, timeline",
        len(first["comment_data"]) == 2
        and [e["event"] for e in first["event_data"]] == ["labeled"]
        and [e["event"] for e in first["timeline_data"]] == ["labeled", "cross-referenced"],
    )
    pull = read(app / "pulls" / "4.json")
    judge(
        "pull requests 4 and 5, with their parts",
        (app / "pulls" / "5.json").exists()
        and len(pull["commit_data"]) == 1
        and len(pull["review_data"]) == 1
        and len(pull["comment_data"]) == 1
        and len(pull["comment_regular_data"]) == 1,
    )
    talk = read(app / "discussions" / "6.json")
    judge("a discussion with comments and replies", talk["comment_count"] == 2 and talk["comment_data"][0]["reply_count"] == 1)
    judge(
        "labels, milestone, hook",
        [one["name"] for one in read(app / "labels" / "labels.json")] == ["bug", "wish"]
        and read(app / "milestones" / "1.json")["title"] == "1.0"
        and len(read(app / "hooks" / "hooks.json")) == 1,
    )
    judge("security advisory", (app / "security-advisories" / "GHSA-aaaa-bbbb-cccc.json").exists())
    release = read(app / "releases" / "v1.0.json")
    digests = [hashlib.sha256((app / "releases" / "v1.0" / a["name"]).read_bytes()).hexdigest() for a in release["assets"]]
    judge("releases with assets", digests == [a["digest"].removeprefix("sha256:") for a in release["assets"]] and len(digests) == 2)


def again(there, program, out, words, first):
    """A second, incremental run after a push and a forced push."""
    there.world.app.log.entries.clear()
    for op, name in (("push", "acme/lib"), ("force_push", "acme/app"), ("push", "acme/docs")):
        mutate.run(there.world, {"op": op, "repo": name, **({"wiki": True} if name == "acme/docs" else {})})
    run(there, program, out, *words, "--incremental")
    for name in ("acme/lib", "acme/app"):
        judge(f"{name} follows", same_refs(there, name, out / "repositories" / name.split("/")[1] / "repository"))
    judge("the wiki of docs follows", same_refs(there, "acme/docs", out / "repositories" / "docs" / "wiki", True))
    second = there.sides()
    judge(f"fewer REST requests: {first['rest']}, then {second['rest']}", second["rest"] < first["rest"])


def account(there, program, out):
    """A person: private repositories, gists, stars, people."""
    words = ["alice", "--repositories", "--private", "--bare", "--gists", "--starred-gists", "--all-starred"]
    run(there, program, out, *words, "--starred", "--watched", "--followers", "--following")
    judge("repositories of alice", sorted(os.listdir(out / "repositories")) == ["diary", "dotfiles"])
    gists = there.world.store.gists
    judge("three gists", sorted(os.listdir(out / "gists")) == sorted(gists))
    for key, one in gists.items():
        same = gitrepo.refs(out / "gists" / key / "repository") == gitrepo.refs(there.world.store.gist_path(one))
        judge(f"gist {key[-6:]} and its file", same and read(out / "gists" / key / "gist.json")["id"] == key)
    judge("starred repositories", (out / "starred" / "carol" / "upstream" / "repository" / "HEAD").exists())
    lists = {name: len(read(out / "account" / f"{name}.json")) for name in ("starred", "watched", "followers", "following")}
    judge(f"account: {lists}", lists == {"starred": 2, "watched": 2, "followers": 1, "following": 1})


if __name__ == "__main__":
    print("python-github-backup against the GitHub stand-in")
    main(sys.argv[1])
    sys.exit(0)
