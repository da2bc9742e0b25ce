#!/usr/bin/env python3
"""An organisation of 120 repositories (forks, private, archived, empty, large files, wikis), mirrored by autobackupd, then renamed, force-pushed,
deleted, and mirrored again: each time the real PyGithub, python-github-backup, git and git-lfs say whether the mirrors hold what there is.

usage: organisation_judge.py GITHUB_BACKUP      AUTOBACKUPD: the binary (default: build/autobackupd of this tree)
Needs PyGithub (run_github_judges.sh makes the environment). Ends with 0 only when every comparison held.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from github import Auth, Github
from github_judging import TESTS, Running
from hub import gitrepo, mutate
from judging import judge

BINARY = os.environ.get("AUTOBACKUPD") or str(TESTS.parent / "build" / "autobackupd")
FORCED, PUSHED = ("repo-001", "repo-014", "app"), ("repo-002", "repo-010", "lib")
# python-github-backup: its URL of such a wiki is wrong (every ".git" in the URL is replaced), so it finds none.
WIKI_IT_MISSES = "acme.github.io"
LFS = {"clean": "git-lfs clean -- %f", "smudge": "git-lfs smudge -- %f", "process": "git-lfs filter-process", "required": "true"}


class Job:
    """A configuration with the organisation, and what the real programs need to see the same."""

    def __init__(self, there, backup):
        self.there, self.backup = there, backup
        self.storage, self.peer = there.directory / "storage", there.directory / "peer"
        self.config = there.directory / "autobackupd.yaml"
        credentials = there.directory / "credentials"
        credentials.mkdir()
        (credentials / "token").write_text(there.token("alice"))
        (credentials / "token").chmod(0o600)
        self.config.write_text(
            f"storage: {self.storage}\nservers:\n  hub:\n    github: {there.url}/api/v3\n    auth: {{token: token}}\n    ca_file: {there.authority}\n"
            "jobs:\n  code:\n    schedule: manual\n    github: {organization: acme}\n"
        )
        pairs = [("safe.directory", "*"), *((f"filter.lfs.{key}", value) for key, value in LFS.items())]
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
            "CREDENTIALS_DIRECTORY": str(credentials),
            "SSL_CERT_FILE": there.authority,
            "GIT_SSL_CAINFO": there.authority,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_COUNT": str(len(pairs)),
            "HOME": str(there.directory),
        }
        for number, (key, value) in enumerate(pairs):
            self.environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}

    def run(self, *words, cwd=None):
        """A program that must end with 0; its output."""
        done = subprocess.run([str(word) for word in words], env=self.environment, cwd=cwd, capture_output=True, text=True, timeout=900, check=False)
        if done.returncode != 0:
            print(done.stderr[-3000:])
            judge(f"{' '.join(str(word) for word in words[:3])} ends with 0", False)
        return done.stdout

    def mirror_all(self):
        """One run: its items by name."""
        report = json.loads(self.run(BINARY, "run", "code", "--json", "--config", self.config))
        judge(f"the run is a {report['outcome']}: {report['counts']}", report["outcome"] == "success")
        return {item["name"]: item for item in report["items"]}

    def place(self, name, kind="repository"):
        return self.storage / "github" / "acme" / "repositories" / name / kind


def held(path):
    """The refs of a mirror that follow its source."""
    return {name: oid for name, oid in gitrepo.refs(path).items() if not name.startswith("refs/autobackup/")}


def without_merges(refs):
    return {name: oid for name, oid in refs.items() if not name.endswith("/merge")}


def seen_by_pygithub(job, count):
    """What the real client lists is what lies on the disk: every branch of every repository at its commit."""
    client = Github(
        base_url=job.there.url + "/api/v3", auth=Auth.Token(job.there.token("alice")), per_page=50, retry=None, seconds_between_requests=0,
        verify=job.there.authority,
    )  # fmt: skip
    names, branches = [], 0
    for one in client.get_organization("acme").get_repos():
        names.append(one.name)
        told = {f"refs/heads/{branch.name}": branch.commit.sha for branch in one.get_branches()}
        branches += len(told)
        if {name: oid for name, oid in held(job.place(one.name)).items() if name.startswith("refs/heads/")} != told:
            judge(f"PyGithub: the branches of {one.name}", False)
        if told and (job.place(one.name) / "HEAD").read_text() != f"ref: refs/heads/{one.default_branch}\n":
            judge(f"PyGithub: the default branch of {one.name}", False)
    judge(f"PyGithub: {len(names)} repositories, {branches} branches, as in the mirrors", len(names) == count)
    return names


def seen_by_peer(job, names):
    """What the real python-github-backup saves beside us is the same: refs, wikis, large files."""
    job.run(
        job.backup, "acme", "--organization", "-t", job.there.token("alice"), "-H", job.there.host, "-o", job.peer,
        "--repositories", "--private", "--fork", "--bare", "--lfs", "--wikis",
    )  # fmt: skip
    wikis = objects = 0
    for name in names:
        theirs = job.peer / "repositories" / name
        if held(job.place(name)) != without_merges(gitrepo.refs(theirs / "repository")):
            judge(f"python-github-backup: the refs of {name}", False)
        wiki = (theirs / "wiki").exists()
        wikis += wiki
        if wiki != (job.place(name, "wiki").exists() and name != WIKI_IT_MISSES):
            judge(f"python-github-backup: whether {name} has a wiki", False)
        if wiki and held(job.place(name, "wiki")) != gitrepo.refs(theirs / "wiki"):
            judge(f"python-github-backup: the wiki of {name}", False)
        stored = large(theirs / "repository")
        objects += len(stored)
        if not stored <= large(job.place(name)):
            judge(f"python-github-backup: the large files of {name}", False)
    judge(f"python-github-backup: the same {len(names)} repositories, {wikis} wikis, {objects} large files", wikis >= 18 and objects >= 10)


def large(mirror):
    """The ids of the large files in it."""
    return {path.name for path in (mirror / "lfs" / "objects").glob("*/*/*")}


def seen_by_git(job, names):
    """git reads every object, git-lfs every large file."""
    with_large = 0
    for name in names:
        job.run("git", "-C", job.place(name), "fsck", "--strict", "--no-dangling")
        if not large(job.place(name)):
            continue
        with_large += 1
        clone = job.there.directory / "clones" / name
        job.run("git", "clone", "-q", f"file://{job.place(name)}", clone)
        job.run("git", "lfs", "fetch", "--all", cwd=clone)
        if "Git LFS fsck OK" not in job.run("git", "lfs", "fsck", cwd=clone):
            judge(f"git-lfs: {name}", False)
        subprocess.run(["rm", "-rf", clone], check=True)
    judge(f"git fsck of {len(names)} mirrors, git-lfs fsck of {with_large} clones", with_large >= 8)


def everyone(job, count):
    names = seen_by_pygithub(job, count)
    seen_by_peer(job, names)
    seen_by_git(job, names)


def change(world):
    """What happens to an organisation; the tips that a force-push and a deletion take away."""
    lost = {}
    for name in FORCED:
        lost[name] = gitrepo.refs(world.store.path(world.store.pick(f"acme/{name}")))["refs/heads/main"]
        mutate.run(world, {"op": "force_push", "repo": f"acme/{name}", "branch": "main"})
    for name in PUSHED:
        mutate.run(world, {"op": "push", "repo": f"acme/{name}", "branch": "main", "files": {"new.txt": name}})
    mutate.run(world, {"op": "delete_branch", "repo": "acme/repo-005", "branch": "dev"})
    mutate.run(world, {"op": "rename", "repo": "acme/repo-003", "to": "renamed-003"})
    mutate.run(world, {"op": "delete_repository", "repo": "acme/repo-004"})
    mutate.run(world, {"op": "push", "repo": "acme/docs", "wiki": True})
    return lost


def changed(job, items, lost):
    """Nothing that was there is lost."""
    for name, tip in lost.items():
        kept = [oid for ref, oid in gitrepo.refs(job.place(name)).items() if ref.startswith("refs/autobackup/keep/")]
        judge(f"{name}: the forced-away {tip[:8]} is kept", tip in kept and items[f"acme/{name}"]["refs"]["forced"] >= 1)
    kept = [ref for ref in gitrepo.refs(job.place("repo-005")) if ref.startswith("refs/autobackup/keep/") and ref.endswith("/heads/dev")]
    judge("repo-005: the deleted branch is kept", len(kept) == 1)
    judge("repo-003 moved with its new name", items["acme/renamed-003"]["renamed_from"] == "acme/repo-003" and not job.place("repo-003").exists())
    judge("repo-004 is gone, and its copy is there", items["acme/repo-004"]["outcome"] == "gone" and bool(held(job.place("repo-004"))))
    others = {name for name, item in items.items() if item["outcome"] == "updated"}
    judge(f"{len(others)} updated, no other", others == {f"acme/{name}" for name in (*FORCED, *PUSHED, "repo-005")} | {"acme/docs.wiki"})


def main(backup):
    with Running("--ghes", "--seed", "demo,org:106", tls=True) as there:
        job = Job(there, backup)
        items = job.mirror_all()
        repositories = [item for item in items.values() if item["kind"] == "github_repository"]
        judge("120 repositories cloned", len(repositories) == 120 and {item["outcome"] for item in repositories} == {"cloned"})
        everyone(job, 120)
        lost = change(there.world)
        items = job.mirror_all()
        changed(job, items, lost)
        everyone(job, 119)


if __name__ == "__main__":
    print("an organisation of 120 repositories, mirrored and judged")
    main(Path(sys.argv[1]))
    sys.exit(0)
