"""Real bare repositories: made by git fast-import, copied by hard links, refs read from their files."""

import os
import shutil
import subprocess

from . import packs

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
    done = subprocess.run(["git", *words], cwd=path, input=given, env=environment(), capture_output=True, timeout=300, check=False)
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
    """Commits, tags and refs to be made: equal calls make equal object ids. Marks (numbers) stand for commits."""

    def __init__(self):
        self.steps = []
        self.marks = 0

    def commit(self, ref, message, files=None, when=0, parent=None, remove=()):
        """A commit on `ref`, upon its last one here unless a parent (a mark or an object id) is named; its mark."""
        self.marks += 1
        self.steps.append(("commit", ref, raw(message), {k: raw(v) for k, v in (files or {}).items()}, when, parent, remove))
        return self.marks

    def tag(self, name, mark, when, message):
        self.steps.append(("tag", name, mark, when, raw(message)))

    def ref(self, name, mark):
        self.steps.append(("ref", name, mark))

    def run(self, path, trees=None):
        """Writes everything into the repository; branches may move anywhere. `trees` tells the files of earlier
        commits ({commit id: {path: blob id}}); where they are not known git fast-import does the work."""
        parents = [step[5] for step in self.steps if step[0] == "commit"]
        if all(not isinstance(one, str) or one in (trees or {}) for one in parents):
            return self.write(path, trees or {})
        git(path, "fast-import", "--quiet", "--force", "--date-format=raw", given=self.text())
        return None

    def write(self, path, trees):
        """Without git: a pack and refs; the writer, which knows the files of the commits."""
        writer, oids, moved = packs.Writer(), {}, {}
        writer.files.update(trees)
        for kind, name, *rest in self.steps:
            if kind == "commit":
                message, files, when, parent, remove = rest
                parent = oids.get(parent, parent) or moved.get(name)
                blobs = {k: v for k, v in writer.files.get(parent, {}).items() if k not in remove}
                blobs.update({k: writer.add("blob", v) for k, v in files.items()})
                moved[name] = writer.commit(message, blobs, [parent] if parent else [], PERSON, when)
                oids[len(oids) + 1] = moved[name]
            elif kind == "ref":
                moved[name] = oids.get(rest[0], rest[0])
            else:
                mark, when, message = rest
                moved[f"refs/tags/{name}"] = writer.tag(name, oids.get(mark, mark), PERSON, when, message)
        writer.store(path)
        set_refs(path, moved)
        return writer

    def text(self):
        """The script for git fast-import."""
        out, mark = [], 0
        for kind, name, *rest in self.steps:
            if kind == "commit":
                message, files, when, parent, remove = rest
                mark += 1
                out.append(f"commit {name}\nmark :{mark}\nauthor {PERSON} {int(when)} +0000\ncommitter {PERSON} {int(when)} +0000\n")
                out += data(message)
                out += [f"from {name_of(parent)}\n"] if parent else []
                out += [f"D {path}\n" for path in remove]
                for path, content in files.items():
                    out += [f"M 100644 inline {path}\n", *data(content)]
                out.append("\n")
            elif kind == "ref":
                out.append(f"reset {name}\nfrom {name_of(rest[0])}\n\n")
            else:
                out.append(f"tag {name}\nfrom {name_of(rest[0])}\ntagger {PERSON} {int(rest[1])} +0000\n")
                out += data(rest[2])
        return b"".join(raw(one) for one in out)


def data(content):
    return [f"data {len(content)}\n", content, "\n"]


def raw(text):
    return text if isinstance(text, bytes) else text.encode()


def name_of(mark):
    return f":{mark}" if isinstance(mark, int) else mark


def set_refs(path, moved):
    """Writes refs into packed-refs, which new repositories have alone."""
    known = {**refs(path), **moved}
    write(os.path.join(path, "packed-refs"), "".join(f"{oid} {name}\n" for name, oid in sorted(known.items())))
    for name in moved:
        if os.path.exists(os.path.join(path, name)):
            os.unlink(os.path.join(path, name))


def files_of(path, commit):
    """{path: blob id} of a commit."""
    lines = git(path, "ls-tree", "-r", commit).splitlines()
    return {line.partition("\t")[2]: line.split()[2] for line in lines}
