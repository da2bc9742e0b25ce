"""Real bare repositories: made by git fast-import, copied by hard links, refs read from their files."""

import os
import shutil
import subprocess

CONFIG = """[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
[receive]
	hideRefs = refs/pull
	denyDeleteCurrent = refuse
[gc]
	auto = 0
"""
PERSON = "Alice Example <alice@example.org>"


def environment():
    """For every git program: no configuration but ours, any owner of the directories."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }


def git(path, *words, given=None):
    """Runs git in a repository; its output as text. Fails with git's words."""
    done = subprocess.run(
        ["git", *words], cwd=path, input=given, env=environment(), capture_output=True, timeout=300, check=False
    )
    if done.returncode != 0:
        raise ValueError(f"git {' '.join(words)}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode("utf-8", "replace").strip()


def init(path, branch="main"):
    """An empty bare repository, without starting a program."""
    for name in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
        os.makedirs(os.path.join(path, name), exist_ok=True)
    write(os.path.join(path, "config"), CONFIG)
    set_head(path, branch)
    return path


def write(path, text):
    with open(path + ".new", "w", encoding="utf-8") as out:
        out.write(text)
    os.replace(path + ".new", path)


def set_head(path, branch):
    write(os.path.join(path, "HEAD"), f"ref: refs/heads/{branch}\n")


def copy(source, target):
    """A copy that shares the object files by hard links."""
    shutil.copytree(source, target, copy_function=link)
    return target


def link(source, target):
    """Objects never change: linked; refs and configuration do: copied."""
    if f"{os.sep}objects{os.sep}" in source:
        os.link(source, target)
    else:
        shutil.copyfile(source, target)


def refs(path):
    """All refs: name -> object id. Loose files count over packed-refs."""
    found = {}
    try:
        with open(os.path.join(path, "packed-refs"), encoding="utf-8") as packed:
            for line in packed:
                if line[0] not in "#^":
                    oid, _, name = line.strip().partition(" ")
                    found[name] = oid
    except FileNotFoundError:
        pass
    top = os.path.join(path, "refs")
    for directory, _, names in os.walk(top):
        for name in names:
            if name.endswith((".lock", ".new")):
                continue
            file = os.path.join(directory, name)
            try:
                with open(file, encoding="ascii") as text:
                    found["refs/" + os.path.relpath(file, top)] = text.read().strip()
            except FileNotFoundError:
                pass  # deleted since the directory was read
    return dict(sorted(found.items()))


def tip(path, branch):
    """The commit of a branch, or None; cheaper than refs()."""
    try:
        with open(os.path.join(path, "refs", "heads", branch), encoding="ascii") as text:
            return text.read().strip()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return refs(path).get("refs/heads/" + branch)


def disk_kilobytes(path):
    """What GitHub calls `size` and `diskUsage`."""
    total = 0
    for directory, _, names in os.walk(os.path.join(path, "objects")):
        for name in names:
            try:
                total += os.stat(os.path.join(directory, name)).st_size
            except FileNotFoundError:
                pass
    return total // 1024


class Script:
    """A script for git fast-import: equal calls make equal object ids."""

    def __init__(self):
        self.out = []
        self.marks = 0

    def add(self, text):
        self.out.append(text if isinstance(text, bytes) else text.encode())

    def data(self, content):
        content = content if isinstance(content, bytes) else content.encode()
        self.add(f"data {len(content)}\n")
        self.add(content)
        self.add("\n")

    def commit(self, ref, message, files=None, when=0, parent=None, merge=None, remove=()):
        """A commit on `ref`; parent and merge are marks (numbers) or object ids. Returns its mark."""
        self.marks += 1
        self.add(f"commit {ref}\nmark :{self.marks}\nauthor {PERSON} {int(when)} +0000\ncommitter {PERSON} {int(when)} +0000\n")
        self.data(message)
        for word, one in (("from", parent), ("merge", merge)):
            if one is not None:
                self.add(f"{word} {name_of(one)}\n")
        for path in remove:
            self.add(f"D {path}\n")
        for path, content in (files or {}).items():
            self.add(f"M 100644 inline {path}\n")
            self.data(content)
        self.add("\n")
        return self.marks

    def tag(self, name, mark, when, message):
        self.add(f"tag {name}\nfrom {name_of(mark)}\ntagger {PERSON} {int(when)} +0000\n")
        self.data(message)

    def note(self, mark, text, when):
        self.add(f"commit refs/notes/commits\ncommitter {PERSON} {int(when)} +0000\n")
        self.data("a note")
        self.add(f"N inline {name_of(mark)}\n")
        self.data(text)
        self.add("\n")

    def ref(self, name, mark):
        self.add(f"reset {name}\nfrom {name_of(mark)}\n\n")

    def run(self, path):
        """Writes everything into the repository; branches may move anywhere."""
        git(path, "fast-import", "--quiet", "--force", "--date-format=raw", given=b"".join(self.out))


def name_of(mark):
    return f":{mark}" if isinstance(mark, int) else mark
